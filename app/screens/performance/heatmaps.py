"""Can I trust the heatmap? How each method did in tests, and what the model reads besides the lungs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from app.services import saliency
from app.ui import numbers
from app.ui import page as ui
from app.ui.numbers import count, figure, figure_range, percent, percent_range, signed
from app.ui.table import Cell, table
from model.saliency import METHODS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.screens.prelude import Page
    from model.records.explanations import Explanations, Faithfulness, Limits, View
    from model.records.manifest import Estimate

TESTS = {
    "faithful": "Faithful to the model",
    "sane": "Fails with random weights, as it should",
    "repeatable": "Stable under small changes",
    "points": "Finds a drawn opacity",
    "in_lungs": "Stays inside the lungs",
}
"""Titles of the scorecard's tests, in the order to show them."""

_VIEWS = {
    "clean": "Whole radiograph",
    "only_lungs": "Lungs only",
    "corners_masked": "Corners and markers masked",
    "lungs_blanked": "Lungs blanked, outline left",
    "lungs_covered": "Lungs covered by one fixed shape",
}
_SMALL = {
    "lungs_blanked": "Small network, trained on blanked lungs",
    "lungs_covered": "Small network, trained on covered lungs",
}
"""The same views, by networks that saw nothing else in training; each stands below its view."""

_BASELINES = {"random": "Random order (baseline)", "centre": "Centre first (baseline)"}
_TITLES = {key: method.title for key, method in METHODS.items()}
_CHANCE = 0.5
_TRUE = "true_positive"
_NONE = Cell("–")


def draw(page: Page) -> None:
    """The scorecard, its figures, and what else the model reads."""
    ui.section(
        "Can I trust the heatmap?",
        "A heatmap looks convincing whether it is right or wrong, so each method was tested on validation radiographs.",
    )
    found = page.measured.explanations if page.measured else None
    if found is None:
        ui.note("Heatmaps were not tested for this model, or the file cannot be read.")
        return
    default = found.first_trusted(METHODS) or saliency.WITH_THE_VERDICT
    weak = found.random_labels is not None and not found.random_labels.by_heart
    ui.facts([_passed(found, default), _random_labels(found) if weak else ""])
    table(
        ("Method", *TESTS.values()),
        [
            (title, *(_verdict(found.scorecard[key].get(test)) for test in TESTS))
            for key, title in _TITLES.items()
            if key in found.scorecard
        ],
        caption=f"Measured on {numbers.day(found.measured)}. The Predict page marks methods that fail a test.",
        key="scorecard",
    )
    with st.expander("What each test asks"):
        ui.definitions((title, _meanings(found)[test]) for test, title in TESTS.items())
    with st.expander("The figures behind the tests"):
        _curves(found)
        _likeness(found)
        ui.facts(["" if weak else _random_labels(found), _classes(found), _other_networks(found, default)])
        _places(found)
    _surroundings(found, default)
    _opacities(found)


def _passed(found: Explanations, default: str) -> str:
    judged = [key for key in METHODS if key in found.scorecard]
    sound = [_TITLES[key] for key in judged if not found.failed(key)]
    first = f"The Predict page shows {_TITLES[default]} first"
    if not sound:
        return f"No heatmap can be relied on: every method fails at least one test. {first}, with a warning."
    word = numbers.word(len(sound)).capitalize()
    counted = "All methods pass" if len(sound) == len(judged) else f"{word} of {numbers.word(len(judged))} methods pass"
    return f"{counted} every test they were given: {numbers.joined(sound)}. {first}."


def _verdict(passes: bool | None) -> str:
    return "not tested" if passes is None else "✓ passes" if passes else "✗ fails"


