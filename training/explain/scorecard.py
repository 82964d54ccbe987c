"""Which tests each method passes, judged on validation."""

from __future__ import annotations

from typing import Any

PARTS = ("randomisation", "random_labels", "classes", "repeatability", "localisation")
"""Parts that need only validation, and can be measured again one by one."""

LIMITS = {"repeatable": 0.8, "points": 0.8, "in_lungs": 0.7}
"""Least structural similarity under mild changes and small shifts, least hit rate of the pointing game, least share of
mass in the lungs; stored beside the verdicts."""

LOCATED = {"size": "medium", "strength": "dense"}
"""The synthetic opacities that judge pointing, of shapes that training never shows: all, noticed or not."""


def scorecard(measured: dict[str, Any]) -> dict[str, dict[str, bool | None]]:
    """Compare every method with what it should reach.

    Returns:
        method -> faithful (deletion better than both baselines, intervals apart from 0), sane (a network of random
        weights, and one that learned random labels, have maps unlike its own), repeatable (maps of a scan in another
        exposure, with noise, or moved a little are alike), points (hits made opacities of medium size; None where the
        method is too slow to be asked), in_lungs (of true positives).
    """
    faithful = measured["validation"]["faithfulness"]
    located = next(row for row in measured["localisation"] if all(row[key] == value for key, value in LOCATED.items()))
    alike = [measured["repeatability"][change] for change in ("mild_changes", "shifts")]
    misled = measured["random_labels"]["methods"]
    return {
        name: {
            "faithful": all(gain["low"] > 0 for gain in faithful[name]["deletion_advantage"].values()),
            "sane": bool(measured["randomisation"][name]["passes"] and misled[name]["passes"]),
            "repeatable": all(change[name]["ssim"]["value"] >= LIMITS["repeatable"] for change in alike),
            "points": _points(located, name),
            "in_lungs": _in_lungs(measured["validation"]["mass"][name]["true_positive"]),
        }
        for name in measured["randomisation"]
    }


def _points(row: dict[str, Any], name: str) -> bool | None:
    if name not in row["methods"]:
        return None
    hits = row["methods"][name]["hits_unseen_shapes"]["value"]
    return None if hits is None else bool(hits >= LIMITS["points"])


def _in_lungs(record: dict[str, Any]) -> bool | None:
    return bool(record["lungs"]["value"] >= LIMITS["in_lungs"]) if "lungs" in record else None
