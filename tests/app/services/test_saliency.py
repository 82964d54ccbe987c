"""Maps made in threads of their own: shared, bounded to one slow one at a time, and nothing of the network changed."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from app.services import model as service
from app.services.model import Explaining
from app.services.radiographs import Film, open_film
from app.services.saliency import map_task
from model import artifact as artifacts
from model.artifact import PRETRAINED
from model.errors import ArtifactError, InputRangeError
from model.predictor import Predictor
from model.preprocessing import to_model_input
from model.saliency import METHODS, Explainer
from tests.app.driving import png

WAIT_S = 60


@pytest.fixture(scope="module")
def loaded() -> artifacts.Artifact:
    return artifacts.load(PRETRAINED)


@pytest.fixture(scope="module")
def predictor(loaded: artifacts.Artifact) -> Predictor:
    return Predictor(loaded)


def made(predictor: Predictor, explaining: Explaining | None, film: Film, method: str) -> np.ndarray:
    task = map_task(predictor, explaining, film, method=method, explain="Pneumonia")
    return task.outcome.result(timeout=WAIT_S)


def test_each_map_is_the_explainers_and_the_network_stays_as_it_is(
    loaded: artifacts.Artifact, predictor: Predictor
) -> None:
    before = [weight.copy() for weight in loaded.network.get_weights()]
    explainer = Explainer(loaded.network)
    film = open_film(png(pneumonia=True, seed=41))
    model_input = to_model_input(film.radiograph.pixels, loaded.manifest.input)
    for method in ("grad_cam", "layer_cam", "occlusion"):
        assert METHODS[method].slow == (method == "occlusion")
        expected = explainer.explain(method, model_input, 1)
        np.testing.assert_allclose(made(predictor, Explaining(explainer), film, method), expected, atol=1e-5)
    assert all(np.array_equal(a, b) for a, b in zip(before, loaded.network.get_weights(), strict=True))


class Counting:
    """An explainer that counts its calls and notices two slow ones at once."""

    def __init__(self) -> None:
        self.calls = 0
        self.running = 0
        self.most = 0
        self.fails = False
        self.go = threading.Event()

    def explain(self, method: str, model_input: np.ndarray, class_index: int, *, progress: object) -> np.ndarray:  # noqa: ARG002
        self.calls += 1
        self.running += 1
        self.most = max(self.most, self.running)
        self.go.wait(WAIT_S)
        self.running -= 1
        if self.fails:
            raise InputRangeError("A made reason.")
        return np.ones((2, 2), dtype=np.float32)


def test_one_map_is_made_for_all_who_ask_and_slow_ones_take_turns(predictor: Predictor) -> None:
    counting = Counting()
    explaining = Explaining(counting)  # type: ignore[arg-type]
    film = open_film(png(pneumonia=True, seed=42))
    ask = {"method": "occlusion", "explain": "Pneumonia"}
    first = map_task(predictor, explaining, film, **ask)
    assert map_task(predictor, explaining, film, **ask) is first
    others = [
        map_task(predictor, explaining, film, method=method, explain="Pneumonia")
        for method in ("score_cam", "smooth_grad")
    ]
    assert not any(task.outcome.done() for task in (first, *others)), "whoever asks does not wait"
    counting.go.set()
    for task in (first, *others):
        task.outcome.result(timeout=WAIT_S)
    assert (counting.calls, counting.most) == (3, 1)


def test_a_map_that_failed_is_tried_anew(predictor: Predictor) -> None:
    counting = Counting()
    counting.fails = True
    counting.go.set()
    explaining = Explaining(counting)  # type: ignore[arg-type]
    film = open_film(png(pneumonia=True, seed=43))
    with pytest.raises(InputRangeError, match="A made reason"):
        made(predictor, explaining, film, "occlusion")
    counting.fails = False
    assert made(predictor, explaining, film, "occlusion").any()
    assert counting.calls == 2


def test_a_network_that_cannot_be_explained_is_served_with_the_map_of_its_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_explainer: Explainer, _network: object) -> None:
        raise ArtifactError("no finer layer")

    monkeypatch.setattr(Explainer, "__init__", refuse)
    ready = service._load(PRETRAINED)
    assert ready.explaining is None
    film = open_film(png(pneumonia=True, seed=44))
    expected = service.predict(ready.predictor, film, explain="Pneumonia").saliency_map
    assert np.array_equal(made(ready.predictor, ready.explaining, film, "grad_cam"), expected)
