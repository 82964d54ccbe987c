"""`python -m training explain`: measure every method of `model.saliency`, and write `explanations.json`.

Everything that involves a choice is measured on validation. The test split is opened only to report, and the ledger
records it: deletion and insertion, where the mass lies by the human outlines, and scores with parts of the scan
covered.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from model import artifact as artifacts
from model.artifact import Artifact
from model.forward import compiled
from model.preprocessing import InputSpec, to_model_input
from model.records.explanations import Explanations
from model.saliency import METHODS, Explainer
from training import data, provenance
from training.data import LabelledImage
from training.errors import DatasetError
from training.explain.faithfulness import faithfulness
from training.explain.learners import memorise, surroundings
from training.explain.localisation import localise
from training.explain.markers import markers
from training.explain.masses import masses
from training.explain.repeatable import stays
from training.explain.sanity import between_classes, randomisation, unlike
from training.explain.scorecard import LIMITS, LOCATED, PARTS, scorecard
from training.explain.shortcuts import shortcuts
from training.explain.subject import Explain, Grey, Inputs, Map, Subject
from training.ledger import close_lines, open_ledger
from training.opacities import SIZES, STRENGTHS
from training.pool import Pool, load_pool
from training.split_file import stored_split

logger = logging.getLogger(__name__)

BATCH = 32
SLOW_SHARE = 4
SANITY_SCANS = 8
SEEN = (
    "explanations: deletion, insertion, mass by outline and on drawn letters, views with parts covered, a network of "
    "the surroundings"
)
SMALL = InputSpec(size=112)
"""Input of the networks that see only the surroundings."""


@dataclass(frozen=True)
class Effort:
    """How much to measure.

    Attributes:
        scans: of each split for deletion, insertion and mass; slow methods get a quarter of them.
        opacities: normal scans that get synthetic opacities, one of each size and strength.
        sanity: scans for randomisation, random labels, repeatability and the two classes' maps.
        memorised: training scans whose random labels a network memorises.
        memorise_epochs: most epochs that it gets.
        surroundings_epochs: epochs of the small networks that see only the surroundings of the lungs.
    """

    scans: int = 120
    opacities: int = 40
    sanity: int = SANITY_SCANS
    memorised: int = 512
    memorise_epochs: int = 60
    surroundings_epochs: int = 10


def measure(
    root: Path, folder: Path, masks: Path, *, ledgers: Sequence[Path], effort: Effort, others: Sequence[Path] = ()
) -> Explanations:
    """Measure the explanations of an artifact and write `explanations.json` beside its weights.

    Raises:
        DatasetError: if the data are not those of the split, or there are too few outlines.
        ArtifactError: if the artifact is broken or has no operating point.
    """
    artifact = artifacts.load(folder)
    subject = subject_of(artifact)
    spec = artifact.manifest.input
    learned, held_out = stored_split(artifact.manifest, folder, root)
    validation = _outlined(root, held_out, spec.size, masks, "validation")
    parts = _parts(artifact, subject, validation, effort, others, root=root, masks=masks, learned=learned)
    result: dict[str, Any] = {
        "weights_sha256": artifact.manifest.weights_sha256,
        "model_version": artifact.manifest.model_version,
        "measured": provenance.now(),
        "versions": provenance.versions(),
        "validation": _split(subject, validation, effort, "Validation"),
        **{name: part() for name, part in parts.items()},
        "shortcuts": {"validation": shortcuts(subject, validation, spec)},
        "limits": {**LIMITS, "located": LOCATED},
    }
    result["scorecard"] = scorecard(result)
    # All judgements are made; the test split is opened only to report.
    lines = [open_ledger(ledger, artifact.manifest, root, by="python -m training explain") for ledger in ledgers]
    unseen = data.open_test_split(root)
    test = _outlined(root, unseen, spec.size, masks, "test")
    result["test"] = _split(subject, test, effort, "Test")
    result["shortcuts"]["test"] = shortcuts(subject, test, spec)
    asked = {"validation": held_out, "test": unseen}
    result["surroundings"] = _surroundings(root, masks, learned, asked, effort)
    close_lines(ledgers, lines, {"seen": SEEN})
    explanations = Explanations.model_validate(result)
    explanations.write(folder)
    return explanations


def remeasure(
    root: Path, folder: Path, masks: Path, *, only: Sequence[str], effort: Effort, others: Sequence[Path] = ()
) -> Explanations:
    """Measure some of the parts that need only validation again; the test split stays closed.

    Returns:
        The content of `explanations.json`, with those parts and the scorecard renewed, and the time under `remeasured`.

    Raises:
        DatasetError: if there is no such file of these weights, or the data are not those of the split.
        ArtifactError: if the artifact is broken or has no operating point.
    """
    artifact = artifacts.load(folder)
    before = Explanations.read(folder)
    if before is None or before.weights_sha256 != artifact.manifest.weights_sha256:
        raise DatasetError(
            f"There is no {folder / Explanations.FILE} of these weights; measure all of it first, without --only."
        )
    learned, held_out = stored_split(artifact.manifest, folder, root)
    validation = _outlined(root, held_out, artifact.manifest.input.size, masks, "validation")
    subject = subject_of(artifact)
    parts = _parts(artifact, subject, validation, effort, others, root=root, masks=masks, learned=learned)
    measured = {name: parts[name]() for name in only}
    remeasured = before.remeasured | dict.fromkeys(only, provenance.now())
    card = scorecard(before.to_dict() | measured)
    explanations = before.replace(**measured, remeasured=remeasured, scorecard=card)
    explanations.write(folder)
    return explanations


def _parts(
    artifact: Artifact,
    subject: Subject,
    validation: Pool,
    effort: Effort,
    others: Sequence[Path],
    *,
    root: Path,
    masks: Path,
    learned: Sequence[LabelledImage],
) -> dict[str, Callable[[], Any]]:
    """What needs only validation, in the order of `PARTS`."""

    def random_labels() -> dict[str, Any]:
        some = np.random.default_rng(29).permutation(len(learned))[: effort.memorised]
        to_learn = load_pool(root, [learned[index] for index in some], artifact.manifest.input.size, masks)
        return _random_labels(artifact, subject, validation, to_learn, effort)

    measures: tuple[Callable[[], Any], ...] = (
        lambda: _randomisation(artifact, subject, validation, effort),
        random_labels,
        lambda: between_classes(subject.explain, list(METHODS), _scans(subject, validation, effort.sanity)),
        lambda: stays(
            artifact, subject, validation, effort.sanity, networks=lambda other: _explain(other.network), others=others
        ),
        lambda: _localisation(subject, validation, effort),
    )
    return dict(zip(PARTS, measures, strict=True))


def subject_of(artifact: Artifact) -> Subject:
    """An artifact as plain functions.

    Raises:
        ArtifactError: if it has no operating point.
    """
    forward = compiled(artifact.network, artifact.manifest.input.size)

    def probabilities(inputs: Inputs) -> npt.NDArray[np.float64]:
        parts = [forward(inputs[i : i + BATCH])["logits"] for i in range(0, len(inputs), BATCH)]
        return artifact.manifest.calibration.probabilities(np.concatenate(parts).astype(np.float64))

    return Subject(
        explain=_explain(artifact.network),
        probabilities=probabilities,
        to_input=lambda pixels: to_model_input(pixels, artifact.manifest.input),
        threshold=artifact.manifest.point().threshold,
    )


def _explain(network: keras.Model) -> Explain:
    explainer = Explainer(network)

    def explain(method: str, model_input: Inputs, class_index: int, /) -> Map:
        return explainer.explain(method, model_input, class_index)

    return explain


def _outlined(root: Path, images: Sequence[LabelledImage], size: int, masks: Path, split: str) -> Pool:
    """The outlined scans of a split, both classes in turn, in a fixed random order."""
    pool = load_pool(root, images, size, masks)
    rng = np.random.default_rng(17)
    members = [rng.permutation(np.flatnonzero(pool.has_lungs & (pool.labels == label))) for label in (0, 1)]
    fewest = min(map(len, members))
    if not fewest:
        raise DatasetError(f"Too few lung outlines in {masks} for the {split} images: a class has none.")
    paired = np.stack([rows[:fewest] for rows in members], axis=1).ravel()
    chosen = np.concatenate([paired, *(rows[fewest:] for rows in members)])
    return Pool(pool.pixels[chosen], pool.lungs[chosen], pool.has_lungs[chosen], pool.labels[chosen])


def _asked(scans: int) -> dict[str, int]:
    return {key: max(1, scans // SLOW_SHARE) if method.slow else scans for key, method in METHODS.items()}


def _scans(subject: Subject, pool: Pool, number: int) -> list[tuple[Inputs, int]]:
    inputs = [subject.to_input(pixels) for pixels in pool.pixels[:number]]
    return [(model_input, subject.decides(model_input)) for model_input in inputs]


def _split(subject: Subject, pool: Pool, effort: Effort, what: str) -> dict[str, Any]:
    scans = _scans(subject, pool, effort.scans)
    asked = _asked(len(scans))
    with tqdm(total=3 * sum(asked.values()), desc=f"{what}: maps", unit="map", disable=None) as bar:
        return {
            "scans": len(scans),
            "faithfulness": faithfulness(subject, asked, scans, tick=bar.update),
            "mass": masses(subject, asked, scans, pool, tick=bar.update),
            "markers": markers(subject, asked, pool, len(scans), tick=bar.update),
        }


def _randomisation(artifact: Artifact, subject: Subject, pool: Pool, effort: Effort) -> dict[str, Any]:
    scans = _scans(subject, pool, effort.sanity)
    with tqdm(desc="Randomisation", unit="stage", disable=None) as bar:
        return randomisation(artifact.network, _explain, list(METHODS), scans, tick=bar.update)


def _random_labels(artifact: Artifact, subject: Subject, pool: Pool, to_learn: Pool, effort: Effort) -> dict[str, Any]:
    """Maps of a network that memorised random labels, compared with the trained one's."""
    with tqdm(desc="Random labels", unit="epoch", disable=None) as bar:
        manifest = artifact.manifest
        learner = memorise(
            to_learn, manifest.input, manifest.preset, most_epochs=effort.memorise_epochs, tick=bar.update
        )
    scans = _scans(subject, pool, effort.sanity)
    return {
        "images": learner.images,
        "epochs": learner.epochs,
        "accuracy": learner.accuracy,
        "methods": unlike(subject.explain, _explain(learner.network), list(METHODS), scans),
    }


