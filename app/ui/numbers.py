"""Numbers, dates and lists as text. Between number and percent sign stands a space that does not break."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import humanize
from babel.dates import format_date
from babel.lists import format_list

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

PERCENT = "\u00a0%"
NOT_DEFINED = "not defined"

_LOCALE = "en_GB"


def percent(share: float, decimals: int = 0) -> str:
    """A share as a percentage; never 0 or 100 % unless it is exactly that.

    Args:
        share: 0 to 1, or NaN.
        decimals: after the point.

    Returns:
        Such as "83 %", "under 1 %", "over 99 %" or "not defined".
    """
    if math.isnan(share):
        return NOT_DEFINED
    step = 10.0**-decimals
    shown = round(100 * share, decimals)
    if shown <= 0 < share:
        return f"under {step:.{decimals}f}{PERCENT}"
    if shown >= 100 > 100 * share:
        return f"over {100 - step:.{decimals}f}{PERCENT}"
    return f"{shown:.{decimals}f}{PERCENT}"


def score_and_threshold(score: float, threshold: float) -> tuple[str, str]:
    """Both as percentages, with as many decimals (0 to 2) as it takes to tell them apart.

    Args:
        score: 0 to 1.
        threshold: 0 to 1.
    """
    texts = percent(score), percent(threshold)
    for decimals in (1, 2):
        if texts[0] == texts[1] and score != threshold:
            texts = percent(score, decimals), percent(threshold, decimals)
    return texts


def figure(value: float, decimals: int = 3) -> str:
    """A statistic such as "0.967" or "−0.042"; "over 0.999" for what would round to a perfect 1."""
    if math.isnan(value):
        return NOT_DEFINED
    if value < 1 <= round(value, decimals):
        return f"over {1 - 10.0**-decimals:.{decimals}f}"
    return _minus(f"{value:.{decimals}f}")


def percent_range(low: float, high: float) -> str:
    """Two shares as one range, such as "0.1 to 1.9 %"; "not defined" where an end is NaN."""
    if math.isnan(low) or math.isnan(high):
        return NOT_DEFINED
    return _minus(f"{100 * low:.1f} to {100 * high:.1f}{PERCENT}")


def figure_range(low: float, high: float) -> str:
    """Two statistics as one range, such as "0.951 to 0.988"; "not defined" where an end is NaN."""
    if math.isnan(low) or math.isnan(high):
        return NOT_DEFINED
    return _minus(f"{low:.3f} to {high:.3f}")


def signed(value: float, decimals: int = 3) -> str:
    """A difference with its sign, such as "+0.042" or "−0.042"; zero has none."""
    if math.isnan(value):
        return NOT_DEFINED
    return _minus(f"{value:+.{decimals}f}") if round(value, decimals) else f"{0:.{decimals}f}"


def signed_points(share: float) -> str:
    """A change in percentage points with its sign and without the unit, such as "−2.2"; `share` is -1 to 1."""
    return signed(100 * share, 1)


def points(share: float) -> str:
    """A difference of two shares, such as "2.2 percentage points"; `share` is 0 to 1."""
    shown = f"{100 * share:.1f}".removesuffix(".0")
    return f"{shown} percentage point{'' if shown == '1' else 's'}"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number of things, such as "1 image", "1,204 images" or "no images".

    Args:
        number: 0 or more.
        noun: in the singular.
        plural: of the noun; with an "s" at its end if "".
    """
    return f"{f'{number:,}' if number else 'no'} {noun if number == 1 else plural or f'{noun}s'}"


def word(number: int) -> str:
    """A small number in letters, such as "three"; in digits from ten on."""
    return humanize.apnumber(number)


def size(byte_count: int) -> str:
    """The size of a file, such as "5.3 MB"."""
    return humanize.naturalsize(byte_count)


def joined(parts: Iterable[str]) -> str:
    """Such as "a", "a and b" or "a, b and c"."""
    return format_list(list(parts), locale=_LOCALE)


def day(moment: date) -> str:
    """A date such as "3 November 2026"."""
    return format_date(moment, "d MMMM y", locale=_LOCALE)


def _minus(text: str) -> str:
    """With the minus sign of print instead of the hyphen."""
    return text.replace("-", "−")
