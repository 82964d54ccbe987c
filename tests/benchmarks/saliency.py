"""Time of one saliency map by each method, warm, with the shipped network.

python -m tests.benchmarks.saliency [REPEATS]
"""

from __future__ import annotations

import logging
import statistics
import sys
import time

from app.settings import SAMPLES
from model.artifact import PRETRAINED, load
from model.preprocessing import to_model_input
from model.quiet import held_back_stderr
from model.radiograph import read
from model.saliency import METHODS, Explainer

logger = logging.getLogger(__name__)

REPEATS = 20
GOALS_MS = {"grad_cam": 15, "grad_cam_plus_plus": 60, "score_cam": 1000}
OTHER_GOAL_MS = 2000


def main(repeats: int) -> None:
    """Print median and spread of each method over the sample composites, for both classes in turn."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with held_back_stderr(sys.stderr):
        artifact = load(PRETRAINED)
        explainer = Explainer(artifact.network)
        explainer.warm()
    scans = [to_model_input(read(path).pixels, artifact.manifest.input) for path in sorted(SAMPLES.glob("*.png"))]
    for key, method in METHODS.items():
        explainer.explain(key, scans[0], 0)
        times = []
        for index in range(repeats):
            begun = time.perf_counter()
            explainer.explain(key, scans[index % len(scans)], index % 2)
            times.append(1e3 * (time.perf_counter() - begun))
        tenths = statistics.quantiles(times, n=10, method="inclusive")
        logger.info(
            "%s: median %.1f ms (goal %d), 10-90 %%: %.1f to %.1f ms",
            method.title,
            tenths[4],
            GOALS_MS.get(key, OTHER_GOAL_MS),
            tenths[0],
            tenths[8],
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else REPEATS)
