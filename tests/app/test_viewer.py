"""The viewer's controls on the Predict page, and what a DICOM header adds to it."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app import services, wording
from app.components.zoom import Field, Zoomable, _figure
from app.services import Greys, Look
from model.overlay import COLOUR_MAPS
from model.predictor import Predictor
from model.radiograph import decode
from tests.app.driving import png, text_of
from tests.app.made_dicom import FITTING, dicom

OpenApp = Callable[[Path], AppTest]


def given(page: AppTest, data: bytes) -> AppTest:
    page.file_uploader[0].upload("scan", data, "application/octet-stream")
    page = page.run()
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    return unescape(text_of(page)).replace("\u00a0", " ")


def captions(page: AppTest) -> list[str]:
    """Of the pictures that were scored, without the samples."""
    return [element.proto.imgs[0].caption for element in page.image if element.proto.imgs[0].caption]


def mode_control(page: AppTest) -> Any:
    return page.segmented_control(key="view-mode-widget")


def adjust(page: AppTest, kind: str, name: str) -> Any:
    return next(one for one in getattr(page, kind) if str(one.key).startswith(f"view-{name}"))


def figures(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(element.proto.spec) for element in page.get("plotly_chart")]


def test_three_modes(warm_app: AppTest) -> None:
    page = given(warm_app, png(pneumonia=True))
    assert [caption.split(",")[0].split(":")[0] for caption in captions(page)] == ["Radiograph", "Overlay"]
    page = mode_control(page).set_value("overlay").run()
    assert [caption.split(":")[0] for caption in captions(page)] == ["Overlay"]
    page = mode_control(page).set_value("contours").run()
    assert not page.exception
    assert [caption.split(":")[0] for caption in captions(page)] == ["Contours"]
    assert wording.contour_levels().replace("\u00a0", " ") in said(page)
    assert page.slider[0].disabled, "lines are opaque"
    page = page.switch_page("screens/performance/page.py").run().switch_page("app_pages/predict.py").run()
    assert mode_control(page).value == "contours"


def test_every_colour_map_comes_with_its_legend_in_words(warm_app: AppTest) -> None:
    page = given(warm_app, png(pneumonia=True))
    for colours in COLOUR_MAPS:
        page = page.selectbox(key="view-colours-widget").set_value(colours).run()
        assert not page.exception
        assert all(colour in said(page) for colour in Look(colours=colours).legend())
        for word in ("weak influence", "strong influence"):
            assert word in said(page)


def test_grey_values_change_what_is_shown_and_never_what_is_read(warm_app: AppTest, trained_artifact: Path) -> None:
    data = png(pneumonia=True)
    page = given(warm_app, data)
    reason = wording.verdict_reason(*_decided(trained_artifact, data), 0.5, "balanced")
    page = adjust(page, "slider", "window").set_value(80).run()
    page = adjust(page, "toggle", "invert").set_value(True).run()
    assert not page.exception
    assert reason.replace("\u00a0", " ") in said(page)
    assert captions(page)[0] == "Radiograph, grey values changed for viewing"
    assert wording.greys_sentence(Greys(80, 128, inverted=True)) in said(page)
    # Another radiograph is shown as read: nobody shall read it inverted unawares.
    page = page.button(key="take-composite_normal_1").click().run()
    assert captions(page)[0] == "Composite sample, as read"
    assert adjust(page, "slider", "window").value == 256


def test_grey_values_are_reset(warm_app: AppTest) -> None:
    page = given(warm_app, png(pneumonia=True))
    assert page.button(key="greys-reset").disabled
    page = adjust(page, "slider", "level").set_value(40).run()
    page = page.button(key="greys-reset").click().run()
    assert not page.exception
    assert adjust(page, "slider", "level").value == 128
    assert captions(page)[0] == "Radiograph, as read"


def test_zoomed_pictures_share_their_axes_and_count_millimetres_where_they_can(warm_app: AppTest) -> None:
    page = given(warm_app, dicom(size=(200, 300), ImagerPixelSpacing=[0.5, 0.25], **FITTING))
    assert "300 × 200 pixels of 0.25 × 0.5 mm, 75 × 100 mm in all" in said(page)
    page = adjust(page, "toggle", "zoom").set_value(True).run()
    assert not page.exception
    assert captions(page) == [], "not twice"
    wide, narrow = figures(page)
    for figure in (wide, narrow):
        layout = figure["layout"]
        assert len(figure["data"]) == 2
        assert layout["xaxis"]["range"] == [0, 75]
        assert layout["yaxis"]["range"] == [100, 0]
        assert "mm from the left" in str(layout)
        matched = {layout[f"{axis}{number}"].get("matches") for axis in ("xaxis", "yaxis") for number in ("", "2")}
        assert matched - {None} == {"x", "y"} or matched - {None} == {"x2", "y2"}
    assert "The axes count millimetres" in said(page)
    page = page.segmented_control(key=_part_key(page)).set_value("lower right").run()
    assert figures(page)[0]["layout"]["xaxis"]["range"] == pytest.approx([0.45 * 75, 75])
    assert figures(page)[0]["layout"]["yaxis"]["range"] == pytest.approx([100, 45])


def test_the_figure_holds_the_pictures_as_they_are_below_each_other_on_a_phone() -> None:
    file = io.BytesIO()
    Image.fromarray(np.full((40, 60), 99, np.uint8)).save(file, "JPEG")
    pictures = [Zoomable(file.getvalue(), "Radiograph"), Zoomable(file.getvalue(), "Overlay")]
    field = Field((40, 60), (20.0, 30.0), "mm", (0.0, 1.0, 0.0, 1.0))
    wide, narrow = (_figure(pictures, field, stacked=stacked) for stacked in (False, True))
    assert [one.source.split(",")[1] for one in wide.data] == [base64.b64encode(file.getvalue()).decode()] * 2
    assert {one.dx for one in wide.data} == {one.dy for one in wide.data} == {0.5}
    assert wide.layout.xaxis.domain[1] < wide.layout.xaxis2.domain[0]
    assert narrow.layout.yaxis.domain[0] > narrow.layout.yaxis2.domain[1]


def test_without_spacing_there_is_no_millimetre(warm_app: AppTest) -> None:
    page = given(warm_app, png(pneumonia=True, size=(300, 260)))
    page = adjust(page, "toggle", "zoom").set_value(True).run()
    assert "260 × 300 pixels." in said(page)
    assert "mm" not in json.dumps(figures(page)[0]["layout"]["xaxis"])
    assert "Shown with every pixel of the file. The axes count pixels of the file." in said(page)


def test_a_header_that_fits_gives_no_warning(warm_app: AppTest) -> None:
    page = given(warm_app, dicom(**FITTING))
    assert wording.MISMATCH_TITLE not in said(page)
    assert "Held against what the model was trained for: no mismatch." in said(page)


def test_each_mismatch_of_a_header_is_a_warning_and_nothing_else_of_it_is_shown(warm_app: AppTest) -> None:
    elements = FITTING | {
        "ViewPosition": "LL",
        "PatientAge": "045Y",
        "PatientName": "Doe^Jane",
        "PatientID": "ID-77",
        "StudyDescription": "Secret study",
        "InstitutionName": "Some Clinic",
        "PatientBirthDate": "19810203",
    }
    page = given(warm_app, dicom(**elements))
    context = decode(dicom(**elements)).context
    assert context is not None
    assert len(context.warnings) == 2
    text = said(page)
    assert wording.MISMATCH_TITLE in text
    for sentence in context.warnings:
        assert f"<li>{sentence}</li>" in text
    assert "2 mismatches" in text
    everything = text + " ".join(str(element.proto) for element in page.image)
    for hidden in ("Doe", "Jane", "ID-77", "Secret", "Clinic", "1981", "digital radiography (DX)"):
        assert hidden not in everything


def test_what_a_header_leaves_out_is_a_remark(warm_app: AppTest) -> None:
    page = given(warm_app, dicom())
    text = said(page)
    assert wording.MISMATCH_TITLE not in text
    assert "does not state the view. Check that it is frontal" in text
    assert "It does not state the modality, view, body part and age." in text


def test_the_saved_overlay_is_drawn_as_shown_and_says_how(trained_artifact: Path) -> None:
    data = dicom(**(FITTING | {"PatientAge": "045Y"}))
    case = services.open_case(data)
    prediction = Predictor.load(trained_artifact).predict(case.radiograph)
    look = Look(contours=True, colours="cividis", greys=Greys(90, 100, inverted=True))
    with Image.open(io.BytesIO(services.overlay_full_size(case, prediction, 0.5, look=look))) as saved:
        drawn, text = np.asarray(saved), dict(saved.text)  # type: ignore[attr-defined]
    assert (drawn == look.draw(case.radiograph.pixels, prediction.saliency_map, 0.5)).all()
    assert text["Description"].endswith("contour lines, cividis, window 90, level 100, inverted for viewing")
    assert text["Header warning"] == wording.MISMATCH_WITHOUT_DETAILS
    assert "45" not in text["Header warning"]


def test_every_control_has_a_label_and_help(warm_app: AppTest) -> None:
    page = given(warm_app, png(pneumonia=True))
    page = adjust(page, "toggle", "zoom").set_value(True).run()
    page = page.toggle(key="heatmap-compare-widget").set_value(True).run()
    kinds = ("button", "slider", "selectbox", "segmented_control", "toggle", "pills", "file_uploader")
    controls = [one for kind in kinds for one in getattr(page, kind)]
    assert len(controls) > 15
    for one in controls:
        assert one.label
        # A sample's button says all in its label, and its picture is the button.
        assert one.proto.help or str(one.key).startswith("take-"), one.label


def _part_key(page: AppTest) -> str:
    return next(str(one.key) for one in page.segmented_control if str(one.key).startswith("view-part"))


def _decided(folder: Path, data: bytes) -> tuple[str, float]:
    found = Predictor.load(folder).predict(decode(data))
    return found.decision, found.probability


@pytest.mark.parametrize(
    ("spacing", "at_detector"),
    [
        ({"ImagerPixelSpacing": [0.2, 0.2]}, True),
        ({"PixelSpacing": [0.2, 0.2], "ImagerPixelSpacing": [0.2, 0.2]}, True),
        ({"PixelSpacing": [0.18, 0.18], "ImagerPixelSpacing": [0.2, 0.2]}, False),
        ({"PixelSpacing": [0.2, 0.2]}, False),
    ],
)
def test_millimetres_at_the_detector_are_called_so(spacing: dict[str, list[float]], at_detector: bool) -> None:
    radiograph = decode(dicom(**spacing))
    assert "mm in all" in wording.size_in_words(radiograph)
    for text in (wording.size_in_words(radiograph), wording.zoom_sentence(radiograph, (224, 280))):
        assert ("at the detector" in text) is at_detector
