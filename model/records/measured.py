"""Everything that was measured of a model, read once and held against its manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from model.artifact import read_manifest
from model.records.ablation import Ablation
from model.records.base import RecordError, RecordFile
from model.records.cross_validation import CrossValidation
from model.records.evaluation import Evaluation
from model.records.explanations import Explanations
from model.records.gate import FOLDER, GateMeasured, GateSettings
from model.records.history import History
from model.records.labels import LabelReport
from model.records.ledger import Ledger
from model.records.manifest import Manifest, OfWeights
from model.records.robustness import Robustness
from model.records.scores import PREDICTIONS, Scores

FILES = (
    *(kind.FILE for kind in (Manifest, Evaluation, History, Ledger, Robustness, Explanations)),
    *(kind.FILE for kind in (LabelReport, Ablation, CrossValidation)),
    f"{FOLDER}/{GateSettings.FILE}",
    PREDICTIONS,
)
"""What `read_measured` reads, within the artifact's folder."""

R = TypeVar("R", bound=RecordFile)


@dataclass(frozen=True, eq=False)
class Measured:
    """What is known of a model; None where a file is missing or cannot be used.

    Attributes:
        manifest: of the model.
        labels: may have been judged by another model, see `LabelReport.is_of`.
        scores: of the test split; None without an evaluation that they agree with.
        problems: what could not be read, in sentences for the user.
    """

    manifest: Manifest
    evaluation: Evaluation | None = None
    history: History | None = None
    ledger: Ledger | None = None
    gate: GateMeasured | None = None
    robustness: Robustness | None = None
    explanations: Explanations | None = None
    labels: LabelReport | None = None
    ablation: Ablation | None = None
    cross_validation: CrossValidation | None = None
    scores: Scores | None = None
    problems: tuple[str, ...] = ()


def read_measured(folder: Path) -> Measured:
    """Read all that was measured of the model in a folder; needs no TensorFlow.

    Raises:
        ArtifactError: if there is no usable manifest.
    """
    manifest = read_manifest(folder)
    problems: list[str] = []

    def read(kind: type[R], within: Path = folder) -> R | None:
        try:
            record = kind.read(within)
            if isinstance(record, OfWeights):
                record.require_model(manifest)
        except RecordError as error:
            problems.append(str(error))
            return None
        return record

    evaluation, gate = read(Evaluation), read(GateSettings, folder / FOLDER)
    scores = None
    if evaluation is not None:
        try:
            scores = Scores.read(folder, evaluation)
        except RecordError as error:
            problems.append(str(error))
    return Measured(
        manifest=manifest,
        evaluation=evaluation,
        history=read(History),
        ledger=read(Ledger),
        gate=gate.measured if gate else None,
        robustness=read(Robustness),
        explanations=read(Explanations),
        labels=read(LabelReport),
        ablation=read(Ablation),
        cross_validation=read(CrossValidation),
        scores=scores,
        problems=tuple(problems),
    )
