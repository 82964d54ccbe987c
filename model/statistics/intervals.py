"""95 % intervals: of proportions, of ratios of proportions, and of any statistic by resampling patients."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from model.errors import InputRangeError
from model.labels import Labels, Probabilities
from model.records.manifest import Estimate

Z_95 = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The Wilson score interval of a proportion (Wilson, J Am Stat Assoc 22 (1927) 209-212).

    Computed directly: `scipy.stats.binomtest` gives the same numbers but takes 2 ms, and a page needs dozens at each
    move of the threshold.

    Returns:
        Lower and upper bound, 0 to 1; NaN without a trial.

    Raises:
        InputRangeError: if successes is not in 0 to trials.
    """
    if not 0 <= successes <= trials:
        raise InputRangeError(f"Expected successes from 0 to {trials}, got {successes}.")
    if trials == 0:
        return math.nan, math.nan
    rate, squared = successes / trials, Z_95**2
    centre = (rate + squared / (2 * trials)) / (1 + squared / trials)
    spread = (Z_95 / (1 + squared / trials)) * math.sqrt(rate * (1 - rate) / trials + squared / (4 * trials**2))
    return max(0.0, centre - spread), min(1.0, centre + spread)


def share(successes: int, trials: int) -> Estimate:
    """A proportion with its Wilson interval; all NaN without a trial.

    Raises:
        InputRangeError: if successes is not in 0 to trials.
    """
    low, high = wilson(successes, trials)
    return Estimate(value=successes / trials if trials else math.nan, low=low, high=high)


def ratio(above: Estimate, below: Estimate) -> Estimate:
    """The ratio of two independent proportions, by MOVER-R (Donner and Zou, Stat Methods Med Res 21 (2012) 347-359).

    Multiplied out to avoid dividing by a difference of 0: it is valid at proportions of 0 and 1, too.

    Returns:
        0 to infinity; NaN for 0 / 0.
    """
    if not above.value and not below.value:
        return Estimate(value=math.nan, low=math.nan, high=math.nan)
    product = above.value * below.value
    low = above.low * (2 * above.value - above.low)
    root = math.sqrt(max(0.0, product**2 - low * below.high * (2 * below.value - below.high)))
    high, divisor = above.high * (2 * above.value - above.high), below.low * (2 * below.value - below.low)
    wide = math.sqrt(max(0.0, product**2 - high * divisor))
    return Estimate(
        value=above.value / below.value if below.value else math.inf,
        low=low / (product + root) if low > 0 else 0.0,
        high=(product + wide) / divisor if divisor > 0 else math.inf,
    )


def bootstrap(
    statistic: Callable[[Labels, Probabilities], float],
    labels: Labels,
    probabilities: Probabilities,
    patients: Sequence[str],
    *,
    repeats: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """The percentile interval of a statistic, resampling patients within each class (Efron, Ann Stat 7 (1979) 1-26).

    Radiographs of one child are correlated; resampling them individually would make the interval too narrow.

    Args:
        statistic: of labels and probabilities.
        labels: int, shape (n,), 0 or 1.
        probabilities: float, shape (n,).
        patients: n patient ids.
        repeats: resamples.
        seed: of the resampling.

    Returns:
        The 2.5th and 97.5th percentile.
    """
    chosen = resamples(labels, patients, repeats=repeats, seed=seed)
    return percentiles([statistic(labels[rows], probabilities[rows]) for rows in chosen])


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile."""
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def resamples(labels: Labels, patients: Sequence[str], *, repeats: int, seed: int) -> Iterator[npt.NDArray[np.intp]]:
    """Patients drawn with replacement within each class, each with all radiographs of that class.

    Args:
        labels: int, shape (n,), 0 or 1.
        patients: n patient ids.
        repeats: how many resamples.
        seed: of the resampling.

    Yields:
        Indices of radiographs, about n of them.
    """
    rng = np.random.default_rng(seed)
    ids = np.asarray([f"{label}/{patient}" for label, patient in zip(labels, patients, strict=True)])
    strata = []
    for label in (0, 1):
        rows = np.flatnonzero(labels == label)
        _, owner = np.unique(ids[rows], return_inverse=True)
        strata.append([rows[owner == patient] for patient in range(owner.max(initial=-1) + 1)])
    for _ in range(repeats):
        yield np.concatenate([members[i] for members in strata for i in rng.integers(0, len(members), len(members))])
