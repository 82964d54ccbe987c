"""From the last maps to the score: votes of regions, logits, softmax, calibration."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from app.screens.how_it_works import pictures
from app.services import inspection
from app.ui import charts
from app.ui import page as ui
from app.ui.numbers import percent, signed
from app.ui.table import table
from app.ui.verdict import score_sentence
from model.inspection import by_region

if TYPE_CHECKING:
    from app.screens.how_it_works.film import Scene
    from app.screens.how_it_works.layers import Looked
    from model.inspection import Votes
    from model.predictor import Prediction
    from model.records.manifest import Calibration

_GRID_HEIGHT, _SIDE = 500, 560
_ROUNDING = 1e-3
_NO_VOTES = (
    "This network ends in a hidden layer that mixes all places before it decides, so the contribution of a single "
    "place cannot be computed exactly and no votes are shown. The heatmaps on Predict estimate it."
)


def votes_chart(votes: Votes) -> pictures.Chart:
    """Every region's vote, as the radiograph lies."""
    limit = pictures.limit_of(votes.cells)
    low, middle, high = (f"rgb{colour}" for colour in (pictures.AGAINST, pictures.NEITHER, pictures.FOR))
    title = {"text": "vote: below zero for normal, above for pneumonia", "side": "bottom", "font": {"size": 13}}
    bar = {"orientation": "h", "thickness": 12, "y": -0.02, "yanchor": "top", "tickfont": {"size": 13}, "title": title}
    grid: charts.Trace = {
        "type": "heatmap", "z": votes.cells.tolist(), "zmin": -limit, "zmax": limit, "xgap": 1, "ygap": 1,
        "x0": 1, "y0": 1, "colorscale": [[0, low], [0.5, middle], [1, high]], "colorbar": bar,
        "hovertemplate": "row %{y}, column %{x}: %{z:+.4f}<extra></extra>",
    }  # fmt: skip
    bare = {"showgrid": False, "showticklabels": False, "ticks": ""}
    across, down = bare | {"constrain": "domain"}, bare | {"autorange": "reversed", "scaleanchor": "x"}
    rows, columns = np.indices(votes.cells.shape) + 1
    places = {"row from top": rows.ravel(), "column from left": columns.ravel()}
    return pictures.Chart(
        charts.compose([grid], x=across, y=down, layout={"height": _GRID_HEIGHT}),
        pd.DataFrame(places | {"vote for pneumonia (logit)": votes.cells.ravel()}),
        f"Votes of {votes.cells.size} regions; with the bias they add up to {signed(votes.total)}.",
    )


def calibration_chart(calibration: Calibration, difference: float, score: float) -> pictures.Chart:
    """From the difference of the logits to a score, before and after calibration.

    Args:
        calibration: of the manifest.
        difference: of this radiograph's logits.
        score: of this radiograph, 0 to 1.
    """
    reach = max(6.0, 1.15 * abs(difference))
    x = np.linspace(-reach, reach, 121)
    calibrated = calibration.probabilities(np.stack([np.zeros_like(x), x], axis=1))
    softmax = 1 / (1 + np.exp(-x))
    hover = "%{x:.2f} becomes %{y:.1%}<extra>%{fullData.name}</extra>"
    figure = charts.compose(
        [
            charts.line(charts.Curve("calibrated", x.tolist(), calibrated.tolist()), hover=hover),
            charts.mark(charts.Mark("this radiograph", difference, score), hover=hover),
            charts.reference("softmax alone", x.tolist(), softmax.tolist()),
        ],
        x={"title": "Logit of pneumonia minus logit of normal"},
        y=charts.SHARES | {"title": "Score"},
    )
    columns = {"difference of logits": x, "calibrated score (0 to 1)": calibrated, "softmax (0 to 1)": softmax}
    told = f"A difference of {signed(difference)} becomes a score of {percent(score, 1)}."
    return pictures.Chart(figure, pd.DataFrame(columns), told)


