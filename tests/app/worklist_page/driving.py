"""What tests of the Worklist page do with it: drop files, open a case, answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from html import unescape

from streamlit.testing.v1 import AppTest

from app.records.values import CaseFilter, Order
from tests.app.driving import text_of

OpenApp = Callable[..., AppTest]
PATIENCE_S = 30.0


def visit(app: AppTest) -> AppTest:
    return app.switch_page("app_pages/worklist.py").run()


def words(page: AppTest) -> str:
    assert not page.exception, page.exception
    return unescape(text_of(page))


def ids(page: AppTest) -> list[str]:
    return [button.label for button in page.button if str(button.key).startswith("open-C-")]


def name(page: AppTest, place: str, text: str = "Ann") -> AppTest:
    page.text_input(key=f"reader-name-{place}").set_value(text)
    return page


def has_button(page: AppTest, key: str) -> bool:
    return key in {one.key for one in page.button}


def drop(page: AppTest, files: list[tuple[str, bytes]], *, reader: str = "Ann") -> AppTest:
    if reader:
        name(page, "dropping", reader)
    for file_name, data in files:
        page.file_uploader[0].upload(file_name, data, "application/octet-stream")
    page.run()
    return page.button(key="score-and-save").click().run()


def finish(page: AppTest) -> AppTest:
    deadline = time.monotonic() + PATIENCE_S
    while has_button(page, "cancel-list"):
        assert time.monotonic() < deadline, "The list did not end."
        time.sleep(0.1)
        page.run()
    return page


def opened(page: AppTest, case_id: str) -> AppTest:
    return page.button(key=f"open-{case_id}").click().run()


def choose(page: AppTest, prefix: str, value: str) -> AppTest:
    return next(one for one in page.segmented_control if str(one.key).startswith(prefix)).set_value(value).run()


def agree(page: AppTest, answer: str = "agree") -> AppTest:
    return choose(page, "review-verdict-", answer)


def everything() -> tuple[CaseFilter, Order]:
    return CaseFilter(), Order()
