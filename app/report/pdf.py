"""A PDF page whose text is tagged, so that a screen reader reads it in order."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from fpdf import FPDF
from fpdf.enums import DocumentCompliance
from fpdf.fonts import TTFFont
from fpdf.prefs import ViewerPreferences

from app.report.lettering import BOLD, CJK, FONTS, REGULAR

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_FONT, CJK_FONT = "firago", "notosanscjk"

_JOINED = {
    "firago-arabic": ["U+0600-06FF", "U+0750-077F", "U+FB50-FDFF", "U+FE70-FEFF"],
    "firago-devanagari": ["U+0900-097F", "U+1CD0-1CFF", "U+A8E0-A8FF"],
}
_OTHERS = [
    "U+0000-05FF",
    "U+0700-074F",
    "U+0780-08FF",
    "U+0980-1CCF",
    "U+1D00-A8DF",
    "U+A900-FB4F",
    "U+FE00-FE6F",
    "U+FF00-FFFF",
]
"""All but those of `_JOINED`."""


class TaggedPDF(FPDF):
    """An A4 page with the report's fonts, in millimetres.

    fpdf2 tags pictures that have an alternative text, and then calls the whole document tagged; its text would be
    skipped by a reader that goes by tags. So text is tagged here, by the same means as the library's pictures.

    PDF/A-2u is what archives ask for: fonts are embedded and every letter has its Unicode value.
    """

    def __init__(self) -> None:
        """Open one empty page."""
        super().__init__(orientation="portrait", unit="mm", format="A4", enforce_compliance=DocumentCompliance.PDFA_2U)
        self.set_auto_page_break(False)
        self.set_lang("en-GB")
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.c_margin = 0.0
        self._add_fonts()
        self.add_page()
        # Right-to-left text would be drawn backwards without. Ligatures would be copied as one odd letter.
        self.set_text_shaping(True, features={"liga": False, "dlig": False, "calt": False})

    @property
    def drawable(self) -> frozenset[int]:
        """Code points that the fonts have."""
        return frozenset().union(*(font.cmap for font in self.fonts.values() if isinstance(font, TTFFont)))

    def _add_fonts(self) -> None:
        # A run of letters is shaped by the rules of its first letter's script. As fonts of their own, scripts whose
        # letters join or change places begin a run even in the middle of a Latin sentence.
        for family, ranges in {TEXT_FONT: _OTHERS, **_JOINED}.items():
            self.add_font(family, "", FONTS / REGULAR, unicode_range=ranges)
            self.add_font(family, "B", FONTS / BOLD, unicode_range=ranges)
        self.add_font(CJK_FONT, "", FONTS / CJK)
        # Inexact: there is no bold of the last font, and a name in bold must not lose its characters.
        self.set_fallback_fonts([*_JOINED, CJK_FONT], exact_match=False)

    def close(self) -> None:
        """Close the font files, which are read up to the last moment."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    @contextmanager
    def tagged(self, kind: str) -> Iterator[None]:
        """Tag what is drawn inside.

        Args:
            kind: of structure element, such as "H1" or "P" (ISO 32000-1, 14.8.4).
        """
        number = self.struct_builder.next_mcid_for_page(self.page)
        self._add_marked_content(struct_type=f"/{kind}", mcid=number)
        self._out(f"/{kind} <</MCID {number}>> BDC")
        yield
        self._out("EMC")

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """Mark what is drawn inside as decoration, which a screen reader skips."""
        self._out("/Artifact BMC")
        yield
        self._out("EMC")
