"""The Worklist in a real Chromium: 30 files dropped, cancelled half-way, reviewed, exported and deleted."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright

from tests.app.reports.reading import text_of, told
from tests.browser.serving import CHROMIUM, served, settled
from tests.made import made_radiograph

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MODEL_MS = 120_000
FILES = 30


@pytest.fixture
def page(trained_artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """The worklist on an empty database that keeps pictures; reports of the console fail the test."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: install it with `apt-get install chromium`.", pytrace=False)
    monkeypatch.setenv("CXR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CXR_KEEP_PIXELS", "on")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    errors: list[str] = []
    with served(tmp_path / "server.log", model_dir=trained_artifact) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 1700})
        opened.on("console", lambda line: errors.append(line.text) if _is_fault(line) else None)
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.goto(url)
        opened.get_by_role("link", name="Worklist").click()
        yield opened
        browser.close()
    assert errors == []
    log = (tmp_path / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "patient" not in log, "A file's name was logged."


def _is_fault(line: ConsoleMessage) -> bool:
    """An error; but a picture that was replaced before the browser fetched it, by a quick step onwards, is none."""
    return line.type == "error" and "/media/" not in f"{line.text} {line.location.get('url', '')}"


def test_a_morning_with_thirty_files(page: Page, tmp_path: Path) -> None:
    expect(page.get_by_text("No case yet")).to_be_visible(timeout=MODEL_MS)
    saved = _drop_and_cancel(page, _files(tmp_path / "files"))
    assert 0 < saved < FILES
    expect(page.locator(".cx-case")).to_have_count(min(saved, 25))
    _review_by_keyboard(page)
    _report(page, tmp_path)
    _narrow_screen(page)
    _export(page, tmp_path, saved)
    _delete(page, saved)


def _files(folder: Path) -> list[Path]:
    """Large enough that scoring them all takes seconds."""
    folder.mkdir()
    files = []
    for seed in range(FILES):
        pixels = made_radiograph(seed, pneumonia=bool(seed % 2), size=(2600, 2400))
        file = folder / f"patient-{seed}.jpeg"
        Image.fromarray(pixels).save(file, "JPEG", quality=85)
        files.append(file)
    return files


def _drop_and_cancel(page: Page, files: list[Path]) -> int:
    # By its key: in the moment after the link was clicked, the Predict page's uploader may still be there.
    page.set_input_files(".st-key-worklist-upload-0 input[type=file]", files)
    page.get_by_role("textbox", name="Your name").fill("Ann")
    page.keyboard.press("Tab")
    # The button says when all have arrived; pressed before, it would take none.
    button = page.get_by_role("button", name=f"Score and save {FILES} files")
    expect(button).to_be_visible(timeout=MODEL_MS)
    expect(page.get_by_text("warming up")).to_have_count(0, timeout=MODEL_MS)
    button.click()
    # Not before a case is there: "done" also counts what was only read.
    expect(page.locator(".cx-case").first).to_be_visible(timeout=MODEL_MS)
    page.get_by_role("button", name="Cancel").click()
    summary = page.get_by_text(re.compile(r"\d+ cases? saved.*not scored"))
    expect(summary).to_be_visible(timeout=MODEL_MS)
    expect(page.get_by_text("The list was cancelled")).to_be_visible()
    expect(page.get_by_text("patient-0.jpeg")).to_be_visible()
    found = re.match(r"(\d+) case", summary.inner_text())
    assert found
    return int(found[1])


def _rows(page: Page) -> list[str]:
    return page.locator("[class*=st-key-open-C-] button:visible").all_inner_texts()


def _review_by_keyboard(page: Page) -> None:
    """Open a case with Enter, judge it, go on with N and back with P and B."""
    first, second = _rows(page)[:2]
    page.locator("[class*=st-key-open-C-] button:visible").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Case {first}")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("The same image with colour"))).to_be_visible()
    expect(page.get_by_role("textbox", name="Your name")).to_have_value("Ann")
    _answer(page)
    comment = page.get_by_role("textbox", name="Comment")
    comment.fill("no b, no p, no n of ours")
    expect(page.get_by_role("heading", name=f"Case {first}")).to_be_visible()
    page.get_by_role("button", name="Save and next").click()
    expect(page.get_by_text(f"The review of case {first} was saved")).to_be_visible()
    expect(page.get_by_role("heading", name=f"Case {second}")).to_be_visible()
    page.locator("h2").first.click()
    page.keyboard.press("p")
    expect(page.get_by_role("heading", name=f"Case {first}")).to_be_visible()
    expect(page.get_by_text("no b, no p, no n of ours").first).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name=f"Case {second}")).to_be_visible()
    page.keyboard.press("b")
    expect(page.locator(".cx-case").first).to_be_visible()


