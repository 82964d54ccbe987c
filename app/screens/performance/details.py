"""Below the first screen of Accuracy: what falls short, operating points, the indeterminate range, all figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.ui import metrics, numbers
from app.ui import page as ui
from app.ui.numbers import count, figure, percent, percent_range
from app.ui.table import Cell, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.records.evaluation import BandResult, Evaluation, Metric, SplitResult
    from model.records.manifest import Estimate, UncertaintyBand
    from model.records.measured import Measured


def shared_numbers(test: SplitResult) -> str:
    """How many patient numbers test shares with training; "" where not recorded."""
    if test.shared is None:
        return ""
    return (
        f"{test.shared.shared:,} of {count(test.shared.of, 'patient number')} of the test radiographs also occur in "
        "training or validation. The data set reuses numbers, so it is not known whether they are the same children."
    )


def falls_short(known: Measured) -> None:
    """What the model does badly, or what nobody measured; each from the files."""
    evaluation = known.evaluation
    if evaluation is None:
        return
    test, validation = evaluation.test, evaluation.validation
    alarms = test.counts.false_positive
    told = [
        f"Of {test.normal:,} normal test radiographs, {alarms:,} ({percent(alarms / max(1, test.normal))}) were "
        "classified as pneumonia at the balanced operating point."
    ]
    auroc, error = "auroc", "expected_calibration_error_balanced"
    if test.metrics[auroc].value < validation.metrics[auroc].value:
        told.append(f"Lower AUROC on test than on validation: {_both(evaluation, auroc)}.")
    if error in test.metrics and test.metrics[error].value > validation.metrics[error].value:
        told.append(f"Larger calibration error on test than on validation: {_both(evaluation, error)}.")
    told += [_surroundings(known), _restyled(known), _band_missed(evaluation)]
    if known.robustness and (over := known.robustness.test.over):
        limited = sum(row.strength in known.robustness.test.most_drop for row in known.robustness.test.perturbed)
        told.append(
            f"Exposed, stored or framed differently, it loses more accuracy than allowed in {len(over)} of {limited} "
            "settings (see “For whom”)."
        )
    ui.facts([*told, shared_numbers(test), "It was not tested on another hospital’s radiographs."])


def _both(evaluation: Evaluation, name: str) -> str:
    return f"{figure(evaluation.test.metrics[name].value)} against {figure(evaluation.validation.metrics[name].value)}"


def _surroundings(known: Measured) -> str:
    """What it does with the lungs covered: on the radiographs with outlined lungs, as on the Heatmap tab."""
    views = known.explanations.shortcuts.get("validation", {}) if known.explanations else {}
    if covered := views.get("lungs_covered"):
        value, sample = covered.auroc, f"{count(covered.scans, 'validation radiograph')} whose lungs were outlined"
    elif known.history and (found := known.history.auroc("lungs_covered")) is not None:
        value, sample = found, "all validation radiographs"
    else:
        return ""
    return (
        f"With the lungs covered, AUROC is {figure(value)} on {sample}, where 0.5 is chance: it also uses what "
        "surrounds the lungs."
        if value > 0.5
        else f"With the lungs covered, AUROC is {figure(value)} on {sample}: no better than chance."
    )


def _restyled(known: Measured) -> str:
    history = known.history
    clean, restyled = (history.auroc("clean"), history.auroc("restyled")) if history else (None, None)
    if clean is None or restyled is None or restyled >= clean:
        return ""
    return (
        f"Given the sharpness and grey values of the other class, AUROC on validation falls from {figure(clean)} to "
        f"{figure(restyled)}: it partly relies on how a picture was made."
    )


def _band_missed(evaluation: Evaluation) -> str:
    """Where the indeterminate range missed its aim on test, beyond chance."""
    band, result = evaluation.band, evaluation.test.band
    if band is None or result is None:
        return ""
    sides = ((result.pneumonia_below, "with pneumonia scored below"), (result.normal_above, "normal ones scored above"))
    broken = [
        f"{metric.successes:,} of {metric.trials:,} ({percent(metric.value, 1)}) {where} it"
        for metric, where in sides
        if metric.low > band.error
    ]
    if not broken:
        return ""
    return f"The indeterminate range missed its aim of at most {percent(band.error)}: {numbers.joined(broken)}."


def operating_points(known: Measured) -> None:
    """The thresholds to choose from, on test beside what validation led to expect."""
    evaluation = known.evaluation
    if evaluation is None:
        return
    points = evaluation.operating_points
    ui.panel_title(
        f"{numbers.word(len(points)).capitalize()} operating points",
        "One network with a choice of thresholds. Rule-out: few missed cases, more false alarms. Rule-in: the reverse.",
    )
    outside = [
        f"On test, {rate} is {side} the expected range at {numbers.joined(cases)}."
        for rate in ("sensitivity", "specificity")
        for side in ("below", "above")
        if (cases := _outside(evaluation, rate, side))
    ]
    ui.facts(outside or ["On test, every operating point did what validation led us to expect."])
    found = [evaluation.test.points[point.name].metrics for point in points]
    rows: list[Sequence[Cell | str]] = [
        ("Threshold", *(_share(one.threshold, one.low, one.high) for one in points)),
    ]
    for rate in ("sensitivity", "specificity"):
        expected: list[Estimate] = [getattr(point, rate) for point in points]
        pairs = zip(found, expected, strict=True)
        rows.append((f"{rate.capitalize()} on test", *(_against(one[rate], promised) for one, promised in pairs)))
        rows.append((f"{rate.capitalize()} expected", *(_share(one.value, one.low, one.high) for one in expected)))
    head = ("Operating point", *(metrics.point_title(point.name) for point in points))
    table(
        head,
        rows,
        caption="Small figures are 95 % intervals. Expected: from cross-fitted validation, each patient judged by "
        "thresholds that the others chose.",
    )
    more: list[Sequence[Cell | str]] = [
        ("Missed", *(_mistaken(one["sensitivity"]) for one in found)),
        ("False alarms", *(_mistaken(one["specificity"]) for one in found)),
    ]
    more += [
        (metrics.title(name), *(_share(one[name].value, one[name].low, one[name].high) for one in found))
        for name in ("precision", "npv")
    ]
    with st.expander("Mistakes and predictive values"):
        table(head, more, caption="On test, with 95 % intervals.")


def _outside(evaluation: Evaluation, rate: str, side: str) -> list[str]:
    cases = []
    for point in evaluation.operating_points:
        promised: Estimate = getattr(point, rate)
        value = evaluation.test.points[point.name].metrics[rate].value
        if value < promised.low if side == "below" else value > promised.high:
            cases.append(metrics.point_name(point.name))
    return cases


def _share(value: float, low: float, high: float) -> Cell:
    return Cell(percent(value, 1), percent_range(low, high))


def _against(metric: Metric, promised: Estimate) -> Cell:
    mark = "▼ below expected" if metric.value < promised.low else ""
    mark = "▲ above expected" if metric.value > promised.high else mark
    return Cell(percent(metric.value, 1), percent_range(metric.low, metric.high), mark)


def _mistaken(metric: Metric) -> Cell:
    trials, wrong = metric.trials or 0, (metric.trials or 0) - (metric.successes or 0)
    if not trials:
        return Cell(numbers.NOT_DEFINED)
    ends = percent_range(1 - metric.high, 1 - metric.low)
    return Cell(f"{wrong:,} of {trials:,}", f"{percent(wrong / trials, 1)}; {ends}")


def indeterminate(known: Measured) -> None:
    """The range of scores in which the model does not decide, and whether it keeps its promise."""
    evaluation = known.evaluation
    band, result = (evaluation.band, evaluation.test.band) if evaluation else (None, None)
    if evaluation is None or band is None or result is None:
        ui.note("This model has no indeterminate range: it always decides.")
        return
    aim = percent(band.error)
    ui.panel_title(
        "When it does not decide",
        f"Indeterminate from {percent(band.low)} to {percent(band.high)}. It is set so that, of radiographs like "
        f"those of validation, at most {aim} with pneumonia score below it and at most {aim} of normal ones above. The "
        "network was chosen on the same patients, so expect more.",
    )
    if band.low <= 0 and band.high >= 1:
        ui.warning("This range covers every score: the model never decides.")
    names = ("indeterminate", "normal", "pneumonia", "decided_right")
    shown = {name: getattr(result, name) for name in names}
    metrics.tiles(shown, prevalence=evaluation.test.prevalence, columns=4, key="tiles-indeterminate")
    ui.facts(_aims(result, band))


def _aims(result: BandResult, band: UncertaintyBand) -> list[str]:
    """Whether the range kept its promise on test, class by class."""
    sides = (
        (result.pneumonia_below, "with pneumonia", "scored below the range"),
        (result.normal_above, "normal", "scored above the range"),
    )
    told = []
    for metric, who, where in sides:
        if metric.trials:
            met = "The aim was missed."
            if metric.value <= band.error:
                met = "The aim was met."
            elif metric.low <= band.error:
                met = "More than aimed at, though chance alone could explain it."
            told.append(
                f"{metric.successes:,} of {metric.trials:,} {who} {where}: {percent(metric.value, 1)}, 95 % interval "
                f"{percent_range(metric.low, metric.high)}; aim: at most {percent(band.error)}. {met}"
            )
    return told


def all_figures(known: Measured) -> None:
    """Every metric with its interval."""
    evaluation = known.evaluation
    if evaluation is None:
        return
    test = evaluation.test
    order = [name for name in metrics.TITLES if name in test.metrics]
    rows = [
        (
            metrics.title(name),
            metrics.shown(metric),
            metrics.interval(metric),
            metrics.in_words(name, metric, prevalence=test.prevalence),
        )
        for name in [*order, *(name for name in test.metrics if name not in metrics.TITLES)]
        if (metric := test.metrics[name])
    ]
    kinds = {"proportion": "Percentages", "bootstrap": "Other figures"}
    methods = [f"{kinds.get(kind, kind)}: {text}." for kind, text in evaluation.interval_methods.items()]
    ui.panel_title("All figures on the test split")
    head = ("Metric", "Value", "95 % interval", "In plain words")
    table(head, rows, caption="On the test split, at the balanced operating point.", key="all-figures")
    if test.patients < test.images:
        methods.append(
            f"The {count(test.images, 'radiograph')} carry {count(test.patients, 'patient number')} and are not "
            "independent, so the true intervals of percentages are slightly wider."
        )
    with st.expander("How the intervals were computed"):
        ui.facts(methods)
