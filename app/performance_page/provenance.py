"""When and on what it was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import wording
from app.components import markup

if TYPE_CHECKING:
    from app.measured import Evaluation, Ledger
    from model.artifact import Manifest


def provenance(evaluation: Evaluation, manifest: Manifest, ledger: Ledger | None) -> None:
    """Model, splits, thresholds and how often test was opened."""
    markup.section("When and on what it was measured")
    test, validation = evaluation.test, evaluation.validation
    split, points = manifest.split, evaluation.operating_points
    counted = ledger.of_files(test.files_sha256) if ledger else None
    pairs = [
        ("Model", f"{evaluation.model_version}, {manifest.parameters:,} parameters, trained {manifest.created[:10]}"),
        ("Measured", evaluation.evaluated.strftime("%Y-%m-%d %H:%M %Z")),
        ("Test split", _size(test.images, test.normal, test.pneumonia, test.patients)),
        ("Validation split", _size(validation.images, validation.normal, validation.pneumonia, validation.patients)),
        (
            "Split rule",
            f"{split.get('rule', 'not recorded')}. {split.get('train_images', 0):,} training images; "
            "validation and training share no patient number.",
        ),
        *((f"{wording.point_title(one.name)} threshold", f"{one.threshold:.4f}: {one.method}.") for one in points),
        ("Thresholds chosen on", "; ".join(dict.fromkeys(one.chosen_on for one in points))),
        ("Test split opened", " ".join([wording.ledger_sentence(counted), *(ledger.notes if ledger else ())])),
    ]
    markup.definitions(pairs)


def _size(images: int, normal: int, pneumonia: int, patients: int) -> str:
    return f"{images:,} images of {patients:,} patient numbers: {normal:,} normal, {pneumonia:,} with pneumonia."
