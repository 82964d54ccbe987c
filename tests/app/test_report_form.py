"""The form of the PDF report on the Predict page, through AppTest."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app import report_form
from app.auth.users import user_of
from tests.app.driving import png, text_of


def downloads(page: AppTest) -> list[str]:
    return [one.label for one in page.get("download_button") if "report" in one.label]


def scored(page: AppTest, seed: int = 1) -> AppTest:
    return page.file_uploader[0].upload("Doe^Jane.png", png(pneumonia=True, seed=seed), "image/png").run()


def reference(page: AppTest) -> AppTest:
    return next(one for one in page.text_input if one.label.startswith("Case reference"))


def make(page: AppTest) -> AppTest:
    return next(one for one in page.button if one.label == "Make the PDF report").click().run()


def test_a_report_is_made_when_it_is_asked_for_and_goes_with_its_radiograph(warm_app: AppTest) -> None:
    page = scored(warm_app)
    assert downloads(page) == []
    page = make(page)
    (label,) = downloads(page)
    assert label.startswith("Download report S-")
    assert page.session_state["report-made"].pdf.startswith(b"%PDF")
    page = scored(page, seed=2)
    assert downloads(page) == []
    page = make(page)
    assert downloads(page) != [label]
    page = page.button(key="clear").click().run()
    assert "report-made" not in page.session_state


def test_the_reference_that_was_typed_stands_on_it_and_a_name_is_refused(warm_app: AppTest) -> None:
    page = scored(warm_app)
    reference(page).set_value("ward-3_17")
    page = make(page)
    assert downloads(page) == ["Download report ward-3_17 (PDF)"]
    reference(page).set_value("Doe, Jane")
    page = make(page)
    assert downloads(page) == []
    assert "expected 1 to 64 letters, digits, hyphens and underscores" in text_of(page)


def test_a_viewer_is_told_who_may(warm_app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_form, "current_user", lambda: user_of({"roles": "viewer"}, "roles"))
    page = scored(warm_app)
    assert "your role cannot" in text_of(page)
    assert all(one.label != "Make the PDF report" for one in page.button)
