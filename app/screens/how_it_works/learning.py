"""How a network learns: the loss of one radiograph, this model's own learning curve, and two ways downhill."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from app.screens.how_it_works import pictures
from app.ui import charts
from app.ui import page as ui
from app.ui.curves import LearningCurvesDisplay
from app.ui.glossary import tooltip
from app.ui.numbers import count, figure, joined

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.screens.prelude import Page

Path = npt.NDArray[np.float64]

STEEPNESS = np.array([1.0, 50.0])
"""Curvature along either axis: a long valley, in which one step size cannot suit both."""

START = (-1.0, 0.2)

_TAB = "how-learning-tab"
_REACH = (1.15, 0.3)


def bowl(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The loss at a place: half the curvature times the square of the distance, along either axis; zero or more."""
    height: npt.NDArray[np.float64] = 0.5 * (STEEPNESS[0] * x**2 + STEEPNESS[1] * y**2)
    return height


def gradient_descent(rate: float, steps: int) -> Path:
    """Steps against the gradient, times the learning rate (above 0): float64, shape (steps + 1, 2), from `START`."""
    places = [np.array(START)]
    for _ in range(steps):
        places.append(places[-1] - rate * STEEPNESS * places[-1])
    return np.array(places)


def adam(rate: float, steps: int) -> Path:
    """The same by Adam (Kingma and Ba, ICLR 2015, algorithm 1), with Keras's settings."""
    first, second, tiny = 0.9, 0.999, 1e-7
    places, mean, square = [np.array(START)], np.zeros(2), np.zeros(2)
    for step in range(1, steps + 1):
        gradient = STEEPNESS * places[-1]
        mean = first * mean + (1 - first) * gradient
        square = second * square + (1 - second) * gradient**2
        length = rate * np.sqrt(1 - second**step) / (1 - first**step)
        places.append(places[-1] - length * mean / (np.sqrt(square) + tiny))
    return np.array(places)


def loss_chart(chosen: float) -> pictures.Chart:
    """The loss of one radiograph over the probability that its true class is given; `chosen` is above 0, at most 1."""
    x, loss = np.arange(1, 201) / 200, -math.log(chosen)
    hover = "true class given %{x:.0%}: loss %{y:.3f}<extra></extra>"
    figure = charts.compose(
        [
            charts.line(charts.Curve("loss", x.tolist(), (-np.log(x)).tolist()), hover=hover),
            charts.mark(charts.Mark("chosen", chosen, loss), 1, hover=hover),
        ],
        x={"title": "Probability given to the true class", "tickformat": ".0%"},
        y={"title": "Loss of this radiograph", "rangemode": "tozero"},
    )
    meaning = "Wrong: this radiograph changes the weights strongly."
    if chosen >= 0.9:
        meaning = "Sure and right: there is little to learn from this radiograph."
    elif chosen > 0.5:
        meaning = "Right, but not sure: a small correction."
    elif chosen == 0.5:
        meaning = "Undecided: the loss of a coin toss."
    table = pd.DataFrame({"probability given to the true class (0 to 1)": x, "loss": -np.log(x)})
    return pictures.Chart(figure, table, f"−ln({chosen:.2f}) = {loss:.2f}. {meaning}")


def descent_chart(rate: float, steps: int) -> pictures.Chart:
    """Gradient descent and Adam on their way down a bowl, with the same learning rate and number of steps."""
    ways = {"gradient descent": gradient_descent(rate, steps), "Adam": adam(rate, steps)}
    x, y = np.linspace(-_REACH[0], _REACH[0], 90), np.linspace(-_REACH[1], _REACH[1], 60)
    hills: charts.Trace = {
        "type": "contour", "x": x.tolist(), "y": y.tolist(), "z": np.sqrt(bowl(*np.meshgrid(x, y))).tolist(),
        "contours": {"coloring": "lines"}, "ncontours": 12, "line": {"width": 1}, "showscale": False,
        "showlegend": False, "hoverinfo": "skip", "colorscale": [[0, charts.NEUTRAL], [1, charts.NEUTRAL]],
    }  # fmt: skip
    drawn = [
        charts.line(
            charts.Curve(name, way[:, 0].tolist(), way[:, 1].tolist()), 1 - place, mode="lines+markers",
            marker={"size": 7, "symbol": charts.SYMBOLS[place]},
            hover="%{x:.2f}, %{y:.2f}<extra>%{fullData.name}</extra>",
        )
        for place, (name, way) in enumerate(ways.items())
    ]  # fmt: skip
    figure_drawn = charts.compose(
        [*drawn, hills],
        x={"title": "One weight", "range": [-_REACH[0], _REACH[0]]},
        y={"title": "Another weight", "range": [-_REACH[1], _REACH[1]]},
    )
    rows = [(name, step, *place) for name, way in ways.items() for step, place in enumerate(way)]
    ends = {name: float(bowl(*way[-1])) for name, way in ways.items()}
    told = joined(f"{figure(loss) if loss < 1000 else 'over 1,000'} with {name}" for name, loss in ends.items())
    return pictures.Chart(
        figure_drawn,
        pd.DataFrame(rows, columns=["method", "step", "one weight", "another weight"]),
        f"Loss after {count(steps, 'step')}: {told}. The bottom of the bowl is 0.",
    )


