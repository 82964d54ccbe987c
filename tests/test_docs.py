"""README and docs: figures are those of the files, what is generated is up to date, and names and links are right."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from app.screens.worklist.review import KEYS
from app.settings import AccessSettings, Settings
from model.artifact import PRETRAINED
from model.records.measured import read_measured
from tests.draw_house import PICTURE, draw, house
from tests.test_architecture import ROOT
from tests.write_card import card
from training.__main__ import PLAIN
from training.__main__ import app as training
from training.report.filters import decimal, interval, of, percent
from training.report.results import results

MEASURED = read_measured(PRETRAINED)
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS]
NUMBERS = dict(enumerate(("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")))
FIGURES = ("AUROC", "sensitivity", "specificity", "accuracy", "expected calibration error")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def everything() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("figure", FIGURES)
def test_readme_states_what_the_evaluation_holds(figure: str) -> None:
    assert MEASURED.evaluation
    metric = MEASURED.evaluation.test.metrics[figure.lower().replace(" ", "_")]
    if metric.trials is None:
        row = f"| {figure} | {decimal(metric.value)} | {decimal(metric.low)} to {decimal(metric.high)} |"
    else:
        row = f"| {figure} | {percent(metric.value)} ({of(metric)}) | {interval(metric)} |"
    assert row.replace("\N{NO-BREAK SPACE}", " ") in text_of("README.md").splitlines()


def test_figures_within_sentences_are_those_of_the_files() -> None:
    assert MEASURED.evaluation
    assert MEASURED.explanations
    counts, card = MEASURED.evaluation.test.counts, MEASURED.explanations.scorecard
    failing = sum(bool(MEASURED.explanations.failed(method)) for method in card)
    for page, sentence in (
        ("README.md", f"the {counts.total} images of the official test split"),
        ("README.md", f"{NUMBERS[failing]} of {NUMBERS[len(card)]} heatmap methods fail at least one"),
        ("docs/clinicians.md", f"{NUMBERS[failing]} of the {NUMBERS[len(card)]} methods on the page fail at least one"),
        ("docs/presenters.md", f"{NUMBERS[failing]} of {NUMBERS[len(card)]} heatmap methods fail at least one"),
        ("docs/presenters.md", f"of {counts.pneumonia} images with pneumonia it found {counts.true_positive}"),
        ("docs/presenters.md", f"missed {counts.false_negative}. of {counts.normal} normal ones"),
        ("docs/presenters.md", f"{counts.false_positive} were false alarms"),
        ("docs/presenters.md", f'"{percent(MEASURED.evaluation.test.metrics["accuracy"].value, 0)[:-2]} % accuracy'),
    ):
        assert sentence in text_of(page).lower(), page
    middle = [each for each in MEASURED.evaluation.test.reliability if each.images and each.low > 0 and each.high < 1]
    too_high = sum(each.images * (each.mean_probability or 0) - each.pneumonia for each in middle) > 0
    assert too_high == ("its middling scores are too high" in text_of("docs/presenters.md"))


def test_generated_pages_are_up_to_date() -> None:
    assert text_of("docs/results.md") == results(PRETRAINED, compared=PLAIN), "run `python -m training results`"
    assert text_of("docs/model-card.md") == card(), "run `python -m tests.write_card`"
    assert PICTURE.read_text(encoding="utf-8") == draw(house()), "run `python -m tests.draw_house`"


def test_the_site_builds_and_asks_no_other_host(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > len(DOCS)
    for page in pages:
        loaded = re.findall(
            r"<(?:script|img|link|iframe)\b[^>]*(?:src|href)=\"?(?:https?:)?//[^>]*", page.read_text("utf-8")
        )
        assert not loaded, f"{page.name} loads {loaded}"
    for sheet in tmp_path.rglob("*.css"):
        assert not re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", sheet.read_text("utf-8")), sheet.name


def test_readme_is_short() -> None:
    readme = text_of("README.md")
    assert len(readme.splitlines()) <= 120
    assert len(re.findall(r"!\[", readme)) == 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        place, _, anchor = target.partition("#")
        file = page.parent / place if place else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_every_setting_is_in_the_deployment_guide_and_no_other() -> None:
    known = {str(field.validation_alias) for kind in (Settings, AccessSettings) for field in kind.model_fields.values()}
    table = re.findall(r"^\| `((?:CXR|DATABASE)_\w+)` \|", text_of("docs/deployment.md"), re.MULTILINE)
    assert sorted(table) == sorted(known)


def test_every_command_is_told_and_every_command_told_exists(everything: str) -> None:
    commands = set(get_command(training).commands)  # type: ignore[attr-defined]
    assert set(re.findall(r"^\| `([\w-]+)` \| .+\|$", text_of("docs/command-line.md"), re.MULTILINE)) >= commands
    assert set(re.findall(r"python -m training ([\w-]+)", everything)) <= commands
    for module in set(re.findall(r"python -m (tests[\w.]+)", everything)):
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module
    targets = set(re.findall(r"^([a-z-]+):.*## ", text_of("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:^    |`)make ([a-z-]+)", everything, re.MULTILINE)) <= targets


def test_options_that_are_told_exist(everything: str) -> None:
    commands = get_command(training).commands  # type: ignore[attr-defined]
    for name, rest in re.findall(r"python -m training ([\w-]+)((?: [^`\n]*\\\n)*[^`\n]*)", everything):
        known = {option for one in commands[name].params for option in one.opts} | {"--help"}
        assert set(re.findall(r"(--[a-z][\w-]+)", rest)) <= known, rest


def test_review_keys_are_those_of_the_page() -> None:
    section = text_of("docs/clinicians.md").partition("### Review keys")[2].partition("\n#")[0]
    told = {key for row in re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE) for key in row.split(", ")}
    assert told - {"key", "---"} == {key for keys in KEYS for key in re.split(r" / |, ", keys)}


def test_the_changelog_knows_this_version() -> None:
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    assert re.findall(r"^## (\S+)", text_of("CHANGELOG.md"), re.MULTILINE)[:2] == ["Unreleased", version]
