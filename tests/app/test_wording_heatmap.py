"""Sentences of the heatmap: each against numbers written by hand."""

from __future__ import annotations

import pytest

from app import wording
from app.measured import Estimate, Mass
from model.saliency import METHODS, Regions


def regions(
    heights: tuple[float, float, float], left: float, right: float, outside: float | None = None, beyond: float = 0.0
) -> Regions:
    return Regions(*heights, left, right, beyond, outside)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (regions((0.1, 0.2, 0.7), 0.9, 0.1), "lower third, left of the image"),
        (regions((0.05, 0.45, 0.5), 0.2, 0.8), "lower third, right of the image"),
        (regions((0.1, 0.45, 0.45), 0.5, 0.5), "middle and lower third, both sides"),
        (regions((0.45, 0.1, 0.45), 0.5, 0.5), "upper and lower third, both sides"),
        (regions((1 / 3, 1 / 3, 1 / 3), 0.41, 0.59), "all heights alike, both sides"),
        (regions((0.3, 0.1, 0.0), 0.4, 0.0, 0.7, 0.6), "outside the lungs; inside, upper third, left of the image"),
        (regions((0.0, 0.0, 0.0), 0.0, 0.0, 1.0, 1.0), "outside the lungs"),
        (regions((0.0, 0.0, 0.0), 0.0, 0.0, 0.0), "nowhere"),
    ],
)
def test_where_it_looked_in_a_few_words(found: Regions, expected: str) -> None:
    assert wording.looked_at(found) == expected


def test_where_it_looked_by_region() -> None:
    text = wording.where_sentence(regions((0.1, 0.2, 0.6), 0.7, 0.2, 0.3, 0.1), "Grad-CAM").replace("\u00a0", " ")
    assert "10 % lies in the upper third of the lungs’ height, 20 % in the middle and 60 % in the lower" in text
    assert "70 % on the left of the image (the patient’s right, if it hangs as usual) and 20 % on the right" in text
    assert "10 % lies beyond the lungs’ box" in text
    whole = wording.where_sentence(regions((0.1, 0.2, 0.7), 0.8, 0.2), "Grad-CAM")
    assert "third of the image" in whole
    assert "lungs" not in whole


def test_what_lies_outside_the_lungs_is_told_only_with_an_outline() -> None:
    none = wording.outside_sentence(regions((0.1, 0.2, 0.7), 0.8, 0.2), None, "")
    assert none.startswith("No outline of the lungs was found on this picture, so how much")
    found = regions((0.1, 0.2, 0.7), 0.8, 0.2, 0.25)
    usual = Mass(30, 0, Estimate(0.78, 0.7, 0.8))
    text = wording.outside_sentence(found, usual, "rightly called Pneumonia").replace("\u00a0", " ")
    assert text.startswith("25 % of the colour lies outside the lungs")
    assert text.endswith("On validation scans rightly called Pneumonia it was 22 % on average, as outlined by hand.")
    assert "validation" not in wording.outside_sentence(found, Mass(0, 0, None), "rightly called Pneumonia")


@pytest.mark.parametrize(
    ("value", "word", "advice"),
    [
        (0.91, "High", "does not make the verdict right"),
        (0.7, "High", "does not make the verdict right"),
        (0.55, "Partial", "no one of them should be trusted alone"),
        (0.39, "Low", "no one of them should be trusted alone"),
        (-0.2, "Low", "no one of them should be trusted alone"),
    ],
)
def test_agreement_in_words(value: float, word: str, advice: str) -> None:
    text = wording.methods_agree(value, ["Grad-CAM", "Occlusion"])
    assert text.startswith(f"{word} agreement between Grad-CAM and Occlusion (rank correlation ")
    assert advice in text
    assert "-" not in text.split("correlation")[1], "a minus, not a hyphen"


def test_every_method_is_told_with_cost_and_resolution() -> None:
    for method in METHODS.values():
        text = wording.method_note(method)
        assert method.cost in text
        assert method.resolution in text
    assert wording.method_title(METHODS["grad_cam"], failed=True) == "Grad-CAM (failed a trust test)"
    assert wording.failed_sentence("Grad-CAM", ()) == ""
