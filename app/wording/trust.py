"""How far heatmaps can be trusted, in words: the scorecard's tests, shortcuts and made opacities."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.wording.numbers import figure, figure_range, joined, number, percent

if TYPE_CHECKING:
    from app.measured import Explanations, MadeOpacities, View
    from model.saliency import SaliencyMethod

TEST_TITLES = {
    "faithful": "Points at what the network used",
    "sane": "Changes when the network forgets",
    "repeatable": "Stays when nothing changed",
    "points": "Points at a made opacity",
    "in_lungs": "Stays in the lungs",
}
"""Title of each test of the scorecard, in the order to show them."""

TEST_MEANINGS = {
    "faithful": "when the places it colours most are blurred away first, the probability falls faster than in random "
    "order, and faster than from the middle of the image outwards",
    "sane": "when the network’s weights are replaced by random ones, its map becomes no more like the old one than the "
    "maps of two different scans are",
    "repeatable": "under noise and exposure that leave the probability alone, its map stays alike",
    "points": "of opacities drawn into normal scans that turned the verdict, its strongest place lies on most; slow "
    "methods were not asked",
    "in_lungs": "on scans rightly called Pneumonia, most of its colour lies inside the lungs, as outlined by hand",
}
"""What each test asks, as the end of a sentence."""

VIEW_TITLES = {
    "clean": "Scans as they are",
    "only_lungs": "Only the lungs left",
    "corners_masked": "Corners and markers masked",
    "lungs_blanked": "Lungs blanked, their shape left",
    "lungs_covered": "Lungs covered by one fixed shape",
}
"""The views that ask for shortcuts, in the order to show them."""

COVERED, CLEAN = "lungs_covered", "clean"
CHANCE = 0.5
"""AUROC of a coin."""

TRUST_NOT_MEASURED = "How far the heatmap can be trusted was not measured for this model, or cannot be read."


def meaning_sentences() -> list[str]:
    """What each test asks."""
    return [f"{title}: {TEST_MEANINGS[test]}." for test, title in TEST_TITLES.items()]


def scorecard_sentence(known: Explanations, methods: dict[str, SaliencyMethod], default: str) -> str:
    """Which methods fail no test, and which is shown first.

    Args:
        known: what was measured.
        methods: all that there are, by key.
        default: key of the one that the Predict page shows first.
    """
    judged = [key for key in methods if key in known.scorecard]
    sound = [methods[key].title for key in judged if not known.failed(key)]
    first = f"The Predict page shows {methods[default].title} first"
    if not sound:
        return f"Every method failed at least one test: no heatmap is to be relied on. {first}, and says so."
    counted = "All" if len(sound) == len(judged) else f"{number(len(sound)).capitalize()} of {number(len(judged))}"
    fail = "fails" if len(sound) == 1 else "fail"
    return f"{counted} methods {fail} none of the tests that they were put to: {joined(sound)}. {first}."


def surroundings_sentence(known: Explanations) -> str:
    """Whether the network reads what surrounds the lungs, judged on validation; empty where not measured."""
    views = known.shortcuts.get("validation", {})
    covered, clean = views.get(COVERED), views.get(CLEAN)
    if covered is None or clean is None or math.isnan(covered.auroc.low):
        return ""
    found = covered.auroc
    told = (
        f"With the lungs covered, its AUROC on validation falls from {figure(clean.auroc.value)} to "
        f"{figure(found.value)} (95 % interval {figure_range(found.low, found.high)}{_on_test(known)})"
    )
    if found.low > CHANCE or found.high < CHANCE:
        than = "better" if found.low > CHANCE else "worse"
        return f"{told}, which is {than} than chance: it reads the surroundings of the lungs as well."
    return f"{told}, which cannot be told from chance: no sign that it reads the surroundings of the lungs."


def _on_test(known: Explanations) -> str:
    view: View | None = known.shortcuts.get("test", {}).get(COVERED)
    return f"; on test {figure(view.auroc.value)}" if view else ""


def judged_opacities(row: MadeOpacities | None) -> str:
    """What a hit is, for those opacities that pointing is judged by; empty where there are none."""
    if row is None:
        return ""
    return (
        f"Hits: of {row.opacities:,} {row.size}, {row.strength} opacities drawn into normal scans, the share on which "
        "the strongest place lies, among those that turned the verdict. "
    )


def opacities_sentence(rows: tuple[MadeOpacities, ...]) -> str:
    """How sensitive the network is to made opacities; empty where not measured."""
    known = [row for row in rows if not math.isnan(row.called_pneumonia.value)]
    if len(known) < 2:
        return ""
    least = min(known, key=lambda row: row.called_pneumonia.value)
    most = max(known, key=lambda row: row.called_pneumonia.value)
    if least.called_pneumonia.value == most.called_pneumonia.value:
        return f"Whatever their size and strength, {percent(most.called_pneumonia.value)} turned the verdict."
    return (
        f"It notices made opacities most when they are {most.size} and {most.strength} "
        f"({percent(most.called_pneumonia.value)} turned the verdict to Pneumonia) and least when "
        f"{least.size} and {least.strength} ({percent(least.called_pneumonia.value)})."
    )
