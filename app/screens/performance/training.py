"""How the model learned: curves of every run, how folds vary, what was tried, which labels look wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.services import others
from app.ui import charts, numbers
from app.ui import page as ui
from app.ui.charts import Curve
from app.ui.curves import LearningCurvesDisplay
from app.ui.numbers import count, figure, percent
from app.ui.table import data, table
from model.labels import LABELS
from model.records.history import History

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.screens.prelude import Page
    from model.records.ablation import Trial
    from model.records.cross_validation import CrossValidation
    from model.records.history import Curves
    from model.records.labels import LabelReport
    from model.records.manifest import Manifest
    from model.records.measured import Measured

_AT_THE_END = 3
"""Epochs whose mean stands for the end of a curve: a single one is noisy."""

_CLEARLY = 0.1
"""By what share of its lowest value the validation loss has to rise to count as overfitting."""

_TABLES = {
    "hold_out": "Which augmentation helps with an unseen kind of image",
    "ships": "Candidates for the first shipped network",
    "style": "Relying less on sharpness and exposure",
    "place": "Relying less on the surroundings of the lungs",
}
_VIEWS = {
    "clean": "Unaltered",
    "stressed": "Stressed",
    "restyled": "Restyled",
    "only_lungs": "Lungs only",
    "lungs_blanked": "Lungs blanked",
    "lungs_covered": "Lungs covered",
    "corners_masked": "Corners masked",
}
_LOOKS = "Stressed: in another pose and exposure. Restyled: with the sharpness and grey values of the other class."
_VIEWS_EXPLAINED = (
    "AUROC on all validation radiographs; the Heatmap tab counts only those whose lungs were outlined, so its figures "
    f"differ slightly. {_LOOKS} With the lungs blanked or covered, an honest network can only guess (0.500)."
)
_JUDGES = {"the artifact": "the stored predictions of the model"}


def draw(page: Page) -> None:
    """Everything on learning."""
    known = page.measured
    if known is None:
        return
    ui.section("How did it learn?")
    if known.history is None:
        ui.note("There is no history.json beside this model, so its learning curves cannot be shown.")
    if runs := _runs(page, known):
        titles = list(runs)
        picked = titles[0]
        if len(runs) > 1:
            tip = "The model in use, other models, and the folds of the cross-validation."
            picked = st.selectbox("Training run", titles, key="learning-run", help=tip)
        picked = picked if picked in runs else titles[0]
        _curves(runs[picked])
    if known.cross_validation is not None:
        _folds(known.cross_validation, known.manifest)
    if known.ablation is not None and known.ablation.trials:
        _tried(known.ablation.trials)
    if known.labels is not None:
        _labels(known.labels, known.manifest)


def _runs(page: Page, known: Measured) -> dict[str, Curves]:
    runs: dict[str, Curves] = {}
    if known.history is not None:
        runs[f"Model in use: {known.manifest.model_version}"] = known.history
    for other in others.other_models(page.settings.compare_dirs, besides=page.settings.model_dir):
        if other.measured is not None and other.measured.history is not None:
            runs[other.title] = other.measured.history
    folds = known.cross_validation.folds if known.cross_validation else ()
    for fold in folds:
        if fold.history is not None:
            runs[f"Cross-validation, fold {fold.number + 1} of {len(folds)}"] = fold.history
    return runs


def _curves(run: Curves) -> None:
    for place, quantity in zip(st.columns(2, gap="small"), ("loss", "accuracy"), strict=True):
        with place.container(border=True, height="stretch"):
            display = LearningCurvesDisplay(_lines(run, quantity), quantity, run.chosen_epoch)
            charts.draw(display, key=quantity, title=quantity.capitalize())
    told = [_best(run), _kept(run), overfitting(run)]
    if isinstance(run, History):
        told.append(f"Note: {run.accuracy_note}." if run.accuracy_note else "")
        told.append(f"The epoch was chosen by the {run.chosen_by}." if run.chosen_by else "")
    ui.note(_LOOKS)
    ui.facts(told)


def _lines(run: Curves, quantity: str) -> list[Curve]:
    """One curve for each way of looking that was measured in every epoch."""
    names = {
        "training": quantity,
        "validation": f"val_{quantity}",
        "validation, stressed": f"stressed_{quantity}",
        "validation, restyled": f"restyled_{quantity}",
    }
    lines = {name: [getattr(epoch, key) for epoch in run.epochs] for name, key in names.items()}
    epochs = [epoch.number for epoch in run.epochs]
    return [Curve(name, epochs, values) for name, values in lines.items() if None not in values]


def _best(run: Curves) -> str:
    best, last = min(run.epochs, key=lambda epoch: epoch.val_loss), run.epochs[-1]
    if best is last:
        return f"The validation loss was lowest ({best.val_loss:.3f}) in the last epoch, {last.number}."
    return f"The validation loss was lowest in epoch {best.number} of {last.number} ({best.val_loss:.3f})."


def _kept(run: Curves) -> str:
    best, kept = min(run.epochs, key=lambda epoch: epoch.val_loss), run.chosen
    gap = 100 * (kept.val_accuracy - kept.accuracy)
    told = (
        f"Epoch {kept.number} was kept. There, accuracy was {percent(kept.accuracy, 1)} on training and "
        f"{percent(kept.val_accuracy, 1)} on validation images, {abs(gap):.1f} percentage points "
        f"{'higher' if gap >= 0 else 'lower'}."
    )
    deciding = [epoch.monitor for epoch in run.epochs if epoch.monitor is not None]
    if best is kept or best.monitor is None or kept.monitor is None or kept.monitor > min(deciding):
        return told
    return (
        f"{told} Another loss decided, which was lowest there ({kept.monitor:.3f}; epoch {best.number}: "
        f"{best.monitor:.3f})."
    )


def overfitting(run: Curves) -> str:
    """Whether validation got worse while training got better and ahead of it, and by how much.

    Returns:
        A sentence or two; "" for fewer than three epochs.
    """
    epochs = run.epochs
    if len(epochs) < _AT_THE_END:
        return ""
    best = min(epochs, key=lambda epoch: epoch.val_loss)
    end = [epoch for epoch in epochs if epoch.number > best.number][-_AT_THE_END:]
    if not end:
        return "No overfitting: validation was still improving when training ended."
    validation, trained = (sum(getattr(one, key) for one in end) / len(end) for key in ("val_loss", "loss"))
    rise = validation - best.val_loss
    told = (
        f"At the end, the validation loss was {validation:.3f} ({rise:.3f} above its lowest) and the training loss "
        f"{trained:.3f} ({best.loss:.3f} in epoch {best.number})."
    )
    if rise > _CLEARLY * best.val_loss and trained < min(best.loss, validation):
        unkept = "" if run.chosen_epoch > best.number else " The later epochs were not kept."
        worse = percent(rise / best.val_loss)
        return f"Overfitting: training kept improving while validation got worse by {worse}. {told}{unkept}"
    why = "validation hardly got worse" if rise <= _CLEARLY * best.val_loss else "training is not ahead of validation"
    return f"No overfitting: {why}. {told}"


def _folds(found: CrossValidation, manifest: Manifest) -> None:
    ui.section("How much depends on the split?", "Cross-validation on the training images, by patient.")
    told = [
        f"{numbers.word(len(found.folds)).capitalize()} networks were each judged on patients they had not seen. "
        f"Together they judged all {found.images:,} training images: AUROC {figure(found.out_of_fold_auroc)} "
        f"({numbers.day(found.created)})."
    ]
    if clean := found.spreads.get("clean"):
        told.append(
            f"Between folds, AUROC ranges from {figure(clean.lowest)} to {figure(clean.highest)} (standard deviation "
            f"{figure(clean.sd)}). Smaller differences between two settings may be chance."
        )
    others_differ = found.other_settings(manifest)
    more = f"; {count(others_differ, 'other setting')} differ" if others_differ else ""
    told.append(
        f"Their recipe is not that of the model in use: {found.preset}, {found.size} pixels, {found.epochs} epochs "
        f"from scratch{more}."
    )
    ui.facts(told)
    table(
        ("View", "Mean", "SD", "Lowest", "Highest"),
        [
            (_VIEWS.get(view, view), *(figure(value) for value in (one.mean, one.sd, one.lowest, one.highest)))
            for view, one in found.spreads.items()
        ],
        caption="AUROC over the folds, on the part that each network had not seen.",
        key="folds",
    )


def _tried(trials: Sequence[Trial]) -> None:
    ui.section(
        "What was tried?",
        "Every network on the way to this one, one seed each, judged on validation and never on the test split. "
        "Differences as small as between folds may be chance.",
    )
    for name in dict.fromkeys(one.table for one in trials):
        found = [one for one in trials if one.table == name]
        title = _TABLES.get(name, name)
        with st.expander(f"{title} ({len(found)})"):
            views = [view for view in _VIEWS if any(view in one.auroc for one in found)]
            table(
                ("Network", *(_VIEWS[view] for view in views), "Epoch kept"),
                [
                    (
                        one.name,
                        *(figure(one.auroc[view]) if view in one.auroc else "–" for view in views),
                        f"{one.chosen_epoch} of {one.epochs}" if one.epochs else "–",
                    )
                    for one in found
                ],
                caption=f"AUROC by view of validation: {title.lower()}.",
                key=f"trials-{name}",
            )
            ui.note(_VIEWS_EXPLAINED)
            ui.definitions((one.name, _settings(one)) for one in found)


def _settings(trial: Trial) -> str:
    parts = (
        f"started from {trial.began_with}" if trial.began_with else "",
        f"distilled from {numbers.joined(trial.teachers)}" if trial.teachers else "",
        ", ".join(trial.settings),
    )
    return "; ".join(filter(None, parts)) or "average of the weights of others"


def _labels(report: LabelReport, manifest: Manifest) -> None:
    ui.section("Labels that look wrong", "For a human to check. Nothing was removed or changed.")
    told = []
    for split, found in report.suspected.items():
        sick = sum(one.given == LABELS[1] for one in found)
        judge = report.judged_by.get(split, "")
        by = f" according to {_JUDGES.get(judge, judge)}" if judge else ""
        told.append(
            f"{split.capitalize()}: {count(len(found), 'label')} look wrong{by}, {sick:,} labelled pneumonia and "
            f"{len(found) - sick:,} labelled normal."
        )
    if report.suspected.get("test") and not report.is_of(manifest):
        told.append("The test labels were judged by another model than the one in use.")
    told.append(
        f"Among {report.images:,} pictures, {count(len(report.near_duplicates), 'group')} are nearly identical "
        f"({report.near}). In both train and test: {count(report.two_splits, 'group')}. With both labels: "
        f"{count(report.two_labels, 'group')}."
    )
    ui.facts(told)
    for split, found in report.suspected.items():
        with st.expander(f"Doubtful labels in {split} ({len(found):,})"):
            rows = [(one.path, one.given, percent(one.probability, 1)) for one in found]
            judge = report.judged_by.get(split, "what was not recorded")
            data(pd.DataFrame(rows, columns=["File", "Label", "Score for pneumonia"]), caption=f"Judged by {judge}.")
    if report.near_duplicates:
        with st.expander(f"Nearly identical pictures ({count(len(report.near_duplicates), 'group')})"):
            ui.facts(" · ".join(group.paths) for group in report.near_duplicates)
