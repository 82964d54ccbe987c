"""The technical report says what the artifact's files say, and the committed one is of the model that ships."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pypdf
import pytest

from model.artifact import PRETRAINED
from training.errors import ReportError
from training.report import STEM, compose, write_report
from training.report.blocks import Document, Figure, Paragraph, Points, Section, Table
from training.report.figures import robustness
from training.report.network import parts, read_layers
from training.report.numbers import decimal, percent, percents
from training.report.pdf import BOTTOM, to_pdf
from training.report.results import METRICS
from training.report.sources import PUBLISHED, read_sources

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "assets" / f"{STEM}.pdf"
EVALUATION = json.loads((PRETRAINED / "evaluation.json").read_text())
OPTIONAL = {
    "model.keras": "table of layers is left out",
    "history.json": "there is no history.json",
    "robustness.json": "there is no robustness.json",
    "explanations.json": "there is no explanations.json",
    "gate/gate.json": "there is no gate/gate.json",
    "label_report.json": "there is no label_report.json",
    "test_ledger.jsonl": "there is no test_ledger.jsonl",
}


def plain(pdf: pypdf.PdfReader) -> str:
    """The text with every run of white space as one space, without what stands at the foot of pages."""
    text = " ".join(page.extract_text() for page in pdf.pages)
    return " ".join(re.sub(r"\S+ · not a medical device\s+\d+ of \d+", " ", text).split())


@pytest.fixture(scope="module")
def committed() -> pypdf.PdfReader:
    return pypdf.PdfReader(COMMITTED)


@pytest.fixture(scope="module")
def text(committed: pypdf.PdfReader) -> str:
    return plain(committed)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_report(PRETRAINED, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def document() -> Document:
    return compose(read_sources(PRETRAINED))


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    """The shipped model's files, to be broken; without the gate's weights, which no report reads."""
    ignored = shutil.ignore_patterns("lungs.keras")
    return Path(shutil.copytree(PRETRAINED, tmp_path / "artifact", ignore=ignored))


def test_committed_report_is_of_the_shipped_model(text: str) -> None:
    assert EVALUATION["model_version"] in text
    assert EVALUATION["weights_sha256"] in text


@pytest.mark.parametrize("key", METRICS)
def test_committed_figures_are_those_of_the_evaluation(text: str, key: str) -> None:
    name, in_percent = METRICS[key]
    metric = EVALUATION["test"]["metrics"][key]
    value, low, high = (metric[part] * (100 if in_percent else 1) for part in ("value", "low", "high"))
    row = f"{value:.1f} % {low:.1f} to {high:.1f}" if in_percent else f"{value:.3f} {low:.3f} to {high:.3f}"
    counts = f" {metric['successes']} of {metric['trials']}" if "successes" in metric else ""
    assert f"{name} {row}{counts}" in text


@pytest.mark.parametrize("name", ["rule_out", "balanced", "rule_in"])
def test_committed_operating_points_are_those_of_the_evaluation(text: str, name: str) -> None:
    threshold = next(point["threshold"] for point in EVALUATION["operating_points"] if point["name"] == name)
    row = re.search(rf"{name.replace('_', '-')} {threshold:.3f} \(.*?\)((?: [\d.]+ \([\d.]+ to [\d.]+\)){{4}})", text)
    assert row
    measured = EVALUATION["test"]["operating_points"][name]["metrics"]
    for rate, found in zip(("sensitivity", "specificity"), re.findall(r"([\d.]+) \(", row.group(1))[2:], strict=True):
        assert float(found) == round(100 * measured[rate]["value"], 1)


def test_committed_errors_are_the_hardest_first(text: str) -> None:
    sources = read_sources(PRETRAINED)
    rows = sorted(zip(sources.scans.probabilities, sources.scans.paths, sources.scans.sick, strict=True))
    missed = [path for score, path, sick in rows if sick and score < sources.threshold]
    flagged = [path for score, path, sick in reversed(rows) if not sick and score >= sources.threshold]
    (_, false_positives), (false_negatives, _) = EVALUATION["test"]["confusion_matrix"]["counts"]
    assert (len(missed), len(flagged)) == (false_negatives, false_positives)
    part = text[text.index("Failure analysis", text.index("Labels that look wrong")) :]
    places = [part.index(path) for path in (*missed[:10], *flagged[:10])]
    assert places == sorted(places)


def test_committed_report_is_what_the_command_writes(text: str, written: tuple[Path, Path]) -> None:
    assert plain(pypdf.PdfReader(written[0])) == text, "run `make report` and commit assets/technical_report.pdf"


def test_committed_report_is_small_short_and_says_what_it_is(committed: pypdf.PdfReader, text: str) -> None:
    assert COMMITTED.stat().st_size < 1_500_000
    assert 6 <= len(committed.pages) <= 9
    assert committed.metadata
    assert committed.metadata.title == "Normal or pneumonia on paediatric chest radiographs"
    assert committed.trailer["/Root"]["/Lang"] == "en-GB"
    assert "Not a medical device" in text
    assert "�" not in text


def test_bookmarks_are_the_sections_in_order(committed: pypdf.PdfReader, document: Document) -> None:
    titles = [section.title for section in document.sections]
    assert [entry.title for entry in committed.outline] == titles
    pages = [committed.get_destination_page_number(entry) for entry in committed.outline]
    assert pages == sorted(pages)


def test_every_figure_has_words_for_who_cannot_see_it(committed: pypdf.PdfReader, document: Document) -> None:
    blocks = [block for section in document.sections for block in section.blocks]
    words = {block.alternative for block in blocks if isinstance(block, Figure)}
    assert words
    assert words <= set(_alternatives(committed.trailer["/Root"]["/StructTreeRoot"]))


def _alternatives(element: Any) -> Iterator[str]:
    element = element.get_object()
    if isinstance(element, list):
        for inner in element:
            yield from _alternatives(inner)
    elif isinstance(element, dict):
        if "/Alt" in element:
            yield str(element["/Alt"])
        if "/K" in element:
            yield from _alternatives(element["/K"])


def test_the_same_files_give_the_same_bytes(written: tuple[Path, Path], tmp_path: Path) -> None:
    again = write_report(PRETRAINED, tmp_path)
    for first, second in zip(written, again, strict=True):
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


def test_html_needs_no_other_file_and_no_eyes(written: tuple[Path, Path]) -> None:
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
    assert EVALUATION["weights_sha256"] in words
    assert percent(EVALUATION["test"]["metrics"]["sensitivity"]["value"]).replace("\N{NO-BREAK SPACE}", " ") in words


def test_html_escapes_what_the_files_say(artifact: Path) -> None:
    from training.report.html import to_html

    history = json.loads((artifact / "history.json").read_text())
    (artifact / "history.json").write_text(json.dumps(history | {"chosen_by": "<script>alert(1)</script>"}))
    html = to_html(compose(read_sources(artifact)))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_command_needs_no_keras(tmp_path: Path) -> None:
    code = (
        "import sys; from training.__main__ import main; "
        f"assert main(['report', '--output', {str(tmp_path)!r}]) == 0; "
        "sys.exit(bool({'keras', 'tensorflow', 'jax', 'streamlit'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {f"{STEM}.pdf", f"{STEM}.html"}


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_missing_file_leaves_out_its_section_and_says_so(artifact: Path, document: Document, name: str) -> None:
    (artifact / name).unlink()
    without = compose(read_sources(artifact))
    assert OPTIONAL[name] in _texts(without)
    assert OPTIONAL[name] not in _texts(document)
    assert len(without.sections) == len(document.sections)


def test_labels_that_nobody_looked_at_are_not_called_sound(artifact: Path, document: Document) -> None:
    said = "carry a label that is itself suspected"
    assert said in _texts(document)
    (artifact / "label_report.json").unlink()
    assert said not in _texts(compose(read_sources(artifact)))


def test_repeatable_is_told_with_the_shifts_that_it_is_judged_by(artifact: Path, document: Document) -> None:
    measured = json.loads((artifact / "explanations.json").read_text())
    said = f"after shifts of up to {percent(measured['repeatability']['most_shift'], 0)} of the side"
    assert said in _texts(document)
    del measured["repeatability"]["most_shift"]
    (artifact / "explanations.json").write_text(json.dumps(measured))
    assert "after shifts" not in _texts(compose(read_sources(artifact)))


def _texts(document: Document) -> str:
    blocks = [block for section in document.sections for block in section.blocks]
    return "\n".join(block.text for block in blocks if isinstance(block, Paragraph))


@pytest.mark.parametrize("name", ["manifest.json", "evaluation.json", "predictions.csv"])
def test_a_missing_file_that_is_needed_is_named(artifact: Path, name: str) -> None:
    (artifact / name).unlink()
    with pytest.raises(ReportError, match=rf"There is no {name} .* train and evaluate"):
        read_sources(artifact)


@pytest.mark.parametrize("name", ["evaluation.json", "history.json", "robustness.json", "label_report.json"])
def test_files_of_two_models_are_not_mixed(artifact: Path, name: str) -> None:
    stored = json.loads((artifact / name).read_text())
    (artifact / name).write_text(json.dumps(stored | {"weights_sha256": "0" * 64}))
    with pytest.raises(ReportError, match=rf"{name} is of the weights 000000000000"):
        read_sources(artifact)


@pytest.mark.parametrize("name", ["history.json", "gate/gate.json", "test_ledger.jsonl", "model.keras"])
def test_a_damaged_file_is_named(artifact: Path, name: str) -> None:
    (artifact / name).write_text("{damaged")
    with pytest.raises(ReportError, match=re.escape(name)):
        read_sources(artifact)


def test_predictions_that_give_other_counts_are_refused(artifact: Path) -> None:
    path = artifact / "predictions.csv"
    path.write_text(re.sub(r"(test/NORMAL/.*,Normal),0\.\d+", r"\1,0.999999", path.read_text(), count=20))
    with pytest.raises(ReportError, match="confusion matrix"):
        read_sources(artifact)


def test_damaged_artifact_ends_the_command_with_a_message(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from training.__main__ import main

    assert main(["report", "--artifact", str(tmp_path), "--output", str(tmp_path / "out")]) == 1
    assert "There is no manifest.json" in caplog.text
    assert not (tmp_path / "out").exists()


def test_layers_of_the_stored_network_hold_all_its_weights() -> None:
    manifest = json.loads((PRETRAINED / "manifest.json").read_text())
    layers = read_layers(PRETRAINED / "model.keras")
    assert sum(layer.weights for layer in layers) == manifest["parameters"]
    assert sum(part.weights for part in parts(layers)) == manifest["parameters"]
    assert [part.name for part in parts(layers)][:3] == ["stem", "stage 1", "stage 2"]


def test_layers_of_the_textbook_network(tmp_path: Path) -> None:
    from model.architecture import PRESETS, build

    network = build(PRESETS["plain"], 64)
    network.save(tmp_path / "model.keras")
    layers = read_layers(tmp_path / "model.keras")
    assert sum(layer.weights for layer in layers) == network.count_params()
    shapes = {layer.name: tuple(layer.output.shape[1:]) for layer in network.layers[:-1]}
    for layer in layers[:-1]:
        if layer.shape is not None:
            assert layer.shape == shapes[layer.name]


def test_published_figures_are_cited_and_plausible() -> None:
    from training.report.references import REFERENCES

    for one in json.loads(PUBLISHED.read_text())["results"]:
        assert one["cite"] in REFERENCES
        values = [one[key] for key in ("accuracy", "sensitivity", "specificity", "auroc") if one[key] is not None]
        assert values
        assert all(0.5 < value < 1 for value in values)


@pytest.mark.slow
def test_report_of_a_made_model(trained_artifact: Path, tmp_path: Path) -> None:
    """A model with no gate, explanations, labels or ablation, measured on 40 scans."""
    from training.__main__ import main

    artifact = shutil.copytree(trained_artifact, tmp_path / "artifact")
    assert main(["report", "--artifact", str(artifact)]) == 0
    pdf = artifact / f"{STEM}.pdf"
    said = plain(pypdf.PdfReader(pdf))
    evaluation = json.loads((trained_artifact / "evaluation.json").read_text())
    assert evaluation["model_version"] in said
    accuracy = evaluation["test"]["metrics"]["accuracy"]
    assert f"accuracy {percent(accuracy['value'])}".replace("\N{NO-BREAK SPACE}", " ") in said
    assert f"{accuracy['successes']} of {accuracy['trials']}" in said
    for name in ("explanations.json", "gate/gate.json", "label_report.json", "ablation.json"):
        assert f"there is no {name}" in said
    assert "Guangzhou" not in said, "whose data these are is not known"
    assert "the published figures are of another test split" in said
    assert "residual-20261123" not in said.replace(evaluation["model_version"], ""), "another model's figures"


def _made(*blocks: Any) -> Document:
    return Document("Title", "Subtitle", (("Model", "made"),), (Section("One", blocks),), "2026-01-02T03:04:05", "foot")


def _svg() -> str:
    return robustness([{"perturbation": "blur", "strength": 1, "drop": 0.01}])


def test_what_has_no_room_waits_for_the_next_page_and_nothing_is_lost() -> None:
    tables = [
        Table(f"Caption {number}.", ("a", "b"), tuple((f"row {number}.{row}", "1") for row in range(9)))
        for number in range(12)
    ]
    figures = [Figure(f"Drawing {number}.", "words", _svg()) for number in range(4)]
    said = plain(pypdf.PdfReader(io.BytesIO(to_pdf(_made(*tables[:6], *figures, *tables[6:])))))
    for number in range(12):
        assert said.count(f"Caption {number}.") == 1
        for row in range(9):
            assert said.count(f"row {number}.{row} ") == 1
    order = re.findall(r"Caption \d+|Drawing \d+", said)
    assert order == [
        *(f"Caption {number}" for number in range(6)),
        *(f"Drawing {number}" for number in range(4)),
        *(f"Caption {number}" for number in range(6, 12)),
    ]


def test_long_tables_and_texts_go_on_over_the_page_and_stay_above_its_foot() -> None:
    long = Table("Long.", ("name", "value"), tuple((f"line {row}", str(row)) for row in range(150)))
    text = Paragraph(" ".join(f"word{number}" for number in range(2500)))
    pdf = pypdf.PdfReader(io.BytesIO(to_pdf(_made(long, text, Points(("first", "second"))))))
    said = plain(pdf)
    assert all(f"line {row} {row}" in said for row in range(150))
    assert all(f"word{number}" in said for number in range(2500))
    lowest: list[float] = []

    def visit(words: str, _: Any, matrix: list[float], *__: Any) -> None:
        if words.strip() and "of" not in words and "foot" not in words:
            lowest.append(matrix[5])

    for page in pdf.pages:
        page.extract_text(visitor_text=visit)
    assert min(lowest) > (297 - BOTTOM - 1) / 25.4 * 72


def test_a_table_whose_rows_do_not_fit_its_head_is_refused() -> None:
    with pytest.raises(ValueError, match="2 columns"):
        Table("Wrong.", ("a", "b"), (("1",),))


def test_numbers_are_written_as_the_report_writes_them() -> None:
    assert percent(0.9423) == "94.2\N{NO-BREAK SPACE}%"
    assert percent(float("nan")) == percent(None) == decimal(None) == "–"
    assert decimal(0.98405) == "0.984"
    assert percents({"value": None, "low": None, "high": None}) == "–"
    assert percents({"value": 0.5, "low": 0.25, "high": 0.754}) == "50.0\N{NO-BREAK SPACE}% (25.0 to 75.4)"
