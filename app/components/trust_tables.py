"""Tables of how far heatmaps can be trusted: the scorecard, its figures, shortcuts and made opacities."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from app import wording
from app.components.tables import Cell, Row, draw_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.measured import Estimate, Explanations, Faithfulness, View

Words = tuple[Callable[[float], str], Callable[[float, float], str]]
"""How a value and its interval are told."""

FIGURE: Words = (wording.figure, wording.figure_range)
SHARE: Words = (wording.percent, wording.percent_range)
LIKENESS: Words = (wording.likeness, wording.figure_range)
GAIN: Words = (wording.signed_figure, wording.figure_range)

NONE = Cell("–")


def scorecard_table(known: Explanations, titles: Mapping[str, str], *, caption: str) -> None:
    """Which tests each method passes, as symbol and word.

    Args:
        known: what was measured.
        titles: of the methods, by key, in the order to show them.
        caption: of the table.
    """
    rows: list[Row] = [
        (title, tuple(_verdict(known.scorecard[key].get(test)) for test in wording.TEST_TITLES))
        for key, title in titles.items()
        if key in known.scorecard
    ]
    draw_table(("Method", *wording.TEST_TITLES.values()), rows, caption=caption, kind="stack")


def _verdict(passes: bool | None) -> Cell:
    if passes is None:
        return Cell("not judged")
    return Cell("✓ passes") if passes else Cell("", mark="✗ fails")


def deletion_table(known: Explanations, titles: Mapping[str, str], *, caption: str) -> None:
    """Area under the deletion and insertion curves, against the baselines.

    Args:
        known: what was measured.
        titles: of methods and baselines, by key, in the order to show them.
        caption: of the table.
    """
    tests = known.test.faithfulness
    rows: list[Row] = [
        (
            title,
            (
                _estimate(found.deletion, FIGURE),
                _gain(found, "random"),
                _gain(found, "centre"),
                _estimate(found.insertion, FIGURE),
                _estimate(tests[key].deletion, FIGURE) if key in tests else NONE,
                Cell(f"{found.scans:,}"),
            ),
        )
        for key, title in titles.items()
        if (found := known.validation.faithfulness.get(key)) is not None
    ]
    head = ("Method", "Deletion", "Better than random", "Better than centre", "Insertion", "Deletion on test", "Scans")
    draw_table(head, rows, caption=caption, kind="stack")


def _gain(found: Faithfulness, baseline: str) -> Cell:
    gains = found.deletion_advantage or {}
    return _estimate(gains[baseline], GAIN) if baseline in gains else NONE


def likeness_table(known: Explanations, titles: Mapping[str, str], *, caption: str) -> None:
    """How alike maps are where they should not be, and where they should; only what was measured.

    Args:
        known: what was measured.
        titles: of the methods, by key, in the order to show them.
        caption: of the table.
    """
    columns: dict[str, Mapping[str, Estimate]] = {
        "Network forgot": {key: one.likeness for key, one in known.randomisation.items()}
    }
    if known.random_labels is not None:
        taught = known.random_labels.methods
        columns["Taught random labels"] = {key: one.likeness for key, one in taught.items()}
    columns["Unlike scans"] = {key: one.random_pair for key, one in known.randomisation.items()}
    columns["Mild change"] = known.repeatability
    if known.shifts is not None:
        columns["Moved a little"] = known.shifts.likeness
    if known.classes:
        columns["Two classes"] = known.classes
    rows: list[Row] = [
        (title, tuple(_estimate(found.get(key), LIKENESS) for found in columns.values()))
        for key, title in titles.items()
        if key in known.randomisation
    ]
    draw_table(("Method", *columns), rows, caption=caption, kind="stack")


def place_table(known: Explanations, titles: Mapping[str, str], *, caption: str) -> None:
    """How often maps hit a made opacity, where the file says which are judged, and how much of them lies where.

    Args:
        known: what was measured.
        titles: of the methods, by key, in the order to show them.
        caption: of the table.
    """
    judged, marks = known.judged, known.validation.markers
    rows: list[Row] = [
        (
            title,
            (
                *((_estimate(judged.hits_unseen_shapes.get(key), SHARE),) if judged else ()),
                *(_estimate(_in_lungs(known, split, key), SHARE) for split in ("validation", "test")),
                *((_estimate(marks.shares.get(key, {}).get("true_positive"), SHARE),) if marks else ()),
            ),
        )
        for key, title in titles.items()
        if key in known.validation.mass
    ]
    hits = ("Hits, unseen shapes",) if judged else ()
    letters = ("On drawn letters",) if marks else ()
    head = ("Method", *hits, "In the lungs", "In the lungs on test", *letters)
    draw_table(head, rows, caption=caption, kind="stack")


def _in_lungs(known: Explanations, split: str, key: str) -> Estimate | None:
    part = known.test if split == "test" else known.validation
    found = part.mass.get(key, {}).get("true_positive")
    return found.lungs if found else None


def shortcut_table(known: Explanations, *, caption: str) -> None:
    """AUROC on scans with parts taken away, on both splits; of this model, and of small networks where there are any.

    Args:
        known: what was measured.
        caption: of the table.
    """
    validation, test = (known.shortcuts.get(split, {}) for split in ("validation", "test"))
    small = known.surroundings.views if known.surroundings else {}
    rows: list[Row] = []
    for name, title in wording.VIEW_TITLES.items():
        if name in validation or name in test:
            rows.append((title, (_view(validation.get(name)), _view(test.get(name)))))
        if name in small and name in wording.SMALL_NETWORK_TITLES:
            found = small[name]
            cells = (_view(found.get("validation")), _view(found.get("test")))
            rows.append((wording.SMALL_NETWORK_TITLES[name], cells))
    draw_table(("What was left to see", "AUROC, validation", "AUROC, test"), rows, caption=caption, kind="grid")


def _view(view: View | None) -> Cell:
    return _estimate(view.auroc, FIGURE) if view else NONE


def opacity_table(known: Explanations, *, caption: str) -> None:
    """How many made opacities turned the verdict, by size and strength.

    Args:
        known: what was measured.
        caption: of the table.
    """
    rows_of = {(one.size, one.strength): one for one in known.opacities}
    sizes = dict.fromkeys(one.size for one in known.opacities)
    strengths = dict.fromkeys(one.strength for one in known.opacities)
    rows: list[Row] = [
        (
            size.capitalize(),
            tuple(
                _estimate(found.called_pneumonia, SHARE) if (found := rows_of.get((size, strength))) else NONE
                for strength in strengths
            ),
        )
        for size in sizes
    ]
    draw_table(("Size", *(strength.capitalize() for strength in strengths)), rows, caption=caption, kind="grid")


def _estimate(found: Estimate | None, words: Words) -> Cell:
    """A figure with its interval; a dash where it was not measured or is not defined."""
    if found is None or math.isnan(found.value):
        return NONE
    value, interval = words
    return Cell(value(found.value), interval(found.low, found.high))
