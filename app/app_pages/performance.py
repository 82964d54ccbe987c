"""Performance page: how good the model is, from the files that training and evaluation wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import heatmap, services, wording
from app.components import charts, figures, markup, tables, trust_tables
from app.settings import Settings, SettingsError
from model.errors import ArtifactError
from model.saliency import METHODS

if TYPE_CHECKING:
    from app.measured import Evaluation, Explanations, GateMeasured, History, Ledger, Robustness
    from app.services import Performance
    from model.artifact import Manifest

_HEADLINE = ("sensitivity", "specificity", "auroc", "accuracy")


def render() -> None:
    """The page."""
    markup.apply_style()
    markup.page_head("How good is the model?", "Measured on images it was not trained on.")
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        markup.problem("No figures: a setting cannot be used.", str(error))
        return
    # Whoever comes here first should not wait for the model on the other page.
    services.model_state(settings.model_dir)
    try:
        known = services.performance(settings.model_dir)
    except ArtifactError as error:
        markup.problem("No figures: there is no usable model.", str(error))
        return
    for text in known.problems:
        markup.problem("Some figures cannot be shown.", text)
    if known.evaluation is None and not known.problems:
        markup.problem(
            "This model was not evaluated.",
            f"Model {known.manifest.model_version} has no evaluation.json. Run `python -m training evaluate`.",
        )
    _sections(known)
    markup.foot("Not a medical device. Every figure on this page is read from the files beside the model’s weights.")


def _sections(known: Performance) -> None:
    """What was measured, the most important first; parts whose file is missing say so or are left out."""
    evaluation = known.evaluation
    if evaluation is not None:
        _measured(evaluation)
        _short(evaluation, known.history, known.robustness)
        _points(evaluation)
        _band(evaluation)
        _groups(evaluation)
    _sturdy(known.robustness)
    _refuses(known.gate, evaluation)
    _trust(known.explanations)
    _learning(known.history)
    if evaluation is not None:
        _table(evaluation)
        _how(evaluation, known.manifest, known.ledger)


def _measured(evaluation: Evaluation) -> None:
    test = evaluation.test
    markup.section(
        f"On the test split, at the {wording.point_name(test.operating_point)} operating point",
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
            charts.roc(test, area=f"AUROC {figures.shown(area)}"),
            key="roc",
            alt=f"ROC curve with an area of {figures.shown(area)}, {figures.interval(area)}. "
            + " ".join(wording.rates_sentence(at) for one in test.points if (at := test.at(one.name))),
        )


def _short(evaluation: Evaluation, history: History | None, robustness: Robustness | None) -> None:
    with st.container(border=True):
        markup.panel_title("What falls short")
        markup.facts(wording.shortfalls(evaluation, history, robustness))


def _points(evaluation: Evaluation) -> None:
    markup.section(
        f"{wording.number(len(evaluation.operating_points)).capitalize()} operating points",
        "One network, and thresholds to choose from. Rule-out misses few and raises more false alarms, rule-in the "
        "reverse.",
    )
    markup.facts(wording.promise_sentences(evaluation))
    tables.points_table(
        evaluation,
        caption="Small figures are 95 % intervals. What validation led to expect was cross-fitted: each patient judged "
        "by thresholds that the others chose.",
    )


def _band(evaluation: Evaluation) -> None:
    band, result = evaluation.band, evaluation.test.band
    if band is None or result is None:
        return
    markup.section("When it will not say", f"{wording.band_key(band)} {wording.guarantee_sentence(band)}")
    figures.tiles((result.indeterminate, result.normal, result.pneumonia, result.decided_right), evaluation.test)
    markup.facts(wording.guarantee_results(result, band))


def _groups(evaluation: Evaluation) -> None:
    markup.section("Who it works for", "Parts of the test split, as far as the files tell them apart.")
    found = evaluation.test.subgroups
    if found is None:
        markup.note("Parts of the test split were not measured for this model.")
        return
    markup.facts(wording.subgroup_sentences(found))
    if found.groups:
        tables.subgroup_table(
            found,
            caption=f"Called right at the {wording.point_name(evaluation.test.operating_point)} operating point. "
            "AUROC: against all scans of the other class. Small figures are 95 % intervals.",
        )


def _sturdy(robustness: Robustness | None) -> None:
    markup.section(
        "How sturdy it is",
        "The test scans, exposed, stored or framed differently: strength 1 is what nobody would notice, strength 3 "
        "what a reader would complain about.",
    )
    if robustness is None:
        markup.note("What it does on changed scans was not measured for this model, or cannot be read.")
        return
    table = robustness.test
    markup.facts(one for one in (wording.limits_sentence(table), wording.over_sentence(table)) if one)
    tables.robustness_overview(
        table,
        caption=f"Change of balanced accuracy in percentage points, on {wording.images(table.images)}; − is a drop.",
    )
    with st.expander("AUROC, sensitivity and specificity of every change"):
        tables.robustness_table(
            table, caption="At the balanced operating point. Change: of balanced accuracy, in percentage points."
        )


def _refuses(gate: GateMeasured | None, evaluation: Evaluation | None) -> None:
    markup.section("What it refuses to score")
    if gate is None:
        markup.note("No check of the input was measured for this model: it may answer for any picture.")
        return
    sentences = [
        f"It refused {wording.gate_refused(gate)}, measured on {wording.day(gate.measured)}.",
        wording.false_refusal_sentence(gate),
        wording.gate_refusals_sentence(evaluation, gate) if evaluation is not None else "",
        "No lateral views and no adults were available to measure, so it may let them pass.",
    ]
    markup.facts(sentence for sentence in sentences if sentence)
    with st.expander("What it refused, by kind of picture"):
        figures.gate_table(gate, caption="AUROC: how well it tells them from validation scans.")


def _trust(known: Explanations | None) -> None:
    markup.section(
        "Can I trust the heatmap?",
        "A heatmap looks convincing whether or not it is true, so each method was put to tests on validation scans.",
    )
    if known is None:
        markup.note(wording.TRUST_NOT_MEASURED)
        return
    titles = {key: method.title for key, method in METHODS.items()}
    facts = [wording.scorecard_sentence(known, METHODS, heatmap.default_method(known))]
    if known.random_labels is not None and not known.random_labels.by_heart:
        facts.append(wording.random_labels_sentence(known))
    markup.facts(facts)
    trust_tables.scorecard_table(
        known,
        titles,
        caption=f"Measured on {wording.day(known.measured)}. The Predict page marks methods that fail a test.",
    )
    with st.expander("What each test asks"):
        markup.facts(wording.meaning_sentences(known))
    with st.expander("The figures behind the tests"):
        _trust_figures(known, titles)
    _shortcuts(known)
    _sensitivity(known)


def _trust_figures(known: Explanations, titles: dict[str, str]) -> None:
    baselines = {"random": "Random order (baseline)", "centre": "Blob in the middle (baseline)"}
    trust_tables.deletion_table(
        known,
        titles | baselines,
        caption="Area under the curve of the probability while the places a map marks most are blurred away (deletion: "
        "less is better) or given back (insertion: more is better). Better than: in deletion, on the same scans. On "
        "validation scans unless it says otherwise. Small figures are 95 % intervals.",
    )
    trust_tables.likeness_table(known, titles, caption=wording.likeness_caption(known))
    by_heart = known.random_labels is not None and known.random_labels.by_heart
    told = (wording.random_labels_sentence(known) if by_heart else "", wording.classes_sentence(known, METHODS))
    if sentences := [sentence for sentence in told if sentence]:
        markup.facts(sentences)
    trust_tables.place_table(
        known,
        titles,
        caption=f"{wording.judged_opacities(known.judged)}In the lungs: share of the colour on scans rightly called "
        "Pneumonia.",
    )


def _shortcuts(known: Explanations) -> None:
    markup.panel_title("Does it read what is not the lungs?")
    told = (wording.surroundings_sentence(known), wording.cheating_sentence(known))
    if sentences := [sentence for sentence in told if sentence]:
        markup.facts(sentences)
    trust_tables.shortcut_table(known, caption=wording.shortcut_caption(known))


def _sensitivity(known: Explanations) -> None:
    markup.panel_title("What does it take to change its mind?")
    if told := wording.opacities_sentence(known.opacities):
        markup.facts([told])
    trust_tables.opacity_table(
        known,
        caption="Share of opacities drawn into normal scans that turned the verdict to Pneumonia, by size and "
        "strength. They are drawings, not disease. Small figures are 95 % intervals.",
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
    kinds = {"proportion": "Percentages", "bootstrap": "Other figures"}
    methods = [f"{kinds.get(kind, kind)}: {text}." for kind, text in evaluation.interval_methods.items()]
    with st.expander("All figures on the test split, with the range that chance leaves open"):
        figures.metric_table(evaluation.test, caption=" ".join(methods))
        if caution := wording.dependence_sentence(evaluation.test):
            markup.note(caution)


def _how(evaluation: Evaluation, manifest: Manifest, ledger: Ledger | None) -> None:
    markup.section("When and on what it was measured")
    test, validation = evaluation.test, evaluation.validation
    split, points = manifest.split, evaluation.operating_points
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
        *((f"{wording.point_title(one.name)} threshold", f"{one.threshold:.4f}: {one.method}.") for one in points),
        ("Thresholds chosen on", "; ".join(dict.fromkeys(one.chosen_on for one in points))),
        ("Test split opened", " ".join([wording.ledger_sentence(counted), *(ledger.notes if ledger else ())])),
    ]
    markup.definitions(pairs)


def _size(images: int, normal: int, pneumonia: int, patients: int) -> str:
    return f"{images:,} images of {patients:,} patient numbers: {normal:,} normal, {pneumonia:,} with pneumonia."


if __name__ == "__main__":
    render()
