"""Our own running figures, from the reviews, beside the published ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from app import services
from app.components import markup
from app.components.tables import Cell, Row, draw_table
from app.records.agreement import ABOVE, BELOW, agreement, compare, setups
from app.wording import METRIC_TITLES, percent, percent_range, point_name
from app.wording import worklist as words
from model.errors import ChestXrayError
from model.labels import LABELS

if TYPE_CHECKING:
    from app.measured import Evaluation
    from app.records.agreement import Agreement
    from app.records.repository import Records
    from app.settings import Settings
    from model.records.manifest import Manifest

_RATES = ("sensitivity", "specificity", "precision", "npv", "accuracy")


def running_figures(records: Records, settings: Settings) -> None:
    """Confusion matrix and rates of the reviewed cases, held against the evaluation where that is fair.

    Args:
        records: the database.
        settings: of the page.

    Raises:
        RecordsError: if the database cannot be read.
    """
    judged = records.judged()
    known = setups(judged)
    if not known:
        markup.empty(
            "No case was reviewed yet",
            "Open a case, agree or disagree with the model and save. From then on its sensitivity, specificity and "
            "predictive values on your own cases stand here.",
        )
        return
    chosen = st.selectbox(
        "Model and operating point",
        known,
        format_func=words.setup_title,
        key="running-setup",
        help="Cases are counted together only if the same model scored them at the same threshold. Latest first.",
    )
    ours = agreement(judged, chosen or known[0])
    evaluation, manifest = _published(settings)
    markup.note(words.judged_sentence(ours.counts.total, ours.indeterminate, ours.refused))
    _notices(ours, evaluation, manifest)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _matrix(ours)
    with right:
        _rates(ours, evaluation, manifest)


def _published(settings: Settings) -> tuple[Evaluation | None, Manifest | None]:
    try:
        known = services.performance(settings.model_dir)
    except ChestXrayError as error:
        markup.note(f"The published figures cannot be shown: {error}")
        return None, None
    return known.evaluation, known.manifest


def _notices(ours: Agreement, evaluation: Evaluation | None, manifest: Manifest | None) -> None:
    found = compare(ours, evaluation, weights_sha256=manifest.weights_sha256) if evaluation and manifest else ()
    if not found:
        markup.note("The evaluation beside the model is not of this model and threshold, so nothing is compared.")
        return
    for one in found:
        if one.finding in (BELOW, ABOVE):
            markup.warning(
                f"{one.rate.capitalize()} is outside what was expected", f"{one.sentence} {words.MULTIPLICITY}"
            )
    markup.facts(one.sentence for one in found if one.finding not in (BELOW, ABOVE))


def _matrix(ours: Agreement) -> None:
    rows: list[Row] = [
        (f"Reader says {label}", tuple(Cell(f"{count:,}") for count in counts))
        for label, counts in zip(LABELS, ours.counts.matrix(), strict=True)
    ]
    draw_table(
        ("", *(f"Called {label}" for label in LABELS)),
        rows,
        caption="Confusion matrix of our reviewed cases: the reader’s label in rows, the model’s in columns.",
        kind="grid",
    )


def _rates(ours: Agreement, evaluation: Evaluation | None, manifest: Manifest | None) -> None:
    setup, rates, fractions = ours.setup, ours.rates(), ours.counts.fractions()
    same = evaluation and manifest and manifest.weights_sha256 == setup.weights_sha256
    test = evaluation.test.at(setup.operating_point) if evaluation and same else None
    rows: list[Row] = []
    for name in _RATES:
        successes, trials = fractions[name]
        text, under = words.share_of(successes, trials, rates[name].low, rates[name].high)
        metric = test.metrics.get(name) if test else None
        published = Cell("–")
        if metric is not None and not math.isnan(metric.value):
            published = Cell(percent(metric.value, 1), percent_range(metric.low, metric.high))
        rows.append((METRIC_TITLES[name], (Cell(text, under), published)))
    draw_table(
        ("Rate", "Our reviewed cases", "Test split"),
        rows,
        caption=f"At the {point_name(setup.operating_point)} operating point; small figures are 95 % intervals. "
        f"{words.NOT_COMPARED}",
        kind="stack",
    )
