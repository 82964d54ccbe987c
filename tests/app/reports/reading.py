"""A PDF as poppler's tools, and so a reader's program, see it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image

POINTS_PER_MM = 72 / 25.4


@dataclass(frozen=True)
class Box:
    """A rectangle on the page, points from the upper left corner; with the word inside, if it is one."""

    left: float
    top: float
    right: float
    bottom: float
    text: str = ""

    def overlaps(self, other: Box, share: float) -> bool:
        """Whether both share more than a share of the lower one's height, and more than a hair of width."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        tall = min(self.bottom, other.bottom) - max(self.top, other.top)
        return wide > 0.6 and tall > share * min(self.bottom - self.top, other.bottom - other.top)


def told(tool: str, *arguments: str | Path) -> str:
    """What one of poppler's tools prints; none may warn of a broken file."""
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True, check=True, timeout=60)
    # Poppler mistakes the boolean that the standard asks for.
    warnings = done.stderr.replace("Syntax Error: Suspects object is wrong type (boolean)\n", "")
    assert not warnings
    return done.stdout


def text_of(pdf: Path) -> str:
    """All text in the order in which it is drawn, with plain single spaces and without invisible marks."""
    text = re.sub(r"[\u200b\u200e\u200f\u202a-\u202e]", "", told("pdftotext", "-raw", pdf, "-"))
    return " ".join(text.split())


def words_of(pdf: Path) -> list[Box]:
    """Every word with its box."""
    found = re.findall(
        r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>',
        told("pdftotext", "-bbox", pdf, "-"),
    )
    return [Box(*map(float, numbers), text=text) for *numbers, text in found]


def pictures_of(pdf: Path, folder: Path) -> list[Box]:
    """Every picture's box, left one first."""
    told("pdftohtml", "-xml", "-zoom", "1", "-q", pdf, folder / "page")
    root = ElementTree.fromstring((folder / "page.xml").read_text(encoding="utf-8"))  # noqa: S314 - written above
    boxes = []
    for image in root.iter("image"):
        left, top, width, height = (float(image.attrib[name]) for name in ("left", "top", "width", "height"))
        boxes.append(Box(left, top, left + width, top + height))
    return sorted(boxes, key=lambda box: box.left)


def rendered(pdf: Path, folder: Path) -> np.ndarray:
    """The first page in grey: uint8, shape (height, width); a pixel is a point."""
    told("pdftoppm", "-r", "72", "-gray", "-png", "-singlefile", pdf, folder / "page")
    with Image.open(folder / "page.png") as page:
        return np.asarray(page.convert("L"))
