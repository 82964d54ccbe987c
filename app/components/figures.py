"""Figures of the Performance page that are text: tiles and the table of metrics."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app import wording
from app.wording.glossary import meaning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.measured import GateMeasured, Metric, SplitResult


def tiles(metrics: Sequence[Metric], split: SplitResult) -> None:
    """The most important metrics, large.

    Args:
        metrics: which.
        split: that they were measured on.
    """
    drawn = "".join(
        f'<section class="cx-panel"{_explained(one)}>'
        f'<p class="cx-over">{escape(wording.METRIC_TITLES.get(one.name, one.name))}</p>'
        f'<p class="cx-tile__value">{escape(wording.metric_shown(one))}</p>'
        f'<p class="cx-tile__range">{escape(interval(one))}</p>'
        f'<p class="cx-tile__words">{escape(wording.metric_in_words(one, split))}</p></section>'
        for one in metrics
    )
    st.html(f'<div class="cx-tiles">{drawn}</div>')


def metric_table(split: SplitResult, *, caption: str) -> None:
    """All metrics with their intervals and a line in plain words.

    Args:
        split: that they were measured on.
        caption: of the table.
    """
    known = [split.metrics[name] for name in wording.METRIC_TITLES if name in split.metrics]
    others = [metric for name, metric in split.metrics.items() if name not in wording.METRIC_TITLES]
    rows = "".join(
        f'<tr><th scope="row"{_explained(one)}>{escape(wording.METRIC_TITLES.get(one.name, one.name))}</th>'
        f'<td class="cx-num">{escape(wording.metric_shown(one))}</td>'
        f'<td class="cx-num">{escape(wording.metric_bounds(one))}</td>'
        f"<td>{escape(wording.metric_in_words(one, split))}</td></tr>"
        for one in known + others
    )
    st.html(
        f'<div class="cx-panel"><table class="cx-table"><caption>{escape(caption)}</caption><thead><tr>'
        '<th scope="col">Metric</th><th scope="col">Value</th><th scope="col">95 % interval</th>'
        f'<th scope="col">In plain words</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _explained(metric: Metric) -> str:
    """The attribute that shows what a figure's name means; none for a name that says it."""
    text = meaning(metric.name)
    return f' title="{escape(text)}"' if text else ""


def gate_table(gate: GateMeasured, *, caption: str) -> None:
    """What the input gate refused, by kind of picture.

    Args:
        gate: what it was measured to do.
        caption: of the table.
    """
    rows = "".join(
        f'<tr><th scope="row">{escape(one.kind[:1].upper() + one.kind[1:])}</th>'
        f'<td class="cx-num">{one.pictures:,}</td><td class="cx-num">{one.refused:,}</td>'
        f'<td class="cx-num">{escape(wording.figure(one.auroc))}</td></tr>'
        for one in gate.impostors
    )
    st.html(
        f'<div class="cx-panel"><table class="cx-table cx-table--counts"><caption>{escape(caption)}</caption>'
        '<thead><tr><th scope="col">Kind of picture</th><th scope="col" class="cx-num">Pictures</th>'
        '<th scope="col" class="cx-num">Refused</th><th scope="col" class="cx-num">AUROC</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def interval(metric: Metric) -> str:
    """The interval in words."""
    return f"95 % interval {wording.metric_bounds(metric)}"
