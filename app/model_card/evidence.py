"""How the model was measured, on what, and how good it was found to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import wording
from app.model_card import measures
from app.model_card.content import Item, Section
from app.model_card.sources import NO_EVALUATION, missing
from model.saliency import METHODS

if TYPE_CHECKING:
    from app.measured import Explanations
    from app.model_card.content import Table
    from app.model_card.sources import Sources
    from app.services import Performance


def metrics(sources: Sources) -> Section:
    """Mitchell et al.: metrics, thresholds, and how uncertainty was found."""
    evaluation = sources.evaluation
    items = [
        Item(
            "Why these measures",
            "Sensitivity and specificity do not hang on how common pneumonia is; predictive values do, and are what a "
            "reader meets. AUROC needs no threshold; calibration says whether the percentage can be read as one.",
        )
    ]
    if evaluation is None:
        return Section(key="metrics", title="Metrics", items=tuple(items), points=(missing(sources, NO_EVALUATION),))
    items += [
        Item(f"Threshold {wording.point_name(point.name)}", wording.as_sentence(point.method))
        for point in evaluation.operating_points
    ]
    chosen_on = "; ".join(dict.fromkeys(one.chosen_on for one in evaluation.operating_points))
    items.append(Item("Thresholds were chosen on", f"{chosen_on}. Never on test."))
    items += [
        Item(f"Intervals of {_KINDS.get(kind, kind)}", wording.as_sentence(text))
        for kind, text in evaluation.interval_methods.items()
    ]
    points = [wording.dependence_sentence(evaluation.test)]
    if evaluation.band is not None:
        points += [wording.band_key(evaluation.band), wording.guarantee_sentence(evaluation.band)]
    return Section(key="metrics", title="Metrics", items=tuple(items), points=tuple(one for one in points if one))


_KINDS = {"proportion": "percentages", "bootstrap": "other figures"}


def evaluation_data(sources: Sources) -> Section:
    """Mitchell et al.: evaluation data."""
    facts, evaluation, known = sources.facts, sources.evaluation, sources.known
    items = (
        Item("Data set", f"{facts.name}. {facts.source} {facts.citation}. {facts.paper}. Licence: {facts.licence}."),
        Item(
            "Why this one",
            "It is public, of children, and has an official test split on which others published, so that figures can "
            "be held against each other.",
        ),
        Item("Labels", facts.labels),
        Item("Form", facts.form),
        Item("Patients", facts.numbers),
        Item("Preparation", "The same path as every upload: model/preprocessing.py."),
    )
    points = list(sources.data_caution)
    if evaluation is None or known is None:
        points.append(missing(sources, NO_EVALUATION))
        return Section(key="evaluation_data", title="Evaluation data", items=items, points=tuple(points))
    test, ledger = evaluation.test, known.ledger
    counted = ledger.of_files(test.files_sha256) if ledger is not None else None
    points += [
        f"The test split: {test.images:,} images of {test.patients:,} patient numbers, {test.normal:,} normal and "
        f"{test.pneumonia:,} with pneumonia.",
        wording.shared_numbers_sentence(test),
        wording.ledger_sentence(counted),
        *(ledger.notes if ledger is not None else ()),
    ]
    return Section(
        key="evaluation_data", title="Evaluation data", items=items, points=tuple(one for one in points if one)
    )


def training_data(sources: Sources) -> Section:
    """Mitchell et al.: training data."""
    facts, known = sources.facts, sources.known
    items = [
        Item("Data set", f"The training part of the same: {facts.name}. {facts.collected} {facts.excluded}"),
        Item("Lung outlines", f"{facts.outlines.name}, {facts.outlines.licence}. {facts.outlines.use}"),
    ]
    published = tuple(
        f"{one.name.capitalize()}: {one.images:,} images, {one.normal:,} normal and {one.pneumonia:,} with pneumonia."
        for one in facts.splits
    )
    points = [*sources.data_caution, *published]
    if known is None:
        return Section(key="training_data", title="Training data", items=tuple(items), points=tuple(points))
    split, training = known.manifest.split, known.manifest.training
    items.append(Item("Split rule", wording.as_sentence(str(split.get("rule", "not recorded")))))
    if "lung_outlines" in training:
        items.append(Item("Outlined scans in training", f"{training['lung_outlines']:,}"))
    if augmentation := training.get("augmentation"):
        told = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in augmentation.items())
        items.append(Item("What training does to a scan", f"Strength or share of scans: {told}."))
    points.append("Validation and training share no patient number.")
    tables: tuple[Table, ...] = ()
    if known.evaluation is not None:
        train = split.get("train_images")
        tables = (measures.splits_table(known.evaluation, None if train is None else int(train)),)
    return Section(key="training_data", title="Training data", items=tuple(items), points=tuple(points), tables=tables)


def headline(sources: Sources) -> Section:
    """How good the model is, in one table."""
    title, evaluation = "How good it is", sources.evaluation
    if evaluation is None:
        return Section(key="headline", title=title, points=(missing(sources, NO_EVALUATION),))
    test = evaluation.test
    caption = (
        f"At the {wording.point_name(test.operating_point)} operating point, on {wording.images(test.images)} of the "
        f"test split, measured on {wording.day(evaluation.evaluated)}."
    )
    told = (measures.prevalence_sentence(test), wording.shared_numbers_sentence(test))
    return Section(
        key="headline",
        title=title,
        tables=(measures.metrics_table(test, measures.HEADLINE, caption=caption),),
        points=tuple(one for one in told if one),
    )


def quantities(sources: Sources) -> Section:
    """Mitchell et al.: quantitative analyses, unitary and intersectional."""
    key, title = "quantities", "Quantitative analyses"
    known, evaluation = sources.known, sources.evaluation
    if known is None or evaluation is None:
        return Section(key=key, title=title, points=(missing(sources, NO_EVALUATION),))
    test = evaluation.test
    names = [*wording.METRIC_TITLES, *(name for name in test.metrics if name not in wording.METRIC_TITLES)]
    tables = [
        measures.metrics_table(test, names, caption=f"All figures on {wording.images(test.images)} of the test split."),
        measures.confusion_table(test),
        measures.points_table(evaluation),
    ]
    points = [*wording.promise_sentences(evaluation), *_band(sources)]
    if known.robustness is not None:
        tables.append(measures.robustness_table(known.robustness.test))
        points.append(wording.over_sentence(known.robustness.test))
    else:
        points.append("What it does on changed scans was not measured for this model, or cannot be read.")
    points += [*_gate(known), *heatmap_sentences(known.explanations)]
    points.append(
        "Factors taken together: none. Age and sex are not in the data, and the kinds that the files’ names tell "
        "apart belong to one class each."
    )
    return Section(key=key, title=title, tables=tuple(tables), points=tuple(one for one in points if one))


def _band(sources: Sources) -> tuple[str, ...]:
    if (evaluation := sources.evaluation) is None or evaluation.band is None or evaluation.test.band is None:
        return ("This model has no band of indeterminate probabilities, or it was not measured.",)
    test, band = evaluation.test, evaluation.test.band
    return (
        wording.indeterminate_sentence(test),
        wording.decided_sentence(test),
        *wording.guarantee_results(band, evaluation.band),
    )


def _gate(known: Performance) -> tuple[str, ...]:
    card = wording.gate_card(known.gate, has_gate=known.manifest.gate_sha256 is not None)
    if known.gate is None or known.evaluation is None:
        return (card,)
    return card, wording.gate_refusals_sentence(known.evaluation, known.gate)


def heatmap_sentences(explanations: Explanations | None) -> tuple[str, ...]:
    """How far the heatmaps can be trusted, and whether the network reads the surroundings of the lungs."""
    if explanations is None:
        return (wording.TRUST_NOT_MEASURED,)
    judged = [key for key in METHODS if key in explanations.scorecard]
    sound = [METHODS[key].title for key in judged if not explanations.failed(key)]
    which = wording.joined(sound) if sound else "none"
    told = (
        f"Of {wording.number(len(judged))} heatmap methods, these failed no test of trust that they were put to: "
        f"{which}.",
        wording.surroundings_sentence(explanations),
        wording.opacities_sentence(explanations.opacities),
    )
    return tuple(one for one in told if one)
