"""Reading without the model's answer; thumbnails, urgency, and cases that another reader has open."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.records.repository import Records
from app.records.values import URGENCY, CaseFilter, Order
from app.services.records import AWAY_AFTER_S, Readers
from tests.app.driving import choose, film, html, press, ran, words
from tests.app.records.entries import prediction, radiograph, review
from tests.app.screens.worklist.conftest import OpenPage
from tests.app.screens.worklist.driving import ids, name, opened

TELLING = ("Pneumonia", "99.0", "Indeterminate", "Rule-", "threshold")


def test_nothing_tells_what_the_model_says_before_the_reader_has_answered(filled: AppTest, records: Records) -> None:
    certain = ids(filled)[0]
    page = choose(name(filled), "worklist-blinded", True)
    rows = html(page)
    assert rows.count("Hidden") == 4
    assert not [told for told in TELLING if told in rows]
    assert {one.label for one in page.selectbox} == {"Sorted by", "Review", "Operating point"}
    assert all("score" not in option for option in page.selectbox(key="worklist-blind-order").options)
    page = opened(page, certain)
    assert film(page)["heat"] == ""
    assert not [told for told in TELLING if told in html(page) + words(page)]
    assert not page.expander, "The history says what the model said."
    page = press(page, "answer-Pneumonia")
    assert film(page)["heat"] != ""
    assert "Pneumonia" in html(page)
    press(page, "save-review")
    saved = records.case(certain).summary.scoring.review
    assert saved is not None
    assert (saved.verdict, saved.label, saved.blinded) == ("agree", "Pneumonia", True)


def test_who_changes_the_answer_after_seeing_the_models_did_not_read_blinded(filled: AppTest, records: Records) -> None:
    certain = ids(filled)[0]
    page = opened(choose(name(filled), "worklist-blinded", True), certain)
    press(press(press(page, "answer-Normal"), "answer-Pneumonia"), "save-review")
    saved = records.case(certain).summary.scoring.review
    assert saved is not None
    assert (saved.label, saved.blinded) == ("Pneumonia", False)


def test_urgent_is_what_nobody_has_reviewed_and_has_the_highest_score(filled: AppTest, records: Records) -> None:
    first, second, *rest = ids(filled)
    review(records, first)
    order = Order(URGENCY)
    assert [one.case_id for one in records.every(CaseFilter(), order)] == [second, *rest, first]
    beside = records.neighbours(first, CaseFilter(), order)
    assert (beside.previous, beside.following) == (rest[-1], None)
    page = choose(filled, "worklist-order", "Most urgent first")
    assert ids(page) == [second, *rest, first]
    assert "by Ann" in html(page)


def test_a_case_that_another_reader_has_open_is_marked(filled: AppTest, open_page: OpenPage) -> None:
    case_id = ids(filled)[1]
    other = open_page()
    other.text_input(key="worklist-reader").set_value("Bob")
    other = opened(other, case_id)
    assert "Bob is reading it" in html(ran(filled))
    assert "Bob has this case open" in words(opened(filled, case_id))
    press(other, "back")
    assert "Bob" not in words(ran(filled))


def test_a_reader_who_does_nothing_is_away() -> None:
    now = [0.0]
    readers = Readers(lambda: now[0])
    readers.take("a", "C-1", "Ann")
    readers.take("b", "C-2", "")
    assert readers.others("c") == {"C-1": "Ann", "C-2": "somebody"}
    assert readers.others("a") == {"C-2": "somebody"}
    now[0] = AWAY_AFTER_S + 1
    assert readers.others("c") == {}


@pytest.mark.parametrize("keeps", [True, False])
def test_a_row_shows_a_small_picture_of_a_kept_radiograph(page: AppTest, records: Records, *, keeps: bool) -> None:
    saved = records.save(radiograph(), prediction(), reader="Ann", keep_pixels=keeps)
    assert (saved.case_id in records.thumbnails([saved.case_id])) == keeps
    assert ("data:image/jpeg" in html(ran(page))) == keeps
