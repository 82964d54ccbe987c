"""The viewer: what the browser gets, and how what comes back is kept; the browser tests use it."""

from __future__ import annotations

import json
from base64 import b64decode
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.ui import viewer
from app.ui.viewer import View
from model.errors import InputRangeError
from model.overlay import COLOUR_MAPS, colour_scale, influence


def _script() -> None:
    import numpy as np
    import streamlit as st

    from app.services.radiographs import as_png
    from app.ui import viewer

    heat = None if st.checkbox("pending") else np.array([[0, 1], [0, 4]], np.float32)
    film = as_png(np.full((40, 30), 7, np.uint8))
    subject, quiet = st.text_input("subject", "a"), st.checkbox("quiet")
    viewer.show(subject, viewer.Pictures(film, heat, marks="evidence", extent=(20.0, 15.0), unit="mm"), quiet=quiet)


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(_script, default_timeout=30).run()


def handed_over(app: AppTest) -> dict[str, Any]:
    assert not app.exception
    (component,) = app.get("bidi_component")
    return json.loads(component.proto.json)  # type: ignore[no-any-return]


def opened(url: str) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(b64decode(url.partition("base64,")[2]))))


def switch(app: AppTest, label: str) -> AppTest:
    box = next(one for one in app.checkbox if one.label == label)
    return box.set_value(not box.value).run()


def test_the_browser_gets_the_film_as_read_and_how_strong_the_heatmap_is(app: AppTest) -> None:
    data = handed_over(app)
    assert (opened(data["film"]) == 7).all()
    strength = opened(data["heat"])
    assert strength.shape == (viewer.HEAT_SIDE, 0.75 * viewer.HEAT_SIDE), "in the film's proportions"
    expected = influence(np.array([[0, 1], [0, 4]], np.float32), *strength.shape)
    np.testing.assert_allclose(strength / 255, expected, atol=1 / 255)
    assert (data["extent"], data["unit"], data["marks"]) == ([20.0, 15.0], "mm", "evidence")
    assert data["presets"]["As read"] == [viewer.WIDEST, viewer.MIDDLE]
    assert handed_over(switch(app, "pending"))["heat"] == ""


def test_a_normal_radiograph_shows_no_heatmap_at_first_and_then_a_cool_one(app: AppTest) -> None:
    assert View(**handed_over(app)["view"]) == View()
    quiet = View(**handed_over(switch(app, "quiet"))["view"])
    assert (quiet.has_map, quiet.colours) == (False, viewer.QUIET_COLOURS)


def test_how_the_heatmap_is_shown_holds_for_the_session_and_grey_values_for_one_film(app: AppTest) -> None:
    app.session_state["viewer-look-usual"] = {"mode": "contours", "opacity": 0.7, "colours": "viridis"}
    app.session_state["viewer-greys-a"] = {"window": 128, "level": 72, "inverted": True}
    kept = View("contours", 0.7, "viridis", 128, 72, inverted=True)
    assert View(**handed_over(app.run())["view"]) == kept
    app.text_input[0].set_value("b").run()
    assert View(**handed_over(app)["view"]) == View("contours", 0.7, "viridis")
    app.text_input[0].set_value("a").run()
    assert View(**handed_over(app)["view"]) == kept
    assert View(**handed_over(switch(app, "quiet"))["view"]).mode == "film", "a normal film has a look of its own"


@pytest.mark.parametrize(
    "wrong", [{"mode": "x-ray"}, {"opacity": 1.1}, {"colours": "jet"}, {"window": 1}, {"window": 257}, {"level": -1}]
)
def test_what_the_viewer_does_not_offer_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputRangeError):
        View(**wrong)


def test_every_colour_map_has_a_title_and_its_own_colours(app: AppTest) -> None:
    colours = handed_over(app)["colours"]
    assert set(colours) == set(COLOUR_MAPS)
    for name, told in colours.items():
        assert told["weak"] in told["title"]
        assert [int(told["scale"][-1][at : at + 2], 16) for at in (1, 3, 5)] == colour_scale(name)[-1].tolist()
