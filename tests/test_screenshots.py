"""The pictures that README shows are there and small, and the tool that takes them keeps them so."""

from __future__ import annotations

import io
import re
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.screenshots import FOLDER, MOST_BYTES, MOST_BYTES_TOGETHER, SCENES, compact, scenes

ROOT = Path(__file__).parents[1]
TEXTS = "".join((ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "docs/index.md"))
README = TEXTS.replace("](../", "](")
SHOWN = re.findall(r"!\[([^\]]*)\]\(([^)\s]+)[^)]*\)", README) + [
    (alt, source)
    for tag in re.findall(r"<(?:img|source)\b[^>]*>", README)
    for source in re.findall(r'src(?:set)?="([^"\s]+)', tag)
    for alt in re.findall(r'alt="([^"]*)"', tag) or [tag]
]


def test_each_picture_that_readme_shows_is_there_and_small() -> None:
    for alt, source in SHOWN:
        file = ROOT / source
        assert alt.strip(), f"{source} has no alternative text."
        assert file.is_file(), f"README shows {source}, which is not there: run `python -m tests.screenshots`."
        assert file.stat().st_size <= MOST_BYTES, source
        if file.suffix != ".svg":
            with Image.open(file) as picture:
                picture.verify()


def test_no_screenshot_lies_about_unused_and_all_are_small_together() -> None:
    files = list(FOLDER.glob("*"))
    assert {file.name for file in files} <= {Path(source).name for _, source in SHOWN}
    assert sum(file.stat().st_size for file in files) <= MOST_BYTES_TOGETHER


def test_a_page_that_is_not_known_is_taken_as_it_opens() -> None:
    (scene,) = scenes("How it works")
    assert scene.name == "how-it-works"
    names = [scene.name for title in SCENES for scene in scenes(title)]
    assert len(set(names)) == len(names)


def test_a_plain_picture_loses_nothing_and_a_colourful_one_what_it_must() -> None:
    plain = np.full((400, 600, 3), 200, np.uint8)
    plain[100:200] = 17, 99, 128
    with Image.open(io.BytesIO(compact(_png(plain)))) as kept:
        assert np.array_equal(np.asarray(kept.convert("RGB")), plain)
    # Soft noise, as of radiographs: more than fits without loss.
    grain = np.random.default_rng(1).normal(128, 60, (120, 220, 3))
    colourful = compact(
        _png(cv2.resize(grain, (1280, 700), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8))
    )
    assert colourful.startswith(b"RIFF")
    assert len(colourful) <= MOST_BYTES


def test_what_cannot_be_made_small_is_refused() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1200, 1280, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match="at most 200,000 fit"):
        compact(_png(noise))


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
