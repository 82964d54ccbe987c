"""The viewer of Predict and Worklist: the film and its heatmap, as large as the page allows.

`toolbar` draws the controls and says how to draw; `show` draws the ready pictures that the page hands over. Settings
hold for the session, grey values for one radiograph, so that nobody reads the next one inverted unawares.
"""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import streamlit as st
from PIL import Image

from app.ui import page
from model.overlay import COLOUR_MAPS, DEFAULT_COLOURS

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

FILM, OVERLAY, SIDE_BY_SIDE, CONTOURS = "film", "overlay", "side_by_side", "contours"
MODES = {FILM: "Film", OVERLAY: "Overlay", SIDE_BY_SIDE: "Side by side", CONTOURS: "Contours"}

COLOURS = {
    "inferno": "Inferno: dark violet to bright yellow",
    "viridis": "Viridis: dark purple to bright yellow",
    "cividis": "Cividis: dark blue to bright yellow",
}
QUIET_COLOURS = "cividis"

WIDEST, MIDDLE = 256, 128
WINDOWS = {
    "As read": (WIDEST, MIDDLE),
    "High contrast": (128, MIDDLE),
    "Dark areas": (128, 72),
    "Bright areas": (128, 184),
}
"""Window and level of each preset, in grey values of the picture, 0 to 255."""

PARTS = {
    "whole": (0.0, 1.0, 0.0, 1.0),
    "upper left": (0.0, 0.55, 0.0, 0.55),
    "upper right": (0.45, 1.0, 0.0, 0.55),
    "lower left": (0.0, 0.55, 0.45, 1.0),
    "lower right": (0.45, 1.0, 0.45, 1.0),
}
"""Left, right, top and bottom of what zooming shows first, as shares of width and height."""

_ZOOM_CONFIG = {
    "scrollZoom": True,
    "displaylogo": False,
    "displayModeBar": True,
    "modeBarButtonsToRemove": ["toImage", "select2d", "lasso2d", "autoScale2d"],
}
_PNG = b"\x89PNG"
_WIDE_PX, _NARROW_PX, _TALLEST_PX = 640, 340, 760


@dataclass(frozen=True)
class View:
    """How the film and its heatmap are to be drawn.

    Attributes:
        mode: a key of `MODES`.
        opacity: of the overlay, 0 to 1.
        colours: a key of `model.overlay.COLOUR_MAPS`.
        window: how many of 256 grey values are spread from black to white, 2 to 256.
        level: the grey value in the middle of the window, 0 to 255.
        zoomed: whether the pictures are zoomed, so that more detail is of use.
        part: what zooming shows first, a key of `PARTS`.
    """

    mode: str = OVERLAY
    opacity: float = 0.45
    colours: str = DEFAULT_COLOURS
    window: int = WIDEST
    level: int = MIDDLE
    inverted: bool = False
    zoomed: bool = False
    part: str = "whole"

    @property
    def has_map(self) -> bool:
        """Whether a heatmap is to be seen."""
        return self.mode != FILM

    @property
    def as_read(self) -> bool:
        """Whether grey values are those of the file."""
        return (self.window, self.level, self.inverted) == (WIDEST, MIDDLE, False)

    @property
    def changes(self) -> str:
        """What was done to the grey values, such as "window 128, level 72, inverted"; "" for nothing."""
        return "" if self.as_read else f"window {self.window}, level {self.level}{', inverted' * self.inverted}"


@dataclass(frozen=True)
class Pictures:
    """What the viewer draws; each callable gives a PNG or JPEG file drawn as the view says.

    Attributes:
        film: the radiograph.
        overlay: the radiograph with its heatmap or contours; None while there is none: the film is shown instead.
        name: of the film, for its caption.
        about: caption of the overlay: for which class, by which method.
        alt: what the overlay shows, for a reader who cannot see it.
        legend: colours from weak to strong influence, #rrggbb.
        extent: height and width in `unit`, for the position under the pointer.
        unit: "px" or "mm".
    """

    film: Callable[[View], bytes]
    overlay: Callable[[View], bytes] | None = None
    name: str = "Radiograph"
    about: str = "Overlay"
    alt: str = "The radiograph with the heatmap"
    legend: Sequence[str] = field(default=())
    extent: tuple[float, float] = (1024.0, 1024.0)
    unit: str = "px"


