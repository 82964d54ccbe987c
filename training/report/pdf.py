"""A report as PDF: A4 pages with embedded fonts, bookmarks, figures as vectors with their text, and tags in order."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from fpdf import FPDF
from fpdf.fonts import TTFFont
from fpdf.prefs import ViewerPreferences

from training.provenance import ROOT
from training.report.blocks import Block, Document, Figure, Paragraph, Points, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

FONT = "firago"
LEFT, TOP, WIDTH, BOTTOM = 17.0, 17.0, 176.0, 279.0
"""The page within its margins, millimetres from A4's upper left corner."""

INK, ACCENT, LINE, QUIET, SUNKEN = (0, 0, 0), (11, 101, 128), (120, 132, 140), (80, 88, 94), (240, 243, 245)
BODY, SMALL = 9.5, 8.0
_MM = 25.4 / 72
_LEADING = 1.32
_CELL_GAP = 1.2


class _Pages(FPDF):
    """Pages whose text is tagged: fpdf2 tags pictures alone, and a reader that goes by tags would skip the rest."""

    def __init__(self) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self.set_auto_page_break(False)
        self.set_lang("en-GB")
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.c_margin = 0.0
        for style, weight in (("", "Regular"), ("B", "Bold")):
            self.add_font(FONT, style, ROOT / "assets" / "fonts" / f"FiraGO-{weight}.ttf")
        self.y_now = BOTTOM
        self.foot = ""
        self.waiting: list[Table | Figure] = []

    def release(self) -> None:
        """Close the font files, which are read up to the last moment."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    @contextmanager
    def tagged(self, kind: str) -> Iterator[None]:
        """Tag what is drawn inside, as a structure element such as "P" (ISO 32000-1, 14.8.4)."""
        number = self.struct_builder.next_mcid_for_page(self.page)
        self._add_marked_content(struct_type=f"/{kind}", mcid=number)
        self._out(f"/{kind} <</MCID {number}>> BDC")
        yield
        self._out("EMC")

    @contextmanager
    def decoration(self) -> Iterator[None]:
        """Mark what is drawn inside as something to skip."""
        self._out("/Artifact BMC")
        yield
        self._out("EMC")

    def letters(self, size: float, *, bold: bool = False, colour: tuple[int, int, int] = INK) -> float:
        """Set the type, and return the height of a line, millimetres."""
        self.set_font(FONT, "B" if bold else "", size)
        self.set_text_color(*colour)
        return size * _MM * _LEADING

    def lines(self, text: str, width: float) -> list[str]:
        """A text broken into lines of a width, millimetres, in the type that is set."""
        found = self.multi_cell(width, 1, text, dry_run=True, output="LINES")
        return [str(line) for line in found] if isinstance(found, list) else []

    def footer(self) -> None:
        """What stands at the foot of each page; fpdf2 calls it."""
        with self.decoration():
            line = self.letters(7, colour=QUIET)
            self.set_xy(LEFT, BOTTOM + 5)
            self.cell(WIDTH / 2, line, self.foot)
            self.set_xy(LEFT + WIDTH - 12, BOTTOM + 5)
            self.cell(12, line, f"{self.page_no()} of {{nb}}")

    def need(self, height: float) -> None:
        """Begin a page if there is less room than this, millimetres."""
        while self.y_now + height > BOTTOM and self.y_now > TOP:
            self.new_page()

    def new_page(self) -> None:
        """Begin a page; what waits for one is drawn first."""
        self.add_page()
        self.y_now = TOP
        style, size, colour = self.font_style, self.font_size_pt, self.text_color
        waiting, self.waiting = self.waiting, []
        for block in waiting:
            place(self, block)
        if waiting:
            self.set_font(FONT, style, size)
            self.text_color = colour

    def text_block(
        self, text: str, line: float, *, kind: str = "P", x: float = LEFT, width: float = WIDTH, align: str = "L"
    ) -> None:
        """Draw text at the place reached, going on over the page's end where it has to.

        At a page's end two lines stay together, above as below.
        """
        rest = self.lines(text, width)
        while rest:
            room = int((BOTTOM - self.y_now + 0.01) / line)
            take = len(rest) if len(rest) <= room else max(room if len(rest) - room > 1 else room - 1, 0)
            if take < min(2, len(rest)):
                self.new_page()
                continue
            with self.tagged(kind):
                for part in rest[:take]:
                    self.set_xy(x, self.y_now)
                    self.cell(width, line, part.strip(), align=align)
                    self.y_now += line
            rest = rest[take:]


def to_pdf(document: Document) -> bytes:
    """Draw a report.

    Args:
        document: what it says.

    Returns:
        A PDF file, the same for the same document.
    """
    pdf = _Pages()
    try:
        pdf.set_title(document.title)
        pdf.set_subject(document.subtitle)
        pdf.set_creator("python -m training report")
        pdf.set_creation_date(datetime.fromisoformat(document.created))
        pdf.foot = document.footer
        _head(pdf, document)
        for section in document.sections:
            _heading(pdf, section.title, section.blocks[0])
            for block in section.blocks:
                _block(pdf, block)
        while pdf.waiting:
            pdf.new_page()
        return bytes(pdf.output())
    finally:
        pdf.release()


def _head(pdf: _Pages, document: Document) -> None:
    pdf.new_page()
    pdf.text_block(document.title, pdf.letters(20, bold=True), kind="H1")
    pdf.y_now += 1
    pdf.text_block(document.subtitle, pdf.letters(11.5, colour=QUIET))
    pdf.y_now += 2
    for name, value in document.facts:
        pdf.text_block(f"{name}: {value}", pdf.letters(SMALL, colour=QUIET))


def _heading(pdf: _Pages, title: str, first: Block) -> None:
    """A heading, on the same page as the beginning of what follows it."""
    if pdf.waiting and isinstance(first, Points):
        pdf.new_page()  # a table in the middle of a list would look like a part of it
    pdf.y_now += 3.2
    pdf.need(10 + (_least(pdf, first) if isinstance(first, Table | Figure) else 14))
    line = pdf.letters(12.5, bold=True, colour=ACCENT)
    pdf.set_xy(LEFT, pdf.y_now)
    pdf.start_section(title, level=0)
    pdf.text_block(title, line, kind="H2")
    pdf.y_now += 0.8


def _block(pdf: _Pages, block: Block) -> None:
    if isinstance(block, Paragraph):
        _paragraph(pdf, block)
    elif isinstance(block, Points):
        _points(pdf, block)
    else:
        place(pdf, block)


def place(pdf: _Pages, block: Table | Figure) -> None:
    """Draw a table or a figure here; where there is no room for it, or one waits before it, it waits for a new page.

    Args:
        pdf: the pages.
        block: what to draw.
    """
    if pdf.waiting or pdf.y_now + _least(pdf, block) > BOTTOM:
        pdf.waiting.append(block)
    elif isinstance(block, Table):
        _table(pdf, block)
    else:
        _figure(pdf, block)


def _least(pdf: _Pages, block: Table | Figure) -> float:
    """The room that a block needs to begin, millimetres: a figure or a short table all of it."""
    line = pdf.letters(SMALL)
    caption = len(pdf.lines(block.caption, WIDTH)) * line + 3
    if isinstance(block, Figure):
        return caption + WIDTH * block.share * _proportion(block.svg)
    heights = [_row_height(pdf, row, _widths(block), line, bold=False) for row in block.rows]
    caption += _row_height(pdf, block.head, _widths(block), line, bold=True)
    # A long table goes on over the page's end, but its first rows stay with its head.
    return caption + (sum(heights) if sum(heights) < (BOTTOM - TOP) / 3 else sum(heights[:5]))


def _widths(block: Table) -> list[float]:
    shares = block.widths or (1.0,) * len(block.head)
    return [WIDTH * share / sum(shares) for share in shares]


def _paragraph(pdf: _Pages, block: Paragraph) -> None:
    line = pdf.letters(BODY, bold=block.loud)
    if block.loud:
        height = len(pdf.lines(block.text, WIDTH - 6)) * line + 3
        pdf.need(height + 1)
        with pdf.decoration():
            pdf.set_fill_color(*SUNKEN)
            pdf.rect(LEFT, pdf.y_now, WIDTH, height, style="F")
            pdf.set_fill_color(*INK)
            pdf.rect(LEFT, pdf.y_now, 1.2, height, style="F")
        pdf.y_now += 1.5
        pdf.text_block(block.text, line, x=LEFT + 3.5, width=WIDTH - 6)
        pdf.y_now += 1.5
    else:
        pdf.text_block(block.text, line)
    pdf.y_now += 1.6


def _points(pdf: _Pages, block: Points) -> None:
    line = pdf.letters(SMALL if block.numbered else BODY)
    for number, item in enumerate(block.items, start=1):
        height = line * len(pdf.lines(item, WIDTH - 7))
        pdf.need(height)
        with pdf.tagged("P"):
            pdf.set_xy(LEFT, pdf.y_now)
            pdf.cell(6, line, f"[{number}]" if block.numbered else "•")
        pdf.text_block(item, line, x=LEFT + 7, width=WIDTH - 7)
        pdf.y_now += 0.5
    pdf.y_now += 1.2


def _figure(pdf: _Pages, block: Figure) -> None:
    drawing = io.BytesIO(block.svg.encode())
    width = WIDTH * block.share
    height = width * _proportion(block.svg)
    pdf.image(drawing, x=LEFT + (WIDTH - width) / 2, y=pdf.y_now, w=width, alt_text=block.alternative)
    pdf.y_now += height + 0.6
    pdf.text_block(block.caption, pdf.letters(SMALL, colour=QUIET), kind="Caption")
    pdf.y_now += 2.2


def _proportion(svg: str) -> float:
    """Height over width, from the SVG's view box."""
    box = svg.split('viewBox="', 1)[1].split('"', 1)[0].split()
    return float(box[3]) / float(box[2])


