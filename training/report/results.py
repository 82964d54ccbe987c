"""How good it is on the test split, and beside what others report."""

from __future__ import annotations

from model.statistics.intervals import wilson
from training.report import figures
from training.report.blocks import Figure, Paragraph, Section, Table
from training.report.numbers import NONE, counted, decimal, decimals, percent, percent_range, percents, whole
from training.report.references import cite
from training.report.sources import Record, Sources

METRICS: dict[str, tuple[str, bool]] = {
    "accuracy": ("accuracy", True),
    "sensitivity": ("sensitivity", True),
    "specificity": ("specificity", True),
    "precision": ("PPV (precision)", True),
    "npv": ("NPV", True),
    "f1": ("F1", False),
    "auroc": ("AUROC", False),
    "average_precision": ("average precision", False),
    "expected_calibration_error": ("expected calibration error", False),
    "expected_calibration_error_balanced": ("the same, both classes weighing the same", False),
}
"""Name in the file -> name in the report, and whether it is written in percent."""

PREVALENCES = (0.02, 0.05, 0.1, 0.2, 0.5)
_CHILDREN = 10_000


def test_results(sources: Sources) -> Section:
    """The headline table, matrix and curves."""
    test, methods = sources.test, sources.evaluation["interval_methods"]
    rows = []
    for key, (name, in_percent) in METRICS.items():
        metric = test["metrics"][key]
        value = percent(metric["value"]) if in_percent else decimal(metric["value"])
        low, high = (percent(metric[end])[:-2] if in_percent else decimal(metric[end]) for end in ("low", "high"))
        rows.append(
            (
                name,
                value,
                f"{low} to {high}" if metric["low"] is not None else NONE,
                counted(metric) if "successes" in metric else "–",
            )
        )
    (tn, fp), (fn, tp) = test["confusion_matrix"]["counts"]
    words = (
        f"Confusion matrix: of {whole(tn + fp)} normal scans {whole(tn)} were called normal and {whole(fp)} pneumonia; "
        f"of {whole(fn + tp)} with pneumonia {whole(fn)} were called normal and {whole(tp)} pneumonia. Area under the "
        f"ROC curve {decimal(test['metrics']['auroc']['value'])}, average precision "
        f"{decimal(test['metrics']['average_precision']['value'])}."
    )
    return Section(
        "Results on the test split",
        (
            Paragraph(
                f"{whole(test['images'])} images, {whole(test['normal'])} normal and {whole(test['pneumonia'])} with "
                f"pneumonia, at the balanced threshold of {decimal(sources.threshold)}. Intervals, proportions: "
                f"{methods['proportion']} {cite('wilson1927')}; others: {methods['bootstrap']}."
            ),
            Table(
                "Test results.", ("figure", "value", "95 % interval", "scans"), tuple(rows), widths=(4, 1.6, 2.2, 2.2)
            ),
            Figure(
                "Confusion matrix (rows: truth, columns: verdict), ROC and precision-recall curve on test; marks: the "
                "three operating points.",
                words,
                figures.matrix_and_curves(sources.scans, test),
            ),
        ),
    )


def published(sources: Sources) -> Section:
    """Others on the same split."""
    if not sources.official:
        said = "Left out: the published figures are of another test split than the one this model was measured on."
        return Section("Beside what others report", (Paragraph(said),))
    metrics = sources.test["metrics"]
    keys = ("accuracy", "sensitivity", "specificity")
    ours = ("this model", *(percent(metrics[key]["value"]) for key in keys), decimal(metrics["auroc"]["value"]))
    rows = [ours] + [
        (f"{one['network']} {cite(one['cite'])}", *(percent(one[key]) for key in keys), decimal(one["auroc"]))
        for one in sources.published["results"]
    ]
    best = max(one["auroc"] for one in sources.published["results"] if one["auroc"] is not None)
    low, high = metrics["auroc"]["low"], metrics["auroc"]["high"]
    place = "lies within" if low <= best <= high else "lies outside"
    return Section(
        "Beside what others report",
        (
            Table(
                "Published figures on the official test split; a dash: not reported.",
                ("network", "accuracy", "sensitivity", "specificity", "AUROC"),
                tuple(rows),
                widths=(5, 1.5, 1.5, 1.5, 1.5),
            ),
            Paragraph(
                f"The highest published AUROC, {decimal(best)}, {place} the interval of ours ({decimal(low)} to "
                f"{decimal(high)}). Others chose networks and thresholds in their own ways, and most give no "
                "interval; differences of a few scans mean little."
            ),
        ),
    )


def points(sources: Sources) -> Section:
    """Operating points, the band, and what a verdict is worth where pneumonia is rarer."""
    rows = []
    for point in sources.manifest.operating_points:
        found = sources.test["operating_points"][point.name]["metrics"]
        expected = [percents(vars(rate)) if rate else "–" for rate in (point.sensitivity, point.specificity)]
        threshold = f"{decimal(point.threshold)} ({decimal(point.low)} to {decimal(point.high)})"
        rows.append((point.name.replace("_", "-"), threshold, *expected, *_both(found)))
    return Section(
        "Operating points and the indeterminate band",
        (
            Paragraph(
                "Three thresholds were chosen on validation: rule-out, below which pneumonia is unlikely; balanced; "
                "and rule-in, above which a normal scan is unlikely."
            ),
            Table(
                "Thresholds with 95 % interval, what validation led to expect, and what test gave, in percent.",
                ("point", "threshold", "sens. expected", "spec. expected", "sens. on test", "spec. on test"),
                tuple(tuple(cell.replace("\N{NO-BREAK SPACE}%", "") for cell in row) for row in rows),
                widths=(1.3, 2.6, 2.4, 2.4, 2.4, 2.4),
            ),
            *_band(sources),
            *_prevalence(sources.test["metrics"]),
        ),
    )


