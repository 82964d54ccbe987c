"""Where it fails, how often test was opened, and what it cannot do."""

from __future__ import annotations

from training.report.blocks import Paragraph, Points, Section, Table
from training.report.numbers import decimal, few, percent, whole
from training.report.sources import Sources

_MOST = 10
"""Rows of each kind of error."""


def errors(sources: Sources) -> Section:
    """The hardest scans by file name, false negatives first."""
    scans, band = sources.scans, sources.manifest.band
    called = scans.probabilities >= sources.threshold
    order = scans.probabilities.argsort(kind="stable").tolist()
    missed = [i for i in order if scans.sick[i] and not called[i]]
    flagged = [i for i in reversed(order) if not scans.sick[i] and called[i]]
    wrong = [*missed, *flagged]
    within = sum(band.contains(float(scans.probabilities[i])) for i in wrong) if band else 0
    remarks = _remarks(sources)
    suspected = sum(_SUSPECTED in remarks.get(scans.paths[i], "") for i in wrong)
    shares = [f"{whole(within)} lie inside the indeterminate band, where no verdict is given without that word"]
    if sources.labels is not None:
        shares.append(f"{whole(suspected)} carry a label that is itself suspected (see Labels)")
    return Section(
        "Failure analysis",
        (
            Paragraph(
                f"At the balanced point {whole(len(missed))} scans with pneumonia are missed and "
                f"{whole(len(flagged))} normal ones flagged. Of these {whole(len(wrong))} errors, "
                f"{', and '.join(shares)}."
            ),
            _hardest(sources, "false negatives", missed, remarks),
            _hardest(sources, "false positives", flagged, remarks),
        ),
    )


_SUSPECTED = "label suspected"


def _remarks(sources: Sources) -> dict[str, str]:
    """What else is known of a test scan, by path."""
    said: dict[str, list[str]] = {}
    for row in (sources.labels or {}).get("suspected", {}).get("test", ()):
        said.setdefault(row["path"], []).append(_SUSPECTED)
    for path in (sources.test.get("refused_by_the_gate") or {}).get("paths", ()):
        said.setdefault(path, []).append("refused by the input gate")
    return {path: ", ".join(words) for path, words in said.items()}


def _hardest(sources: Sources, name: str, chosen: list[int], remarks: dict[str, str]) -> Table | Paragraph:
    if not chosen:
        return Paragraph(f"There are no {name}.")
    scans, few = sources.scans, chosen[:_MOST]
    rows = tuple(
        (scans.paths[i], decimal(float(scans.probabilities[i])), remarks.get(scans.paths[i], "–")) for i in few
    )
    caption = f"The {len(few)} hardest of {whole(len(chosen))} {name}." if len(few) < len(chosen) else f"All {name}."
    return Table(caption, ("file", "probability of pneumonia", "remark"), rows, widths=(5, 2.2, 2.8))


def openings(sources: Sources) -> Section:
    """How often the test split was opened."""
    ledger = sources.ledger
    if not ledger:
        return Section("How often the test split was opened", (Paragraph("Left out: there is no test_ledger.jsonl."),))
    ours = [line for line in ledger if str(line["by"]).startswith("python -m training")]
    notes = [str(line.get("note", "")) for line in ledger if line not in ours]
    this = [line for line in ours if line.get("weights_sha256") == sources.manifest.weights_sha256]
    rows = tuple(
        (
            str(line["opened"])[:16].replace("T", " "),
            str(line["by"]).removeprefix("python -m training "),
            line["model_version"],
            decimal(line.get("auroc")),
        )
        for line in ours
    )
    return Section(
        "How often the test split was opened",
        (
            Paragraph(
                f"The test split was opened {_times(len(ours))} by the project's commands, {few(len(this))} of them "
                "for this model. Each opening is recorded before the first look. " + " ".join(notes)
            ),
            Table(
                "Openings (UTC), with what was seen.", ("when", "command", "model", "AUROC"), rows, (2, 1.4, 3.4, 1), 3
            ),
        ),
    )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def limits(sources: Sources) -> Section:
    """What the model cannot do, with numbers where there are some."""
    metrics, covered = sources.test["metrics"], ((sources.explanations or {}).get("shortcuts") or {}).get("test", {})
    expected = {point.name: point.specificity for point in sources.manifest.operating_points}.get("balanced")
    items = [
        "It tells pneumonia from normal, as one hospital labelled them. It knows no other finding; a film with another "
        "disease gets one of the two words all the same.",
        "It was not tried on another hospital's films, on adults, on lateral views, or on children younger or older "
        "than those of the data.",
        "Age and sex are not in the data, so nobody knows whether it is as good for girls as for boys, or for the "
        "youngest.",
    ]
    if shared := sources.test.get("patient_numbers_in_training"):
        items.append(
            f"{whole(shared['images'])} of {whole(sources.test['images'])} test images carry a patient number that "
            "occurs outside test too; see Data."
        )
    if expected and expected.value > metrics["specificity"]["value"]:
        items.append(
            f"Validation led to expect a specificity of {percent(expected.value)}; test gave "
            f"{percent(metrics['specificity']['value'])}. Elsewhere the fall may be larger."
        )
    if "lungs_covered" in covered:
        value = covered["lungs_covered"]
        items.append(
            f"With the lungs of test scans under one shape its AUROC is {decimal(value['auroc'])} "
            f"({decimal(value['low'])} to {decimal(value['high'])}), where chance is 0.5: it reads some of the "
            "surroundings, too."
        )
    items.append("A heatmap shows what raised the score, not where the disease is.")
    return Section("Limits", (Points(tuple(items)),))
