"""Radiograph -> Prediction: probability, decision and heatmap from one forward pass."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Self

import numpy as np
import numpy.typing as npt

from model import saliency
from model.artifact import Artifact, load
from model.errors import InputRangeError
from model.forward import compiled
from model.input_gate import GateResult, InputGate, load_gate
from model.labels import LABELS
from model.preprocessing import to_model_input
from model.radiograph import Radiograph
from model.records.manifest import BALANCED, IntendedUse, Manifest
from model.saliency import SaliencyMap

if TYPE_CHECKING:
    import keras

Inputs = npt.NDArray[np.float32]

REFUSED: Final = "refused"
INDETERMINATE: Final = "indeterminate"
DECIDED: Final = "decided"
STATUSES = (REFUSED, INDETERMINATE, DECIDED)


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the model says of one radiograph.

    Attributes:
        probability: the score: of pneumonia, 0 to 1.
        decision: "Pneumonia" at or above the threshold, else "Normal", even where the score is indeterminate.
        threshold: of the operating point, 0 to 1.
        indeterminate: whether the score lies in the uncertainty band.
        explained_class: the class that the saliency map is for.
        saliency_map: float32, shape (h, w) of the last feature maps, zero or more, not scaled; None where it was left
            out, as in lists.
        gate: what the input check says of the picture; None where the artifact has none.
        saliency_method: key of `model.saliency.METHODS`.
        scored_at: UTC.
    """

    probability: float
    decision: str
    threshold: float
    operating_point: str
    indeterminate: bool
    explained_class: str
    saliency_map: SaliencyMap | None
    model_version: str
    gate: GateResult | None = None
    weights_sha256: str = ""
    saliency_method: str = "grad_cam"
    scored_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def status(self) -> Literal["refused", "indeterminate", "decided"]:
        """How the score may be used; a rejection by the input check comes before anything else."""
        if self.refused_because:
            return REFUSED
        return INDETERMINATE if self.indeterminate else DECIDED

    @property
    def refused_because(self) -> str:
        """Why the input check rejected the image, as the end of a sentence; empty if accepted."""
        return "" if self.gate is None or self.gate.accepted else self.gate.reason or "for an unknown reason"


class Predictor:
    """A loaded artifact, ready to score; immutable and shared by all sessions and threads."""

    def __init__(self, artifact: Artifact, gate: InputGate | None = None) -> None:
        """Prepare the forward pass.

        Raises:
            ArtifactError: if no operating point was chosen yet.
        """
        self._network = artifact.network
        self._manifest = artifact.manifest
        artifact.manifest.point()
        self._class_weights = saliency.class_weights(artifact.network)
        self._forward = compiled(artifact.network, artifact.manifest.input.size)
        self._gradients = threading.Lock()
        self._gate = gate

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Load an artifact and prepare it.

        Raises:
            ArtifactError: if it is missing, broken, or has no operating point; or if its gate is broken.
        """
        artifact = load(directory)
        return cls(artifact, load_gate(directory, artifact.manifest))

    @property
    def manifest(self) -> Manifest:
        """What the model is."""
        return self._manifest

    @property
    def intended_use(self) -> IntendedUse | None:
        """The intended use of the model; None if the artifact does not state it."""
        return self._manifest.intended_use

    @property
    def network(self) -> keras.Model:
        """The network itself, to be looked into and not to be changed."""
        return self._network

    @property
    def gate(self) -> InputGate | None:
        """The input gate, or None where the artifact has none."""
        return self._gate

    def warm(self) -> None:
        """Compile the forward pass, so that the first user does not wait."""
        size = self._manifest.input.size
        self._run(np.zeros((1, size, size, 1), dtype=np.float32))
        if self._gate is not None:
            self._gate.assess(Radiograph(np.zeros((size, size), dtype=np.uint8), "PNG"))

    def predict(
        self, radiograph: Radiograph, *, explain: str | None = None, operating_point: str = BALANCED
    ) -> Prediction:
        """Score one radiograph.

        Args:
            radiograph: decoded and validated.
            explain: class whose evidence the saliency map shows; pneumonia if None, whatever is decided, so that the
                map of a radiograph does not depend on the operating point.
            operating_point: whose threshold decides.

        Returns:
            The prediction.

        Raises:
            InputRangeError: if `explain` is not a label, or the network's output is not finite.
            ArtifactError: if the artifact has no such operating point.
        """
        point, band = self._manifest.point(operating_point), self._manifest.band
        labels = self._manifest.labels
        if explain is not None and explain not in labels:
            raise InputRangeError(f"Cannot explain {explain!r}; expected one of {labels}.")
        model_input = to_model_input(radiograph.pixels, self._manifest.input)
        logits, feature_maps = self._run(model_input[np.newaxis])
        probability = float(self._manifest.calibration.probabilities(logits)[0])
        decision = labels[int(probability >= point.threshold)]
        explained = explain or LABELS[1]
        return Prediction(
            probability=probability,
            decision=decision,
            threshold=point.threshold,
            operating_point=point.name,
            indeterminate=band is not None and band.contains(probability),
            explained_class=explained,
            saliency_map=self._explain(model_input, feature_maps[0], labels.index(explained)),
            model_version=self._manifest.model_version,
            gate=self._gate.assess(radiograph) if self._gate is not None else None,
            weights_sha256=self._manifest.weights_sha256,
        )

    def _explain(self, model_input: Inputs, feature_maps: Inputs, class_index: int) -> SaliencyMap:
        if self._class_weights is not None:
            return saliency.grad_cam_from_features(feature_maps, self._class_weights[:, class_index])
        with self._gradients:
            return saliency.grad_cam_from_gradients(self._network, model_input, class_index)

    def _run(self, inputs: Inputs) -> tuple[npt.NDArray[np.float64], Inputs]:
        low, high = float(inputs.min()), float(inputs.max())
        if low < 0.0 or high > 1.0:
            raise InputRangeError(f"The network reads values from 0 to 1, got {low} to {high}.")
        outputs = self._forward(inputs)
        return (
            np.asarray(outputs["logits"], dtype=np.float64),
            np.asarray(outputs["feature_maps"], dtype=np.float32),
        )
