"""What the environment may set, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import DATA, Settings, SettingsError


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


@pytest.mark.parametrize("text", ["0", "1", "5", "-0.1", "five", "nan", "inf", "5%"])
def test_a_prevalence_that_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"CXR_PREVALENCE is '.*'; expected a share from 0\.001 to 0\.999"):
        Settings.from_environment({"CXR_PREVALENCE": text})


def test_a_prevalence_is_read_and_left_open_by_default() -> None:
    assert Settings.from_environment({"CXR_PREVALENCE": " 0.05 "}).prevalence == 0.05
    assert Settings.from_environment({"CXR_PREVALENCE": ""}).prevalence is None
