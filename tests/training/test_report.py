"""The technical report says what the files beside the weights say, and the committed one is of the shipped model."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pypdf
import pytest

from model.architecture import PRESETS, build
from model.artifact import PRETRAINED
from model.records.manifest import Estimate
from model.records.measured import read_measured
from training.__main__ import main
from training.errors import ReportError
from training.report import figures, write
from training.report.document import escaped, sections
from training.report.filters import FILTERS
from training.report.network import parts, read_layers
from training.report.values import METRICS
from training.report.write import STEM, compose, to_html, to_pdf, write_report

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "assets" / f"{STEM}.pdf"
EVALUATION = json.loads((PRETRAINED / "evaluation.json").read_text())
OPTIONAL = {
    "model.keras": "layers is left out",
    **{name: f"no {name}" for name in ("history.json", "robustness.json", "explanations.json", "gate/gate.json")},
    **{name: f"no {name}" for name in ("label_report.json", "ablation.json", "test_ledger.jsonl")},
}
Composed = tuple[dict[str, Any], dict[str, str]]
"""A document, and its figures."""


def plain(path: Path) -> str:
    """The text with single plain spaces, without what stands at the foot of pages."""
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    return " ".join(re.sub(r"\S+ · not a medical device\s*\d+ of \d+", " ", text).split())


@pytest.fixture(scope="module")
def text() -> str:
    return plain(COMMITTED)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_report(PRETRAINED, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def composed() -> Composed:
    """Of the shipped model."""
    return compose(PRETRAINED)


@pytest.fixture
def artifact(tmp_path: Path, composed: Composed, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped model's files, to be broken; without the gate's weights, which no report reads.

    The figures, which take seconds to draw, are those of the unbroken files.
    """
    monkeypatch.setattr(write, "_figures", lambda _: composed[1])
    return Path(shutil.copytree(PRETRAINED, tmp_path / "artifact", ignore=shutil.ignore_patterns("lungs.keras")))


