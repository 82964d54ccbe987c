"""The Predict page: what it shows for samples and uploads, and that it shows no verdict when it must not."""

from __future__ import annotations

import asyncio
import csv
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from html import unescape
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartParser
from streamlit.testing.v1 import AppTest

from app import services, wording
from app.measured import ScoredScans
from app.settings import SAMPLES
from model.artifact import WEIGHTS
from model.predictor import Predictor
from model.radiograph import decode
from model.records.manifest import Manifest
from tests.app.driving import png, settle, text_of

VERDICT = re.compile(r'cx-verdict__word">([^<]*)<')

OpenApp = Callable[[Path], AppTest]


def upload(page: AppTest, data: bytes, name: str = "scan") -> AppTest:
    page.file_uploader[0].upload(name, data, "application/octet-stream")
    return page.run()


def verdicts(page: AppTest) -> list[str]:
    return VERDICT.findall(text_of(page))


def explain_control(page: AppTest) -> Any:
    return next(one for one in page.segmented_control if str(one.key).startswith("explain-"))


def test_before_any_radiograph_there_is_no_verdict(warm_app: AppTest) -> None:
    assert not warm_app.exception
    assert verdicts(warm_app) == []
    assert "No radiograph yet" in text_of(warm_app)


def test_a_sample_gets_the_predictors_verdict(warm_app: AppTest, trained_artifact: Path) -> None:
    button = warm_app.button(key="take-composite_pneumonia_1")
    page = button.click().run()
    predictor = Predictor.load(trained_artifact)
    sample = (SAMPLES / "composite_pneumonia_1.png").read_bytes()
    expected = predictor.predict(decode(sample))
    assert not page.exception
    assert verdicts(page) == [expected.decision]
    text = unescape(text_of(page))
    assert wording.verdict_reason(expected.decision, expected.probability, 0.5, "balanced") in text
    assert expected.model_version in text
    assert "composite" in text


@pytest.mark.parametrize("pneumonia", [False, True])
def test_an_upload_is_scored_whatever_its_name(warm_app: AppTest, trained_artifact: Path, *, pneumonia: bool) -> None:
    data = png(pneumonia=pneumonia, size=(300, 260))
    page = upload(warm_app, data, name="1.2.840.113619")
    expected = Predictor.load(trained_artifact).predict(decode(data))
    assert not page.exception
    assert verdicts(page) == [expected.decision]
    assert "260 × 300 pixels" in text_of(page)


def test_what_the_number_means_comes_from_the_evaluation(warm_app: AppTest, trained_artifact: Path) -> None:
    data = png(pneumonia=True)
    page = upload(warm_app, data)
    probability = Predictor.load(trained_artifact).predict(decode(data)).probability
    test = json.loads((trained_artifact / "evaluation.json").read_text())["test"]
    inside = next(one for one in test["reliability"] if one["from"] <= probability <= one["to"])
    (tn, fp), (fn, tp) = test["confusion_matrix"]["counts"]
    text = unescape(text_of(page))
    scored = [
        row
        for row in csv.DictReader((trained_artifact / "predictions.csv").read_text().splitlines())
        if row["split"] == "test"
    ]
    alike = ScoredScans(
        np.array([float(row["probability"]) for row in scored]),
        np.array([row["true"] == "Pneumonia" for row in scored]),
    ).alike(probability)
    if alike is not None:
        assert f"{alike.pneumonia} of the {alike.scans} images nearest in score" in text
        assert "In this test set 50.0\u00a0% have pneumonia" in text
    elif inside["images"] > 1:
        assert f"Of {inside['images']} test images with a probability" in text
        assert f"{inside['pneumonia']} had pneumonia" in text
    assert (
        f"At the balanced operating point, of {fn + tp} test images with pneumonia {tp} were found and {fn} missed; of "
        f"{tn + fp} normal ones {tn} were called Normal and {fp} raised a false alarm." in text
    )
    assert wording.EQUAL_PREVALENCE in text


def test_the_page_says_what_it_is_not(warm_app: AppTest) -> None:
    text = text_of(warm_app)
    assert "not a medical device" in text.lower()
    assert "children of 1 to 5 years" in text
    assert "What it cannot see" in text


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "empty"), (b"hello", "text file"), (png(pneumonia=True)[:900], "cut short")],
    ids=["empty", "text", "cut short"],
)
def test_a_bad_file_gives_one_sentence_and_the_page_stays_usable(warm_app: AppTest, data: bytes, words: str) -> None:
    page = upload(warm_app, data)
    assert not page.exception
    assert verdicts(page) == []
    assert words in text_of(page)
    assert "No radiograph yet" not in text_of(page)
    page = page.button(key="take-composite_normal_1").click().run()
    assert len(verdicts(page)) == 1
    assert "cannot be scored" not in text_of(page)


def test_opacity_does_not_run_the_model_again(warm_app: AppTest) -> None:
    page = upload(warm_app, png(pneumonia=True, seed=77))
    before = len(page.image)
    with mock.patch.object(Predictor, "predict", side_effect=AssertionError("scored again")):
        page.slider[0].set_value(90).run()
    assert not page.exception
    assert len(verdicts(page)) == 1
    assert len(page.image) == before


