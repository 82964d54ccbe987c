"""Numbers as the report writes them: percent with one digit, AUROC with three, intervals in brackets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

NONE = "–"
_SPACE = "\N{NO-BREAK SPACE}"


def percent(share: float | None, digits: int = 1) -> str:
    """A share, 0 to 1, in percent: "94.2 %"; a dash where it is not defined."""
    if share is None or math.isnan(share):
        return NONE
    return f"{100 * share:.{digits}f}{_SPACE}%"


def decimal(value: float | None, digits: int = 3) -> str:
    """A number with a fixed count of digits; a dash where it is not defined."""
    if value is None or math.isnan(value):
        return NONE
    return f"{value:.{digits}f}"


def percents(metric: Mapping[str, Any], digits: int = 1) -> str:
    """A share with its interval: "94.2 % (92.1 to 95.8)"; a dash where it is of nothing."""
    if metric["value"] is None:
        return NONE
    return f"{percent(metric['value'], digits)} {percent_range(metric['low'], metric['high'], digits)}"


def percents_inside(metric: Mapping[str, Any], digits: int = 1) -> str:
    """The same, to stand in brackets: "94.2 %; 92.1 to 95.8"."""
    if metric["value"] is None:
        return NONE
    low, high = 100 * metric["low"], 100 * metric["high"]
    return f"{percent(metric['value'], digits)}; {low:.{digits}f} to {high:.{digits}f}"


def percent_range(low: float | None, high: float | None, digits: int = 1) -> str:
    """An interval of shares: "(92.1 to 95.8)"; a dash where there is none."""
    if low is None or high is None:
        return NONE
    return f"({100 * low:.{digits}f} to {100 * high:.{digits}f})"


def decimals(metric: Mapping[str, Any], digits: int = 3) -> str:
    """A number with its interval: "0.984 (0.971 to 0.993)"."""
    return f"{decimal(metric['value'], digits)} ({decimal(metric['low'], digits)} to {decimal(metric['high'], digits)})"


def counted(metric: Mapping[str, Any]) -> str:
    """A proportion in counts: "383 of 390"."""
    return f"{whole(metric['successes'])} of {whole(metric['trials'])}"


def whole(number: int) -> str:
    """A count, thousands apart: "4,564"."""
    return f"{number:,}"


def few(number: int) -> str:
    """A count inside a sentence, where 0 is a word."""
    return whole(number) if number else "none"


def shown(value: Any) -> str:  # noqa: ANN401 - a setting of any type
    """A setting as it stands in a configuration: "0.25", "12"."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def listed(words: Sequence[str]) -> str:
    """Words in a row: "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "none"


def day(moment: str) -> str:
    """The date of an ISO date and time, such as "2026-11-23"."""
    return moment[:10]
