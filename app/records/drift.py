"""What came in, week by week: by it a change of scanner, children or export is seen."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, eq=False)
class Week:
    """One week from Monday to Sunday, UTC.

    Attributes:
        monday: its first day.
        scores: of the cases' current results that were scored in it, float64, shape (n,), 0 to 1.
        indeterminate: how many of them are.
        rejected: pictures of lists that the input check rejected, and that became no case.
    """

    monday: date
    scores: npt.NDArray[np.float64]
    indeterminate: int
    rejected: int


def by_week(scored: Iterable[tuple[datetime, float, bool]], rejected: Iterable[datetime]) -> tuple[Week, ...]:
    """Sort results into weeks.

    Args:
        scored: when, the score, and whether it is indeterminate.
        rejected: when.

    Returns:
        Every week in which anything came in, oldest first.
    """
    scores, unclear, refused = (
        defaultdict[date, list[float]](list),
        defaultdict[date, int](int),
        defaultdict[date, int](int),
    )
    for at, score, indeterminate in scored:
        scores[_monday(at)].append(score)
        unclear[_monday(at)] += indeterminate
    for at in rejected:
        refused[_monday(at)] += 1
    return tuple(
        Week(monday, np.array(scores[monday], dtype=np.float64), unclear[monday], refused[monday])
        for monday in sorted({*scores, *refused})
    )


def _monday(at: datetime) -> date:
    return at.date() - timedelta(days=at.weekday())
