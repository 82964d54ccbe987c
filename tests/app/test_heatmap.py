"""The heatmap's controls on the Predict page: methods, what is said of each, and the comparison."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from streamlit.testing.v1 import AppTest

from app import wording
from model.errors import InputRangeError
from model.saliency import METHODS, Explainer
from tests.app.driving import png, settle, text_of
from tests.app.explained import write_explanations

OpenApp = Callable[[Path], AppTest]


def scored(open_app: OpenApp, folder: Path, *, seed: int = 1) -> AppTest:
    page = settle(open_app(folder))
    page.file_uploader[0].upload("scan", png(pneumonia=True, seed=seed), "application/octet-stream")
    page = page.run()
    assert not page.exception
    return page


def picker(page: AppTest) -> Any:
    return page.selectbox(key="heatmap-method-widget")


def overlays(page: AppTest) -> list[str]:
    """Captions of the overlays."""
    return [element.proto.imgs[0].caption for element in page.image if "vidence for" in element.proto.imgs[0].caption]


def said(page: AppTest) -> str:
    return unescape(text_of(page))


def test_every_method_can_be_chosen_and_says_what_it_is(open_app: OpenApp, sure_artifact: Path) -> None:
    page = scored(open_app, sure_artifact)
    assert picker(page).value == "grad_cam"
    assert picker(page).options == [method.title for method in METHODS.values()]
    assert wording.TRUST_NOT_MEASURED in said(page)
    for key, method in METHODS.items():
        page = picker(page).set_value(key).run()
        assert not page.exception
        assert wording.method_note(method) in said(page)
        assert method.paper in picker(page).help
        assert overlays(page)[0].endswith(f", by {method.title}")
        assert "Where did it look?" in said(page) or "shows no colour" in said(page)


def test_methods_that_failed_are_marked_and_another_default_is_earned(open_app: OpenApp, artifact: Path) -> None:
    write_explanations(artifact, failed={"grad_cam": ("sane",), "occlusion": ("in_lungs",)})
    page = scored(open_app, artifact)
    assert picker(page).value == "grad_cam_plus_plus"
    marked = [title for title in picker(page).options if title.endswith("(failed a trust test)")]
    assert marked == ["Grad-CAM (failed a trust test)", "Occlusion (failed a trust test)"]
    assert "Do not rely" not in said(page)
    page = picker(page).set_value("grad_cam").run()
    assert "Grad-CAM failed a trust test on validation: “changes when the network forgets”." in said(page)
    assert wording.EVERY_METHOD_FAILED not in said(page)


def test_where_every_method_failed_grad_cam_stays_and_says_so(open_app: OpenApp, artifact: Path) -> None:
    write_explanations(artifact, failed=dict.fromkeys(METHODS, ("faithful",)))
    page = scored(open_app, artifact)
    assert picker(page).value == "grad_cam"
    assert wording.EVERY_METHOD_FAILED in said(page)


def test_a_chosen_method_is_kept_on_a_visit_to_the_other_page(open_app: OpenApp, sure_artifact: Path) -> None:
    page = picker(scored(open_app, sure_artifact)).set_value("occlusion").run()
    page = page.switch_page("screens/performance/page.py").run().switch_page("app_pages/predict.py").run()
    assert not page.exception
    assert picker(page).value == "occlusion"
    assert overlays(page)[0].endswith("by Occlusion")


def test_opacity_makes_no_map_again(open_app: OpenApp, sure_artifact: Path) -> None:
    page = picker(scored(open_app, sure_artifact, seed=31)).set_value("smooth_grad").run()
    with mock.patch.object(Explainer, "explain", side_effect=AssertionError("explained again")):
        page = page.slider[0].set_value(90).run()
    assert not page.exception
    assert overlays(page)[0].endswith("by SmoothGrad")


def test_methods_are_compared_for_either_class(open_app: OpenApp, sure_artifact: Path) -> None:
    page = scored(open_app, sure_artifact)
    assert len(overlays(page)) == 1
    page = page.toggle(key="heatmap-compare-widget").set_value(True).run()
    assert [caption.split(",")[0] for caption in overlays(page)[1:]] == ["Grad-CAM", "Grad-CAM++"]
    assert "agreement between Grad-CAM and Grad-CAM++" in said(page)
    explain = next(one for one in page.segmented_control if str(one.key).startswith("explain-"))
    explain.set_value("Normal").run()
    page.pills[0].set_value(["occlusion", "layer_cam", "score_cam"]).run()
    assert not page.exception
    titles = ["Score-CAM", "LayerCAM (finer layer)", "Occlusion"]
    assert [caption.split(",")[0] for caption in overlays(page)[1:]] == titles
    assert all("evidence for Normal" in caption for caption in overlays(page))
    assert "agreement between Score-CAM, LayerCAM (finer layer) and Occlusion" in said(page)
    page.pills[0].set_value(["occlusion"]).run()
    assert "Choose two methods or more." in said(page)
    assert len(overlays(page)) == 1


@pytest.mark.parametrize(("seed", "error"), [(32, InputRangeError("A made reason.")), (33, RuntimeError("boom"))])
def test_a_map_that_cannot_be_made_leaves_the_verdict(
    open_app: OpenApp, sure_artifact: Path, seed: int, error: Exception
) -> None:
    page = scored(open_app, sure_artifact, seed=seed)
    with mock.patch.object(Explainer, "explain", side_effect=error):
        page = picker(page).set_value("layer_cam").run()
    assert not page.exception
    assert "This heatmap cannot be shown." in said(page)
    assert "boom" not in said(page)
    assert overlays(page) == []
    assert "cx-verdict__word" in text_of(page)
    page = page.run()
    assert overlays(page)[0].endswith("by LayerCAM (finer layer)"), "It is tried anew."
