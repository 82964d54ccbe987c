"""Made figures of heatmaps, in the form that `python -m training explain` writes them, bound to an artifact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from model.artifact import read_manifest
from model.saliency import METHODS

PASSED = {"faithful": True, "sane": True, "repeatable": True, "points": True, "in_lungs": True}
BASELINES = ("random", "centre")
SIZES = ("small", "medium", "large", "lobar")
STRENGTHS = ("faint", "clear", "dense", "solid")
NEWER = ("limits", "random_labels", "classes", "surroundings")


def estimate(value: float | None, half: float = 0.05) -> dict[str, float | None]:
    if value is None:
        return {"value": None, "low": None, "high": None}
    return {"value": value, "low": value - half, "high": value + half}


def explanations(
    folder: Path, *, failed: dict[str, tuple[str, ...]] | None = None, older: bool = False
) -> dict[str, Any]:
    """What the file holds for the weights in a folder.

    Args:
        folder: the artifact.
        failed: by method, the tests that it fails; all others pass, but slow ones were not asked to point.
        older: without what was not measured at first, and with fewer kinds of made opacities.
    """
    manifest = read_manifest(folder)
    scorecard = {
        key: PASSED | ({"points": None} if method.slow else {}) | dict.fromkeys((failed or {}).get(key, ()), False)
        for key, method in METHODS.items()
    }
    views = ("clean", "only_lungs", "corners_masked", "lungs_blanked", "lungs_covered")
    aurocs = {"validation": (0.98, 0.975, 0.981, 0.7, 0.62), "test": (0.96, 0.955, 0.961, 0.72, 0.66)}
    sizes, strengths = (3, 3) if older else (len(SIZES), len(STRENGTHS))
    values = {
        "weights_sha256": manifest.weights_sha256,
        "model_version": manifest.model_version,
        "measured": "2026-11-23T08:41:48+00:00",
        "versions": {},
        "validation": _split(120, 0.78),
        "randomisation": {key: _randomised(index) for index, key in enumerate(METHODS)},
        "repeatability": {
            "scans": 8,
            "mild_changes": {
                key: {"ssim": estimate(0.9 - 0.01 * index), "rank_correlation": estimate(0.9)}
                for index, key in enumerate(METHODS)
            },
            "shifted_scans": 8,
            "most_shift": 0.05,
            "shifts": {
                key: {"ssim": estimate(0.86 - 0.01 * index), "rank_correlation": estimate(0.8)}
                for index, key in enumerate(METHODS)
            },
            "other_seeds": {
                version: {key: {"ssim": estimate(value), "rank_correlation": estimate(0.1)} for key in METHODS}
                for version, value in (("one", 0.123), ("two", 0.234))
            },
        },
        "localisation": [
            _opacities(size, strength, older=older) for size in range(sizes) for strength in range(strengths)
        ],
        "shortcuts": {
            split: {
                view: {"scans": 120, "auroc": value, "low": value - 0.04, "high": min(1.0, value + 0.02)}
                for view, value in zip(views, values, strict=True)
            }
            for split, values in aurocs.items()
        },
        "scorecard": scorecard,
        "test": _split(120, 0.71),
    }
    if not older:
        return values | _newer()
    for name in ("shifted_scans", "most_shift", "shifts", "other_seeds"):
        del values["repeatability"][name]
    for split in ("validation", "test"):
        del values[split]["markers"]
    return values


def write_explanations(folder: Path, **options: Any) -> Path:
    """Write them beside the weights.

    Returns:
        The folder.
    """
    (folder / "explanations.json").write_text(json.dumps(explanations(folder, **options)), encoding="utf-8")
    return folder


def _split(scans: int, in_lungs: float) -> dict[str, Any]:
    faithfulness: dict[str, Any] = {}
    for index, key in enumerate((*METHODS, *BASELINES)):
        slow = key in METHODS and METHODS[key].slow
        faithfulness[key] = {
            "scans": scans // 4 if slow else scans,
            "deletion": estimate(0.412 + 0.013 * index),
            "insertion": estimate(0.812 - 0.013 * index),
        }
        if key in METHODS:
            gains = {name: estimate(0.123 - 0.011 * index) for name in BASELINES}
            faithfulness[key] |= {"deletion_advantage": gains, "insertion_advantage": gains}
    share = {"lungs": estimate(in_lungs), "border": estimate(0.04), "elsewhere": estimate(0.96 - in_lungs)}
    full = {"scans": scans // 2, "empty": 1, **share}
    outcomes = {"true_positive": full, "true_negative": full, "false_negative": {"scans": 0, "empty": 0}}
    mass = {key: outcomes | {"false_positive": {"scans": 1, "empty": 1}} for key in METHODS}
    return {"scans": scans, "faithfulness": faithfulness, "mass": mass, "markers": _markers(scans)}


def _markers(scans: int) -> dict[str, Any]:
    """What drawn letters do; older measurements lack it."""
    full = {"scans": scans // 2, "empty": 0}
    return {
        "scans": scans,
        "area": 0.031,
        "turned": 2,
        "methods": {
            key: {"true_positive": full | {"share": estimate(0.017 + 0.01 * index)}, "false_negative": full}
            for index, key in enumerate(METHODS)
        },
    }


def _randomised(index: int) -> dict[str, Any]:
    stages = [{"layer": name, "ssim": 0.5, "rank_correlation": 0.4} for name in ("logits", "stem")]
    return {
        "stages": stages,
        "random_pair": estimate(0.352 + 0.01 * index),
        "end": estimate(0.241 + 0.01 * index),
        "passes": True,
    }


def _newer() -> dict[str, Any]:
    """What older measurements lack."""
    surroundings = {
        view: {
            split: {"scans": 120, "auroc": value, "low": value - 0.05, "high": value + 0.05}
            for split, value in zip(("validation", "test"), values, strict=True)
        }
        for view, values in {"lungs_covered": (0.81, 0.74), "lungs_blanked": (0.87, 0.79)}.items()
    }
    return {
        "limits": {
            "repeatable": 0.8,
            "points": 0.75,
            "in_lungs": 0.7,
            "located": {"size": "medium", "strength": "dense"},
        },
        "random_labels": {
            "images": 512,
            "epochs": 23,
            "accuracy": 0.994,
            "methods": {
                key: {
                    "ssim": estimate(0.2 + 0.01 * index),
                    "rank_correlation": 0.1,
                    "random_pair": estimate(0.352 + 0.01 * index),
                    "passes": True,
                }
                for index, key in enumerate(METHODS)
            },
        },
        "classes": {
            key: {"ssim": estimate(-0.05 + 0.15 * index), "rank_correlation": 0.3} for index, key in enumerate(METHODS)
        },
        "surroundings": {"preset": "plain", "input": {"size": 112}, "epochs": 10, "views": surroundings},
    }


def _opacities(size: int, strength: int, *, older: bool) -> dict[str, Any]:
    called = 0.06 * (size + 1) * (strength + 1)
    shape = {"successes": 27, "trials": 30}
    hits = {
        key: {
            "hits": estimate(0.8) | shape,
            "hits_where_called": estimate(0.9 if called > 0.1 else None) | shape,
            "overlap": estimate(0.3),
            **({} if older else {"hits_unseen_shapes": estimate(0.7) | {"successes": 14, "trials": 20}}),
        }
        for key, method in METHODS.items()
        if not method.slow
    }
    return {
        "size": SIZES[size],
        "strength": STRENGTHS[strength],
        "opacities": 30,
        "called_pneumonia": estimate(called) | shape,
        "rise": estimate(0.2),
        "methods": hits,
    }
