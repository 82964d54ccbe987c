"""Which tests each method passes, judged on validation."""

from __future__ import annotations

from typing import Any

HITS = 0.8
ALIKE = 0.8
IN_LUNGS = 0.7
LOCATED = {"size": "medium", "strength": "clear"}


def scorecard(measured: dict[str, Any]) -> dict[str, dict[str, bool | None]]:
    """Hold every method against what it should reach.

    Args:
        measured: content of `explanations.json` so far, with validation, randomisation, repeatability, localisation.

    Returns:
        method -> faithful (deletion better than both baselines, intervals apart from 0), sane (randomised weights make
        its maps unlike), repeatable (maps of a mildly changed scan are alike), points (hits made opacities of medium
        size that changed the verdict; None where the method is too slow to be asked), in_lungs (of true positives).
    """
    faithful = measured["validation"]["faithfulness"]
    located = next(row for row in measured["localisation"] if all(row[key] == value for key, value in LOCATED.items()))
    return {
        name: {
            "faithful": all(gain["low"] > 0 for gain in faithful[name]["deletion_advantage"].values()),
            "sane": measured["randomisation"][name]["passes"],
            "repeatable": measured["repeatability"]["mild_changes"][name]["ssim"]["value"] >= ALIKE,
            "points": _points(located, name),
            "in_lungs": _in_lungs(measured["validation"]["mass"][name]["true_positive"]),
        }
        for name in measured["randomisation"]
    }


def _points(row: dict[str, Any], name: str) -> bool | None:
    if name not in row["methods"]:
        return None
    hits = row["methods"][name]["hits_where_called"]["value"]
    return None if hits is None else bool(hits >= HITS)


def _in_lungs(record: dict[str, Any]) -> bool | None:
    return bool(record["lungs"]["value"] >= IN_LUNGS) if "lungs" in record else None
