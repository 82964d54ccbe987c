"""How much of a map lies on letters burnt into the image.

Real markers are not outlined in this data set, so letters are drawn at known places; the films' own lie in the border,
which `masses` measures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from training.explain.faithfulness import interval
from training.explain.masses import OUTCOMES
from training.explain.place import Mask, near, share_on
from training.explain.subject import Grey, Subject
from training.pool import Pool

LETTERS = ("R", "L", "AP", "PORTABLE", "SUPINE")
_EDGE = 0.04
"""Distance of the letters from the edges, as a share of the side."""


def marked(pixels: Grey, rng: np.random.Generator) -> tuple[Grey, Mask]:
    """A scan with white letters burnt into one of its corners.

    Args:
        pixels: uint8, shape (h, w).
        rng: draws letters and corner.

    Returns:
        The marked scan, uint8, shape (h, w), and the box around the letters, bool, shape (h, w).
    """
    height, width = pixels.shape
    letters, font, scale = str(rng.choice(LETTERS)), cv2.FONT_HERSHEY_SIMPLEX, min(height, width) / 350
    (across, up), below = cv2.getTextSize(letters, font, scale, 2)
    edge = round(_EDGE * min(height, width))
    left = int(rng.choice([edge, width - edge - across]))
    base = int(rng.choice([edge + up, height - edge - below]))
    changed = pixels.copy()
    cv2.putText(changed, letters, (left, base), font, scale, 255, 2, cv2.LINE_AA)
    box = np.zeros(pixels.shape, dtype=bool)
    box[base - up : base + below, left : left + across] = True
    return changed, box


def markers(
    subject: Subject,
    methods: Mapping[str, int],
    pool: Pool,
    scans: int,
    *,
    tick: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """Shares of the mass on drawn letters, which say nothing about the child.

    Returns:
        scans; area, the mean share of the image within the tolerance of the letters (the share of an even map); turned,
        how many classifications the letters changed; methods: method -> outcome on the marked scan -> scans, empty
        (maps of zeros, left out), and share, a mean with interval (absent without a scan).
    """
    drawn = [marked(pixels, np.random.default_rng([41, index])) for index, pixels in enumerate(pool.pixels[:scans])]
    inputs = [subject.to_input(pixels) for pixels, _ in drawn]
    decided = [subject.decides(model_input) for model_input in inputs]
    turned = sum(
        subject.decides(subject.to_input(pixels)) != decision
        for pixels, decision in zip(pool.pixels[:scans], decided, strict=True)
    )
    found = {}
    for name, most in methods.items():
        shares: dict[str, list[float | None]] = {outcome: [] for outcome in OUTCOMES.values()}
        for index in range(min(most, scans)):
            saliency_map = subject.explain(name, inputs[index], decided[index])
            shares[OUTCOMES[int(pool.labels[index]), decided[index]]].append(share_on(saliency_map, drawn[index][1]))
            tick()
        found[name] = {outcome: _record(values) for outcome, values in shares.items()}
    area = float(np.mean([near(box).mean() for _, box in drawn]))
    return {"scans": len(drawn), "area": area, "turned": turned, "methods": found}


def _record(shares: Sequence[float | None]) -> dict[str, Any]:
    known = [share for share in shares if share is not None]
    result: dict[str, Any] = {"scans": len(shares), "empty": len(shares) - len(known)}
    return result | ({"share": interval(np.array(known))} if known else {})
