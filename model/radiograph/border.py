"""Cut off what lies around a film: the page it was photographed on, or the frame of a viewer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from model.radiograph.checks import MIN_SIDE

if TYPE_CHECKING:
    from model.radiograph import Radiograph

Grey = npt.NDArray[np.uint8]

EVEN, EVEN_WHITE = 4, 10
"""Grey levels from the median of its outermost line within which a pixel belongs to a border, and to a white one."""

DARK, WHITE = 40, 240
"""Levels up to and from which a border is dark or white. White is nothing but a page. Films have dark borders
themselves, from the collimator, and even grey at their edges: cut off is only what surrounds the film, or is dark and
wide."""

_LEAST = 0.02
"""Least width of a border, as a share of the side: of a white one, and of others on three sides at once."""
_LEAST_OF_TWO, _LEAST_OF_ONE = 0.12, 0.16
"""Least width of dark borders left and right or above and below, and of any other dark border."""
_PURE, _WHITE, _WITH_TEXT = 0.98, 0.95, 0.85
"""Least share of even pixels in each line of a border: text does not end the wide dark frame of a viewer."""
_LEAST_LEFT = 1 / 3
_REMARK = "An even border around the film was cut off before it was scored."


def cut_border(radiograph: Radiograph) -> Radiograph:
    """The radiograph without its border, and with a remark that says so; itself where there is none.

    Users' files pass through it. What is trained on and measured on does not: of the 5,216 training images it would cut
    4, whose dark borders are the collimator's.
    """
    film = film_in(radiograph.pixels)
    if film.shape == radiograph.pixels.shape:
        return radiograph
    return replace(radiograph, pixels=film, remarks=(*radiograph.remarks, _REMARK))


def film_in(pixels: Grey) -> Grey:
    """Cut off even borders, one within another, too.

    Args:
        pixels: uint8, shape (height, width).

    Returns:
        A view of the film; all of it where there is no border, or where less than a third of a side would be left.
    """
    film = pixels
    for _ in range(4):
        top, bottom, left, right = _borders(film)
        if not (top or bottom or left or right):
            break
        height, width = film.shape
        film = film[top : max(height - bottom, top), left : max(width - right, left)]
        if min(film.shape) < MIN_SIDE or min(np.array(film.shape) / pixels.shape) < _LEAST_LEFT:
            return pixels
    return film


def _borders(film: Grey) -> list[int]:
    """Widths of the borders above, below, on the left and on the right, pixels."""
    sides = (film, film[::-1], film.T, film.T[::-1])
    white = [_even_lines(side, WHITE, 255, share=_WHITE, least=_LEAST) for side in sides]
    other = [_even_lines(side, 0, WHITE, share=_PURE, least=_LEAST) for side in sides]
    if np.count_nonzero(white) + np.count_nonzero(other) >= 3:
        return [max(widths) for widths in zip(white, other, strict=True)]
    one = [_even_lines(side, 0, DARK, share=_WITH_TEXT, least=_LEAST_OF_ONE) for side in sides]
    two = [_even_lines(side, 0, DARK, share=_WITH_TEXT, least=_LEAST_OF_TWO) for side in sides]
    for first, second in ((0, 1), (2, 3)):
        if not (two[first] and two[second]):
            two[first], two[second] = one[first], one[second]
    return [max(widths) for widths in zip(white, two, strict=True)]


def _even_lines(lines: Grey, darkest: int, lightest: int, *, share: float, least: float) -> int:
    """Number of lines at the beginning that are even; 0 if they are of another level, or fewer than is asked for."""
    level = float(np.median(lines[0]))
    if not darkest <= level <= lightest:
        return 0
    within = EVEN_WHITE if level >= WHITE else EVEN
    even = (np.abs(lines.astype(np.float32) - level) <= within).mean(axis=1) >= share
    ends = np.flatnonzero(~even)
    found = int(ends[0]) if ends.size else len(lines)
    return found if found >= least * len(lines) else 0
