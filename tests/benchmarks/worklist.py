"""What a morning's worklist takes, in a real Chromium, with the shipped model.

    python -m tests.benchmarks.worklist [--files 200] [--cases 10000]

Prints a table: files dropped and "Score and save" pressed, to the last result; a page that is clicked on meanwhile;
and a case of a long list opened. The files are JPEGs of 1,000 to 1,500 pixels a side, made of the sample composites
and all different. Run it on an idle machine: browser, server and network share the cores.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import os
import re
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.records import Records, open_records
from app.settings import Settings
from model.radiograph import Radiograph
from tests.app.records.entries import result, saliency_map
from tests.app.intake.benchmark import made_archive
from tests.browser.serving import CHROMIUM, served
from tests.browser.walking import WIDE, at_rest, visit
from tests.made import made_radiograph

logger = logging.getLogger(__name__)

PATIENCE_MS = 600_000
SHOWN_PICTURES = 25
"""Cases of the first page, which alone keep their pictures: 10,000 would take gigabytes."""

OPENED = 20
ALL_NORMAL = """() => {
    const rows = [...document.querySelectorAll(".cx-case")];
    return rows.length > 0 && rows.every(row => row.classList.contains("cx-case--normal"));
}"""
NOT_ALL_NORMAL = f"() => document.querySelector('.cx-case') && !({ALL_NORMAL})()"
FIGURES = "() => document.body.innerText.includes('No case was reviewed yet')"
ROWS = "() => document.querySelector('.cx-case') !== null"
CASE = """() => {
    const pictures = [...document.querySelectorAll(".stImage img")];
    return document.querySelector(".cx-case-id") && pictures.length === 2
        && pictures.every(one => one.complete && one.naturalWidth) && document.querySelector(".st-key-review");
}"""


@dataclass(frozen=True)
class Timing:
    """Seconds that something took, each time.

    Attributes:
        what: it was.
        seconds: of each time.
        goal: below which it should stay, seconds.
    """

    what: str
    seconds: list[float]
    goal: float

    def row(self) -> str:
        """A row of the table."""
        return (
            f"| {self.what} | {statistics.median(self.seconds):.2f} s | {max(self.seconds):.2f} s "
            f"| {len(self.seconds)} | < {self.goal:g} s |"
        )


def main() -> None:
    """Print the table."""
    logging.basicConfig(format="%(message)s")
    logger.setLevel(logging.INFO)
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=200, help="files of a list")
    parser.add_argument("--cases", type=int, default=10_000, help="cases of the long list")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        logger.info("| what | median | worst | times | goal |\n|---|---|---|---|---|")
        for measure, number in ((score, asked.files), (open_cases, asked.cases)):
            for timing in measure(browser, Path(folder), number):
                logger.info(timing.row())
        browser.close()


def score(browser: Browser, folder: Path, number: int) -> Iterator[Timing]:
    """Time two lists: one that is left alone, and one whose page is clicked on meanwhile."""
    files = made_files(folder / "files", 2 * number)
    with worklist(browser, folder, "scoring", keeps_pixels=False) as page:
        expect(page.get_by_text("warming up")).to_have_count(0, timeout=PATIENCE_MS)
        drop(page, files[:number])
        begun = press(page)
        expect(page.get_by_role("button", name="Clear and add more")).to_be_visible(timeout=PATIENCE_MS)
        yield Timing(f"{number} files, from the click to the last result", [time.perf_counter() - begun], 30)
        page.get_by_role("button", name="Clear and add more").click()
        at_rest(page)
        drop(page, files[number:])
        begun = press(page)
        answers = clicked_meanwhile(page)
        yield Timing("the same with clicks on the page", [time.perf_counter() - begun], 30)
        for what, seconds in answers.items():
            yield Timing(f"meanwhile, {what}", seconds, 1)


def made_files(folder: Path, number: int) -> list[Path]:
    """JPEG files, each other than the others."""
    folder.mkdir()
    archive = folder / "made.zip"
    archive.write_bytes(made_archive(number))
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
        names = opened.namelist()
    archive.unlink()
    return [folder / name for name in names]


@contextmanager
def worklist(browser: Browser, folder: Path, name: str, *, keeps_pixels: bool) -> Iterator[Page]:
    """The Worklist page of a server of its own, on the database in `folder / name`."""
    os.environ |= {"CXR_DATA_DIR": str(folder / name), "CXR_KEEP_PIXELS": "on" if keeps_pixels else "off"}
    os.environ.pop("DATABASE_URL", None)
    with served(folder / f"{name}.log") as url:
        page = browser.new_page(viewport={"width": WIDE, "height": 1700})
        page.goto(url)
        visit(page, "Worklist")
        yield page
        page.close()


def drop(page: Page, files: list[Path]) -> None:
    """Hand the files over, and wait until the server has them all."""
    arrived: list[int] = []
    page.on("response", lambda answer: arrived.append(answer.status) if "upload_file" in answer.url else None)
    begun = time.perf_counter()
    page.set_input_files("[class*=st-key-worklist-upload-] input[type=file]", files)
    while len(arrived) < len(files):
        page.wait_for_timeout(100)
        assert time.perf_counter() - begun < 300, f"{len(arrived)} of {len(files)} files arrived within 300 s."
    logger.info("%d files uploaded in %.1f s", len(files), time.perf_counter() - begun)
    page.wait_for_timeout(2_000)
    page.get_by_role("textbox", name="Your name").fill("Ann")
    page.keyboard.press("Tab")
    at_rest(page)


def press(page: Page) -> float:
    """Begin to score; the moment of the click."""
    begun = time.perf_counter()
    page.get_by_role("button", name="Score and save").click()
    return begun


def clicked_meanwhile(page: Page) -> dict[str, list[float]]:
    """Change the filter and the part of the page over and over until the list is done."""
    page.wait_for_function(ROWS, timeout=PATIENCE_MS)
    answers: dict[str, list[float]] = {"a filter": [], "another part of the page": []}
    done = page.get_by_role("button", name="Clear and add more")
    steps = itertools.cycle(
        [
            ("a filter", lambda: choose(page, "Normal"), ALL_NORMAL),
            ("a filter", lambda: choose(page, "Any"), NOT_ALL_NORMAL),
            ("another part of the page", lambda: part(page, "Our own figures"), FIGURES),
            ("another part of the page", lambda: part(page, "Cases"), ROWS),
        ]
    )
    for what, prepare, shown in steps:
        answers[what].append(answer(page, prepare(), shown))
        if shown == ROWS and done.is_visible():
            return answers
    return answers


def choose(page: Page, option: str) -> Callable[[], None]:
    """Open the filter of decisions; the click that is then left."""
    page.get_by_role("combobox", name="Model says").click()
    found = page.get_by_role("option", name=option, exact=True)
    found.wait_for()
    return found.click


def part(page: Page, name: str) -> Callable[[], None]:
    """The click on a part of the page."""
    return page.get_by_text(name, exact=True).click


def answer(page: Page, click: Callable[[], None], shown: str) -> float:
    """Seconds from a click to what it leads to."""
    begun = time.perf_counter()
    click()
    # Every 10 ms: Playwright's own retries lie up to a second apart.
    page.wait_for_function(shown, polling=10, timeout=PATIENCE_MS)
    return time.perf_counter() - begun


def open_cases(browser: Browser, folder: Path, number: int) -> Iterator[Timing]:
    """Time opening cases of a long list, the way back, and the step to the next one."""
    fill(folder / "long", number)
    opened, stepped, back = list[float](), list[float](), list[float]()
    with worklist(browser, folder, "long", keeps_pixels=True) as page:
        rows = page.locator("[class*=st-key-open-C-] button:visible")
        for index in range(OPENED):
            page.wait_for_function(ROWS)
            opened.append(answer(page, rows.nth(index).click, CASE))
            before = page.locator(".cx-case-id h2").inner_text()
            other = f"({CASE})() && document.querySelector('.cx-case-id h2').innerText !== {before!r}"
            stepped.append(answer(page, page.get_by_role("button", name=re.compile("^Next")).click, f"() => {other}"))
            back.append(answer(page, page.get_by_role("button", name="Back to the list").click, ROWS))
    yield Timing(f"a case of {number:,} opened", opened, 1)
    yield Timing(f"the next case of {number:,}", stepped, 1)
    yield Timing(f"back to the list of {number:,}", back, 1)


def fill(data_dir: Path, number: int) -> None:
    """Made cases; those that the list shows first keep a picture of a usual size."""
    small = made_radiograph(1, pneumonia=True)
    large = made_radiograph(2, pneumonia=True, size=(1200, 1500))
    begun = time.perf_counter()
    for keeps, numbers in ((True, range(SHOWN_PICTURES + 1)), (False, range(SHOWN_PICTURES + 1, number))):
        with open_records(Settings(data_dir=data_dir, keep_pixels=keeps)) as records:
            for index in numbers:
                _save(records, large if keeps else small, index, 1 - index / number)
    logger.info("%d cases saved in %.0f s", number, time.perf_counter() - begun)


def _save(records: Records, scan: npt.NDArray[np.uint8], index: int, probability: float) -> None:
    pixels = scan.copy()
    # Other pixels are another case.
    pixels[0, :4] = np.frombuffer(index.to_bytes(4, "big"), np.uint8)
    records.save(Radiograph(pixels, "PNG"), result(probability), saliency_map(index), reader="Ann")


if __name__ == "__main__":
    main()
