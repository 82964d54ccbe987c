"""Time of one saliency map by each method, warm: `python -m tests.benchmarks.saliency [REPEATS]`."""

from __future__ import annotations

import sys
from functools import partial

from app.settings import SAMPLES
from model.artifact import PRETRAINED, load
from model.preprocessing import to_model_input
from model.quiet import held_back_stderr
from model.radiograph import read
from model.saliency import METHODS, Explainer
from tests.benchmarks.timing import begin, tell, timed

GOALS_MS = {"grad_cam": 15, "grad_cam_plus_plus": 60, "score_cam": 1000}
OTHER_GOAL_MS = 2000


def main(repeats: int) -> None:
    """Over the sample composites, for both classes in turn."""
    begin()
    with held_back_stderr(sys.stderr):
        artifact = load(PRETRAINED)
        explainer = Explainer(artifact.network)
        explainer.warm()
    films = [to_model_input(read(path).pixels, artifact.manifest.input) for path in sorted(SAMPLES.glob("*.png"))]
    for key, method in METHODS.items():
        explainer.explain(key, films[0], 0)
        runs = [partial(explainer.explain, key, films[at % len(films)], at % 2) for at in range(repeats)]
        tell(method.title, [timed(run) for run in runs], GOALS_MS.get(key, OTHER_GOAL_MS))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
