"""Performance page: how good the model is, from the files that training and evaluation wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import services, wording
from app.components import charts, figures, markup
from app.settings import Settings
from model.errors import ArtifactError

if TYPE_CHECKING:
    from app.measured import Evaluation, History, Ledger
    from model.artifact import Manifest

_HEADLINE = ("sensitivity", "specificity", "auroc", "accuracy")


def render() -> None:
    """The page."""
    settings = Settings.from_environment()
    markup.apply_style()
    markup.page_head("How good is the model?", "Measured on children whose images it was not trained on.")
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
    _learning(known.history)
    if known.evaluation is not None:
        _table(known.evaluation)
        _how(known.evaluation, known.manifest, known.ledger)
    markup.foot("Not a medical device. Every figure on this page is read from the files beside the model’s weights.")


def _measured(evaluation: Evaluation) -> None:
    test = evaluation.test
    markup.section(
        "On the test split, at the operating point",
        f"{test.images:,} images of {test.patients:,} children, measured on {wording.day(evaluation.evaluated)}.",
    )
    figures.tiles([test.metrics[name] for name in _HEADLINE if name in test.metrics], test)
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


def _how(evaluation: Evaluation, manifest: Manifest, ledger: Ledger | None) -> None:
    markup.section("When and on what it was measured")
    test, validation, point = evaluation.test, evaluation.validation, evaluation.operating_point
    split = manifest.split
    pairs = [
        ("Model", f"{evaluation.model_version}, {manifest.parameters:,} parameters, trained {manifest.created[:10]}"),
        ("Measured", evaluation.evaluated.strftime("%Y-%m-%d %H:%M %Z")),
        ("Test split", _size(test.images, test.normal, test.pneumonia, test.patients) + " Nothing was chosen from it."),
        ("Validation split", _size(validation.images, validation.normal, validation.pneumonia, validation.patients)),
        (
            "Split rule",
            f"{split.get('rule', 'not recorded')}. {split.get('train_images', 0):,} training images; "
            "validation and training are different patients.",
        ),
        ("Threshold", f"{point.threshold:.4f} (“{point.name}”): {point.method}. Chosen on {point.chosen_on}."),
        ("Test split opened", " ".join([wording.ledger_sentence(ledger), *(ledger.notes if ledger else ())])),
    ]
    markup.definitions(pairs)


def _size(images: int, normal: int, pneumonia: int, patients: int) -> str:
    return f"{images:,} images of {patients:,} patients: {normal:,} normal, {pneumonia:,} with pneumonia."


if __name__ == "__main__":
    render()
