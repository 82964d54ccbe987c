"""Pictures for paper: JPEG at a size that a printer can use and a mailbox can hold."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from app.report.content import Picture

LONGEST_SIDE = 1000
"""Pixels; about 290 per inch at the size the page draws it."""

MOST_BYTES = 400_000
"""Of one picture: two of them and the fonts stay below a megabyte."""

_QUALITIES = (90, 80, 65, 45, 25)


def as_jpeg(picture: Picture) -> bytes:
    """A picture as JPEG, made small enough for a report.

    Args:
        picture: uint8, shape (height, width) for grey or (height, width, 3) for RGB.

    Returns:
        A JPEG file of `LONGEST_SIDE` pixels at most, at the best of a few qualities that stays below `MOST_BYTES`;
        at the lowest if none does, which only noise needs.
    """
    image = Image.fromarray(picture)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    data = b""
    for quality in _QUALITIES:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality, optimize=True)
        data = file.getvalue()
        if len(data) <= MOST_BYTES:
            break
    return data
