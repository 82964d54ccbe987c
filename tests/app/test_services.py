"""What the pages get from `app.services`: pictures, downloads and settings."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from app import services
from model.artifact import read_manifest
from model.errors import RadiographError
from model.predictor import Prediction
from tests.app.driving import png


def prediction() -> Prediction:
    saliency = np.zeros((7, 7), dtype=np.float32)
    saliency[3, 3] = 2.0
    return Prediction(
        probability=0.9,
        decision="Pneumonia",
        threshold=0.5,
        operating_point="balanced",
        indeterminate=False,
        explained_class="Pneumonia",
        saliency_map=saliency,
        model_version="made-1",
    )


def test_a_large_radiograph_is_shown_small_and_downloaded_at_full_size() -> None:
    case = services.open_case(png(pneumonia=True, size=(1500, 2100)))
    assert case.shown.shape == (731, services.DISPLAY_SIDE)
    shown = Image.open(io.BytesIO(services.overlay_shown(case, prediction(), 0.5)))
    full = Image.open(io.BytesIO(services.overlay_full_size(case, prediction(), 0.5)))
    assert shown.size == (services.DISPLAY_SIDE, 731)
    assert full.size == (2100, 1500)
    assert full.mode == "RGB"
    assert "made-1" in full.text["Software"]
    assert full.text["Verdict"] == "Pneumonia at the balanced operating point, threshold 0.5000"


def test_the_saved_overlay_of_an_indeterminate_radiograph_says_so() -> None:
    case = services.open_case(png(pneumonia=True))
    open_ = replace(prediction(), indeterminate=True, operating_point="rule_out", threshold=0.22)
    saved = Image.open(io.BytesIO(services.overlay_full_size(case, open_, 0.5)))
    assert saved.text["Verdict"] == "Indeterminate; leans Pneumonia at the rule-out operating point, threshold 0.2200"


def test_each_operating_point_is_predicted_for_itself(trained_artifact: Path) -> None:
    case = services.open_case(png(pneumonia=True, seed=992))
    predictor = mock.Mock(manifest=read_manifest(trained_artifact), gate=None)
    predictor.predict.return_value = prediction()
    for name in ("balanced", "rule_out", "rule_out", "rule_in"):
        services.predict(predictor, case, operating_point=name)
    asked = [call.kwargs["operating_point"] for call in predictor.predict.call_args_list]
    assert asked == ["balanced", "rule_out", "rule_in"]


def test_a_small_radiograph_is_shown_as_it_is() -> None:
    case = services.open_case(png(pneumonia=False))
    assert case.shown is case.radiograph.pixels
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(case.shown_png))), case.radiograph.pixels)


def test_the_pictures_keep_the_order_of_the_colours() -> None:
    case = services.open_case(png(pneumonia=True))
    shown = np.asarray(Image.open(io.BytesIO(services.overlay_shown(case, prediction(), 0.7))))
    full = np.asarray(Image.open(io.BytesIO(services.overlay_full_size(case, prediction(), 0.7))))
    assert np.array_equal(shown, full)
    peak = full[112, 112].astype(int)
    assert peak[0] > peak[2], "The strongest influence is yellow, not blue."


def test_a_file_that_is_no_radiograph_is_refused_without_its_name() -> None:
    with pytest.raises(RadiographError, match="this file"):
        services.open_case(b"hello")


def test_a_tinted_file_does_not_get_the_prediction_of_the_same_pixels_in_grey(trained_artifact: Path) -> None:
    grey = services.open_case(png(pneumonia=True, seed=991))
    tinted = replace(grey, radiograph=replace(grey.radiograph, colourfulness=20.0))
    predictor = mock.Mock(manifest=read_manifest(trained_artifact), gate=mock.Mock(settings="made"))
    predictor.predict.return_value = prediction()
    for case in (grey, grey, tinted):
        services.predict(predictor, case)
    assert predictor.predict.call_count == 2


def test_the_file_name_stays_out_of_what_is_printed() -> None:
    case = services.open_case(png(pneumonia=True), file_name="Doe^Jane.png")
    assert case.file_name == "Doe^Jane.png"
    assert "Jane" not in repr(case)


def test_the_legend_runs_from_dark_to_bright() -> None:
    colours = services.legend_colours()
    assert colours[0] == "#000004"
    assert int(colours[-1][1:3], 16) > 240
