"""Paragraphs below each other on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.report.lettering import has_numbers, legible
from app.report.pdf import TEXT_FONT

if TYPE_CHECKING:
    from app.report.pdf import TaggedPDF

LEFT, TOP, WIDTH, BOTTOM = 16.0, 13.0, 178.0, 285.0
"""The page within its margins, millimetres from A4's upper left corner."""

SHORTENED = "… [shortened to fit the page]"

INK, ACCENT, LINE, SUNKEN = 0, (11, 101, 128), (120, 132, 140), (240, 243, 245)
"""Black text; the theme's colour and quiet lines, each still told apart when printed in grey."""

_MM_PER_POINT = 25.4 / 72
_LEADING = 1.28
_INSET = 3.0
_MOST_CHARACTERS = 10_000
_NARROWEST = 0.33
"""Mean width of a letter in the narrowest of ordinary text, as a share of the type's size."""


class Flow:
    """A page that is filled from top to bottom.

    Attributes:
        pdf: the page.
        y: where the next thing goes, millimetres from the top. Below `BOTTOM` it is off the page.
        lines: the most that a paragraph may take if it does not say otherwise.
        has_numbers: whether a character had to be drawn as its Unicode number.
    """

    def __init__(self, pdf: TaggedPDF, *, size: float, lines: int) -> None:
        """Begin at the top.

        Args:
            pdf: with an empty page.
            size: of body text, points.
            lines: the most that one paragraph may take.
        """
        self.pdf = pdf
        self.y = TOP
        self.lines = lines
        self.has_numbers = False
        self._size = size
        self._drawable = self.pdf.drawable

    def line_height(self, scale: float = 1.0) -> float:
        """Of text at a multiple of the body's size, millimetres."""
        return self._size * scale * _MM_PER_POINT * _LEADING

    def gap(self, height: float) -> None:
        """Leave room, millimetres."""
        self.y += height

    def heading(self, text: str) -> None:
        """A section's heading, with a line over it."""
        self.gap(1.6)
        with self.pdf.artifact():
            self.pdf.set_draw_color(*LINE)
            self.pdf.set_line_width(0.2)
            self.pdf.line(LEFT, self.y, LEFT + WIDTH, self.y)
        self.gap(0.9)
        self.text(text, kind="H2", bold=True, scale=1.12, lines=1, colour=ACCENT)

    def text(
        self,
        text: str,
        *,
        kind: str = "P",
        bold: bool = False,
        scale: float = 1.0,
        lines: int | None = None,
        x: float = LEFT,
        width: float = WIDTH,
        colour: tuple[int, int, int] = (INK, INK, INK),
    ) -> None:
        """A paragraph; nothing for an empty one.

        Args:
            text: any; what cannot be drawn is replaced, and what is too long is shortened, with a mark.
            kind: of structure element, for screen readers.
            bold: whether it is.
            scale: of the body's size.
            lines: the most that it may take; the page's own limit if None.
            x: left edge, millimetres.
            width: millimetres.
            colour: RGB, 0 to 255.
        """
        pdf, height = self.pdf, self.line_height(scale)
        pdf.set_font(TEXT_FONT, "B" if bold else "", self._size * scale)
        pdf.set_text_color(*colour)
        shown, taken = self._shortened(text, width, lines or self.lines)
        if not shown:
            return
        with pdf.tagged(kind):
            pdf.set_xy(x, self.y)
            pdf.multi_cell(width, height, shown, align="L", new_x="LEFT", new_y="NEXT")
        self.y += taken * height

    def box(self, title: str, text: str) -> None:
        """Something that must not be overlooked: framed, with a thick left edge."""
        top = self.y
        # Drawn twice: the frame lies under text whose height is known only once it is laid out.
        bottom = self._box_text(title, text, top, draw=False)
        with self.pdf.artifact():
            self.pdf.set_draw_color(INK)
            self.pdf.set_fill_color(*SUNKEN)
            self.pdf.set_line_width(0.3)
            self.pdf.rect(LEFT, top, WIDTH, bottom - top, style="DF")
            self.pdf.set_fill_color(INK)
            self.pdf.rect(LEFT, top, 1.2, bottom - top, style="F")
        self._box_text(title, text, top, draw=True)
        self.y = bottom + 0.6

    def clean(self, text: str) -> str:
        """A text that can be drawn; remembers whether it took numbers."""
        shown = legible(text, self._drawable)
        self.has_numbers = self.has_numbers or has_numbers(shown)
        return shown

    def _box_text(self, title: str, text: str, top: float, *, draw: bool) -> float:
        x, width = LEFT + _INSET, WIDTH - 2 * _INSET
        self.y = top + 1.4
        for part, bold, scale, lines in ((title, True, 1.35, 2), (text, False, 1.0, self.lines)):
            if draw:
                self.text(part, bold=bold, scale=scale, lines=lines, x=x, width=width)
            else:
                self.pdf.set_font(TEXT_FONT, "B" if bold else "", self._size * scale)
                self.y += self._shortened(part, width, lines)[1] * self.line_height(scale)
        return self.y + 1.4

    def _shortened(self, text: str, width: float, most: int) -> tuple[str, int]:
        """As much of a text as can be drawn in `most` lines, with a mark where that is not all; and its lines."""
        # Laying out more than fits on a page takes long and shows nothing.
        whole = self.clean(text[:_MOST_CHARACTERS])
        shown = whole[: int(most * width / (_NARROWEST * self.pdf.font_size))]
        lines = self._laid_out(shown, width)
        if shown == whole and len(text) <= _MOST_CHARACTERS and len(lines) <= most:
            return shown, len(lines)
        # Lines are filled from the first on, so shortening the last leaves those above it as they are.
        start, end = _end_of(lines[: most - 1], shown), _end_of(lines[:most], shown)
        while True:
            last = f"{shown[start:end].strip()}{SHORTENED}"
            taken = len(self._laid_out(last, width))
            if taken == 1 or end <= start:
                return f"{shown[:end].rstrip()}{SHORTENED}", len(lines[: most - 1]) + taken
            end = max(start, end - len(SHORTENED) // 3)

    def _laid_out(self, text: str, width: float) -> list[str]:
        if not text:
            return []
        lines = self.pdf.multi_cell(width, text=text, align="L", dry_run=True, output="LINES")
        if not isinstance(lines, list):
            raise TypeError(f"The PDF library returned {type(lines)} for the lines of a text; expected a list.")
        return lines


def _end_of(lines: list[str], text: str) -> int:
    """Where the last of a text's first lines ends in it; the spaces at which they were broken are not in the lines."""
    end = 0
    for line in lines:
        found = text.find(line, end)
        end = (found if found >= 0 else end) + len(line)
    return min(end, len(text))
