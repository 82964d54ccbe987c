"""Reader against model on the reviewed cases, beside the evaluation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from app.records.agreement import ABOVE, BELOW, Setup, agreement, compare, setups
from app.ui import charts, metrics
from app.ui import page as ui
from app.ui.counts import ConfusionMatrixDisplay
from app.ui.numbers import count, figure, percent_range
from app.ui.table import Cell, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.records.agreement import Agreement, Judged
    from app.screens.prelude import Page
    from model.records.evaluation import Metric
    from model.records.measured import Measured

_RATES = ("sensitivity", "specificity", "precision", "npv", "accuracy")

_BY_CHANCE = (
    "If you look every day, one figure in twenty or more falls outside such an interval by chance. Most readers had "
    "seen the model’s answer, and the cases are not a random sample. If it persists, have cases read blinded "
    "(a switch above the list) before you rely on the model."
)


def draw(page: Page, judged: Sequence[Judged]) -> None:
    """Confusion matrix and rates of the reviewed cases, compared with the evaluation where that is fair."""
    known = setups(judged)
    told = "Cases count together only if the same model scored them at the same threshold. Latest first."
    chosen = st.selectbox("Model and operating point", known, format_func=_title, key="running-setup", help=told)
    ours = agreement(judged, chosen or known[0])
    ui.note(_counted(ours))
    ui.facts(_reads(judged, ours.setup))
    _compared(ours, page.measured)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        display = ConfusionMatrixDisplay(ours.counts.rows)
        charts.draw(
            display, key="own-confusion-matrix", title="Reviewed cases", note="True label: the reader’s.", level=2
        )
    with right:
        _rates(ours, page.measured)


def _title(setup: Setup) -> str:
    return f"{metrics.point_title(setup.operating_point)}, threshold {setup.threshold:.3f} ({setup.model_version})"


def _counted(ours: Agreement) -> str:
    text = f"{count(ours.counts.total, 'case')} reviewed. The reader’s label counts as the truth."
    text = f"{text[:1].upper()}{text[1:]}"
    if ours.indeterminate:
        text += f" {ours.indeterminate:,} of them indeterminate, counted by their side of the threshold."
    if ours.refused:
        text += f" {count(ours.refused, 'more case')} rejected by the input check, not counted."
    return text


def _reads(judged: Sequence[Judged], setup: Setup) -> Iterator[str]:
    """How far readers and model agree, by whether the readers saw the model's answer first."""
    for blinded, kind in ((True, "Blinded reads"), (False, "Reads after the model’s answer")):
        found = agreement([one for one in judged if one.blinded == blinded], setup)
        if total := found.counts.total:
            same = found.counts.true_positive + found.counts.true_negative
            yield f"{kind}: reader and model agree in {same:,} of {total:,}; Cohen’s kappa {figure(found.kappa, 2)}."


def _compared(ours: Agreement, known: Measured | None) -> None:
    found = compare(ours, known.evaluation) if known and known.evaluation else ()
    if not found:
        ui.note("The evaluation in use is not of this model and threshold, so nothing is compared.")
        return
    for one in found:
        if one.finding in (BELOW, ABOVE):
            ui.warning(f"{one.rate.capitalize()} is outside the expected range", f"{one.sentence} {_BY_CHANCE}")
    ui.facts(one.sentence for one in found if one.finding not in (BELOW, ABOVE))


def _rates(ours: Agreement, known: Measured | None) -> None:
    setup, rates = ours.setup, ours.rates()
    same = known is not None and known.manifest.weights_sha256 == setup.weights_sha256
    test = known.evaluation.test.at(setup.operating_point) if same and known and known.evaluation else None
    rows = [
        (metrics.title(name), _cell(rates[name]), _cell(test.metrics.get(name) if test else None)) for name in _RATES
    ]
    ui.panel_title("Rates", f"At the {metrics.point_name(setup.operating_point)} operating point.", level=2)
    table(
        ("Rate", "Reviewed cases", "Test split"), rows,
        caption="Ranges are 95 % intervals. Compare sensitivity and specificity only: predictive values and accuracy "
        "change with how common pneumonia is.",
        key="own-rates",
    )  # fmt: skip


def _cell(rate: Metric | None) -> Cell:
    if rate is None or math.isnan(rate.value):
        return Cell("–")
    counted = f"{rate.successes:,} of {rate.trials:,}; " if rate.trials else ""
    return Cell(metrics.shown(rate), f"{counted}{percent_range(rate.low, rate.high)}")
