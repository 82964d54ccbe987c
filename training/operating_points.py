"""Choose calibration, operating points and the indeterminate band, on validation patients alone.

Validation is scored in several views: clean, stressed, with the look of the other class, and as originals where they
are at hand (`training.views`). The calibration is one curve through all of them. Rule-out, rule-in and band are
quantiles of the hardest view each, so their guarantee holds for scans like those of each view.

Sensitivity and specificity are cross-fitted: the patients are split into ten parts, and each part uses the curve and
thresholds of the other nine.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

from model.calibration import BALANCED_THRESHOLD, conformal_thresholds, fit_calibration
from model.errors import InputRangeError
from model.evaluation import counts
from model.labels import Labels
from model.records.manifest import (
    BALANCED,
    RULE_IN,
    RULE_OUT,
    Calibration,
    Estimate,
    Logits,
    OperatingPoint,
    UncertaintyBand,
)
from model.statistics.intervals import resamples, share

logger = logging.getLogger(__name__)

ERROR = 0.02
"""Share of each class that rule-out may miss and rule-in may flag falsely, on scans like those of validation."""

CROSS_FITTED = "clean"
PARTS = 10
REPEATS = 1000
_LOWEST = 1e-6

Thresholds = dict[str, float]


@dataclass(frozen=True, eq=False)
class ValidationViews:
    """The validation images, seen in several ways.

    Attributes:
        logits: float64, shape (n, 2), by view.
        labels: int, shape (n,).
        patients: n patient ids.
    """

    logits: Mapping[str, Logits]
    labels: Labels
    patients: Sequence[str]

    def part(self, rows: npt.NDArray[np.intp]) -> ValidationViews:
        """Some of the images, by index; an index may repeat."""
        logits = {name: values[rows] for name, values in self.logits.items()}
        return ValidationViews(logits, self.labels[rows], [self.patients[row] for row in rows])


@dataclass(frozen=True)
class Chosen:
    """What was chosen."""

    calibration: Calibration
    points: tuple[OperatingPoint, ...]
    band: UncertaintyBand


def choose(views: ValidationViews, *, chosen_on: str, error: float = ERROR) -> Chosen:
    """Fit the curve and take the thresholds, with their intervals and what they reach cross-fitted.

    Args:
        views: of validation.
        chosen_on: which images these are, in words.
        error: share of each class that may fall on the wrong side of rule-out and rule-in.

    Raises:
        InputRangeError: if a class is missing or has too few patients, or the network has not learned to tell the
            classes apart.
    """
    calibration = calibrate(views)
    thresholds = find_thresholds(views, calibration, error)
    intervals = _intervals(views, calibration, error)
    reached = cross_fit(views, error)
    each = {3: "three", 4: "four"}.get(len(views.logits), str(len(views.logits))) + " views"
    methods = {
        RULE_OUT: f"at most {100 * error:g} % of the scans with pneumonia fall below it, in each of {each}",
        BALANCED: "a missed and a falsely flagged child weigh the same: where Platt's curve through the log-odds of "
        f"{each}, both classes weighing the same, crosses one half",
        RULE_IN: f"at most {100 * error:g} % of the normal scans reach it, in each of {each}",
    }
    low, high = find_band(views, calibration, error)
    for name, unknown in ((RULE_OUT, low <= 0.0), (RULE_IN, high >= 1.0)):
        if unknown:
            methods[name] += "; there are too few scans to tell where that is, so it decides nothing"
    points = tuple(
        OperatingPoint(
            name=name,
            threshold=thresholds[name],
            low=intervals[name][0],
            high=intervals[name][1],
            sensitivity=reached[name][0],
            specificity=reached[name][1],
            method=methods[name],
            chosen_on=chosen_on,
        )
        for name in thresholds
    )
    return Chosen(calibration, points, UncertaintyBand(low, high, error))


def calibrate(views: ValidationViews) -> Calibration:
    """One curve through all views; each image counts once per view.

    Raises:
        InputRangeError: if a class is missing, or the network has not learned to tell them apart.
    """
    return fit_calibration(np.concatenate(list(views.logits.values())), np.tile(views.labels, len(views.logits)))


def find_thresholds(views: ValidationViews, calibration: Calibration, error: float) -> Thresholds:
    """The three thresholds.

    Returns:
        Probabilities strictly between 0 and 1, by name, in the order of `OPERATING_POINTS`.
    """
    low, high = find_band(views, calibration, error)
    return {
        RULE_OUT: float(np.clip(low, _LOWEST, 1 - _LOWEST)),
        BALANCED: BALANCED_THRESHOLD,
        RULE_IN: float(np.clip(high, _LOWEST, 1 - _LOWEST)),
    }


def find_band(views: ValidationViews, calibration: Calibration, error: float) -> tuple[float, float]:
    """Where the band begins and ends.

    Returns:
        At most one half and at least one half; 0 and 1 where there are too few scans to tell.
    """
    ends = [
        conformal_thresholds(views.labels, calibration.probabilities(logits), error) for logits in views.logits.values()
    ]
    # If the classes are so far apart that the quantiles cross, rule-out must still not exceed rule-in.
    return min(BALANCED_THRESHOLD, *(low for low, _ in ends)), max(BALANCED_THRESHOLD, *(high for _, high in ends))


def cross_fit(views: ValidationViews, error: float) -> dict[str, tuple[Estimate, Estimate]]:
    """Sensitivity and specificity on patients that did not choose the threshold.

    Returns:
        By operating point: sensitivity and specificity on the clean view, with Wilson intervals. Parts whose other nine
        do not separate the classes are left out.

    Raises:
        InputRangeError: if that leaves a class without any scan.
    """
    called = {name: np.zeros(len(views.labels)) for name in (RULE_OUT, BALANCED, RULE_IN)}
    judged = np.zeros(len(views.labels), dtype=bool)
    for others, rows in _parts(views):
        try:
            curve = calibrate(views.part(others))
        except InputRangeError as problem:
            logger.warning("A part of validation is left out of cross-fitting: %s", problem)
            continue
        judged[rows] = True
        thresholds = find_thresholds(views.part(others), curve, error)
        probabilities = curve.probabilities(views.logits[CROSS_FITTED][rows])
        for name, threshold in thresholds.items():
            called[name][rows] = probabilities >= threshold
    if set(views.labels[judged].tolist()) != {0, 1}:
        patients = [len({p for p, own in zip(views.patients, views.labels, strict=True) if own == c}) for c in (0, 1)]
        raise InputRangeError(
            f"Operating points need more validation patients: {patients[0]} normal and {patients[1]} with pneumonia "
            "are too few to estimate how good they are. Give more images, or fewer folds."
        )
    return {name: _rates(views.labels[judged], calls[judged]) for name, calls in called.items()}


def _parts(views: ValidationViews) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Ten parts by patient, both classes in each; fewer if there are too few patients."""
    owned = list(zip(views.patients, views.labels.tolist(), strict=True))
    fewest = min(len({patient for patient, label in owned if label == wanted}) for wanted in (0, 1))
    cutter = StratifiedGroupKFold(n_splits=max(2, min(PARTS, fewest)), shuffle=True, random_state=0)
    # By patient alone, like the split: a child may have scans of both classes.
    return list(cutter.split(np.zeros(len(views.labels)), views.labels, list(views.patients)))