def draw(page: Page) -> None:
    """Three views, of which the open one is drawn; needs no running model."""
    ui.section(
        "8 · How it learned",
        "Nobody told the network what pneumonia looks like. It saw radiographs with their labels, and each mistake "
        "changed its weights slightly.",
        anchor="how-learning",
    )
    _views(page)


@st.fragment
def _views(page: Page) -> None:
    drawn: dict[str, Callable[[Page], None]] = {
        "The cost of a mistake": _draw_loss,
        "This model’s learning curve": _draw_curve,
        "Downhill, step by step": _draw_descent,
    }
    for draw_view, tab in zip(drawn.values(), st.tabs(list(drawn), key=_TAB, on_change="rerun"), strict=True):
        if tab.open:
            with tab:
                draw_view(page)


def _draw_loss(_: Page) -> None:
    chart, words = st.columns([2, 1], gap="large")
    with words:
        st.markdown("Cross-entropy is the loss of one radiograph. Being sure and wrong costs most.")
        percents = st.slider(
            "Probability given to the true class", 1, 100, 50, format="%d %%", key="how-truth",
            persist_state="session", help=tooltip("cross-entropy"),
        )  # fmt: skip
        display = loss_chart(percents / 100)
        st.markdown(ui.plain(display.summary()))
    with chart:
        charts.draw(display, key="how-loss")


def _draw_curve(page: Page) -> None:
    history = page.measured.history if page.measured else None
    if history is None:
        ui.note("This model has no history.json, so its learning curve cannot be shown.")
        return
    epochs = history.epochs
    numbers = [epoch.number for epoch in epochs]
    named = {"training": "loss", "validation": "val_loss", "other pose and exposure": "stressed_loss"}
    named |= {"look of the other class": "restyled_loss"}
    curves = [
        charts.Curve(name, numbers, [getattr(epoch, field) for epoch in epochs])
        for name, field in named.items()
        if all(getattr(epoch, field) is not None for epoch in epochs)
    ]
    display = LearningCurvesDisplay(curves, "loss", history.chosen_epoch)
    charts.draw(display, key="how-curve", note="The mean loss after each pass over the training radiographs.")
    ui.note(display.summary())


def _draw_descent(page: Page) -> None:
    chart, words = st.columns([2, 1], gap="large")
    with words:
        rate = st.slider(
            "Learning rate", 0.005, 0.05, 0.035, 0.005, format="%.3f", key="how-rate", persist_state="session",
            help=tooltip("learning-rate"),
        )  # fmt: skip
        steps = st.slider("Steps", 1, 80, 40, key="how-steps", persist_state="session")
        display = descent_chart(rate, steps)
        ui.facts(
            [
                display.summary(),
                "Gradient descent takes a small step downhill in every weight. With one step size for all, it zigzags "
                "where the valley is narrow and crawls where it is flat.",
                "Adam averages each weight’s recent gradients, which cancels the zigzag, and gives each weight its own "
                "step size.",
                _settings(page.measured.manifest.training if page.measured else {}),
            ]
        )
    with chart:
        charts.draw(display, key="how-bowl")
        ui.note("Two of the network’s many weights. Thin lines join places of equal loss.")


def _settings(training: Mapping[str, object]) -> str:
    parts = {
        "epochs": "up to {} epochs",
        "batch_size": "{} radiographs per step",
        "learning_rate": "a learning rate of at most {}",
        "weight_decay": "a weight decay of {}",
    }
    told = [text.format(training[name]) for name, text in parts.items() if name in training]
    return f"This model was trained with AdamW: {joined(told)}." if told else ""
