"""The trained model's folder: weights and manifest, saved together, loaded only if they agree."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import ArtifactError
from model.labels import LABELS
from model.records.manifest import Manifest

if TYPE_CHECKING:
    import keras

PRETRAINED = Path(__file__).parent / "pretrained"
WEIGHTS = "model.keras"


@dataclass(frozen=True, eq=False)
class Artifact:
    """A network with its manifest, checked against each other.

    Attributes:
        network: of `model.architecture`; shared, never changed.
        manifest: what it is.
    """

    network: keras.Model
    manifest: Manifest


def file_sha256(path: Path) -> str:
    """Hash of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def save_weights_file(network: keras.Model, folder: Path) -> tuple[str, Path]:
    """Write `model.keras` in one step.

    Returns:
        The file's SHA-256 and path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"new-{WEIGHTS}"
    network.save(temporary)
    path = temporary.replace(folder / WEIGHTS)
    return file_sha256(path), path


def read_manifest(folder: Path) -> Manifest:
    """Read only the manifest, without Keras.

    Raises:
        ArtifactError: if it is missing or damaged.
    """
    manifest = Manifest.read(folder)
    if manifest is None:
        raise ArtifactError(
            f"No trained model in {folder}: {Manifest.FILE} is missing. Train one, or restore the folder."
        )
    return manifest


def load(folder: Path) -> Artifact:
    """Load a network and check it against its manifest: checksum, labels, input and outputs.

    Returns:
        The artifact.

    Raises:
        ArtifactError: if anything is missing or contradictory; there is no fallback.
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
    import keras  # takes seconds: the page reads the manifest first

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
        raise ArtifactError(f"The network has {network.output['logits'].shape[-1]} classes; expected 2.")
