"""An opened case: its address, film and verdict, its review, its reference, its report and its deletion."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.auth import users
from app.records.repository import Records
from app.screens import prelude
from app.screens.worklist import review, session
from app.services import reports
from tests.app.driving import film, keys, look, missing, png, press, ran, tidy, words
from tests.app.records.entries import save
from tests.app.screens.worklist.conftest import OpenPage
from tests.app.screens.worklist.driving import case_of, drop, finish, ids, name, opened, review_as_bo


def test_a_case_is_in_the_address_and_next_follows_the_list(filled: AppTest, open_page: OpenPage) -> None:
    first, second, *_, last = ids(filled)
    page = opened(filled, first)
    assert first in page.query_params["case"]
    assert page.button(key="step-previous").disabled
    page = press(page, "step-next")
    assert case_of(page) == second
    assert second in page.query_params["case"]
    assert "case" not in press(page, "back").query_params
    other = open_page(last)
    assert case_of(other) == last
    assert other.button(key="step-next").disabled
    assert "not found" in words(open_page("C-000000"))


def test_what_is_known_of_a_case_and_its_reference(filled: AppTest, records: Records) -> None:
    case_id = ids(filled)[1]
    save(records, 1, 0.2, model_version="residual-2", warnings=("The patient is 62 years old.",))
    page = opened(ran(filled), case_id)
    assert not missing(
        words(page),
        *("Score 20 %, below the 50 %", "model residual-2", "80 × 96 pixels of 0.15 × 0.14 mm; stored"),
        *("is 62 years old.", "Accepted"),
    )
    assert [one.label[:15] for one in page.expander if "other" in one.label] == ["1 other scoring"]
    assert film(page)["heat"]
    assert film(page)["view"]["mode"] == "film", "A normal result shows no heatmap at first."
    assert "Most colour lies" in words(look(page, mode="overlay"))
    page.text_input(key=f"worklist-reference-{case_id}").set_value("Ward 3, bed 2").run()
    assert records.case(case_id).summary.reference == "Ward 3, bed 2"
    assert "Ward 3, bed 2" in words(press(page, "back"))


def test_a_refused_case_says_so_everywhere(page: AppTest, records: Records) -> None:
    save(records, 7, 0.9, refused="it looks upside down")
    assert "rejected, scored" in words(ran(page))
    assert "picture: it looks upside down" in words(opened(page, ids(page)[0]))


def test_a_review_is_saved_edited_and_kept_in_the_history(filled: AppTest, records: Records) -> None:
    first, second, indeterminate, _ = ids(filled)
    page = opened(filled, first)
    assert all(page.button(key=key).disabled for key in ("save-review", "save-and-next"))
    page = press(page, "answer-Normal")
    page.text_area[0].set_value("Clear lungs.").run()
    assert "your name first" in words(press(page, "save-review"))
    # The name and the click reach the server together.
    page = press(name(page), "save-review")
    kept = records.case(first).summary.scoring.review
    assert kept is not None
    assert (kept.verdict, kept.label, kept.comment, kept.reader) == ("disagree", "Normal", "Clear lungs.", "Ann")
    page = press(press(page, "answer-Pneumonia"), "save-and-next")
    assert case_of(page) == second
    assert not missing(words(page), f"case {first} saved", "3 not reviewed")
    page = press(page, "step-previous")
    assert "Ann agrees: Pneumonia" in words(page)
    assert "verdict: disagree → agree" in tidy(" ".join(page.table[0].value["What"]))
    page = opened(press(page, "back"), indeterminate)
    assert {one.label for one in page.button if str(one.key).startswith("answer-")} == {"Normal", "Pneumonia"}
    assert "Ann labels it Normal" in words(press(press(page, "answer-Normal"), "save-review"))


def test_a_stale_review_is_refused_and_the_draft_is_kept(filled: AppTest, records: Records) -> None:
    case_id, other = ids(filled)[:2]
    page = press(name(opened(filled, case_id)), "answer-Normal")
    page.text_area[0].set_value("My draft.").run()
    review_as_bo(records, case_id)
    page = press(page, "save-review")
    assert not missing(words(page), "not saved", "changed by Bo")
    # Whoever closes and opens the case again is still told.
    page = opened(press(page, "back"), case_id)
    assert "changed since" in words(page)
    assert page.text_area[0].value == "My draft."
    page = press(press(page, "see-anew"), "save-review")
    kept = records.case(case_id).summary.scoring.review
    assert kept is not None
    assert (kept.reader, kept.comment, kept.version) == ("Ann", "My draft.", 2)
    # A form that nobody touched begins with what another reader wrote.
    page = press(opened(press(page, "back"), other), "back")
    review_as_bo(records, other, "disagree", "Normal", "Bo’s words.")
    page = opened(page, other)
    assert page.text_area[0].value == "Bo’s words."
    assert "Bo disagrees: Normal" in words(page)


def test_what_comes_and_goes_above_moves_nothing_below(filled: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser makes anew whatever moves: a comment in the making would be lost."""
    opened(filled, ids(filled)[0])
    before = [type(one).__name__ for one in filled.main.children.values()]
    monkeypatch.setattr(session, "told", lambda: "Told.")
    assert "Told." in words(ran(filled))
    assert [type(one).__name__ for one in filled.main.children.values()] == before


def test_a_case_is_deleted_after_a_second_question(filled: AppTest, records: Records) -> None:
    first, second, third, _ = ids(filled)
    page = press(opened(filled, first), "delete-case")
    assert "your name first" in words(press(page, "confirm-delete"))
    page = press(page, "step-next")
    assert "confirm-delete" not in keys(page), "A question about one case is not put about the next."
    page = press(press(page, "step-previous"), "delete-case")
    assert "delete-case" in keys(press(page, "keep"))
    page = press(press(ran(name(page)), "delete-case"), "confirm-delete")
    assert f"{first} was deleted" in words(page)
    assert ids(page) == [second, third, ids(page)[-1]]
    assert next((line.action, line.who) for line in records.audit(first)) == ("case deleted", "Ann")
    page = opened(page, second)
    records.delete(second, who="Bo")
    assert "not found" in words(ran(page))
    assert second not in ids(press(page, "back"))


def test_the_report_has_the_film_that_the_session_holds(open_page: OpenPage, records: Records) -> None:
    page = name(open_page(CXR_KEEP_PIXELS="off"))
    page = finish(drop(page, {"a.png": png(pneumonia=True)}))
    (case_id,) = ids(page)
    kept = page.session_state["worklist-films"].get(case_id)
    with_film, without = (len(reports.of_case(records, None, case_id, jpeg)) for jpeg in (kept.jpeg, b""))
    assert with_film > without


@pytest.mark.parametrize("role", ["viewer", "reader"])
def test_roles(role: str, filled: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    user = users.ROLES[role]
    for module in (prelude, review, session):
        monkeypatch.setattr(module, "current_user", lambda: user)
    page = ran(filled)
    assert ("score-and-save" in keys(page)) == user.may_review
    assert not page.get("download_button")
    assert not [one for one in page.segmented_control if one.key == "worklist-view"], "Only administrators delete."
    page = opened(page, ids(page)[0])
    assert ("answer-Normal" in keys(page)) == user.may_review
    assert bool(page.get("download_button")) == user.may_report
    assert "delete-case" not in keys(page)
