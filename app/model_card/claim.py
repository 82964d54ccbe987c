"""CLAIM 2024 (Tejani et al., Radiology: Artificial Intelligence 2024), item by item, honestly.

`claim.json` holds the 44 items: what each asks for in our words, and our answer with places for what the files tell.
An item that needs a file which is missing says so instead.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import wording
from app.model_card.content import NOT_KNOWN, NOT_MEASURED, ChecklistItem
from app.model_card.evidence import heatmap_sentences
from app.model_card.sources import NO_MODEL, OTHER_DATA

if TYPE_CHECKING:
    from app.measured import Evaluation, Metric, SplitResult
    from app.model_card.sources import Sources
    from model.records.manifest import Manifest

CLAIM = Path(__file__).with_name("claim.json")

_NEEDED_FILES = {
    "evaluation": "evaluation.json",
    "history": "history.json",
    "robustness": "robustness.json",
    "explanations": "explanations.json",
}


def checklist(sources: Sources) -> tuple[ChecklistItem, ...]:
    """The checklist, answered.

    Args:
        sources: of the card.

    Returns:
        All items in the checklist's order.
    """
    known = _told(sources)
    return tuple(_item(one, known, sources) for one in json.loads(CLAIM.read_text(encoding="utf-8")))


def _item(entry: dict[str, Any], known: dict[str, dict[str, str]], sources: Sources) -> ChecklistItem:
    lacking = [need for need in entry["needs"] if need not in known]
    if lacking:
        status, answer = _why_not(lacking[0], sources)
    else:
        words = {name: text for need in entry["needs"] for name, text in known[need].items()}
        status, answer = entry["status"], entry["answer"].format(**words).strip()
    return ChecklistItem(entry["number"], entry["group"], entry["asks"], status, answer)


def _why_not(need: str, sources: Sources) -> tuple[str, str]:
    """Status and answer of an item that cannot be answered for this model."""
    if sources.known is None:
        return NOT_KNOWN, NO_MODEL
    if need == "data_set":
        return NOT_KNOWN, OTHER_DATA
    return NOT_MEASURED, f"{_NEEDED_FILES[need]} is missing, or cannot be read."


def _told(sources: Sources) -> dict[str, dict[str, str]]:
    """What fills the places in the answers, by what it comes from; what is missing has no entry."""
    if (known := sources.known) is None:
        return {}
    found = {"manifest": _of_manifest(known.manifest)}
    facts = sources.facts
    if sources.on_published_data:
        names = ("source", "citation", "collected", "excluded", "not_used", "form", "labels", "licence", "ages")
        found["data_set"] = {name: str(getattr(facts, name)) for name in names}
    if known.evaluation is not None:
        found["evaluation"] = _of_evaluation(known.evaluation)
    if known.history is not None:
        found["history"] = {"chosen_by": known.history.chosen_by or "a rule that was not recorded"}
    if known.robustness is not None:
        table = known.robustness.test
        found["robustness"] = {"limits": wording.limits_sentence(table), "over": wording.over_sentence(table)}
    if known.explanations is not None:
        found["explanations"] = {"heatmaps": " ".join(heatmap_sentences(known.explanations))}
    return found


def _of_manifest(manifest: Manifest) -> dict[str, str]:
    split, training = manifest.split, manifest.training
    start, parts = training.get("started_from"), training.get("averaged")
    return {
        "size": str(manifest.input.size),
        "window": manifest.input.window,
        "preset": manifest.preset,
        "parameters": f"{manifest.parameters:,}",
        "classes": wording.joined(list(manifest.labels)),
        "versions": ", ".join(f"{name} {version}" for name, version in manifest.versions.items()) or "not recorded",
        "split_rule": wording.as_sentence(str(split.get("rule", "not recorded"))),
        "train_images": _count(split.get("train_images")),
        "validation_images": _count(split.get("validation_images")),
        "started": f"From an earlier network of this project, {start}." if start else "From random weights.",
        "averaged": (
            f"The weights are the average of {wording.joined(list(parts))}; one network ships."
            if parts
            else "None: one network ships."
        ),
    }


def _count(number: int | None) -> str:
    return "an unrecorded number of" if number is None else f"{number:,}"


def _of_evaluation(evaluation: Evaluation) -> dict[str, str]:
    test = evaluation.test
    (_, alarms), (missed, _) = test.counts
    accuracy = [test.metrics[name] for name in ("sensitivity", "specificity", "accuracy") if name in test.metrics]
    return {
        "test_images": f"{test.images:,}",
        "shared": wording.shared_numbers_sentence(test) or "Whether a patient is in both was not recorded.",
        "intervals": "; ".join(evaluation.interval_methods.values()) or "not recorded",
        "headline": _headline(test),
        "validation_line": _headline(evaluation.validation),
        "accuracy": ". ".join(map(_in_words, accuracy)) + ".",
        "mistakes": (
            f"On test {wording.images(missed)} with pneumonia were missed and {wording.images(alarms)} without falsely "
            "flagged."
        ),
        "test_line": (
            f"Test: {wording.images(test.images)} of {test.patients:,} patient numbers, {test.normal:,} normal and "
            f"{test.pneumonia:,} with pneumonia."
        ),
    }


def _headline(split: SplitResult) -> str:
    if (area := split.metrics.get("auroc")) is None:
        return f"{wording.images(split.images)}."
    value, ends = wording.metric_shown(area), wording.metric_bounds(area)
    return f"AUROC {value} (95 % interval {ends}) on {wording.images(split.images)}."


def _in_words(metric: Metric) -> str:
    title = wording.METRIC_TITLES.get(metric.name, metric.name)
    return f"{title} {wording.metric_shown(metric)} (95 % interval {wording.metric_bounds(metric)})"
