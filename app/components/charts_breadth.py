"""For whom and on what pictures the figures hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from app.components.charts import compose
from app.wording import perturbation_title, subgroup_title

if TYPE_CHECKING:
    from app.components.chart_data import Data
    from app.measured import RobustnessTable, Subgroups

_ROW, _REST = 44, 120
_LIMIT = {"dash": "dot", "color": "rgba(128,128,128,.9)"}
_SYMBOLS = ("circle", "diamond", "square", "triangle-up")


def subgroups(found: Subgroups) -> go.Figure:
    """The share called right in each subgroup, with its 95 % interval; one colour and symbol a true label.

    Args:
        found: the parts of the split.

    Returns:
        The figure.
    """
    one_kind = len({group.by for group in found.groups}) == 1
    traces = []
    for number, truth in enumerate(dict.fromkeys(group.truth for group in found.groups)):
        groups = [group for group in found.groups if group.truth == truth]
        traces.append(
            go.Scatter(
                x=[group.value for group in groups], mode="markers",
                y=[group.group if one_kind else subgroup_title(group) for group in groups],
                name=f"truly {truth}", marker={"size": 12, "symbol": _SYMBOLS[number % len(_SYMBOLS)]},
                error_x={
                    "type": "data", "symmetric": False, "thickness": 2, "width": 6,
                    "array": [group.high - group.value for group in groups],
                    "arrayminus": [group.value - group.low for group in groups],
                },
                customdata=[group.images for group in groups],
                hovertemplate="%{y}: %{x:.1%} of %{customdata} scans called right<extra></extra>",
            )
        )  # fmt: skip
    return compose(
        traces,
        x={"title": "Called right", "tickformat": ".0%"},
        y={"title": "", "autorange": "reversed"},
        layout={"height": _REST + _ROW * len(found.groups)},
    )


def subgroups_data(found: Subgroups) -> Data:
    """The subgroups' figures, to download."""
    groups = found.groups
    return {
        "group": [subgroup_title(group) for group in groups],
        "true label": [group.truth for group in groups],
        "scans": [group.images for group in groups],
        "rate": [group.rate for group in groups],
        "called right (0 to 1)": [group.value for group in groups],
        "called right, 95 % interval from": [group.low for group in groups],
        "called right, 95 % interval to": [group.high for group in groups],
        "AUROC (0 to 1)": [group.auroc for group in groups],
        "AUROC, 95 % interval from": [group.auroc_low for group in groups],
        "AUROC, 95 % interval to": [group.auroc_high for group in groups],
    }


def robustness(table: RobustnessTable) -> go.Figure:
    """The change of balanced accuracy in percentage points, one symbol a strength, with the limits as lines.

    Args:
        table: of one split.

    Returns:
        The figure.
    """
    names = list(dict.fromkeys(row.perturbation for row in table.perturbed))
    strengths = sorted({row.strength for row in table.perturbed})
    traces = [
        go.Scatter(
            x=[-100 * row.drop for row in rows], mode="markers",
            y=[perturbation_title(row.perturbation) for row in rows],
            name=f"strength {strength}", marker={"size": 11, "symbol": _SYMBOLS[number % len(_SYMBOLS)]},
            hovertemplate="%{y}, %{fullData.name}: %{x:+.1f} percentage points<extra></extra>",
        )
        for number, strength in enumerate(strengths)
        if (rows := [row for row in table.perturbed if row.strength == strength])
    ]  # fmt: skip
    limits = [
        {"type": "line", "x0": -100 * most, "x1": -100 * most, "y0": 0, "y1": 1, "yref": "paper", "line": _LIMIT}
        for most in table.most_drop.values()
    ]
    notes = [
        {
            "x": -100 * most,
            "text": f"limit {strength}",
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "showarrow": False,
        }
        for strength, most in table.most_drop.items()
    ]
    return compose(
        traces,
        x={"title": "Change in percentage points", "tickformat": "+.0f", "zeroline": True},
        y={"title": "", "autorange": "reversed"},
        layout={
            "height": _REST + _ROW // 2 * len(names),
            "shapes": limits,
            "annotations": notes,
            "margin": {"l": 8, "r": 8, "t": 30, "b": 8},
            "legend": {"orientation": "h", "y": -0.25, "x": 0, "font": {"size": 13}},
        },
    )


def robustness_data(table: RobustnessTable) -> Data:
    """All figures on changed scans, to download."""
    rows = table.perturbed
    return {
        "changed in": [perturbation_title(row.perturbation) for row in rows],
        "strength": [row.strength for row in rows],
        "change of balanced accuracy (-1 to 1)": [-row.drop for row in rows],
        "AUROC (0 to 1)": [row.rates.auroc for row in rows],
        "sensitivity (0 to 1)": [row.rates.sensitivity for row in rows],
        "specificity (0 to 1)": [row.rates.specificity for row in rows],
    }
