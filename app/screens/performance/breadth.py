"""For whom and on what pictures the figures hold: subgroups, altered radiographs, what the input check rejects."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import charts, metrics, numbers
from app.ui import page as ui
from app.ui.intervals import Interval, IntervalsDisplay
from app.ui.numbers import count, figure, figure_range, percent, percent_range
from app.ui.table import Cell, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.screens.prelude import Page
    from model.records.evaluation import Evaluation, GateRefusals, Subgroup, Subgroups
    from model.records.gate import GateMeasured, Impostor
    from model.records.robustness import Perturbed, Rates, RobustnessTable

_KINDS = {
    "bacteria": "Bacterial pneumonia",
    "virus": "Viral pneumonia",
    "IM": "Normal, series IM",
    "NORMAL2": "Normal, series NORMAL2",
    "other": "Other file names",
}
_KIND, _QUESTIONS = "kind by file name", {"size": "longer side", "mode": "colour mode of the file"}


def draw(page: Page) -> None:
    """Three sections."""
    known = page.measured
    if known is None:
        return
    _groups(known.evaluation)
    _altered(known.robustness.test if known.robustness else None)
    _rejects(known.gate, known.evaluation)


def _groups(evaluation: Evaluation | None) -> None:
    ui.section("For whom does it work?", "Parts of the test split, as far as the files tell them apart.")
    found = evaluation.test.subgroups if evaluation else None
    if evaluation is None or found is None:
        ui.note("Parts of the test split were not measured for this model.")
        return
    ui.facts(_of_groups(found))
    if not found.groups:
        return
    rows = [
        Interval(_title(one), one.value, one.low, one.high, f"truly {one.truth}", {"radiographs": one.images})
        for one in found.groups
    ]
    with st.container(border=True):
        display = IntervalsDisplay(rows, "Classified correctly")
        charts.draw(display, key="subgroups", title="Classified correctly, by group")
    table(
        ("Group", "True label", "Radiographs", "Classified correctly", "AUROC"),
        [
            (
                _title(one),
                one.truth,
                f"{one.images:,}",
                Cell(percent(one.value, 1), percent_range(one.low, one.high)),
                Cell(figure(one.auroc), figure_range(one.auroc_low, one.auroc_high)),
            )
            for one in found.groups
        ],
        caption=f"At the {metrics.point_name(evaluation.test.operating_point)} operating point. AUROC: against all "
        "radiographs of the other class. In brackets: 95 % intervals.",
        key="subgroups-table",
    )


def _title(group: Subgroup) -> str:
    if group.by == _KIND:
        return _KINDS.get(group.group, group.group)
    return f"{group.group} ({_QUESTIONS.get(group.by, group.by)})"


def _of_groups(found: Subgroups) -> list[str]:
    known = [group for group in found.groups if not math.isnan(group.value)]
    told = []
    if len(known) > 1:
        worst = min(known, key=lambda group: group.value)
        right = percent(worst.value, 1)
        told.append(
            f"It does worst on “{_title(worst)}”: {right} of {worst.images:,} radiographs were classified correctly "
            f"(95 % interval {percent_range(worst.low, worst.high)})."
        )
    if any(group.by == _KIND for group in found.groups):
        told.append(
            "The data set’s file names say whether pneumonia is bacterial or viral, and put normal "
            "radiographs into two series, IM and NORMAL2. It does not say how the two series differ."
        )
    if found.uniform:
        same = numbers.joined(f"{_QUESTIONS.get(by, by)} ({answer})" for by, answer in found.uniform.items())
        told.append(f"The same in all files, so there is nothing to compare: {same}.")
    if found.not_in_the_data:
        told.append(f"Not recorded in the data, so not compared: {numbers.joined(found.not_in_the_data)}.")
    return told


def _altered(found: RobustnessTable | None) -> None:
    ui.section(
        "How much does picture quality matter?",
        "The test radiographs, exposed, stored or framed differently. Strength 1: hardly noticeable. Strength 3: a "
        "reader would complain.",
    )
    if found is None:
        ui.note("Altered radiographs were not measured for this model, or the file cannot be read.")
        return
    ui.facts([_limits(found), _over(found), _largest_drop(found)])
    rows = [
        Interval(_alteration(row.perturbation), -100 * row.drop, series=f"strength {row.strength}", more=_more(row))
        for row in sorted(found.perturbed, key=lambda row: row.strength)
    ]
    limits = {f"limit {strength}": -100 * drop for strength, drop in found.most_drop.items()}
    with st.container(border=True):
        display = IntervalsDisplay(rows, "Change in percentage points", "+.0f", limits)
        note = "Left of zero: worse than on the unaltered radiographs."
        charts.draw(display, key="robustness", title="Change of balanced accuracy", note=note)
    strengths = sorted({row.strength for row in found.perturbed})
    cells = {(row.perturbation, row.strength): _change(found, row) for row in found.perturbed}
    names = dict.fromkeys(row.perturbation for row in found.perturbed)
    table(
        ("Altered", *(f"Strength {strength}" for strength in strengths)),
        [(_alteration(name), *(cells.get((name, at), "–") for at in strengths)) for name in names],
        caption=f"Balanced accuracy on {count(found.images, 'radiograph')}: change in percentage points, − is a drop.",
    )
    with st.expander("AUROC, sensitivity and specificity for every alteration"):
        unaltered = [("Unaltered", "–", *_rates(found.unchanged), "–")]
        table(
            ("Altered", "Strength", "AUROC", "Sensitivity", "Specificity", "Change"),
            unaltered
            + [
                (_alteration(row.perturbation), str(row.strength), *_rates(row), _change(found, row).line)
                for row in found.perturbed
            ],
            caption="At the balanced operating point. Change: of balanced accuracy, in percentage points.",
            key="robustness-table",
        )


def _alteration(name: str) -> str:
    return "JPEG" if name == "jpeg" else name[:1].upper() + name[1:]


def _more(row: Perturbed) -> dict[str, object]:
    names = ("auroc", "sensitivity", "specificity", "balanced_accuracy")
    return {f"{name.replace('_', ' ')} (0 to 1)": getattr(row, name) for name in names}


def _rates(row: Rates) -> tuple[str, str, str]:
    return figure(row.auroc), percent(row.sensitivity, 1), percent(row.specificity, 1)


def _change(found: RobustnessTable, row: Perturbed) -> Cell:
    return Cell(numbers.signed_points(-row.drop), mark="▼ over limit" if found.is_over(row) else "")


def _limits(found: RobustnessTable) -> str:
    if not found.most_drop:
        return "No limit was set."
    told = [f"{numbers.points(drop)} at strength {strength}" for strength, drop in sorted(found.most_drop.items())]
    free = sorted({row.strength for row in found.perturbed} - found.most_drop.keys())
    rest = f" Strength {numbers.joined(map(str, free))} has no limit." if free else ""
    return f"Balanced accuracy may drop by at most {numbers.joined(told)}.{rest}"


def _over(found: RobustnessTable) -> str:
    limited = sum(row.strength in found.most_drop for row in found.perturbed)
    if not limited:
        return ""
    if not found.over:
        return f"All {limited} settings that have a limit stay within it."
    over = numbers.joined(f"{_setting(row)} ({numbers.points(row.drop)})" for row in found.over)
    return f"{len(found.over)} of {limited} settings that have a limit exceed it: {over}."


def _largest_drop(found: RobustnessTable) -> str:
    if not found.perturbed:
        return ""
    worst = max(found.perturbed, key=lambda row: row.drop)
    if worst.drop <= 0:
        return "No setting lowers balanced accuracy."
    return f"The largest drop: {_setting(worst)}, {numbers.points(worst.drop)}."


def _setting(row: Perturbed) -> str:
    name = _alteration(row.perturbation)
    return f"{name if name.isupper() else name.lower()} at strength {row.strength}"


def _rejects(gate: GateMeasured | None, evaluation: Evaluation | None) -> None:
    ui.section("What does it reject?", "A check before the verdict: is this an upright frontal chest radiograph?")
    if gate is None:
        ui.note("No input check was measured for this model: it may give a verdict on any picture.")
        return
    low, high = gate.interval
    ui.facts(
        [
            f"It rejected {_rejected(gate.impostors)} (measured on {numbers.day(gate.measured)}).",
            f"Wrongly rejected: {gate.refused:,} of {count(gate.scans, 'validation radiograph')}, "
            f"{percent(gate.refused / max(1, gate.scans), 1)} (95 % interval {percent_range(low, high)}). The limit "
            "was set on the same radiographs, so new ones may be rejected more often.",
            _of_splits(evaluation, gate),
            "No lateral views and no adults were available for testing, so some of them may be accepted.",
        ]
    )
    with st.expander("What it rejected, by kind of picture"):
        table(
            ("Kind of picture", "Pictures", "Rejected", "AUROC", "In its training"),
            [
                (
                    _alteration(one.kind.removesuffix(" (never taught)")),
                    f"{one.pictures:,}",
                    f"{one.refused:,}",
                    figure(one.auroc),
                    "yes" if one.taught else "no",
                )
                for one in gate.impostors
            ],
            caption="AUROC: how well it tells these pictures from validation radiographs.",
            key="rejected-table",
        )


def _rejected(impostors: Sequence[Impostor]) -> str:
    parts = []
    for taught, told in ((True, "seen in its training"), (False, "it had not seen before")):
        kinds = [one for one in impostors if one.taught is taught]
        if kinds:
            refused, pictures = sum(one.refused for one in kinds), sum(one.pictures for one in kinds)
            parts.append(f"{refused:,} of {pictures:,} pictures of {count(len(kinds), 'kind')} {told}")
    return numbers.joined(parts) or "nothing, as no other pictures were tried"


def _of_splits(evaluation: Evaluation | None, gate: GateMeasured) -> str:
    """How many radiographs of each split it would reject; validation only where it is not the sample named before."""
    if evaluation is None:
        return ""
    found = {
        "test": evaluation.test.refused_by_the_gate,
        "validation": evaluation.validation.refused_by_the_gate,
    }
    validation = found["validation"]
    if validation and (validation.refused, validation.images) == (gate.refused, gate.scans):
        del found["validation"]
    told = [_of_split(name, one) for name, one in found.items() if one]
    return f"It would reject {numbers.joined(told)}. They stay in all figures on this page." if told else ""


def _of_split(name: str, found: GateRefusals) -> str:
    share = percent(found.refused / max(1, found.images), 1)
    ends = percent_range(found.low, found.high)
    return f"{found.refused:,} of {found.images:,} {name} radiographs ({share}, 95 % interval {ends})"
