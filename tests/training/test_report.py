"""The technical report says what the files beside the weights say, and the committed one is of the shipped model."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pypdf
import pytest

from model.artifact import PRETRAINED
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
    "model.keras": "table of layers is left out",
    "history.json": "Left out: there is no history.json",
    "robustness.json": "Left out: there is no robustness.json",
    "explanations.json": "Left out: there is no explanations.json",
    "gate/gate.json": "Left out: there is no gate/gate.json",
    "label_report.json": "Left out: there is no label_report.json",
    "ablation.json": "Left out: there is no ablation.json",
    "test_ledger.jsonl": "Left out: there is no test_ledger.jsonl",
}


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
def composed() -> tuple[dict[str, Any], dict[str, str]]:
    """The shipped model's document and figures."""
    return compose(PRETRAINED)


@pytest.fixture
def artifact(tmp_path: Path, composed: tuple[dict[str, Any], dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped model's files, to be broken; without the gate's weights, which no report reads.

    The figures, which take seconds to draw, are those of the unbroken files.
    """
    monkeypatch.setattr(write, "_figures", lambda _: composed[1])
    ignored = shutil.ignore_patterns("lungs.keras")
    return Path(shutil.copytree(PRETRAINED, tmp_path / "artifact", ignore=ignored))


def changed(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def texts(document: dict[str, Any]) -> str:
    return "\n".join(
        block["text"] for section in document["sections"] for block in section["blocks"] if block["kind"] == "text"
    )


def test_the_committed_report_is_what_the_command_writes(text: str, written: tuple[Path, Path]) -> None:
    assert plain(written[0]) == text, "run `make report` and commit assets/technical_report.pdf"
    assert EVALUATION["model_version"] in text
    assert EVALUATION["weights_sha256"] in text
    assert "Not a medical device" in text
    assert "�" not in text


def test_the_committed_report_is_small_tagged_and_has_its_sections_as_bookmarks(
    composed: tuple[dict[str, Any], dict[str, str]],
) -> None:
    committed = pypdf.PdfReader(COMMITTED)
    assert COMMITTED.stat().st_size < 1_500_000
    assert 6 <= len(committed.pages) <= 9
    assert committed.metadata
    assert committed.metadata.title == "Normal or pneumonia on paediatric chest radiographs"
    assert committed.trailer["/Root"]["/Lang"] == "en-GB"
    assert committed.trailer["/Root"]["/MarkInfo"]["/Marked"]
    document, _ = composed
    titles = [section["title"].replace("  ", " ") for section in document["sections"]]
    outline = committed.outline[-1] if isinstance(committed.outline[-1], list) else committed.outline
    assert [str(entry.title).replace("  ", " ") for entry in outline] == titles
    pages = [committed.get_destination_page_number(entry) for entry in outline]
    assert pages == sorted(pages)


def test_figures_are_those_of_the_evaluation(text: str) -> None:
    for key, metric in EVALUATION["test"]["metrics"].items():
        scale, digits, unit = (100, 1, " %") if "trials" in metric else (1, 3, "")
        value, low, high = (f"{scale * metric[part]:.{digits}f}" for part in ("value", "low", "high"))
        counts = f"{metric['successes']} of {metric['trials']}" if "trials" in metric else "–"
        assert f"{METRICS[key]} {value}{unit} {low} to {high} {counts}" in text


@pytest.mark.parametrize("name", ["rule_out", "balanced", "rule_in"])
def test_operating_points_are_those_of_the_evaluation(text: str, name: str) -> None:
    threshold = next(point["threshold"] for point in EVALUATION["operating_points"] if point["name"] == name)
    row = re.search(rf"{name.replace('_', '-')} {threshold:.3f} \(.*?\)((?: [\d.]+ \([\d.]+ to [\d.]+\)){{4}})", text)
    assert row
    measured = EVALUATION["test"]["operating_points"][name]["metrics"]
    for rate, found in zip(("sensitivity", "specificity"), re.findall(r"([\d.]+) \(", row.group(1))[2:], strict=True):
        assert float(found) == round(100 * measured[rate]["value"], 1)


def test_every_figure_has_words_for_those_who_cannot_see_it(
    written: tuple[Path, Path], composed: tuple[dict[str, Any], dict[str, str]]
) -> None:
    document, drawings = composed
    blocks = [block for section in document["sections"] for block in section["blocks"] if block["kind"] == "figure"]
    assert {block["name"] for block in blocks} == set(drawings)
    raw = " ".join(str(each.get_object().get("/Alt", "")) for each in _objects(written[0]))
    for block in blocks:
        assert block["alternative"][:60] in raw


def _objects(path: Path) -> list[Any]:
    reader = pypdf.PdfReader(path)
    found = (reader.get_object(number) for number in range(1, int(reader.trailer["/Size"])))
    return [each for each in found if isinstance(each, pypdf.generic.DictionaryObject)]


def test_the_same_files_give_the_same_bytes(written: tuple[Path, Path], tmp_path: Path) -> None:
    for first, second in zip(written, write_report(PRETRAINED, tmp_path), strict=True):
        assert first.read_bytes() == second.read_bytes()


class _Page(HTMLParser):
    """Collects what a reader without eyes or network would miss."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_html_needs_no_other_file_and_no_eyes(written: tuple[Path, Path], text: str) -> None:
    page = _Page()
    page.feed(written[1].read_text(encoding="utf-8"))
    kinds = [tag for tag, _ in page.tags]
    assert dict(page.tags)["html"]["lang"] == "en-GB"
    assert "script" not in kinds
    assert kinds.count("h1") == 1
    for tag, attributes in page.tags:
        for key in ("src", "href"):
            address = attributes.get(key) or "#"
            assert address.startswith(("#", "data:image/svg+xml")), address[:60]
        if tag == "img":
            assert attributes["alt"]
    words = " ".join(" ".join(page.words).split())
    for part in (EVALUATION["weights_sha256"], "1 Summary", "20 References"):
        assert part in words
        assert part in text


def test_what_files_say_is_no_markup(artifact: Path) -> None:
    hostile = "<script>alert(1)</script> *a* | _b_ `c` [d](e) #f $g$ @h <i>"
    changed(artifact / "history.json", chosen_by=hostile)
    document, drawings = compose(artifact)
    assert f"How the epoch was chosen: {hostile}." in texts(document)
    html = to_html(document, drawings)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
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
def test_a_missing_file_leaves_out_its_section_and_says_so(
    artifact: Path, composed: tuple[dict[str, Any], dict[str, str]], name: str
) -> None:
    assert OPTIONAL[name] not in texts(composed[0])
    assert "the label itself is suspected" in texts(composed[0])
    (artifact / name).unlink()
    document, drawings = compose(artifact)
    assert OPTIONAL[name] in texts(document)
    assert ("the label itself" in texts(document)) == (name != "label_report.json"), "unchecked is not sound"
    assert len(document["sections"]) == 20
    assert to_pdf(document, drawings)


def test_another_test_split_gets_no_story_and_no_comparison(artifact: Path) -> None:
    stored = json.loads((artifact / "evaluation.json").read_text())
    changed(artifact / "evaluation.json", test=stored["test"] | {"files_sha256": "0" * 64})
    said = texts(compose(artifact)[0])
    assert "Guangzhou" not in said
    assert "published figures belong to another test split" in said


@pytest.mark.parametrize("name", ["manifest.json", "evaluation.json", "predictions.csv"])
def test_a_missing_file_that_is_needed_is_named(artifact: Path, name: str) -> None:
    (artifact / name).unlink()
    with pytest.raises(ReportError, match=rf"{name}"):
        compose(artifact)


@pytest.mark.parametrize("name", ["evaluation.json", "history.json", "robustness.json", "label_report.json"])
def test_files_of_two_models_are_not_mixed(artifact: Path, name: str) -> None:
    changed(artifact / name, weights_sha256="0" * 64)
    with pytest.raises(ReportError, match=name):
        compose(artifact)


@pytest.mark.parametrize("name", ["history.json", "gate/gate.json", "test_ledger.jsonl", "model.keras"])
def test_a_damaged_file_is_named(artifact: Path, name: str) -> None:
    (artifact / name).write_text("{damaged")
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
    assert sum(layer.weights for layer in layers) == manifest.parameters
    assert sum(part.weights for part in parts(layers)) == manifest.parameters
    assert [part.name for part in parts(layers)][:3] == ["stem", "stage 1", "stage 2"]


def test_layers_of_a_textbook_and_of_a_depthwise_network(tmp_path: Path) -> None:
    import keras

    from model.architecture import PRESETS, build

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
    artifact = shutil.copytree(trained_artifact, tmp_path / "artifact")
    assert main(["report", "--artifact", str(artifact)]) == 0
    said = plain(artifact / f"{STEM}.pdf")
    evaluation = json.loads((trained_artifact / "evaluation.json").read_text())
    accuracy = evaluation["test"]["metrics"]["accuracy"]
    assert evaluation["model_version"] in said
    assert f"accuracy {100 * accuracy['value']:.1f} %" in said
    assert f"{accuracy['successes']} of {accuracy['trials']}" in said
    for name in ("explanations.json", "gate/gate.json", "label_report.json", "ablation.json"):
        assert f"there is no {name}" in said
    assert "Guangzhou" not in said
    assert "residual-20261123" not in said.replace(evaluation["model_version"], ""), "another model's figures"


def test_text_is_cut_into_numbered_sections_tables_and_figures() -> None:
    values = escaped("a | b * c")
    first, second = sections(
        f"# One\n\nText\nof `two` lines.\n\n> Loud.\n\nTable: Rows.\n\n| a | b |\n|---|--:|\n| {values} | 1 |\n\n"
        '# Two\n\n- x\n- y\n\n1. z\n\n![In words.](blur "Drawn.")\n\nTable: More.\n\n| a |\n|---|\n| b |\n'
    )
    assert first["title"] == "1  One"
    assert first["blocks"] == [
        {"kind": "text", "text": "Text of two lines.", "loud": False},
        {"kind": "text", "text": "Loud.", "loud": True},
        {
            "kind": "table",
            "caption": "Table 1. Rows.",
            "head": ["a", "b"],
            "rows": [["a | b * c", "1"]],
            "numeric": [False, True],
        },
    ]
    assert [block["kind"] for block in second["blocks"]] == ["list", "list", "figure", "table"]
    assert second["blocks"][2]["caption"] == "Figure 1. Drawn."
    assert second["blocks"][3]["caption"] == "Table 2. More."


@pytest.mark.parametrize("text", ["# One\n\n| a |\n|---|\n| b |\n", "# One\n\n---\n", "# One\n\n    code\n"])
def test_a_text_that_no_layout_can_draw_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no caption|no layout"):
        sections(text)


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


def test_numbers_are_written_as_the_report_writes_them() -> None:
    from model.records.manifest import Estimate

    share = Estimate(value=0.5, low=0.25, high=0.754)
    assert FILTERS["percent"](0.9423) == "94.2\N{NO-BREAK SPACE}%"
    assert FILTERS["percent"](float("nan")) == FILTERS["percent"](None) == FILTERS["decimal"](None) == "–"
    assert FILTERS["decimal"](0.98405) == "0.984"
    assert FILTERS["rate"](share) == "50.0\N{NO-BREAK SPACE}% (25.0 to 75.4)"
    assert FILTERS["inside"](share) == "50.0\N{NO-BREAK SPACE}%; 25.0 to 75.4"
    assert FILTERS["rate"](Estimate(value=float("nan"), low=float("nan"), high=float("nan"))) == "–"
    assert FILTERS["listed"](["a", "b", "c"]) == "a, b and c"
    assert FILTERS["listed"]([]) == "none"