def _surroundings(
    root: Path,
    masks: Path,
    learned: Sequence[LabelledImage],
    asked: dict[str, Sequence[LabelledImage]],
    effort: Effort,
) -> dict[str, Any]:
    """What a small network learns from everything but the lungs."""
    train = load_pool(root, learned, SMALL.size, masks)
    pools = {split: _outlined(root, images, SMALL.size, masks, split) for split, images in asked.items()}
    with tqdm(desc="Surroundings", unit="epoch", disable=None) as bar:
        views = surroundings(train, pools, SMALL, epochs=effort.surroundings_epochs, tick=bar.update)
    return {"preset": "plain", "input": asdict(SMALL), "epochs": effort.surroundings_epochs, "views": views}


def _localisation(subject: Subject, pool: Pool, effort: Effort) -> list[dict[str, Any]]:
    scans: list[tuple[Grey, Grey]] = []
    for index in np.flatnonzero(pool.labels == 0):
        if len(scans) < effort.opacities and not subject.decides(subject.to_input(pool.pixels[index])):
            scans.append((pool.pixels[index], pool.lungs[index]))
    fast = [key for key, method in METHODS.items() if not method.slow]
    with tqdm(total=len(SIZES) * len(STRENGTHS), desc="Made opacities", unit="kind", disable=None) as bar:
        return localise(subject, fast, scans, tick=bar.update)
