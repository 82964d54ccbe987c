"""Write the technical report: one text, laid out once for paper (`report.typ`) and once as a page (`page.html.jinja`).

The same files give the same bytes: dates come from the files, and names inside figures are hashes of their content.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from model.errors import ArtifactError
from model.records.measured import read_measured
from training.errors import ReportError
from training.report import figures
from training.report.document import escaped, sections
from training.report.filters import FILTERS
from training.report.values import values_of

if TYPE_CHECKING:
    from model.records.measured import Measured

FOLDER = Path(__file__).parent
TITLE = "Normal or pneumonia on paediatric chest radiographs"
SUBTITLE = "Technical report on a convolutional network: method, results with intervals, limits"
STEM = "technical_report"


def write_report(artifact: Path, output: Path) -> tuple[Path, Path]:
    """Write `technical_report.pdf` and `technical_report.html`.

    Returns:
        The PDF and the HTML file.

    Raises:
        ReportError: if a file that is needed is missing, damaged, or of another model; nothing is written then.
    """
    document, drawings = compose(artifact)
    pdf, html = to_pdf(document, drawings), to_html(document, drawings)
    output.mkdir(parents=True, exist_ok=True)
    paths = (output / f"{STEM}.pdf", output / f"{STEM}.html")
    paths[0].write_bytes(pdf)
    paths[1].write_text(html, encoding="utf-8")
    return paths


def compose(artifact: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The report's content.

    Returns:
        The document (title, facts, sections of blocks), and its figures as SVG by name.

    Raises:
        ReportError: as `write_report`.
    """
    measured = read_evaluated(artifact)
    values = values_of(measured, artifact)
    text = environment(finalize=escaped).get_template("report.md.jinja").render(values)
    manifest, evaluation = measured.manifest, values["evaluation"]
    document = {
        "title": TITLE,
        "subtitle": SUBTITLE,
        "facts": [
            ["Model", manifest.model_version],
            ["SHA-256 of its weights", manifest.weights_sha256],
            ["Trained", manifest.created[:10] or "not recorded"],
            ["Evaluated", f"{evaluation.evaluated:%Y-%m-%d}"],
        ],
        "sections": sections(text),
        "created": int(values["newest"].astimezone(UTC).timestamp()),
        "footer": f"{manifest.model_version} · not a medical device",
    }
    return document, _figures(measured)


def read_evaluated(artifact: Path) -> Measured:
    """Everything measured of an evaluated model.

    Raises:
        ReportError: if a file that is needed is missing, damaged, or of another model.
    """
    try:
        measured = read_measured(artifact)
    except ArtifactError as error:
        raise ReportError(f"{artifact}: {error}") from error
    if measured.problems:
        raise ReportError(" ".join(measured.problems))
    for part, name in ((measured.evaluation, "evaluation.json"), (measured.scores, "predictions.csv")):
        if part is None:
            raise ReportError(f"There is no {name} in {artifact}; train and evaluate the model first.")
    if measured.labels is not None and not measured.labels.is_of(measured.manifest):
        raise ReportError(
            f"{measured.labels.FILE} was judged by another model, with the weights "
            f"{measured.labels.weights_sha256[:12]}. Run `python -m training labels` with this one."
        )
    return measured


def _figures(measured: Measured) -> dict[str, str]:
    scores, evaluation = measured.scores, measured.evaluation
    drawn = {}
    if scores is not None and evaluation is not None:
        drawn["matrix_and_curves"] = figures.matrix_and_curves(scores, evaluation.test)
        drawn["scores_and_reliability"] = figures.scores_and_reliability(scores, evaluation.test)
    if measured.history is not None:
        drawn["learning_curves"] = figures.learning_curves(measured.history)
    if measured.robustness is not None:
        drawn["robustness"] = figures.robustness(measured.robustness.test)
    return drawn


def to_html(document: dict[str, Any], drawings: dict[str, str]) -> str:
    """The report as one HTML page that needs no other file; every text is escaped."""
    template = environment(autoescape=True).get_template("page.html.jinja")
    # As pictures of their own: the names inside one SVG would otherwise clash with those of the next.
    return template.render(document, figures={name: _data_uri(svg) for name, svg in drawings.items()})


def _data_uri(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def to_pdf(document: dict[str, Any], drawings: dict[str, str]) -> bytes:
    """The report as a tagged PDF (PDF/UA-1); the same for the same document."""
    files: Any = {
        "main.typ": (FOLDER / "report.typ").read_bytes(),
        "document.json": json.dumps(document).encode(),
        **{f"{name}.svg": svg.encode() for name, svg in drawings.items()},
    }
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[figures.FONTS])
    return typst.compile(
        files,
        format="pdf",
        font_paths=fonts,
        ignore_system_fonts=True,
        pdf_standards=["ua-1", "a-2a"],
        timestamp=document["created"],
    )


def environment(**options: Any) -> Environment:  # noqa: ANN401 - of jinja2
    """Finds the templates of this folder and knows the report's filters."""
    found = Environment(  # noqa: S701 - Markdown is escaped by `finalize`, HTML by `autoescape`
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, **options
    )
    found.filters |= FILTERS
    return found
