"""How a network learns, in words: the loss of a scan, this run's settings, and two ways downhill."""

from __future__ import annotations

import math
from collections.abc import Mapping

from app.wording.numbers import joined


def loss_sentence(probability: float) -> str:
    """The loss of one scan for the probability given to the truth."""
    loss = -math.log(probability)
    return f"−ln({probability:.2f}) = {loss:.2f}. {_feeling(probability)}"


def _feeling(probability: float) -> str:
    if probability >= 0.9:
        return "Sure and right: there is little to learn from this scan."
    if probability > 0.5:
        return "Right, but not sure: a small push."
    if probability == 0.5:
        return "Undecided between the two: the loss of a coin toss."
    return "Leaning to the wrong side: this scan pushes the weights hard."


def run_sentence(training: Mapping[str, object]) -> str:
    """How this model’s own training went about it, as far as the manifest says; empty where it says nothing."""
    parts = {
        "epochs": "up to {} passes over the scans",
        "batch_size": "{} scans a step",
        "learning_rate": "a learning rate of at most {}",
        "weight_decay": "a weight decay of {}",
    }
    told = [text.format(training[name]) for name, text in parts.items() if name in training]
    return f"This model was trained with AdamW: {joined(told)}." if told else ""


DESCENT = (
    "Gradient descent asks, for every weight, whether a little more of it would raise or lower the loss, and takes a "
    "small step downhill.",
    "With one step size for all weights it zigzags where the valley is narrow and crawls where it is flat.",
    "Adam remembers each weight’s recent gradients: it averages out the zigzag and gives each weight a step size of "
    "its own.",
)


def descent_result(ends: tuple[float, float], steps: int) -> str:
    """Where the two ways ended.

    Args:
        ends: loss at the end of gradient descent and of Adam.
        steps: of both.
    """
    return (
        f"After {steps} step{'' if steps == 1 else 's'}: loss {_height(ends[0])} with gradient descent, "
        f"{_height(ends[1])} with Adam. The bottom of the bowl is 0."
    )


def _height(loss: float) -> str:
    return f"{loss:.3f}" if loss < 1000 else "over 1,000"
