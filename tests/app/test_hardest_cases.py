"""The hardest cases: the right files in the right order, and pictures only from within the named folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.services import gallery
from app.services.gallery import GalleryError
from model.errors import RadiographError
from tests.app.driving import performance_tab, settle, text_of
from tests.app.made_models import Row, made_model, rows_of_test
from tests.made import made_radiograph

OpenApp = Callable[..., AppTest]


def hard(rows: list[Row]) -> list[Row]:
    """14 missed, one false alarm, the rest right; each score its own."""
    missed, changed = 0, []
    for place, row in enumerate(rows):
        sick = row["true"] == "Pneumonia"
        missed += sick and missed < 14
        wrong = (sick and missed <= 14 and place % 20 < 14) or place == 0
        value = 0.1 + place / 1000 if sick == wrong else 0.9 - place / 1000
        changed.append(row | {"probability": f"{value:.6f}"})
    return changed


@pytest.fixture
def artifact_of_mistakes(sure_artifact: Path, tmp_path: Path) -> Path:
    return made_model(sure_artifact, tmp_path / "mistakes", hard)


def opened(open_app: OpenApp, folder: Path, **environment: str) -> AppTest:
    page = performance_tab(open_app(folder, **environment), "Hardest cases")
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    assert not page.exception
    return unescape(text_of(page))


def test_missed_ones_come_first_a_page_at_a_time(open_app: OpenApp, artifact_of_mistakes: Path) -> None:
    rows = rows_of_test(artifact_of_mistakes)
    missed = sorted(
        (float(row["probability"]), row["path"])
        for row in rows
        if row["true"] == "Pneumonia" and float(row["probability"]) < 0.5
    )
    assert len(missed) > 12
    page = opened(open_app, artifact_of_mistakes)
    text = words(page)
    assert f"1 to 12 of {len(missed)} images" in text
    places = [text.index(path) for _, path in missed[:12]]
    assert places == sorted(places)
    assert missed[12][1] not in text
    assert page.button(key="hardest-previous").disabled
    page = page.button(key="hardest-next").click().run()
    assert missed[12][1] in words(page)
    assert page.button(key="hardest-next").disabled
    page = page.segmented_control(key="hardest-kind").set_value("false_alarms").run()
    (alarm,) = [row for row in rows if row["true"] == "Normal" and float(row["probability"]) >= 0.5]
    text = words(page)
    assert alarm["path"] in text
    assert f"{100 * float(alarm['probability']):.1f}" in text
    assert "Pneumonia called Normal" not in text


def test_without_a_data_folder_there_are_names_and_how_to_get_pictures(
    open_app: OpenApp, artifact_of_mistakes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CXR_DATA_SET", raising=False)
    page = opened(open_app, artifact_of_mistakes)
    assert "sets CXR_DATA_SET to its folder" in words(page)
    assert not page.image


def test_no_mistake_is_said_to_be_none(open_app: OpenApp, sure_artifact: Path, tmp_path: Path) -> None:
    def perfect(rows: list[Row]) -> list[Row]:
        return [row | {"probability": "0.9" if row["true"] == "Pneumonia" else "0.1"} for row in rows]

    page = opened(open_app, made_model(sure_artifact, tmp_path / "perfect", perfect))
    assert "No pneumonia of the test split is missed" in words(page)


def test_pictures_stand_with_their_heatmaps(open_app: OpenApp, sure_artifact: Path, made_data: Path) -> None:
    page = opened(open_app, sure_artifact, CXR_DATA_SET=str(made_data))
    page = settle(page.segmented_control(key="hardest-kind").set_value("uncertain").run())
    text = words(page)
    assert len(page.image) == 12
    assert "right what speaks for pneumonia" in text
    assert "it is not the same picture" not in text


def test_another_picture_under_the_name_is_found_out(
    open_app: OpenApp, sure_artifact: Path, made_data: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(made_data, tmp_path / "data")
    for row in rows_of_test(sure_artifact):
        sick = row["true"] == "Pneumonia"
        Image.fromarray(made_radiograph(77, pneumonia=not sick)).save(data / row["path"])
    page = opened(open_app, sure_artifact, CXR_DATA_SET=str(data))
    page = settle(page.segmented_control(key="hardest-kind").set_value("uncertain").run())
    assert "it is not the same picture" in words(page)


def test_a_missing_file_is_told_and_the_others_are_shown(
    open_app: OpenApp, sure_artifact: Path, made_data: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(made_data, tmp_path / "data")
    shutil.rmtree(data / "test" / "NORMAL")
    page = opened(open_app, sure_artifact, CXR_DATA_SET=str(data))
    page = settle(page.segmented_control(key="hardest-kind").set_value("uncertain").run())
    assert "This picture is not in the data folder" in words(page)


def test_a_folder_that_is_no_data_set_is_refused(open_app: OpenApp, artifact_of_mistakes: Path, tmp_path: Path) -> None:
    page = opened(open_app, artifact_of_mistakes, CXR_DATA_SET=str(tmp_path))
    assert "has no `test` in it" in words(page)
    assert str(tmp_path) not in words(page)
    with pytest.raises(GalleryError, match="no folder that can be read"):
        gallery.data_folder(tmp_path / "none")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "set" / "test").mkdir(parents=True)
    Image.fromarray(made_radiograph(1, pneumonia=True)).save(tmp_path / "set" / "test" / "in.png")
    Image.fromarray(made_radiograph(2, pneumonia=True)).save(tmp_path / "secret.png")
    (tmp_path / "set" / "test" / "out.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "set" / "linked").symlink_to(tmp_path)
    return gallery.data_folder(tmp_path / "set")


@pytest.mark.parametrize(
    "path",
    [
        "../secret.png",
        "test/../../secret.png",
        "test/out.png",
        "linked/secret.png",
        "/etc/hostname",
        "",
        "test\\..\\x",
        "a\0b",
    ],
)
def test_nothing_outside_the_folder_is_read(root: Path, path: str) -> None:
    with pytest.raises(GalleryError, match="outside the data folder"):
        gallery.file_within(root, path)


@pytest.mark.parametrize("path", ["test", "test/none.png"])
def test_what_is_no_file_is_not_there(root: Path, path: str) -> None:
    with pytest.raises(GalleryError, match="not in the data folder"):
        gallery.file_within(root, path)


def test_a_file_within_is_read_and_nothing_is_written(root: Path) -> None:
    before = sorted(root.parent.rglob("*"))
    found = gallery.picture(root, "test/in.png", None)
    assert found.jpeg.startswith(b"\xff\xd8")
    assert found.probability is None
    assert sorted(root.parent.rglob("*")) == before
    (root / "test" / "text.png").write_text("no picture")
    with pytest.raises(RadiographError):
        gallery.picture(root, "test/text.png", None)
