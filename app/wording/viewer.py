"""The viewer of the Predict page in words: its modes, colours, grey values and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.wording.numbers import joined
from model.overlay import CONTOUR_LEVELS

if TYPE_CHECKING:
    from app.services.radiographs import Greys, Look
    from model.radiograph import Radiograph

SIDE_BY_SIDE, OVERLAY_ALONE, CONTOURS = "side by side", "overlay", "contours"

MODE_TITLES = {SIDE_BY_SIDE: "Side by side", OVERLAY_ALONE: "Overlay", CONTOURS: "Contours"}

MODE_HELP = (
    "**Side by side:** the radiograph and its overlay.\n\n"
    "**Overlay:** the overlay alone, larger.\n\n"
    "**Contours:** lines of equal influence on the radiograph, which stays visible everywhere else."
)

COLOURS_HELP = (
    "All rise evenly from dark to light, so that they hold for colour-blind readers and in a grey print. They change "
    "how influence is drawn, not what was computed."
)

OPACITY_HELP = (
    "How much the colour covers the radiograph where influence is strongest. 0 % shows the radiograph alone. Contour "
    "lines are always opaque."
)

EXPLAIN_HELP = (
    "The overlay shows what raised the score for one of the two classes: the verdict, unless you choose the other. "
    "The verdict does not change."
)

METHOD_HELP = "How the heatmap is computed. The verdict does not depend on it."

GREYS_TITLE = "Grey values and zoom"

WINDOW_HELP = (
    "How many of the 256 grey values of the picture are spread from black to white: narrower is more contrast. It "
    "changes only what you see; what the network reads does not change."
)

LEVEL_HELP = (
    "The grey value, 0 (black) to 255 (white), in the middle of the window: lower makes the picture lighter. It "
    "changes only what you see; what the network reads does not change."
)

INVERT_HELP = "Shows black as white. It changes only what you see; what the network reads does not change."

ZOOM_HELP = (
    "Shows the pictures so that they can be zoomed with the wheel or two fingers and moved by dragging, both together; "
    "a double click goes back. With the keyboard, use the buttons above the pictures, or choose a part. A change of "
    "colour, opacity or grey values goes back to the chosen part."
)

PART_HELP = "Which part of the picture to enlarge, by its place in the picture: both pictures show the same part."

RESET_HELP = "Shows the grey values as read from the file."

DOWNLOAD_HELP = "The picture with the heatmap as it is drawn here, at the radiograph’s own size. It names no patient."

WHOLE = "whole"
PARTS = {
    WHOLE: (0.0, 1.0, 0.0, 1.0),
    "upper left": (0.0, 0.55, 0.0, 0.55),
    "upper right": (0.45, 1.0, 0.0, 0.55),
    "lower left": (0.0, 0.55, 0.45, 1.0),
    "lower right": (0.45, 1.0, 0.45, 1.0),
}
"""Left, right, top and bottom of each part, as shares of the picture's width and height."""

_COLOUR_TITLES = {"inferno": "Inferno", "viridis": "Viridis", "cividis": "Cividis"}

_ENDS = {
    "inferno": ("dark violet", "bright yellow"),
    "viridis": ("dark purple", "bright yellow"),
    "cividis": ("dark blue", "bright yellow"),
}


def colours_title(colours: str) -> str:
    """A colour map's name with its two ends, such as "Inferno: dark violet to bright yellow"."""
    weak, strong = _ENDS[colours]
    return f"{_COLOUR_TITLES[colours]}: {weak} to {strong}"


def legend_ends(look: Look) -> tuple[str, str]:
    """What the two ends of the legend mean, weak and strong influence."""
    weak, strong = _ENDS[look.colours]
    if look.contours:
        return "weak influence (thin, darker line)", "strong influence (thick, lighter line)"
    return f"weak influence ({weak}, see-through)", f"strong influence ({strong})"


def contour_levels() -> str:
    """At which shares of the strongest influence lines are drawn."""
    shares = joined([f"{100 * level:.0f}" for level in CONTOUR_LEVELS])
    return f"Lines at {shares}\u00a0% of the strongest influence in this image."


def look_line(look: Look, opacity: float) -> str:
    """How an overlay is drawn, on one line, for the file that leaves the page."""
    how = "contour lines" if look.contours else f"opacity {opacity:.2f}"
    changed = "" if look.greys.as_read else f", {_greys(look.greys)} for viewing"
    return f"{how}, {_COLOUR_TITLES[look.colours].lower()}{changed}"


def greys_sentence(greys: Greys) -> str:
    """That grey values are changed for viewing alone; empty where they are not."""
    if greys.as_read:
        return ""
    return f"Shown with {_greys(greys)}, for viewing only: what the network reads does not change."


def _greys(greys: Greys) -> str:
    return f"window {greys.window}, level {greys.level}{', inverted' if greys.inverted else ''}"


def size_in_words(radiograph: Radiograph) -> str:
    """How large a radiograph is, in pixels and, where its header gives the spacing, in millimetres."""
    height, width = radiograph.pixels.shape
    text = f"{width:,} × {height:,} pixels"
    if radiograph.pixel_spacing_mm is None:
        return text
    rows, columns = radiograph.pixel_spacing_mm
    where = ", at the detector" if _at_detector(radiograph) else ""
    return f"{text} of {columns:.3g} × {rows:.3g} mm, {width * columns:.0f} × {height * rows:.0f} mm in all{where}"


def _at_detector(radiograph: Radiograph) -> bool:
    """Whether millimetres are those on the detector, on which the patient is drawn larger than life."""
    return radiograph.context is not None and radiograph.context.spacing_at_detector


def zoom_sentence(radiograph: Radiograph, drawn: tuple[int, int]) -> str:
    """With how much detail the zoomed pictures are shown, and what the axes count.

    Args:
        radiograph: at full size.
        drawn: height and width that are sent to the browser, pixels.
    """
    height, width = radiograph.pixels.shape
    unit = "pixels of the file"
    if radiograph.pixel_spacing_mm:
        unit = "millimetres, by the header’s pixel spacing"
        if _at_detector(radiograph):
            unit = "millimetres at the detector, where the patient is drawn larger than life"
    detail = "every pixel of the file" if drawn == (height, width) else f"{drawn[1]:,} of {width:,} pixels across"
    return f"Shown with {detail}. The axes count {unit}."
