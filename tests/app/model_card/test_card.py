"""The card's numbers are those of the files; what is missing is named, and nothing takes its place."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from app.model_card import Installation, ModelCard, Table, build_card, to_markdown
from app.wording import METRIC_TITLES
from model.artifact import PRETRAINED
from tests.app.model_card.cards import card_of, read, table_of, text_of, write


def share(value: float) -> str:
    return f"{100 * value:.1f}\u00a0%"


def shown(metric: dict[str, Any]) -> tuple[str, str]:
    """A figure of the file and its interval, as they should stand in the card."""
    if "trials" in metric:
        value = {"100.0": "100.0\u00a0%", "0.0": "0.0\u00a0%"}.get(
            f"{100 * metric['value']:.1f}", share(metric["value"])
        )
        return value, f"{100 * metric['low']:.1f} to {100 * metric['high']:.1f}\u00a0%"
    return f"{metric['value']:.3f}", f"{metric['low']:.3f} to {metric['high']:.3f}"


@pytest.mark.parametrize("key", ["headline", "quantities"])
def test_every_metric_is_that_of_the_file(sure_artifact: Path, key: str) -> None:
    card, metrics = card_of(sure_artifact), read(sure_artifact, "evaluation.json")["test"]["metrics"]
    rows = {row[0]: row[1:3] for row in table_of(card, key, "Measure").rows}
    expected = (
        metrics if key == "quantities" else ("sensitivity", "specificity", "precision", "npv", "accuracy", "auroc")
    )
    assert rows == {METRIC_TITLES[name]: shown(metrics[name]) for name in expected}


def test_the_confusion_matrix_and_the_points_are_those_of_the_file(sure_artifact: Path) -> None:
    card, evaluation = card_of(sure_artifact), read(sure_artifact, "evaluation.json")
    counts = evaluation["test"]["confusion_matrix"]["counts"]
    assert [list(map(int, row[1:])) for row in table_of(card, "quantities", "True label").rows] == counts
    for row, point in zip(
        table_of(card, "quantities", "Operating point").rows, evaluation["operating_points"], strict=True
    ):
        measured = evaluation["test"]["operating_points"][point["name"]]["metrics"]
        assert row[1].startswith(f"{point['threshold']:.3f} ")
        assert [row[2], row[4]] == ["{} ({})".format(*shown(measured[name])) for name in ("sensitivity", "specificity")]
        assert row[3].endswith(
            f"({100 * point['sensitivity']['low']:.1f} to {100 * point['sensitivity']['high']:.1f}\u00a0%)"
        )
    (well, alarms), (missed, found) = counts
    assert f"it missed {missed} of {missed + found}" in text_of(card, "when_not")
    assert f"a false alarm on {alarms} of {well + alarms} normal ones" in text_of(card, "when_not")


def test_splits_subgroups_and_changes_are_those_of_the_files(sure_artifact: Path) -> None:
    card, evaluation = card_of(sure_artifact), read(sure_artifact, "evaluation.json")
    manifest, test = read(sure_artifact, "manifest.json"), evaluation["test"]
    rows = table_of(card, "training_data", "Split").rows
    assert rows[0][:2] == ("Training", f"{manifest['split']['train_images']:,}")
    for row, split in zip(rows[1:], (evaluation["validation"], test), strict=True):
        assert row[1:] == tuple(f"{split[name]:,}" for name in ("images", "normal", "pneumonia", "patients"))
    groups = test["subgroups"]["groups"]
    assert [int(row[2]) for row in table_of(card, "factors", "Group").rows] == [one["images"] for one in groups]
    changed = read(sure_artifact, "robustness.json")["test"]["perturbed"]
    for row in table_of(card, "quantities", "Strength").rows:
        worst = max(one["drop"] for one in changed if one["strength"] == int(row[0].split()[1]))
        assert float(row[2].replace("−", "-")) == pytest.approx(-100 * worst, abs=0.051)


def test_a_changed_file_changes_the_card(artifact: Path) -> None:
    values = read(artifact, "evaluation.json")
    values["test"]["metrics"]["auroc"] |= {"value": 0.4321, "low": 0.4011, "high": 0.4999}
    write(artifact, "evaluation.json", values)
    text = to_markdown(card_of(artifact))
    assert "| AUROC | 0.432 | 0.401 to 0.500 |" in text


def test_the_predictive_value_elsewhere_follows_from_the_rates(artifact: Path) -> None:
    values = read(artifact, "evaluation.json")
    for name, value in (("sensitivity", 0.9), ("specificity", 0.8)):
        values["test"]["metrics"][name]["value"] = value
    write(artifact, "evaluation.json", values)
    # Of 100 children 10 are sick: 9 are found, and 18 of the 90 others raise a false alarm.
    assert "would make that 33.3\u00a0%" in text_of(card_of(artifact), "headline")


@pytest.mark.parametrize(
    ("name", "key", "said"),
    [
        ("evaluation.json", "headline", "has no evaluation.json"),
        ("evaluation.json", "quantities", "has no evaluation.json"),
        ("evaluation.json", "metrics", "has no evaluation.json"),
        ("evaluation.json", "evaluation_data", "has no evaluation.json"),
        ("evaluation.json", "factors", "were not measured"),
        ("evaluation.json", "caveats", "was not measured"),
        ("robustness.json", "quantities", "changed scans was not measured"),
        ("test_ledger.jsonl", "versions", "No test_ledger.jsonl"),
    ],
)
def test_a_missing_file_is_named_and_no_figure_takes_its_place(artifact: Path, name: str, key: str, said: str) -> None:
    (artifact / name).unlink()
    card = card_of(artifact)
    assert said in text_of(card, key)
    if name == "evaluation.json" and key != "versions":
        assert not card.section(key).tables
        assert "%" not in text_of(card, "headline")


def test_a_file_of_another_model_is_a_problem_and_gives_no_figure(artifact: Path) -> None:
    values = read(artifact, "evaluation.json")
    write(artifact, "evaluation.json", values | {"weights_sha256": "0" * 64})
    card = card_of(artifact)
    assert "not the model in this folder" in card.problems[0]
    assert "not the model in this folder" in to_markdown(card)
    assert not card.section("headline").tables


def test_without_a_model_the_card_says_what_does_not_depend_on_it(tmp_path: Path) -> None:
    card = build_card(tmp_path, None, Installation())
    assert card.model_version == ""
    assert "To diagnose or treat" in text_of(card, "when_not")
    assert "Guangzhou" in text_of(card, "evaluation_data")
    for key in ("headline", "details", "metrics", "quantities", "versions"):
        assert "there is no usable model" in text_of(card, key), key
        assert not card.section(key).tables, key
    assert all(item.answer for item in card.checklist)


def test_facts_of_the_published_data_are_this_models_only_if_it_was_measured_on_them(sure_artifact: Path) -> None:
    other, shipped = card_of(sure_artifact), card_of(PRETRAINED)
    for key in ("evaluation_data", "training_data", "caveats"):
        assert "do not tell on which data" in text_of(other, key)
        assert "do not tell on which data" not in text_of(shipped, key)


def test_the_facts_agree_with_what_was_evaluated() -> None:
    facts = json.loads((Path(build_card.__code__.co_filename).parent / "facts.json").read_text(encoding="utf-8"))
    test = read(PRETRAINED, "evaluation.json")["test"]
    train, published = facts["splits"]
    assert {name: published[name] for name in ("images", "normal", "pneumonia")} == {
        name: test[name] for name in ("images", "normal", "pneumonia")
    }
    split = read(PRETRAINED, "manifest.json")["split"]
    assert train["images"] == split["train_images"] + split["validation_images"]
    assert train["normal"] + train["pneumonia"] == train["images"]


def test_contact_and_what_is_kept_follow_the_settings(sure_artifact: Path) -> None:
    named = card_of(sure_artifact, Installation(contact="a@b.example", keeps_pixels=True, has_server=True))
    nobody = card_of(sure_artifact)
    assert "Contact: a@b.example" in text_of(named, "naming")
    assert "no contact was set (CXR_CONTACT)" in text_of(nobody, "naming")
    assert "keeps the radiograph as well" in text_of(named, "privacy")
    assert "is not kept" in text_of(nobody, "privacy")
    assert "PostgreSQL" in text_of(named, "privacy")
    assert "no other host" in text_of(nobody, "privacy")


def test_the_same_files_give_the_same_card(sure_artifact: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(sure_artifact, tmp_path / "copy"))
    assert card_of(sure_artifact) == card_of(copy)
    assert str(copy) not in to_markdown(card_of(copy))


def test_a_file_name_holds_the_version_and_nothing_that_leads_elsewhere() -> None:
    card = ModelCard("t", "../../resi dual-1", "", (), (), ())
    assert card.file_stem == "model_card_.._.._resi_dual-1"
    assert re.fullmatch(r"[A-Za-z0-9._-]+", card.file_stem)


def test_a_ragged_table_is_refused() -> None:
    with pytest.raises(ValueError, match="A row of 1 cells in a table of 2 columns"):
        Table("", ("a", "b"), (("c",),))
