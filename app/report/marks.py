"""What is drawn rather than written: the pictures with their legend, and the probability on its line."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.report.flow import INK, LEFT, LINE, SUNKEN, WIDTH
from model.overlay import colour_scale

if TYPE_CHECKING:
    from app.report.content import Picture, Verdict
    from app.report.flow import Flow

_GUTTER = 4.0
_HALF = (WIDTH - _GUTTER) / 2
_CAPTION_LINES = 3
_INSET = 3.0
_STEPS = 32


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture with its words.

    Attributes:
        picture: uint8, grey or RGB.
        jpeg: the same as a file for the page.
        caption: below it.
        alternative: for those who do not see it.
    """

    picture: Picture
    jpeg: bytes
    caption: str
    alternative: str


def side_by_side(flow: Flow, left: Drawn, right: Drawn | None, *, height: float, missing: str = "") -> None:
    """Two pictures beside each other, captions and the legend below.

    Args:
        flow: the page.
        left: the radiograph.
        right: the overlay, or None.
        height: the most that a picture may take, millimetres.
        missing: what stands in the place of the overlay where there is none.
    """
    top = flow.y + 0.8
    tall = _placed(flow, left, LEFT, top, height)
    second = LEFT + _HALF + _GUTTER
    if right is not None:
        tall = max(tall, _placed(flow, right, second, top, height))
    below = top + tall + 0.8
    ends = [_captioned(flow, left.caption, LEFT, below)]
    if right is None:
        ends.append(_absent(flow, missing, second, top, tall))
    else:
        ends.append(_legend(flow, second, _captioned(flow, right.caption, second, below)))
    flow.y = max(below, *ends) + 0.8


def probability_line(flow: Flow, verdict: Verdict) -> None:
    """The probability, the threshold and the indeterminate band on a line from 0 to 100 %.

    It is decoration: all its numbers stand in the sentences below.

    Args:
        flow: the page.
        verdict: what to draw.
    """
    pdf, width, thick = flow.pdf, WIDTH * 0.45, 2.0
    flow.gap(1.6)
    top = flow.y
    with pdf.artifact():
        pdf.set_draw_color(*LINE)
        pdf.set_line_width(0.2)
        pdf.set_fill_color(*SUNKEN)
        pdf.rect(LEFT, top, width, thick, style="DF")
        if verdict.band is not None:
            pdf.set_fill_color(185)
            pdf.rect(LEFT + width * verdict.band.low, top, width * (verdict.band.high - verdict.band.low), thick, "F")
        pdf.set_fill_color(INK)
        pdf.rect(LEFT + width * verdict.threshold - 0.25, top - 0.9, 0.5, thick + 1.8, style="F")
        pdf.circle(LEFT + width * verdict.probability, top + thick / 2, 1.5, style="F")
    grey = " Grey: indeterminate." if verdict.band is not None else ""
    flow.y = top + thick / 2 - flow.line_height(0.85) / 2
    flow.text(
        f"0 to 100\u00a0%. Dot: this one. Bar: threshold.{grey}",
        scale=0.85,
        lines=1,
        x=LEFT + width + 3.5,
        width=WIDTH - width - 3.5,
    )
    flow.y = max(flow.y, top + thick) + 1.2


def _placed(flow: Flow, drawn: Drawn, x: float, y: float, height: float) -> float:
    """Draw a picture in half the page's width; returns how tall it became, millimetres."""
    rows, columns = drawn.picture.shape[:2]
    scale = min(_HALF / columns, height / rows)
    file = io.BytesIO(drawn.jpeg)
    flow.pdf.image(file, x=x, y=y, w=columns * scale, h=rows * scale, alt_text=flow.clean(drawn.alternative))
    return float(rows * scale)


def _captioned(flow: Flow, caption: str, x: float, y: float) -> float:
    flow.y = y
    flow.text(caption, kind="Caption", scale=0.92, lines=_CAPTION_LINES, x=x, width=_HALF)
    return flow.y


def _absent(flow: Flow, why: str, x: float, y: float, height: float) -> float:
    """A quiet frame in the place of a picture, with the reason inside; returns where it ends."""
    with flow.pdf.artifact():
        flow.pdf.set_draw_color(*LINE)
        flow.pdf.set_line_width(0.2)
        flow.pdf.rect(x, y, _HALF, max(height, 2 * _INSET + 2 * flow.line_height()))
    flow.y = y + _INSET
    flow.text(why, lines=2, x=x + _INSET, width=_HALF - 2 * _INSET)
    return flow.y + _INSET


def _legend(flow: Flow, x: float, y: float) -> float:
    """The overlay's colours from weak to strong, between words; returns where it ends."""
    pdf, side = flow.pdf, 24.0
    flow.y = y
    flow.text("Weak influence", kind="P", scale=0.92, lines=1, x=x, width=side)
    height = flow.y - y
    colours = colour_scale()[:: 256 // _STEPS]
    width = (_HALF - 2 * side - 1.0) / len(colours)
    with pdf.artifact():
        for number, colour in enumerate(colours):
            pdf.set_fill_color(*map(int, colour))
            # A little wider than its place, so that no viewer shows a seam.
            pdf.rect(x + side + number * width, y + height * 0.2, width + 0.05, height * 0.6, style="F")
    flow.y = y
    flow.text("Strong influence", scale=0.92, lines=1, x=x + _HALF - side, width=side)
    return flow.y
