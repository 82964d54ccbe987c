"""Every page in every state: axe-core finds nothing to correct, and no other host is asked for anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.records.repository import Records, open_records
from app.records.values import AGREE, Opinion
from app.settings import SAMPLES, Settings
from tests.app.records.entries import save
from tests.browser.axe import LOOKS, OPPOSITE, faults, show
from tests.browser.serving import served
from tests.browser.signing_in import secrets_file
from tests.browser.walking import MODEL_MS, NARROW, TALL, at_rest, hand_over, page_links, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CASES = 30
"""More than one page of the list."""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def server(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with the shipped model, whose figures fill the pages, on an empty database."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("CXR_DATA_DIR", str(data_dir))
        patch.setenv("CXR_KEEP_PIXELS", "on")
        patch.delenv("DATABASE_URL", raising=False)
        yield stack.enter_context(served(tmp_path_factory.mktemp("log") / "server.log"))


def test_every_page_of_the_navigation(page: Page, server: str) -> None:
    found: list[str] = []
    for title in page_links(page, server):
        visit(page, title)
        found += faults(page, title, LOOKS)
    assert found == []


def test_what_is_amiss_is_found(page: Page, server: str) -> None:
    page_links(page, server)
    page.evaluate("document.querySelector('main').append(Object.assign(new Image(), {src: document.images[0].src}))")
    assert any("image-alt (critical)" in line for line in faults(page, "spoilt", LOOKS[-1:]))


def test_the_menu_on_a_phone(page: Page, server: str) -> None:
    page_links(page, server)
    page.set_viewport_size({"width": NARROW, "height": TALL})
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_role("link", name="Worklist")).to_be_visible()
    assert faults(page, "menu") == []


def test_predict_from_a_sample_to_a_comparison(page: Page, server: str) -> None:
    page_links(page, server)
    take_sample(page)
    page.get_by_text("Heatmap: class", exact=False).click()
    page.get_by_text("Compare methods", exact=True).click()
    for part in ("What the score means", "Scoring details", "Report and saving"):
        page.get_by_text(part, exact=True).click()
    found = faults(page, "verdict, everything open")
    page.get_by_text("Side by side", exact=True).click()
    page.get_by_role("button", name="Zoom").click()
    page.get_by_role("button", name="Adjust").click()
    assert found + faults(page, "zoom") == []


def test_predict_with_pictures_that_get_no_verdict(page: Page, server: str) -> None:
    page_links(page, server)
    at_rest(page)
    page.set_input_files("input[type=file]", SAMPLES / "refused" / "upside_down.png")
    anyway = page.get_by_role("button", name="Score it anyway")
    expect(anyway).to_be_visible(timeout=MODEL_MS)
    found = faults(page, "rejected")
    anyway.click()
    expect(page.locator(".cx-verdict")).to_be_visible()
    found += faults(page, "scored anyway")
    page.get_by_role("button", name="Clear").click()
    at_rest(page)
    page.set_input_files("input[type=file]", {"name": "notes.txt", "mimeType": "", "buffer": b"not a picture"})
    expect(page.get_by_role("alert")).to_be_visible()
    found += faults(page, "not a picture")
    page.get_by_role("button", name="Guided demo").click()
    expect(page.get_by_role("button", name="Leave the demo")).to_be_visible()
    assert found + faults(page, "demo") == []


def test_the_worklist_from_empty_to_an_opened_case(page: Page, server: str, data_dir: Path) -> None:
    page_links(page, server)
    visit(page, "Worklist")
    expect(page.get_by_text("No case yet")).to_be_visible()
    found = faults(page, "no case")
    drop(page)
    found += faults(page, "list is done")
    fill(data_dir)
    page.get_by_role("button", name="Clear and add more").click()
    expect(page.get_by_text("1 to 25 shown")).to_be_visible()
    found += faults(page, "list")
    page.locator("[class*=st-key-open-C-] button").first.click()
    expect(page.get_by_role("heading", name=re.compile("^Case C-"))).to_be_visible()
    page.get_by_text("History of this case").click()
    found += faults(page, "case")
    page.get_by_role("button", name="Delete this case…").click()
    expect(page.get_by_role("button", name="Delete 1 case for good")).to_be_visible()
    found += faults(page, "about to delete")
    page.get_by_role("button", name="Back to the list").click()
    page.get_by_text("Delete old cases", exact=True).click()
    at_rest(page)
    found += faults(page, "delete old cases")
    visit(page, "Our figures")
    expect(page.get_by_role("heading", name="Scores week by week")).to_be_visible()
    assert found + faults(page, "our figures") == []


def test_pages_that_show_nothing_say_so_to_everybody(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a model; closed to other machines; and before signing in."""
    monkeypatch.setenv("CXR_DATA_DIR", str(tmp_path / "data"))
    found: list[str] = []
    with served(tmp_path / "broken.log", model_dir=tmp_path / "none") as url:
        for at, title in enumerate(page_links(page, url)):
            visit(page, title)
            found += faults(page, f"{title} without a model", [OPPOSITE[at % 2]])
            show(page, *OPPOSITE[-1])
        page.goto("about:blank")  # before its server ends, which it would report
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")  # noqa: S104 - that is what is refused
    with served(tmp_path / "closed.log", model_dir=tmp_path) as url:
        page.goto(url)
        expect(page.get_by_text("The pages are closed")).to_be_visible()
        found += faults(page, "closed")
        page.goto("about:blank")
    monkeypatch.setenv("STREAMLIT_SECRETS_FILES", str(secrets_file(tmp_path, "http://127.0.0.1:9")))
    with served(tmp_path / "sign-in.log", model_dir=tmp_path) as url:
        page.goto(url)
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        found += faults(page, "sign-in")
        page.goto("about:blank")
    assert found == []


def take_sample(page: Page) -> None:
    page.get_by_role("button", name="Pneumonia 2").click()
    expect(page.locator(".cx-verdict")).to_be_visible(timeout=MODEL_MS)
    at_rest(page)


def drop(page: Page) -> None:
    """The samples, scored and saved; more than the table shows at once, one of them refused."""
    samples = [*sorted(SAMPLES.glob("*.png")), SAMPLES / "refused" / "upside_down.png"]
    hand_over(page, samples).click()
    expect(page.get_by_role("button", name="Clear and add more")).to_be_visible(timeout=MODEL_MS)


def fill(data_dir: Path) -> None:
    """Made cases of every kind, one reviewed, beside those that the app saved."""
    with open_records(Settings(data_dir=data_dir, keep_pixels=True)) as records:
        for seed in range(CASES):
            refused = "it is not a radiograph" if seed == 1 else ""
            warnings = ("The DICOM header gives the age as 62 years.",) if seed == 4 else ()
            saved = save(records, seed, seed / CASES, indeterminate=seed == 2, refused=refused, warnings=warnings)
            if seed == 3:
                _agree(records, saved.case_id)


def _agree(records: Records, case_id: str) -> None:
    seen = records.case(case_id).summary.scoring
    records.review(case_id, Opinion(AGREE, comment="As it says."), reader="Ann", seen=seen)
