"""The version history is the ledger's, and the libraries are those that are installed."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from app.measured import MeasuredError
from app.model_card.libraries import library_names, library_table
from app.model_card.versions import read_versions, version_table
from model.artifact import PRETRAINED, read_manifest
from tests.app.model_card.cards import card_of, text_of


def opening(day: int, name: str, **seen: Any) -> dict[str, Any]:
    return {"opened": f"2026-11-{day:02d}T01:00:00+02:00", "by": "a command", "model_version": name} | seen


def write_ledger(folder: Path, *entries: dict[str, Any]) -> Path:
    (folder / "test_ledger.jsonl").write_text("\n".join(map(json.dumps, entries)) + "\n", encoding="utf-8")
    return folder


def test_each_version_stands_once_oldest_first_with_what_was_seen_last(tmp_path: Path) -> None:
    write_ledger(
        tmp_path,
        {"opened": "once", "note": "A trial looked at test."},
        opening(12, "b", auroc=0.9, confusion_matrix=[[1, 2], [3, 4]]),
        opening(11, "a", auroc=0.8, confusion_matrix=[[5, 6], [7, 8]]),
        opening(13, "b", auroc=0.95, confusion_matrix=[[2, 1], [0, 7]]),
        opening(14, "b", seen="maps"),
    )
    first, second = read_versions(tmp_path)
    assert (first.model_version, first.openings, first.auroc, first.counts) == ("a", 1, 0.8, ((5, 6), (7, 8)))
    assert (second.model_version, second.openings, second.auroc, second.counts) == ("b", 3, 0.95, ((2, 1), (0, 7)))
    manifest = read_manifest(PRETRAINED).replace(model_version="b", training={"started_from": "a"})
    rows = version_table((first, second), manifest).rows
    assert rows[0] == (
        *("a", "2026-11-10 23:00", "once", "0.800"),
        "pneumonia: 8 found, 7 missed; normal: 5 called Normal, 6 false alarms",
        "This model’s training went on from it.",
    )
    assert rows[1][:4] == ("b (this model)", "2026-11-11 23:00", "3 times", "0.950")
    assert "Training went on from a." in rows[1][5]


def test_what_nobody_recorded_is_not_invented(tmp_path: Path) -> None:
    write_ledger(tmp_path, opening(11, "a", files_sha256="x"), opening(12, "elsewhere", files_sha256="y"))
    manifest = read_manifest(PRETRAINED).replace(training={}, created="", git_revision="")
    rows = version_table(read_versions(tmp_path), manifest, files_sha256="x").rows
    assert [row[0] for row in rows] == ["a", f"{manifest.model_version} (this model)"]
    assert rows[0][3:] == ("not recorded",) * 3
    assert rows[1][1:5] == ("never recorded", *["not recorded"] * 3)
    assert rows[1][5] == "When it was made was not recorded."


@pytest.mark.parametrize(
    "damage", [{"opened": "2026-11-11T00:00:00+00:00"}, opening(11, "a", confusion_matrix=[[1, 2], [3, -4]])]
)
def test_a_damaged_ledger_is_a_problem_and_gives_no_version(artifact: Path, damage: dict[str, Any]) -> None:
    write_ledger(artifact, damage)
    with pytest.raises(MeasuredError, match=r"test_ledger\.jsonl"):
        read_versions(artifact)
    card = card_of(artifact)
    assert any("test_ledger.jsonl" in text for text in card.problems)
    assert "No test_ledger.jsonl" in text_of(card, "versions")


def test_the_shipped_history_is_the_ledger() -> None:
    lines = [json.loads(line) for line in (PRETRAINED / "test_ledger.jsonl").read_text(encoding="utf-8").splitlines()]
    (table,) = card_of(PRETRAINED).section("versions").tables
    names = dict.fromkeys(line["model_version"] for line in lines if "note" not in line)
    assert [row[0].removesuffix(" (this model)") for row in table.rows] == list(names)
    notes = [line["note"] for line in lines if "note" in line]
    assert list(card_of(PRETRAINED).section("versions").points) == notes


def test_libraries_are_those_of_the_requirements_as_installed(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# why\n-c constraints.txt\nnumpy==1.0\nno-such-library-here==2\npylibjpeg[all]==2.1.0\n\n")
    names = library_names(requirements)
    assert names == ("numpy", "no-such-library-here", "pylibjpeg")
    rows = library_table(names).rows
    assert rows[0][:2] == ("numpy", version("numpy")), "What is installed, not what was asked for."
    assert rows[1] == ("no-such-library-here", "not installed", "–")
    assert "MIT" in rows[2][2]


def test_without_requirements_no_library_is_named(tmp_path: Path) -> None:
    assert library_names(tmp_path / "none.txt") == ()
