"""Does a map fail with random weights, as it should, and stay stable under small changes?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from training.explain.faithfulness import interval
from training.explain.likeness import rank_correlation, structural_similarity
from training.explain.place import in_common
from training.explain.randomised import cascade
from training.explain.subject import Explain, Inputs, Map

Maps = dict[str, list[Map]]


def maps_of(methods: Sequence[str], explain: Explain, scans: Sequence[tuple[Inputs, int]]) -> Maps:
    """The maps of some scans, by method."""
    return {name: [explain(name, model_input, decided) for model_input, decided in scans] for name in methods}


def randomisation(
    network: keras.Model,
    explainer: Callable[[keras.Model], Explain],
    methods: Sequence[str],
    scans: Sequence[tuple[Inputs, int]],
    *,
    tick: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """Cascading randomisation: how similar the maps stay as more and more layers are randomised (Adebayo et al. 2018).

    Returns:
        method -> stages (layer, ssim, rank_correlation: means over scans), the level of unlike maps `random_pair`
        (the trained network's maps of two different scans), `end` (ssim of the last stage, with interval) and
        `passes`: whether the end is at most the upper bound of the random-pair level.
    """
    trained = maps_of(methods, explainer(network), scans)
    stages: dict[str, list[dict[str, Any]]] = {name: [] for name in methods}
    for layer, copy in cascade(network):
        forgetful = maps_of(methods, explainer(copy), scans)
        for name in methods:
            stages[name].append({"layer": layer, **_likeness(trained[name], forgetful[name])})
        tick()
    return {name: _verdict(trained[name], stages[name]) for name in methods}


def unlike(
    explain: Explain, other: Explain, methods: Sequence[str], scans: Sequence[tuple[Inputs, int]]
) -> dict[str, Any]:
    """How similar the maps of two networks are, compared with the level of unlike maps.

    Returns:
        method -> ssim, with interval, rank_correlation, random_pair (as in `randomisation`) and `passes`: whether the
        two networks' maps are no more alike than the trained one's maps of different scans.
    """
    own, others = maps_of(methods, explain, scans), maps_of(methods, other, scans)
    found = {}
    for name in methods:
        pair, likeness = _random_pair(own[name]), _likeness(own[name], others[name])
        passes = bool(likeness["ssim"]["low"] <= pair["high"])
        found[name] = {**likeness, "random_pair": pair, "passes": passes}
    return found


def between_classes(explain: Explain, methods: Sequence[str], scans: Sequence[tuple[Inputs, int]]) -> dict[str, Any]:
    """How similar the maps of one scan for both classes are; a useful method distinguishes them.

    Returns:
        method -> ssim, with interval, and rank_correlation.
    """
    decided = maps_of(methods, explain, scans)
    other = maps_of(methods, explain, [(model_input, 1 - decision) for model_input, decision in scans])
    return {name: _likeness(decided[name], other[name]) for name in methods}


def repeatability(
    explain: Explain,
    methods: Sequence[str],
    scans: Sequence[tuple[Inputs, int]],
    changed: Sequence[Inputs],
    *,
    other: Explain | None = None,
    moves: Sequence[tuple[int, int]] | None = None,
) -> dict[str, Any]:
    """How similar the maps of a scan and of its slightly changed copy are, or those of two networks.

    Args:
        explain: the map of a method for an input and a class.
        methods: which.
        scans: inputs with the class explained.
        changed: the same scans with noise or exposure, or in a place, that leaves the probability alone.
        other: explains `changed`; `explain` does if None.
        moves: by how many pixels each changed scan was moved, down and across; not at all if None.

    Returns:
        method -> ssim and rank_correlation, means with intervals.
    """
    before = maps_of(methods, explain, scans)
    again = [(model_input, decided) for model_input, (_, decided) in zip(changed, scans, strict=True)]
    after = maps_of(methods, other or explain, again)
    if moves is not None:
        for name in methods:
            pairs = [
                in_common((one, two), move, len(model_input))
                for one, two, move, (model_input, _) in zip(before[name], after[name], moves, scans, strict=True)
            ]
            before[name], after[name] = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return {
        name: {
            "ssim": interval(_each(structural_similarity, before[name], after[name])),
            "rank_correlation": interval(_each(rank_correlation, before[name], after[name])),
        }
        for name in methods
    }


def _verdict(trained: list[Map], stages: list[dict[str, Any]]) -> dict[str, Any]:
    pair = _random_pair(trained)
    end = stages[-1]["ssim"]
    means = [{**stage, "ssim": stage["ssim"]["value"]} for stage in stages]
    return {"stages": means, "random_pair": pair, "end": end, "passes": bool(end["low"] <= pair["high"])}


def _random_pair(maps: list[Map]) -> dict[str, float]:
    """The level of unlike maps: each scan's against the next one's."""
    return interval(_each(structural_similarity, maps, [*maps[1:], maps[0]]))


def _likeness(one: list[Map], other: list[Map]) -> dict[str, Any]:
    return {
        "ssim": interval(_each(structural_similarity, one, other)),
        "rank_correlation": float(_each(rank_correlation, one, other).mean()),
    }


def _each(likeness: Callable[[Map, Map], float], one: list[Map], other: list[Map]) -> npt.NDArray[np.float64]:
    return np.array([likeness(a, b) for a, b in zip(one, other, strict=True)])