def _meanings(found: Explanations) -> dict[str, str]:
    """What each test asks; with its limit where the file has one."""
    limits, random_labels = found.limits, found.random_labels is not None
    taught = ", or in a network trained on random labels," if random_labels else ""
    return {
        "faithful": "Blurring the places it marks most strongly lowers the score faster than blurring in random order, "
        "or from the centre outwards.",
        "sane": f"With random weights in the network{taught} its maps resemble the real ones no more than the maps of "
        "two different radiographs resemble each other.",
        "repeatable": f"Its map hardly changes under {_mild(found)} that leave the score unchanged"
        + (f": similarity at least {limits.repeatable:g}, where 1 is the same map." if limits else "."),
        "points": _pointing(limits),
        "in_lungs": "On radiographs correctly classified as pneumonia, "
        + (f"at least {100 * limits.in_lungs:g}\u00a0% on average" if limits else "most")
        + " of its colour lies inside the lungs, as outlined by hand.",
    }


def _pointing(limits: Limits | None) -> str:
    if limits is None:
        return (
            "Its strongest place lies on most opacities drawn into normal radiographs that changed the verdict. Slow "
            "methods were not tested."
        )
    located = limits.located
    return (
        f"Its strongest place lies on at least {100 * limits.points:g}\u00a0% of the {located.size}, "
        f"{located.strength} opacities drawn into normal radiographs, in shapes that training never showed, whether or "
        "not the network noticed them. Slow methods were not tested."
    )


def _mild(found: Explanations) -> str:
    most = found.repeatability.most_shift
    return "mild noise and exposure" if most is None else f"mild noise, exposure and shifts of up to {percent(most)}"


def _random_labels(found: Explanations) -> str:
    taught = found.random_labels
    if taught is None:
        return ""
    told = f"it gives back {percent(taught.accuracy)} of the labels of {count(taught.images, 'image')}, where guessing "
    if taught.by_heart:
        return f"The network trained on random labels learned them by heart: {told}gives half."
    return (
        f"The network trained on random labels did not learn them by heart: {told}gives half. This weakens the test "
        f"“{TESTS['sane']}”."
    )


def _curves(found: Explanations) -> None:
    on_test = found.test.faithfulness
    table(
        ("Method", "Deletion", "Gain over random", "Gain over centre", "Insertion", "Deletion on test", "Radiographs"),
        [
            (
                title,
                _figure(one.deletion),
                _gain(one, "random"),
                _gain(one, "centre"),
                _figure(one.insertion),
                _figure(on_test[key].deletion if key in on_test else None),
                f"{one.scans:,}",
            )
            for key, title in (_TITLES | _BASELINES).items()
            if (one := found.validation.faithfulness.get(key))
        ],
        caption="Area under the curve of the score while the most strongly marked places are blurred away (deletion, "
        "lower is better) or restored (insertion, higher is better). Gain: in deletion, on the same radiographs. "
        "Validation unless stated otherwise; in brackets, 95 % intervals.",
        key="faithfulness",
    )


def _gain(found: Faithfulness, baseline: str) -> Cell:
    one = (found.deletion_advantage or {}).get(baseline)
    return _NONE if one is None or math.isnan(one.value) else Cell(signed(one.value), figure_range(one.low, one.high))


def _likeness(found: Explanations) -> None:
    repeated = found.repeatability
    columns: dict[str, Mapping[str, Estimate]] = {
        "Random weights": {key: one.likeness for key, one in found.randomisation.items()}
    }
    if found.random_labels is not None:
        columns["Random labels"] = {key: one.likeness for key, one in found.random_labels.methods.items()}
    columns["Different radiographs"] = {key: one.random_pair for key, one in found.randomisation.items()}
    columns["Mild changes"] = {key: one.ssim for key, one in repeated.mild_changes.items()}
    if repeated.shifts is not None:
        columns["Small shifts"] = {key: one.ssim for key, one in repeated.shifts.items()}
    if found.classes:
        columns["The two classes"] = {key: one.ssim for key, one in found.classes.items()}
    table(
        ("Method", *columns),
        [
            (title, *(_figure(values.get(key)) for values in columns.values()))
            for key, title in _TITLES.items()
            if key in found.randomisation
        ],
        caption="Structural similarity of maps; 1 is the same map. With random weights or labels it should not exceed "
        f"that of different radiographs; under {_mild(found)} it should be near 1; the two classes should differ.",
        key="likeness",
    )


