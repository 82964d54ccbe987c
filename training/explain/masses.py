"""Where the mass of each method's maps lies, separately for correct and wrong classifications."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from training.explain.faithfulness import interval
from training.explain.place import mass
from training.explain.subject import Inputs, Subject
from training.pool import Pool

OUTCOMES = {(1, 1): "true_positive", (0, 1): "false_positive", (0, 0): "true_negative", (1, 0): "false_negative"}


def masses(
    subject: Subject,
    methods: Mapping[str, int],
    scans: Sequence[tuple[Inputs, int]],
    pool: Pool,
    *,
    tick: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """Shares of the mass in the outlined lungs, at the border and elsewhere.

    Returns:
        method -> outcome (true_positive, ...) -> scans, empty (maps of zeros, left out), and lungs, border, elsewhere
        as means with intervals (absent without a scan).
    """
    return {name: _of_method(subject, name, scans[:most], pool, tick) for name, most in methods.items()}


def _of_method(
    subject: Subject, name: str, scans: Sequence[tuple[Inputs, int]], pool: Pool, tick: Callable[[], object]
) -> dict[str, Any]:
    found: dict[str, list[dict[str, float] | None]] = {outcome: [] for outcome in OUTCOMES.values()}
    for index, (model_input, decided) in enumerate(scans):
        saliency_map = subject.explain(name, model_input, decided)
        outcome = OUTCOMES[int(pool.labels[index]), decided]
        found[outcome].append(mass(saliency_map, pool.lungs[index] > 0))
        tick()
    return {outcome: _record(shares) for outcome, shares in found.items()}


def _record(shares: list[dict[str, float] | None]) -> dict[str, Any]:
    known = [share for share in shares if share is not None]
    result: dict[str, Any] = {"scans": len(shares), "empty": len(shares) - len(known)}
    if known:
        result |= {part: interval(np.array([share[part] for share in known])) for part in known[0]}
    return result
