"""The Worklist in a real Chromium: files dropped, cancelled, reviewed by keyboard, exported and deleted."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.app.reports.reading import text_of
from tests.browser.serving import served
from tests.browser.walking import MODEL_MS, at_rest, box, download, hand_over, visit, watched
from tests.made import made_radiograph
from tests.model.files import made_dicom

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILES = 30


@pytest.fixture
def page(browser: Browser, trained_artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """The worklist on an empty database; reports of the console fail the test."""
    monkeypatch.setenv("CXR_DATA_DIR", str(tmp_path / "data"))
    for name in ("DATABASE_URL", "CXR_KEEP_PIXELS"):
        monkeypatch.delenv(name, raising=False)
    with (
        served(tmp_path / "server.log", model_dir=trained_artifact) as url,
        watched(browser, f"{url}/worklist", height=900) as opened,
    ):
        yield opened
    log = (tmp_path / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "patient" not in log, "A file's name was logged."


def test_a_morning_with_thirty_files(page: Page, tmp_path: Path) -> None:
    expect(page.get_by_text("No case yet")).to_be_visible(timeout=MODEL_MS)
    saved = _drop_and_cancel(page, _files(tmp_path / "files"))
    assert 0 < saved < FILES
    expect(page.locator(".cx-case")).to_have_count(min(saved, 25))
    _review_by_keyboard(page)
    _address(page)
    _read_blinded(page)
    _report(page)
    _export(page, saved)
    _delete(page, saved)
    visit(page, "Our figures")
    expect(page.get_by_text(re.compile("^Blinded reads"))).to_be_visible()
    expect(page.get_by_role("heading", name="Scores week by week")).to_be_visible()


def _files(folder: Path) -> list[Path]:
    """Large enough that scoring them all takes seconds; the first has a header that does not fit the model."""
    folder.mkdir()
    files = [folder / "patient-0.dcm", folder / "patient-1.zip"]
    files[0].write_bytes(made_dicom(PatientAge="062Y"))
    with zipfile.ZipFile(files[1], "w") as archive:
        archive.writestr("patient-1.png", _png(1))
    for seed in range(2, FILES):
        files.append(folder / f"patient-{seed}.jpeg")
        pixels = made_radiograph(seed, pneumonia=bool(seed % 2), size=(2600, 2400))
        Image.fromarray(pixels).save(files[-1], "JPEG", quality=85)
    return files


def _png(seed: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(made_radiograph(seed, pneumonia=True, size=(260, 240))).save(file, "PNG")
    return file.getvalue()


def _drop_and_cancel(page: Page, files: list[Path]) -> int:
    expect(page.get_by_text("warming up")).to_have_count(0, timeout=MODEL_MS)
    at_rest(page)
    button = hand_over(page, files)
    page.get_by_role("radio", name="Radiographs and results").click()
    at_rest(page)
    button.click()
    # Not before two cases are there: "done" also counts what was only read.
    expect(page.locator(".cx-case").first).to_be_visible(timeout=MODEL_MS)
    page.get_by_role("button", name="Show new cases").click()
    page.get_by_role("button", name="Cancel").click()
    summary = page.get_by_text(re.compile(r"\d+ cases? saved.*not scored"))
    expect(summary).to_be_visible(timeout=MODEL_MS)
    # The list below the files' panel stays above the fold.
    assert box(page.locator(".cx-case").first)["y"] < 800
    found = re.search(r"(\d+) case", summary.inner_text())
    assert found
    return int(found[1])


def _rows(page: Page) -> Locator:
    return page.locator("[class*=st-key-open-C-] button:visible")


def _case(page: Page, case_id: str) -> Locator:
    return page.get_by_role("heading", name=f"Case {case_id}")


def _review_by_keyboard(page: Page) -> None:
    """Enter opens; one key answers, Enter saves and goes on to the next film."""
    expect(page.locator(".cx-case", has_text="2 warnings")).to_have_count(1)
    first, second = _rows(page).all_inner_texts()[:2]
    _rows(page).first.focus()
    page.keyboard.press("Enter")
    expect(_case(page, first)).to_be_visible()
    film, save = page.locator(".st-key-film .frame").first, page.get_by_role("button", name="Save and next")
    expect(film).to_be_in_viewport()
    expect(save).to_be_in_viewport()
    expect(save).to_be_disabled()
    expect(save).to_have_text(re.compile("Save and next"))
    at_rest(page)
    page.keyboard.press("c")
    page.keyboard.type("no b, no p, no n of ours?")
    page.keyboard.press("Escape")
    expect(_case(page, first)).to_be_visible()
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 500)")
    # With so few validation scans the band of the tests' artifact may span all: then there is a label to give.
    for key in "da" if page.get_by_role("button", name=re.compile("^Agree")).count() else "21":
        page.keyboard.press(key)
        answers = page.locator(".st-key-answers button")
        expect(answers.nth("a1d2".index(key) // 2).get_by_test_id("stIconMaterial")).to_have_text("check")
    expect(save).to_be_enabled()
    at_rest(page)
    page.keyboard.press("Enter")
    expect(_case(page, second)).to_be_visible()
    expect(page.get_by_text(f"Review of case {first} saved")).to_be_visible()
    expect(film).to_be_in_viewport()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    at_rest(page)
    page.keyboard.press("?")
    expect(page.get_by_text("Save and open the next case")).to_be_visible()
    page.keyboard.press("Escape")
    before = page.locator(".viewer").get_attribute("data-drawn")
    page.keyboard.press("h")
    expect(page.locator(".viewer")).not_to_have_attribute("data-drawn", before or "")
    for key, case_id in (("p", first), ("n", second)):
        page.keyboard.press(key)
        expect(_case(page, case_id)).to_be_visible()
        at_rest(page)


def _address(page: Page) -> None:
    """Back, forward and F5 keep the case; B leads to the list."""
    case_id = page.locator("h1").inner_text().removeprefix("Case ")
    assert page.url.endswith(f"?case={case_id}")
    page.go_back()
    expect(_case(page, case_id)).to_have_count(0)
    page.go_forward()
    expect(_case(page, case_id)).to_be_visible()
    page.keyboard.press("b")
    expect(page.locator(".cx-case").first).to_be_visible()
    page.go_back()
    page.reload()
    expect(_case(page, case_id)).to_be_visible(timeout=MODEL_MS)
    at_rest(page)
    page.get_by_role("button", name="Back to the list").click()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".cx-case").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 900})


def _read_blinded(page: Page) -> None:
    """Neither list nor case tells the model's answer before the reader's own."""
    page.get_by_text("Hide the model’s answer").click()
    expect(page.locator(".cx-case", has_text="Hidden").last).to_be_visible()
    at_rest(page)
    hidden = _rows(page).last
    case_id = hidden.inner_text()
    assert not re.search("Normal|Pneumonia|Indeterminate", page.locator(".cx-case").last.inner_text())
    hidden.click()
    expect(_case(page, case_id)).to_be_visible()
    page.get_by_role("textbox", name="Your name").fill("Ann")
    page.keyboard.press("Tab")
    at_rest(page)
    expect(page.locator(".cx-verdict")).to_have_count(0)
    page.locator("h1").click()
    page.keyboard.press("2")
    expect(page.locator(".cx-verdict")).to_be_visible()
    at_rest(page)
    page.get_by_role("button", name="Save review").click()
    expect(page.get_by_text(re.compile("Ann .*blinded"))).to_be_visible()
    at_rest(page)
    page.keyboard.press("b")
    expect(page.locator(".cx-case").first).to_be_visible()
    at_rest(page)
    page.get_by_text("Hide the model’s answer").click()
    expect(page.locator(".cx-case", has_text="Hidden")).to_have_count(0)


def _report(page: Page) -> None:
    """The case with a warning: its report has it, too."""
    row = page.locator("[class*=st-key-case-row-]", has=page.locator(".cx-case", has_text="2 warnings"))
    row.locator("[class*=st-key-open-C-] button").click()
    expect(page.get_by_role("alert").get_by_text("62 years")).to_be_visible()
    case_id = page.locator("h1").inner_text().removeprefix("Case ")
    report = download(page.get_by_role("button", name="PDF report"))
    assert report.suggested_filename == f"report-{case_id}.pdf"
    text = text_of(report.path())
    assert case_id in text
    assert "62 years" in text
    assert "patient-" not in text
    page.get_by_role("button", name="Back to the list").click()
    expect(page.locator(".cx-case").first).to_be_visible()


def _export(page: Page, saved: int) -> None:
    text = download(page.get_by_role("button", name=f"Export {saved} case")).path().read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == saved
    read = {row["comment"]: row["blinded"] for row in rows if row["reader"] == "Ann"}
    assert read == {"no b, no p, no n of ours?": "no", "": "yes"}
    assert "patient" not in text.replace("patients", "")
    page.get_by_role("button", name="Prepare the overlays (ZIP)").click()
    overlays = download(page.get_by_role("button", name=f"Download {saved} overlay"))
    with zipfile.ZipFile(overlays.path()) as archive:
        assert sorted(archive.namelist()) == sorted(f"{row['case']}.png" for row in rows)


def _delete(page: Page, saved: int) -> None:
    gone = _rows(page).first.inner_text()
    _rows(page).first.click()
    expect(_case(page, gone)).to_be_visible()
    at_rest(page)
    page.get_by_role("textbox", name="Your name").fill("Ann")
    page.keyboard.press("Tab")
    at_rest(page)
    expect(page.get_by_role("textbox", name="Your name")).to_have_value("Ann")
    page.get_by_role("button", name="Delete this case…").click()
    expect(page.get_by_role("button", name="Delete 1 case for good")).to_be_visible()
    at_rest(page)
    page.get_by_role("button", name="Delete 1 case for good").click()
    expect(page.get_by_text(f"Case {gone} was deleted")).to_be_visible()
    expect(page.locator(".cx-case")).to_have_count(min(saved - 1, 25))
    assert gone not in _rows(page).all_inner_texts()
