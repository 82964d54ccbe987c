"""Reviews: what may be said, that it can be changed, and that nobody overwrites what he has not seen."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.records.repository import Records
from app.records.values import (
    MAX_COMMENT,
    CaseNotFoundError,
    InvalidEntryError,
    Opinion,
    Review,
    Scoring,
    StaleReviewError,
)
from tests.app.records.entries import NOON, Clock, save


def seen_of(records: Records, case_id: str) -> Scoring:
    return records.case(case_id).summary.scoring


def review(records: Records, case_id: str, opinion: Opinion, reader: str = "Ann") -> Review:
    return records.review(case_id, opinion, reader=reader, seen=seen_of(records, case_id))


def test_agreement_takes_the_decision_for_its_label(records: Records) -> None:
    case_id = save(records).case_id
    written = review(records, case_id, Opinion("agree", comment="  clear\r\nenough "))
    assert written == Review("agree", "Pneumonia", "clear\nenough", "Ann", NOON, 1)
    assert seen_of(records, case_id).review == written


def test_disagreement_corrects_the_label(records: Records) -> None:
    case_id = save(records).case_id
    assert review(records, case_id, Opinion("disagree", "Normal")).label == "Normal"


def test_an_indeterminate_case_is_labelled(records: Records) -> None:
    case_id = save(records, indeterminate=True).case_id
    assert review(records, case_id, Opinion("labelled", "Normal")).label == "Normal"


@pytest.mark.parametrize(
    ("indeterminate", "opinion", "message"),
    [
        (False, Opinion("agree", "Normal"), "Agreeing with Pneumonia contradicts the label Normal"),
        (False, Opinion("disagree"), "Disagreeing with Pneumonia needs another label. Give the label Normal"),
        (False, Opinion("disagree", "Pneumonia"), "Give the label Normal"),
        (False, Opinion("labelled", "Normal"), "Agree or disagree with it"),
        (True, Opinion("agree"), "nothing to agree or disagree with. Give a label, Normal or Pneumonia"),
        (True, Opinion("disagree", "Normal"), "nothing to agree or disagree with"),
        (True, Opinion("labelled"), "Give a label"),
        (False, Opinion("perhaps"), "Unknown verdict 'perhaps'"),
        (False, Opinion("disagree", "Flu"), "Unknown label 'Flu'"),
        (False, Opinion("agree", comment="x" * (MAX_COMMENT + 1)), "has 2001 characters; at most 2000"),
        (False, Opinion("agree", comment="a\x00b"), "control characters"),
        (False, Opinion("agree", comment="a\ud800b"), "control characters"),
    ],
)
def test_an_opinion_that_contradicts_itself_is_refused(
    records: Records, indeterminate: bool, opinion: Opinion, message: str
) -> None:
    case_id = save(records, indeterminate=indeterminate).case_id
    with pytest.raises(InvalidEntryError, match=message):
        review(records, case_id, opinion)
    assert seen_of(records, case_id).review is None
    assert len(records.audit()) == 1


def test_the_longest_comment_is_kept_whatever_its_letters(records: Records) -> None:
    text = "肺ä🫁\n\t" * (MAX_COMMENT // 5 - 1) + "end"
    assert review(records, save(records).case_id, Opinion("agree", comment=text)).comment == text


def test_a_review_can_be_changed_and_the_audit_keeps_both(records: Records, clock: Clock) -> None:
    case_id = save(records).case_id
    review(records, case_id, Opinion("agree", comment="sure"))
    clock.forward(minutes=5)
    changed = review(records, case_id, Opinion("disagree", "Normal", "after the lateral view"), reader="Bob")
    assert (changed.version, changed.reader, changed.reviewed_at) == (2, "Bob", clock.now)
    change, creation, _ = records.audit(case_id)
    old = {"verdict": "agree", "label": "Pneumonia", "comment": "sure", "reader": "Ann"}
    new = {"verdict": "disagree", "label": "Normal", "comment": "after the lateral view", "reader": "Bob"}
    assert (change.action, change.who, change.at, change.old, change.new) == (
        "review changed",
        "Bob",
        clock.now,
        old,
        new,
    )
    assert (creation.action, creation.who, creation.at, creation.old, creation.new) == (
        "review created",
        "Ann",
        NOON,
        None,
        old,
    )


def test_saying_the_same_again_changes_nothing(records: Records) -> None:
    case_id = save(records).case_id
    first = review(records, case_id, Opinion("agree"))
    assert review(records, case_id, Opinion("agree", "Pneumonia", " ")) == first
    assert len(records.audit(case_id)) == 2


def test_the_second_of_two_readers_is_told_and_nothing_is_lost(records: Records) -> None:
    case_id = save(records).case_id
    seen = seen_of(records, case_id)
    first = records.review(case_id, Opinion("agree"), reader="Ann", seen=seen)
    with pytest.raises(StaleReviewError, match=r"changed by Ann at 12:00 UTC.*Yours was not saved") as caught:
        records.review(case_id, Opinion("disagree", "Normal"), reader="Bob", seen=seen)
    assert case_id in str(caught.value)
    assert seen_of(records, case_id).review == first
    second = records.review(case_id, Opinion("disagree", "Normal"), reader="Bob", seen=seen_of(records, case_id))
    assert second.version == 2
    with pytest.raises(StaleReviewError, match="changed by Bob"):
        records.review(
            case_id,
            Opinion("agree", comment="more"),
            reader="Ann",
            seen=replace(seen, review=first),
        )
    assert [line.who for line in records.audit(case_id)] == ["Bob", "Ann", "Ann"]


def test_a_review_of_an_answer_that_is_no_longer_shown_is_refused(records: Records) -> None:
    case_id = save(records).case_id
    seen = seen_of(records, case_id)
    save(records, probability=0.2, model_version="residual-2", reader="Bob")
    with pytest.raises(StaleReviewError, match="scored again at 12:00 UTC by Bob"):
        records.review(case_id, Opinion("agree"), reader="Ann", seen=seen)
    assert seen_of(records, case_id).review is None


def test_of_readers_who_write_at_the_same_moment_one_is_kept(records: Records) -> None:
    case_id = save(records).case_id
    seen, start = seen_of(records, case_id), threading.Barrier(5)

    def write(number: int) -> str | None:
        start.wait()
        try:
            return records.review(case_id, Opinion("agree"), reader=f"reader {number}", seen=seen).reader
        except StaleReviewError:
            return None

    with ThreadPoolExecutor(5) as pool:
        kept = [one for one in pool.map(write, range(5)) if one is not None]
    assert len(kept) == 1
    stored = seen_of(records, case_id).review
    assert stored is not None
    assert [stored.reader] == kept
    assert len(records.audit(case_id)) == 2


def test_a_review_of_a_case_that_is_gone_is_refused(records: Records) -> None:
    case_id = save(records).case_id
    seen = seen_of(records, case_id)
    records.delete(case_id, who="Ann")
    with pytest.raises(CaseNotFoundError, match="may have been deleted"):
        records.review(case_id, Opinion("agree"), reader="Ann", seen=seen)


def test_a_reader_without_a_name_is_refused(records: Records) -> None:
    case_id = save(records).case_id
    with pytest.raises(InvalidEntryError, match="No reader's name"):
        review(records, case_id, Opinion("agree"), reader=" ")
