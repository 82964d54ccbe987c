"""Make the input gate: train the outliner, fit the score, choose the threshold on validation, measure.

Nothing here reads the test split.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from model import artifact as artifacts
from model.errors import RadiographError
from model.evaluation import auroc
from model.forward import compiled
from model.input_gate import OUTLINER, outline_features
from model.preprocessing import InputSpec, to_model_input
from model.radiograph import read
from model.records.gate import FOLDER, GateMeasured, GateSettings, Impostor, Overlap
from model.records.manifest import Manifest
from model.statistics.intervals import wilson
from model.variation import change_exposure, change_pose, degrade
from training import provenance
from training.augment import AUGMENTATIONS
from training.impostors import IMPOSTORS
from training.lungs import dice, fit_outliner
from training.mirror import fit_mirror
from training.pool import Pool, load_pool
from training.split_file import stored_split

logger = logging.getLogger(__name__)

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

MOST_REFUSED = 0.015  # of clean validation scans; at most 0.02 is promised
TRAINING_SCANS = 1200
IMPOSTORS_EACH = 120


def make_gate(root: Path, masks: Path, classifier: Path, folder: Path, *, epochs: int) -> GateSettings:
    """Train, fit, choose and measure a gate on the patients of a classifier's split.

    Args:
        root: the data folder.
        masks: folder of lung outlines.
        classifier: the artifact whose split is used.
        folder: where the gate goes.
        epochs: of the network that outlines the lungs; with 0 an existing gate stays, and only learns what is mirrored.

    Raises:
        DatasetError: if the data are not those of the split, or have no outlines.
    """
    manifest = artifacts.read_manifest(classifier)
    parts = stored_split(manifest, classifier, root)
    train, validation = (load_pool(root, part, manifest.input.size, masks) for part in parts)
    mirror = fit_mirror(train, validation, manifest.input)
    if epochs == 0 and (present := GateSettings.read(folder)) is not None:
        return _write(present.replace(mirror=mirror), manifest, classifier, folder)
    folder.mkdir(parents=True, exist_ok=True)
    outliner = fit_outliner(
        _outlined(train), _outlined(validation), manifest.input, epochs=epochs, checkpoint=folder / "best.weights.h5"
    )
    (folder / "best.weights.h5").unlink()
    settings = fit_gate(outliner, train, validation, manifest)
    outliner.save(folder / f"new-{OUTLINER}")
    (folder / f"new-{OUTLINER}").replace(folder / OUTLINER)
    settings = settings.replace(lungs_sha256=artifacts.file_sha256(folder / OUTLINER), mirror=mirror)
    return _write(settings, manifest, classifier, folder)


def _write(settings: GateSettings, manifest: Manifest, classifier: Path, folder: Path) -> GateSettings:
    settings.write(folder)
    if folder.resolve() == (classifier / FOLDER).resolve():
        required = manifest.replace(gate_sha256=artifacts.file_sha256(folder / GateSettings.FILE))
        required.write(classifier)
    return settings


def fit_gate(outliner: keras.Model, train: Pool, validation: Pool, manifest: Manifest) -> GateSettings:
    """Fit the logistic score on train, choose the threshold on validation, and measure both there.

    Returns:
        The settings; the hash of the outliner's file is still empty.
    """
    look = _Looker(outliner, manifest.input)
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(train.pixels), min(TRAINING_SCANS, len(train.pixels)), replace=False)
    genuine = [_another_day(train.pixels[i], rng) if rng.random() < 0.5 else train.pixels[i] for i in chosen]
    fakes = [picture for pictures in _impostors(train, rng).values() for picture in pictures]
    features = look.at([*genuine, *fakes])
    labels = np.array([1] * len(genuine) + [0] * len(fakes))
    centre, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
    curve = LogisticRegression(C=1.0, class_weight="balanced").fit((features - centre) / scale, labels)
    draft = GateSettings(
        input=manifest.input,
        lungs_sha256="",
        weights=tuple(float(w) for w in curve.coef_[0]),
        centre=tuple(float(v) for v in centre),
        scale=tuple(float(v) for v in scale),
        bias=float(curve.intercept_[0]),
        threshold=0.5,
        measured=None,
    )
    scores = np.array([draft.plausibility(f) for f in look.at(list(validation.pixels))])
    # Between two scores, so that rounding cannot reject a scan.
    threshold = float(np.quantile(scores, MOST_REFUSED, method="midpoint"))
    settings = draft.replace(threshold=threshold)
    refused = int((scores < threshold).sum())
    measured = GateMeasured(
        measured=provenance.now(),
        git_revision=provenance.git_revision(),
        split_sha256=manifest.split["sha256"],
        validation_scans=len(scores),
        validation_refused=refused,
        validation_refused_interval=wilson(refused, len(scores)),
        impostors=_measure(settings, look, validation, scores),
        dice=_dice(outliner, validation, manifest),
    )
    return settings.replace(measured=measured)


class _Looker:
    """Features of many pictures."""

    def __init__(self, outliner: keras.Model, spec: InputSpec) -> None:
        self._forward = compiled(outliner, spec.size)
        self._spec = spec

    def at(self, pictures: Sequence[Grey]) -> Floats:
        """Features, float64, shape (n, 7), of uint8 pictures of any size."""
        return np.stack(
            [
                outline_features(self._forward(to_model_input(picture, self._spec)[np.newaxis])[0, ..., 0])
                for picture in pictures
            ]
        )


def _measure(settings: GateSettings, look: _Looker, validation: Pool, genuine: Floats) -> tuple[Impostor, ...]:
    """Per kind of impostor, how many are refused, and AUROC against the genuine validation scans."""
    kinds = _impostors(validation, np.random.default_rng(1)) | _foreign_pictures()
    rows = []
    for name, pictures in kinds.items():
        found = np.array([settings.plausibility(features) for features in look.at(pictures)])
        labels = np.array([1] * len(genuine) + [0] * len(found))
        rows.append(
            Impostor(
                kind=name,
                taught=name in IMPOSTORS,
                pictures=len(found),
                refused=int((found < settings.threshold).sum()),
                auroc=auroc(labels, np.concatenate([genuine, found])),
            )
        )
    return tuple(rows)


def _dice(outliner: keras.Model, validation: Pool, manifest: Manifest) -> Overlap:
    outlined = _outlined(validation)
    per_scan = dice(outliner, outlined, manifest.input)
    return Overlap(scans=len(per_scan), mean=float(per_scan.mean()), p05=float(np.quantile(per_scan, 0.05)))


def _impostors(pool: Pool, rng: np.random.Generator) -> dict[str, list[Grey]]:
    return {
        name: [maker(pool.pixels[i], rng) for i in rng.integers(0, len(pool.pixels), IMPOSTORS_EACH)]
        for name, maker in IMPOSTORS.items()
    }


def _foreign_pictures() -> dict[str, list[Grey]]:
    """Images of kinds that the gate was not trained on, from libraries: photographs, and other DICOM images."""
    import pydicom.data
    from sklearn.datasets import load_sample_images

    rng = np.random.default_rng(2)
    photographs = []
    for picture in load_sample_images().images:
        grey = np.asarray(picture.mean(axis=2), dtype=np.uint8)
        for _ in range(40):
            side = int(rng.integers(120, 420))
            top, left = int(rng.integers(0, grey.shape[0] - side)), int(rng.integers(0, grey.shape[1] - side))
            photographs.append(grey[top : top + side, left : left + side])
    dicoms: dict[str, Grey] = {}
    for path in sorted(Path(pydicom.data.__file__).parent.rglob("*.dcm")):
        try:
            radiograph = read(path)
            dicoms[radiograph.pixel_sha256] = radiograph.pixels  # many files hold the same image in several encodings
        except RadiographError as error:
            logger.debug("%s is refused by the decoder already: %s", path.name, error)
    return {
        "cuts from 2 photographs (never taught)": photographs,
        "other DICOM images (never taught)": list(dicoms.values()),
    }


def _another_day(scan: Grey, rng: np.random.Generator) -> Grey:
    config = AUGMENTATIONS["standard"]
    return degrade(change_exposure(change_pose(scan, config, rng), config, rng), config, rng)


def _outlined(pool: Pool) -> Pool:
    kept = pool.has_lungs
    return Pool(pool.pixels[kept], pool.lungs[kept], kept[kept], pool.labels[kept])