def draw_votes(scene: Scene, looked: Looked) -> None:
    """Every region's vote, and that they add up."""
    inside = looked.inside
    votes = inside.votes
    if votes is None:
        ui.section("4 · From maps to evidence", _NO_VOTES, anchor="how-votes")
        return
    ui.section(
        "4 · Every region votes",
        f"The last {inside.pooled.size} maps are averaged, and a weighted sum of the averages is the evidence for each "
        f"class. Averaging treats all places alike, so the sum can be split by place: {votes.cells.size} regions each "
        "vote for pneumonia (orange) or for normal (blue).",
        anchor="how-votes",
    )
    left, right = st.columns(2, gap="medium")
    _, windowed = inspection.as_read(scene.predictor, scene.film)
    left.image(
        looked.drawn("votes", lambda: pictures.png(pictures.voting(windowed, votes.cells, side=_SIDE))),
        caption="The votes over the radiograph: orange for pneumonia, blue for normal",
        width="stretch",
        alt="The radiograph with each region coloured by its vote",
    )
    with right:
        charts.draw(votes_chart(votes), key="how-votes-grid")
    left, right = st.columns(2, gap="medium")
    with left:
        table(("The sum", "Value", ""), _sum(votes), caption="The votes and the bias add up to the network’s output.")
    with right:
        table(
            ("Where", "Sum of votes"),
            _regions(votes, scene.prediction),
            caption="Above zero: for pneumonia. A vote is what a place contributed, not proof of disease there.",
        )


def _sum(votes: Votes) -> list[tuple[str, str, str]]:
    up, down = votes.cells[votes.cells > 0], votes.cells[votes.cells < 0]
    check = "equal, but for rounding" if votes.gap < _ROUNDING else "differs: do not rely on these votes"
    return [
        ("Votes for pneumonia", signed(float(up.sum())), f"{up.size} regions"),
        ("Votes for normal", signed(float(down.sum())), f"{down.size} regions"),
        ("Bias", signed(votes.bias), "the same for every picture"),
        ("Sum", signed(votes.total), ""),
        ("Network’s output", signed(votes.difference), check),
    ]


def _regions(votes: Votes, prediction: Prediction) -> list[tuple[str, str]]:
    gate = prediction.gate
    lungs = gate.lungs if gate is not None and gate.accepted and bool((gate.lungs >= 0.5).any()) else None
    found = by_region(votes, lungs)
    rows = [
        ("Upper third of the lungs" if lungs is not None else "Upper third of the picture", found.upper),
        ("Middle third", found.middle),
        ("Lower third", found.lower),
        ("Left half, as shown", found.left_of_image),
        ("Right half, as shown", found.right_of_image),
    ]
    if found.outside_lungs is not None:
        rows += [("Outside the box around the lungs", found.outside_box), ("Outside the lungs", found.outside_lungs)]
    return [(name, signed(value)) for name, value in rows]


def draw_score(scene: Scene, looked: Looked) -> None:
    """Softmax and calibration, to the score on Predict."""
    calibration, prediction = scene.predictor.manifest.calibration, scene.prediction
    effect = "neither more nor less extreme"
    if calibration.slope != 1:
        effect = "more extreme" if calibration.slope > 1 else "less extreme"
    ui.section(
        "5 · From evidence to the score",
        "Softmax turns the logits into shares. A network can be too sure of itself or not sure enough, so a curve "
        f"fitted on children it did not learn from corrects them. In this model it makes scores {effect} (slope "
        f"{calibration.slope:.3f}).",
        anchor="how-probability",
    )
    normal, pneumonia = map(float, looked.inside.logits)
    difference = pneumonia - normal
    softmax = 1.0 / (1.0 + math.exp(-difference))
    evidence = calibration.slope * difference + calibration.intercept
    plus = f"{'−' if calibration.intercept < 0 else '+'} {abs(calibration.intercept):.3f}"
    score = percent(1.0 / (1.0 + math.exp(-evidence)), 1)
    left, right = st.columns(2, gap="medium")
    with left:
        ui.definitions(
            [
                ("Logits", f"normal {signed(normal)}, pneumonia {signed(pneumonia)}"),
                ("Softmax", f"normal {percent(1 - softmax, 1)}, pneumonia {percent(softmax, 1)}"),
                (
                    "Calibration",
                    f"{calibration.slope:.3f} × {signed(difference)} {plus} = {signed(evidence)}, a score of {score}",
                ),
                ("On Predict", score_sentence(prediction, scene.predictor.manifest.band)),
            ]
        )
        ui.note(
            "The score is a probability where half of the children have pneumonia. Where it is rarer, fewer children "
            "with such a score have it."
        )
    with right:
        charts.draw(calibration_chart(calibration, difference, prediction.probability), key="how-calibration")
