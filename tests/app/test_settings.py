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
