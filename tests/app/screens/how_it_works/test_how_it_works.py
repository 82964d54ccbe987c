"""How it works: its numbers are the network's, each control moves what it should, and nothing is made up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.services import opened
from app.services.inspection import VARIANTS, Changes
from app.services.radiographs import open_film
from app.ui.glossary import GLOSSARY
from app.ui.numbers import percent, signed
from model.architecture import Architecture, build
from model.artifact import read_manifest, save_weights_file
from model.inspection import Inspector
from model.predictor import Predictor
from model.preprocessing import to_model_input
from model.records.manifest import Manifest
from model.variation import Variation
from tests.app.driving import halves, html, missing, png, settle, start, words

OpenPage = Callable[..., AppTest]


def ready(patch: pytest.MonkeyPatch, folder: Path, state: Mapping[str, Any] = {}) -> AppTest:
    given = {"how-learning-tab": "The cost of a mistake", **state}
    return settle(start(patch, "how_it_works", state=given, CXR_MODEL_DIR=folder))


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    return partial(ready, monkeypatch)


@pytest.fixture(scope="module")
def page(sure_artifact: Path) -> Iterator[AppTest]:
    """One session for all tests that leave its film and sliders as they found them."""
    with pytest.MonkeyPatch.context() as patch:
        yield ready(patch, sure_artifact)


def pictures(page: AppTest) -> dict[str, str]:
    """Address of each picture by its caption; the address changes with the content."""
    return {one.caption: one.url for element in page.image for one in element.proto.imgs}


def charts(page: AppTest) -> dict[str, Any]:
    """The Plotly figures, by what is on their y axis."""
    found = [json.loads(element.proto.spec) for element in page.get("plotly_chart")]
    return {one["layout"]["yaxis"].get("title", {}).get("text") or "votes": one for one in found}


def slider(page: AppTest, label: str) -> Any:
    return next(one for one in page.slider if one.label.startswith(label))


def answer(page: AppTest) -> str:
    (found,) = (one.body for one in page.html if 'role="status"' in one.body)
    return str(found)


def rows(page: AppTest, column: str) -> dict[str, list[str]]:
    """Cells of the table that has a column, by the first cell of each row."""
    (found,) = (one.value for one in page.table if column in one.value.columns)
    return {str(name): [str(cell) for cell in row] for name, *row in found.itertuples()}


def test_the_way_ends_in_the_models_own_score(open_page: OpenPage, sure_artifact: Path) -> None:
    data = png(pneumonia=True, seed=4)
    film = open_film(data, file_name="one.png")
    shown = open_page(sure_artifact, {"opened": opened.Opened(film)})
    predictor = Predictor.load(sure_artifact)
    exact = predictor.predict(film.radiograph).probability
    seen = Inspector(predictor.network).look(to_model_input(film.radiograph.pixels, predictor.manifest.input))
    assert float(predictor.manifest.calibration.probabilities(seen.logits[None])[0]) == pytest.approx(exact, abs=1e-6)
    text = words(shown)
    assert "one.png" in text
    assert f"a score of {percent(exact, 1)}".replace("\u00a0", " ") in text
    assert f"<strong>{percent(exact, 1)}</strong>" in answer(shown)
    assert charts(shown)["Score"]["data"][1]["y"] == pytest.approx([exact])
    assert f"normal {signed(seen.logits[0])}, pneumonia {signed(seen.logits[1])}" in text


def test_votes_add_up_and_stages_are_those_of_the_network(page: AppTest, sure_artifact: Path) -> None:
    assert "Sample “Normal 1”" in words(page)
    assert "opened" not in page.session_state, "The first sample is not put on Predict."
    told = {name: cells[0].replace("−", "-").replace("\\", "") for name, cells in rows(page, "Value").items()}
    grid = charts(page)["votes"]["data"][0]["z"]
    total = float(told["Sum"])
    assert sum(map(sum, grid)) + float(told["Bias"]) == pytest.approx(total, abs=2e-3)
    assert float(told["Network’s output"]) == pytest.approx(total, abs=1e-3)
    assert sum(float(told[f"Votes for {one}"]) for one in ("pneumonia", "normal")) == pytest.approx(
        sum(map(sum, grid)), abs=2e-3
    )
    stages = Inspector(Predictor.load(sure_artifact).network).stages
    assert list(rows(page, "Maps").values()) == [
        [f"{one.width} × {one.height}", f"{one.channels:,}", f"{one.width * one.height * one.channels:,}"]
        for one in stages
    ]


def test_filter_and_stage_change_their_pictures_and_last_for_the_session(page: AppTest) -> None:
    before = pictures(page)
    slider(page, "Filter").set_value(5).run()
    after = pictures(page)
    assert "Filter 5: its weights" in after
    assert after["Response after ReLU"] != before["Response after ReLU"]
    page.selectbox(key="how-stage").set_value(0).run()
    assert any(caption.endswith("maps after step 1, enlarged") for caption in pictures(page))
    assert pictures(page)["What the network reads now"] == before["What the network reads now"]
    slider(page, "Filter").set_value(1).run()


def test_six_new_variants_at_the_press_of_a_button(page: AppTest) -> None:
    def drawn() -> set[str]:
        every = [one for element in page.image for one in element.proto.imgs]
        return {one.url for one in every if one.caption.startswith("Score ")}

    first = drawn()
    assert len(first) == VARIANTS
    page.button(key="how-redraw").click().run()
    assert not first & drawn()


def test_sliders_move_picture_and_score_and_say_where_training_ends(page: AppTest, sure_artifact: Path) -> None:
    variation = Variation.recorded(read_manifest(sure_artifact).training)
    assert variation is not None
    before, told = pictures(page)["What the network reads now"], answer(page)
    assert "Within the range of training" in words(page)
    for label in ("Rotate", "Brightness", "Blur", "Crop"):
        moved = slider(page, label)
        moved.set_value(moved.max).run()
        assert pictures(page)["What the network reads now"] != before, label
        assert f"Outside the range of training: {label.lower()}" in words(page)
        assert answer(page) != told
        page.button(key="how-reset").click().run()
        assert (pictures(page)["What the network reads now"], answer(page)) == (before, told)
    slider(page, "Rotate").set_value(int(variation.rotation)).run()
    assert "Within the range of training" in words(page)
    assert f"{variation.rotation:g} degrees either way" in slider(page, "Rotate").help
    number = len(page.get("plotly_chart"))
    page.segmented_control(key="how-chart").set_value("turn").run()
    assert len(page.get("plotly_chart")) == number + 1, "computed only on request"
    figure = charts(page)["Score for pneumonia"]
    line, now, _ = figure["data"]
    assert (min(line["x"]), max(line["x"])) == (-45, 45)
    assert now["x"] == [int(variation.rotation)]
    (band,) = figure["layout"]["shapes"]
    assert (band["x0"], band["x1"]) == (-variation.rotation, variation.rotation)
    page.pills(key="how-sample").set_value("Pneumonia 2").run()
    assert slider(page, "Rotate").value == 0, "Nobody meets the next film rotated."
    assert "Sample “Pneumonia 2”" in words(page)


def test_loss_and_descent_follow_their_sliders(page: AppTest) -> None:
    slider(page, "Probability given").set_value(5).run()
    assert "−ln(0.05) = 3.00" in words(page)
    assert charts(page)["Loss of this radiograph"]["data"][1]["x"] == [0.05]
    page.session_state["how-learning-tab"] = "Downhill, step by step"
    page.run()
    slider(page, "Steps").set_value(12).run()
    ways = charts(page)["Another weight"]["data"]
    assert [len(way["x"]) for way in ways[:2]] == [13, 13]
    slider(page, "Learning rate").set_value(0.01).run()
    assert charts(page)["Another weight"]["data"][0]["x"][-1] < ways[0]["x"][-1]
    page.session_state["how-learning-tab"] = "This model’s learning curve"
    page.run()
    assert "Loss (cross-entropy)" in charts(page)


def test_links_lead_to_sections_and_terms(page: AppTest) -> None:
    links = re.findall(r"\(#(how-[a-z]+)\)", " ".join(one.value for one in page.markdown))
    assert sorted(links) == sorted({one.proto.anchor for one in page.header} - {""})
    assert len(links) == 9
    assert not missing(html(page), *(f'id="{term.anchor}"' for term in GLOSSARY.values()))


def test_a_broken_or_missing_model_is_named_and_the_rest_stays(
    open_page: OpenPage, artifact: Path, tmp_path: Path
) -> None:
    (artifact / "model.keras").write_bytes(b"broken")
    shown = open_page(artifact)
    assert any("model.keras" in one.value.replace("\\", "") for one in shown.error)
    assert not shown.image
    assert "term-epoch" in " ".join(one.body for one in shown.html)
    shown = open_page(tmp_path / "none", {"how-learning-tab": "This model’s learning curve"})
    assert shown.error
    assert "history.json" in words(shown)


def test_a_setting_that_cannot_be_used_is_named(
    open_page: OpenPage, artifact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_KEEP_PIXELS", "perhaps")
    assert "CXR_KEEP_PIXELS" in words(open_page(artifact))


def test_no_votes_with_a_hidden_layer_and_no_variants_unless_recorded(open_page: OpenPage, artifact: Path) -> None:
    manifest = read_manifest(artifact)
    network = build(Architecture("plain", widths=(3, 5), blocks=0, hidden=4), manifest.input.size)
    sha256, _ = save_weights_file(network, artifact)
    manifest.replace(weights_sha256=sha256, preset="plain").write(artifact)
    values = json.loads((artifact / Manifest.FILE).read_text(encoding="utf-8"))
    del values["training"]["augmentation"]
    (artifact / Manifest.FILE).write_text(json.dumps(values), encoding="utf-8")
    shown = open_page(artifact)
    assert "votes" not in charts(shown)
    assert "Calibration" in words(shown)
    assert list(rows(shown, "Maps"))[2].startswith("3 · One convolution")
    assert not [one for one in shown.button if one.key == "how-redraw"]
    assert words(shown).count("not recorded") >= 1
    assert not shown.error


def test_a_rejected_picture_is_shown_with_a_warning(open_page: OpenPage, gated_artifact: Path) -> None:
    film = open_film(halves(bright_above=False), file_name="one.png")
    shown = open_page(gated_artifact, {"opened": opened.Opened(film)})
    assert any("upside down" in one.value for one in shown.warning)
    assert "The input check rejects it: it looks upside down." in words(shown)


def test_changes_by_hand() -> None:
    scan = open_film(png(pneumonia=False)).radiograph.pixels
    assert (Changes().apply(scan) == scan).all()
    assert Changes(brightness=20).apply(scan).mean() > scan.mean() + 30
    assert Changes(blur=5).apply(scan).std() < scan.std()
    assert (Changes(crop=50).apply(scan)[111:113, 111:113].astype(int) - scan[111:113, 111:113]).max() < 12
