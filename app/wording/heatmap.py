"""What a heatmap shows, by which method, where it looked and whether methods agree, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.wording.numbers import figure, joined, percent
from app.wording.trust import TEST_TITLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.measured import Mass
    from model.predictor import Prediction
    from model.saliency import Regions, SaliencyMethod

FAILED = "failed a trust test"

EVERY_METHOD_FAILED = (
    "Every method failed a trust test on this model, so no heatmap here is to be relied on. The Performance page says "
    "which tests."
)

COMPARE_HELP = (
    "Two or more methods on the same image, for the class chosen under “Evidence for”. Slow ones take a few seconds "
    "the first time."
)

HIGH_AGREEMENT, SOME_AGREEMENT = 0.7, 0.4
"""Rank correlations called strong and moderate by Schober, Boer and Schwarte 2018."""

_MOST, _TWO, _SIDE = 0.5, 0.75, 0.6
"""Shares from which one third, two thirds of the height or one side are called where it mostly looked."""


def method_title(method: SaliencyMethod, *, failed: bool) -> str:
    """A method's name, with a warning in words if it failed a trust test."""
    return f"{method.title} ({FAILED})" if failed else method.title


def method_note(method: SaliencyMethod) -> str:
    """What a method does, what it costs and how fine it is."""
    return f"{method.description} Takes {method.cost}. Resolution: {method.resolution}."


def failed_sentence(title: str, failed: Sequence[str]) -> str:
    """Which trust tests a method failed; empty for none.

    Args:
        title: of the method.
        failed: keys of the tests.
    """
    if not failed:
        return ""
    told = joined([f"“{TEST_TITLES.get(test, test).lower()}”" for test in failed])
    return f"{title} {FAILED} on validation: {told}."


def colour_marks(method: SaliencyMethod, explained: str) -> str:
    """What colour marks, as a clause that begins with "where"."""
    if method.key == "smooth_grad":
        return f"where a change would move the model’s score for {explained} most"
    return f"where it raised the model’s score for {explained}"


def heatmap_note(prediction: Prediction, decision: str, method: SaliencyMethod) -> str:
    """What one heatmap is for and what it must not be taken for.

    Args:
        prediction: with the map that is shown.
        decision: the class that was called.
        method: that made the map.
    """
    explained = prediction.explained_class
    if not prediction.saliency_map.any():
        return f"No part of this image raised the model’s score for {explained}, so the overlay shows no colour."
    rows, columns = prediction.saliency_map.shape
    which = "the side it leans to" if prediction.indeterminate else "the verdict"
    which = which if explained == decision else f"not {which}"
    return (
        f"The heatmap is for {explained} ({which}). Colour marks {colour_marks(method, explained)}; strength compares "
        f"places within this image only. It has {columns} × {rows} cells over the whole image. It outlines no disease, "
        "and colour outside the lungs is a reason to distrust the verdict."
    )


def looked_at(regions: Regions) -> str:
    """Where the most colour lies, in a few words such as "lower third, left of the image"."""
    inside = regions.upper + regions.middle + regions.lower
    if inside <= 0:
        return "outside the lungs" if regions.outside_box > 0 else "nowhere"
    words = f"{_heights(regions, inside)}, {_sides(regions)}"
    return f"outside the lungs; inside, {words}" if (regions.outside_lungs or 0.0) > _MOST else words


def _heights(regions: Regions, inside: float) -> str:
    ordered = ("upper", "middle", "lower")
    shares = {name: getattr(regions, name) / inside for name in ordered}
    first, second, _ = sorted(ordered, key=lambda name: -shares[name])
    if shares[first] >= _MOST:
        return f"{first} third"
    if shares[first] + shares[second] >= _TWO:
        return f"{joined([name for name in ordered if name in (first, second)])} third"
    return "all heights alike"


def _sides(regions: Regions) -> str:
    both = regions.left_of_image + regions.right_of_image
    share = regions.left_of_image / both if both > 0 else 0.5
    if share >= _SIDE:
        return "left of the image"
    return "right of the image" if share <= 1 - _SIDE else "both sides"


def where_sentence(regions: Regions, title: str) -> str:
    """Where a map's colour lies, by region.

    Args:
        regions: of the map, which is not all zeros; with an outline of the lungs where one was found.
        title: of the method.
    """
    has_outline = regions.outside_lungs is not None
    field = "the lungs’ height" if has_outline else "the image"
    beyond = f"; {percent(regions.outside_box)} lies beyond the lungs’ box" if has_outline else ""
    return (
        f"{title} marks mostly this: {looked_at(regions)}. Of its colour, {percent(regions.upper)} lies in the upper "
        f"third of {field}, {percent(regions.middle)} in the middle and {percent(regions.lower)} in the lower; "
        f"{percent(regions.left_of_image)} on the left of the image (the patient’s right, if it hangs as usual) and "
        f"{percent(regions.right_of_image)} on the right{beyond}."
    )


def outside_sentence(regions: Regions, usual: Mass | None, outcome: str) -> str:
    """How much colour lies outside the lungs; or that this cannot be said.

    Args:
        regions: of the map.
        usual: what was measured for this method on validation scans of the same kind, if it was.
        outcome: which scans those are, such as "rightly called Pneumonia".
    """
    if regions.outside_lungs is None:
        return (
            "No outline of the lungs was found on this picture, so how much of the colour lies outside them cannot be "
            "said; thirds and halves are those of the whole image."
        )
    told = f"{percent(regions.outside_lungs)} of the colour lies outside the lungs, as the input check outlines them"
    if usual is None or usual.lungs is None:
        return f"{told}."
    share = percent(1 - usual.lungs.value)
    return f"{told}. On validation scans {outcome} it was {share} on average, as outlined by hand."


def methods_agree(value: float, titles: Sequence[str]) -> str:
    """What it means that methods agree, or do not.

    Args:
        value: mean rank correlation of their maps, -1 to 1.
        titles: of the methods.
    """
    told = f"{joined(titles)} (rank correlation {figure(value).replace('-', '−')})"
    if value >= HIGH_AGREEMENT:
        return (
            f"High agreement between {told}: they colour the same places. That makes a slip of one method unlikely; it "
            "does not make the verdict right."
        )
    if value >= SOME_AGREEMENT:
        return (
            f"Partial agreement between {told}: trust only what all of them colour. Methods that disagree mean that no "
            "one of them should be trusted alone."
        )
    return f"Low agreement between {told}: they colour different places, so no one of them should be trusted alone."
