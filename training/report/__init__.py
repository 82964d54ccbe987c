"""The technical report, as PDF and HTML, from an artifact's files alone: no data set, no Keras, no clock.

    python -m training report

The content is made once, as plain blocks (`blocks.py`), from the files (`sources.py`), and drawn twice. The same files
give the same bytes: dates come from the files, names inside figures are hashes of their content.
"""

from __future__ import annotations

from pathlib import Path

from training.report import failures, introduction, method, results, trust
from training.report.blocks import Document, Points, Section, numbered
from training.report.html import to_html
from training.report.numbers import day
from training.report.pdf import to_pdf
from training.report.references import REFERENCES
from training.report.sources import Sources, read_sources

TITLE = "Normal or pneumonia on paediatric chest radiographs"
SUBTITLE = "Technical report on a convolutional network: method, results with intervals, limits"
STEM = "technical_report"


def write_report(artifact: Path, output: Path) -> tuple[Path, Path]:
    """Write `technical_report.pdf` and `technical_report.html`.

    Args:
        artifact: folder of an evaluated model.
        output: made if it is not there.

    Returns:
        The PDF and the HTML file.

    Raises:
        ReportError: if a file that is needed is missing, damaged, or of another model; nothing is written then.
    """
    document = compose(read_sources(artifact))
    pdf, html = to_pdf(document), to_html(document)
    output.mkdir(parents=True, exist_ok=True)
    paths = (output / f"{STEM}.pdf", output / f"{STEM}.html")
    paths[0].write_bytes(pdf)
    paths[1].write_text(html, encoding="utf-8")
    return paths


def compose(sources: Sources) -> Document:
    """The whole report as blocks.

    Args:
        sources: what the files say.

    Returns:
        The document, its sections, tables and figures counted.
    """
    manifest = sources.manifest
    sections = (
        introduction.summary(sources),
        introduction.data(sources),
        method.network(sources),
        method.training(sources),
        method.curve(sources),
        results.test_results(sources),
        results.published(sources),
        results.points(sources),
        results.calibration(sources),
        trust.subgroups(sources),
        trust.robustness(sources),
        trust.explanations(sources),
        trust.shortcuts(sources),
        trust.gate(sources),
        trust.ablation(sources),
        trust.labels(sources),
        failures.errors(sources),
        failures.openings(sources),
        failures.limits(sources),
        Section("References", (Points(tuple(f"{text}." for text in REFERENCES.values()), numbered=True),)),
    )
    return Document(
        title=TITLE,
        subtitle=SUBTITLE,
        facts=(
            ("Model", manifest.model_version),
            ("SHA-256 of its weights", manifest.weights_sha256),
            ("Trained", day(manifest.created) or "not recorded"),
            ("Evaluated", day(sources.evaluation["evaluated"])),
        ),
        sections=numbered(sections),
        created=sources.newest,
        footer=f"{manifest.model_version} · not a medical device",
    )
