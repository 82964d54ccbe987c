"""The film and its heatmap: class, method, trust, where it looked, comparison, grey values and the saved overlay."""

from __future__ import annotations

import io
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.services.radiographs import Look, open_film, overlay_file
from model.errors import InputRangeError
from model.predictor import Predictor
from model.saliency import METHODS, Explainer
from tests.app.driving import choose, film, halves, look, missing, png, ran, upload, words
from tests.app.explained import write_explanations
from tests.app.screens.predict.conftest import OpenPage
from tests.app.screens.predict.reading import captions, maps, verdict
from tests.model.files import FITTING, made_dicom


def with_map(page: AppTest) -> AppTest:
    """With the heatmap, whatever the verdict."""
    return look(page, mode="overlay")


def titles(page: AppTest) -> list[str]:
    return [caption.partition(":")[0] for caption in captions(page)]


def test_every_method_can_be_chosen_for_either_class(page: AppTest) -> None:
    page = with_map(upload(page, png(pneumonia=True)))
    shown, picker = verdict(page), page.selectbox(key="heatmap-method")
    assert picker.value == "grad_cam"
    assert picker.options == [method.title for method in METHODS.values()]
    for key, method in METHODS.items():
        page = choose(page, "heatmap-method", key)
        assert maps(page)[0].endswith(f"evidence for Pneumonia, by {method.title}")
        assert method.description.split(",")[0] in words(page)
    with mock.patch.object(Explainer, "explain", side_effect=AssertionError("explained again")):
        page = look(page, opacity=0.9)
    page = choose(choose(page, "heatmap-method", "grad_cam"), "heatmap-class", "Normal")
    assert "evidence for Normal" in maps(page)[0]
    assert verdict(page) == shown
    assert "4 × 4 cells" in words(page) or "no colour" in words(page)


def test_a_method_that_failed_a_test_is_marked_and_another_is_shown_first(open_page: OpenPage, artifact: Path) -> None:
    write_explanations(artifact, failed={"grad_cam": ("sane",), "occlusion": ("in_lungs",)})
    page = with_map(upload(open_page(artifact), png(pneumonia=True)))
    picker = page.selectbox(key="heatmap-method")
    assert picker.value == "grad_cam_plus_plus"
    assert sum(title.endswith("(failed a trust test)") for title in picker.options) == 2
    told = len(page.warning)
    page = choose(page, "heatmap-method", "grad_cam")
    assert len(page.warning) == told + 1
    assert "random weights" in page.warning[-1].value + page.warning[0].value
    assert "every other method" not in words(page)


def test_where_every_method_failed_grad_cam_stays_and_says_so(open_page: OpenPage, artifact: Path) -> None:
    write_explanations(artifact, failed=dict.fromkeys(METHODS, ("faithful",)))
    page = with_map(upload(open_page(artifact), png(pneumonia=True)))
    assert page.selectbox(key="heatmap-method").value == "grad_cam"
    assert "every other method" in words(page)


def test_methods_are_compared_for_the_class_chosen(page: AppTest) -> None:
    page = choose(with_map(upload(page, png(pneumonia=True))), "heatmap-compare", value=True)
    assert titles(page)[-2:] == ["Grad-CAM", "Grad-CAM++"]
    assert "greement between Grad-CAM and Grad-CAM++" in words(page)
    chosen = ["occlusion", "layer_cam", "score_cam"]
    page = choose(page, "heatmap-compared", chosen)
    assert titles(page)[-3:] == [method.title for key, method in METHODS.items() if key in chosen]
    page = choose(page, "heatmap-compared", ["occlusion"])
    assert "reement between" not in words(page)


@pytest.mark.parametrize(("seed", "error"), [(32, InputRangeError("A made reason.")), (33, RuntimeError("boom"))])
def test_a_map_that_cannot_be_made_leaves_the_verdict(page: AppTest, seed: int, error: Exception) -> None:
    page = with_map(upload(page, png(pneumonia=True, seed=seed)))
    with mock.patch.object(Explainer, "explain", side_effect=error):
        page = choose(page, "heatmap-method", "layer_cam")
    assert (len(page.error), maps(page), "boom" in words(page), verdict(page) == "") == (1, [], False, False)
    assert maps(ran(page))[0].endswith(METHODS["layer_cam"].title), "It is tried anew."


def test_grey_values_are_of_one_film_and_never_what_the_network_reads(page: AppTest) -> None:
    page = upload(page, png(pneumonia=True, seed=1))
    shown = verdict(page)
    with mock.patch.object(Predictor, "predict", side_effect=AssertionError("scored again")):
        page = look(page, inverted=True)
    assert film(page)["view"]["inverted"]
    assert verdict(page) == shown
    assert not film(upload(page, png(pneumonia=True, seed=2)))["view"]["inverted"]


def test_the_ruler_has_millimetres_where_the_header_gives_them(page: AppTest) -> None:
    page = upload(page, made_dicom(**FITTING, PixelSpacing=[0.5, 0.25]))
    assert (film(page)["extent"], film(page)["unit"]) == ([112, 70], "mm")
    assert "70 × 112 mm" in words(page)
    page = upload(page, png(pneumonia=True))
    assert (film(page)["extent"], film(page)["unit"]) == ([224, 224], "px")


def test_the_saved_overlay_says_what_it_is_and_names_nobody(gated_artifact: Path) -> None:
    predictor = Predictor.load(gated_artifact)
    scan = open_film(halves(bright_above=False), file_name="Doe^Jane.png")
    prediction = predictor.predict(scan.radiograph)
    heat = prediction.saliency_map
    assert heat is not None
    file = overlay_file(scan, prediction, heat, 0.3, look=Look(colours="viridis"), header_mismatch=True)
    saved = Image.open(io.BytesIO(file))
    assert saved.size == scan.radiograph.pixels.shape[::-1]
    assert np.ptp(np.asarray(saved.convert("RGB")).astype(int), axis=2).max() > 0
    text = saved.text  # type: ignore[attr-defined]
    told = ("Grad-CAM for Pneumonia, opacity 0.30, viridis", f"score {prediction.probability:.4f}", "upside down")
    assert not missing(" ".join(text[name] for name in ("Description", "Verdict", "Warning")), *told)
    assert {"Header warning", "Disclaimer", "Software"} <= set(text)
    assert b"Jane" not in file