def _rates(labels: Labels, calls: npt.NDArray[np.float64]) -> tuple[Estimate, Estimate]:
    found = counts(labels, calls, 0.5)
    return share(found.true_positive, found.pneumonia), share(found.true_negative, found.normal)


def _intervals(views: ValidationViews, calibration: Calibration, error: float) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals of each threshold, on the calibrated scale that ships, over resampled patients.

    A sample that does not separate the classes gives no threshold: it counts as all thresholds at once.
    """
    drawn: dict[str, list[float]] = {name: [] for name in (RULE_OUT, BALANCED, RULE_IN)}
    for rows in resamples(views.labels, views.patients, repeats=REPEATS, seed=0):
        part = views.part(rows)
        try:
            crossing = calibrate(part)  # one half on this sample's own curve
        except InputRangeError:
            for values in drawn.values():
                values += [0.0, 1.0]
            continue
        for name, threshold in find_thresholds(part, calibration, error).items():
            drawn[name].append(threshold)
        log_odds = -crossing.intercept / crossing.slope
        drawn[BALANCED][-1] = float(calibration.probabilities(np.array([[0.0, log_odds]]))[0])
    return {
        name: (float(np.percentile(values, 2.5)), float(np.percentile(values, 97.5))) for name, values in drawn.items()
    }
