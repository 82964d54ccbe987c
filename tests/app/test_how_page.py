"""The How it works page: its numbers are the network's, each control moves what it should, and nothing is made up."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.services.inspection import VARIANTS, Changes
from app.services.radiographs import open_film as open_case
from app.settings import ROOT
from app.wording import how, how_learning, percent
from app.wording.glossary import GLOSSARY, anchor
from model.architecture import Architecture, build
from model.artifact import read_manifest, save_weights_file
from model.inspection import Inspector
from model.predictor import Predictor
from model.preprocessing import to_model_input
from model.records.manifest import Manifest
from model.variation import Variation
from tests.app.driving import halves, png, settle, text_of

OpenApp = Callable[..., AppTest]
PAGE = "app_pages/how_it_works.py"


def page_of(app: AppTest) -> AppTest:
    page = settle(app.switch_page(PAGE).run())
    assert not page.exception
    return page


def shown(page: AppTest) -> str:
    return unescape(text_of(page))


def defined(page: AppTest, term: str) -> str:
    found = re.search(rf"<dt>{re.escape(term)}</dt><dd>(.*?)</dd>", shown(page))
    assert found, term
    return found[1]


def pictures(page: AppTest) -> dict[str, str]:
    """Address of each picture by its caption; the address changes with the content."""
    return {one.caption: one.url for element in page.image for one in element.proto.imgs}


def charts(page: AppTest) -> dict[str, Any]:
    """The Plotly figures, by what is on their y axis."""
    found = [json.loads(element.proto.spec) for element in page.get("plotly_chart")]
    return {one["layout"]["yaxis"].get("title", {}).get("text", "votes"): one for one in found}


def moved(page: AppTest, label: str) -> Any:
    return next(one for one in page.slider if one.label.startswith(label))


@pytest.fixture
def page(warm_app: AppTest) -> AppTest:
    return page_of(warm_app)


def test_importing_the_page_imports_neither_tensorflow_nor_keras() -> None:
    code = "import sys, app.app_pages.how_it_works as _; assert not {'tensorflow', 'keras', 'scipy'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_first_sample_is_shown_at_once_and_not_put_on_the_predict_page(page: AppTest) -> None:
    assert "Shown below: sample “Normal 1”" in shown(page)
    assert "What the network reads now" in pictures(page)
    back = page.switch_page("app_pages/predict.py").run()
    assert "No radiograph yet" in text_of(back)


def test_the_way_ends_in_the_number_of_the_predict_page(warm_app: AppTest, sure_artifact: Path) -> None:
    data = png(pneumonia=True, seed=4)
    predict = warm_app.file_uploader[0].upload("one.png", data, "image/png").run()
    on_predict = re.search(r"Probability of pneumonia (.*?), threshold", shown(predict))
    assert on_predict
    page = page_of(predict)
    assert defined(page, "On the Predict page").startswith(on_predict[1])
    predictor = Predictor.load(sure_artifact)
    radiograph = open_case(data).radiograph
    exact = predictor.predict(radiograph).probability
    assert f"<strong>{percent(exact, 1)}</strong>" in shown(page)
    assert defined(page, "Calibration").endswith(f"as a probability {percent(exact, 1)}")
    seen = Inspector(predictor.network).look(to_model_input(radiograph.pixels, predictor.manifest.input))
    assert float(predictor.manifest.calibration.probabilities(seen.logits[None])[0]) == pytest.approx(exact, abs=1e-6)
    marks = charts(page)["Probability of pneumonia"]["data"][1]
    assert marks["y"] == pytest.approx([exact])


def test_the_votes_on_the_page_add_up(page: AppTest) -> None:
    grid = charts(page)["votes"]["data"][0]["z"]
    bias = float(defined(page, "Bias").split(",")[0].replace("−", "-"))
    total = float(defined(page, "Sum").replace("−", "-"))
    assert sum(map(sum, grid)) + bias == pytest.approx(total, abs=2e-3)
    assert defined(page, "The network’s own result").startswith(defined(page, "Sum"))
    assert "which is rounding" in defined(page, "Check")


def test_the_table_of_stages_is_that_of_the_network(page: AppTest, sure_artifact: Path) -> None:
    for number, stage in enumerate(Inspector(Predictor.load(sure_artifact).network).stages, start=1):
        row = re.search(rf'<th scope="row">{number} · .*?</tr>', text_of(page))
        assert row
        cells = re.findall(r'"cx-num">(.*?)<', row[0])
        assert cells == [
            f"{stage.width} × {stage.height}",
            str(stage.channels),
            f"{stage.width * stage.height * stage.channels:,}",
        ]


def test_filter_and_stage_change_their_pictures_and_nothing_else(page: AppTest) -> None:
    before, told = pictures(page), shown(page)
    moved(page, "Filter").set_value(5).run()
    after = pictures(page)
    assert "Filter 5: its weights" in after
    assert "Filter 1: its weights" not in after
    assert after["After ReLU"] != before["After ReLU"]
    assert shown(page) != told
    page.selectbox(key="how-stage").set_value(0).run()
    last = pictures(page)
    assert any(caption.endswith("maps after step 1, enlarged") for caption in last)
    assert last["What the network reads now"] == before["What the network reads now"]


def test_six_new_ones_are_drawn_at_the_press_of_a_button(page: AppTest) -> None:
    def drawn() -> list[str]:
        every = [one for element in page.image for one in element.proto.imgs]
        return [one.url for one in every if one.caption.startswith("Pneumonia ")]

    first = drawn()
    assert len(set(first)) == VARIANTS
    page.button(key="how-redraw").click().run()
    assert not set(first) & set(drawn())


def test_sliders_move_the_picture_and_the_answer_and_say_where_known_ground_ends(
    page: AppTest, sure_artifact: Path
) -> None:
    variation = Variation.recorded(read_manifest(sure_artifact).training)
    assert variation is not None
    before = pictures(page)["What the network reads now"]
    assert "This is the scan as it is." in shown(page)
    assert "Within what training showed" in shown(page)
    for label in ("Rotate", "Darken or brighten", "Blur", "Crop"):
        slider = moved(page, label)
        slider.set_value(slider.max).run()
        now = shown(page)
        assert pictures(page)["What the network reads now"] != before, label
        assert f"Beyond what training showed: {label.lower()}" in now
        assert "This is the scan as it is." not in now
        page.button(key="how-reset").click().run()
        assert pictures(page)["What the network reads now"] == before
    moved(page, "Rotate").set_value(int(variation.rotation)).run()
    assert "Within what training showed" in shown(page)
    assert f"up to {variation.rotation:g} either way" in moved(page, "Rotate").help


def test_the_range_is_drawn_only_when_asked_for(page: AppTest, sure_artifact: Path) -> None:
    number = len(page.get("plotly_chart"))
    page.segmented_control(key="how-chart").set_value("turn").run()
    assert len(page.get("plotly_chart")) == number + 1
    figure = next(
        one
        for one in (json.loads(element.proto.spec) for element in page.get("plotly_chart"))
        if one["layout"]["xaxis"].get("title", {}).get("text", "").startswith("Rotate")
    )
    line, now, _ = figure["data"]
    assert (min(line["x"]), max(line["x"])) == (-45, 45)
    assert now["y"][0] == pytest.approx(line["y"][line["x"].index(0.0)])
    (band,) = figure["layout"]["shapes"]
    rotation = read_manifest(sure_artifact).training["augmentation"]["rotation"]
    assert (band["x0"], band["x1"]) == (-rotation, rotation)


def test_loss_and_ways_downhill_follow_their_sliders(page: AppTest) -> None:
    assert how_learning.loss_sentence(0.5) in shown(page)
    moved(page, "Probability given to the truth").set_value(5).run()
    assert how_learning.loss_sentence(0.05) in shown(page)
    assert charts(page)["Loss of this one scan"]["data"][1]["x"] == [0.05]
    before = len(charts(page)["Another weight"]["data"][0]["x"])
    moved(page, "Steps").set_value(12).run()
    ways = charts(page)["Another weight"]["data"]
    assert [len(way["x"]) for way in ways[:2]] == [13, 13] != [before, before]
    assert "After 12 steps" in shown(page)
    far = ways[0]["x"][-1]
    moved(page, "Learning rate").set_value(0.01).run()
    assert charts(page)["Another weight"]["data"][0]["x"][-1] < far
    assert "Loss (cross-entropy)" in charts(page)


def test_every_word_of_the_glossary_has_its_place(page: AppTest) -> None:
    for key, term in GLOSSARY.items():
        assert f'id="{anchor(key)}"' in text_of(page)
        assert term.text in shown(page)
    for section in how.SECTIONS:
        assert f'id="how-{section}"' in text_of(page)
        assert f'href="#how-{section}"' in text_of(page)


def test_another_radiograph_comes_with_sliders_at_rest(page: AppTest) -> None:
    moved(page, "Rotate").set_value(30).run()
    page.button(key="take-composite_pneumonia_2").click().run()
    assert moved(page, "Rotate").value == 0
    assert "Pneumonia 2" in shown(page)


def test_a_broken_model_is_named_and_the_glossary_stays(open_app: OpenApp, artifact: Path) -> None:
    (artifact / "model.keras").write_bytes(b"broken")
    page = page_of(open_app(artifact))
    assert "The network cannot be shown" in shown(page)
    assert "model.keras is not the file its manifest describes" in shown(page)
    assert not [one for one in pictures(page) if one]
    assert "term-epoch" in text_of(page)


def test_no_model_at_all(open_app: OpenApp, tmp_path: Path) -> None:
    page = page_of(open_app(tmp_path / "none"))
    assert "No trained model in" in shown(page)
    assert "There is no history.json" in shown(page)


def test_a_setting_that_cannot_be_used_is_named(open_app: OpenApp, artifact: Path) -> None:
    page = open_app(artifact, CXR_KEEP_PIXELS="perhaps").switch_page(PAGE).run()
    assert "CXR_KEEP_PIXELS" in shown(page)


def test_without_recorded_augmentation_it_says_so(open_app: OpenApp, artifact: Path) -> None:
    values = json.loads((artifact / Manifest.FILE).read_text(encoding="utf-8"))
    del values["training"]["augmentation"]
    (artifact / Manifest.FILE).write_text(json.dumps(values), encoding="utf-8")
    page = page_of(open_app(artifact))
    assert how.NOT_RECORDED in shown(page)
    assert "How far training went is not recorded" in shown(page)


def test_a_hidden_layer_means_no_votes_and_the_rest_as_ever(open_app: OpenApp, artifact: Path) -> None:
    manifest = read_manifest(artifact)
    network = build(Architecture("plain", widths=(3, 5), blocks=0, hidden=4), manifest.input.size)
    sha256, _ = save_weights_file(network, artifact)
    manifest.replace(weights_sha256=sha256, preset="plain").write(artifact)
    page = page_of(open_app(artifact))
    assert how.NO_VOTES in shown(page)
    assert "votes" not in charts(page)
    assert "Calibration" in shown(page)
    assert "3 · One convolution" in shown(page)
    assert 'role="alert"' not in text_of(page)


def test_a_refused_picture_is_shown_with_a_warning(open_app: OpenApp, gated_artifact: Path) -> None:
    app = settle(open_app(gated_artifact))
    page = page_of(app.file_uploader[0].upload("one.png", halves(bright_above=False), "image/png").run())
    assert "This picture was refused" in shown(page)
    assert "The input gate refuses it: It looks upside down." in shown(page)


def test_changes_by_hand() -> None:
    scan = open_case(png(pneumonia=False)).radiograph.pixels
    assert (Changes().apply(scan) == scan).all()
    assert Changes(brightness=20).apply(scan).mean() > scan.mean() + 30
    assert Changes(blur=5).apply(scan).std() < scan.std()
    assert (Changes(crop=50).apply(scan)[111:113, 111:113].astype(int) - scan[111:113, 111:113]).max() < 12
