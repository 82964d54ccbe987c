"""Any text in letters that the report's fonts have.

FiraGO has Latin, Greek, Cyrillic, Georgian, Arabic, Hebrew, Devanagari and Thai; a subset of Noto Sans CJK has the
Chinese, Japanese and Korean characters in common use (`assets/fonts/README.md`). What neither has, such as emoji, is
shown as its Unicode number: nothing visible is dropped, and the PDF standard forbids missing letters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from fontTools.ttLib import TTFont

from app.settings import ASSETS

if TYPE_CHECKING:
    from collections.abc import Collection

FONTS = ASSETS / "fonts"
UNICODE_NUMBER = "[U+"

_UNSEEN_BUT_KEPT = "\u200c\u200d\u200e\u200f"
_SELECTORS = range(0xFE00, 0xFE10)
# A space that must not break, as in "83 %", stays one.
_SPACES = re.compile(r"[^\S\u00a0]+")


@cache
def drawable() -> frozenset[int]:
    """Code points that the fonts have, in regular and in bold."""
    regular, bold = (_code_points(f"FiraGO-{weight}.ttf") for weight in ("Regular", "Bold"))
    return (regular & bold) | _code_points("NotoSansCJKsc-Regular-subset.otf")


def _code_points(name: str) -> frozenset[int]:
    with TTFont(FONTS / name, lazy=True) as font:
        return frozenset(font.getBestCmap())


def legible(text: str, letters: Collection[int] | None = None) -> str:
    """A text that can be drawn.

    Line breaks and tabs become spaces. Invisible characters are left out: controls, and marks that override the
    direction of writing, with which a text could be made to read as another. Joiners and plain direction marks stay,
    since Persian, Hindi and mixed text need them.

    Args:
        text: any, even with lone surrogates.
        letters: code points that can be drawn; those of the fonts if None.

    Returns:
        The text in composed form (NFC), each character drawable or written as "[U+…]".
    """
    letters = drawable() if letters is None else letters
    kept: list[str] = []
    missing: list[str] = []
    for character in _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip():
        if _is_unseen(character, letters):
            continue
        if ord(character) in letters:
            kept += [*_numbers(missing), character]
            missing = []
        else:
            missing.append(f"U+{ord(character):04X}")
    return "".join(kept + _numbers(missing))


def kept_apart(name: str) -> str:
    """A name; one in Arabic or Hebrew gets a mark behind it, so that a date that follows is not drawn into it."""
    is_reversed = any(unicodedata.bidirectional(character) in {"R", "AL"} for character in name)
    return f"{name}\N{LEFT-TO-RIGHT MARK}" if is_reversed else name


def _numbers(missing: list[str]) -> list[str]:
    return [f"[{' '.join(missing)}]"] if missing else []


def _is_unseen(character: str, letters: Collection[int]) -> bool:
    if character in _UNSEEN_BUT_KEPT:
        return ord(character) not in letters
    return unicodedata.category(character) in {"Cc", "Cf"} or ord(character) in _SELECTORS
