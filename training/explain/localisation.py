"""Does a map find a known finding? Synthetic opacities of known place, size and strength in normal scans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from model.statistics.intervals import wilson
from training.explain.faithfulness import interval
from training.explain.place import overlap, points_at
from training.explain.subject import PNEUMONIA, Grey, Subject
from training.opacities import SHAPES, SIZES, STRENGTHS, TAUGHT, Opacity, add_opacity


def localise(
    subject: Subject,
    methods: Sequence[str],
    scans: Sequence[tuple[Grey, Grey]],
    *,
    tick: Callable[[], object] = lambda: None,
) -> list[dict[str, Any]]:
    """Put opacities into normal scans, score these and draw each method's map.

    Returns:
        One record per size and strength: opacities, how many are classified as pneumonia (with Wilson interval), the
        mean rise of the probability, and by method: hits of the pointing game over all opacities, over those of shapes
        that augmentation never shows, and over those that changed the verdict, and the mean intersection over union.
    """
    rows: list[dict[str, Any]] = []
    for size in SIZES:
        for strength in STRENGTHS:
            found = [_one(subject, methods, *one) for one in _made(scans, size, strength)]
            rows.append({"size": size, "strength": strength, **_summary(methods, found, subject.threshold)})
            tick()
    return rows


def _made(scans: Sequence[tuple[Grey, Grey]], size: str, strength: str) -> Iterator[tuple[Opacity, Grey, str]]:
    """One opacity per scan, the shapes in turn; the same for every measurement."""
    shapes, kind = sorted(SHAPES), [list(SIZES).index(size), list(STRENGTHS).index(strength)]
    for number, (scan, lungs) in enumerate(scans):
        rng = np.random.default_rng([9, number, *kind])
        shape = shapes[number % len(shapes)]
        made = add_opacity(scan, lungs, shape=shape, radius=SIZES[size], strength=STRENGTHS[strength], rng=rng)
        yield made, scan, shape


def _one(subject: Subject, methods: Sequence[str], made: Opacity, plain: Grey, shape: str) -> dict[str, Any]:
    model_input = subject.to_input(made.pixels)
    before, after = subject.probabilities(np.stack([subject.to_input(plain), model_input]))
    maps = {name: subject.explain(name, model_input, PNEUMONIA) for name in methods}
    return {
        "shape": shape,
        "before": float(before),
        "after": float(after),
        "hits": {name: points_at(saliency_map, made.mask) for name, saliency_map in maps.items()},
        "overlap": {name: overlap(saliency_map, made.mask) for name, saliency_map in maps.items()},
    }


def _summary(methods: Sequence[str], found: list[dict[str, Any]], threshold: float) -> dict[str, Any]:
    flipped = [one for one in found if one["after"] >= threshold]
    unseen = [one for one in found if one["shape"] not in TAUGHT]
    return {
        "opacities": len(found),
        "called_pneumonia": _rate(len(flipped), len(found)),
        "rise": interval(np.array([one["after"] - one["before"] for one in found])),
        "methods": {
            name: {
                "hits": _rate(sum(one["hits"][name] for one in found), len(found)),
                "hits_unseen_shapes": _rate(sum(one["hits"][name] for one in unseen), len(unseen)),
                "hits_where_called": _rate(sum(one["hits"][name] for one in flipped), len(flipped)),
                "overlap": interval(np.array([one["overlap"][name] for one in found])),
            }
            for name in methods
        },
    }


def _rate(successes: int, trials: int) -> dict[str, Any]:
    value, low, high = (successes / trials, *wilson(successes, trials)) if trials else (None, None, None)
    return {"value": value, "low": low, "high": high, "successes": successes, "trials": trials}
