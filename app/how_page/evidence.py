"""From the last maps to the percentage: votes, logits, softmax, calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import wording
from app.components import charts, markup, tables
from app.how_page import figures, pictures
from app.how_page.scene import section
from app.services import inspection
from app.wording import how
from model.inspection import by_region

if TYPE_CHECKING:
    from app.how_page.scene import Looked, Scene
    from model.inspection import Votes
    from model.predictor import Prediction


def votes(scene: Scene, looked: Looked) -> None:
    """Every region's vote, and that they add up."""
    found = looked.inside.votes
    if found is None:
        section("votes", "4 · From the maps to the evidence")
        markup.note(how.NO_VOTES)
        return
    section("votes", "4 · Every region votes", how.votes_intro(looked.inside))
    left, right = st.columns(2, gap="medium")
    _, windowed = inspection.as_read(scene.predictor, scene.case)
    left.image(
        pictures.plain_png(pictures.voting(windowed, found.cells, side=560)),
        caption="The votes over what the network read: orange for Pneumonia, blue for Normal",
        width="stretch",
        alt="The radiograph with each region coloured by its vote",
    )
    with right:
        charts.draw(
            figures.vote_grid(found),
            key="how-votes",
            alt=f"Votes of {found.cells.size} regions; with the bias they make {wording.signed_figure(found.total)}",
        )
    left, right = st.columns(2, gap="medium")
    with left:
        markup.definitions(how.votes_sum(found, _logits(looked)))
    with right:
        _regions(found, scene.prediction)


def _regions(found: Votes, prediction: Prediction) -> None:
    gate = prediction.gate
    known = gate is not None and gate.accepted and bool((gate.lungs >= 0.5).any())
    rows = how.region_rows(by_region(found, gate.lungs if gate is not None and known else None))
    tables.draw_table(
        ("Where", "Sum of votes"),
        [(name, (tables.Cell(wording.signed_figure(value)),)) for name, value in rows],
        caption="Above zero: for Pneumonia. A vote says what a place added, not that disease is there.",
        kind="grid",
    )


def probability(scene: Scene, looked: Looked) -> None:
    """Softmax and calibration, to the number of the Predict page."""
    calibration, prediction = scene.predictor.manifest.calibration, scene.prediction
    section(
        "probability",
        "5 · From evidence to a percentage",
        how.calibration_intro(calibration),
    )
    logits = _logits(looked)
    left, right = st.columns(2, gap="medium")
    with left:
        markup.definitions(how.softmax_lines(logits, calibration, prediction))
        markup.note(wording.EQUAL_PREVALENCE)
    with right:
        difference = logits[1] - logits[0]
        charts.draw(
            figures.calibration_curve(calibration, difference, prediction.probability),
            key="how-calibration",
            alt=f"A difference of {wording.signed_figure(difference)} becomes a probability of pneumonia of "
            f"{wording.percent(prediction.probability, 1)}",
        )


def _logits(looked: Looked) -> tuple[float, float]:
    normal, pneumonia = looked.inside.logits
    return float(normal), float(pneumonia)
