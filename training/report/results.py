"""Write the results page of the documentation: every figure of a model, from the files beside its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.report.filters import method
from training.report.values import values_of
from training.report.write import environment, read_evaluated

if TYPE_CHECKING:
    from pathlib import Path

    from model.records.measured import Measured


def write_results(artifact: Path, output: Path, *, compared: Path | None = None) -> None:
    """Write the page.

    Args:
        artifact: folder of an evaluated model.
        output: the Markdown file to write.
        compared: folder of another evaluated model to compare with.

    Raises:
        ReportError: if a file that is needed is missing, damaged, or of another model; nothing is written then.
    """
    output.write_text(results(artifact, compared=compared), encoding="utf-8")


def results(artifact: Path, *, compared: Path | None = None) -> str:
    """The page as Markdown; the same files give the same text.

    Raises:
        ReportError: as `write_results`.
    """
    measured = read_evaluated(artifact)
    values = values_of(measured, artifact) | {
        "compared": read_evaluated(compared) if compared else None,
        "earlier": _earlier(measured),
        "failing": _failing(measured),
    }
    text = environment().get_template("results.md.jinja").render(values)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _failing(measured: Measured) -> list[str]:
    found = measured.explanations
    return [method(name) for name in found.scorecard if found.failed(name)] if found else []


def _earlier(measured: Measured) -> list[dict[str, Any]]:
    """What models of the same kind scored on test before this one, the last opening of each."""
    manifest, found = measured.manifest, {}
    for opening in measured.ledger.openings if measured.ledger else ():
        if opening.weights_sha256 == manifest.weights_sha256:
            break
        if opening.confusion_matrix is not None and opening.model_version.startswith(manifest.preset):
            (tn, fp), (fn, tp) = opening.confusion_matrix
            found[opening.model_version] = {
                "version": opening.model_version,
                "auroc": opening.auroc,
                "accuracy": (tn + tp) / (tn + fp + fn + tp),
                "specificity": tn / (tn + fp),
            }
    return list(found.values())
