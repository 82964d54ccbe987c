"""The trained model's folder: weights and manifest, saved together, loaded only if they agree."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from model.calibration import BALANCED, Calibration, OperatingPoint, UncertaintyBand
from model.errors import ArtifactError
from model.labels import LABELS
from model.preprocessing import InputSpec

if TYPE_CHECKING:
    import keras

PRETRAINED = Path(__file__).parent / "pretrained"
WEIGHTS = "model.keras"
MANIFEST = "manifest.json"
FORMAT = 2


@dataclass(frozen=True)
class Manifest:
    """What the weights are and how they are to be used.

    Attributes:
        model_version: preset, date and the first digits of the weights' hash.
        preset: of `model.architecture`.
        labels: class names in the order of the logits.
        input: what the network reads.
        weights_sha256: of `model.keras`.
        parameters: number of weights.
        calibration: from log-odds to probability.
        operating_points: the thresholds to choose from; empty before `training.evaluate` chose them, and nothing is
            scored without.
        band: probabilities that are indeterminate; None before `training.evaluate` found it.
        split: rule, hash and sizes of the cut into train and validation.
        training: the resolved configuration.
        versions: of Python and the libraries that trained it.
        git_revision: of the code that trained it.
        created: ISO date and time, UTC.
        gate_sha256: of the input gate's `gate.json`; the gate is then required. None: none is required.
        format: of this file.
    """

    model_version: str
    preset: str
    labels: tuple[str, ...]
    input: InputSpec
    weights_sha256: str
    parameters: int
    calibration: Calibration
    operating_points: tuple[OperatingPoint, ...] = ()
    band: UncertaintyBand | None = None
    split: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    git_revision: str = ""
    created: str = ""
    gate_sha256: str | None = None
    format: int = FORMAT

    def to_json(self) -> str:
        """Indented JSON, as stored."""
        return json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a manifest; unknown and missing keys are refused.

        Raises:
            ArtifactError: if it is not a manifest of this format.
        """
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise ArtifactError(f"{MANIFEST} is not valid JSON: {error}.") from error
        if isinstance(values, dict) and values.get("format") == 1:
            values = _from_format_1(values)
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise ArtifactError(f"{MANIFEST} is not of format {FORMAT}; train again, or use a matching version.")
        try:
            return cls(
                **{
                    **values,
                    "labels": tuple(values["labels"]),
                    "input": InputSpec.from_dict(values["input"]),
                    "calibration": Calibration.from_dict(values["calibration"]),
                    "operating_points": tuple(map(OperatingPoint.from_dict, values["operating_points"])),
                    "band": UncertaintyBand.from_dict(values["band"]) if values["band"] else None,
                }
            )
        except (TypeError, KeyError, AttributeError) as error:
            raise ArtifactError(f"{MANIFEST} lacks a key or has an unknown one: {error}.") from error


@dataclass(frozen=True, eq=False)
class Artifact:
    """A network with its manifest, checked against each other.

    Attributes:
        network: of `model.architecture`; shared, never changed.
        manifest: what it is.
    """

    network: keras.Model
    manifest: Manifest


def _from_format_1(values: dict[str, Any]) -> dict[str, Any]:
    """A manifest of the time of one operating point: the network is as good as ever, the thresholds are chosen anew."""
    kept = {key: value for key, value in values.items() if key != "operating_point"}
    return kept | {"operating_points": [], "band": None, "format": FORMAT}


def file_sha256(path: Path) -> str:
    """Hash of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def save_weights_file(network: keras.Model, folder: Path) -> tuple[str, Path]:
    """Write `model.keras` in one step.

    Args:
        network: of `model.architecture`.
        folder: made if it is not there.

    Returns:
        The file's SHA-256 and path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"new-{WEIGHTS}"
    network.save(temporary)
    path = temporary.replace(folder / WEIGHTS)
    return file_sha256(path), path


def write_text(path: Path, text: str) -> None:
    """Write a file in one step: a reader, or a kill, meets the old text or the new, never half of one."""
    temporary = path.with_name(f"new-{path.name}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write `manifest.json` in one step."""
    write_text(folder / MANIFEST, manifest.to_json())


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest alone, which needs no network library to be warm.

    Raises:
        ArtifactError: if it is missing or not readable.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ArtifactError(f"No trained model in {folder}: {MANIFEST} is missing. Train one, or restore the folder.")
    return Manifest.from_json(path.read_text(encoding="utf-8"))


def load(folder: Path) -> Artifact:
    """Load a network and hold it against its manifest: checksum, labels, input and outputs.

    Args:
        folder: holds `model.keras` and `manifest.json`.

    Returns:
        The artifact.

    Raises:
        ArtifactError: if anything is missing or does not agree; there is no fallback.
    """
    manifest = read_manifest(folder)
    path = folder / WEIGHTS
    if not path.is_file():
        raise ArtifactError(f"No trained model in {folder}: {WEIGHTS} is missing. Train one, or restore the folder.")
    found = file_sha256(path)
    if found != manifest.weights_sha256:
        raise ArtifactError(
            f"{WEIGHTS} is not the file its manifest describes (SHA-256 {found[:12]}…, "
            f"expected {manifest.weights_sha256[:12]}…). Restore both from one version."
        )
    if manifest.labels != LABELS:
        raise ArtifactError(f"The manifest's labels are {manifest.labels}; expected {LABELS}.")
    import keras  # seconds long: the page reads the manifest before this

    try:
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, OSError, KeyError) as error:
        raise ArtifactError(f"{WEIGHTS} cannot be read by Keras {keras.__version__}: {error}") from error
    _require_agreement(network, manifest)
    return Artifact(network, manifest)


def _require_agreement(network: keras.Model, manifest: Manifest) -> None:
    size = manifest.input.size
    if tuple(network.input_shape) != (None, size, size, 1):
        raise ArtifactError(f"The network reads {network.input_shape}, its manifest says {size} x {size} x 1.")
    missing = {"logits", "probabilities", "feature_maps", "embedding"} - set(network.output)
    if missing:
        raise ArtifactError(f"The network lacks the outputs {sorted(missing)}.")
    if network.output["logits"].shape[-1] != len(manifest.labels):
        raise ArtifactError(f"The network tells {network.output['logits'].shape[-1]} classes apart, not 2.")


def require_operating_point(manifest: Manifest, name: str = BALANCED) -> OperatingPoint:
    """An operating point, without which nothing may be decided.

    Args:
        manifest: of the artifact.
        name: one of `model.calibration.OPERATING_POINTS`.

    Raises:
        ArtifactError: if none was chosen yet, or not this one.
    """
    if not manifest.operating_points:
        raise ArtifactError(
            "The trained model has no threshold yet; run `python -m training evaluate` to choose one on validation."
        )
    for point in manifest.operating_points:
        if point.name == name:
            return point
    known = ", ".join(point.name for point in manifest.operating_points)
    raise ArtifactError(f"The trained model has no operating point {name!r}; it has {known}.")
