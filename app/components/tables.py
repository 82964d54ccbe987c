"""Tables of the Performance page: operating points, subgroups and changed scans."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app import wording
from model.records.manifest import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.measured import Evaluation, Metric, Perturbed, RobustnessTable, Subgroups


@dataclass(frozen=True)
class Cell:
    """What stands in one cell.

    Attributes:
        text: the figure.
        under: below it and quieter, such as an interval.
        mark: a word that sets the cell apart, or "".
    """

    text: str
    under: str = ""
    mark: str = ""


Row = tuple[str, tuple[Cell, ...]]


def draw_table(head: Sequence[str], rows: Sequence[Row], *, caption: str, kind: str, tall: bool = False) -> None:
    """A table whose first column names the rows.

    Args:
        head: names of all columns.
        rows: name and the other cells of each.
        caption: of the table.
        kind: "stack": on a narrow screen each row becomes a block; "grid": it stays a table.
        tall: whether it scrolls within itself where it would be long; the arrow keys then move it, too.
    """
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(_cell(cell, label) for cell, label in zip(cells, head[1:], strict=True))
        + "</tr>"
        for name, cells in rows
    )
    scrolls = f' cx-scroll--tall" tabindex="0" role="region" aria-label="{escape(caption)}' if tall else ""
    st.html(
        f'<div class="cx-panel cx-scroll{scrolls}"><table class="cx-table cx-table--{kind}">'
        f"<caption>{escape(caption)}</caption><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(cell: Cell, label: str) -> str:
    under = f'<span class="cx-under">{escape(cell.under)}</span>' if cell.under else ""
    mark = f'<span class="cx-mark">{escape(cell.mark)}</span>' if cell.mark else ""
    return f'<td data-label="{escape(label)}"><span class="cx-num">{escape(cell.text)}</span>{under}{mark}</td>'


def points_table(evaluation: Evaluation, *, caption: str) -> None:
    """What each operating point does on test, beside what validation led to expect.

    Args:
        evaluation: of the model.
        caption: of the table.
    """
    points = evaluation.operating_points
    measured = [test.metrics for point in points if (test := evaluation.test.at(point.name)) is not None]
    rows: list[Row] = [("Threshold", tuple(_share(Estimate(one.threshold, one.low, one.high)) for one in points))]
    for name, title in (("sensitivity", "Sensitivity"), ("specificity", "Specificity")):
        promised: list[Estimate] = [getattr(point, name) for point in points]
        found = [metrics[name] for metrics in measured]
        rows.append((f"{title} on test", tuple(map(_against, found, promised))))
        rows.append((f"{title} expected from validation", tuple(map(_share, promised))))
    rows += [
        (wording.METRIC_TITLES[name], tuple(_share(metrics[name]) for metrics in measured))
        for name in ("precision", "npv")
    ]
    rows += [
        (title, tuple(_mistakes(metrics[name]) for metrics in measured))
        for name, title in (("sensitivity", "Missed"), ("specificity", "False alarms"))
    ]
    head = ("Operating point", *(wording.point_title(point.name) for point in points))
    draw_table(head, rows, caption=caption, kind="stack")


def _share(found: Metric | Estimate) -> Cell:
    return Cell(wording.percent(found.value, 1), wording.percent_range(found.low, found.high))


def _against(metric: Metric, promised: Estimate) -> Cell:
    mark = "below" if metric.value < promised.low else "above" if metric.value > promised.high else ""
    return Cell(
        wording.percent(metric.value, 1),
        wording.percent_range(metric.low, metric.high),
        f"{'▼' if mark == 'below' else '▲'} {mark} what was expected" if mark else "",
    )


def _mistakes(metric: Metric) -> Cell:
    """The scans that a rate does not count as right, with the interval of their share."""
    trials, wrong = metric.trials or 0, (metric.trials or 0) - (metric.successes or 0)
    if not trials:
        return Cell("not defined")
    share = wording.percent(wrong / trials, 1)
    return Cell(f"{wrong:,} of {trials:,}", f"{share}; {wording.percent_range(1 - metric.high, 1 - metric.low)}")


def subgroup_table(found: Subgroups, *, caption: str) -> None:
    """How the model does on parts of the test split.

    Args:
        found: the parts.
        caption: of the table.
    """
    rows: list[Row] = [
        (
            wording.subgroup_title(group),
            (
                Cell(group.truth),
                Cell(f"{group.images:,}"),
                Cell(
                    wording.percent(group.value, 1),
                    f"{wording.percent_range(group.low, group.high)} ({group.rate})",
                ),
                Cell(wording.figure(group.auroc), wording.figure_range(group.auroc_low, group.auroc_high)),
            ),
        )
        for group in found.groups
    ]
    draw_table(("Group", "True label", "Scans", "Called right", "AUROC"), rows, caption=caption, kind="stack")


def robustness_overview(table: RobustnessTable, *, caption: str) -> None:
    """Change of balanced accuracy by perturbation and strength; what goes over its limit is marked in words.

    Args:
        table: of one split.
        caption: of the table.
    """
    strengths = sorted({row.strength for row in table.perturbed})
    cells = {(row.perturbation, row.strength): row for row in table.perturbed}
    names = dict.fromkeys(row.perturbation for row in table.perturbed)
    rows: list[Row] = [
        (
            wording.perturbation_title(name),
            tuple(
                Cell(_change(row), mark=_over(table, row)) if (row := cells.get((name, strength))) else Cell("–")
                for strength in strengths
            ),
        )
        for name in names
    ]
    draw_table(("Changed in", *(f"Strength {one}" for one in strengths)), rows, caption=caption, kind="grid")


def robustness_table(table: RobustnessTable, *, caption: str) -> None:
    """All figures of every perturbation at every strength, unchanged scans first.

    Args:
        table: of one split.
        caption: of the table.
    """
    same = table.unchanged
    rows: list[Row] = [
        (
            "Unchanged",
            (
                Cell("–"),
                Cell(wording.figure(same.auroc)),
                Cell(wording.percent(same.sensitivity, 1)),
                Cell(wording.percent(same.specificity, 1)),
                Cell("–"),
            ),
        )
    ]
    rows += [
        (
            wording.perturbation_title(row.perturbation),
            (
                Cell(str(row.strength)),
                Cell(wording.figure(row.rates.auroc)),
                Cell(wording.percent(row.rates.sensitivity, 1)),
                Cell(wording.percent(row.rates.specificity, 1)),
                Cell(_change(row), mark=_over(table, row)),
            ),
        )
        for row in table.perturbed
    ]
    head = ("Changed in", "Strength", "AUROC", "Sensitivity", "Specificity", "Change")
    draw_table(head, rows, caption=caption, kind="grid")


def _change(row: Perturbed) -> str:
    return wording.signed_points(-row.drop)


def _over(table: RobustnessTable, row: Perturbed) -> str:
    return "▼ over limit" if table.is_over(row) else ""
