"""The hardest cases, in words."""

from __future__ import annotations

from app.wording.numbers import images, percent

MISSED, FALSE_ALARMS, UNCERTAIN = KINDS = ("missed", "false_alarms", "uncertain")
TITLES = {MISSED: "Missed", FALSE_ALARMS: "False alarms", UNCERTAIN: "Right, but only just"}
EXPLAINED = {
    MISSED: "Pneumonia called Normal, the surest mistake first.",
    FALSE_ALARMS: "Normal scans called Pneumonia, the surest mistake first.",
    UNCERTAIN: "Called right, and nearest to the threshold.",
}
NO_PICTURES = (
    "By file name only: the pictures are not shipped. Who has the data set sets CXR_DATA_SET to its folder and starts "
    "the server again; the pictures and heatmaps then stand here. They are read from there, and never stored."
)
DOUBTED = "label doubted"
DOUBTED_EXPLAINED = "“Label doubted”: the given label itself looks wrong to the check of labels (tab Training)."
OTHER_PICTURE = "This file does not score as it did when measured ({now} now): it is not the same picture."


def kind_title(kind: str, number: int) -> str:
    """Such as "Missed (7)"; of those called right only the nearest are shown, so that their number says nothing."""
    return TITLES[kind] if kind == UNCERTAIN else f"{TITLES[kind]} ({number:,})"


def none_of(kind: str) -> str:
    """What is said where there is no such case."""
    return {
        MISSED: "No pneumonia of the test split is missed at this threshold.",
        FALSE_ALARMS: "No normal scan of the test split is called Pneumonia at this threshold.",
    }.get(kind, "No scan of the test split is called right at this threshold.")


def page_line(first: int, last: int, total: int) -> str:
    """Which cases are shown, such as "1 to 12 of 29 images"."""
    return f"{first:,} to {last:,} of {images(total)}"


def case_alt(path: str, truth: str, probability: float) -> str:
    """What the picture of a case shows, for those who cannot see it."""
    return f"{path}: truly {truth}, probability of pneumonia {percent(probability, 1)}"
