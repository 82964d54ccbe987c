"""The running model, measured files and scoring queue as pages see them; the only place with Streamlit's caches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.services.known import Performance, performance
from app.services.model import Explaining, Failed, Ready, Warming, predict
from app.services.model import State as ModelState
from app.services.model import state as model_state
from app.services.radiographs import DISPLAY_SIDE, ZOOM_SIDE, Greys, Look, keep_uploads_in_memory
from app.services.radiographs import Film as Case
from app.services.radiographs import large_pictures as _large_pictures
from app.services.radiographs import open_film as open_case
from app.services.radiographs import overlay_file as _overlay_file
from app.services.radiographs import overlay_png as _overlay_png
from app.services.radiographs import radiograph_png as radiograph_shown
from app.services.saliency import WITH_THE_VERDICT, MapTask, map_task

if TYPE_CHECKING:
    from model.predictor import Prediction

_AS_USUAL = Look()

# Names for the pages that are still to move; gone with them.
__all__ = [
    "DISPLAY_SIDE",
    "WITH_THE_VERDICT",
    "ZOOM_SIDE",
    "Case",
    "Explaining",
    "Failed",
    "Greys",
    "Look",
    "MapTask",
    "ModelState",
    "Performance",
    "Ready",
    "Warming",
    "keep_uploads_in_memory",
    "map_task",
    "model_state",
    "open_case",
    "performance",
    "predict",
    "radiograph_shown",
]


def overlay_shown(case: Case, prediction: Prediction, opacity: float, *, look: Look = _AS_USUAL) -> bytes:
    assert prediction.saliency_map is not None  # noqa: S101
    return _overlay_png(case, prediction.saliency_map, opacity, look)


def zoom_pictures(
    case: Case, prediction: Prediction, opacity: float, *, look: Look = _AS_USUAL
) -> tuple[bytes, bytes, tuple[int, int]]:
    assert prediction.saliency_map is not None  # noqa: S101
    return _large_pictures(case, prediction.saliency_map, opacity, look)


def overlay_full_size(
    case: Case, prediction: Prediction, opacity: float, *, method: str = "Grad-CAM", look: Look = _AS_USUAL
) -> bytes:
    assert prediction.saliency_map is not None  # noqa: S101
    return _overlay_file(case, prediction, prediction.saliency_map, opacity, method=method, look=look)


def legend_colours(look: Look = _AS_USUAL) -> tuple[str, ...]:
    return look.legend()
