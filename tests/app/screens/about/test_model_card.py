"""The card's numbers are those of the files; what is missing is named; no text of a file or setting can be markup."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from app.screens.about.card import STATUSES, TEMPLATES, Card, build, library_names, library_rows, version_rows
from app.settings import Settings
from app.ui.metrics import TITLES
from model.artifact import PRETRAINED
from model.records.measured import read_measured
from tests.app.driving import missing, read, tidy, write

CLAIM = "CLAIM 2024, item by item"
HOSTILE = """<script>alert("1")</script> | [a](js:b) ![c](d) *e* _f_ `g` ~~h~~ \\ & 'i' $j$ <x@y.z> # - {{ k }}"""


def card_of(folder: Path, **settings: Any) -> Card:
    return build(read_measured(folder), Settings(**(settings or {"contact": "nobody"})))


def rendered(markdown: str) -> str:
    return MarkdownIt("commonmark").enable("table").render(markdown)


def parsed(markdown: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<div>{rendered(markdown).replace('<br>', '<br/>')}</div>")  # noqa: S314 - our own


def text_of(markdown: str) -> str:
    """As a reader sees it."""
    return tidy("".join(parsed(markdown).itertext()))


def told(folder: Path, section: str) -> str:
    """The text of a section of a model's card."""
    return text_of(card_of(folder).sections[section])


def rows(markdown: str, head: str) -> list[list[str]]:
    """Cells of the table whose first column has a name."""
    for table in parsed(markdown).iter("table"):
        found = [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]
        if found[0][0] == head:
            return found[1:]
    raise AssertionError(f"no table of {head}")


def shown(metric: dict[str, Any]) -> list[str]:
    value, low, high = (metric[name] for name in ("value", "low", "high"))
    if "trials" in metric:
        return [f"{100 * value:.1f}\u00a0%", f"{100 * low:.1f} to {100 * high:.1f}\u00a0%"]
    return [f"{value:.3f}", f"{low:.3f} to {high:.3f}"]


@pytest.fixture(scope="module")
def shipped() -> Card:
    return card_of(PRETRAINED, contact=HOSTILE)


def test_every_figure_is_that_of_its_file(shipped: Card) -> None:
    sections, evaluation = shipped.sections, read(PRETRAINED, "evaluation.json")
    manifest, test = read(PRETRAINED, "manifest.json"), evaluation["test"]
    for title, names in (
        ("How good it is", ("sensitivity", "specificity", "precision", "npv", "accuracy", "auroc")),
        ("Quantitative analyses", tuple(test["metrics"])),
    ):
        found = {row[0]: row[1:3] for row in rows(sections[title], "Measure")}
        assert found == {TITLES[name]: shown(test["metrics"][name]) for name in names}
    counts = test["confusion_matrix"]["counts"]
    matrix = rows(sections["Quantitative analyses"], "True label")
    assert [[int(cell) for cell in row[1:]] for row in matrix] == counts
    points = rows(sections["Quantitative analyses"], "Operating point")
    for row, point in zip(points, evaluation["operating_points"], strict=True):
        measured = test["operating_points"][point["name"]]["metrics"]
        assert f", {point['threshold']:.3f} " in row[0]
        rates = ["{} ({})".format(*shown(measured[name])) for name in ("sensitivity", "specificity")]
        assert [cell.partition(";")[0] for cell in row[1:]] == rates
    splits = rows(sections["Training data"], "Split")
    assert splits[0][1] == f"{manifest['split']['train_images']:,}"
    for row, split in zip(splits[1:], (evaluation["validation"], test), strict=True):
        sizes = f"{split['normal']:,}, {split['pneumonia']:,}"
        assert row[1:] == [f"{split['images']:,}", sizes, f"{split['patients']:,}"]
    groups = [f"{one['images']} radiographs, {one['class']}" for one in test["subgroups"]["groups"]]
    assert [row[0].partition(": ")[2] for row in rows(sections["For whom"], "Group")] == groups
    changed = read(PRETRAINED, "robustness.json")["test"]["perturbed"]
    for row in rows(sections["Quantitative analyses"], "Strength"):
        worst = max(one["drop"] for one in changed if one["strength"] == int(row[0].split()[1]))
        assert float(row[2].replace("−", "-")) == pytest.approx(-100 * worst, abs=0.051)
    (well, alarms), (missed, ill) = counts
    text = text_of(sections["When not to use it"])
    assert not missing(text, f"{missed} of {missed + ill} with pneumonia", f"{alarms} of {well + alarms} normal")


def test_the_population_is_the_manifests(artifact: Path) -> None:
    values, use = read(artifact, "manifest.json"), read(PRETRAINED, "manifest.json")["intended_use"]
    use |= {"population": "adults", "youngest_years": 18, "oldest_years": 90, "view": "lateral"}
    write(artifact, "manifest.json", values | {"intended_use": use})
    assert text_of(card_of(artifact).markdown).count("adults aged 18 to 90 years") >= 4
    assert "1 to 5 years" not in told(artifact, "Intended use")
    write(artifact, "manifest.json", values | {"intended_use": None, "band": None})
    assert "not state an intended" in text_of(card_of(artifact).markdown)


def test_predictive_values_elsewhere_follow_from_the_rates(artifact: Path) -> None:
    values = read(artifact, "evaluation.json")
    for name, value in (("sensitivity", 0.9), ("specificity", 0.8)):
        values["test"]["metrics"][name]["value"] = value
    write(artifact, "evaluation.json", values)
    # Of 100 children 10 are ill: 9 are found, and 18 of the 90 others are false alarms.
    assert "33.3 %" in told(artifact, "How good it is")


@pytest.mark.parametrize(
    ("name", "said", "titles"),
    [
        ("evaluation", "no {}.json", ("How good it is", "Metrics", "Quantitative analyses", "When not to use it")),
        ("test_ledger", "No readable {}.jsonl", ("Version history",)),
        *[(name, "{}.json is missing", (CLAIM,)) for name in ("robustness", "explanations", "history")],
    ],
)
def test_a_missing_file_is_named_and_no_figure_takes_its_place(
    artifact: Path, name: str, said: str, titles: tuple[str, ...]
) -> None:
    for file in artifact.glob(f"{name}.json*"):
        file.unlink()
    for title in titles:
        text = told(artifact, title)
        assert said.format(name) in text
        assert title == CLAIM or "%" not in text


def test_a_file_of_another_model_is_a_problem(artifact: Path) -> None:
    write(artifact, "evaluation.json", read(artifact, "evaluation.json") | {"weights_sha256": "0" * 64})
    card = card_of(artifact)
    assert all("not the model" in text for text in (text_of(card.markdown.partition("\n## ")[0]), card.html()))


def test_without_a_model_the_card_says_what_does_not_depend_on_it() -> None:
    card = build(None, Settings(contact="nobody"))
    assert (card.model_version, card.file_stem) == ("", "model_card_none")
    assert "Guangzhou" in card.sections["Evaluation data"]
    for title in ("How good it is", "Model details", "Metrics", "Quantitative analyses", "Version history"):
        assert "no usable model" in card.sections[title], title
        assert "|" not in card.sections[title], title


def test_facts_of_the_data_set_agree_with_what_was_evaluated(shipped: Card, sure_artifact: Path) -> None:
    facts = read(TEMPLATES, "data_set.json")
    test, split = read(PRETRAINED, "evaluation.json")["test"], read(PRETRAINED, "manifest.json")["split"]
    train, published = facts["splits"]
    assert all(published[name] == test[name] for name in ("images", "normal", "pneumonia"))
    assert train["images"] == split["train_images"] + split["validation_images"] == train["normal"] + train["pneumonia"]
    assert facts["other_data"] not in text_of(shipped.markdown)
    assert facts["other_data"] in told(sure_artifact, "Training data")


def test_claim_is_answered_item_by_item(shipped: Card, artifact: Path) -> None:
    def items(card: Card) -> dict[int, list[str]]:
        found = rows(card.sections[CLAIM], "Item, in our words")
        assert all(row[2].strip() and "{" not in row[2] and row[1] in STATUSES for row in found)
        return {int(row[0].partition(".")[0]): row[1:] for row in found}

    found, area = items(shipped), read(PRETRAINED, "evaluation.json")["test"]["metrics"]["auroc"]
    assert list(found) == list(range(1, 45))
    for number in (32, 37):
        assert "AUROC {} (95 % interval {})".format(*shown(area)) in found[number][1].replace("\u00a0", " ")
    assert [found[number][0] for number in (33, 34, 36, 44)] == ["not done", "does not apply", "not known", "not known"]
    for name in ("robustness.json", "evaluation.json"):
        (artifact / name).unlink()
    lacking = items(card_of(artifact))
    assert lacking[30][0] == lacking[38][0] == "not measured"
    assert lacking[7][0] == "not known", "Without an evaluation nothing tells which data set it was."
    assert list(items(build(None, Settings(contact="nobody")))) == list(range(1, 45))


def test_contact_and_what_is_kept_follow_the_settings(sure_artifact: Path) -> None:
    named = card_of(sure_artifact, contact="a@b.example", keep_pixels=True, database_url="postgresql://h/d").sections
    nobody = card_of(sure_artifact, keep_pixels=False).sections
    contact, kept = "Contact, licences and how to cite", "What the app keeps and sends"
    assert not missing(text_of(named[contact]), "a@b.example")
    assert not missing(named[kept], "PostgreSQL", "is on")
    assert not missing(text_of(nobody[contact]), "CXR_CONTACT")
    assert not missing(nobody[kept], "is off")
    assert not missing(card_of(sure_artifact).sections[kept], "is not set")


def test_hostile_text_stays_text_in_both_files(shipped: Card) -> None:
    for markdown in (shipped.markdown, shipped.text()):
        assert not re.search(r"<(script|img|a|del|code)\b", rendered(markdown))
        assert HOSTILE in unescape("".join(parsed(markdown).itertext()))
    page = ElementTree.fromstring(shipped.html().removeprefix("<!DOCTYPE html>"))  # noqa: S314 - written above
    assert HOSTILE in "".join(page.itertext())
    assert not {one.tag for one in page.iter()} & {"script", "img", "link", "a", "iframe"}
    assert page.get("lang") == "en-GB"
    headings = [int(one.tag[1]) for one in page.iter() if re.fullmatch(r"h\d", one.tag)]
    assert (headings[0], headings.count(1)) == (1, 1)
    assert all(after <= before + 1 for before, after in pairwise(headings))


def test_the_same_files_give_the_same_card_which_names_no_place(sure_artifact: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(sure_artifact, tmp_path / "copy"))
    assert card_of(sure_artifact) == card_of(copy)
    assert str(tmp_path) not in card_of(copy).markdown
    assert Card("", "../../resi dual-1").file_stem == "model_card_.._.._resi_dual-1"


def test_each_version_stands_once_oldest_first_with_what_was_seen_last(artifact: Path) -> None:
    def opening(day: int, name: str, **seen: Any) -> dict[str, Any]:
        return {"opened": f"2026-11-{day:02d}T01:00:00+02:00", "by": "a command", "model_version": name} | seen

    values = read(artifact, "manifest.json")
    values["training"] |= {"started_from": "a"}
    write(artifact, "manifest.json", values)
    mine, ledger = values["model_version"], artifact / "test_ledger.jsonl"
    entries = [
        {"opened": "once", "note": "A trial looked at test."},
        opening(12, mine, auroc=0.9, confusion_matrix=[[1, 2], [3, 4]]),
        opening(11, "a", auroc=0.8, confusion_matrix=[[5, 6], [7, 8]]),
        opening(13, mine, auroc=0.95, confusion_matrix=[[2, 1], [0, 7]]),
        opening(14, mine, seen="maps"),
        opening(15, "elsewhere", files_sha256="y"),
    ]
    ledger.write_text("\n".join(map(json.dumps, entries)) + "\n", encoding="utf-8")
    first, second = version_rows(read_measured(artifact))
    assert first[:2] == ("a", "2026-11-10 23:00, 1 time in all")
    assert first[2] == "AUROC 0.800, 8 of 15 with pneumonia found, 6 of 11 false alarms"
    assert "continued from it" in first[3]
    assert second[:2] == (f"{mine} (this model)", "2026-11-11 23:00, 3 times in all")
    assert second[2].startswith("AUROC 0.950, 7 of 7")
    assert "A trial looked at test." in told(artifact, "Version history")
    ledger.write_text('{"opened": "2026-11-11T00:00:00+00:00"}', encoding="utf-8")
    assert version_rows(read_measured(artifact))[0][1] == "never recorded"


def test_libraries_are_those_of_the_requirements_as_installed(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# why\n-c constraints.txt\nnumpy==1.0\nno-such-library-here==2\npylibjpeg[all]==2.1.0\n\n")
    names = library_names(requirements)
    assert names == ["numpy", "no-such-library-here", "pylibjpeg"]
    found = library_rows(names)
    assert found[0][:2] == ("numpy", version("numpy")), "what is installed, not what was asked for"
    assert found[1] == ("no-such-library-here", "not installed", "–")
    assert "MIT" in found[2][2]
    assert library_names(tmp_path / "none.txt") == []
