"""What leaves the page: the PDF report and the case for the worklist."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.auth.users import ROLES
from app.records.repository import open_records
from app.records.values import CaseFilter, Order
from app.screens.predict import take_away
from app.settings import load
from model.scoring import NO_INPUT_CHECK
from tests.app.driving import choose, keys, png, press, ran, upload, words

MAKE = "Make the PDF report"


def downloads(page: AppTest) -> list[str]:
    return [one.label for one in page.get("download_button") if "report" in one.label]


def make(page: AppTest) -> AppTest:
    next(one for one in page.button if one.label == MAKE).click()
    return ran(page)


def reference(page: AppTest, text: str) -> AppTest:
    """With a reference typed in, and the report made."""
    next(one for one in page.text_input if one.label.startswith("Case reference")).set_value(text)
    return make(page)


def test_a_report_is_made_when_asked_for_and_goes_with_its_radiograph(page: AppTest) -> None:
    page = upload(page, png(pneumonia=True), "Doe^Jane.png")
    assert downloads(page) == []
    page = make(page)
    (label,) = downloads(page)
    pdf = page.session_state["report-made"].pdf
    assert label.startswith("Download report S-")
    assert pdf.startswith(b"%PDF")
    assert b"Jane" not in pdf
    page = reference(page, "ward-3_17")
    assert "ward-3_17" in downloads(page)[0]
    page = reference(page, "Doe, Jane")
    assert (downloads(page), len(page.error)) == ([], 1)
    page = make(upload(page, png(pneumonia=True, seed=2)))
    assert downloads(page) not in ([], [label])
    assert "report-made" not in press(page, "clear").session_state


def test_a_case_is_saved_under_a_name_with_what_qualifies_it(page: AppTest) -> None:
    page = upload(page, png(pneumonia=True))
    question = next(one for one in page.segmented_control if str(one.key).startswith("age-"))
    page = choose(page, str(question.key), value=False)
    assert page.button(key="save-case").disabled
    page = press(choose(page, "reader-name", "Dr Reader"), "save-case")
    with open_records(load()) as records:
        (case,) = records.page(CaseFilter(), Order()).cases
    assert case.case_id in words(page)
    assert NO_INPUT_CHECK in case.scoring.warnings
    assert any("not 1 to 5 years" in text for text in case.scoring.warnings)


def test_a_viewer_can_do_neither(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(take_away, "current_user", lambda: ROLES["viewer"])
    page = upload(page, png(pneumonia=True))
    assert "save-case" not in keys(page)
    assert MAKE not in [one.label for one in page.button]
