"""When and on what it was measured, whether test was kept apart, and when not to use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.screens.performance import details
from app.ui import metrics, numbers
from app.ui import page as ui
from app.ui.numbers import count, percent
from app.ui.table import table

if TYPE_CHECKING:
    from app.screens.prelude import Page
    from model.records.evaluation import Evaluation, SplitResult
    from model.records.ledger import Ledger
    from model.records.measured import Measured


def draw(page: Page) -> None:
    """Splits, limits of use, and the record of the measurement."""
    known = page.measured
    if known is None:
        return
    evaluation = known.evaluation
    if evaluation is not None:
        ui.section("Was it tested on the children it learned from?")
        ui.facts(_kept_apart(known, evaluation))
    ui.section("When should I not use it?")
    ui.facts(_not_to_use(known))
    if evaluation is None:
        ui.note("This model was not evaluated, or its evaluation cannot be read.")
        return
    _measurement(known, evaluation)


def _kept_apart(known: Measured, evaluation: Evaluation) -> list[str]:
    test = evaluation.test
    if test.shared is None:
        told = ["Not recorded: nobody checked whether test shares patient numbers with training."]
    elif not test.shared.shared:
        told = ["No: no patient number of the test radiographs occurs in training or validation."]
    else:
        told = [
            "Not knowingly, but it cannot be ruled out: the test split is the one that comes with the data set. "
            f"{details.shared_numbers(test)} This concerns {test.shared.images:,} of {test.images:,} test radiographs."
        ]
    if known.labels is not None:
        groups = known.labels.two_splits
        told.append(
            f"{count(groups, 'group')} of nearly identical pictures lie in both training and test."
            if groups
            else "No test picture is identical or nearly identical to a training picture."
        )
    told.append(
        f"{known.manifest.split.get('validation_images', 0):,} images were set aside for validation. They share no "
        "patient number with training; weights and thresholds were chosen on them."
    )
    return told


def _not_to_use(known: Measured) -> list[str]:
    use, evaluation = known.manifest.intended_use, known.evaluation
    finding = use.finding if use else "pneumonia"
    told = ["Never for a decision on a child by itself: it is not a medical device. A physician reads the radiograph."]
    if use:
        told.append(
            f"Not for anything but {use.images} of {use.patients}, nor for another hospital’s radiographs: it was not "
            "tested on them."
        )
    told += [
        f"Not for any other finding: it knows only normal and {finding}, so a radiograph with another disease is "
        "classified as one of the two.",
        "Not where the score is indeterminate, the input check rejects the picture, or the DICOM header does not match "
        "the intended use.",
    ]
    if evaluation is not None:
        test = evaluation.test
        missed, alarms = test.counts.false_negative, test.counts.false_positive
        told.append(
            f"Not to rule {finding} in or out by itself: it missed {missed:,} of {test.pneumonia:,} test radiographs "
            f"with {finding} and classified {alarms:,} of {test.normal:,} normal ones as {finding} "
            f"({percent(alarms / max(1, test.normal), 1)})."
        )
    return told


def _measurement(known: Measured, evaluation: Evaluation) -> None:
    manifest, test = known.manifest, evaluation.test
    ui.section("When and on what was it measured?")
    counted = known.ledger.of_files(test.files_sha256) if known.ledger else None
    points, split = evaluation.operating_points, manifest.split
    ui.definitions(
        [
            (
                "Model",
                f"{evaluation.model_version}, {manifest.parameters:,} parameters, trained {manifest.created[:10]}",
            ),
            ("Measured", evaluation.evaluated.strftime("%Y-%m-%d %H:%M %Z")),
            ("Test split", _size(test)),
            ("Validation split", _size(evaluation.validation)),
            (
                "Split rule",
                f"{split.get('rule', 'not recorded')}. {split.get('train_images', 0):,} training images; validation "
                "and training share no patient number.",
            ),
            *((f"{metrics.point_title(one.name)} threshold", f"{one.threshold:.4f}: {one.method}.") for one in points),
            ("Thresholds chosen on", "; ".join(dict.fromkeys(one.chosen_on for one in points))),
            ("Test split opened", _opened(counted)),
        ]
    )
    if counted is not None and counted.openings:
        with st.expander(f"Every opening of the test split ({len(counted.openings)}), and what else was seen of it"):
            ui.facts(counted.notes)
            table(
                ("When", "By", "Model"),
                [
                    (one.opened.strftime("%Y-%m-%d %H:%M %Z"), one.by or "–", one.model_version or "–")
                    for one in counted.openings
                ],
                caption="The command itself writes each line before the first look. Openings for earlier models count.",
                key="openings",
            )


def _opened(ledger: Ledger | None) -> str:
    if ledger is None or not ledger.openings:
        return "No record of openings was found."
    number, last = len(ledger.openings), numbers.day(ledger.openings[-1].opened)
    return f"Once, on {last}." if number == 1 else f"{number} times by the project’s commands, last on {last}."


def _size(split: SplitResult) -> str:
    return (
        f"{count(split.images, 'radiograph')} of {count(split.patients, 'patient number')}: {split.normal:,} normal, "
        f"{split.pneumonia:,} with pneumonia."
    )
