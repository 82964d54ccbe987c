"""Times of one forward pass with its heatmap, and of a map by each other method: `python -m tests.benchmarks.forward`.

Warm, with the shipped model, over the sample composites, which have the size of the network's input.
"""

from __future__ import annotations

import sys
from functools import partial

from app.settings import SAMPLES
from model.artifact import PRETRAINED, load
from model.predictor import Predictor
from model.preprocessing import to_model_input
from model.quiet import held_back_stderr
from model.radiograph import read
from model.saliency import METHODS, Explainer
from tests.benchmarks.timing import begin, tell, timed

FORWARDS, MAPS = 200, 20
GOALS_MS = {"grad_cam": 15, "grad_cam_plus_plus": 60, "score_cam": 1000}
OTHER_GOAL_MS = 2000


def main() -> None:
    """Print the times."""
    begin()
    films = [read(path) for path in sorted(SAMPLES.glob("*.png"))]
    with held_back_stderr(sys.stderr):
        artifact, whole = load(PRETRAINED), Predictor.load(PRETRAINED)
        alone, explainer = Predictor(artifact), Explainer(artifact.network)
        for one in (whole, alone, explainer):
            one.warm()
    for name, predictor in (("forward with heatmap", alone), ("the same behind the input check", whole)):
        tell(name, [timed(partial(predictor.predict, films[at % len(films)])) for at in range(FORWARDS)])
    inputs = [to_model_input(film.pixels, artifact.manifest.input) for film in films]
    for key, method in METHODS.items():
        explainer.explain(key, inputs[0], 0)
        runs = [partial(explainer.explain, key, inputs[at % len(inputs)], at % 2) for at in range(MAPS)]
        tell(method.title, [timed(run) for run in runs], GOALS_MS.get(key, OTHER_GOAL_MS))


if __name__ == "__main__":
    main()