def _answer(page: Page) -> None:
    """With so few validation scans the band of the tests' artifact may span all: then there is a label to give."""
    answer = page.get_by_role("radio", name="Agree", exact=True)
    other = page.get_by_role("radio", name="Normal", exact=True)
    (answer if answer.count() else other).first.click()


def _report(page: Page, folder: Path) -> None:
    """The reviewed case and the one after it, which nobody reviewed."""
    first, second = _rows(page)[:2]
    for case_id, state in ((first, "Reviewed by Ann"), (second, "Unverified AI result")):
        page.locator(f".st-key-open-{case_id} button:visible").click()
        expect(page.get_by_role("heading", name=f"Case {case_id}")).to_be_visible()
        settled(page)
        with page.expect_download() as started:
            page.get_by_role("button", name="PDF report").click()
        assert started.value.suggested_filename == f"report-{case_id}.pdf"
        started.value.save_as(folder / "report.pdf")
        assert "Pages:           1" in told("pdfinfo", folder / "report.pdf")
        text = text_of(folder / "report.pdf")
        for part in (f"Case: {case_id}.", state, "The model’s verdict:", "Strong influence", "SHA-256 of its weights"):
            assert part in text
        assert "patient-" not in text
        page.get_by_role("button", name="Back to the list").click()
        expect(page.locator(".cx-case").first).to_be_visible()


def _narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 1700})
    row = page.locator(".cx-case").first
    expect(row).to_be_visible()
    box = row.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 1700})


def _export(page: Page, folder: Path, saved: int) -> None:
    settled(page)
    with page.expect_download() as started:
        page.get_by_role("button", name=re.compile(rf"Export {saved} case")).click()
    started.value.save_as(folder / "cases.csv")
    rows = list(csv.DictReader(io.StringIO((folder / "cases.csv").read_text(encoding="utf-8-sig"))))
    assert len(rows) == saved
    assert sum(row["reader"] == "Ann" for row in rows) == 1
    assert "patient" not in (folder / "cases.csv").read_text(encoding="utf-8-sig")
    page.get_by_role("button", name="Prepare the overlays (ZIP)").click()
    expect(page.locator(".cx-note", has_text=f"{saved} overlay")).to_be_visible(timeout=MODEL_MS)
    with page.expect_download() as started:
        page.get_by_role("button", name=re.compile(r"Download \d+ overlay")).click()
    started.value.save_as(folder / "overlays.zip")
    with zipfile.ZipFile(folder / "overlays.zip") as archive:
        assert sorted(archive.namelist()) == sorted(f"{row['case']}.png" for row in rows)
        with archive.open(archive.namelist()[0]) as entry, Image.open(entry) as picture:
            assert picture.size == (2400, 2600)


def _delete(page: Page, saved: int) -> None:
    gone = _rows(page)[0]
    page.locator("[class*=st-key-open-C-] button:visible").first.click()
    page.get_by_role("button", name="Delete this case…").click()
    expect(page.get_by_text(f"1 case, {gone}, would be deleted")).to_be_visible()
    page.get_by_role("button", name="Delete 1 case for good").click()
    expect(page.get_by_text(f"Case {gone} was deleted")).to_be_visible()
    assert gone not in _rows(page)
    expect(page.locator(".cx-case")).to_have_count(min(saved - 1, 25))
