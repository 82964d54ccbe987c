"""What the environment may set, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.settings import DATA, MOST_COMPARED, Settings, SettingsError


def test_without_variables_cases_go_to_the_data_folder_without_pixels() -> None:
    settings = Settings.from_environment({})
    assert settings.data_dir == DATA
    assert settings.database_url == ""
    assert not settings.keep_pixels


def test_the_review_database_is_set_from_outside(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {"CXR_DATA_DIR": str(tmp_path), "DATABASE_URL": "postgres://u:s3cret@h/d", "CXR_KEEP_PIXELS": "on"}
    )
    assert settings.data_dir == tmp_path
    assert settings.database_url == "postgres://u:s3cret@h/d"
    assert settings.keep_pixels
    assert "s3cret" not in repr(settings), "The settings may be logged."


@pytest.mark.parametrize("text", ["0", "false", "No", "OFF", " "])
def test_pixels_are_not_kept_when_switched_off(text: str) -> None:
    assert not Settings.from_environment({"CXR_KEEP_PIXELS": text}).keep_pixels


def test_a_switch_that_is_neither_on_nor_off_is_refused() -> None:
    with pytest.raises(SettingsError, match="CXR_KEEP_PIXELS is 'maybe'; expected on or off"):
        Settings.from_environment({"CXR_KEEP_PIXELS": "maybe"})


def test_models_to_compare_are_named_like_the_folders_of_path(tmp_path: Path) -> None:
    text = os.pathsep.join([str(tmp_path / "a"), "", f" {tmp_path / 'b'} ", str(tmp_path / "a")])
    assert Settings.from_environment({"CXR_COMPARE": text}).compare_dirs == (tmp_path / "a", tmp_path / "b")
    many = os.pathsep.join(str(tmp_path / str(number)) for number in range(MOST_COMPARED + 1))
    with pytest.raises(SettingsError, match=f"names {MOST_COMPARED + 1} folders; at most {MOST_COMPARED} are compared"):
        Settings.from_environment({"CXR_COMPARE": many})


def test_the_textbook_network_is_compared_where_it_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.settings.PLAIN", tmp_path)
    assert Settings.from_environment({}).compare_dirs == (tmp_path,)
    monkeypatch.setattr("app.settings.PLAIN", tmp_path / "none")
    assert Settings.from_environment({}).compare_dirs == ()


def test_no_data_set_is_read_unless_it_is_named(tmp_path: Path) -> None:
    assert Settings.from_environment({}).data_set is None
    assert Settings.from_environment({"CXR_DATA_SET": str(tmp_path)}).data_set == tmp_path


@pytest.mark.parametrize("text", ["0", "1", "5", "-0.1", "five", "nan", "inf", "5%"])
def test_a_prevalence_that_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"CXR_PREVALENCE is '.*'; expected a share from 0\.001 to 0\.999"):
        Settings.from_environment({"CXR_PREVALENCE": text})


def test_a_prevalence_is_read_and_left_open_by_default() -> None:
    assert Settings.from_environment({"CXR_PREVALENCE": " 0.05 "}).prevalence == 0.05
    assert Settings.from_environment({"CXR_PREVALENCE": ""}).prevalence is None
