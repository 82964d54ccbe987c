"""What the Predict page says of the model as such: for whom, what it cannot see, what the heatmap is."""

from __future__ import annotations

FOOT = (
    "Not a medical device. For research and teaching; a physician reads the radiograph and decides. Uploads stay in "
    "the server’s memory while the page is open and are written nowhere."
)


def about_cards(gate: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The cards at the bottom of the page.

    Args:
        gate: what checks that a picture is a chest radiograph.

    Returns:
        Title and paragraphs of each.
    """
    return (
        (
            "For whom",
            (
                "Frontal chest radiographs of children of 1 to 5 years, like those it was trained on.",
                "How it does on adults, infants, lateral views or the images of other hospitals was not measured.",
            ),
        ),
        (
            "What it cannot see",
            (
                "It knows two answers. It cannot name another finding, such as fluid, a fracture or a foreign body, "
                "nor tell bacterial from viral pneumonia.",
                gate,
                "It knows nothing of the child: no symptoms, no earlier image.",
            ),
        ),
        (
            "What the heatmap is",
            (
                "Where the image mattered to the model’s score for one class, by a method of your choice.",
                "It shows what the model used, not where the disease is, and not why. How far each method can be "
                "trusted is on the Performance page.",
            ),
        ),
    )
