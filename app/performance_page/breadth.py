"""For whom and on what pictures the figures hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import wording
from app.components import charts, charts_breadth, figures, markup, tables

if TYPE_CHECKING:
    from app.measured import Evaluation, GateMeasured, Robustness


def groups(evaluation: Evaluation) -> None:
    """Parts of the test split."""
    markup.section("Who it works for", "Parts of the test split, as far as the files tell them apart.")
    found = evaluation.test.subgroups
    if found is None:
        markup.note("Parts of the test split were not measured for this model.")
        return
    told = wording.subgroup_sentences(found)
    markup.facts(told)
    if found.groups:
        with st.container(border=True):
            markup.panel_title("Called right, by group")
            charts.draw(
                charts_breadth.subgroups(found),
                key="subgroups",
                alt=f"Share called right by group, with intervals; figures in the table below. {' '.join(told[:1])}",
                data=lambda: charts_breadth.subgroups_data(found),
            )
        tables.subgroup_table(
            found,
            caption=f"Called right at the {wording.point_name(evaluation.test.operating_point)} operating point. "
            "AUROC: against all scans of the other class. Small figures are 95 % intervals.",
        )


def sturdy(robustness: Robustness | None) -> None:
    """Scans exposed, stored or framed differently."""
    markup.section(
        "How sturdy it is",
        "The test scans, exposed, stored or framed differently: strength 1 is what nobody would notice, strength 3 "
        "what a reader would complain about.",
    )
    if robustness is None:
        markup.note("What it does on changed scans was not measured for this model, or cannot be read.")
        return
    table = robustness.test
    told = [one for one in (wording.limits_sentence(table), wording.over_sentence(table)) if one]
    markup.facts([*told, wording.largest_drop_sentence(table)] if table.perturbed else told)
    with st.container(border=True):
        markup.panel_title("Change of balanced accuracy", "Left of the middle: worse than on unchanged scans.")
        charts.draw(
            charts_breadth.robustness(table),
            key="robustness",
            alt=f"Change of balanced accuracy by kind and strength; the table below has the figures. {' '.join(told)}",
            data=lambda: charts_breadth.robustness_data(table),
        )
    tables.robustness_overview(
        table,
        caption=f"Change of balanced accuracy in percentage points, on {wording.images(table.images)}; − is a drop.",
    )
    with st.expander("AUROC, sensitivity and specificity of every change"):
        tables.robustness_table(
            table, caption="At the balanced operating point. Change: of balanced accuracy, in percentage points."
        )


def refuses(gate: GateMeasured | None, evaluation: Evaluation | None) -> None:
    """The input gate."""
    markup.section("What it refuses to score")
    if gate is None:
        markup.note("No check of the input was measured for this model: it may answer for any picture.")
        return
    sentences = [
        f"It refused {wording.gate_refused(gate)}, measured on {wording.day(gate.measured)}.",
        wording.false_refusal_sentence(gate),
        wording.gate_refusals_sentence(evaluation, gate) if evaluation is not None else "",
        "No lateral views and no adults were available to measure, so it may let them pass.",
    ]
    markup.facts(sentence for sentence in sentences if sentence)
    with st.expander("What it refused, by kind of picture"):
        figures.gate_table(gate, caption="AUROC: how well it tells them from validation scans.")
