"""Gradient descent and Adam on a bowl: steps computed, to be drawn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Path = npt.NDArray[np.float64]

STEEPNESS = np.array([1.0, 50.0])
"""Curvature along either axis: a long valley, in which one step size cannot suit both."""

START = (-1.0, 0.2)


def bowl(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The loss at a place: half the curvature times the square of the distance, along either axis.

    Args:
        x: any shape.
        y: same shape.

    Returns:
        float64, same shape, zero or more.
    """
    height: npt.NDArray[np.float64] = 0.5 * (STEEPNESS[0] * x**2 + STEEPNESS[1] * y**2)
    return height


def gradient_descent(rate: float, steps: int) -> Path:
    """Steps against the gradient, each as long as the gradient times the rate.

    Args:
        rate: learning rate, above 0.
        steps: how many.

    Returns:
        float64, shape (steps + 1, 2): the places, from `START`.
    """
    places = [np.array(START)]
    for _ in range(steps):
        places.append(places[-1] - rate * STEEPNESS * places[-1])
    return np.array(places)


def adam(rate: float, steps: int, *, first: float = 0.9, second: float = 0.999, tiny: float = 1e-7) -> Path:
    """Steps of Adam (Kingma and Ba, ICLR 2015, algorithm 1), with Keras's settings.

    Args:
        rate: learning rate, above 0.
        steps: how many.
        first: how much of the mean gradient is kept a step, 0 to 1.
        second: how much of the mean squared gradient is kept a step, 0 to 1.
        tiny: added to the divisor.

    Returns:
        float64, shape (steps + 1, 2): the places, from `START`.
    """
    places, mean, square = [np.array(START)], np.zeros(2), np.zeros(2)
    for step in range(1, steps + 1):
        gradient = STEEPNESS * places[-1]
        mean = first * mean + (1 - first) * gradient
        square = second * square + (1 - second) * gradient**2
        length = rate * np.sqrt(1 - second**step) / (1 - first**step)
        places.append(places[-1] - length * mean / (np.sqrt(square) + tiny))
    return np.array(places)
