"""What the benchmarks share: how times are told, made files, and a browser on a server of its own."""

from __future__ import annotations

import io
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page

from app.settings import SAMPLES
from tests.browser.walking import chromium

logger = logging.getLogger("benchmarks")
PATIENCE_MS = 600_000


def begin() -> None:
    """Show what is told, on stdout: while the model loads, stderr is held back."""
    logging.basicConfig(format="%(message)s", stream=sys.stdout, force=True)
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    logger.setLevel(logging.INFO)


def tell(what: str, milliseconds: Sequence[float], goal: float | None = None) -> None:
    """One line: median, least and most of some times, and the goal, in milliseconds."""
    worst = "" if goal is None else f", goal < {goal:.0f} ms"
    ends = f"{min(milliseconds):.1f} to {max(milliseconds):.1f}"
    logger.info(
        "%s: median %.1f ms, %s, %d times%s", what, statistics.median(milliseconds), ends, len(milliseconds), worst
    )


def timed(run: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Milliseconds that something takes."""
    begun = clock()
    run()
    return 1e3 * (clock() - begun)


def answer(page: Page, click: Callable[[], object], shown: str) -> float:
    """Milliseconds from a click until a function of the page holds; asked every 10 ms, as Playwright's own are not."""

    def run() -> None:
        click()
        page.wait_for_function(shown, polling=10, timeout=PATIENCE_MS)

    return timed(run)


@contextmanager
def browser() -> Iterator[tuple[Browser, Path]]:
    """A Chromium, and a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder, chromium() as opened:
        yield opened, Path(folder)


def made_jpegs(number: int) -> Iterator[bytes]:
    """JPEG files of 1,000 to 1,500 pixels a side, made of the sample composites with grain, no two alike."""
    samples = [Image.open(path).convert("L") for path in sorted(SAMPLES.glob("*.png"))]
    random = np.random.default_rng(1)
    for index in range(number):
        width, height = (int(side) for side in random.integers(1000, 1500, 2))
        large = np.asarray(samples[index % len(samples)].resize((width, height), Image.Resampling.BICUBIC))
        grainy = np.clip(large + random.normal(0, 3, large.shape), 0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(grainy).save(file, "JPEG", quality=92)
        yield file.getvalue()
