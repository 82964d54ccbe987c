"""What the report's text is written from: the records beside the weights, and the little that is computed of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model.artifact import WEIGHTS
from model.evaluation import hardest
from model.records.split import SplitLists
from model.statistics.prevalence import likelihoods, natural_frequencies, npv, ppv
from training.data.listing import class_and_patient
from training.errors import ReportError
from training.provenance import ROOT
from training.report.filters import method
from training.report.network import parts, read_layers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from model.evaluation import HardestCases
    from model.records.evaluation import Counts, Evaluation, ReliabilityBin
    from model.records.measured import Measured
    from model.records.robustness import Perturbed, Robustness

PUBLISHED = ROOT / "training" / "report" / "published.json"
METRICS = {
    "accuracy": "accuracy",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "precision": "PPV (precision)",
    "npv": "NPV",
    "f1": "F1",
    "auroc": "AUROC",
    "average_precision": "average precision",
    "expected_calibration_error": "expected calibration error",
    "expected_calibration_error_balanced": "the same, both classes weighted equally",
}
PREVALENCES = (0.02, 0.05, 0.1, 0.2, 0.5)
SUSPECTED = "label suspected"
_CHILDREN = 10_000


def values_of(measured: Measured, artifact: Path) -> dict[str, Any]:
    """Everything that the template reads.

    Raises:
        ReportError: if there is no evaluation, or `model.keras` or `split.json` is damaged.
    """
    evaluation, scores, labels = measured.evaluation, measured.scores, measured.labels
    if evaluation is None or scores is None:
        raise ReportError("The model has not been evaluated; there is nothing to report.")
    test, others = evaluation.test, json.loads(PUBLISHED.read_text(encoding="utf-8"))
    layers = read_layers(artifact / WEIGHTS) if (artifact / WEIGHTS).is_file() else ()
    cases, remarks = hardest(scores, evaluation.threshold), _remarks(measured)
    later = (measured.explanations and measured.explanations.measured, labels and labels.created)
    return {
        "manifest": measured.manifest,
        "evaluation": evaluation,
        "test": test,
        "history": measured.history,
        "robustness": measured.robustness,
        "worst": _worst(measured.robustness) if measured.robustness else [],
        "explanations": measured.explanations,
        "passed_all": _passed_all(measured),
        "gate": measured.gate,
        "labels": labels,
        "ledger": measured.ledger,
        "cross_validation": measured.cross_validation,
        "trials": measured.ablation.trials if measured.ablation else (),
        "shipped": _shipped(measured),
        "first_specificity": _first_specificity(measured),
        "splits": _splits(evaluation, artifact),
        "names": METRICS,
        "kinds": {layer.kind for layer in layers},
        "parts": parts(layers),
        "prevalences": [row for share in PREVALENCES if (row := _at_prevalence(test.counts, share))],
        "bins": [each for each in test.reliability if each.images],
        "middle": _middle(test.reliability),
        "errors": _errors(cases, measured, remarks),
        "remarks": {path: ", ".join(words) for path, words in remarks.items()},
        "official": test.files_sha256 == others["files_sha256"],
        "published": others["results"],
        "references": others["references"],
        "cite": Citations(tuple(others["references"])),
        "newest": max(moment for moment in (evaluation.evaluated, *later) if moment),
    }


@dataclass(frozen=True)
class Citations:
    """Numbers in the list of references, such as "[1, 3]"."""

    keys: tuple[str, ...]

    def __call__(self, *keys: str) -> str:
        """Raises ValueError if there is no such reference."""
        return f"[{', '.join(str(self.keys.index(key) + 1) for key in keys)}]"


def _splits(evaluation: Evaluation, artifact: Path) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [("validation", evaluation.validation), ("test", evaluation.test)]
    split = SplitLists.read(artifact)
    if split is not None:
        known = [class_and_patient(path) for path in split.train]
        sick = sum(label for label, _ in known)
        patients = len({patient for _, patient in known})
        train = {"images": len(known), "normal": len(known) - sick, "pneumonia": sick, "patients": patients}
        found.insert(0, ("train", train))
    return found


def _worst(found: Robustness) -> list[dict[str, Any]]:
    """By strength, the change that costs most on each split."""

    def worst(rows: Sequence[Perturbed], strength: int) -> Perturbed:
        return max((row for row in rows if row.strength == strength), key=lambda row: row.drop)

    return [
        {
            "strength": strength,
            "test": worst(found.test.perturbed, strength),
            "validation": worst(found.validation.perturbed, strength),
            "limit": found.test.most_drop.get(strength),
        }
        for strength in sorted({row.strength for row in found.test.perturbed})
    ]


def _passed_all(measured: Measured) -> list[str]:
    card = measured.explanations.scorecard if measured.explanations else {}
    return [method(name) for name, verdicts in card.items() if all(verdicts.values())]


def _shipped(measured: Measured) -> str:
    """The last trial, if its AUROC is that of this model."""
    last = measured.ablation.trials[-1] if measured.ablation and measured.ablation.trials else None
    ours = measured.history.auroc("clean") if measured.history else None
    if last is None or ours is None or round(last.auroc.get("clean", -1.0), 3) != round(ours, 3):
        return ""
    return last.name


def _first_specificity(measured: Measured) -> float | None:
    """What the first model's specificity on test was, if that was another model."""
    seen = [one for one in (measured.ledger.openings if measured.ledger else ()) if one.confusion_matrix]
    if not seen or seen[0].weights_sha256 == measured.manifest.weights_sha256 or seen[0].confusion_matrix is None:
        return None
    true_negatives, false_positives = seen[0].confusion_matrix[0]
    return true_negatives / (true_negatives + false_positives)


