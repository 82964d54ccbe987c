"""What tests of the Worklist do with it: drop files, open a case, give a name."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from app.records.repository import Records
from app.records.values import CaseFilter, Opinion, Order
from tests.app.driving import keys, press, ran, wait


def ids(page: AppTest) -> list[str]:
    return [one.label for one in page.button if str(one.key).startswith("open-C-")]


def name(page: AppTest) -> AppTest:
    page.text_input(key="worklist-reader").set_value("Ann")
    return page


def opened(page: AppTest, case_id: str) -> AppTest:
    return press(page, f"open-{case_id}")


def case_of(page: AppTest) -> str:
    return str(page.title[0].value).removeprefix("Case ")


def drop(page: AppTest, files: dict[str, bytes]) -> AppTest:
    for file_name, data in files.items():
        page.file_uploader[0].upload(file_name, data, "application/octet-stream")
    return press(ran(page), "score-and-save")


def finish(page: AppTest) -> AppTest:
    wait(lambda: "cancel-list" not in keys(page), lambda: ran(page))
    return page


def review_as_bo(records: Records, case_id: str, *opinion: str) -> None:
    """Bo saw what is stored now, and agrees unless told otherwise."""
    given = Opinion(*opinion or ("agree",))
    records.review(case_id, given, reader="Bo", seen=records.case(case_id).summary.scoring)


def everything() -> tuple[CaseFilter, Order]:
    return CaseFilter(), Order()
