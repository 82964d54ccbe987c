"""Whether test was kept apart, and when the model is not to be used, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.wording.metrics import shared_numbers_sentence
from app.wording.numbers import percent

if TYPE_CHECKING:
    from app.measured import Evaluation
    from app.measured.labelling import LabelReport
    from model.records.manifest import Manifest

SAME_CHILDREN = "Was it tested on the same children it learned from?"
NOT_TO_USE = "When should I not use it?"


def same_children_sentences(evaluation: Evaluation, manifest: Manifest, labels: LabelReport | None) -> list[str]:
    """How training, validation and test were kept apart, and what cannot be known.

    Args:
        evaluation: of the model.
        manifest: with the split.
        labels: which looked for the same picture twice; None where nobody looked.

    Returns:
        Sentences, the answer first.
    """
    test, split = evaluation.test, manifest.split
    shared = test.shared
    if shared is None:
        told = ["Whether test shares patient numbers with training was not recorded for this model."]
    elif not shared.shared:
        told = ["No: no patient number of the test images occurs in training or validation."]
    else:
        told = [
            "Not knowingly, but it cannot be ruled out: the test split is the data set’s own, taken as it is. "
            f"{shared_numbers_sentence(test)} They are on {shared.images:,} of {test.images:,} test images."
        ]
    if labels is not None:
        told.append(
            "No picture of test is (nearly) the same as one of training."
            if not labels.two_splits
            else f"{labels.two_splits:,} groups of nearly the same picture lie in both training and test."
        )
    told.append(
        f"Of the training patients some were set apart for validation: {split.get('validation_images', 0):,} images. "
        "Validation and training share no patient number; weights and thresholds were chosen on validation."
    )
    return told


def not_to_use_sentences(evaluation: Evaluation | None) -> list[str]:
    """For what the model is not meant, with what it misses."""
    told = [
        "Never alone, and never to decide on a child: it is no medical device. A physician reads the radiograph.",
        "Not for adults, infants under one year, lateral views or another hospital’s films: it was not tried on them.",
        "Not for any other finding: it knows Normal and Pneumonia, and calls a film with another disease one of them.",
        "Not where its answer is “indeterminate”, where the input check refuses the picture, or where the DICOM header "
        "does not fit what it was trained for.",
    ]
    if evaluation is not None:
        (_, alarms), (missed, _) = evaluation.test.counts
        told.append(
            f"Not to rule pneumonia in or out by itself: of {evaluation.test.pneumonia:,} test scans with pneumonia it "
            f"missed {missed:,}, and of {evaluation.test.normal:,} normal ones it called {alarms:,} Pneumonia "
            f"({percent(alarms / max(1, evaluation.test.normal), 1)})."
        )
    return told
