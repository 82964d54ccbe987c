"""When and on what it was measured, whether test was kept apart, and when not to use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import wording
from app.components import compare_tables, markup
from app.services.background import background
from app.wording import provenance as words

if TYPE_CHECKING:
    from app.measured import Evaluation, Ledger
    from app.services import Performance
    from app.settings import Settings
    from model.records.manifest import Manifest


def provenance(known: Performance, settings: Settings) -> None:
    """Model, splits, thresholds and how often test was opened.

    Args:
        known: of the model in use.
        settings: that name its folder.
    """
    evaluation = known.evaluation
    if evaluation is not None:
        markup.section(words.SAME_CHILDREN)
        markup.facts(words.same_children_sentences(evaluation, known.manifest, background(settings.model_dir).labels))
    markup.section(words.NOT_TO_USE)
    markup.facts(words.not_to_use_sentences(evaluation))
    if evaluation is None:
        markup.note("This model was not evaluated, or its evaluation cannot be read.")
        return
    _measured(evaluation, known.manifest, known.ledger)


def _measured(evaluation: Evaluation, manifest: Manifest, ledger: Ledger | None) -> None:
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
    if counted is not None and counted.openings:
        with st.expander(f"Every opening of the test split ({len(counted.openings)})"):
            compare_tables.ledger_table(
                counted,
                caption="Written before the first look, by the command itself. An earlier model’s openings count too.",
            )


def _size(images: int, normal: int, pneumonia: int, patients: int) -> str:
    return f"{images:,} images of {patients:,} patient numbers: {normal:,} normal, {pneumonia:,} with pneumonia."
