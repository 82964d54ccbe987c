"""Numbers, dates and lists as text."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest

from app.ui import numbers

NAN = math.nan


@pytest.mark.parametrize(
    ("share", "decimals", "text"),
    [
        (0.8312, 0, "83\u00a0%"),
        (0.8312, 1, "83.1\u00a0%"),
        (0, 0, "0\u00a0%"),
        (1, 1, "100.0\u00a0%"),
        (0.004, 0, "under 1\u00a0%"),
        (0.0004, 1, "under 0.1\u00a0%"),
        (0.996, 0, "over 99\u00a0%"),
        (0.99999, 2, "over 99.99\u00a0%"),
        (NAN, 0, "not defined"),
    ],
)
def test_a_percentage_is_never_rounded_to_a_certainty(share: float, decimals: int, text: str) -> None:
    assert numbers.percent(share, decimals) == text


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (", ".join(numbers.score_and_threshold(0.99, 0.5)), "99\u00a0%, 50\u00a0%"),
        (", ".join(numbers.score_and_threshold(0.502, 0.5)), "50.2\u00a0%, 50.0\u00a0%"),
        (", ".join(numbers.score_and_threshold(0.5, 0.5)), "50\u00a0%, 50\u00a0%"),
        (numbers.figure(0.9674), "0.967"),
        (numbers.figure(0.9999), "over 0.999"),
        (numbers.figure(1.0), "1.000"),
        (numbers.figure(1.2), "1.200"),
        (numbers.figure(-0.042), "−0.042"),
        (numbers.figure(NAN), "not defined"),
        (numbers.percent_range(0.0011, 0.0194), "0.1 to 1.9\u00a0%"),
        (numbers.percent_range(-0.02, 0.01), "−2.0 to 1.0\u00a0%"),
        (numbers.percent_range(NAN, 1), "not defined"),
        (numbers.figure_range(0.951, 0.988), "0.951 to 0.988"),
        (numbers.figure_range(-0.1, NAN), "not defined"),
        (numbers.signed(0.0421), "+0.042"),
        (numbers.signed(-0.0421), "−0.042"),
        (numbers.signed(-0.0001), "0.000"),
        (numbers.signed(NAN), "not defined"),
        (numbers.signed_points(-0.0221), "−2.2"),
        (numbers.signed_points(0.0), "0.0"),
        (numbers.points(0.01), "1 percentage point"),
        (numbers.points(0.0221), "2.2 percentage points"),
        (numbers.count(1, "image"), "1 image"),
        (numbers.count(1204, "image"), "1,204 images"),
        (numbers.count(0, "child", "children"), "no children"),
        (numbers.word(3), "three"),
        (numbers.word(1200), "1200"),
        (numbers.size(5_300_000), "5.3 MB"),
        (numbers.joined(["a"]), "a"),
        (numbers.joined(["a", "b"]), "a and b"),
        (numbers.joined(part for part in "abc"), "a, b and c"),
        (numbers.joined([]), ""),
        (numbers.day(date(2026, 11, 3)), "3 November 2026"),
        (numbers.day(datetime(2026, 1, 31, 23, 59, tzinfo=UTC)), "31 January 2026"),
    ],
)
def test_numbers_as_text(found: str, text: str) -> None:
    assert found == text
