"""Full-size originals against their distributed copies, where the data set is at hand.

    python -m tests.real.check_originals SHARED

SHARED holds `originals/{NORMAL,PNEUMONIA}` and `chest_xray/train/...` with the same names. Exit code 1 if the mean
absolute difference of probability is above 0.03 or more than 3 decisions change.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import numpy as np

from model.artifact import PRETRAINED
from model.predictor import Predictor
from model.quiet import held_back_stderr
from model.radiograph import read

logger = logging.getLogger(__name__)

MOST_DIFFERENCE = 0.03
MOST_CHANGED = 3


def main(shared: Path) -> int:
    """Score every pair, and say how alike the two are."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with held_back_stderr(sys.stderr):
        predictor = Predictor.load(PRETRAINED)
        predictor.warm()
    differences, changed = [], []
    for original in sorted((shared / "originals").rglob("*.jpeg")):
        copy = shared / "chest_xray" / "train" / original.relative_to(shared / "originals")
        large, small = (predictor.predict(read(path)) for path in (original, copy))
        differences.append(abs(large.probability - small.probability))
        if large.decision != small.decision:
            changed.append(original.name)
    mean = float(np.mean(differences))
    logger.info(
        "%d pairs: mean absolute difference %.4f, largest %.4f, changed decisions %d %s",
        len(differences),
        mean,
        max(differences),
        len(changed),
        changed,
    )
    return int(mean > MOST_DIFFERENCE or len(changed) > MOST_CHANGED)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
