"""The guided demo: three samples with two sentences each. None foretells a verdict: the page shows the model's own."""

from __future__ import annotations

from dataclasses import dataclass

START = "Guided demo"

START_HELP = (
    "Three samples in about a minute: a normal one, one with pneumonia, and one that the input check should refuse. "
    "What is on the page now is put aside and comes back when you leave."
)

NEXT_HELP, BACK_HELP = "The next sample of the demo.", "The sample before this one."

LEAVE_HELP = "Ends the demo and brings back what was on the page before it."


@dataclass(frozen=True)
class DemoStep:
    """One stop of the demo.

    Attributes:
        file: below the folder of samples.
        sample: what the page calls it.
        title: of the step.
        sentences: two.
    """

    file: str
    sample: str
    title: str
    sentences: tuple[str, str]


def demo_steps(*, has_gate: bool) -> tuple[DemoStep, ...]:
    """The stops of the demo.

    Args:
        has_gate: whether the model has an input check; without one nothing is refused, and the last stop says so.
    """
    last = (
        "This is the first sample upside down, as a film laid wrongly on the scanner: the input check looks for an "
        "upright pair of lungs before anything else."
        if has_gate
        else "This is the first sample upside down, and this model has no input check: whatever it is given gets an "
        "answer."
    )
    return (
        DemoStep(
            "composite_normal_1.png",
            "Normal 1",
            "A composite of scans labelled Normal",
            (
                "Read the verdict first: one word, then the probability of pneumonia on its line, with the threshold "
                "and the hatched band in which the model will not decide.",
                "The overlay shows which places raised the score for the verdict; it outlines no disease.",
            ),
        ),
        DemoStep(
            "composite_pneumonia_2.png",
            "Pneumonia 2",
            "A composite of scans labelled Pneumonia",
            (
                "Compare the probability with the sample before, and the places that the colour marks.",
                "Try another operating point: it moves the threshold, never the probability.",
            ),
        ),
        DemoStep(
            "refused/upside_down.png",
            "Normal 1, upside down",
            "A picture that should be refused",
            (
                last,
                "A refused picture gets no verdict and no heatmap unless you ask for them, and then with a warning."
                if has_gate
                else "Take no verdict on such a picture for an answer.",
            ),
        ),
    )


def step_line(number: int, of: int) -> str:
    """Where in the demo one is.

    Args:
        number: of the step, from 1 on.
        of: how many there are.
    """
    return f"Guided demo, step {number} of {of}"
