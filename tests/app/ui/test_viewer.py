"""The viewer: what its controls say, what is drawn, and what is kept."""

from __future__ import annotations

import io

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.ui import viewer
from app.ui.viewer import Pictures, View
from model.overlay import COLOUR_MAPS


def _script() -> None:
    import io

    import numpy as np
    import streamlit as st
    from PIL import Image

    from app.ui import viewer

    def picture(_: viewer.View) -> bytes:
        file = io.BytesIO()
        Image.fromarray(np.zeros((40, 30), np.uint8)).save(file, "PNG")
        return file.getvalue()

    if st.checkbox("elsewhere"):
        return
    view = viewer.toolbar(st.text_input("subject", "a"), quiet=st.checkbox("quiet"))
    overlay = None if st.checkbox("pending") else picture
    viewer.show(view, viewer.Pictures(picture, overlay, alt="Overlay for Pneumonia", legend=["#000000", "#ffff00"]))
    st.session_state["seen"] = view


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(_script, default_timeout=30).run()


def seen(app: AppTest) -> View:
    assert not app.exception
    found = app.session_state["seen"]
    assert type(found).__name__ == "View"
    return View(**{name: getattr(found, name) for name in View.__dataclass_fields__})


def press(app: AppTest, label: str) -> View:
    next(one for one in app.button if one.label == label).click()
    return seen(app.run())


def images(app: AppTest) -> list[str]:
    return [element.proto.imgs[0].alt for element in app.image if element.proto.imgs[0].alt]


def switch(app: AppTest, label: str) -> AppTest:
    found = next(one for one in app.checkbox if one.label == label)
    return found.set_value(not found.value).run()


def test_the_overlay_is_shown_first_and_one_key_shows_the_film(app: AppTest) -> None:
    assert seen(app) == View()
    assert images(app)[0] == "Overlay for Pneumonia"
    assert press(app, "Heatmap").mode == viewer.FILM
    assert images(app) == ["Radiograph, as read"]
    assert press(app, "Heatmap").mode == viewer.OVERLAY


def test_a_normal_radiograph_shows_no_heatmap_and_then_a_cool_one(app: AppTest) -> None:
    view = seen(switch(app, "quiet"))
    assert (view.mode, view.colours) == (viewer.FILM, viewer.QUIET_COLOURS)
    assert press(app, "Heatmap").has_map
    assert seen(switch(app, "quiet")).mode == viewer.OVERLAY


def test_side_by_side_draws_both_and_comes_back_after_the_film_alone(app: AppTest) -> None:
    app.segmented_control[0].set_value(viewer.SIDE_BY_SIDE).run()
    assert images(app)[:2] == ["Radiograph, as read", "Overlay for Pneumonia"]
    press(app, "Heatmap")
    assert press(app, "Heatmap").mode == viewer.SIDE_BY_SIDE


def test_while_the_map_is_made_the_film_is_there(app: AppTest) -> None:
    switch(app, "pending")
    assert images(app) == ["Radiograph, as read"]


def test_grey_values_are_of_one_radiograph_and_can_be_reset(app: AppTest) -> None:
    assert press(app, "Invert").inverted
    next(one for one in app.segmented_control if one.label == "Window preset").set_value("Dark areas").run()
    assert (seen(app).window, seen(app).level) == viewer.WINDOWS["Dark areas"]
    app.text_input[0].set_value("b").run()
    assert seen(app).as_read
    app.text_input[0].set_value("a").run()
    assert seen(app).changes == "window 128, level 72, inverted"
    assert press(app, "Reset").as_read


def test_a_window_set_by_hand_is_no_preset(app: AppTest) -> None:
    next(one for one in app.slider if one.label == "Window").set_value(77).run()
    assert next(one for one in app.segmented_control if one.label == "Window preset").value is None


def test_settings_are_kept_while_the_viewer_is_out_of_sight(app: AppTest) -> None:
    next(one for one in app.slider if one.label == "Opacity of the overlay").set_value(70).run()
    app.segmented_control[0].set_value(viewer.CONTOURS).run()
    press(app, "Invert")
    switch(switch(app, "elsewhere"), "elsewhere")
    view = seen(app)
    assert (view.opacity, view.mode, view.inverted) == (0.7, viewer.CONTOURS, True)
    assert next(one for one in app.slider if one.label == "Opacity of the overlay").disabled, "lines are opaque"


def test_zooming_offers_parts_and_draws_a_figure(app: AppTest) -> None:
    assert not app.get("plotly_chart")
    assert press(app, "Zoom").zoomed
    assert len(app.get("plotly_chart")) == 1
    next(one for one in app.segmented_control if one.label == "Part").set_value("upper left").run()
    assert seen(app).part == "upper left"
    app.segmented_control[0].set_value(viewer.SIDE_BY_SIDE).run()
    assert len(app.get("plotly_chart")) == 2, "one for a wide and one for a narrow screen"
    view = press(app, "Reset")
    assert (view.zoomed, view.part) == (False, "whole")


def _jpeg(height: int, width: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.zeros((height, width), np.uint8)).save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize("stacked", [False, True])
def test_zoomed_pictures_share_their_axes_which_are_not_drawn(*, stacked: bool) -> None:
    pictures = Pictures(lambda _: b"", extent=(200.0, 100.0), unit="mm")
    view = View(zoomed=True, part="lower right")
    figure = viewer._zoom_figure([_jpeg(40, 20)] * 2, view, pictures, stacked=stacked)
    checked = go.Figure(figure.to_dict())
    assert [trace.source[:22] for trace in checked.data] == ["data:image/jpeg;base64"] * 2
    assert (checked.data[0].dx, checked.data[0].dy) == (5.0, 5.0), "millimetres a pixel"
    assert checked.layout.xaxis2.matches == "x"
    assert checked.layout.yaxis2.matches == "y"
    assert not checked.layout.xaxis.visible
    assert checked.layout.xaxis.range == (45.0, 100.0)
    assert checked.layout.yaxis.range == (200.0, 90.0), "downwards"
    apart = checked.layout.yaxis if stacked else checked.layout.xaxis
    assert apart.domain[1] < 1


def test_every_colour_map_has_a_title_and_a_weak_and_a_strong_end() -> None:
    assert set(viewer.COLOURS) == set(COLOUR_MAPS)
    assert all(len(title.partition(": ")[2].split(" to ")) == 2 for title in viewer.COLOURS.values())
    assert viewer.QUIET_COLOURS in COLOUR_MAPS
