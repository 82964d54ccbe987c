"""Two models side by side, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.wording.numbers import figure, figure_range, percent_range, signed_figure, signed_points

if TYPE_CHECKING:
    from app.measured.comparing import Comparison
    from model.comparison import PairedRight

THIS = "the model in use"
NOTHING_TO_COMPARE = (
    "There is no other model to compare with. Train one (`python -m training fit --preset plain`), evaluate it on the "
    "same test split, and name its folder in CXR_COMPARE."
)
_DECIDES = 0.05


def p_value(value: float) -> str:
    """Such as "p = 0.012", "p < 0.001", or "not defined"."""
    if math.isnan(value):
        return "not defined"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def weights_size(size: int | None) -> str:
    """Such as "11.5 MB"; "–" without a file."""
    return "–" if size is None else f"{size / 1e6:.1f}\u00a0MB"


def paired_sentence(right: PairedRight, other: str) -> str:
    """Who is right on what, without a formula."""
    return (
        f"Of the same {right.images:,} test images, both models are right on {right.both:,}, only {THIS} on "
        f"{right.only_first:,}, only {other} on {right.only_second:,}, and both are wrong on {right.neither:,}."
    )


def mcnemar_sentence(right: PairedRight) -> str:
    """Whether the images that one alone calls right fall unevenly, by McNemar's exact test."""
    discordant = right.only_first + right.only_second
    if not discordant:
        return "They never disagree on whether an image is called right, so there is nothing to test."
    p = right.p_value
    verdict = "That is more uneven than chance would make it" if p < _DECIDES else "Chance alone may explain that"
    return (
        f"Where only one is right, it is {THIS} in {right.only_first:,} of {discordant:,}. {verdict} (McNemar’s exact "
        f"test, {p_value(p)}). Accuracy differs by {signed_points(right.difference)} percentage points, 95\u00a0% "
        f"interval {percent_range(*right.interval).replace('-', '−')}."
    )


def delong_sentence(found: Comparison, other: str) -> str:
    """Whether the AUROCs differ, by DeLong's test."""
    area = found.auroc
    if math.isnan(area.p_value):
        return "The AUROCs cannot be compared: that needs two images or more of each class."
    verdict = "More than chance would explain" if area.p_value < _DECIDES else "Chance alone may explain that"
    return (
        f"The AUROC of {THIS} is {figure(area.first)}, that of {other} {figure(area.second)}: a difference of "
        f"{signed_figure(area.difference)}, 95\u00a0% interval {figure_range(area.low, area.high)}. {verdict} "
        f"(DeLong’s test, {p_value(area.p_value)})."
    )


def clustering_sentence(found: Comparison) -> str:
    """Why p-values and intervals are a little too sure; "" where each image has a patient number of its own."""
    if found.patients >= found.images:
        return ""
    return (
        f"Both tests count the {found.images:,} images as independent, but they carry only {found.patients:,} patient "
        "numbers, so the true intervals are a little wider, and the differences a little less sure, than told here."
    )
