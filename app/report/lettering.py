"""Any text as letters that the report's fonts have.

FiraGO has Latin, Greek, Cyrillic, Georgian, Arabic, Hebrew, Devanagari and Thai; a subset of Noto Sans CJK has the
Chinese, Japanese and Korean characters in common use (`assets/fonts/README.md`). What neither has, such as emoji,
stands as its Unicode number: nothing that can be seen is dropped.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from app.settings import ASSETS

if TYPE_CHECKING:
    from collections.abc import Collection

FONTS = ASSETS / "fonts"
REGULAR, BOLD, CJK = "FiraGO-Regular.ttf", "FiraGO-Bold.ttf", "NotoSansCJKsc-Regular-subset.otf"

NUMBERS_NOTE = "Characters that this report has no letter for stand as their Unicode numbers, such as [U+1F600]."

LEFT_TO_RIGHT = "\u200e"
"""Mark of direction: unseen."""

_UNSEEN_BUT_KEPT = "\u200c\u200d\u200e\u200f"
_SELECTORS = range(0xFE00, 0xFE10)
# A space that must not break, as in "83 %", stays one.
_SPACES = re.compile(r"[^\S\u00a0]+")
_NUMBER = re.compile(r"\[U\+[0-9A-F]{4,6}(?: U\+[0-9A-F]{4,6})*\]")


def legible(text: str, drawable: Collection[int]) -> str:
    """A text that can be drawn.

    Line breaks and tabs become spaces. Characters that cannot be seen are left out: controls, and marks that override
    the direction of writing, by which a text could be made to read as another. Joiners and the plain direction marks
    stay, since Persian, Hindi and mixed text need them.

    Args:
        text: any, even with lone surrogates.
        drawable: code points that the fonts have.

    Returns:
        The text in composed form (NFC), each character drawable or standing as "[U+…]".
    """
    kept: list[str] = []
    missing: list[str] = []
    for character in _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip():
        if _is_unseen(character, drawable):
            continue
        if ord(character) in drawable:
            kept += [*_numbers(missing), character]
            missing = []
        else:
            missing.append(f"U+{ord(character):04X}")
    return "".join(kept + _numbers(missing))


def kept_apart(text: str) -> str:
    """A name; one in Arabic or Hebrew with a mark behind it, so that a date that follows is not drawn into it."""
    return f"{text}{LEFT_TO_RIGHT}" if any(unicodedata.bidirectional(one) in {"R", "AL"} for one in text) else text


def has_numbers(text: str) -> bool:
    """Whether a text that `legible` returned has characters that stand as numbers."""
    return bool(_NUMBER.search(text))


def _numbers(missing: list[str]) -> list[str]:
    return [f"[{' '.join(missing)}]"] if missing else []


def _is_unseen(character: str, drawable: Collection[int]) -> bool:
    if character in _UNSEEN_BUT_KEPT:
        return ord(character) not in drawable
    return unicodedata.category(character) in {"Cc", "Cf"} or ord(character) in _SELECTORS