def test_the_heatmap_can_be_asked_for_the_other_class(warm_app: AppTest) -> None:
    page = upload(warm_app, png(pneumonia=True))
    (decision,) = verdicts(page)
    other = {"Normal": "Pneumonia", "Pneumonia": "Normal"}[decision]
    assert f"heatmap is for {decision} (the verdict)" in text_of(page) or "shows no colour" in text_of(page)
    explain_control(page).set_value(other).run()
    assert not page.exception
    assert verdicts(page) == [decision]
    assert f"for {other}" in text_of(page)


def test_visiting_the_other_page_keeps_the_case(warm_app: AppTest) -> None:
    page = upload(warm_app, png(pneumonia=True))
    shown = verdicts(page)
    page.slider[0].set_value(80).run()
    page = page.switch_page("screens/performance/page.py").run()
    page = page.switch_page("app_pages/predict.py").run()
    assert not page.exception
    assert verdicts(page) == shown
    assert page.slider[0].value == 80


def test_a_file_name_is_shown_as_text_and_kept_until_cleared(warm_app: AppTest) -> None:
    page = upload(warm_app, png(pneumonia=True), name="<b>scan</b>.png")
    page = page.switch_page("screens/performance/page.py").run().switch_page("app_pages/predict.py").run()
    assert "<b>scan" not in text_of(page)
    assert "<b>scan</b>.png: PNG" in unescape(text_of(page))
    page = page.button(key="clear").click().run()
    assert verdicts(page) == []
    assert "No radiograph yet" in text_of(page)
    assert "scan" not in text_of(page).replace("cx-icon--scan", "").replace("scans", "")
    assert "clear" not in {button.key for button in page.button}


def test_nothing_of_the_upload_is_logged(warm_app: AppTest, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    page = upload(warm_app, png(pneumonia=True), name="Doe^Jane_1990.png")
    assert "Doe^Jane_1990.png: PNG" in text_of(page), "Who uploaded it sees what the verdict is of."
    page = upload(page, b"hello", name="Doe^Jane_1990.txt")
    assert "Jane" not in caplog.text
    assert "Jane" not in text_of(page)


def test_a_large_upload_is_not_spooled_to_disk(warm_app: AppTest) -> None:
    assert len(warm_app.file_uploader) == 1
    # Left to itself, Starlette moves parts of more than 1 MB to a temporary file.
    content = bytes(3 * 1024**2)
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="scan"\r\n\r\n'

    async def body() -> AsyncIterator[bytes]:
        yield head + content + b"\r\n--x--\r\n"

    headers = Headers({"content-type": "multipart/form-data; boundary=x"})
    form = asyncio.run(MultiPartParser(headers, body()).parse())
    uploaded = form["f"]
    assert isinstance(uploaded, UploadFile)
    assert not uploaded.file._rolled  # type: ignore[attr-defined]
    uploaded.file.close()


def _break_manifest(folder: Path) -> str:
    (folder / Manifest.FILE).write_text("{", encoding="utf-8")
    return "not valid JSON"


def _break_weights(folder: Path) -> str:
    with (folder / WEIGHTS).open("ab") as stream:
        stream.write(b"x")
    return "not the file its manifest describes"


def _no_manifest(folder: Path) -> str:
    (folder / Manifest.FILE).unlink()
    return "No trained model"


def _no_threshold(folder: Path) -> str:
    values = json.loads((folder / Manifest.FILE).read_text(encoding="utf-8"))
    (folder / Manifest.FILE).write_text(json.dumps(values | {"operating_points": []}), encoding="utf-8")
    return "no threshold"


@pytest.mark.parametrize("damage", [_break_manifest, _break_weights, _no_manifest, _no_threshold])
def test_a_broken_model_is_named_and_nothing_is_scored(
    open_app: OpenApp, artifact: Path, damage: Callable[[Path], str]
) -> None:
    words = damage(artifact)
    page = open_app(artifact)
    settle(page)
    assert not page.exception
    assert words in unescape(text_of(page))
    assert verdicts(page) == []
    assert len(page.file_uploader) == 0


def test_a_model_that_breaks_while_serving_gives_no_verdict_until_it_is_mended(
    open_app: OpenApp, artifact: Path
) -> None:
    page = open_app(artifact)
    settle(page)
    page = upload(page, png(pneumonia=True))
    assert len(verdicts(page)) == 1
    good = (artifact / Manifest.FILE).read_bytes()
    (artifact / Manifest.FILE).write_text("{", encoding="utf-8")
    settle(page.run())
    assert verdicts(page) == []
    (artifact / Manifest.FILE).write_bytes(good)
    settle(page.run())
    assert len(verdicts(page)) == 1


def test_while_the_model_warms_up_there_is_no_verdict(
    open_app: OpenApp, trained_artifact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "model_state", lambda _folder: services.Warming())
    page = upload(open_app(trained_artifact), png(pneumonia=True))
    assert not page.exception
    assert verdicts(page) == []
    assert "The verdict appears here by itself" in text_of(page)
    monkeypatch.undo()
    monkeypatch.setenv("CXR_MODEL_DIR", str(trained_artifact))
    settle(page.run())
    assert len(verdicts(page)) == 1


def test_without_an_evaluation_the_verdict_says_so(open_app: OpenApp, artifact: Path) -> None:
    (artifact / "evaluation.json").unlink()
    page = open_app(artifact)
    settle(page)
    page = upload(page, png(pneumonia=True))
    assert len(verdicts(page)) == 1
    assert "This model has no evaluation" in text_of(page)
