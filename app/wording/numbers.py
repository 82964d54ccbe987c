"""Numbers in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_PERCENT = "\u00a0%"


def percent(value: float, decimals: int = 0) -> str:
    """A share as a percentage, never rounded to a certainty that it is not.

    Args:
        value: 0 to 1.
        decimals: after the point.

    Returns:
        Such as "83 %"; "under 1 %" and "over 99 %" for values that would round to 0 or 100. The space does not break.
    """
    if math.isnan(value):
        return "not defined"
    step = 10.0**-decimals
    shown = round(100 * value, decimals)
    if shown <= 0 < value:
        return f"under {step:.{decimals}f}{_PERCENT}"
    if shown >= 100 > 100 * value:
        return f"over {100 - step:.{decimals}f}{_PERCENT}"
    return f"{shown:.{decimals}f}{_PERCENT}"


def probability_and_threshold(probability: float, threshold: float) -> tuple[str, str]:
    """Both as percentages, with as many decimals as it takes to tell them apart.

    Args:
        probability: 0 to 1.
        threshold: 0 to 1.

    Returns:
        The probability and the threshold in words.
    """
    for decimals in range(3):
        texts = percent(probability, decimals), percent(threshold, decimals)
        if texts[0] != texts[1]:
            break
    return texts


def figure(value: float) -> str:
    """A statistic with three decimals, or "not defined"; "over 0.999" for what would round to a perfect 1."""
    if math.isnan(value):
        return "not defined"
    return "over 0.999" if 0.9995 <= value < 1 else f"{value:.3f}"


def images(number: int) -> str:
    """A number of images in words, such as "1 image" or "1,204 images"."""
    return f"{number:,} image{'' if number == 1 else 's'}"


def number(count: int) -> str:
    """A small number in letters, such as "three"; in digits from ten on."""
    letters = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return letters[count] if 0 <= count < len(letters) else f"{count:,}"


def day(moment: datetime) -> str:
    """A date such as "3 November 2026"."""
    return f"{moment.day} {moment:%B %Y}"


def percent_range(low: float, high: float) -> str:
    """Two shares as one range, such as "0.1 to 1.9 %"; "not defined" where there is none."""
    if math.isnan(low) or math.isnan(high):
        return "not defined"
    return f"{100 * low:.1f} to {100 * high:.1f}{_PERCENT}"


def figure_range(low: float, high: float) -> str:
    """A statistic's interval, such as "0.951 to 0.988"; "not defined" where there is none."""
    if math.isnan(low) or math.isnan(high):
        return "not defined"
    return f"{low:.3f} to {high:.3f}".replace("-", "−")


def signed_points(share: float) -> str:
    """A change in percentage points with its sign, such as "−2.2", "+0.4" or "0.0"."""
    if math.isnan(share):
        return "not defined"
    shown = round(100 * share, 1)
    return f"{shown:+.1f}".replace("-", "−") if shown else "0.0"


def signed_figure(difference: float) -> str:
    """A difference of two statistics with its sign, such as "+0.042"; "not defined" where there is none."""
    return "not defined" if math.isnan(difference) else f"{difference:+.3f}".replace("-", "−")


def points(share: float) -> str:
    """A difference of two shares, such as "2.2 percentage points"."""
    shown = f"{100 * share:.1f}".removesuffix(".0")
    return f"{shown} percentage point{'' if shown == '1' else 's'}"


def joined(parts: Sequence[str]) -> str:
    """Such as "a", "a and b" or "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
