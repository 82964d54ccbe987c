"""Sentences: each against numbers written by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app import wording
from app.measured import (
    BandResult,
    Epoch,
    Evaluation,
    GateMeasured,
    GateRefusals,
    History,
    Impostor,
    Ledger,
    Metric,
    Opening,
    Perturbed,
    PointResult,
    Rates,
    ReliabilityBin,
    RobustnessTable,
    SplitResult,
    Subgroup,
    Subgroups,
)
from model.metrics import wilson
from model.records.manifest import Estimate, OperatingPoint, UncertaintyBand


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
    assert (
        "Of 29 images of the test split called Pneumonia at the balanced operating point, 27 had pneumonia."
        in wording.called_sentence(split(), "Pneumonia")
    )
    assert "there, 60\u00a0% had it" in wording.called_sentence(split(), "Normal")
    assert wording.rates_sentence(replace(split(), operating_point="rule_out")) == (
        "At the rule-out operating point, of 30 test images with pneumonia 27 were found and 3 missed; of 20 normal "
        "ones 18 were called Normal and 2 raised a false alarm."
    )


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
        "The test split was opened once by the project’s commands, on 23 November 2026."
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


def point(name: str, threshold: float, promised: tuple[float, float] = (0.8, 0.95)) -> OperatingPoint:
    rate = Estimate(sum(promised) / 2, *promised)
    return OperatingPoint(name, threshold, threshold - 0.05, threshold + 0.05, rate, rate, "a method", "some images")


POINTS = (point("rule_out", 0.2), point("balanced", 0.5), point("rule_in", 0.8))


def test_it_is_told_which_operating_points_agree() -> None:
    told = {value: wording.agreement_sentence(value, POINTS) for value in (0.9, 0.6, 0.2, 0.1)}
    assert told == {
        0.9: "Every operating point calls this radiograph Pneumonia.",
        0.6: "Rule-out and balanced call it Pneumonia; rule-in calls it Normal.",
        0.2: "Rule-out calls it Pneumonia; balanced and rule-in call it Normal.",
        0.1: "Every operating point calls this radiograph Normal.",
    }
    assert wording.agreement_sentence(0.6, POINTS[1:2]) == ""


def share(successes: int, trials: int) -> Metric:
    value = successes / trials if trials else math.nan
    return Metric("share", value, *wilson(successes, trials), "proportion", successes, trials)


def band_result(*, below: int = 0, above: int = 0) -> BandResult:
    return BandResult(
        indeterminate=share(30, 500),
        normal=share(20, 200),
        pneumonia=share(10, 300),
        pneumonia_below=share(below, 300),
        normal_above=share(above, 200),
        decided_right=share(470 - below - above, 470),
    )


BAND = UncertaintyBand(0.22, 0.86, 0.02)


@pytest.mark.parametrize(
    ("above", "outcome"),
    [
        (4, "The aim was met."),  # 2.0 %
        (6, "That is more than aimed at, though chance alone could explain it."),  # 3.0 %, from 1.4 %
        (20, "The aim was missed."),  # 10 %, from 6.6 %
    ],
)
def test_the_bands_promise_is_held_against_what_was_measured(above: int, outcome: str) -> None:
    sick, well = wording.guarantee_results(band_result(above=above), BAND)
    assert sick.endswith("at most 2\u00a0% was aimed at. The aim was met.")
    assert well.startswith(f"Of 200 test scans that are normal, {above} lay above the band")
    assert well.endswith(outcome)
    test = replace(split(), band=band_result(above=above))
    assert bool(wording.guarantee_broken(test, BAND)) == ("missed" in outcome)


def test_both_sides_of_a_broken_promise_are_told() -> None:
    text = wording.guarantee_broken(replace(split(), band=band_result(below=30, above=20)), BAND)
    assert text.replace("\u00a0", " ") == (
        "The indeterminate band missed its aim on the test split: 30 of 300 scans with pneumonia (10 %) fell "
        "below it and 20 of 200 normal scans (10 %) lay above it, where at most 2 % was aimed at."
    )
    assert wording.guarantee_broken(split(), BAND) == ""


def test_an_error_with_decimals_is_not_rounded() -> None:
    assert "at most 2.5\u00a0% of those with pneumonia" in wording.guarantee_sentence(replace(BAND, error=0.025))


def test_scans_in_the_band_and_outside_it_are_counted() -> None:
    test = replace(split(), band=band_result())
    assert wording.indeterminate_sentence(test) == (
        "Of 500 test scans, 30 fell in this band: 20 of 200 normal ones and 10 of 300 with pneumonia."
    )
    assert wording.decided_sentence(test).startswith("Of 470 test scans outside the band, 470 (100.0")
    nothing = replace(band_result(), decided_right=share(0, 0))
    assert wording.decided_sentence(replace(test, band=nothing)) == "No test scan lay outside the band."
    assert wording.indeterminate_sentence(split()) == wording.decided_sentence(split()) == ""


def evaluation(points: tuple[OperatingPoint, ...]) -> Evaluation:
    metrics = {"sensitivity": share(27, 30), "specificity": share(18, 20)}
    measured = replace(split(), points=tuple(PointResult(one.name, split().counts, metrics) for one in points))
    return Evaluation("m", datetime(2026, 11, 23, tzinfo=UTC), points, BAND, {}, measured, measured)


def test_what_falls_outside_what_validation_promised_is_told() -> None:
    kept = wording.promise_sentences(evaluation(POINTS))
    assert kept == ["On test, every operating point did what validation led to expect."]
    points = (point("rule_out", 0.2, (0.95, 0.99)), POINTS[1], point("rule_in", 0.8, (0.5, 0.6)))
    told = [one.replace("\u00a0", " ") for one in wording.promise_sentences(evaluation(points))]
    assert (
        "On test, sensitivity is below what validation led to expect at rule-out (90.0 %; expected 95.0 to 99.0 %)."
        in told
    )
    assert (
        "On test, specificity is above what validation led to expect at rule-in (90.0 %; expected 50.0 to 60.0 %)."
        in told
    )
    assert len(told) == 4


def perturbed(name: str, strength: int, drop: float) -> Perturbed:
    return Perturbed(name, strength, Rates(0.9, 0.9, 0.9, 0.9), drop)


def test_limits_of_robustness_are_told_and_held_against_the_drops() -> None:
    rows = (perturbed("jpeg", 1, 0.03), perturbed("jpeg", 2, 0.05), perturbed("jpeg", 3, 0.4))
    table = RobustnessTable(10, Rates(1, 1, 1, 1), rows, {1: 0.02, 2: 0.05})
    assert wording.limits_sentence(table) == (
        "Balanced accuracy should drop by at most 2 percentage points at strength 1 and at most 5 percentage points at "
        "strength 2; strength 3 has no limit."
    )
    assert wording.over_sentence(table) == (
        "1 of 2 settings that have a limit goes over it: JPEG at strength 1 (drops 3 percentage points)."
    )
    two = (*rows[1:], perturbed("blur", 1, -0.01))
    assert wording.over_sentence(replace(table, perturbed=two)).startswith("None of the 2 settings")
    without = replace(table, most_drop={})
    assert wording.limits_sentence(without) == "No limit was set."
    assert wording.over_sentence(without) == ""


def test_changes_carry_their_sign() -> None:
    shown = [wording.signed_points(value) for value in (-0.0221, 0.004, 0.0001, -0.0001, math.nan)]
    assert shown == ["−2.2", "+0.4", "0.0", "0.0", "not defined"]


def test_the_worst_subgroup_is_named() -> None:
    one = Subgroup("kind", "virus", "Pneumonia", 148, "sensitivity", 0.99, 0.96, 1.0, 0.97, 0.95, 0.98)
    other = replace(one, group="IM", truth="Normal", images=69, rate="specificity", value=0.9, low=0.805, high=0.95)
    worst, same, lacking = wording.subgroup_sentences(Subgroups((one, other), (("mode", "RGB"),), ("age", "sex")))
    assert worst.replace("\u00a0", " ") == (
        "It does worst on IM (kind): 90.0 % of 69 scans labelled Normal were called right, 95 % interval 80.5 to "
        "95.0 %."
    )
    assert "mode (RGB)" in same
    assert lacking.startswith("Not in the data: age and sex.")
    assert wording.subgroup_sentences(Subgroups((), (), ())) == []


def test_scans_refused_on_validation_are_not_told_twice() -> None:
    gate = GateMeasured(datetime(2026, 11, 23, tzinfo=UTC), scans=652, refused=10, low=0.0, high=0.1, impostors=())
    found = evaluation(POINTS)
    assert wording.gate_refusals_sentence(found, gate) == ""
    test = replace(found.test, refused_by_the_gate=GateRefusals(5, 624, 0.003, 0.019))
    for refused, told in ((10, False), (2, True)):
        validation = replace(found.validation, refused_by_the_gate=GateRefusals(refused, 652, 0.0, 0.1))
        text = wording.gate_refusals_sentence(replace(found, test=test, validation=validation), gate)
        assert "5 of 624 test scans" in text
        assert ("validation scans" in text) == told


def test_calibration_with_both_classes_weighing_the_same_is_told_apart() -> None:
    plain, fair = (
        wording.metric_in_words(Metric(name, 0.0421, 0.03, 0.05, "bootstrap"), split())
        for name in ("expected_calibration_error", "expected_calibration_error_balanced")
    )
    assert "4.2 percentage points" in plain
    assert "60\u00a0% have pneumonia" in plain
    assert "half of the children have pneumonia" in fair
