"""The viewer's controls on the Predict page: mode, colours, opacity, grey values and zoom.

They change how pictures are drawn, and nothing that the network reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app import kept, services, wording
from app.components import markup
from model.overlay import COLOUR_MAPS, DEFAULT_COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT_OPACITY = 45

_MODE, _COLOURS, _OPACITY = "view-mode", "view-colours", "opacity"
_WINDOW, _LEVEL, _INVERT, _ZOOM, _PART = "view-window", "view-level", "view-invert", "view-zoom", "view-part"


@dataclass(frozen=True)
class View:
    """How the viewer shows a radiograph and its heatmap.

    Attributes:
        mode: a key of `wording.MODE_TITLES`.
        opacity: of the overlay, 0 to 1.
        look: colours and grey values.
        zoomable: whether the pictures can be zoomed and moved.
        part: what is enlarged at first, a key of `wording.PARTS`.
    """

    mode: str
    opacity: float
    look: services.Look
    zoomable: bool
    part: str

    @property
    def has_pair(self) -> bool:
        """Whether the radiograph stands beside the overlay."""
        return self.mode == wording.SIDE_BY_SIDE


def mode_control() -> str:
    """Draw the choice of mode.

    Returns:
        A key of `wording.MODE_TITLES`.
    """
    chosen = st.segmented_control(
        "View",
        tuple(wording.MODE_TITLES),
        required=True,
        format_func=wording.MODE_TITLES.__getitem__,
        help=wording.MODE_HELP,
        key=kept.restored(_MODE, wording.SIDE_BY_SIDE),
    )
    st.session_state[_MODE] = chosen
    return chosen or wording.SIDE_BY_SIDE


def opacity_control(*, disabled: bool) -> float:
    """Draw the slider of the overlay's opacity.

    Args:
        disabled: where lines are drawn, which are always opaque.

    Returns:
        0 to 1.
    """
    percents = st.slider(
        "Opacity of the overlay",
        0,
        100,
        step=5,
        format="%d %%",
        width=220,
        help=wording.OPACITY_HELP,
        key=kept.restored(_OPACITY, _DEFAULT_OPACITY),
        disabled=disabled,
    )
    st.session_state[_OPACITY] = percents
    return percents / 100


def colours_control() -> str:
    """Draw the choice of the colour map.

    Returns:
        A key of `model.overlay.COLOUR_MAPS`.
    """
    chosen: str = st.selectbox(
        "Colours",
        tuple(COLOUR_MAPS),
        format_func=wording.colours_title,
        help=wording.COLOURS_HELP,
        width=300,
        key=kept.restored(_COLOURS, DEFAULT_COLOURS),
    )
    st.session_state[_COLOURS] = chosen
    return chosen


def greys_and_zoom(subject: str) -> tuple[services.Greys, bool, str]:
    """Draw what adjusts the pictures, folded away until it is wanted.

    Args:
        subject: which radiograph it is; grey values and part are kept for each on its own, so that nobody reads the
            next one inverted unawares.

    Returns:
        The grey values, whether the pictures can be zoomed, and the part to enlarge.
    """
    with st.expander(wording.GREYS_TITLE):
        zoomable, part = _zoom(subject)
        greys = _greys(subject)
    return greys, zoomable, part


def _zoom(subject: str) -> tuple[bool, str]:
    zoomable = st.toggle("Zoom and move", key=kept.restored(_ZOOM, default=False), help=wording.ZOOM_HELP)
    st.session_state[_ZOOM] = zoomable
    if not zoomable:
        return False, wording.WHOLE
    part = st.segmented_control(
        "Part",
        tuple(wording.PARTS),
        required=True,
        format_func=str.capitalize,
        help=wording.PART_HELP,
        key=kept.restored(f"{_PART}-{subject}", wording.WHOLE),
    )
    st.session_state[f"{_PART}-{subject}"] = part
    return True, part or wording.WHOLE


def _greys(subject: str) -> services.Greys:
    names = {one: f"{one}-{subject}" for one in (_WINDOW, _LEVEL, _INVERT)}
    usual = services.Greys()
    keys = {
        one: kept.restored(names[one], default)
        for one, default in ((_WINDOW, usual.window), (_LEVEL, usual.level), (_INVERT, usual.inverted))
    }
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        window = st.slider("Window", 2, 256, width=165, help=wording.WINDOW_HELP, key=keys[_WINDOW])
        level = st.slider("Level", 0, 255, width=165, help=wording.LEVEL_HELP, key=keys[_LEVEL])
        inverted = st.toggle("Invert", help=wording.INVERT_HELP, key=keys[_INVERT])
        st.session_state.update({names[_WINDOW]: window, names[_LEVEL]: level, names[_INVERT]: inverted})
        greys = services.Greys(window, level, inverted)
        st.button(
            "Reset",
            key="greys-reset",
            help=wording.RESET_HELP,
            on_click=_reset,
            args=(keys,),
            disabled=greys.as_read,
        )
    markup.note("These change only what you see. What the network reads does not change.")
    return greys


def _reset(keys: Mapping[str, str]) -> None:
    usual = services.Greys()
    st.session_state.update({keys[_WINDOW]: usual.window, keys[_LEVEL]: usual.level, keys[_INVERT]: usual.inverted})
