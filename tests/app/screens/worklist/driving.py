"""What tests of the Worklist do with it: drop files, open a case, answer."""

from __future__ import annotations

import time

from streamlit.testing.v1 import AppTest

from app.records.values import CaseFilter, Order
from tests.app.screens.performance import reading

PATIENCE_S = 30.0


def words(page: AppTest) -> str:
    """All text on the page, with what it has just told."""
    return " ".join([*(one.value for one in page.toast), *(one.value for one in page.title), reading.words(page)])


def ids(page: AppTest) -> list[str]:
    return [one.label for one in page.button if str(one.key).startswith("open-C-")]


def has(page: AppTest, key: str) -> bool:
    return key in {one.key for one in page.button}


def press(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def name(page: AppTest, text: str = "Ann") -> AppTest:
    page.text_input(key="worklist-reader").set_value(text)
    return page


def opened(page: AppTest, case_id: str) -> AppTest:
    return press(page, f"open-{case_id}")


def case_of(page: AppTest) -> str:
    return str(page.title[0].value).removeprefix("Case ")


def drop(page: AppTest, files: dict[str, bytes]) -> AppTest:
    for file_name, data in files.items():
        page.file_uploader[0].upload(file_name, data, "application/octet-stream")
    return press(page.run(), "score-and-save")


def finish(page: AppTest) -> AppTest:
    deadline = time.monotonic() + PATIENCE_S
    while has(page, "cancel-list"):
        assert time.monotonic() < deadline, "The list did not end."
        time.sleep(0.05)
        page.run()
    return page


def everything() -> tuple[CaseFilter, Order]:
    return CaseFilter(), Order()
