"""A list goes through the queue into the database; the database is opened once and anew where it was replaced."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from app.records.repository import Records
from app.records.values import RecordsError
from app.services import queue, records
from app.services.queue import Films, SavedList, SessionFilm, score_and_save
from app.settings import Settings
from model.intake.limits import Intake, NamedFile, NotRead
from model.radiograph import Radiograph
from tests.app.driving import png
from tests.app.services.predicted import MANIFEST, prediction


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Records]:
    settings = Settings(data_dir=tmp_path / "data", keep_pixels=True)
    yield records.database(settings)
    records._database.clear()


def predictor(**changed: object) -> mock.Mock:
    return mock.Mock(
        manifest=MANIFEST, intended_use=MANIFEST.intended_use, **({"predict.return_value": prediction()} | changed)
    )


def scored(given: tuple[NamedFile, ...], into: Records, model: mock.Mock, owner: str) -> SavedList:
    intake = Intake(given, (NotRead("x.zip", "It is damaged."),), ("Thumbs.db",))
    found = score_and_save(intake, into, model, owner=owner, reader="Ann", operating_point="balanced")
    deadline = time.monotonic() + 30
    while not found.job.is_finished:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def test_every_scored_file_becomes_a_case_with_its_film(database: Records) -> None:
    given = (NamedFile("a.png", png(pneumonia=True)), NamedFile("b.png", b"no picture"))
    found = scored(given, database, predictor(), "one")
    (case_id,) = [saved.case_id for saved in found.saving.saved().values()]
    assert list(found.saving.saved()) == [0]
    assert not found.saving.problems()
    assert [result.status for result in found.job.snapshot().results] == ["ok", "error"]
    assert (found.refused[0].name, found.ignored) == ("x.zip", ("Thumbs.db",))
    stored = database.case(case_id)
    assert (stored.summary.created_by, stored.summary.scoring.prediction.probability) == ("Ann", 0.97)
    film = records.film_of(database, stored)
    assert film is not None
    assert film.sha256 == stored.pixel_sha256


def test_what_cannot_be_saved_is_noted_with_the_reason(database: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_records: Records, _radiograph: Radiograph, *_: object, **__: object) -> None:
        raise RecordsError("The disk is full.")

    monkeypatch.setattr(Records, "save", full)
    found = scored((NamedFile("a.png", png(pneumonia=True)),), database, predictor(), "two")
    assert found.saving.problems() == {0: "The disk is full."}
    assert found.job.snapshot().not_handed_over == (0,)


def test_there_is_one_queue_and_one_open_database(database: Records, tmp_path: Path) -> None:
    assert queue.queue() is queue.queue()
    settings = Settings(data_dir=tmp_path / "data", keep_pixels=True)
    assert records.database(settings) is database
    assert records.database(settings.model_copy(update={"contact": "a@b.example"})) is database
    assert records.database(settings.model_copy(update={"keep_pixels": False})) is not database


def test_a_replaced_database_file_is_opened_anew(database: Records, tmp_path: Path) -> None:
    file = next((tmp_path / "data").glob("*.sqlite*"))
    other = file.with_name("other")
    other.write_bytes(file.read_bytes())
    other.replace(file)
    assert records.database(Settings(data_dir=tmp_path / "data", keep_pixels=True)) is not database


def test_a_session_sees_its_films_until_the_oldest_make_room() -> None:
    films = Films(most_bytes=100)
    for case_id, size in (("C-1", 60), ("C-2", 30), ("C-1", 50), ("C-3", 40)):
        films.keep(case_id, SessionFilm(f"{case_id}.png", b"x" * size))
    assert films.get("C-2") is None
    assert [len(found.jpeg) for case_id in ("C-1", "C-3") if (found := films.get(case_id))] == [50, 40]
    films.forget("C-1")
    assert films.get("C-1") is None
