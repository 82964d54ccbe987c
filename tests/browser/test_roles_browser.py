"""What each role may do in the Worklist, in a real Chromium behind sign-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.records.repository import Records, open_records
from app.settings import Settings
from tests.app.records.entries import save
from tests.app.reports.reading import text_of
from tests.browser.signing_in import guarded_app, sign_in
from tests.browser.walking import download

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LIKELY, UNLIKELY = 0.97, 0.04


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("roles") / "data"


@pytest.fixture(scope="module")
def records(data: Path) -> Iterator[Records]:
    """The database that the server reads, too: two cases, with their pictures."""
    with open_records(Settings(data_dir=data, keep_pixels=True)) as opened:
        save(opened, 1, LIKELY)
        save(opened, 2, UNLIKELY)
        yield opened


@pytest.fixture(scope="module")
def guarded(data: Path, records: Records, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001
    """The app behind sign-in, on that database, which is filled first."""
    folder = tmp_path_factory.mktemp("guarded")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.setenv("CXR_DATA_DIR", str(data))
        with guarded_app(folder) as url:
            yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 1700})
    # The tests' identity provider asks for a style sheet from elsewhere.
    context.route(re.compile("/pico.min.css$"), lambda route: route.abort())
    yield context.new_page()
    context.close()


def worklist(page: Page, url: str, who: str) -> None:
    sign_in(page, url, who)
    page.get_by_role("link", name="Worklist").click()
    expect(page.locator(".cx-case").first).to_be_visible()


def open_first(page: Page) -> str:
    button = page.locator("[class*=st-key-open-C-] button:visible").first
    case_id = button.inner_text()
    button.click()
    expect(page.get_by_role("heading", name=f"Case {case_id}")).to_be_visible()
    # The last thing on the page: what is not there by now is not drawn.
    expect(page.get_by_text("History of this case")).to_be_visible()
    return case_id


def absent(page: Page, *names: str) -> None:
    for name in names:
        expect(page.get_by_role("button", name=re.compile(name))).to_have_count(0)


def test_a_viewer_reads_cases_and_can_do_nothing_with_them(page: Page, guarded: str) -> None:
    worklist(page, guarded, "vera")
    expect(page.get_by_text("You can read cases but not add any")).to_be_visible()
    expect(page.locator("input[type=file]")).to_have_count(0)
    expect(page.get_by_role("radio", name="Delete old cases")).to_have_count(0)
    absent(page, "^Export", "^Prepare the overlays", "^Score and save")
    open_first(page)
    expect(page.get_by_text("Only readers review cases.")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_count(0)
    absent(page, "^Save", "^Delete", "PDF report")


def test_a_reader_reviews_takes_the_report_and_neither_exports_nor_deletes(
    page: Page, guarded: str, records: Records
) -> None:
    worklist(page, guarded, "rita")
    absent(page, "^Export", "^Prepare the overlays")
    expect(page.get_by_role("radio", name="Delete old cases")).to_have_count(0)
    case_id = open_first(page)
    expect(page.get_by_role("textbox", name="Your name")).to_have_count(0)
    page.get_by_role("button", name="Disagree").click()
    page.get_by_role("button", name="Save review").click()
    expect(page.get_by_text(f"Review of case {case_id} saved")).to_be_visible()
    absent(page, "^Delete")
    review = records.case(case_id).summary.scoring.review
    assert review is not None
    assert (review.reader, review.verdict) == ("Rita Reader", "disagree")
    report = download(page.get_by_role("button", name="PDF report"))
    assert "Reviewed by Rita Reader" in text_of(report.path())


def test_an_administrator_exports_and_deletes(page: Page, guarded: str, records: Records) -> None:
    worklist(page, guarded, "ada")
    exported = download(page.get_by_role("button", name=re.compile("^Export 2 cases")))
    assert len(exported.path().read_text(encoding="utf-8-sig").splitlines()) == 3
    case_id = open_first(page)
    page.get_by_role("button", name="Delete this case…").click()
    page.get_by_role("button", name="Delete 1 case for good").click()
    expect(page.get_by_text(f"Case {case_id} was deleted")).to_be_visible()
    assert next(line.action for line in records.audit(case_id)) == "case deleted"
    assert next(line.who for line in records.audit(case_id)).startswith("Ada")
