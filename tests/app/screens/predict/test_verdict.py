"""Predict: a file in, a verdict out, and none where there must not be one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartParser
from streamlit.testing.v1 import AppTest

from app.services import model, opened
from app.settings import ROOT
from app.ui.numbers import percent
from model.artifact import WEIGHTS
from model.evaluation import alike
from model.predictor import Predictor
from model.radiograph import decode
from model.records.manifest import Manifest
from model.records.measured import read_measured
from model.scoring import NO_INPUT_CHECK
from tests.app.banded import rewrite
from tests.app.driving import (
    choose,
    film,
    halves,
    html,
    keys,
    look,
    missing,
    png,
    press,
    ran,
    read,
    settle,
    upload,
    words,
    write,
)
from tests.app.screens.predict.conftest import OpenPage
from tests.app.screens.predict.reading import captions, maps, score, verdict
from tests.model.files import FITTING, encoded, made_dicom
from tests.model.intake.test_archive import packed


def test_a_file_is_scored_once_and_its_verdict_led_by_what_was_observed(page: AppTest, sure_artifact: Path) -> None:
    assert verdict(page) == ""
    assert len(page.file_uploader) == 1
    assert {f"take-{file.stem}" for file in opened.samples()} <= keys(page)
    data = png(pneumonia=True, seed=77)
    expected = Predictor.load(sure_artifact).predict(decode(data))
    with mock.patch.object(Predictor, "predict", autospec=True, side_effect=Predictor.predict) as scored:
        page = upload(page, data, "<b>Doe</b>.png")
        assert verdict(page) == expected.decision
        assert percent(expected.probability) in score(page)
        scores = read_measured(sure_artifact).scores
        near = alike(scores, expected.probability) if scores else None
        assert near is None or f"{near.share.successes:,} of {near.images:,}" in html(page)
        page = choose(look(page, opacity=0.9), "heatmap-class", "Normal")
        assert verdict(page) == expected.decision
    assert scored.call_count <= 2, "Only the other class's map may need another pass."
    assert "<b>Doe" not in html(page)
    assert not missing(words(page), "<b>Doe</b>.png", NO_INPUT_CHECK)
    page = press(page, "clear")
    assert (verdict(page), "Doe" in words(page), "clear" in keys(page)) == ("", False, False)


@pytest.mark.parametrize(("default", "threshold"), [("rule-out", 0.2), ("rule-in", 0.8)])
def test_the_operating_point_decides_and_the_map_stays(
    open_page: OpenPage, sure_artifact: Path, default: str, threshold: float
) -> None:
    page = upload(open_page(sure_artifact, CXR_OPERATING_POINT=default), png(pneumonia=True, seed=5))
    probability = Predictor.load(sure_artifact).predict(decode(png(pneumonia=True, seed=5))).probability
    assert verdict(page) == ("Pneumonia" if probability >= threshold else "Normal")
    assert f"({default})" in score(page)
    for name, limit in (("balanced", 0.5), ("rule_out", 0.2), ("rule_in", 0.8)):
        page = choose(page, "operating-point", name)
        assert verdict(page) == ("Pneumonia" if probability >= limit else "Normal")
        assert all("evidence for Pneumonia" in caption for caption in maps(page))


def test_a_normal_radiograph_shows_no_heatmap_until_asked_and_then_a_cool_one(
    page: AppTest, sure_artifact: Path
) -> None:
    predict = Predictor.load(sure_artifact).predict
    made = {png(pneumonia=sick, seed=seed): sick for seed in range(900, 908) for sick in (True, False)}
    sick, well = (
        next(data for data, truth in made.items() if truth == is_sick and predict(decode(data)).decision == word)
        for is_sick, word in ((True, "Pneumonia"), (False, "Normal"))
    )
    for data, word, number in ((sick, "Pneumonia", 1), (well, "Normal", 0)):
        page = upload(page, data)
        assert (verdict(page), len(maps(page))) == (word, number)
    page = look(page, mode="overlay")
    assert len(maps(page)) == 1
    assert film(page)["view"]["colours"] == "cividis"


def test_an_indeterminate_score_is_no_verdict_and_a_band_over_all_is_named(open_page: OpenPage, artifact: Path) -> None:
    rewrite(artifact, rule_out=0.2, rule_in=0.8, band=(0.0, 1.0))
    page = upload(open_page(artifact), png(pneumonia=True))
    assert verdict(page) == "Indeterminate"
    assert "never decides" in html(page)


def test_what_the_header_says_qualifies_the_result(page: AppTest) -> None:
    page = upload(page, made_dicom(**FITTING))
    assert page.warning[0].value.count("\n") == 0, "Only the missing input check."
    assert "age-" not in str([one.key for one in page.segmented_control])
    page = upload(page, made_dicom(**FITTING | {"PatientAge": "062Y", "ViewPosition": "LL", "PatientName": "Doe^Jane"}))
    assert not missing(page.warning[0].value, "62 years", "lateral")
    assert missing(words(page), "2 mismatches", "Jane") == ["Jane"]


def test_the_age_is_asked_where_nothing_states_it_and_goes_with_the_result(page: AppTest) -> None:
    page = upload(page, png(pneumonia=True, seed=1))
    question = next(one for one in page.segmented_control if str(one.key).startswith("age-"))
    assert "1 to 5" in question.label
    page = choose(page, str(question.key), value=False)
    assert "not 1 to 5 years" in page.warning[0].value
    page = upload(page, png(pneumonia=True, seed=2))
    assert "not 1 to 5 years" not in page.warning[0].value
    assert next(one for one in page.segmented_control if str(one.key).startswith("age-")).value is None


def test_a_file_that_is_no_radiograph_replaces_the_verdict(page: AppTest, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    page = upload(page, png(pneumonia=True), "Doe^Jane_1990.png")
    assert verdict(page)
    page = upload(page, b"hello", "Doe^Jane_1990.txt")
    assert (verdict(page), len(page.error)) == ("", 1)
    assert "Jane" not in words(page) + caplog.text
    page = press(page, f"take-{opened.samples()[0].stem}")
    assert verdict(page)
    assert not page.error


def test_a_zip_archive_of_one_radiograph_is_opened_and_of_several_goes_to_the_worklist(page: AppTest) -> None:
    scan = png(pneumonia=True)
    page = upload(page, packed(("inside.png", scan), (".DS_Store", b"x")), "scan.zip")
    assert verdict(page)
    assert "inside.png" in words(page)
    page = upload(page, packed(("a.png", scan), ("b.png", scan)), "scans.zip")
    assert not missing(page.error[0].value, "2 files", "Worklist")
    page = upload(page, packed(("a.png", scan))[:60], "broken.zip")
    assert "damaged or cut short" in page.error[0].value


def test_a_border_is_cut_off_and_the_result_says_so(page: AppTest) -> None:
    data, around = made_dicom(**FITTING), np.full((600, 600), 255, np.uint8)
    scan = decode(data).pixels
    around[100 : 100 + scan.shape[0], 100 : 100 + scan.shape[1]] = scan
    assert "border" not in words(upload(page, encoded(scan)))
    assert "border" in upload(page, encoded(around)).warning[0].value


def test_a_visit_to_another_page_keeps_everything(sure_artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_MODEL_DIR", str(sure_artifact))
    app = settle(ran(AppTest.from_file(ROOT / "app" / "main.py", default_timeout=60)))
    page = choose(upload(app, png(pneumonia=True)), "operating-point", "rule_in")
    page = choose(page, "heatmap-method", "occlusion")
    shown = (verdict(page), score(page), maps(page))
    with mock.patch.object(Predictor, "predict", side_effect=AssertionError("scored again")):
        page = ran(page.switch_page("screens/performance/page.py"))
        page = ran(page.switch_page("screens/predict/page.py"))
    assert (verdict(page), score(page), maps(page)) == shown


def test_a_large_upload_is_not_spooled_to_disk(page: AppTest) -> None:
    assert len(page.file_uploader) == 1
    # Left to itself, Starlette moves parts of more than 1 MB to a temporary file.
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="scan"\r\n\r\n'

    async def body() -> AsyncIterator[bytes]:
        yield head + bytes(3 * 1024**2) + b"\r\n--x--\r\n"

    headers = Headers({"content-type": "multipart/form-data; boundary=x"})
    form = asyncio.run(MultiPartParser(headers, body()).parse())
    uploaded = form["f"]
    assert isinstance(uploaded, UploadFile)
    assert not uploaded.file._rolled  # type: ignore[attr-defined]
    uploaded.file.close()


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        (Manifest.FILE, b"{", Manifest.FILE),
        (WEIGHTS, b"x", WEIGHTS),
        (Manifest.FILE, None, "model"),
        (Manifest.FILE, {"operating_points": []}, "threshold"),
    ],
)
def test_a_broken_model_is_named_and_nothing_is_scored(
    open_page: OpenPage, artifact: Path, file: str, content: bytes | dict[str, Any] | None, told: str
) -> None:
    if content is None:
        (artifact / file).unlink()
    elif isinstance(content, dict):
        write(artifact, file, read(artifact, file) | content)
    else:
        (artifact / file).write_bytes(content)
    page = open_page(artifact)
    assert told in page.error[0].value
    assert (len(page.file_uploader), verdict(page)) == (0, "")


def test_a_model_that_breaks_while_serving_gives_no_verdict_until_it_is_mended(
    open_page: OpenPage, artifact: Path
) -> None:
    page = upload(open_page(artifact), png(pneumonia=True))
    assert verdict(page)
    good = (artifact / Manifest.FILE).read_bytes()
    for content in (b"{", good):
        (artifact / Manifest.FILE).write_bytes(content)
        page = settle(ran(page))
        assert bool(verdict(page)) == (content == good)


def test_while_the_model_warms_up_the_film_is_shown_without_a_verdict(
    start_page: OpenPage, trained_artifact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = model.state
    monkeypatch.setattr(model, "state", lambda _: model.Warming())
    page = upload(start_page(trained_artifact), png(pneumonia=True))
    assert (verdict(page), len(captions(page))) == ("", 1)
    monkeypatch.setattr(model, "state", state)
    assert verdict(settle(ran(page)))


def test_without_an_evaluation_the_verdict_says_so(open_page: OpenPage, artifact: Path) -> None:
    (artifact / "evaluation.json").unlink()
    page = upload(open_page(artifact), png(pneumonia=True))
    assert verdict(page)
    assert not missing(words(page), "was not measured", "not evaluated")


def test_a_rejected_picture_shows_nothing_of_the_model_until_asked(open_page: OpenPage, gated_artifact: Path) -> None:
    page = upload(open_page(gated_artifact), halves(bright_above=True))
    assert verdict(page)
    assert NO_INPUT_CHECK not in words(page)
    page = upload(page, halves(bright_above=False), "scan.png")
    assert verdict(page) == score(page) == ""
    assert "upside down" in page.error[0].value
    assert (len(page.slider), len(captions(page))) == (0, 1)
    page = press(page, "anyway-button")
    assert verdict(page)
    assert "upside down" in page.warning[0].value
    assert "cx-verdict--refused" in html(page)
    assert "rejected" in captions(page)[0]
    page = upload(page, halves(bright_above=False), "again.png")
    assert verdict(page) == "", "Scoring anyway is for one picture."


def test_one_click_turns_a_picture_upright_and_the_result_says_so(open_page: OpenPage, gated_artifact: Path) -> None:
    page = press(upload(open_page(gated_artifact), halves(bright_above=False)), "mend")
    assert verdict(page)
    assert "upright" in page.warning[0].value
    assert "cx-verdict--refused" not in html(page)
    assert page.session_state["opened"].film.corrections
