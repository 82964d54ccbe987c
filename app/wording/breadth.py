"""For whom and under what circumstances the model works, in words: subgroups, changed scans, refused scans."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.wording.numbers import figure, joined, percent, percent_range, points

if TYPE_CHECKING:
    from app.measured import Evaluation, GateMeasured, GateRefusals, Perturbed, RobustnessTable, Subgroup, Subgroups


def subgroup_title(group: Subgroup) -> str:
    """What the scans of a subgroup have in common."""
    return f"{group.group} ({group.by})"


def perturbation_title(name: str) -> str:
    """What was done to the scans, such as "Contrast" or "JPEG"."""
    return name.upper() if name in _ABBREVIATIONS else name[:1].upper() + name[1:]


_ABBREVIATIONS = {"jpeg"}


def subgroup_sentences(found: Subgroups) -> list[str]:
    """Which subgroup fares worst, what could not be compared and what is not in the data."""
    known = [group for group in found.groups if not math.isnan(group.value)]
    sentences = []
    if len(known) > 1:
        worst = min(known, key=lambda group: group.value)
        sentences.append(
            f"It does worst on {subgroup_title(worst)}: {percent(worst.value, 1)} of {worst.images:,} scans labelled "
            f"{worst.truth} were called right, 95 % interval {percent_range(worst.low, worst.high)}."
        )
    if found.uniform:
        told = joined([f"{question} ({answer})" for question, answer in found.uniform])
        sentences.append(f"The same for all files, so there is nothing to compare: {told}.")
    if found.not_in_the_data:
        sentences.append(
            f"Not in the data: {joined(found.not_in_the_data)}. Whether it works as well for everybody in that respect "
            "could not be measured."
        )
    return sentences


def limits_sentence(table: RobustnessTable) -> str:
    """How much balanced accuracy may drop at each strength."""
    strengths = sorted({row.strength for row in table.perturbed})
    limited = [
        f"at most {points(table.most_drop[one])} at strength {one}" for one in strengths if one in table.most_drop
    ]
    free = [f"strength {one}" for one in strengths if one not in table.most_drop]
    rest = f"; {joined(free)} {'has' if len(free) == 1 else 'have'} no limit" if limited and free else ""
    return f"Balanced accuracy should drop by {joined(limited)}{rest}." if limited else "No limit was set."


def largest_drop_sentence(table: RobustnessTable) -> str:
    """What costs it most, of all settings.

    Args:
        table: with at least one setting.
    """
    worst = max(table.perturbed, key=lambda row: row.drop)
    if worst.drop <= 0:
        return "No setting lowers its balanced accuracy."
    name = worst.perturbation.upper() if worst.perturbation in _ABBREVIATIONS else worst.perturbation
    return f"What costs it most is {name} at strength {worst.strength}: {points(worst.drop)} of balanced accuracy."


def over_sentence(table: RobustnessTable) -> str:
    """Which settings go over their limit."""
    limited = sum(row.strength in table.most_drop for row in table.perturbed)
    if not limited:
        return ""
    if not table.over:
        return f"None of the {limited} settings that have a limit goes over it."
    told = joined([_over(row) for row in table.over])
    number = len(table.over)
    return f"{number} of {limited} settings that have a limit {'goes' if number == 1 else 'go'} over it: {told}."


def _over(row: Perturbed) -> str:
    name = row.perturbation.upper() if row.perturbation in _ABBREVIATIONS else row.perturbation
    return f"{name} at strength {row.strength} (drops {points(row.drop)})"


def gate_refusals_sentence(evaluation: Evaluation, gate: GateMeasured) -> str:
    """How many scans of each split the gate would refuse; empty where that was not measured.

    Args:
        evaluation: with the splits.
        gate: told already; validation is not told again where it counts the same scans.
    """
    test, validation = evaluation.test.refused_by_the_gate, evaluation.validation.refused_by_the_gate
    if validation and (validation.refused, validation.images) == (gate.refused, gate.scans):
        validation = None
    splits = (("test", test), ("validation", validation))
    told = [_refusals(found, name) for name, found in splits if found is not None]
    return f"It would refuse {joined(told)}. They stay in every figure on this page." if told else ""


def _refusals(found: GateRefusals, name: str) -> str:
    share = percent(found.refused / max(1, found.images), 1)
    return (
        f"{found.refused:,} of {found.images:,} {name} scans ({share}, 95 % interval "
        f"{percent_range(found.low, found.high)})"
    )


def restyled_sentence(clean: float | None, restyled: float | None) -> str:
    """What is left when a scan has the look of the other class; empty where not measured."""
    if clean is None or restyled is None or not restyled < clean:
        return ""
    return (
        f"Given the sharpness and grey values of scans of the other class, its AUROC on validation falls from "
        f"{figure(clean)} to {figure(restyled)}: in part it goes by how a picture was made."
    )
