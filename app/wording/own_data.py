"""One's own labelled images, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.wording.numbers import images, percent

if TYPE_CHECKING:
    from app.measured import SplitResult
    from app.services.old_own_data import OwnResult

HOW_TO_GIVE = (
    "One ZIP archive with a folder NORMAL and a folder PNEUMONIA (or normal and opacity); or the images, alone or in "
    "one ZIP archive, with a CSV file that has the columns file and label.",
    "They are scored in this server’s memory and belong to this session: no image, label or name is saved, and all of "
    "it is gone when you clear it or leave.",
)
MAY_NOT = "Your role lets you read these pages and not score images: that needs the role of a reader."
FEW = 100
"""Below so many images of a class the intervals are told to be wide."""


def missing_class_sentence(found: SplitResult) -> str:
    """What is not defined without one of the classes; "" if both are there."""
    if found.normal and found.pneumonia:
        return ""
    missing, rate = ("Pneumonia", "sensitivity") if not found.pneumonia else ("Normal", "specificity")
    return (
        f"No image with the label {missing} was scored, so {rate}, AUROC and ROC curve are not defined. The predictive "
        "values say nothing either: they depend on how common pneumonia is among the images."
    )


def left_out_sentences(result: OwnResult) -> list[str]:
    """What is not in the figures, and what is in them twice."""
    failed = sum(one.probability is None for one in result.images)
    refused = result.refused.successes or 0
    again = sum(one.again for one in result.images)
    told = []
    if failed or result.unread:
        told.append(
            f"{images(failed + result.unread)} could not be read or scored, and {_stay(failed + result.unread)}."
        )
    if result.without_label:
        told.append(f"{result.without_label:,} files were left out: nothing gives them a label.")
    if refused:
        share = percent(result.refused.value, 1)
        told.append(f"The input check refuses {images(refused)} ({share} of those scored).")
    if again:
        told.append(f"{images(again)} repeat the pixels of another one; each counts.")
    return told


def _stay(number: int) -> str:
    return "stays out of the figures" if number == 1 else "stay out of the figures"


def caution_sentences(found: SplitResult, published: SplitResult | None, alike: int) -> list[str]:
    """What the figures do not mean.

    Args:
        found: of one's own images.
        published: of the test split; None where nothing is compared.
        alike: how many files are named like files of the test split.
    """
    told = []
    if min(found.normal, found.pneumonia) < FEW:
        told.append(
            f"With {found.normal:,} normal images and {found.pneumonia:,} with pneumonia the intervals are wide: a "
            "difference from the test split that lies within them may be chance."
        )
    if published is not None:
        told.append(
            f"Among your images {percent(found.pneumonia / found.images)} have pneumonia, on the test split "
            f"{percent(published.pneumonia / published.images)}. Predictive values and accuracy move with that share "
            "and cannot be held against each other; sensitivity, specificity and AUROC can."
        )
    told.append("The label that you gave counts as the truth: a wrong label counts as a mistake of the model.")
    told.append(
        "Each image counts as one child. Several of one child make the intervals too narrow, and a collection that was "
        "picked by hand tells nothing of the clinic’s daily round."
    )
    if alike:
        told.append(
            f"{images(alike)} carry file names of the test split: if they are those scans, this is no new test."
        )
    return told
