"""How the model learned: curves of every run, what was tried, how folds spread, which labels look wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app import wording
from app.components import charts, compare_tables, markup
from app.services import others
from app.services.background import background
from app.wording import learning as words

if TYPE_CHECKING:
    from app.components.chart_data import Data
    from app.measured import History
    from app.measured.crossed import CrossValidation
    from app.measured.labelling import LabelReport
    from app.services import Performance
    from app.services.background import Background
    from app.settings import Settings


@dataclass(frozen=True)
class Run:
    """A network that learned.

    Attributes:
        title: what to call it.
        history: its learning curves.
    """

    title: str
    history: History


def learning(known: Performance, settings: Settings) -> None:
    """Everything on learning.

    Args:
        known: of the model in use.
        settings: that name other models.
    """
    behind = background(settings.model_dir)
    for text in behind.problems:
        markup.problem("Some of how it was made cannot be shown.", text)
    markup.section("How it learned")
    runs = _runs(known, settings, behind)
    if known.history is None:
        markup.note("There is no history.json beside this model, so its learning curves cannot be shown.")
    if runs:
        _curves(_picked(runs))
    _crossed(behind.crossed)
    _tried(behind)
    _labels(behind.labels)


def _runs(known: Performance, settings: Settings, behind: Background) -> list[Run]:
    runs = []
    if known.history is not None:
        runs.append(Run(f"Model in use: {known.manifest.model_version}", known.history))
    runs += [
        Run(other.title, other.known.history)
        for other in others.other_models(settings.compare_dirs, besides=settings.model_dir)
        if other.known is not None and other.known.history is not None
    ]
    if behind.crossed is not None:
        total = len(behind.crossed.folds)
        runs += [
            Run(f"Cross-validation, fold {fold.number + 1} of {total}", fold.history)
            for fold in behind.crossed.folds
            if fold.history is not None
        ]
    return runs


def _picked(runs: list[Run]) -> Run:
    if len(runs) == 1:
        return runs[0]
    titles = [run.title for run in runs]
    chosen = st.selectbox(
        "Which run", titles, key="learning-run", help="The model in use, others beside it, and the folds."
    )
    return runs[titles.index(chosen)] if chosen in titles else runs[0]


def _curves(run: Run) -> None:
    history = run.history
    sentences = [wording.curve_sentence(history), words.overfit_sentence(history)]
    if history.accuracy_note:
        sentences.append(f"Mind that {history.accuracy_note}.")
    if history.chosen_by:
        sentences.append(f"The epoch was chosen by the {history.chosen_by}.")
    left, right = st.columns(2, gap="medium")
    told = f"{run.title}. {sentences[0]}"
    with left.container(border=True, height="stretch"):
        markup.panel_title("Loss")
        data = _data(history)
        charts.draw(charts.loss_curves(history), key="loss", alt=f"Loss by epoch. {told}", data=data)
    with right.container(border=True, height="stretch"):
        markup.panel_title("Accuracy")
        charts.draw(charts.accuracy_curves(history), key="accuracy", alt=f"Accuracy by epoch. {told}", data=data)
    markup.facts(sentence for sentence in sentences if sentence)


def _data(history: History) -> Callable[[], Data]:
    def columns() -> Data:
        epochs = history.epochs
        return {
            "epoch": [one.number for one in epochs],
            "loss (cross-entropy)": [one.loss for one in epochs],
            "validation loss (cross-entropy)": [one.val_loss for one in epochs],
            "accuracy (0 to 1)": [one.accuracy for one in epochs],
            "validation accuracy (0 to 1)": [one.val_accuracy for one in epochs],
            "stressed validation loss (cross-entropy)": [one.stressed_loss for one in epochs],
            "restyled validation loss (cross-entropy)": [one.restyled_loss for one in epochs],
            "chosen (1 if so)": [int(one.number == history.chosen.number) for one in epochs],
        }

    return columns


def _crossed(found: CrossValidation | None) -> None:
    if found is None:
        return
    markup.section("How much hangs on the cut of the data", "Cross-validation on the training images, patients apart.")
    markup.facts(words.crossed_sentences(found))
    compare_tables.folds_table(found, caption="AUROC over the folds, on the part that each network had not seen.")


def _tried(behind: Background) -> None:
    if not behind.trials:
        return
    markup.section(
        "What was tried",
        "Every network on the way to this one, judged on validation; no figure here is of the test split.",
    )
    for table in dict.fromkeys(one.table for one in behind.trials):
        trials = [one for one in behind.trials if one.table == table]
        with st.expander(f"{words.TABLE_TITLES.get(table, table)} ({len(trials)})"):
            compare_tables.trials_table(
                trials, caption="One seed each; differences as small as those between folds may be chance."
            )
            markup.definitions((one.name, words.settings_line(one)) for one in trials)


def _labels(report: LabelReport | None) -> None:
    if report is None:
        return
    markup.section("Labels that look wrong", "Nothing was removed or changed: a list for a human to look at.")
    markup.facts(words.label_sentences(report))
    for split in dict.fromkeys(one.split for one in report.suspects):
        found = report.of_split(split)
        with st.expander(f"Doubted labels in {split} ({len(found):,})"):
            compare_tables.suspects_table(
                found, caption=f"Judged by {report.judged_by.get(split, 'what was not recorded')}."
            )
    if report.near_duplicates:
        with st.expander(f"Nearly the same picture ({len(report.near_duplicates):,} groups)"):
            markup.facts(" · ".join(group) for group in report.near_duplicates)
