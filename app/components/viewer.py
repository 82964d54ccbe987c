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
    radiograph_png: bytes,
    overlay_png: bytes | None,
    *,
    explained: str = "",
    is_sample: bool = False,
    warning: str = "",
) -> None:
    """Draw both pictures; below each other on a narrow screen.

    Args:
        radiograph_png: as a PNG file.
        overlay_png: as a PNG file; None while there is none.
        explained: the class that the overlay is for.
        is_sample: whether the radiograph is a composite that shows nobody.
        warning: on what the overlay must not be taken for.
    """
    what = "Composite sample" if is_sample else "Picture" if warning else "Radiograph"
    left, right = st.columns(2, gap="small")
    left.image(radiograph_png, caption=f"{what}, as read", width="stretch", alt=f"{what}: the image that was scored")
    if overlay_png is None:
        right.skeleton(height=300)
        return
    right.image(
        overlay_png,
        caption=f"Overlay: evidence for {explained}" + (" · refused picture" if warning else ""),
        width="stretch",
        alt=" ".join(
            [f"The same image with colour where it raised the model’s score for {explained}", warning]
        ).strip(),
    )


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
