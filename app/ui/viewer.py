"""The viewer of Predict and Worklist: the film and its heatmap, as large as the page allows.

A component that works in the browser alone: window, zoom and heatmap change at once, without the server. How the film
is shown comes back, so that a download looks the same. Settings hold for the session, grey values for one radiograph,
so that nobody reads the next one inverted unawares.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import streamlit as st

from app.settings import ASSETS
from model import overlay
from model.errors import InputRangeError
from model.overlay import COLOUR_MAPS, DEFAULT_COLOURS, colour_scale

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.saliency import SaliencyMap

FILM, OVERLAY, SIDE_BY_SIDE, CONTOURS = "film", "overlay", "side_by_side", "contours"
MODES = (FILM, OVERLAY, SIDE_BY_SIDE, CONTOURS)

COLOURS = {
    "inferno": ("Inferno", "dark violet", "bright yellow"),
    "viridis": ("Viridis", "dark purple", "bright yellow"),
    "cividis": ("Cividis", "dark blue", "bright yellow"),
}
"""Title, weakest and strongest colour of each colour map."""
QUIET_COLOURS = "cividis"

WIDEST, MIDDLE = 256, 128
WINDOWS = {
    "As read": (WIDEST, MIDDLE),
    "High contrast": (128, MIDDLE),
    "Dark areas": (128, 72),
    "Bright areas": (128, 184),
}
"""Window and level of each preset, in grey values of the picture, 0 to 255."""

HEAT_SIDE = 192
"""Longer side of the heatmap that the browser gets, pixels; it draws it smoothly at any size."""


@dataclass(frozen=True)
class View:
    """How the film and its heatmap are shown.

    Attributes:
        mode: one of `MODES`.
        opacity: of the overlay, 0 to 1.
        colours: a key of `model.overlay.COLOUR_MAPS`.
        window: how many of 256 grey values are spread from black to white, 2 to 256.
        level: the grey value in the middle of the window, 0 to 255.

    Raises:
        InputRangeError: if any of them is out of range: they come from the browser.
    """

    mode: str = OVERLAY
    opacity: float = 0.45
    colours: str = DEFAULT_COLOURS
    window: int = WIDEST
    level: int = MIDDLE
    inverted: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        known = self.mode in MODES and self.colours in COLOUR_MAPS
        if not (known and 0 <= self.opacity <= 1 and 2 <= self.window <= WIDEST and 0 <= self.level <= 255):
            raise InputRangeError(f"Expected a view that the viewer offers, got {self}.")

    @property
    def has_map(self) -> bool:
        """Whether a heatmap is to be seen."""
        return self.mode != FILM


@dataclass(frozen=True)
class Pictures:
    """What the viewer shows.

    Attributes:
        film: the radiograph as read, a PNG or JPEG file.
        heat: float32, shape (h, w), zero or more; None while there is none: the film alone is shown.
        name: of the film, for its caption.
        marks: what the heatmap marks, such as "evidence for Pneumonia, by Grad-CAM".
        extent: height and width in `unit`, for the ruler.
        unit: "px" or "mm".
    """

    film: bytes
    heat: SaliencyMap | None = None
    name: str = "Radiograph"
    marks: str = ""
    extent: tuple[float, float] = (1024.0, 1024.0)
    unit: str = "px"


def columns() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Places for the film and for what is said of it: side by side, the film first on a narrow screen."""
    film, words = st.columns([1.7, 1], gap="medium")
    return film, words


def view_of(subject: str, *, quiet: bool = False) -> View:
    """How a radiograph is shown now.

    Args:
        subject: the radiograph; its grey values are its own.
        quiet: whether the heatmap is hidden at first and drawn in a cool colour, as for a normal radiograph, where a
            bright spot would read as disease.
    """
    usual = View(FILM, colours=QUIET_COLOURS) if quiet else View()
    look = st.session_state.get(_look_key(quiet=quiet), {})
    return replace(usual, **look, **st.session_state.get(_greys_key(subject), {}))


def show(subject: str, pictures: Pictures, *, quiet: bool = False) -> None:
    """Draw the viewer. Keys: H heatmap, I invert, Z zoom, R ruler, G adjust, F full screen, 0 reset.

    Args:
        subject: the radiograph, as for `view_of`.
        pictures: what.
        quiet: as for `view_of`.
    """
    key = f"viewer-{subject}-{'quiet' if quiet else 'usual'}"

    def keep() -> None:
        """Remember how the reader left it."""
        view = asdict(View(**st.session_state[key]["view"]))
        st.session_state[_look_key(quiet=quiet)] = {name: view[name] for name in ("mode", "opacity", "colours")}
        st.session_state[_greys_key(subject)] = {name: view[name] for name in ("window", "level", "inverted")}

    height, width = pictures.extent
    with st.container(key="film"):
        st.components.v2.component("film_viewer", **_sources())(
            key=key,
            data={
                "subject": key,
                "view": asdict(view_of(subject, quiet=quiet)),
                "film": _data_url(pictures.film),
                "heat": "" if pictures.heat is None else _data_url(_strength(pictures.heat, height, width)),
                "name": pictures.name,
                "marks": pictures.marks,
                "extent": pictures.extent,
                "unit": pictures.unit,
                "presets": WINDOWS,
                "colours": _colours(),
            },
            on_view_change=keep,
        )


def _look_key(*, quiet: bool) -> str:
    return f"viewer-look-{'quiet' if quiet else 'usual'}"


def _greys_key(subject: str) -> str:
    return f"viewer-greys-{subject}"


@cache
def _sources() -> dict[str, Any]:
    return {kind: (ASSETS / "viewer" / f"viewer.{kind}").read_text("utf-8") for kind in ("html", "css", "js")}


@cache
def _colours() -> dict[str, dict[str, Any]]:
    return {
        name: {
            "title": f"{title}: {weak} to {strong}",
            "weak": weak,
            "strong": strong,
            "scale": ["#{:02x}{:02x}{:02x}".format(*map(int, colour)) for colour in colour_scale(name)],
        }
        for name, (title, weak, strong) in COLOURS.items()
    }


def _strength(heat: SaliencyMap, height: float, width: float) -> bytes:
    """The influence, 0 to 255, as a grey PNG file in the film's proportions."""
    scale = HEAT_SIDE / max(height, width)
    influence = overlay.influence(heat, max(1, round(height * scale)), max(1, round(width * scale)))
    return cv2.imencode(".png", np.round(influence * 255).astype(np.uint8))[1].tobytes()


def _data_url(picture: bytes) -> str:
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{b64encode(picture).decode()}"
