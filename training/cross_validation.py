"""Cross-validation by patient: each training image is scored by a network that never saw it.

One split may be lucky; the spread over folds shows which differences between settings matter. The out-of-fold
probabilities also reveal suspected label errors (`training.label_report`). The test split is not read.
"""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from model.evaluation import auroc
from model.labels import LABELS
from model.records.base import write_text
from model.records.cross_validation import CrossValidation, Fold, Spread
from model.records.history import Epoch, ViewScores
from training import data, provenance
from training.config import TrainingConfig
from training.errors import ConfigError
from training.fit import Fitted, fit, predict
from training.pool import load_pool
from training.views import clean

logger = logging.getLogger(__name__)

OUT_OF_FOLD = "out_of_fold.csv"
COLUMNS = ("path", "true", "probability", "fold")

Row = tuple[str, int, float, int]


def cross_validate(
    config: TrainingConfig, root: Path, *, output: Path, run_folder: Path, masks: Path | None = None, workers: int = 2
) -> CrossValidation:
    """Train one network per fold on all other folds; finished folds are not trained again.

    Args:
        config: what to train; its `fold` is overruled.
        root: the data folder; its `test` is not read.
        output: folder for `cross_validation.json` and `out_of_fold.csv`.
        run_folder: checkpoints, a folder a fold.
        masks: folder of lung outlines, or None.
        workers: threads that make batches.

    Raises:
        DatasetError: if the data folder cannot be trained on.
        ConfigError: if `run_folder` holds runs of other settings, or the data folder has a validation part of its own.
    """
    _require_no_val(root)
    rows: list[Row] = []
    folds: list[Fold] = []
    for fold in range(config.folds):
        fitted = fit(
            replace(config, fold=fold), root, run_folder=run_folder / f"fold-{fold}", masks=masks, workers=workers
        )
        rows += out_of_fold(fitted, config, root, fold)
        folds.append(_record(fitted, fold))
        logger.info("fold %d of %d: %s", fold + 1, config.folds, _short(fitted))
    result = CrossValidation(
        created=provenance.now(),
        versions=provenance.versions(),
        git_revision=provenance.git_revision(),
        config=config.to_dict(),
        images=len(rows),
        out_of_fold_auroc=auroc(np.array([row[1] for row in rows]), np.array([row[2] for row in rows])),
        folds=tuple(folds),
        summary=summary([fold.views for fold in folds]),
    )
    output.mkdir(parents=True, exist_ok=True)
    result.write(output)
    write_text(output / OUT_OF_FOLD, _csv(rows))
    return result


def out_of_fold(fitted: Fitted, config: TrainingConfig, root: Path, fold: int) -> list[Row]:
    """Score the unchanged images of a network's own validation part.

    Returns:
        One row per image: path, label, probability of pneumonia (not calibrated), fold.
    """
    images = fitted.split.validation
    pool = load_pool(root, images, config.input.size, None)
    network = keras.Model(fitted.network.inputs, fitted.network.output["probabilities"])
    found = predict(network, clean(pool, config.input))
    return [(image.path, image.label, float(p), fold) for image, p in zip(images, found, strict=True)]


def summary(folds: Sequence[Mapping[str, ViewScores]]) -> dict[str, Spread]:
    """Mean and sample standard deviation over folds.

    Returns:
        The spread of the AUROC, by view that all folds have.

    Raises:
        ConfigError: if there are fewer than two folds.
    """
    if len(folds) < 2:
        raise ConfigError(f"A spread needs two folds or more, got {len(folds)}.")
    shared = [name for name in folds[0] if all(name in fold for fold in folds)]
    values = {name: np.array([fold[name].auroc for fold in folds]) for name in shared}
    return {
        name: Spread(
            mean=float(found.mean()), sd=float(found.std(ddof=1)), lowest=float(found.min()), highest=float(found.max())
        )
        for name, found in values.items()
    }


def read_out_of_fold(path: Path) -> list[Row]:
    """The rows of `out_of_fold.csv`.

    Raises:
        ConfigError: if the file is missing or is not one.
    """
    if not path.is_file():
        raise ConfigError(f"{path} is missing; run `python -m training cross-validate` first.")
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ConfigError(f"{path} has the columns {reader.fieldnames}; expected {', '.join(COLUMNS)}.")
        return [(r["path"], LABELS.index(r["true"]), float(r["probability"]), int(r["fold"])) for r in reader]


def _require_no_val(root: Path) -> None:
    """A large `val` is the validation part of every fold, so all folds would be the same."""
    given = data.list_training_images(root).get("val", [])
    if len(given) >= data.MINIMUM_VALIDATION_IMAGES:
        raise ConfigError(
            f"{root} has a `val` of {len(given)} images, the validation of every fold. Move them into train."
        )


def _record(fitted: Fitted, fold: int) -> Fold:
    return Fold(
        fold=fold,
        train_images=len(fitted.split.train),
        validation_images=len(fitted.split.validation),
        chosen_epoch=fitted.chosen_epoch + 1,
        epochs=tuple(map(Epoch.model_validate, fitted.history)),
        views={name: ViewScores.model_validate(scores) for name, scores in fitted.views.items()},
    )


def _short(fitted: Fitted) -> str:
    return ", ".join(f"{name} {view['auroc']:.4f}" for name, view in fitted.views.items())


def _csv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for path, label, probability, fold in sorted(rows):
        writer.writerow([path, LABELS[label], f"{probability:.6f}", fold])
    return text.getvalue()
