"""Performance page: how good the model is, from the files that training and evaluation wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import services, wording
from app.components import charts, figures, markup
from app.settings import Settings
from model.errors import ArtifactError

if TYPE_CHECKING:
    from app.measured import Evaluation, GateMeasured, History, Ledger
    from model.artifact import Manifest

_HEADLINE = ("sensitivity", "specificity", "auroc", "accuracy")


def render() -> None:
    """The page."""
    settings = Settings.from_environment()
    markup.apply_style()
    markup.page_head("How good is the model?", "Measured on images it was not trained on.")
    # Whoever comes here first should not wait for the model on the other page.
    services.model_state(settings.model_dir)
    try:
        known = services.performance(settings.model_dir)
    except ArtifactError as error:
        markup.problem("No figures: there is no usable model.", str(error))
        return
    for text in known.problems:
        markup.problem("Some figures cannot be shown.", text)
    if known.evaluation is not None:
        _measured(known.evaluation)
    elif not known.problems:
        markup.problem(
            "This model was not evaluated.",
            f"Model {known.manifest.model_version} has no evaluation.json. Run `python -m training evaluate`.",
        )
    if known.evaluation is not None:
        _short(known.evaluation, known.history)
    _learning(known.history)
    if known.evaluation is not None:
        _table(known.evaluation)
    _refuses(known.gate)
    if known.evaluation is not None:
        _how(known.evaluation, known.manifest, known.ledger)
    markup.foot("Not a medical device. Every figure on this page is read from the files beside the model’s weights.")


def _measured(evaluation: Evaluation) -> None:
    test = evaluation.test
    markup.section(
        "On the test split, at the operating point",
        f"{test.images:,} images of {test.patients:,} patient numbers, "
        f"measured on {wording.day(evaluation.evaluated)}.",
    )
    figures.tiles([test.metrics[name] for name in _HEADLINE if name in test.metrics], test)
    if caution := wording.shared_numbers_sentence(test):
        markup.note(caution)
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        markup.panel_title("Confusion matrix", "Images; rows are the truth, columns the model’s verdict.")
        charts.draw(
            charts.confusion_matrix(test),
            key="confusion-matrix",
            alt=f"{wording.sensitivity_sentence(test)} {wording.specificity_sentence(test)}",
        )
    with right.container(border=True, height="stretch"):
        area = test.metrics["auroc"]
        markup.panel_title(
            "ROC curve", "What each threshold would give: more found on top, fewer false alarms to the left."
        )
        charts.draw(
            charts.roc(test, point_name=evaluation.operating_point.name, area=f"AUROC {figures.shown(area)}"),
            key="roc",
            alt=f"ROC curve with an area of {figures.shown(area)}, {figures.interval(area)}.",
        )


def _short(evaluation: Evaluation, history: History | None) -> None:
    with st.container(border=True):
        markup.panel_title("What falls short")
        markup.facts(wording.shortfalls(evaluation, history))


def _refuses(gate: GateMeasured | None) -> None:
    markup.section("What it refuses to score")
    if gate is None:
        markup.note("No check of the input was measured for this model: it may answer for any picture.")
        return
    figures.gate_table(
        gate,
        caption=(
            f"It refused {wording.gate_refused(gate)}, measured on {wording.day(gate.measured)}. "
            "AUROC: how well it tells them from validation scans."
        ),
    )
    markup.facts(
        (
            wording.false_refusal_sentence(gate),
            "No lateral views and no adults were available to measure, so it may let them pass.",
        )
    )


def _learning(history: History | None) -> None:
    markup.section("How it learned")
    if history is None:
        markup.note("There is no history.json beside this model, so its learning curves cannot be shown.")
        return
    sentences = [wording.curve_sentence(history)]
    if history.accuracy_note:
        sentences.append(f"Mind that {history.accuracy_note}.")
    if history.chosen_by:
        sentences.append(f"The epoch was chosen by the {history.chosen_by}.")
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        markup.panel_title("Loss")
        charts.draw(charts.loss_curves(history), key="loss", alt=f"Loss by epoch. {sentences[0]}")
    with right.container(border=True, height="stretch"):
        markup.panel_title("Accuracy")
        charts.draw(charts.accuracy_curves(history), key="accuracy", alt=f"Accuracy by epoch. {sentences[0]}")
    markup.facts(sentences)


def _table(evaluation: Evaluation) -> None:
    markup.section("All figures on the test split", "With the range that chance leaves open.")
    kinds = {"proportion": "Percentages", "bootstrap": "Other figures"}
    methods = [f"{kinds.get(kind, kind)}: {text}." for kind, text in evaluation.interval_methods.items()]
    figures.metric_table(evaluation.test, caption=" ".join(methods))
    if caution := wording.dependence_sentence(evaluation.test):
        markup.note(caution)


def _how(evaluation: Evaluation, manifest: Manifest, ledger: Ledger | None) -> None:
    markup.section("When and on what it was measured")
    test, validation, point = evaluation.test, evaluation.validation, evaluation.operating_point
    split = manifest.split
    counted = ledger.of_files(test.files_sha256) if ledger else None
    pairs = [
        ("Model", f"{evaluation.model_version}, {manifest.parameters:,} parameters, trained {manifest.created[:10]}"),
        ("Measured", evaluation.evaluated.strftime("%Y-%m-%d %H:%M %Z")),
        ("Test split", _size(test.images, test.normal, test.pneumonia, test.patients)),
        ("Validation split", _size(validation.images, validation.normal, validation.pneumonia, validation.patients)),
        (
            "Split rule",
            f"{split.get('rule', 'not recorded')}. {split.get('train_images', 0):,} training images; "
            "validation and training share no patient number.",
        ),
        ("Threshold", f"{point.threshold:.4f} (“{point.name}”): {point.method}. Chosen on {point.chosen_on}."),
        ("Test split opened", " ".join([wording.ledger_sentence(counted), *(ledger.notes if ledger else ())])),
    ]
    markup.definitions(pairs)


def _size(images: int, normal: int, pneumonia: int, patients: int) -> str:
    return f"{images:,} images of {patients:,} patient numbers: {normal:,} normal, {pneumonia:,} with pneumonia."


if __name__ == "__main__":
    render()