def _classes(found: Explanations) -> str:
    alike = {key: one.ssim.value for key, one in found.classes.items() if key in METHODS}
    alike = {_TITLES[key]: value for key, value in alike.items() if not math.isnan(value)}
    if len(alike) < 2:
        return ""
    most, least = max(alike, key=alike.__getitem__), min(alike, key=alike.__getitem__)
    return (
        f"A radiograph’s maps for normal and for pneumonia are most similar with {most} ({figure(alike[most])}) and "
        f"least with {least} ({figure(alike[least])}). At 1, a method could not tell the classes apart. No test judges "
        "this."
    )


def _other_networks(found: Explanations, default: str) -> str:
    alike = [one[default].ssim.value for one in found.repeatability.other_seeds.values() if default in one]
    if not alike:
        return ""
    return (
        f"{numbers.word(len(alike)).capitalize()} networks with other seeds and settings give other maps of the same "
        f"radiographs: with {_TITLES[default]}, similarity is {numbers.joined(map(figure, alike))}."
    ).replace("One networks", "One network")


def _places(found: Explanations) -> None:
    judged, marks = found.judged, found.validation.markers
    columns: dict[str, Mapping[str, Estimate | None]] = {}
    hits = ""
    if judged is not None:
        columns["Hits"] = {key: one.hits_unseen_shapes for key, one in judged.methods.items()}
        asked = max(
            (one.hits_unseen_shapes.trials for one in judged.methods.values() if one.hits_unseen_shapes), default=0
        )
        hits = f"Hits: share of {asked:,} {judged.size}, {judged.strength} opacities under the strongest place. "
    for name, split in (("In the lungs", found.validation), ("In the lungs, test", found.test)):
        columns[name] = {key: one[_TRUE].lungs if _TRUE in one else None for key, one in split.mass.items()}
    if marks is not None:
        columns["On drawn letters"] = {
            key: one[_TRUE].share if _TRUE in one else None for key, one in marks.methods.items()
        }
    table(
        ("Method", *columns),
        [
            (title, *(_share(values.get(key)) for values in columns.values()))
            for key, title in _TITLES.items()
            if key in found.validation.mass
        ],
        caption=f"{hits}Other columns: share of the colour, on radiographs correctly classified as pneumonia.",
        key="places",
    )


def _surroundings(found: Explanations, default: str) -> None:
    ui.panel_title("Does it read what surrounds the lungs?")
    ui.facts([_covered(found), _cheating(found), _letters(found, default)])
    validation, test = (found.shortcuts.get(split, {}) for split in ("validation", "test"))
    small = found.surroundings.views if found.surroundings else {}
    rows: list[tuple[str, Cell, Cell]] = []
    for view, title in _VIEWS.items():
        if view in validation or view in test:
            rows.append((title, _view(validation.get(view)), _view(test.get(view))))
        if view in small and view in _SMALL:
            rows.append((_SMALL[view], _view(small[view].get("validation")), _view(small[view].get("test"))))
    network = found.surroundings
    small_are = (
        f"Small networks: {network.preset}, {network.input.size} pixels, {count(network.epochs, 'epoch')} on that view "
        "only. All other rows: this model. "
        if network
        else ""
    )
    samples = [f"{views['clean'].scans:,} {split}" for split, views in found.shortcuts.items() if "clean" in views]
    table(
        ("Visible area", "AUROC, validation", "AUROC, test"),
        rows,
        caption=f"{small_are}On the {numbers.joined(samples)} radiographs whose lungs were outlined. Small figures are "
        "95 % intervals.",
    )


