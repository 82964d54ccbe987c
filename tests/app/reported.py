"""Reports of made radiographs in every state, and what poppler's tools see of them."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from app.report import ReportContent, Review, Verdict
from model.overlay import draw_overlay
from model.records.manifest import Estimate, UncertaintyBand
from tests.made import made_radiograph

POINTS_PER_MM = 72 / 25.4
SHA256 = "6367d90bc45cf145df9cdc1db39f46d8aa13817a8f644f91b8396a01e318d423"
WHEN = datetime(2026, 11, 23, 10, 41, tzinfo=UTC)

SCAN = made_radiograph(3, pneumonia=True, size=(600, 560))
_MAP = np.zeros((14, 14), dtype=np.float32)
_MAP[8:11, 3:6] = 1.0

VERDICT = Verdict(
    decision="Pneumonia",
    probability=0.9731,
    threshold=0.5,
    operating_point="balanced",
    band=UncertaintyBand(0.086, 0.863, 0.02),
    sensitivity=Estimate(0.985, 0.967, 0.993),
    specificity=Estimate(0.893, 0.847, 0.927),
    measured_on="the 624 images of the test split",
    calibration="Of 190 test images with a probability between 90 % and 100 %, 185 had pneumonia.",
)
REVIEW = Review("Dr Łukasz Żółć", WHEN, agrees=True, comment="Right lower zone.")
PLAIN = ReportContent(
    case_id="case-3f9a2b",
    created=WHEN,
    scan=SCAN,
    overlay=draw_overlay(SCAN, _MAP),
    verdict=VERDICT,
    examination=("One picture, as submitted: PNG, 560 × 600 pixels.",),
    technique=("The heatmap was made by Grad-CAM.",),
    overlay_shows="Grad-CAM: colour marks where it raised the model’s score for Pneumonia.",
    findings=("No other finding was looked for.",),
    warnings=(),
    limits=("For children of 1 to 5 years.",),
    model_version="residual-20261123-6367d90b",
    weights_sha256=SHA256,
)
REFUSED = replace(PLAIN, verdict=None, overlay=None, overlay_shows="", warnings=("Not scored. It looks upside down.",))
HOSTILE = replace(
    PLAIN,
    warnings=("Warned " * 300,),
    examination=("Exam " * 300,),
    technique=("q" * 2000,),
    findings=("بيت السلام " * 200,),
    limits=("Limit " * 600,),
    overlay_shows="Shows" * 200,
    model_version="v" * 300,
    verdict=replace(
        VERDICT,
        indeterminate=True,
        decision="P" * 200,
        operating_point="o" * 200,
        measured_on="m " * 300,
        calibration="王小明" * 300,
    ),
    review=replace(
        REVIEW,
        reader="N" * 200,
        agrees=False,
        corrected_label="w " * 100,
        comment="\u202e\x00\ud800\U0001f600 कृष्णा ראשון " * 300,
    ),
)
STATES = {
    "pneumonia": PLAIN,
    "normal": replace(PLAIN, verdict=replace(VERDICT, decision="Normal", probability=0.021)),
    "indeterminate": replace(PLAIN, verdict=replace(VERDICT, probability=0.61, indeterminate=True)),
    "refused": REFUSED,
    "refused, scored": replace(PLAIN, warnings=("It may mean nothing.",)),
    "reviewed": replace(PLAIN, review=REVIEW),
    "disagreed": replace(PLAIN, review=replace(REVIEW, agrees=False, corrected_label="Normal")),
    "no overlay": replace(PLAIN, overlay=None, overlay_shows=""),
    "wide": replace(PLAIN, scan=SCAN[270:330], overlay=draw_overlay(SCAN[270:330], _MAP)),
    "tall": replace(PLAIN, scan=SCAN[:, 150:210], overlay=draw_overlay(SCAN[:, 150:210], _MAP)),
    "hostile": HOSTILE,
}


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
    assert not done.stderr, done.stderr
    return done.stdout


def text_of(pdf: Path) -> str:
    """All text in the order in which it is drawn, with single spaces and without marks of direction."""
    text = re.sub(r"[\u200e\u200f\u202a-\u202e]", "", told("pdftotext", "-raw", pdf, "-"))
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


def rendered(pdf: Path, folder: Path, *, resolution: int = 72) -> np.ndarray:
    """The page in grey: uint8, shape (height, width); at 72 per inch a pixel is a point."""
    told("pdftoppm", "-r", str(resolution), "-gray", "-png", "-singlefile", pdf, folder / "page")
    with Image.open(folder / "page.png") as page:
        return np.asarray(page.convert("L"))