def _both(metrics: Record) -> tuple[str, str]:
    return percents(metrics["sensitivity"]), percents(metrics["specificity"])


def _band(sources: Sources) -> tuple[Paragraph | Table, ...]:
    band = sources.manifest.band
    if band is None:
        return (Paragraph("This model has no indeterminate band."),)
    columns = ("indeterminate", "pneumonia_below", "normal_above", "decided_right")
    rows = tuple(
        (name, *(f"{counted(split['band'][key])}: {percents(split['band'][key])}" for key in columns))
        for name, split in (("validation", sources.validation), ("test", sources.test))
    )
    return (
        Paragraph(
            f"Between {decimal(band.low)} and {decimal(band.high)} the answer is indeterminate. The ends are "
            f"conformal quantiles of validation: at most {percent(band.error, 0)} of each class should fall beyond "
            f"the wrong end. {_kept(sources, band.error)}"
        ),
        Table(
            "The indeterminate band.",
            ("", "indeterminate", "pneumonia below it", "normal above it", "right outside it"),
            rows,
            widths=(1.1, 2.7, 2.5, 2.5, 2.9),
        ),
    )


def _kept(sources: Sources, error: float) -> str:
    found = sources.test["band"]
    below, above = (found[key]["value"] for key in ("pneumonia_below", "normal_above"))
    if below is None or above is None:
        return ""
    kept = {True: "keeps", False: "misses"}
    return (
        f"On test the band {kept[below <= error]} its aim for pneumonia and {kept[above <= error]} it for normal scans."
    )


def _prevalence(metrics: Record) -> tuple[Paragraph, Table]:
    sensitivity, specificity = metrics["sensitivity"]["value"], metrics["specificity"]["value"]
    rows = []
    for share in PREVALENCES:
        sick = _CHILDREN * share
        found, alarms = sick * sensitivity, (_CHILDREN - sick) * (1 - specificity)
        well = (_CHILDREN - sick) * specificity
        ppv = found / (found + alarms) if found + alarms else None
        npv = well / (well + sick - found) if well + sick - found else None
        cells = (round(sick), round(found), round(sick) - round(found), round(alarms))
        rows.append((percent(share, 0), *map(whole, cells), percent(ppv), percent(npv, 2)))
    share = metrics["sensitivity"]["trials"] / metrics["accuracy"]["trials"]
    return (
        Paragraph(
            f"In test {percent(share)} of the scans show pneumonia; in most clinics fewer do. Sensitivity and "
            "specificity carry over, as far as the children are alike; what a verdict is worth does not. The table is "
            "arithmetic from the two test figures, not a measurement."
        ),
        Table(
            f"Of {whole(_CHILDREN)} children, at the balanced point.",
            ("prevalence", "have pneumonia", "found", "missed", "falsely flagged", "PPV", "NPV"),
            tuple(rows),
            widths=(1.5, 1.8, 1.2, 1.2, 1.8, 1.3, 1.3),
        ),
    )


def _middle(bins: list[Record]) -> str:
    """Whether scores that are neither low nor high say too much or too little."""
    inner = [each for each in bins if each["from"] > 0 and each["to"] < 1]
    images = sum(each["images"] for each in inner)
    if not images:
        return ""
    share = sum(each["pneumonia"] for each in inner) / images
    mean = sum(each["images"] * each["mean_probability"] for each in inner) / images
    return (
        f"Scores in the middle are too {'high' if mean > share else 'low'}: the {whole(images)} test scans between "
        f"{decimal(inner[0]['from'], 1)} and {decimal(inner[-1]['to'], 1)} have a mean probability of "
        f"{decimal(mean, 2)}, and {percent(share)} of them show pneumonia."
    )


def calibration(sources: Sources) -> Section:
    """Platt's curve and the reliability diagram."""
    curve, metrics = sources.manifest.calibration, sources.test["metrics"]
    bins = [each for each in sources.test["reliability"] if each["images"]]
    intervals = [wilson(each["pneumonia"], each["images"]) for each in bins]
    thresholds = [point.threshold for point in sources.manifest.operating_points]
    lines = [
        f"probability {decimal(each['from'], 1)} to {decimal(each['to'], 1)}: {whole(each['pneumonia'])} of "
        f"{whole(each['images'])} with pneumonia {percent_range(*interval, 0)}"
        for each, interval in zip(bins, intervals, strict=True)
    ]
    return Section(
        "Calibration",
        (
            Paragraph(
                "The network's log-odds x become a probability by Platt's curve through validation, both classes "
                f"weighing the same {cite('platt1999')}: 1 / (1 + exp(−({decimal(curve.slope)} x "
                f"{'−' if curve.intercept < 0 else '+'} {decimal(abs(curve.intercept))}))). The expected calibration "
                f"error on test is {decimals(metrics['expected_calibration_error'])}, and with both classes weighing "
                f"the same {decimals(metrics['expected_calibration_error_balanced'])}. {_middle(bins)}"
            ),
            Figure(
                "Left: scores of the test scans by true class, dotted: the operating points. Right: share with "
                "pneumonia among scans of like score, with 95 % intervals.",
                "Reliability on test. " + "; ".join(lines) + ".",
                figures.scores_and_reliability(sources.scans, bins, thresholds, intervals),
            ),
        ),
    )
