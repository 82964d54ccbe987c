"""What the sections of one run of the page have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app.components import markup
from app.how_page import pictures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.services import Case
    from model.inspection import Inside, Inspector
    from model.predictor import Prediction, Predictor
    from model.variation import Variation


@dataclass(frozen=True, eq=False)
class Scene:
    """One radiograph and the model.

    Attributes:
        predictor: loaded and warm.
        case: the radiograph.
        prediction: what the Predict page shows of it.
        variation: how far training changed its scans; None where not recorded.
    """

    predictor: Predictor
    case: Case
    prediction: Prediction
    variation: Variation | None


@dataclass(frozen=True, eq=False)
class Looked:
    """What the network's layers computed.

    Attributes:
        inspector: that looked.
        inside: what it saw.
    """

    inspector: Inspector
    inside: Inside


def section(anchor: str, title: str, subtitle: str = "") -> None:
    """A section's heading, with a place that links lead to."""
    st.html(f'<span class="how-anchor" id="how-{anchor}"></span>')
    markup.section(title, subtitle)


def colour_key() -> None:
    """What blue, grey and orange mean."""
    low, middle, high = pictures.scale_css()
    gradient = f"linear-gradient(90deg,{low},{middle},{high})"
    st.html(
        '<div role="img" aria-label="Colour legend, from negative (blue) over zero (light grey) to positive (orange)">'
        f'<div class="cx-legend__strip" style="background:{gradient}"></div><div class="cx-legend__words">'
        "<span>below zero</span><span>zero</span><span>above zero</span></div></div>"
    )


def row_of_pictures(name: str, drawn: Sequence[tuple[bytes, str, str]], *, width: int) -> None:
    """Pictures side by side, as many as fit; two on a narrow screen.

    Args:
        name: of the row.
        drawn: a PNG file, its caption, and what it shows for those who cannot see it.
        width: of each, pixels.
    """
    with st.container(horizontal=True, gap="small"):
        for number, (file, caption, alt) in enumerate(drawn):
            with st.container(width=width, key=f"how-tile-{name}-{number}"):
                st.image(file, caption=caption, width="stretch", alt=alt)
