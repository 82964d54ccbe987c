"""Reader against model, and what came in week by week."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.records.repository import Records, open_records
from app.records.values import Opinion
from app.screens.our_figures.drift import FEWEST, ScoresByWeekDisplay
from app.services import model
from app.settings import Settings
from model.artifact import PRETRAINED
from model.records.measured import read_measured
from model.records.scores import PREDICTIONS, Scores
from tests.app.driving import missing, ran, start, words
from tests.app.records.entries import NOON, Clock, review, save
from tests.app.screens.performance.reading import cells
from tests.app.services.predicted import MANIFEST

SAME = {"model_version": MANIFEST.model_version, "weights_sha256": MANIFEST.weights_sha256}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(tmp_path: Path, clock: Clock) -> Iterator[Records]:
    with open_records(Settings(data_dir=tmp_path / "data"), clock=clock) as opened:
        yield opened


@pytest.fixture
def open_page(records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AppTest]:  # noqa: ARG001
    monkeypatch.setattr(model, "state", lambda _: model.Warming())
    return lambda: start(monkeypatch, "our_figures", CXR_DATA_DIR=tmp_path / "data")


def test_rates_are_counted_and_compared_with_the_evaluation(open_page: Callable[[], AppTest], records: Records) -> None:
    page = open_page()
    assert "No case yet" in words(page)
    threshold = MANIFEST.point().threshold
    cases = [save(records, seed, 0.99, threshold=threshold, **SAME).case_id for seed in range(25)]
    assert "No case was reviewed" in words(ran(page))
    for place, case_id in enumerate(cases):
        review(records, case_id, Opinion("disagree", "Normal") if place < 22 else None)
    assert not missing(words(ran(page)), "25 cases reviewed", "Specificity is outside")
    evaluation = read_measured(PRETRAINED).evaluation
    assert evaluation is not None
    test = evaluation.test.at("balanced") or evaluation.test
    ours, published = cells(page, "Specificity")
    assert re.match(r"0\.0 %.*0 of 22", ours)
    assert published.startswith(f"{100 * test.metrics['specificity'].value:.1f} %")
    assert "3 of 3" in cells(page, "Sensitivity (recall)")[0]
    # Reviews of another model's results are counted apart, and compared with nothing.
    review(records, save(records, 40, 0.99, model_version="residual-1").case_id)
    assert len(ran(page).selectbox(key="running-setup").options) == 2


def test_agreement_is_told_apart_for_blinded_reads(open_page: Callable[[], AppTest], records: Records) -> None:
    for seed, (probability, opinion) in enumerate(
        (
            (0.9, Opinion("agree", blinded=True)),
            (0.1, Opinion("disagree", "Pneumonia", blinded=True)),
            (0.9, Opinion("agree")),
            (0.1, Opinion("agree")),
        )
    ):
        review(records, save(records, seed, probability).case_id, opinion)
    told = words(open_page())
    assert "Blinded reads: reader and model agree in 1 of 2; Cohen’s kappa 0.00." in told
    assert "answer: reader and model agree in 2 of 2; Cohen’s kappa 1.00." in told


def test_weeks_are_counted_and_compared(open_page: Callable[[], AppTest], records: Records, clock: Clock) -> None:
    for week, low in enumerate((0.0, 0.0, 0.7)):
        clock.now = NOON + timedelta(weeks=week)
        for seed in range(FEWEST):
            number = FEWEST * week + seed
            score = low + 0.3 * seed / FEWEST
            save(records, number, score, scored_at=clock.now, indeterminate=seed < 5)
    for _ in range(5):
        records.note_rejection()
    weeks = records.weeks()
    assert [week.monday for week in weeks] == [date(2026, 11, 23) + timedelta(weeks=at) for at in range(3)]
    assert [(len(week.scores), week.indeterminate, week.rejected) for week in weeks] == [
        (20, 5, 0),
        (20, 5, 0),
        (20, 5, 5),
    ]
    page = open_page()
    latest, middle, first = page.dataframe[0].value.to_numpy().tolist()
    assert latest[:2] == ["7 December 2026", "20"]
    assert latest[2].startswith("20.0\u00a0%")
    assert latest[4].startswith("1.00 (less than 1 in 1,000")
    assert middle[4].startswith("0.00")
    assert first[4] == "–", "There is no earlier week."
    assert first[5] != "–"


def test_the_chart_shows_the_quartiles_of_each_week(records: Records) -> None:
    for seed, score in enumerate((0.1, 0.2, 0.3, 0.4, 0.5)):
        save(records, seed, score)
    validation = Scores.read_all(PRETRAINED / PREDICTIONS)["validation"]
    display = ScoresByWeekDisplay(records.weeks(), validation)
    frame = display.frame()
    assert frame.iloc[0].tolist()[1:] == pytest.approx([5, 0, 0, 0.2, 0.3, 0.4])
    assert "30" in display.summary()
    figure = display.figure()
    assert figure.data[0].y == (pytest.approx(0.3),)
    assert [trace.y[0] for trace in figure.data[1:]] == np.percentile(validation.probabilities, (25, 50, 75)).tolist()
    assert len(ScoresByWeekDisplay(records.weeks(), None).figure().data) == 1