def _covered(found: Explanations) -> str:
    views = found.shortcuts.get("validation", {})
    covered, clean = views.get("lungs_covered"), views.get("clean")
    if covered is None or clean is None or math.isnan(covered.low):
        return ""
    told = (
        f"With the lungs covered, AUROC on {count(covered.scans, 'validation radiograph')} falls from "
        f"{figure(clean.auroc)} to {_told(covered, found.shortcuts.get('test', {}).get('lungs_covered'))}"
    )
    if covered.low > _CHANCE or covered.high < _CHANCE:
        side = "better" if covered.low > _CHANCE else "worse"
        return f"{told}, {side} than chance: the model also reads what surrounds the lungs."
    return f"{told}, no different from chance: no sign that it reads what surrounds the lungs."


def _told(view: View, on_test: View | None) -> str:
    test = f"; test: {figure(on_test.auroc)}" if on_test else ""
    return f"{figure(view.auroc)} (95 % interval {figure_range(view.low, view.high)}{test})"


def _cheating(found: Explanations) -> str:
    """How much the surroundings of the lungs give away."""
    views = found.surroundings.views.get("lungs_covered", {}) if found.surroundings else {}
    covered = views.get("validation")
    if covered is None or math.isnan(covered.low):
        return ""
    told = (
        "A small network trained only on radiographs with the lungs covered reaches AUROC "
        f"{_told(covered, views.get('test'))} on them"
    )
    if covered.low > _CHANCE:
        return f"{told}, better than chance: the surroundings alone give part of the answer away."
    return f"{told}, no better than chance: the surroundings give nothing away."


def _letters(found: Explanations, default: str) -> str:
    marks = found.validation.markers
    if marks is None:
        return ""
    told = (
        f"Letters drawn into a corner of {count(marks.scans, 'validation radiograph')}, like those on films, changed "
        f"{count(marks.turned, 'verdict')}"
    )
    mass = marks.methods.get(default, {}).get(_TRUE)
    if mass is None or mass.share is None or math.isnan(mass.share.value):
        return f"{told}."
    return (
        f"{told}. They cover {percent(marks.area, 1)} of the picture and get {percent(mass.share.value, 1)} of the "
        f"colour of {_TITLES[default]}, on radiographs correctly classified as pneumonia."
    )


def _opacities(found: Explanations) -> None:
    ui.panel_title("What does it take to change the verdict?")
    known = [row for row in found.localisation if not math.isnan(row.called_pneumonia.value)]
    if len(known) > 1:
        least, most = (pick(known, key=lambda row: row.called_pneumonia.value) for pick in (min, max))
        ui.facts(
            [
                f"Drawn opacities change the verdict most often if they are {most.size} and {most.strength} "
                f"({percent(most.called_pneumonia.value)}), least often if {least.size} and {least.strength} "
                f"({percent(least.called_pneumonia.value)})."
            ]
        )
    cells = {(one.size, one.strength): _share(one.called_pneumonia) for one in found.localisation}
    strengths = list(dict.fromkeys(one.strength for one in found.localisation))
    table(
        ("Size", *(strength.capitalize() for strength in strengths)),
        [
            (size.capitalize(), *(cells.get((size, strength), _NONE) for strength in strengths))
            for size in dict.fromkeys(one.size for one in found.localisation)
        ],
        caption="Share of opacities drawn into normal radiographs that changed the verdict to pneumonia. They are "
        "drawings, not disease. In brackets: 95 % intervals.",
        key="opacities",
    )


def _view(view: View | None) -> Cell:
    return _figure(view.estimate if view else None)


def _figure(found: Estimate | None) -> Cell:
    return (
        _NONE
        if found is None or math.isnan(found.value)
        else Cell(figure(found.value), figure_range(found.low, found.high))
    )


def _share(found: Estimate | None) -> Cell:
    return (
        _NONE
        if found is None or math.isnan(found.value)
        else Cell(percent(found.value), percent_range(found.low, found.high))
    )
