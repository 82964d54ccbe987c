"""How the report writes numbers: percentages with one decimal, AUROC with three, intervals behind the value.

Each takes what a template has at hand; None, and NaN, stand for what is not defined and become a dash.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from babel.lists import format_list

from model.saliency.methods import METHODS

if TYPE_CHECKING:
    from model.records.evaluation import Metric
    from model.records.explanations import View
    from model.records.manifest import Estimate

_NONE = "–"
_PERCENT = "\N{NO-BREAK SPACE}%"


def _defined(value: float | None) -> bool:
    return value is not None and not math.isnan(value)


def percent(share: float | None, decimals: int = 1) -> str:
    """A share of 0 to 1, such as "94.2 %"."""
    return f"{100 * share:.{decimals}f}{_PERCENT}" if share is not None and _defined(share) else _NONE


def decimal(value: float | None, decimals: int = 3) -> str:
    """Such as "0.984"."""
    return f"{value:z.{decimals}f}" if _defined(value) else _NONE  # z: no "-0.000"


def rate(metric: Metric | Estimate, decimals: int = 1) -> str:
    """A share with its interval, such as "94.2 % (92.1 to 95.8)"."""
    if not _defined(metric.value):
        return _NONE
    low, high = 100 * metric.low, 100 * metric.high
    return f"{percent(metric.value, decimals)} ({low:.{decimals}f} to {high:.{decimals}f})"


def inside(metric: Metric | Estimate, decimals: int = 1) -> str:
    """The same to stand in brackets, such as "94.2 %; 92.1 to 95.8"."""
    return rate(metric, decimals).replace(" (", "; ").removesuffix(")")


def bare(metric: Metric | Estimate) -> str:
    """The same without the percent sign, for tables that have it in their caption."""
    return rate(metric).replace(_PERCENT, "")


def interval(metric: Metric) -> str:
    """The interval of a share in percent, such as "92.1 to 95.8"."""
    return f"{100 * metric.low:.1f} to {100 * metric.high:.1f}" if _defined(metric.low) else _NONE


def estimate(metric: Metric | Estimate) -> str:
    """A number with its interval, such as "0.984 (0.971 to 0.993)"."""
    return f"{decimal(metric.value)} ({decimal(metric.low)} to {decimal(metric.high)})"


def auroc(view: View | None) -> str:
    """The AUROC on a view, with its interval."""
    return estimate(view.estimate) if view else _NONE


def of(metric: Metric) -> str:
    """A proportion in counts, such as "383 of 390"."""
    return f"{metric.successes:,} of {metric.trials:,}"


def thousands(number: int) -> str:
    """Such as "4,564"."""
    return f"{number:,}"


def few(number: int) -> str:
    """A count within a sentence; 0 is a word."""
    return f"{number:,}" if number else "none"


def count(number: int, noun: str) -> str:
    """Such as "1 epoch" or "12 epochs"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def setting(value: Any) -> str:  # noqa: ANN401 - a setting of any type
    """A setting as it is typed, such as "0.25" or "12"."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def listed(words: Sequence[str]) -> str:
    """Such as "a, b and c"; "none" for no word."""
    return format_list(list(words), locale="en_GB") or "none"


def method(key: str) -> str:
    """The title of a saliency method."""
    return METHODS[key].title if key in METHODS else key


def before(text: str, mark: str) -> str:
    """What stands before a mark."""
    return text.split(mark, maxsplit=1)[0]


FILTERS: dict[str, Callable[..., str]] = {
    "percent": percent,
    "decimal": decimal,
    "rate": rate,
    "inside": inside,
    "bare": bare,
    "range": interval,
    "estimate": estimate,
    "auroc": auroc,
    "of": of,
    "n": thousands,
    "few": few,
    "count": count,
    "setting": setting,
    "listed": listed,
    "method": method,
    "before": before,
}
