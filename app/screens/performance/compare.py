"""The model in use against another one, on the same test split."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from app.services import others
from app.ui import charts, metrics, numbers
from app.ui import page as ui
from app.ui.curves import RocDisplay
from app.ui.intervals import ReliabilityDisplay
from app.ui.numbers import count, figure, figure_range, percent_range
from app.ui.table import Cell, table
from model.statistics.comparison import NotComparableError, compare

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.screens.prelude import Page
    from app.services.others import OtherModel
    from model.records.evaluation import Metric, SplitResult
    from model.records.measured import Measured
    from model.statistics.comparison import Comparison, PairedRight

_HERE = "Model in use"
_SIGNIFICANT = 0.05
_METRICS = (
    "auroc",
    "accuracy",
    "sensitivity",
    "specificity",
    "precision",
    "npv",
    "expected_calibration_error",
    "expected_calibration_error_balanced",
)


def draw(page: Page) -> None:
    """The picker, and what comes of it."""
    known = page.measured
    if known is None:
        return
    ui.section("Compare with another model", "Same test radiographs, each model at its own balanced threshold.")
    other = _picked(page)
    if other is None:
        return
    if other.measured is None:
        ui.problem(f"{other.title} cannot be compared.", other.problem)
        return
    for text in other.measured.problems:
        ui.problem(f"Some figures of {other.title} cannot be shown.", text)
    evaluations, scores = ([getattr(one, part) for one in (known, other.measured)] for part in ("evaluation", "scores"))
    if None in scores:
        name = "The model in use" if scores[0] is None else other.title
        ui.note(f"{name} has no evaluation with its predictions: run `python -m training evaluate` on it.")
        return
    try:
        found = compare(scores[0], scores[1], (evaluations[0].threshold, evaluations[1].threshold))
    except NotComparableError as error:
        ui.problem(f"{other.title} cannot be compared.", str(error))
        return
    splits = {_HERE: evaluations[0].test, other.title: evaluations[1].test}
    ui.facts(_in_words(found, other.title, patients=evaluations[0].test.patients))
    sizes = others.weights_bytes(page.settings.model_dir), other.weights_bytes
    side_by_side(
        splits,
        more=_network_rows([known, other.measured], sizes),
        caption=f"{count(found.images, 'test radiograph')}, each model at its balanced operating point. Small figures "
        "are 95 % intervals.",
    )
    curves(splits, key="compare")
    _paired_table(found, other.title)


def _picked(page: Page) -> OtherModel | None:
    found = others.other_models(page.settings.compare_dirs, besides=page.settings.model_dir)
    if not found:
        ui.note(
            "There is no other model to compare with. Train one (`python -m training fit --preset plain`), evaluate it "
            "on the same test split, and name its folder in CXR_COMPARE."
        )
        return None
    titles = [one.title for one in found]
    picked = titles[0]
    if len(found) > 1:
        picked = st.selectbox("Compare with", titles, key="compare-with", help="Folders named in CXR_COMPARE.")
    return found[titles.index(picked)] if picked in titles else found[0]


def _in_words(found: Comparison, other: str, *, patients: int) -> list[str]:
    right, area = found.every, found.auroc
    told = [
        f"Of {count(right.images, 'test radiograph')}, both models are right on {right.both:,}, only the model in use "
        f"on {right.only_first:,}, only {other} on {right.only_second:,}, and both are wrong on {right.neither:,}."
    ]
    discordant = right.only_first + right.only_second
    if discordant:
        told.append(
            f"Accuracy differs by {numbers.signed_points(right.difference)} percentage points (95 % interval "
            f"{percent_range(*right.interval)}). {_judged(right.p_value)} (McNemar’s exact test, "
            f"{_p_value(right.p_value)}; {right.only_first:,} of {discordant:,} disagreements favour the model in use)."
        )
    else:
        told.append("They are right on the same radiographs, so there is nothing to test.")
    if math.isnan(area.p_value):
        told.append("AUROCs cannot be compared: that needs two radiographs or more of each class.")
    else:
        told.append(
            f"AUROC: {figure(area.first)} for the model in use, {figure(area.second)} for {other}, difference "
            f"{numbers.signed(area.difference)} (95 % interval {figure_range(area.low, area.high)}). "
            f"{_judged(area.p_value)} (DeLong’s test, {_p_value(area.p_value)})."
        )
    if patients < found.images:
        told.append(
            f"Both tests treat the {found.images:,} radiographs as independent, but they carry only {patients:,} "
            "patient numbers: true intervals are slightly wider."
        )
    return told


def _judged(p_value: float) -> str:
    return "That is more than chance would explain" if p_value < _SIGNIFICANT else "Chance alone may explain that"


def _p_value(value: float) -> str:
    return numbers.NOT_DEFINED if math.isnan(value) else "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def side_by_side(
    splits: Mapping[str, SplitResult],
    *,
    caption: str,
    before: Sequence[Sequence[Cell | str]] = (),
    more: Sequence[Sequence[Cell | str]] = (),
) -> None:
    """The figures of several splits, a column each.

    Args:
        splits: by name.
        caption: of the table.
        before: rows above the figures; as many cells as there are splits, after their name.
        more: rows below them.
    """
    rows: list[Sequence[Cell | str]] = [
        (metrics.title(name), *(cell(split.metrics.get(name)) for split in splits.values()))
        for name in _METRICS
        if any(name in split.metrics for split in splits.values())
    ]
    table(("Figure", *splits), [*before, *rows, *more], caption=caption)


def cell(metric: Metric | None) -> Cell:
    """A figure with its interval; "–" where there is none."""
    if metric is None:
        return Cell("–")
    return Cell(metrics.shown(metric), "" if math.isnan(metric.value) else metrics.interval(metric))


def curves(splits: Mapping[str, SplitResult], *, key: str) -> None:
    """ROC curve and reliability diagram of several splits, side by side.

    Args:
        splits: by name; of one class only, a split has no ROC curve.
        key: of the charts begins with it.
    """
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        charts.draw(RocDisplay.of(splits), key=f"{key}-roc", title="ROC curve")
        if not all(split.roc.false_positive_rate for split in splits.values()):
            ui.note("Not defined for radiographs of one class only.")
    with right.container(border=True, height="stretch"):
        charts.draw(
            ReliabilityDisplay({name: split.reliability for name, split in splits.items()}),
            key=f"{key}-reliability",
            title="Calibration",
        )


def _network_rows(models: Sequence[Measured], sizes: Sequence[int | None]) -> list[Sequence[Cell | str]]:
    found = [one.manifest for one in models]
    return [
        ("Architecture", *(one.preset for one in found)),
        ("Parameters", *(f"{one.parameters:,}" for one in found)),
        ("File size", *("–" if size is None else numbers.size(size) for size in sizes)),
        ("Input", *(f"{one.input.size} × {one.input.size} pixels" for one in found)),
        ("Trained", *(one.created[:10] or "–" for one in found)),
    ]


def _paired_table(found: Comparison, other: str) -> None:
    parts = (("All", found.every), ("With pneumonia", found.pneumonia), ("Normal", found.normal))
    table(
        ("Radiographs", "Both right", "Only the model in use", f"Only {other}", "Both wrong", "Difference", "Test"),
        [(name, *_paired(right)) for name, right in parts],
        caption="How many radiographs are classified correctly. Difference: model in use minus the other, in "
        "percentage points. Test: McNemar’s, exact, not corrected for the three rows.",
        key="compare-paired",
    )


def _paired(right: PairedRight) -> tuple[Cell, ...]:
    counts = (right.both, right.only_first, right.only_second, right.neither)
    difference = Cell(f"{numbers.signed_points(right.difference)} points", percent_range(*right.interval))
    return (*(Cell(f"{number:,}") for number in counts), difference, Cell(_p_value(right.p_value)))
