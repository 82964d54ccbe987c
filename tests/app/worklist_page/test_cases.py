"""An opened case on the Worklist page: its review, its history, its deletion; and our own figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.measured import read_evaluation
from app.records.repository import Records, open_records
from app.records.values import Opinion
from app.settings import Settings
from model.artifact import read_manifest
from tests.app.driving import text_of
from tests.app.records.entries import save
from tests.app.worklist_page.driving import (
    agree,
    choose,
    everything,
    has_button,
    ids,
    name,
    opened,
    words,
)


def test_next_and_previous_follow_the_list(filled: AppTest) -> None:
    first, second, *_, last = ids(filled)
    page = opened(filled, first)
    assert page.button(key="step-previous").disabled
    page = page.button(key="step-next").click().run()
    assert f"Case {second}" in words(page)
    page = page.button(key="back").click().run()
    page = opened(page, last)
    assert page.button(key="step-next").disabled


def test_an_opened_case_shows_what_is_known(filled: AppTest) -> None:
    page = opened(filled, ids(filled)[1])
    text = words(page)
    assert "Probability of pneumonia 80" in text
    assert "balanced operating point, threshold 0.5000; model residual-1" in text
    assert "80 × 96 pixels of 0.15 × 0.14 mm; picture kept" in text
    assert len(page.image) == 2
    assert "Case created" in text


def test_a_review_is_saved_edited_and_kept_in_the_history(filled: AppTest, records: Records) -> None:
    case_id = ids(filled)[0]
    page = opened(filled, case_id)
    assert page.button(key="save-review").disabled
    page = agree(page, "disagree")
    page.text_area[0].set_value("Clear lungs.").run()
    page = page.button(key="save-review").click().run()
    assert "Enter your name first" in words(page)
    # The name and the click reach the server together.
    page = name(page, "reviewing").button(key="save-review").click().run()
    assert f"The review of case {case_id} was saved" in words(page)
    review = records.case(case_id).summary.scoring.review
    assert review is not None
    assert (review.verdict, review.label, review.comment, review.reader) == (
        "disagree",
        "Normal",
        "Clear lungs.",
        "Ann",
    )
    page = agree(page, "agree")
    page = page.button(key="save-and-next").click().run()
    assert f"The review of case {case_id} was saved" in words(page)
    assert f"Case {case_id}" not in words(page).replace(f"case {case_id}", "")
    page = page.button(key="step-previous").click().run()
    text = words(page)
    assert "Ann agrees: Pneumonia" in text
    assert "verdict: disagree → agree" in text


def test_an_indeterminate_case_is_labelled(filled: AppTest) -> None:
    case_id = ids(filled)[2]
    page = opened(filled, case_id)
    assert 'cx-verdict__word">Indeterminate<' in text_of(page)
    name(page, "reviewing").run()
    page = choose(page, "review-label-", "Normal")
    page = page.button(key="save-review").click().run()
    assert "Ann labels it Normal" in words(page)


def test_a_stale_review_is_refused_and_the_draft_is_kept(filled: AppTest, records: Records) -> None:
    case_id = ids(filled)[0]
    page = opened(filled, case_id)
    name(page, "reviewing").run()
    page = agree(page, "disagree")
    page.text_area[0].set_value("My draft.").run()
    records.review(case_id, Opinion("agree"), reader="Bo", seen=records.case(case_id).summary.scoring)
    page = page.button(key="save-review").click().run()
    text = words(page)
    assert "The review was not saved" in text
    assert "changed by Bo" in text
    assert page.text_area[0].value == "My draft."
    page = page.button(key="see-anew").click().run()
    assert "not saved" not in words(page)
    assert page.text_area[0].value == "My draft."
    page = page.button(key="save-review").click().run()
    review = records.case(case_id).summary.scoring.review
    assert review is not None
    assert (review.reader, review.comment, review.version) == ("Ann", "My draft.", 2)


def test_a_form_nobody_touched_begins_with_what_another_reader_wrote(filled: AppTest, records: Records) -> None:
    case_id = ids(filled)[0]
    page = opened(filled, case_id)
    page = page.button(key="back").click().run()
    seen = records.case(case_id).summary.scoring
    records.review(case_id, Opinion("disagree", "Normal", "Bo’s words."), reader="Bo", seen=seen)
    page = opened(page.run(), case_id)
    assert page.text_area[0].value == "Bo’s words."
    assert "Bo disagrees: it is Normal" in words(page)


def test_a_case_scored_again_lists_its_earlier_scoring(filled: AppTest, records: Records) -> None:
    case_id = ids(filled)[0]
    save(records, 0, 0.2, model_version="residual-2")
    page = opened(filled.run(), case_id)
    text = words(page)
    assert "model residual-2" in text
    assert [one.label for one in page.expander if "other scoring" in one.label] == [
        "1 other scoring of the same picture"
    ]
    assert "Pneumonia, probability 99.0 %" in text.replace("\xa0", " ")


def test_a_refused_case_says_so_everywhere(page: AppTest, records: Records) -> None:
    save(records, 7, 0.9, gate_accepted=False, gate_reason="it looks upside down")
    page.run()
    assert "refused, scored anyway" in words(page)
    page = opened(page, ids(page)[0])
    assert "It looks upside down. The verdict may mean nothing." in words(page)


def test_one_case_is_deleted_after_a_second_question(filled: AppTest, records: Records) -> None:
    case_id = ids(filled)[0]
    page = opened(filled, case_id)
    page = page.button(key="delete-case").click().run()
    assert f"1 case, {case_id}, would be deleted" in words(page)
    page = page.button(key="keep").click().run()
    assert has_button(page, "delete-case")
    page = page.button(key="delete-case").click().run()
    page = name(page, "deleting").button(key="confirm-delete").click().run()
    assert f"Case {case_id} was deleted" in words(page)
    assert case_id not in ids(page)
    assert len(ids(page)) == 3
    assert next((line.action, line.who) for line in records.audit(case_id)) == ("case deleted", "Ann")


def test_old_cases_are_deleted_with_their_number(page: AppTest, settings: Settings) -> None:
    def long_ago() -> datetime:
        return datetime.now(UTC) - timedelta(days=100)

    with open_records(settings, clock=long_ago) as past:
        for seed in range(3):
            save(past, seed)
    with open_records(settings) as present:
        save(present, 9)
    page = choose(page, "worklist-view", "Delete old cases")
    assert "3 cases were first saved more than 90 days ago" in words(page)
    page = page.button(key="delete-older").click().run()
    assert page.button(key="confirm-delete").label == "Delete 3 cases for good"
    page.number_input[0].set_value(101).run()
    assert not has_button(page, "confirm-delete"), "Another number of days is another question."
    page.number_input[0].set_value(90).run()
    page = page.button(key="confirm-delete").click().run()
    assert "Enter your name first" in words(page)
    page = name(page, "deleting").button(key="confirm-delete").click().run()
    assert "3 cases were deleted" in words(page)
    assert "No case was first saved more than 90 days ago" in words(page)


def test_our_own_figures_are_counted_and_compared(page: AppTest, records: Records, sure_artifact: Path) -> None:
    page = choose(page, "worklist-view", "Our own figures")
    assert "No case was reviewed yet" in words(page)
    manifest = read_manifest(sure_artifact)
    assert read_evaluation(sure_artifact, manifest) is not None
    point = next(one for one in manifest.operating_points if one.name == "balanced")
    same = {
        "model_version": manifest.model_version,
        "weights_sha256": manifest.weights_sha256,
        "threshold": point.threshold,
    }
    for seed in range(25):
        case_id = save(records, seed, 0.99, **same).case_id
        seen = records.case(case_id).summary.scoring
        opinion = Opinion("disagree", "Normal") if seed < 22 else Opinion("agree")
        records.review(case_id, opinion, reader="Bo", seen=seen)
    text = words(page.run()).replace("\xa0", " ")
    assert "25 cases reviewed" in text
    assert "Specificity is outside what was expected" in text
    assert "one time in twenty or more" in text
    assert "3 of 3" in text
    assert "0 of 22" in text


def test_a_draft_that_was_left_does_not_overwrite_unseen_what_another_reader_wrote(
    filled: AppTest, records: Records
) -> None:
    case_id = ids(filled)[0]
    page = opened(filled, case_id)
    name(page, "reviewing").run()
    page = agree(page, "disagree")
    page = page.button(key="back").click().run()
    records.review(case_id, Opinion("agree"), reader="Bo", seen=records.case(case_id).summary.scoring)
    page = opened(page, case_id)
    assert "This case was changed since you opened it" in words(page)
    page = page.button(key="save-review").click().run()
    assert "The review was not saved" in words(page)
    page = page.button(key="see-anew").click().run()
    page = page.button(key="save-review").click().run()
    review = records.case(case_id).summary.scoring.review
    assert review is not None
    assert (review.reader, review.verdict, review.version) == ("Ann", "disagree", 2)


def test_a_question_about_one_case_is_not_put_about_the_next(filled: AppTest) -> None:
    page = opened(filled, ids(filled)[0]).button(key="delete-case").click().run()
    page = page.button(key="confirm-delete").click().run()
    assert "Enter your name first" in words(page)
    page = page.button(key="step-next").click().run()
    assert "Enter your name first" not in words(page)
    page = page.button(key="step-previous").click().run()
    assert not has_button(page, "confirm-delete")
    assert "Enter your name first" not in words(page)


def test_a_case_that_somebody_deleted_meanwhile_is_told_and_can_be_left(filled: AppTest, records: Records) -> None:
    case_id = ids(filled)[0]
    page = opened(filled, case_id)
    records.delete(case_id, who="Bo")
    assert "This case is not there" in words(page.run())
    page = page.button(key="back").click().run()
    assert case_id not in ids(page)


def test_more_cases_than_were_asked_about_are_not_deleted(
    page: AppTest, settings: Settings, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    def long_ago() -> datetime:
        return datetime.now(UTC) - timedelta(days=100)

    with open_records(settings, clock=long_ago) as past:
        save(past, 1)
    page = choose(page, "worklist-view", "Delete old cases")
    page = page.button(key="delete-older").click().run()
    name(page, "deleting").run()
    monkeypatch.setattr(Records, "count_older_than", lambda *_: 2)
    page = page.button(key="confirm-delete").click().run()
    assert "The number of cases has changed meanwhile" in words(page)
    assert records.page(*everything()).total == 1
