"""Radiograph and overlay side by side, with the overlay's legend."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator


def halves() -> Sequence[DeltaGenerator]:
    """Words on the left, pictures on the right; below each other on a narrow screen."""
    return st.columns([2, 3], gap="medium")


def side_by_side(radiograph_png: bytes, *, is_sample: bool = False, warning: str = "") -> DeltaGenerator:
    """Draw the radiograph, with a place for its overlay beside it; below it on a narrow screen.

    Args:
        radiograph_png: as a PNG file.
        is_sample: whether the radiograph is a composite that shows nobody.
        warning: on what the picture must not be taken for.

    Returns:
        The place of the overlay.
    """
    what = "Composite sample" if is_sample else "Picture" if warning else "Radiograph"
    left, right = st.columns(2, gap="small")
    left.image(radiograph_png, caption=f"{what}, as read", width="stretch", alt=f"{what}: the image that was scored")
    return right


def pairs(number: int) -> list[DeltaGenerator]:
    """Places for pictures, two side by side; below each other on a narrow screen.

    Args:
        number: how many.
    """
    places: list[DeltaGenerator] = []
    while len(places) < number:
        places += st.columns(2, gap="small")
    return places[:number]


def waiting_for_overlay(place: DeltaGenerator) -> DeltaGenerator:
    """Draw the room for an overlay that is still being made.

    A place is only emptied for this: a picture that replaces a picture must not make the page flicker.

    Args:
        place: where.

    Returns:
        The place that the overlay will replace.
    """
    room = place.empty()
    room.skeleton(height=300)
    return room


def overlay(place: DeltaGenerator, overlay_png: bytes, *, caption: str, alt: str) -> None:
    """Draw an overlay.

    Args:
        place: where.
        overlay_png: as a PNG file.
        caption: below it.
        alt: for those who cannot see it.
    """
    place.image(overlay_png, caption=caption, width="stretch", alt=alt)


def refused(picture_png: bytes) -> None:
    """Draw a picture that was not scored.

    Args:
        picture_png: as a PNG file.
    """
    with st.container(key="refused-picture"):
        st.image(
            picture_png, caption="The picture as read, not scored", width="stretch", alt="The picture that was refused"
        )


def legend(colours: Sequence[str]) -> None:
    """What the overlay's colours mean, in words.

    Args:
        colours: #rrggbb, from weak to strong influence.
    """
    gradient = escape(", ".join(colours))
    st.html(
        f'<div role="img" aria-label="Colour legend: dark is weak, bright yellow is strong influence">'
        f'<div class="cx-legend__strip" style="background:linear-gradient(90deg,{gradient})"></div>'
        '<div class="cx-legend__words"><span>weak influence (dark, see-through)</span>'
        "<span>strong influence (bright yellow)</span></div></div>"
    )
