"""The hardest cases: the right files in the right order, and pictures only from within the named folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.services import gallery
from app.services.gallery import GalleryError
from model.errors import RadiographError
from tests.app.driving import settle, words
from tests.app.made_models import Row, made_model, rows_of_test
from tests.app.screens.performance.conftest import OpenTab
from tests.made import made_radiograph


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


def opened(open_tab: OpenTab, folder: Path, **environment: str) -> AppTest:
    return open_tab(folder, "Hardest cases", **environment)


def listed(page: AppTest) -> list[str]:
    """Files in the table, in order."""
    return list(page.dataframe[0].value["File"])


def test_missed_ones_come_first_a_page_at_a_time(open_tab: OpenTab, artifact_of_mistakes: Path) -> None:
    rows = rows_of_test(artifact_of_mistakes)
    missed = sorted(
        (float(row["probability"]), row["path"])
        for row in rows
        if row["true"] == "Pneumonia" and float(row["probability"]) < 0.5
    )
    assert len(missed) > 12
    page = opened(open_tab, artifact_of_mistakes)
    assert listed(page) == [path for _, path in missed[:12]]
    assert page.button(key="hardest-previous").disabled
    page = page.button(key="hardest-next").click().run()
    assert listed(page) == [path for _, path in missed[12:]]
    assert page.button(key="hardest-next").disabled
    page = page.segmented_control(key="hardest-kind").set_value("false_alarms").run()
    (alarm,) = [row for row in rows if row["true"] == "Normal" and float(row["probability"]) >= 0.5]
    assert listed(page) == [alarm["path"]]


def test_without_a_data_folder_there_are_names_and_how_to_get_pictures(
    open_tab: OpenTab, artifact_of_mistakes: Path
) -> None:
    page = opened(open_tab, artifact_of_mistakes)
    assert "set CXR_DATA_SET" in words(page)
    assert not page.image


def test_no_mistake_is_said_to_be_none(open_tab: OpenTab, sure_artifact: Path, tmp_path: Path) -> None:
    def perfect(rows: list[Row]) -> list[Row]:
        return [row | {"probability": "0.9" if row["true"] == "Pneumonia" else "0.1"} for row in rows]

    page = opened(open_tab, made_model(sure_artifact, tmp_path / "perfect", perfect))
    assert "Missed: none" in words(page)


def test_pictures_stand_with_their_heatmaps_and_an_exchanged_or_missing_one_is_told(
    open_tab: OpenTab, sure_artifact: Path, made_data: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(made_data, tmp_path / "data")
    page = open_tab(sure_artifact, "Hardest cases", load=True, CXR_DATA_SET=str(data))
    page = settle(page.segmented_control(key="hardest-kind").set_value("uncertain").run())
    assert len(page.image) == 12
    assert "heatmap for pneumonia" in words(page)
    assert "Not the same picture" not in words(page)
    shown = listed(page)
    for path in shown[1:]:
        Image.fromarray(made_radiograph(77, pneumonia="NORMAL" in path)).save(data / path)
    (data / shown[0]).unlink()
    text = words(page.run())
    assert "not in the data folder" in text
    assert "score than when it was measured" in text
    assert len(page.image) == 11


def test_a_folder_that_is_no_data_set_is_refused(open_tab: OpenTab, artifact_of_mistakes: Path, tmp_path: Path) -> None:
    page = opened(open_tab, artifact_of_mistakes, CXR_DATA_SET=str(tmp_path))
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
