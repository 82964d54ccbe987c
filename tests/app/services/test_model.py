"""The running model: how far it is, and predictions kept by everything that changes them."""

from __future__ import annotations

import os
import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from app.services import measured, model
from app.services.model import Failed, Ready, Warming
from app.services.radiographs import Film, open_film
from model.errors import ArtifactError
from model.records.measured import Measured
from tests.app.driving import png
from tests.app.services.predicted import MANIFEST, prediction


@pytest.fixture
def film(request: pytest.FixtureRequest) -> Film:
    """Pixels of its own for each test: predictions are kept for the process."""
    return open_film(png(pneumonia=True, seed=sum(map(ord, request.node.name))))


@pytest.fixture
def predictor() -> mock.Mock:
    return mock.Mock(manifest=MANIFEST, gate=None, **{"predict.return_value": prediction()})


def test_each_operating_point_and_class_is_predicted_for_itself(film: Film, predictor: mock.Mock) -> None:
    for point in ("balanced", "rule_out", "rule_out", "rule_in"):
        model.predict(predictor, film, operating_point=point)
    model.predict(predictor, film, explain="Normal")
    asked = [tuple(call.kwargs.values()) for call in predictor.predict.call_args_list]
    assert asked == [
        ("Pneumonia", "balanced"),
        ("Pneumonia", "rule_out"),
        ("Pneumonia", "rule_in"),
        ("Normal", "balanced"),
    ]


def test_a_tinted_file_does_not_get_the_prediction_of_the_same_pixels_in_grey(film: Film, predictor: mock.Mock) -> None:
    predictor.gate = mock.Mock(settings="made")
    tinted = replace(film, radiograph=replace(film.radiograph, colourfulness=20.0))
    for one in (film, film, tinted):
        model.predict(predictor, one)
    assert predictor.predict.call_count == 2


def test_another_threshold_of_the_same_weights_is_another_model(film: Film, predictor: mock.Mock) -> None:
    model.predict(predictor, film)
    moved = replace(MANIFEST.point(), threshold=0.51)
    points = tuple(moved if point.name == moved.name else point for point in MANIFEST.operating_points)
    predictor.manifest = MANIFEST.model_copy(update={"operating_points": points})
    model.predict(predictor, film)
    assert predictor.predict.call_count == 2


def settled(folder: Path) -> model.State:
    deadline = time.monotonic() + 20
    while isinstance(state := model.state(folder), Warming):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return state


def test_a_folder_without_a_model_fails_with_the_reason(tmp_path: Path) -> None:
    state = settled(tmp_path)
    assert isinstance(state, Failed)
    assert "manifest.json is missing" in state.reason


def test_an_unexpected_error_ends_the_warming_and_its_text_stays_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> Ready:
        raise RuntimeError("secret place")

    monkeypatch.setattr(model, "_load", broken)
    outcome: Future[model.State] = Future()
    model._load_into(outcome, tmp_path)
    state = outcome.result(timeout=0)
    assert isinstance(state, Failed)
    assert "secret" not in state.reason


def test_a_model_that_changes_on_disk_is_loaded_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[Path] = []
    monkeypatch.setattr(model, "_load", lambda folder: loaded.append(folder) or Ready(mock.Mock()))
    (tmp_path / "manifest.json").write_text("{}")
    first = settled(tmp_path)
    assert isinstance(first, Ready)
    assert model.state(tmp_path) is first, "one model a process"
    os.utime(tmp_path / "manifest.json", (1, 1))
    assert settled(tmp_path) is not first
    assert loaded == [tmp_path] * 2


def test_measured_files_are_read_once_and_again_when_one_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ArtifactError, match=r"manifest\.json is missing"):
        measured.read(tmp_path)
    monkeypatch.setattr(measured, "read_measured", lambda _: Measured(MANIFEST))
    (tmp_path / "manifest.json").write_text("{}")
    first = measured.read(tmp_path)
    assert measured.read(tmp_path) is first
    (tmp_path / "history.json").write_text("{}")
    assert measured.read(tmp_path) is not first
