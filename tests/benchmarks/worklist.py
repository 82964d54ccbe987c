"""What a morning's worklist takes, in a real Chromium, with the shipped model.

    python -m tests.benchmarks.worklist [--files 200] [--cases 10000]

Files dropped and "Score and save" pressed, to the last result; the page clicked on meanwhile; and cases of a long list
opened. Run it on an idle machine: browser, server and network share the cores.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, expect

from app.records.repository import open_records
from app.settings import Settings
from model.radiograph import Radiograph
from tests.app.records.entries import prediction
from tests.benchmarks.timing import PATIENCE_MS, answer, begin, browser, logger, made_jpegs, tell, timed
from tests.browser.serving import served
from tests.browser.walking import WIDE, at_rest, hand_over, visit
from tests.made import made_radiograph

SHOWN_PICTURES = 25
"""Cases of the first page, which alone keep their pictures: 10,000 would take gigabytes."""

OPENED = 20
ROWS = "() => document.querySelector('.cx-case') !== null"
ALL_NORMAL = """() => {
    const rows = [...document.querySelectorAll(".cx-case")];
    return rows.length > 0 && rows.every(row => row.classList.contains("cx-normal"));
}"""
MIXED = f"() => document.querySelector('.cx-case') && !({ALL_NORMAL})()"
CASE = """() => {
    const host = [...document.querySelectorAll(".st-key-film *")].find(one => one.shadowRoot);
    return host?.shadowRoot.querySelector(".viewer[data-drawn]") && document.querySelector(".st-key-review");
}"""


def main() -> None:
    """Print the times."""
    begin()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=200, help="files of a list")
    parser.add_argument("--cases", type=int, default=10_000, help="cases of the long list")
    asked = parser.parse_args()
    with browser() as (chromium, folder):
        _score(chromium, folder, asked.files)
        _open_cases(chromium, folder, asked.cases)


@contextmanager
def _worklist(chromium: Browser, folder: Path, name: str) -> Iterator[Page]:
    """The Worklist page of a server of its own, on the database in `folder / name`."""
    os.environ |= {"CXR_DATA_DIR": str(folder / name), "CXR_KEEP_PIXELS": "off"}
    os.environ.pop("DATABASE_URL", None)
    with served(folder / f"{name}.log") as url:
        page = chromium.new_page(viewport={"width": WIDE, "height": 1700})
        page.goto(url)
        visit(page, "Worklist")
        yield page
        page.close()


def _score(chromium: Browser, folder: Path, number: int) -> None:
    """Two lists: one that is left alone, and one whose page is clicked on meanwhile."""
    files = [folder / f"{index}.jpeg" for index in range(2 * number)]
    for file, data in zip(files, made_jpegs(2 * number), strict=True):
        file.write_bytes(data)
    with _worklist(chromium, folder, "scoring") as page:
        expect(page.get_by_text("warming up")).to_have_count(0, timeout=PATIENCE_MS)
        done = page.get_by_role("button", name="Clear and add more")
        hand_over(page, files[:number]).click()
        tell(f"{number} files scored and saved", [timed(lambda: done.wait_for(timeout=PATIENCE_MS))], 30_000)
        done.click()
        at_rest(page)
        button = hand_over(page, files[number:])
        begun = time.perf_counter()
        button.click()
        filtered = _filter_meanwhile(page)
        tell("the same with clicks on the page", [1e3 * (time.perf_counter() - begun)], 30_000)
        tell("meanwhile, a filter", filtered, 1000)


def _filter_meanwhile(page: Page) -> list[float]:
    """Change the filter over and over until the list is done."""
    page.wait_for_function(ROWS, timeout=PATIENCE_MS)
    done, times = page.get_by_role("button", name="Clear and add more"), []
    for name, shown in itertools.cycle((("Normal", ALL_NORMAL), ("Any", MIXED))):
        page.get_by_role("combobox", name="Model says").click()
        option = page.get_by_role("option", name=name, exact=True)
        option.wait_for()
        times.append(answer(page, option.click, shown))
        if name == "Any" and done.is_visible():
            break
    return times


def _open_cases(chromium: Browser, folder: Path, number: int) -> None:
    """A case of a long list, the next one, and back."""
    _fill(folder / "long", number)
    opened, stepped, back = list[float](), list[float](), list[float]()
    with _worklist(chromium, folder, "long") as page:
        for index in range(min(OPENED, number - 1)):
            page.wait_for_function(ROWS)
            row = page.locator("[class*=st-key-open-C-] button:visible").nth(index)
            opened.append(answer(page, row.click, CASE))
            url = page.url
            stepped.append(
                answer(page, page.locator(".st-key-step-next button").first.click, f"() => location.href !== {url!r}")
            )
            page.wait_for_function(CASE)
            back.append(answer(page, page.get_by_role("button", name="Back to the list").click, ROWS))
    tell(f"a case of {number:,} opened", opened, 1000)
    tell(f"the next case of {number:,}", stepped, 1000)
    tell(f"back to the list of {number:,}", back, 1000)


def _fill(data_dir: Path, number: int) -> None:
    """Made cases; those that the list shows first keep a picture of a usual size."""
    small, large = made_radiograph(1, pneumonia=True), made_radiograph(2, pneumonia=True, size=(1200, 1500))
    begun = time.perf_counter()
    with open_records(Settings(data_dir=data_dir, keep_pixels=True)) as records:
        for index in range(number):
            keeps = index <= SHOWN_PICTURES
            pixels = (large if keeps else small).copy()
            # Other pixels are another case.
            pixels[0, :4] = np.frombuffer(index.to_bytes(4, "big"), np.uint8)
            found = prediction(1 - index / number)
            records.save(Radiograph(pixels, "PNG"), found, reader="Ann", keep_pixels=keeps)
    logger.info("%d cases saved in %.0f s", number, time.perf_counter() - begun)


if __name__ == "__main__":
    main()
