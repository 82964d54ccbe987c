"""Sentences: each against numbers written by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app import wording
from app.measured import Epoch, GateMeasured, History, Impostor, Ledger, Metric, Opening, ReliabilityBin, SplitResult


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (0.834, 0, "83 %"),
        (0.0, 0, "0 %"),
        (0.001, 0, "under 1 %"),
        (0.9999, 0, "over 99 %"),
        (1.0, 0, "100 %"),
        (0.9999, 1, "over 99.9 %"),
        (math.nan, 0, "not defined"),
    ],
)
def test_a_percentage_is_never_rounded_to_certainty(value: float, decimals: int, expected: str) -> None:
    assert wording.percent(value, decimals) == expected.replace(" %", "\u00a0%")


def test_a_probability_just_below_the_threshold_does_not_look_equal_to_it() -> None:
    assert wording.probability_and_threshold(0.3741, 0.3744) == ("37.41\u00a0%", "37.44\u00a0%")
    assert wording.probability_and_threshold(0.9, 0.4) == ("90\u00a0%", "40\u00a0%")


def test_few_images_come_with_the_range_that_they_leave_open() -> None:
    text = wording.reliability_sentence(ReliabilityBin(0.6, 0.7, images=15, pneumonia=10))
    assert text.startswith("Of 15 test images with a probability between 60\u00a0% and 70\u00a0%, 10 had pneumonia.")
    assert "from 42\u00a0% to 85\u00a0%" in text
    assert "open" not in wording.reliability_sentence(ReliabilityBin(0.9, 1.0, images=300, pneumonia=299))
    assert "was not measured" in wording.reliability_sentence(ReliabilityBin(0.2, 0.3, images=0, pneumonia=0))
    assert "One test image" in wording.reliability_sentence(ReliabilityBin(0.2, 0.3, images=1, pneumonia=0))


def split() -> SplitResult:
    return SplitResult(
        images=50,
        normal=20,
        pneumonia=30,
        patients=40,
        labels=("Normal", "Pneumonia"),
        counts=((18, 2), (3, 27)),
        metrics={
            "precision": Metric("precision", 27 / 29, 0.8, 0.98, "proportion", 27, 29),
            "npv": Metric("npv", 18 / 21, 0.7, 0.95, "proportion", 18, 21),
        },
        false_positive_rate=(0.0, 1.0),
        true_positive_rate=(0.0, 1.0),
        reliability=(ReliabilityBin(0.0, 0.5, 20, 2), ReliabilityBin(0.5, 1.0, 30, 28)),
    )


def test_percentages_that_ran_too_high_are_told() -> None:
    high = (ReliabilityBin(0.0, 0.5, 10, 0, 0.2), ReliabilityBin(0.5, 1.0, 10, 8, 0.9))
    # (10 x .2 + 10 x .9) / 20 = .55 against 8 of 20
    told = wording.too_high_sentence(replace(split(), reliability=high)).replace("\u00a0", " ")
    assert told == "On the test split it ran too high: 55 % on average, where 40 % had pneumonia."
    even = (ReliabilityBin(0.0, 1.0, 10, 5, 0.5),)
    assert wording.too_high_sentence(replace(split(), reliability=even)) == ""
    assert wording.too_high_sentence(split()) == ""


def test_rates_are_told_as_natural_frequencies() -> None:
    assert wording.sensitivity_sentence(split()) == "Of 30 test images with pneumonia, 27 were found and 3 missed."
    assert "18 were called Normal and 2 raised a false alarm" in wording.specificity_sentence(split())
    assert "Of 29 images of the test split called Pneumonia, 27 had pneumonia." in wording.called_sentence(
        split(), "Pneumonia"
    )
    assert "there, 60\u00a0% had it" in wording.called_sentence(split(), "Normal")


def test_each_probability_falls_into_one_bin() -> None:
    found = [split().bin_of(value) for value in (0.0, 0.49, 0.5, 1.0)]
    assert [one.low for one in found if one] == [0.0, 0.0, 0.5, 0.5]


def history(val_losses: list[float]) -> History:
    epochs = tuple(
        Epoch(number=i, loss=0.5, accuracy=0.9, val_loss=loss, val_accuracy=0.85)
        for i, loss in enumerate(val_losses, 1)
    )
    return History(epochs=epochs, chosen=epochs[1], chosen_by="", accuracy_note="")


def test_the_curve_is_read_from_its_numbers() -> None:
    text = wording.curve_sentence(history([0.6, 0.4, 0.5, 0.7]))
    assert "lowest in epoch 2 (0.400) and did not improve in the 2 epochs after it" in text
    assert "validation 5.0 percentage points below training" in text
    assert "still at its lowest (0.300) in the last epoch, 3" in wording.curve_sentence(history([0.6, 0.4, 0.3]))


def test_another_epoch_than_the_lowest_is_explained_by_the_loss_that_decides() -> None:
    monitors = [0.9, 0.30, 0.35, 0.8]
    found = history([0.6, 0.4, 0.39, 0.7])
    epochs = tuple(replace(epoch, monitor=m) for epoch, m in zip(found.epochs, monitors, strict=True))
    text = wording.curve_sentence(replace(found, epochs=epochs, chosen=epochs[1]))
    assert (
        "Epoch 2 was kept instead: another loss decides, which was lowest there (0.300, against 0.350 in epoch 3)"
        in (text)
    )
    assert "kept instead" not in wording.curve_sentence(found), "Nothing recorded why."
    lowest = replace(found, epochs=epochs, chosen=epochs[2])
    assert "kept instead" not in wording.curve_sentence(lowest)


def test_a_statistic_is_never_rounded_to_perfection() -> None:
    assert wording.figure(0.99997) == "over 0.999"
    assert wording.figure(1.0) == "1.000"
    assert wording.figure(0.9994) == "0.999"
    assert wording.figure(math.nan) == "not defined"


def test_a_reason_becomes_a_sentence() -> None:
    assert wording.as_sentence("it looks inverted: black and white exchanged") == (
        "It looks inverted: black and white exchanged."
    )
    assert wording.as_sentence("") == ""


def test_the_ledger_is_counted() -> None:
    opening = Opening(datetime(2026, 11, 23, tzinfo=UTC), "python -m training evaluate", "m")
    assert wording.ledger_sentence(Ledger((opening,), ())) == (
        "The test split was opened once by the evaluation, on 23 November 2026."
    )
    assert "3 times" in wording.ledger_sentence(Ledger((opening,) * 3, ()))
    assert "No ledger" in wording.ledger_sentence(None)


def test_kinds_the_gate_was_taught_are_counted_apart() -> None:
    kinds = (Impostor("a", 10, 9, 1.0, True), Impostor("b", 10, 10, 1.0, True), Impostor("c", 4, 3, 0.9, False))
    gate = GateMeasured(
        measured=datetime(2026, 11, 23, tzinfo=UTC), scans=50, refused=1, low=0.0, high=0.1, impostors=kinds
    )
    expected = "19 of 20 pictures of 2 kinds it was taught to refuse and 3 of 4 pictures of 1 kind it was not"
    assert wording.gate_refused(gate) == expected
    assert wording.gate_refused(replace(gate, impostors=kinds[2:])) == "3 of 4 pictures of 1 kind it was not"