def changed(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def blocks(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [block for section in document["sections"] for block in section["blocks"] if block["kind"] == kind]


def texts(document: dict[str, Any]) -> str:
    return "\n".join(block["text"] for block in blocks(document, "text"))


def test_the_committed_report_is_what_the_command_writes_to_the_byte(
    text: str, written: tuple[Path, Path], tmp_path: Path
) -> None:
    assert [path.read_bytes() for path in written] == [path.read_bytes() for path in write_report(PRETRAINED, tmp_path)]
    assert plain(written[0]) == text, "run `make report` and commit assets/technical_report.pdf"
    assert all(part in text for part in (EVALUATION["model_version"], EVALUATION["weights_sha256"], "medical device"))
    assert "�" not in text


def test_the_committed_report_is_small_tagged_and_has_its_sections_as_bookmarks(composed: Composed) -> None:
    committed = pypdf.PdfReader(COMMITTED)
    assert COMMITTED.stat().st_size < 1_500_000
    assert 6 <= len(committed.pages) <= 9
    assert committed.metadata.title.startswith("Normal or pneumonia")
    assert committed.trailer["/Root"]["/Lang"] == "en-GB"
    assert committed.trailer["/Root"]["/MarkInfo"]["/Marked"]
    titles = [section["title"].replace("  ", " ") for section in composed[0]["sections"]]
    outline = committed.outline[-1] if isinstance(committed.outline[-1], list) else committed.outline
    assert [str(entry.title).replace("  ", " ") for entry in outline] == titles
    pages = [committed.get_destination_page_number(entry) for entry in outline]
    assert pages == sorted(pages)


def test_figures_and_operating_points_are_those_of_the_evaluation(text: str) -> None:
    for key, metric in EVALUATION["test"]["metrics"].items():
        scale, digits, unit = (100, 1, " %") if "trials" in metric else (1, 3, "")
        value, low, high = (f"{scale * metric[part]:.{digits}f}" for part in ("value", "low", "high"))
        counts = f"{metric['successes']} of {metric['trials']}" if "trials" in metric else "–"
        assert f"{METRICS[key]} {value}{unit} {low} to {high} {counts}" in text
    for point in EVALUATION["operating_points"]:
        name, measured = point["name"], EVALUATION["test"]["operating_points"][point["name"]]["metrics"]
        start = rf"{name.replace('_', '-')} {point['threshold']:.3f} "
        row = re.search(start + r"\(.*?\)((?: [\d.]+ \([\d.]+ to [\d.]+\)){4})", text)
        stated = [float(found) for found in re.findall(r"([\d.]+) \(", row.group(1))[2:]]
        assert stated == [round(100 * measured[rate]["value"], 1) for rate in ("sensitivity", "specificity")], name


def test_every_figure_has_words_for_those_who_cannot_see_it(written: tuple[Path, Path], composed: Composed) -> None:
    document, drawings = composed
    drawn, reader = blocks(document, "figure"), pypdf.PdfReader(written[0])
    assert {block["name"] for block in drawn} == set(drawings)
    found = (reader.get_object(number) for number in range(1, int(reader.trailer["/Size"])))
    said = " ".join(str(each.get("/Alt", "")) for each in found if isinstance(each, pypdf.generic.DictionaryObject))
    assert all(block["alternative"][:60] in said for block in drawn)


def test_html_needs_no_other_file_and_no_eyes(written: tuple[Path, Path], text: str) -> None:
    html = written[1].read_text(encoding="utf-8")
    assert ('<html lang="en-GB">' in html, "<script" in html, html.count("<h1")) == (True, False, 1)
    for address in re.findall(r"\b(?:src|href)\s*=\s*[\"']?([^\"'\s>]+)", html):
        assert address.startswith(("#", "data:image/svg+xml")), address[:60]
    for image in re.findall(r"<img[^>]*>", html):
        assert re.search(r'\balt="[^"]', image), image[-60:]
    words = " ".join(re.sub(r"<[^>]*>", " ", html).split())
    for part in (EVALUATION["weights_sha256"], "1 Summary", "20 References"):
        assert (part in words, part in text) == (True, True)


def test_what_files_say_is_no_markup(artifact: Path) -> None:
    hostile = "<script>alert(1)</script> *a* | _b_ `c` [d](e) #f $g$ @h <i>"
    changed(artifact / "history.json", chosen_by=hostile)
    document, drawings = compose(artifact)
    assert f"{hostile}." in texts(document)
    html = to_html(document, drawings)
    assert ("<script" in html, "&lt;script&gt;" in html) == (False, True)
    assert b"%PDF" in to_pdf(document, drawings)[:8]


def test_the_command_needs_no_keras(tmp_path: Path) -> None:
    code = (
        "import sys; from training.__main__ import main; "
        f"assert main(['report', '--output', {str(tmp_path)!r}]) == 0; "
        "sys.exit(bool({'keras', 'tensorflow', 'jax', 'streamlit'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {f"{STEM}.pdf", f"{STEM}.html"}


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_missing_file_leaves_out_its_section_and_says_so(artifact: Path, composed: Composed, name: str) -> None:
    assert OPTIONAL[name] not in texts(composed[0])
    assert "label itself is suspected" in texts(composed[0])
    (artifact / name).unlink()
    document, drawings = compose(artifact)
    assert OPTIONAL[name] in texts(document)
    assert ("label itself" in texts(document)) == (name != "label_report.json"), "unchecked is not sound"
    assert len(document["sections"]) == 20
    assert to_pdf(document, drawings)


def test_another_test_split_gets_no_story_and_no_comparison(artifact: Path) -> None:
    stored = json.loads((artifact / "evaluation.json").read_text())
    changed(artifact / "evaluation.json", test=stored["test"] | {"files_sha256": "0" * 64})
    said = texts(compose(artifact)[0])
    assert ("Guangzhou" in said, "another test split" in said) == (False, True)


def missing(path: Path) -> None:
    path.unlink()


def damaged(path: Path) -> None:
    path.write_text("{damaged")


def of_others(path: Path) -> None:
    changed(path, weights_sha256="0" * 64)


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        *((missing, name) for name in ("manifest.json", "evaluation.json", "predictions.csv")),
        *((damaged, name) for name in ("history.json", "gate/gate.json", "test_ledger.jsonl", "model.keras")),
        *((of_others, name) for name in ("evaluation.json", "history.json", "robustness.json", "label_report.json")),
    ],
)
def test_a_file_that_is_missing_damaged_or_of_another_model_is_named(
    artifact: Path, spoil: Callable[[Path], None], name: str
) -> None:
    spoil(artifact / name)
    with pytest.raises(ReportError, match=re.escape(Path(name).name)):
        compose(artifact)


def test_predictions_that_give_other_counts_are_refused(artifact: Path) -> None:
    path = artifact / "predictions.csv"
    path.write_text(re.sub(r"(test/NORMAL/.*,Normal),0\.\d+", r"\1,0.999999", path.read_text(), count=20))
    with pytest.raises(ReportError, match="confusion matrix"):
        compose(artifact)


def test_a_damaged_artifact_ends_the_command_with_a_message(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert main(["report", "--artifact", str(tmp_path), "--output", str(tmp_path / "out")]) == 1
    assert "manifest.json" in caplog.text
    assert not (tmp_path / "out").exists()


def test_layers_of_the_stored_network_hold_all_its_weights() -> None:
    manifest = read_measured(PRETRAINED).manifest
    layers = read_layers(PRETRAINED / "model.keras")
    for all_of_it in (layers, parts(layers)):
        assert sum(part.weights for part in all_of_it) == manifest.parameters
    assert [part.name for part in parts(layers)][:3] == ["stem", "stage 1", "stage 2"]


def test_layers_of_a_textbook_and_of_a_depthwise_network(tmp_path: Path) -> None:
    picture = keras.Input((32, 32, 3))
    spread = keras.layers.DepthwiseConv2D(5, depth_multiplier=2)(picture)
    depthwise = keras.Model(picture, keras.layers.ReLU()(spread))
    for network in (build(PRESETS["plain"], 64), depthwise):
        network.save(tmp_path / "model.keras")
        layers = {layer.name: layer for layer in read_layers(tmp_path / "model.keras")}
        assert sum(layer.weights for layer in layers.values()) == network.count_params()
        for layer in network.layers[:-1]:
            assert layers[layer.name].shape in {None, tuple(layer.output.shape[1:])}


def test_report_of_a_made_model(trained_artifact: Path, tmp_path: Path) -> None:
    """A model with no gate, explanations, labels or ablation, measured on 40 scans."""
    assert main(["report", "--artifact", str(trained_artifact), "--output", str(tmp_path)]) == 0
    said = plain(tmp_path / f"{STEM}.pdf")
    evaluation = json.loads((trained_artifact / "evaluation.json").read_text())
    accuracy, version = evaluation["test"]["metrics"]["accuracy"], evaluation["model_version"]
    stated = (f"accuracy {100 * accuracy['value']:.1f} %", f"{accuracy['successes']} of {accuracy['trials']}", version)
    absent = ("explanations.json", "gate/gate.json", "label_report.json", "ablation.json")
    assert all(part in said for part in (*stated, *(f"no {name}" for name in absent)))
    assert "Guangzhou" not in said
    assert "residual-20261123" not in said.replace(version, ""), "another model's figures"


def test_text_is_cut_into_numbered_sections_tables_and_figures() -> None:
    values = escaped("a | b * c")
    first, second = sections(
        f"# One\n\nText\nof `two` lines.\n\n> Loud.\n\nTable: Rows.\n\n| a | b |\n|---|--:|\n| {values} | 1 |\n\n"
        '# Two\n\n- x\n- y\n\n1. z\n\n![In words.](blur "Drawn.")\n\nTable: More.\n\n| a |\n|---|\n| b |\n'
    )
    numeric = {"head": ["a", "b"], "rows": [["a | b * c", "1"]], "numeric": [False, True]}
    assert first["title"] == "1  One"
    assert first["blocks"] == [
        {"kind": "text", "text": "Text of two lines.", "loud": False},
        {"kind": "text", "text": "Loud.", "loud": True},
        {"kind": "table", "caption": "Table 1. Rows.", **numeric},
    ]
    assert [block["kind"] for block in second["blocks"]] == ["list", "list", "figure", "table"]
    assert [block["caption"] for block in second["blocks"][2:]] == ["Figure 1. Drawn.", "Table 2. More."]
    for text, said in (("| a |\n|---|\n| b |\n", "no caption"), ("---\n", "no layout"), ("    code\n", "no layout")):
        with pytest.raises(ValueError, match=said):
            sections(f"# One\n\n{text}")


def test_a_table_longer_than_a_page_keeps_all_its_rows(tmp_path: Path) -> None:
    rows = [[f"line {row}", str(row)] for row in range(150)]
    table = {"kind": "table", "caption": "Table 1.", "head": ["name", "value"], "rows": rows, "numeric": [False, True]}
    drawings = {"robustness": figures.robustness(read_measured(PRETRAINED).robustness.test)}  # type: ignore[union-attr]
    figure = {"kind": "figure", "name": "robustness", "alternative": "words", "caption": "Figure 1."}
    document = {
        "title": "T", "subtitle": "S", "facts": [["Model", "made"]], "created": 0, "footer": "x · not a medical device",
        "sections": [{"title": "1  One", "blocks": [figure, table, figure]}],
    }  # fmt: skip
    (tmp_path / "made.pdf").write_bytes(to_pdf(document, drawings))
    said = plain(tmp_path / "made.pdf")
    assert all(f"line {row} {row}" in said for row in range(150))
    assert said.count("Figure 1.") == 2


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        *(("percent", 0.9423, "94.2_%"), ("percent", math.nan, "–"), ("percent", None, "–")),
        *(("decimal", 0.98405, "0.984"), ("decimal", None, "–")),
        ("rate", Estimate(value=0.5, low=0.25, high=0.754), "50.0_% (25.0 to 75.4)"),
        ("inside", Estimate(value=0.5, low=0.25, high=0.754), "50.0_%; 25.0 to 75.4"),
        ("rate", Estimate(value=math.nan, low=math.nan, high=math.nan), "–"),
        *(("listed", ["a", "b", "c"], "a, b and c"), ("listed", [], "none")),
    ],
)
def test_numbers_are_written_as_the_report_writes_them(name: str, value: Any, shown: str) -> None:
    assert FILTERS[name](value) == shown.replace("_", "\N{NO-BREAK SPACE}")