def _table(pdf: _Pages, block: Table) -> None:
    widths = _widths(block)
    line = pdf.letters(SMALL)
    heights = [_row_height(pdf, row, widths, line, bold=False) for row in block.rows]
    head = _row_height(pdf, block.head, widths, line, bold=True)
    pdf.text_block(block.caption, pdf.letters(SMALL, colour=QUIET), kind="Caption")
    pdf.y_now += 0.5
    _row(pdf, block.head, widths, line, head, left=block.left, bold=True)
    for row, height in zip(block.rows, heights, strict=True):
        if pdf.y_now + height > BOTTOM:
            pdf.new_page()
            _row(pdf, block.head, widths, line, head, left=block.left, bold=True)
        _row(pdf, row, widths, line, height, left=block.left, bold=False)
    pdf.y_now += 3


def _row_height(pdf: _Pages, row: Sequence[str], widths: Sequence[float], line: float, *, bold: bool) -> float:
    pdf.letters(SMALL, bold=bold)
    return line * max(len(pdf.lines(c, w - 2 * _CELL_GAP)) for c, w in zip(row, widths, strict=True)) + 1.1


def _row(
    pdf: _Pages, row: Sequence[str], widths: Sequence[float], line: float, height: float, *, left: int, bold: bool
) -> None:
    top, x = pdf.y_now, LEFT
    pdf.letters(SMALL, bold=bold)
    with pdf.tagged("P"):
        for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
            for offset, part in enumerate(pdf.lines(cell, width - 2 * _CELL_GAP)):
                pdf.set_xy(x + _CELL_GAP, top + 0.5 + offset * line)
                pdf.cell(width - 2 * _CELL_GAP, line, part.strip(), align="L" if number < left else "R")
            x += width
    pdf.y_now = top + height
    with pdf.decoration():
        pdf.set_draw_color(*LINE)
        pdf.set_line_width(0.3 if bold else 0.1)
        pdf.line(LEFT, pdf.y_now, LEFT + WIDTH, pdf.y_now)
