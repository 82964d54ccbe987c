"""Is a map stable under small changes of exposure and position, and across networks?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from model import artifact as artifacts
from model.artifact import Artifact
from model.saliency import METHODS
from model.variation import change_exposure, degrade
from training.augment import AUGMENTATIONS
from training.errors import DatasetError
from training.explain.place import moved_by
from training.explain.sanity import repeatability
from training.explain.subject import Explain, Grey, Inputs, Subject
from training.pool import Pool

SAME_VERDICT = 0.05
"""Largest change of the probability at which a changed scan's map should stay the same."""
MOST_SHIFT = 0.05
"""How far a scan is moved at most, down and across, as a share of its side."""
TRIED = 4
"""Scans tried for each one needed, since some changes alter the probability."""

Change = Callable[[Grey, np.random.Generator], Grey]


@dataclass
class _Pairs:
    """Scans before and after a change, with the predicted class and the displacement."""

    scans: list[tuple[Inputs, int]] = field(default_factory=list)
    changed: list[Inputs] = field(default_factory=list)
    moves: list[tuple[int, int]] = field(default_factory=list)


def stays(
    artifact: Artifact,
    subject: Subject,
    pool: Pool,
    scans: int,
    *,
    networks: Callable[[Artifact], Explain],
    others: Sequence[Path] = (),
) -> dict[str, Any]:
    """How alike maps stay.

    Args:
        artifact: that is explained.
        subject: the same as plain functions.
        pool: scans to change, at least `TRIED` times as many as wanted.
        scans: how many are wanted of each kind of change.
        networks: the explaining function of another artifact.
        others: folders of artifacts that other seeds or settings made.

    Returns:
        scans, mild_changes (noise and exposure), shifted_scans, most_shift, shifts, and other_seeds by model version:
        method -> ssim and rank_correlation, means with intervals. Maps of moved scans are moved back first.

    Raises:
        DatasetError: if every change alters the probability, or another artifact has another input.
    """
    mild, moved = (_pairs(subject, pool, scans, seed, shift=shift) for seed, shift in ((23, False), (31, True)))
    methods = list(METHODS)
    result: dict[str, Any] = {
        "scans": len(mild.scans),
        "mild_changes": repeatability(subject.explain, methods, mild.scans, mild.changed),
        "shifted_scans": len(moved.scans),
        "most_shift": MOST_SHIFT,
        "shifts": repeatability(subject.explain, methods, moved.scans, moved.changed, moves=moved.moves),
    }
    for folder in others:
        loaded = artifacts.load(folder)
        if loaded.manifest.input != artifact.manifest.input:
            raise DatasetError(
                f"{folder} reads {loaded.manifest.input}; its maps cannot be compared with this model's."
            )
        inputs = [model_input for model_input, _ in mild.scans]
        likeness = repeatability(subject.explain, methods, mild.scans, inputs, other=networks(loaded))
        result.setdefault("other_seeds", {})[loaded.manifest.model_version] = likeness
    return result


def _pairs(subject: Subject, pool: Pool, wanted: int, seed: int, *, shift: bool) -> _Pairs:
    pairs = _Pairs()
    for index, pixels in enumerate(pool.pixels[: TRIED * wanted]):
        rng = np.random.default_rng([seed, index])
        move = _drawn_move(pixels.shape[0], rng) if shift else (0, 0)
        other = moved_by(pixels, move) if shift else _mildly_changed(pixels, rng)
        inputs = [subject.to_input(pixels), subject.to_input(other)]
        both = subject.probabilities(np.stack(inputs))
        if abs(both[0] - both[1]) <= SAME_VERDICT and len(pairs.scans) < wanted:
            pairs.scans.append((inputs[0], int(both[0] >= subject.threshold)))
            pairs.changed.append(inputs[1])
            pairs.moves.append(move)
    if not pairs.scans:
        what = "shift" if shift else "mild change"
        raise DatasetError(f"Every {what} of a scan alters the probability; repeatability cannot be measured.")
    return pairs


def _drawn_move(side: int, rng: np.random.Generator) -> tuple[int, int]:
    """Down and across, each at least a third of the most."""
    most = round(MOST_SHIFT * side)
    down, across = rng.integers(max(1, most // 3), most + 1, 2) * rng.choice([-1, 1], 2)
    return int(down), int(across)


def _mildly_changed(pixels: Grey, rng: np.random.Generator) -> Grey:
    mild = replace(AUGMENTATIONS["none"], gamma=0.1, brightness=0.03, noise=1.0)
    return degrade(change_exposure(pixels, mild, rng), mild, rng)
