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


def side_by_side(
    radiograph_png: bytes, *, is_sample: bool = False, warning: str = "", changed: bool = False
) -> DeltaGenerator:
    """Draw the radiograph, with a place for its overlay beside it; below it on a narrow screen.

    Args:
        radiograph_png: as a PNG file.
        is_sample: whether the radiograph is a composite that shows nobody.
        warning: on what the picture must not be taken for.
        changed: whether its grey values were changed for viewing.

    Returns:
        The place of the overlay.
    """
    what = picture_name(is_sample=is_sample, warning=warning)
    left, right = st.columns(2, gap="small")
    told = "grey values changed for viewing" if changed else "as read"
    alt = f"{what}: the image that was scored{', its grey values changed for viewing' if changed else ''}"
    left.image(radiograph_png, caption=f"{what}, {told}", width="stretch", alt=alt)
    return right


def picture_name(*, is_sample: bool = False, warning: str = "") -> str:
    """What a caption calls the picture that was scored.

    Args:
        is_sample: whether it is a composite that shows nobody.
        warning: on what the picture must not be taken for.
    """
    return "Composite sample" if is_sample else "Picture" if warning else "Radiograph"


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
    """Draw an overlay, or lines of equal influence.

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


def legend(
    colours: Sequence[str],
    ends: tuple[str, str] = ("weak influence (dark, see-through)", "strong influence (bright yellow)"),
    *,
    lines: bool = False,
) -> None:
    """What the overlay's colours mean, in words.

    Args:
        colours: #rrggbb, from weak to strong influence.
        ends: what the weak and the strong end mean.
        lines: whether contour lines are drawn, one a colour, rather than an even scale.
    """
    weak, strong = (escape(end) for end in ends)
    if lines:
        drawn = "".join(
            f'<span style="background:{escape(colour)};height:{2 * (place + 1)}px"></span>'
            for place, colour in enumerate(colours)
        )
        strip = f'<div class="cx-legend__lines">{drawn}</div>'
    else:
        gradient = escape(", ".join(colours))
        strip = f'<div class="cx-legend__strip" style="background:linear-gradient(90deg,{gradient})"></div>'
    st.html(
        f'<div role="img" aria-label="Colour legend, from {weak} to {strong}">{strip}'
        f'<div class="cx-legend__words"><span>{weak}</span><span>{strong}</span></div></div>'
    )
