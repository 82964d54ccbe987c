"""What the environment may set, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.settings import DATA, MOST_COMPARED, AccessSettings, Settings, SettingsError, load, load_access
from model.artifact import PRETRAINED

MANY = os.pathsep.join(f"/models/{number}" for number in range(MOST_COMPARED + 1))


def test_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.settings.PLAIN", tmp_path / "none")
    settings = load()
    assert (settings.model_dir, settings.data_dir, settings.operating_point) == (PRETRAINED, DATA, "balanced")
    assert (settings.database_url, settings.keep_pixels, settings.contact) == ("", None, "")
    assert (settings.compare_dirs, settings.data_set, settings.prevalence) == ((), None, None)
    assert load_access() == AccessSettings(roles_claim="roles", sign_in_hours=12.0, allow_anonymous=False)


def test_the_textbook_network_is_compared_where_it_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.settings.PLAIN", tmp_path)
    assert load().compare_dirs == (tmp_path,)


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("CXR_MODEL_DIR", "/models/a", "model_dir", Path("/models/a")),
        ("CXR_MODEL_DIR", " ", "model_dir", PRETRAINED),
        ("CXR_DATA_DIR", "~/x", "data_dir", Path.home() / "x"),
        ("CXR_OPERATING_POINT", " rule-in ", "operating_point", "rule_in"),
        ("CXR_OPERATING_POINT", "rule-out", "operating_point", "rule_out"),
        ("DATABASE_URL", "postgres://u:s3cret@h/d", "database_url", "postgres://u:s3cret@h/d"),
        ("CXR_KEEP_PIXELS", "ON", "keep_pixels", True),
        ("CXR_KEEP_PIXELS", "1", "keep_pixels", True),
        *[("CXR_KEEP_PIXELS", text, "keep_pixels", False) for text in ("0", "false", "No", "OFF")],
        ("CXR_COMPARE", os.pathsep.join(["/a", "", " ~/b ", "/a"]), "compare_dirs", (Path("/a"), Path.home() / "b")),
        ("CXR_DATA_SET", "/chest_xray", "data_set", Path("/chest_xray")),
        ("CXR_PREVALENCE", " 0.05 ", "prevalence", 0.05),
        ("CXR_PREVALENCE", "", "prevalence", None),
        ("CXR_CONTACT", " Röntgen <a@b.example> ", "contact", "Röntgen <a@b.example>"),
        ("CXR_CONTACT", "x" * 200, "contact", "x" * 200),
    ],
)
def test_a_variable_is_read(
    variable: str, text: str, field: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, text)
    assert getattr(load(), field) == value


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        *[("CXR_OPERATING_POINT", text, "one of rule-out, balanced") for text in ("rule_out", "Balanced", "0.3")],
        *[(name, "maybe", "on or off") for name in ("CXR_KEEP_PIXELS", "CXR_ALLOW_ANONYMOUS")],
        *[("CXR_PREVALENCE", text, ".* 0.001 to") for text in ("0", "1", "5", "-0.1", "five", "nan", "inf", "5%")],
        ("CXR_COMPARE", MANY, f"at most {MOST_COMPARED}"),
        *[("CXR_CONTACT", text, ".* at most 200") for text in ("a\nb", "x" * 201, "a\u202eb")],
        *[("CXR_SIGN_IN_HOURS", text, ".* hours above 0") for text in ("0", "-1", "nan", "inf", "a day")],
    ],
)
def test_what_cannot_be_used_is_refused_with_what_was_expected_and_names_no_folder(
    variable: str, text: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, text)
    read = load_access if variable in ("CXR_ALLOW_ANONYMOUS", "CXR_SIGN_IN_HOURS") else load
    value = f"(is '|names {MOST_COMPARED + 1} folders)"
    with pytest.raises(SettingsError, match=rf"^{variable} {value}.*; expected {expected}") as refused:
        read()
    assert "/models" not in str(refused.value)


def test_the_database_password_stays_out_of_the_settings_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:s3cret@h/d")
    assert "s3cret" not in f"{load()!r} {load()}"


def test_settings_made_by_hand_meet_nothing_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://production")
    assert Settings(data_dir=tmp_path).database_url == ""
    with pytest.raises(ValueError, match="model_dirs"):
        Settings(model_dirs=tmp_path)  # type: ignore[call-arg]


def test_other_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CXR_UNKNOWN", "contact"):
        monkeypatch.setenv(name, "somebody")
    assert load().contact == ""


def test_access_is_read_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"ROLES_CLAIM": " groups ", "SIGN_IN_HOURS": "1.5", "ALLOW_ANONYMOUS": "1", "OPERATING_POINT": "nonsense"}
    for name, text in values.items():
        monkeypatch.setenv(f"CXR_{name}", text)
    assert load_access() == AccessSettings(roles_claim="groups", sign_in_hours=1.5, allow_anonymous=True)