def columns() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Places for the film and for what is said of it: side by side, the film first on a narrow screen."""
    film, words = st.columns([1.7, 1], gap="medium")
    return film, words


def toolbar(subject: str, *, quiet: bool = False) -> View:
    """Draw the controls above the film. Keys: H heatmap, I invert, Z zoom, 0 reset.

    Args:
        subject: the radiograph; its grey values are its own.
        quiet: whether the heatmap is hidden at first and drawn in a cool colour, as for a normal radiograph, where a
            bright spot would read as disease.

    Returns:
        How to draw.
    """
    keys = _Keys.of(subject, quiet=quiet)
    inverted, zoomed = bool(st.session_state[keys.invert]), bool(st.session_state[keys.zoom])
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="viewer-toolbar"):
        mode = st.segmented_control(
            "View", tuple(MODES), required=True, format_func=MODES.__getitem__, key=keys.mode,
            persist_state="session", label_visibility="collapsed",
        )  # fmt: skip
        for label, key, is_on, on_click, args in (
            ("Heatmap", "H", mode != FILM, keys.toggle_map, ()),
            ("Invert", "I", inverted, keys.flip, (keys.invert,)),
            ("Zoom", "Z", zoomed, keys.flip, (keys.zoom,)),
        ):
            icon = ":material/check:" if is_on else None
            st.button(label, f"viewer-{key}", icon=icon, shortcut=key, type="tertiary", on_click=on_click, args=args)
        with st.popover("Adjust", type="tertiary", help="Opacity, colours, window and level."):
            opacity, colours, window, level = _adjust(keys, contours=mode == CONTOURS)
        st.button("Reset", key="viewer-0", shortcut="0", type="tertiary", on_click=keys.reset)
    part: str | None = "whole"
    if zoomed:
        part = st.segmented_control(
            "Part", tuple(PARTS), required=True, format_func=str.capitalize, key=keys.part, persist_state="session"
        )
    return View(mode or FILM, opacity / 100, colours, window, level, inverted, zoomed, part or "whole")


def _adjust(keys: _Keys, *, contours: bool) -> tuple[int, str, int, int]:
    opacity = st.slider(
        "Opacity of the overlay", 0, 100, step=5, format="%d %%", key=keys.opacity, persist_state="session",
        disabled=contours, help="At 0 % only the film is visible. Contour lines are always opaque.",
    )  # fmt: skip
    colours: str = st.selectbox(
        "Colours", tuple(COLOUR_MAPS), format_func=COLOURS.__getitem__, key=keys.colours, persist_state="session",
        help="All rise evenly from dark to light: they hold for colour-blind readers and in a grey print.",
    )  # fmt: skip
    st.segmented_control(
        "Window preset", tuple(WINDOWS), key=keys.preset, on_change=keys.take_preset, help="Sets window and level."
    )
    window = st.slider(
        "Window", 2, WIDEST, key=keys.window, persist_state="session",
        help="How many of the 256 grey values are spread from black to white: fewer give more contrast.",
    )  # fmt: skip
    level = st.slider(
        "Level", 0, 255, key=keys.level, persist_state="session",
        help="The grey value in the middle of the window: lower makes the film lighter.",
    )  # fmt: skip
    st.markdown("These change what you see, not what the network reads.")
    return opacity, colours, window, level


def show(view: View, pictures: Pictures) -> None:
    """Draw the film, the overlay or both.

    Args:
        view: how, from `toolbar`.
        pictures: what.
    """
    changed = f", {view.changes} for viewing only" if view.changes else ", as read"
    film = (pictures.film, f"{pictures.name}{changed}", f"{pictures.name}{changed}")
    shown = [film]
    if view.has_map and pictures.overlay is not None:
        overlay = (pictures.overlay, pictures.about, pictures.alt)
        shown = [film, overlay] if view.mode == SIDE_BY_SIDE else [overlay]
    with st.container(key="film", gap="xsmall"):
        if view.zoomed:
            _zoomed([(make(view), caption) for make, caption, _ in shown], view, pictures, alt=shown[-1][2])
        else:
            places = st.columns(len(shown), gap="small") if len(shown) > 1 else [st.container()]
            for place, (make, caption, alt) in zip(places, shown, strict=True):
                place.image(make(view), caption=caption, width="stretch", alt=alt)
        if len(shown) > 1 or shown != [film]:
            _legend(view, pictures.legend)


def _legend(view: View, colours: Sequence[str]) -> None:
    """The colours as a strip, with their meaning in words."""
    if not colours:
        return
    if view.mode == CONTOURS:
        page.note("Contours: a thicker, lighter line means stronger influence on the score.")
        return
    strip = np.array([[[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in colours]], dtype=np.uint8)
    weak, strong = COLOURS.get(view.colours, "weak: dark to bright").partition(": ")[2].split(" to ")
    told = f"Influence: weak ({weak}) to strong ({strong})"
    with st.container(key="legend"):
        st.image(strip.repeat(64, axis=1).repeat(len(colours), axis=0), width="stretch", alt="", caption=told)


def _zoomed(shown: Sequence[tuple[bytes, str]], view: View, pictures: Pictures, *, alt: str) -> None:
    """Pictures that are zoomed and moved together, by wheel, two fingers, dragging or the buttons above them.

    How wide the screen is, only the browser knows: of two pictures both arrangements are sent and the style sheet
    shows one.
    """
    for name in ("wide", "narrow") if len(shown) > 1 else ("one",):
        with st.container(key=f"zoom-{name}"):
            figure = _zoom_figure([data for data, _ in shown], view, pictures, stacked=name == "narrow")
            st.plotly_chart(figure, key=f"zoom-{name}-figure", config=_ZOOM_CONFIG, theme=None, alt=alt)
    page.note(" · ".join(caption for _, caption in shown))


def _zoom_figure(shown: Sequence[bytes], view: View, pictures: Pictures, *, stacked: bool) -> Any:  # noqa: ANN401
    import plotly.graph_objects as go

    (height, width), (left, right, top, bottom) = pictures.extent, PARTS[view.part]
    number = len(shown)
    layout: dict[str, Any] = {
        "margin": dict.fromkeys("lrtb", 0),
        "dragmode": "pan",
        "modebar": {"orientation": "v", "bgcolor": "rgba(0,0,0,.5)", "color": "white"},
    }
    traces = []
    for place, data in enumerate(shown):
        name, share = str(place + 1) if place else "", (place / number + 0.01 * bool(place), (place + 1) / number)
        pixels = Image.open(io.BytesIO(data)).size
        dx, dy = width / pixels[0], height / pixels[1]
        traces.append(
            {
                "type": "image", "xaxis": f"x{name}", "yaxis": f"y{name}", "zsmooth": "fast",
                "x0": dx / 2, "y0": dy / 2, "dx": dx, "dy": dy,
                "source": f"data:image/{'png' if data[:4] == _PNG else 'jpeg'};base64,{b64encode(data).decode()}",
                "hovertemplate": f"%{{x:.0f}} {pictures.unit} from the left, %{{y:.0f}} from the top<extra></extra>",
            }
        )  # fmt: skip
        both = {"visible": False, "constrain": "domain"}
        layout[f"xaxis{name}"] = both | {"range": [left * width, right * width], "matches": "x" if name else None}
        layout[f"yaxis{name}"] = both | {
            "range": [bottom * height, top * height], "scaleanchor": f"x{name}", "anchor": f"x{name}",
            "matches": "y" if name else None,
        }  # fmt: skip
        layout[f"{'yaxis' if stacked else 'xaxis'}{name}"]["domain"] = share
    across = (_NARROW_PX if stacked else _WIDE_PX) / (1 if stacked else number)
    tall = (number if stacked else 1) * across * height / width
    clear = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}
    return go.Figure(traces, layout | clear | {"height": min(_TALLEST_PX, round(tall))})


class _Keys(NamedTuple):
    """Where the settings are kept in the session, and what the buttons do with them."""

    mode: str
    colours: str
    opacity: str
    zoom: str
    window: str
    level: str
    preset: str
    invert: str
    part: str

    @classmethod
    def of(cls, subject: str, *, quiet: bool) -> Self:
        """The keys for a radiograph, each with a value."""
        look = "quiet" if quiet else "usual"
        of_all = (f"viewer-mode-{look}", f"viewer-colours-{look}", "viewer-opacity", "viewer-zoom")
        keys = cls(*of_all, *(f"viewer-{name}-{subject}" for name in ("window", "level", "preset", "invert", "part")))
        usual = View(FILM, colours=QUIET_COLOURS) if quiet else View()
        state = st.session_state
        state.setdefault(keys.mode, usual.mode)
        state.setdefault(keys.colours, usual.colours)
        state.setdefault(keys.opacity, round(100 * usual.opacity))
        state.setdefault(keys.zoom, False)
        state.setdefault(keys.part, usual.part)
        if keys.window not in state:
            keys.reset_greys()
        at = (state[keys.window], state[keys.level])
        state[keys.preset] = next((name for name, window in WINDOWS.items() if window == at), None)
        return keys

    def toggle_map(self) -> None:
        """Hide the heatmap, or show it again as it was."""
        state, last = st.session_state, f"{self.mode}-last"
        if state[self.mode] == FILM:
            state[self.mode] = state.get(last, OVERLAY)
        else:
            state[last], state[self.mode] = state[self.mode], FILM

    def flip(self, key: str) -> None:
        """Switch something on or off."""
        st.session_state[key] = not st.session_state[key]

    def take_preset(self) -> None:
        """Set window and level."""
        if name := st.session_state[self.preset]:
            st.session_state[self.window], st.session_state[self.level] = WINDOWS[name]

    def reset_greys(self) -> None:
        """Grey values as read."""
        st.session_state.update({self.window: WIDEST, self.level: MIDDLE, self.invert: False})

    def reset(self) -> None:
        """Grey values as read, and no zoom."""
        self.reset_greys()
        st.session_state.update({self.zoom: False, self.part: "whole"})
