"""How a network learned, what was tried and how far folds spread, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.wording.numbers import day, figure, joined, number, percent
from model.labels import LABELS

if TYPE_CHECKING:
    from app.measured import History
    from app.measured.ablation import Trial
    from app.measured.crossed import CrossValidation
    from app.measured.labelling import LabelReport

AT_THE_END = 3
"""Epochs whose mean stands for the end of a curve: a single one is noisy."""

CLEARLY = 0.1
"""By what share of its lowest value the validation loss has to rise for it to be called overfitting."""

_JUDGES = {"the artifact": "the stored predictions of the model"}
TABLE_TITLES = {
    "hold_out": "Which augmentation survives a kind of image never seen",
    "ships": "Which network shipped first",
    "style": "Against reading sharpness and exposure",
    "place": "Holding the evidence to its place",
}
VIEW_COLUMNS = {
    "clean": "As they are",
    "stressed": "Stressed",
    "restyled": "Other class’s look",
    "only_lungs": "Only lungs",
    "lungs_blanked": "Lungs blanked",
    "lungs_covered": "Lungs covered",
    "corners_masked": "Corners masked",
}
"""What each view of validation is called where there is little room."""

VIEWS_EXPLAINED = (
    "AUROC on validation scans. Stressed: in another pose and exposure. Other class’s look: given its sharpness and "
    "grey values. In the columns that take the lungs away, guessing would be honest: 0.500."
)


def overfit_sentence(history: History) -> str:
    """Whether validation got worse while training got better and ahead of it, and by how much; from the curves.

    Args:
        history: the learning curves.

    Returns:
        A sentence; "" for fewer than `AT_THE_END` epochs.
    """
    epochs = history.epochs
    if len(epochs) < AT_THE_END:
        return ""
    best = min(epochs, key=lambda epoch: epoch.val_loss)
    end = [epoch for epoch in epochs if epoch.number > best.number][-AT_THE_END:]
    if not end:
        return "It does not overfit: validation was still getting better when training ended."
    val = sum(epoch.val_loss for epoch in end) / len(end)
    trained = sum(epoch.loss for epoch in end) / len(end)
    rise = val - best.val_loss
    told = (
        f"At the end the validation loss was {val:.3f} ({rise:.3f} above its lowest) and the training loss "
        f"{trained:.3f} (in epoch {best.number} it had been {best.loss:.3f})"
    )
    if rise > CLEARLY * best.val_loss and trained < min(best.loss, val):
        kept = "" if history.chosen.number > best.number else " The epochs after it were not kept."
        return (
            f"{told}: it overfits there, doing better on what it trained on while what it had not seen got worse by "
            f"{percent(rise / best.val_loss)}.{kept}"
        )
    why = "validation hardly got worse" if rise <= CLEARLY * best.val_loss else "training is not ahead of validation"
    return f"{told}: no overfitting to be seen, since {why}."


def crossed_sentences(found: CrossValidation) -> list[str]:
    """What the folds are, how far they spread, and how their recipe differs from what ships."""
    clean = next((one for one in found.spreads if one.view == "clean"), None)
    told = [
        f"{number(len(found.folds)).capitalize()} networks were trained, each judged on patients that it had not seen; "
        f"together they judged all {found.images:,} training images, with an AUROC of "
        f"{figure(found.out_of_fold_auroc)} ({day(found.created)})."
    ]
    if clean is not None:
        told.append(
            f"From fold to fold the AUROC lies between {figure(clean.lowest)} and {figure(clean.highest)}, with a "
            f"standard deviation of {figure(clean.sd)}: two settings that differ by less may differ by chance."
        )
    others = f", and {found.other_settings} other settings differ" if found.other_settings else ""
    told.append(
        f"They are of one recipe and not of the model in use: {found.preset}, {found.size} pixels, {found.epochs} "
        f"epochs from nothing{others}."
    )
    return told


def settings_line(trial: Trial) -> str:
    """What was set, what it began with and who taught it."""
    parts = []
    if trial.began_with:
        parts.append(f"went on from {trial.began_with}")
    if trial.teachers:
        parts.append(f"taught by {joined(trial.teachers)}")
    if trial.settings:
        parts.append(", ".join(trial.settings))
    return "; ".join(parts) or "a mean of the weights of others"


def label_sentences(report: LabelReport) -> list[str]:
    """How many labels are doubted, given as what, and what the near-duplicates are."""
    told = []
    for split in dict.fromkeys(one.split for one in report.suspects):
        found = report.of_split(split)
        sick = sum(one.given == LABELS[1] for one in found)
        judge = report.judged_by.get(split, "")
        by = f", by {_JUDGES.get(judge, judge)}" if judge else ""
        told.append(
            f"In {split}, {len(found):,} labels look wrong{by}: {sick:,} given as pneumonia, {len(found) - sick:,} "
            "given as normal."
        )
    if not report.of_this_model and report.of_split("test"):
        told.append("The labels of test were judged by another model than the one in use.")
    groups = len(report.near_duplicates)
    told.append(
        f"Of {report.images:,} pictures, {groups:,} groups are nearly the same ({report.near}); {report.two_splits:,} "
        f"of these groups lie in both train and test, {report.two_labels:,} carry both labels."
    )
    return told
