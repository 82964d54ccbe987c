"""A picture that the input gate refuses: no verdict until asked for, and then a warning on everything."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app import services, wording
from model.input_gate import GateResult
from model.predictor import Predictor
from model.radiograph import decode
from tests.app.driving import halves, performance_tab, settle, text_of

OpenApp = Callable[[Path], AppTest]
REASON = "It looks upside down."
NUMBERS_OF_A_VERDICT = re.compile(r"class=\"[^\"]*cx-(verdict|bar)|Probability|Overlay|heatmap is for")


@pytest.fixture
def page(open_app: OpenApp, gated_artifact: Path) -> AppTest:
    return settle(open_app(gated_artifact))


def upload(page: AppTest, *, bright_above: bool, name: str = "scan.png") -> AppTest:
    page.file_uploader[0].upload(name, halves(bright_above=bright_above), "image/png")
    return page.run()


def keys(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button}


def captions_and_alts(page: AppTest) -> str:
    return " ".join(str(image.proto) for image in page.image)


def test_an_accepted_picture_is_scored_as_ever(page: AppTest, gated_artifact: Path) -> None:
    page = upload(page, bright_above=True)
    assert not page.exception
    expected = Predictor.load(gated_artifact).predict(decode(halves(bright_above=True)))
    assert f'cx-verdict__word">{expected.decision}<' in text_of(page)
    assert wording.NOT_SCORED not in text_of(page)
    assert "refused" not in captions_and_alts(page)
    assert "anyway-button" not in keys(page)


def test_a_refused_picture_shows_nothing_of_what_the_model_computed(page: AppTest) -> None:
    page = upload(page, bright_above=False)
    assert not page.exception
    text = unescape(text_of(page))
    assert wording.NOT_SCORED in text
    assert REASON in text
    assert "turn it upright" in text
    assert not NUMBERS_OF_A_VERDICT.search(text)
    assert len(page.slider) == 0
    assert "The picture as read, not scored" in captions_and_alts(page)


def test_scored_anyway_the_warning_stays_on_everything(page: AppTest) -> None:
    page = upload(page, bright_above=False)
    page = page.button(key="anyway-button").click().run()
    assert not page.exception
    warning = wording.refused_warning("it looks upside down")
    bodies = [unescape(element.body) for element in page.html]
    above = next(i for i, body in enumerate(bodies) if "cx-status--warn" in body)
    verdict = next(i for i, body in enumerate(bodies) if "cx-verdict__word" in body)
    assert above < verdict
    assert warning in bodies[above]
    assert "on a picture that was refused" in bodies[verdict]
    assert warning in next(body for body in bodies if 'aria-label="Probability' in body)
    assert wording.NO_FIGURE_HOLDS in "".join(bodies)
    assert REASON in captions_and_alts(page)
    page = page.switch_page("screens/performance/page.py").run().switch_page("app_pages/predict.py").run()
    assert "cx-status--warn" in text_of(page), "The warning went away on a visit to the other page."


def test_scoring_anyway_is_for_one_case(page: AppTest) -> None:
    page = upload(page, bright_above=False)
    page = page.button(key="anyway-button").click().run()
    page = upload(page, bright_above=False, name="again.png")
    assert wording.NOT_SCORED in text_of(page)
    assert not NUMBERS_OF_A_VERDICT.search(text_of(page))


def test_the_saved_overlay_of_a_refused_picture_says_so(gated_artifact: Path) -> None:
    case = services.open_case(halves(bright_above=False))
    prediction = Predictor.load(gated_artifact).predict(case.radiograph)
    saved = Image.open(io.BytesIO(services.overlay_full_size(case, prediction, 0.5)))
    assert saved.text["Warning"] == wording.refused_warning("it looks upside down")
    accepted = services.open_case(halves(bright_above=True))
    prediction = Predictor.load(gated_artifact).predict(accepted.radiograph)
    assert isinstance(prediction.gate, GateResult)
    assert "Warning" not in Image.open(io.BytesIO(services.overlay_full_size(accepted, prediction, 0.5))).text


def measured(artifact: Path) -> dict[str, object]:
    values: dict[str, object] = json.loads((artifact / "gate" / "gate.json").read_text(encoding="utf-8"))["measured"]
    return values


def test_both_pages_say_what_the_gate_was_measured_to_do(page: AppTest, gated_artifact: Path) -> None:
    values = measured(gated_artifact)
    text = unescape(text_of(page))
    assert f"wrongly, {values['validation_refused']} of {values['validation_scans']} validation scans" in text
    assert "anything gets an answer" not in text
    page = performance_tab(page, "For whom")
    assert not page.exception
    text = unescape(text_of(page))
    impostors = values["impostors"]
    assert isinstance(impostors, list)
    for one in impostors:
        kind = one["kind"][:1].upper() + one["kind"][1:]
        row = re.search(rf"{re.escape(kind)}</th>(.*?)</tr>", text)
        assert row, kind
        assert re.findall(r">([^<]+)</td>", row[1])[:2] == [f"{one['pictures']:,}", f"{one['refused']:,}"]
    assert f"{values['validation_refused']} of {values['validation_scans']} validation scans" in text
    assert "95 % interval" in text
    assert "No lateral views and no adults" in text


def test_a_model_without_a_gate_says_so(open_app: OpenApp, artifact: Path) -> None:
    assert not (artifact / "gate").exists()
    page = settle(open_app(artifact))
    assert "anything gets an answer" in text_of(page)
    page = performance_tab(page, "For whom")
    assert "No check of the input was measured" in text_of(page)


def test_a_gate_without_measurements_is_named(open_app: OpenApp, gated_artifact: Path) -> None:
    path = gated_artifact / "gate" / "gate.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"measured": {}}), encoding="utf-8")
    page = settle(open_app(gated_artifact))
    assert "how well was not recorded" in text_of(page)
    page = page.switch_page("screens/performance/page.py").run()
    assert "gate/gate.json cannot be read" in text_of(page) or "gate.json cannot be read" in text_of(page)
