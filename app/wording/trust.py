"""How far heatmaps can be trusted, in words: the scorecard's tests, shortcuts and made opacities."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.wording.numbers import figure, figure_range, images, joined, number, percent

if TYPE_CHECKING:
    from app.measured import Explanations, Limits, MadeOpacities, View
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
"""What each test asks, as the end of a sentence, where the file does not say by which limits it judged."""

VIEW_TITLES = {
    "clean": "Scans as they are",
    "only_lungs": "Only the lungs left",
    "corners_masked": "Corners and markers masked",
    "lungs_blanked": "Lungs blanked, their shape left",
    "lungs_covered": "Lungs covered by one fixed shape",
}
"""The views that ask for shortcuts, in the order to show them."""

SMALL_NETWORK_TITLES = {
    "lungs_blanked": "Small network trained on blanked lungs",
    "lungs_covered": "Small network trained on covered lungs",
}
"""The same views, by networks that never saw anything else; each stands below its view."""

COVERED, CLEAN = "lungs_covered", "clean"
CHANCE = 0.5
"""AUROC of a coin."""

TRUST_NOT_MEASURED = "How far the heatmap can be trusted was not measured for this model, or cannot be read."


def meaning_sentences(known: Explanations) -> list[str]:
    """What each test asks, with the limits that the file tells."""
    meanings = TEST_MEANINGS | (_meanings_by(known, known.limits) if known.limits else {})
    return [f"{title}: {meanings[test]}." for test, title in TEST_TITLES.items()]


def _meanings_by(known: Explanations, limits: Limits) -> dict[str, str]:
    return {
        "sane": "when the network’s weights are replaced by random ones, and when a network of the same kind was "
        "taught random labels instead, the maps are no more like the old ones than the maps of two different scans "
        "are",
        "repeatable": f"{_unchanged(known)} that leave the probability alone, its map stays alike: a likeness of "
        f"at least {limits.repeatable:g}, where 1 is the same map",
        "points": f"its strongest place lies on at least {_share(limits.points)} of the {limits.size}, "
        f"{limits.strength} opacities that were drawn into normal scans in shapes that training never showed, whether "
        "or not the network noticed them; slow methods were not asked",
        "in_lungs": f"on scans rightly called Pneumonia, at least {_share(limits.in_lungs)} of its colour lies inside "
        "the lungs on average, as outlined by hand",
    }


def _unchanged(known: Explanations) -> str:
    """What the maps of a scan should outlast."""
    if known.shifts is None:
        return "under mild noise and exposure"
    return f"under mild noise, exposure and shifts of up to {percent(known.shifts.most)} of the picture’s side"


def _share(limit: float) -> str:
    """A limit as it is, never rounded."""
    return f"{100 * limit:g}\u00a0%"


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


def random_labels_sentence(known: Explanations) -> str:
    """How well the network that was taught random labels knows them; empty where not measured."""
    found = known.random_labels
    if found is None:
        return ""
    told = f"gives back {percent(found.accuracy)} of those of its {images(found.images)}, where guessing gives half"
    if found.by_heart:
        return f"The network that was taught random labels knows them by heart: it {told}."
    return (
        f"The network that was taught random labels did not learn them by heart: it {told}. The half of "
        f"“{TEST_TITLES['sane'].lower()}” that rests on it is a weak test."
    )


def classes_sentence(known: Explanations, methods: dict[str, SaliencyMethod]) -> str:
    """Which methods tell the two classes apart least and most; empty where not measured.

    Args:
        known: what was measured.
        methods: all that there are, by key.
    """
    alike = {
        methods[key].title: one.value
        for key, one in known.classes.items()
        if key in methods and not math.isnan(one.value)
    }
    if len(alike) < 2:
        return ""
    most, least = max(alike, key=lambda key: alike[key]), min(alike, key=lambda key: alike[key])
    return (
        f"The maps of one scan for Normal and for Pneumonia are most alike with {most} (likeness "
        f"{likeness(alike[most])}) and least alike with {least} ({likeness(alike[least])}). With a likeness of 1 a "
        "method could not tell what speaks for which class. No test above judges this."
    )


def likeness(value: float) -> str:
    """A structural similarity, -1 to 1, such as "0.241"; "not defined" where there is none."""
    return figure(value).replace("-", "−")


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


def cheating_sentence(known: Explanations) -> str:
    """How much there is to cheat with outside the lungs, judged on validation; empty where not measured."""
    views = known.surroundings.views.get(COVERED, {}) if known.surroundings else {}
    found, test = views.get("validation"), views.get("test")
    if found is None or math.isnan(found.auroc.low):
        return ""
    on_test = f"; on test {figure(test.auroc.value)}" if test else ""
    told = (
        "How much there is to cheat with: a small network that was only ever shown scans with the lungs covered "
        f"has an AUROC of {figure(found.auroc.value)} on such scans of validation (95 % interval "
        f"{figure_range(found.auroc.low, found.auroc.high)}{on_test})"
    )
    if found.auroc.low > CHANCE:
        return f"{told}, which is better than chance: the surroundings alone give some of the answer away."
    return f"{told}, which is no better than chance: it found nothing there to go by."


def shortcut_caption(known: Explanations) -> str:
    """What the small networks are, where there are any, and the intervals."""
    small, intervals = known.surroundings, "Small figures are 95 % intervals."
    if small is None:
        return intervals
    return (
        f"Small networks: architecture {small.preset}, input of {small.size} pixels, trained for {small.epochs} "
        f"epoch{'' if small.epochs == 1 else 's'} on that view and on nothing else. All other rows are this model’s. "
        f"{intervals}"
    )


def likeness_caption(known: Explanations) -> str:
    """What likeness means, and what it should be."""
    knows_nothing, classes = "a network of random weights", ""
    if known.random_labels is not None:
        knows_nothing += ", or one that was taught random labels,"
    if known.classes:
        classes = " Two classes: between one scan’s maps for Normal and for Pneumonia; the lower, the better."
    return (
        f"Likeness: structural similarity, 1 for the same map. With {knows_nothing} it should be no higher than "
        f"between unlike scans; {_unchanged(known)} it should be near 1.{classes}"
    )


def markers_sentence(known: Explanations, methods: dict[str, SaliencyMethod], default: str) -> str:
    """What letters burnt into the picture do to verdict and map, on validation; empty where not measured.

    Args:
        known: what was measured.
        methods: all that there are, by key.
        default: key of the one that the Predict page shows first.
    """
    found = known.validation.markers
    if found is None:
        return ""
    told = (
        f"Letters as they are burnt into films, drawn into a corner of {found.scans:,} validation scans, "
        f"turned {number(found.turned)} verdict{'' if found.turned == 1 else 's'}"
    )
    share = found.shares.get(default, {}).get("true_positive")
    if share is None or math.isnan(share.value):
        return f"{told}."
    return (
        f"{told}. With their margin they take up {percent(found.area, 1)} of the picture, and "
        f"{percent(share.value, 1)} of the colour of {methods[default].title} lies there on scans rightly called "
        "Pneumonia."
    )


def other_networks_sentence(known: Explanations, methods: dict[str, SaliencyMethod], default: str) -> str:
    """How alike the maps of networks from other seeds and settings are; empty where not measured."""
    alike = [found[default].value for found in known.other_networks.values() if default in found]
    if not alike:
        return ""
    values = joined([likeness(value) for value in alike])
    if len(alike) == 1:
        return (
            "A network that was trained otherwise gives other maps of the same scans: its "
            f"{methods[default].title} has a likeness of {values}."
        )
    return (
        f"{number(len(alike)).capitalize()} networks that were trained otherwise give other maps of the same scans: "
        f"their {methods[default].title} has a likeness of {values}."
    )


def judged_opacities(row: MadeOpacities | None) -> str:
    """What a hit is, for those opacities that pointing is judged by; empty where there are none."""
    if row is None:
        return ""
    return (
        f"Hits: the share of {row.unseen_shapes:,} {row.size}, {row.strength} opacities on which the strongest place "
        "lies. They were drawn into normal scans in shapes that training never showed, and count whether or not the "
        "network noticed them. "
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