def _at_prevalence(counts: Counts, prevalence: float) -> dict[str, Any] | None:
    frequencies, ratios = natural_frequencies(counts, prevalence, children=_CHILDREN), likelihoods(counts)
    if frequencies is None or ratios is None:
        return None
    return {
        "prevalence": prevalence,
        "children": _CHILDREN,
        "sick": frequencies.sick,
        "found": frequencies.found,
        "missed": frequencies.missed,
        "flagged": frequencies.flagged,
        "ppv": ppv(ratios, prevalence).value,
        "npv": npv(ratios, prevalence).value,
    }


def _middle(bins: Sequence[ReliabilityBin]) -> dict[str, float] | None:
    """Scores that are neither low nor high: their mean, and the share with pneumonia."""
    inner = [each for each in bins if each.low > 0 and each.high < 1]
    images = sum(each.images for each in inner)
    if not images:
        return None
    return {
        "images": images,
        "low": inner[0].low,
        "high": inner[-1].high,
        "share": sum(each.pneumonia for each in inner) / images,
        "mean": sum(each.images * (each.mean_probability or 0.0) for each in inner) / images,
    }


def _remarks(measured: Measured) -> dict[str, list[str]]:
    """What else is known of a test scan, by path."""
    said: dict[str, list[str]] = {}
    for row in measured.labels.suspected.get("test", ()) if measured.labels else ():
        said.setdefault(row.path, []).append(SUSPECTED)
    refused = measured.evaluation.test.refused_by_the_gate if measured.evaluation else None
    for path in refused.paths if refused else ():
        said.setdefault(path, []).append("rejected by the input check")
    return said


def _errors(cases: HardestCases, measured: Measured, remarks: dict[str, list[str]]) -> dict[str, Any]:
    wrong, band = (*cases.missed, *cases.false_alarms), measured.manifest.band
    return {
        "missed": cases.missed,
        "false_alarms": cases.false_alarms,
        "all": len(wrong),
        "indeterminate": sum(band.contains(case.probability) for case in wrong) if band else 0,
        "suspected": sum(SUSPECTED in remarks.get(case.path, ()) for case in wrong),
    }
