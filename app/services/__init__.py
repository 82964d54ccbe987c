"""Wraps `model/` for the pages; the only place with Streamlit's caches, each bounded and none written to disk.

Importing TensorFlow takes seconds and no page may wait for it: one thread a process loads the model, and the pages
ask `model_state` how far it is.
"""

from __future__ import annotations

from app.services.cases import (
    DISPLAY_SIDE,
    ZOOM_SIDE,
    Case,
    keep_uploads_in_memory,
    legend_colours,
    open_case,
    overlay_full_size,
    overlay_shown,
    radiograph_shown,
    zoom_pictures,
)
from app.services.drawing import Greys, Look
from app.services.known import Performance, performance
from app.services.loading import Failed, ModelState, Ready, Warming, model_state
from app.services.saliency import WITH_THE_VERDICT, Explaining, MapTask, map_task
from app.services.scoring import predict

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
    "legend_colours",
    "map_task",
    "model_state",
    "open_case",
    "overlay_full_size",
    "overlay_shown",
    "performance",
    "predict",
    "radiograph_shown",
    "zoom_pictures",
]
