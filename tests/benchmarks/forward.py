"""Time of one forward pass with its heatmap, warm.

python -m tests.benchmarks.forward
"""

from __future__ import annotations

import logging
import statistics
import sys
import time

from app.settings import SAMPLES
from model.artifact import PRETRAINED, load
from model.predictor import Predictor
from model.quiet import held_back_stderr
from model.radiograph import read

logger = logging.getLogger(__name__)

REPEATS = 200


def main() -> None:
    """Print median and spread over the sample composites, which have the size of the network's input."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with held_back_stderr(sys.stderr):
        whole = Predictor.load(PRETRAINED)
        alone = Predictor(load(PRETRAINED))
        for predictor in (whole, alone):
            predictor.warm()
    scans = [read(path) for path in sorted(SAMPLES.glob("*.png"))]
    for name, predictor in (("forward with heatmap", alone), ("the same behind the input gate", whole)):
        times = []
        for index in range(REPEATS):
            begun = time.perf_counter()
            predictor.predict(scans[index % len(scans)])
            times.append(1e3 * (time.perf_counter() - begun))
        tenths = statistics.quantiles(times, n=10)
        logger.info("%s: median %.1f ms, 10-90 %%: %.1f to %.1f ms", name, tenths[4], tenths[0], tenths[8])


if __name__ == "__main__":
    main()
