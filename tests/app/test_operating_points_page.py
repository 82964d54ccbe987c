"""The choice between the operating points, and radiographs whose probability is indeterminate."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from streamlit.testing.v1 import AppTest

from app import wording
from model.artifact import read_manifest
from model.predictor import Predictor
from model.radiograph import decode
from tests.app.banded import rewrite
from tests.app.driving import halves, png, settle, text_of

OpenApp = Callable[..., AppTest]
VERDICT = re.compile(r'cx-verdict__word">([^<]*)<')
LEAN = re.compile(r'cx-verdict__lean">([^<]*)<')
SCAN = png(pneumonia=True, seed=31)


def score(page: AppTest, data: bytes = SCAN) -> AppTest:
    page.file_uploader[0].upload("scan.png", data, "image/png")
    return page.run()


def choose(page: AppTest, name: str) -> AppTest:
    page.segmented_control(key="operating-point-choice").set_value(name).run()
    return page


def words(page: AppTest) -> str:
    return unescape(text_of(page)).replace("\u00a0", " ")


def probability(folder: Path, data: bytes = SCAN) -> float:
    return Predictor.load(folder).predict(decode(data)).probability


@pytest.fixture
def open_artifact(artifact: Path) -> Path:
    """An artifact to which the scan is indeterminate, and whose three points disagree on it."""
    found = probability(artifact)
    assert 0.02 < found < 0.98, "The made scan is too clear for this test."
    low, high = min(found, 0.5) - 0.01, max(found, 0.5) + 0.01
    return rewrite(artifact, rule_out=low, rule_in=high)


def test_balanced_is_chosen_first(warm_app: AppTest) -> None:
    page = score(warm_app)
    control = page.segmented_control(key="operating-point-choice")
    assert control.value == "balanced"
    assert list(control.options) == ["Rule-out", "Balanced", "Rule-in"]
    assert wording.point_in_words("balanced") in words(page)


@pytest.mark.parametrize("name", ["rule_out", "balanced", "rule_in"])
def test_the_chosen_point_decides_and_every_sentence_follows(open_app: OpenApp, sure_artifact: Path, name: str) -> None:
    page = choose(score(settle(open_app(sure_artifact))), name)
    assert not page.exception
    expected = Predictor.load(sure_artifact).predict(decode(SCAN), operating_point=name)
    text = words(page)
    assert VERDICT.findall(text) == [expected.decision]
    _, limit = wording.probability_and_threshold(expected.probability, expected.threshold)
    assert f"threshold {limit}".replace("\u00a0", " ") in text
    assert f"--x:{100 * expected.threshold:.3f}%" in text, "The mark on the probability's line."
    point = json.loads((sure_artifact / "evaluation.json").read_text())["test"]["operating_points"][name]
    (tn, fp), (fn, tp) = point["confusion_matrix"]["counts"]
    spelt = name.replace("_", "-")
    assert f"At the {spelt} operating point, of {fn + tp} test images with pneumonia {tp} were found" in text
    assert f"{tn} were called Normal and {fp} raised a false alarm" in text
    called = {"Normal": (tn, tn + fn), "Pneumonia": (tp, tp + fp)}[expected.decision]
    if called[1] > 1:
        asked = f"Of {called[1]} images of the test split called {expected.decision} at the {spelt} operating point"
        assert f"{asked}, {called[0]} " in text
    assert f"{expected.decision} at the {spelt} operating point, threshold {expected.threshold:.4f}" in text


def test_the_choice_outlives_a_visit_to_the_other_page(warm_app: AppTest) -> None:
    page = choose(score(warm_app), "rule_in")
    page = page.switch_page("screens/performance/page.py").run().switch_page("app_pages/predict.py").run()
    assert page.segmented_control(key="operating-point-choice").value == "rule_in"
    assert "at the rule-in operating point" in words(page)
    page = score(page, png(pneumonia=False, seed=4))
    assert page.segmented_control(key="operating-point-choice").value == "rule_in", "Another radiograph undid it."


def test_the_setting_is_where_the_choice_starts(open_app: OpenApp, sure_artifact: Path) -> None:
    page = score(settle(open_app(sure_artifact, CXR_OPERATING_POINT="rule-out")))
    assert page.segmented_control(key="operating-point-choice").value == "rule_out"
    assert "At the rule-out operating point" in words(page)
    page = choose(page, "balanced")
    assert page.segmented_control(key="operating-point-choice").value == "balanced"


@pytest.mark.parametrize("page_file", ["app_pages/predict.py", "screens/performance/page.py"])
def test_a_setting_that_cannot_be_used_is_named_and_nothing_is_shown(
    open_app: OpenApp, sure_artifact: Path, page_file: str
) -> None:
    page = open_app(sure_artifact, CXR_OPERATING_POINT="strict").switch_page(page_file).run()
    assert not page.exception
    text = words(page)
    assert "CXR_OPERATING_POINT is 'strict'; expected one of rule-out, balanced, rule-in" in text
    assert len(page.file_uploader) == 0
    assert len(page.get("plotly_chart")) == 0


@pytest.mark.parametrize("name", ["rule_out", "balanced", "rule_in"])
def test_an_indeterminate_radiograph_is_said_to_be_so_and_to_lean(
    open_app: OpenApp, open_artifact: Path, name: str
) -> None:
    page = choose(score(settle(open_app(open_artifact))), name)
    assert not page.exception
    prediction = Predictor.load(open_artifact).predict(decode(SCAN), operating_point=name)
    assert prediction.indeterminate
    text = words(page)
    assert VERDICT.findall(text) == ["Indeterminate"]
    assert LEAN.findall(text) == [f"Leans {prediction.decision} at the {name.replace('_', '-')} operating point"]
    assert 'class="cx-verdict cx-verdict--indeterminate' in text
    assert 'class="cx-icon cx-icon--indeterminate"' in text
    assert (
        "The band is set so that, of scans like those of validation, at most 2 % of those with pneumonia fall below it "
        "and at most 2 % of normal ones above it." in text
    )
    assert "the side it leans to" in text or "shows no colour" in text
    assert f"Indeterminate; leans {prediction.decision} at the" in text


def test_what_the_band_did_on_test_stands_beside_an_indeterminate_verdict(
    open_app: OpenApp, open_artifact: Path
) -> None:
    page = score(settle(open_app(open_artifact)))
    band = json.loads((open_artifact / "evaluation.json").read_text())["test"]["band"]
    inside, well, sick = (band[name] for name in ("indeterminate", "normal", "pneumonia"))
    assert (
        f"Of {inside['trials']} test scans, {inside['successes']} fell in this band: {well['successes']} of "
        f"{well['trials']} normal ones and {sick['successes']} of {sick['trials']} with pneumonia." in words(page)
    )
    assert "Rule-out" in words(page)


def test_the_band_is_drawn_on_the_line_and_read_aloud(open_app: OpenApp, open_artifact: Path) -> None:
    text = text_of(score(settle(open_app(open_artifact))))
    band = read_manifest(open_artifact).band
    assert band is not None
    drawn = f'class="cx-bar__band" style="left:{100 * band.low:.3f}%;width:{100 * (band.high - band.low):.3f}%"'
    assert drawn in text
    spoken = re.search(r'aria-label="(Probability of pneumonia[^"]*)"', text)
    assert spoken
    assert wording.band_key(band) in unescape(spoken[1])


def test_without_a_band_nothing_is_indeterminate_and_none_is_drawn(open_app: OpenApp, artifact: Path) -> None:
    for name in ("manifest.json", "evaluation.json"):
        values: dict[str, Any] = json.loads((artifact / name).read_text(encoding="utf-8")) | {"band": None}
        for split in ("test", "validation"):
            if name == "evaluation.json":
                values[split]["band"] = None
        (artifact / name).write_text(json.dumps(values), encoding="utf-8")
    page = score(settle(open_app(artifact)))
    assert not page.exception
    assert VERDICT.findall(text_of(page))[0] in {"Normal", "Pneumonia"}
    assert "cx-bar__band" not in text_of(page)
    assert "band" not in re.sub(r"cx-\S+", "", words(page))
    page = page.switch_page("screens/performance/page.py").run()
    assert not page.exception
    assert "When it will not say" not in text_of(page)


def test_outside_the_band_it_is_told_how_often_such_an_answer_was_right(open_app: OpenApp, artifact: Path) -> None:
    found = probability(artifact)
    low = found / 2 if found > 0.5 else (found + 0.5) / 2
    rewrite(artifact, rule_out=min(low, 0.5), rule_in=max(min(low, 0.5), 0.5), band=(low, min(low + 1e-6, 1.0)))
    page = score(settle(open_app(artifact)))
    right = json.loads((artifact / "evaluation.json").read_text())["test"]["band"]["decided_right"]
    assert f"Of {right['trials']} test scans outside the band, {right['successes']} (" in words(page)


def test_a_model_without_the_point_chosen_shows_no_verdict(open_app: OpenApp, artifact: Path) -> None:
    for name in ("manifest.json", "evaluation.json"):
        values = json.loads((artifact / name).read_text(encoding="utf-8"))
        values["operating_points"] = [one for one in values["operating_points"] if one["name"] == "balanced"]
        (artifact / name).write_text(json.dumps(values), encoding="utf-8")
    page = score(settle(open_app(artifact, CXR_OPERATING_POINT="rule-in")))
    assert not page.exception
    assert VERDICT.findall(text_of(page)) == []
    assert "has no operating point" in words(page)


def test_a_refused_picture_scored_anyway_can_be_indeterminate_and_keeps_its_warning(
    open_app: OpenApp, gated_artifact: Path
) -> None:
    data = halves(bright_above=False)
    rewrite(gated_artifact, rule_out=1e-6, rule_in=1 - 1e-6)
    page = score(settle(open_app(gated_artifact)), data)
    assert VERDICT.findall(text_of(page)) == []
    page = page.button(key="anyway-button").click().run()
    text = words(page)
    assert VERDICT.findall(text) == ["Indeterminate"]
    assert "on a picture that was refused" in text
    assert wording.NO_FIGURE_HOLDS in text
    page = choose(page, "rule_in")
    assert "cx-status--warn" in text_of(page), "The warning went away with another operating point."


def test_another_point_does_not_bring_back_what_was_scored_for_the_first(
    open_app: OpenApp, open_artifact: Path
) -> None:
    page = score(settle(open_app(open_artifact)))
    page = choose(page, "rule_out")
    with mock.patch.object(Predictor, "predict", side_effect=AssertionError("scored again")):
        page = choose(page, "balanced")
    assert not page.exception
    assert "at the balanced operating point" in LEAN.findall(words(page))[0]


@pytest.mark.parametrize("above", [True, False])
def test_a_broken_promise_is_told_beside_any_verdict(open_app: OpenApp, artifact: Path, *, above: bool) -> None:
    values = json.loads((artifact / "evaluation.json").read_text(encoding="utf-8"))
    side = values["test"]["band"]["normal_above"]
    side |= {"value": 0.5, "low": 0.3, "high": 0.7, "successes": 10} if above else {"value": 0.0, "low": 0.0}
    values["test"]["band"]["pneumonia_below"] |= {"value": 0.0, "low": 0.0}
    (artifact / "evaluation.json").write_text(json.dumps(values), encoding="utf-8")
    text = words(score(settle(open_app(artifact))))
    assert VERDICT.findall(text) != ["Indeterminate"]
    assert ("missed its aim on the test split: 10 of 20 normal scans (50 %) lay above it" in text) == above
