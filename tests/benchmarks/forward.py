"""Time of one forward pass with its heatmap, warm: `python -m tests.benchmarks.forward`."""

from __future__ import annotations

import sys
from functools import partial

from app.settings import SAMPLES
from model.artifact import PRETRAINED, load
from model.predictor import Predictor
from model.quiet import held_back_stderr
from model.radiograph import read
from tests.benchmarks.timing import begin, tell, timed

REPEATS = 200


def main() -> None:
    """Over the sample composites, which have the size of the network's input."""
    begin()
    with held_back_stderr(sys.stderr):
        whole, alone = Predictor.load(PRETRAINED), Predictor(load(PRETRAINED))
        whole.warm()
        alone.warm()
    films = [read(path) for path in sorted(SAMPLES.glob("*.png"))]
    for name, predictor in (("forward with heatmap", alone), ("the same behind the input check", whole)):
        tell(name, [timed(partial(predictor.predict, films[at % len(films)])) for at in range(REPEATS)])


if __name__ == "__main__":
    main()
