"""Is a map faithful to the model? Deletion and insertion, against a random order and a central blob."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from training.explain.curves import CELLS, area, centre_blob, curve, order_of
from training.explain.subject import Inputs, Subject

BASELINES = ("random", "centre")
REPEATS = 2000


def faithfulness(
    subject: Subject,
    methods: Mapping[str, int],
    scans: Sequence[tuple[Inputs, int]],
    *,
    tick: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """Mean areas under the deletion and the insertion curve, by method, with intervals over scans.

    Returns:
        name -> scans, deletion and insertion {value, low, high}; for methods also the mean advantage over each
        baseline on the same scans, {deletion, insertion} x {random, centre}, above 0 where the method is better.
    """
    areas: dict[str, list[tuple[float, float]]] = {name: [] for name in (*methods, *BASELINES)}
    for number, (model_input, decided) in enumerate(scans):
        rng = np.random.default_rng([5, number])
        maps = {"random": rng.random((CELLS, CELLS), dtype=np.float32), "centre": centre_blob(model_input.shape[0])}
        for name, most in methods.items():
            if number < most:
                maps[name] = subject.explain(name, model_input, decided)
                tick()
        for name, saliency_map in maps.items():
            order = order_of(saliency_map, rng)
            score = partial(subject.of_class, class_index=decided)
            found = [area(curve(model_input, order, score, insert=insert)) for insert in (False, True)]
            areas[name].append((found[0], found[1]))
    tables = {name: np.array(values) for name, values in areas.items()}
    return {name: _record(name, tables) for name in tables}


def _record(name: str, tables: Mapping[str, npt.NDArray[np.float64]]) -> dict[str, Any]:
    own = tables[name]
    result: dict[str, Any] = {"scans": len(own)}
    for column, which in enumerate(("deletion", "insertion")):
        result[which] = interval(own[:, column])
        if name not in BASELINES:
            # Lower is better for deletion, higher for insertion; both sides use the same scans.
            sign = -1 if which == "deletion" else 1
            result[f"{which}_advantage"] = {
                other: interval(sign * (own[:, column] - tables[other][: len(own), column])) for other in BASELINES
            }
    return result


def interval(values: npt.NDArray[np.float64]) -> dict[str, float]:
    """A mean with its 95 % percentile interval over resampled scans (Efron 1979).

    Args:
        values: float, shape (n,), n at least 1.
    """
    rng = np.random.default_rng(0)
    means = values[rng.integers(0, len(values), size=(REPEATS, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return {"value": float(values.mean()), "low": float(low), "high": float(high)}
