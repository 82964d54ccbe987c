"""Reviews: what may be said, that it can be changed, and that nobody overwrites what he has not seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.records.repository import Records
from app.records.values import MAX_COMMENT, InvalidEntryError, Opinion, Review, StaleReviewError
from tests.app.records.entries import NOON, Clock, at_once, review, save, shown

LONGEST = "肺ä🫁\n\t" * (MAX_COMMENT // 5 - 1) + "end"


@pytest.mark.parametrize(
    ("indeterminate", "opinion", "stored"),
    [
        (False, Opinion("agree", comment="  clear\r\nenough "), ("agree", "Pneumonia", "clear\nenough")),
        (False, Opinion("agree", comment=LONGEST), ("agree", "Pneumonia", LONGEST)),
        (False, Opinion("agree", comment="\u202eon\u202c clear\u2066"), ("agree", "Pneumonia", "on clear")),
        (False, Opinion("disagree", "Normal"), ("disagree", "Normal", "")),
        (True, Opinion("labelled", "Normal"), ("labelled", "Normal", "")),
    ],
)
def test_an_opinion_is_kept_with_its_label(
    records: Records, indeterminate: bool, opinion: Opinion, stored: tuple[str, str, str]
) -> None:
    case_id = save(records, indeterminate=indeterminate).case_id
    assert review(records, case_id, opinion) == shown(records, case_id).review == Review(*stored, "Ann", NOON, 1)


@pytest.mark.parametrize(
    ("indeterminate", "opinion", "message"),
    [
        (False, Opinion("agree", "Normal"), "contradicts the label Normal"),
        (False, Opinion("disagree"), "another label.* Normal"),
        (False, Opinion("disagree", "Pneumonia"), "another label.* Normal"),
        (False, Opinion("labelled", "Normal"), "Agree or disagree"),
        (True, Opinion("agree"), "nothing to agree.* Normal or Pneumonia"),
        (True, Opinion("disagree", "Normal"), "nothing to agree"),
        (True, Opinion("labelled"), "Give a label"),
        (False, Opinion("perhaps"), "verdict 'perhaps'"),
        (False, Opinion("disagree", "Flu"), "label 'Flu'"),
        (False, Opinion("agree", comment="x" * (MAX_COMMENT + 1)), "2001 .* 2000"),
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
    assert shown(records, case_id).review is None
    assert len(records.audit()) == 1


def test_a_review_can_be_changed_and_the_audit_keeps_both(records: Records, clock: Clock) -> None:
    case_id = save(records).case_id
    first = review(records, case_id, Opinion("agree", comment="sure"))
    clock.forward(minutes=5)
    assert review(records, case_id, Opinion("agree", "Pneumonia", " sure")) == first, "Saying the same changes nothing."
    assert len(records.audit(case_id)) == 2
    changed = review(records, case_id, Opinion("disagree", "Normal", "lateral view"), reader="Bob")
    assert (changed.version, changed.reader, changed.reviewed_at) == (2, "Bob", clock.now)
    old = {"verdict": "agree", "label": "Pneumonia", "comment": "sure", "blinded": False, "reader": "Ann"}
    new = {"verdict": "disagree", "label": "Normal", "comment": "lateral view", "blinded": False, "reader": "Bob"}
    assert [(line.action, line.who, line.at, line.old, line.new) for line in records.audit(most=2)] == [
        ("review changed", "Bob", clock.now, old, new),
        ("review created", "Ann", NOON, None, old),
    ]


def test_the_second_of_two_readers_is_told_and_nothing_is_lost(records: Records) -> None:
    case_id = save(records).case_id
    seen, other = shown(records, case_id), Opinion("disagree", "Normal")
    first = review(records, case_id)
    with pytest.raises(StaleReviewError, match=rf"{case_id}.* Ann at 12:00 UTC.*not saved"):
        review(records, case_id, other, reader="Bob", seen=seen)
    assert shown(records, case_id).review == first
    assert review(records, case_id, other, reader="Bob").version == 2
    with pytest.raises(StaleReviewError, match="by Bob"):
        review(records, case_id, Opinion("agree", comment="more"), seen=replace(seen, review=first))
    assert [line.who for line in records.audit(case_id)] == ["Bob", "Ann", "Ann"]


def test_a_review_of_an_answer_that_is_no_longer_shown_is_refused(records: Records) -> None:
    case_id = save(records).case_id
    seen = shown(records, case_id)
    save(records, probability=0.2, model_version="residual-2", reader="Bob")
    with pytest.raises(StaleReviewError, match="scored again at 12:00 UTC by Bob"):
        review(records, case_id, seen=seen)
    assert shown(records, case_id).review is None


def test_of_readers_who_write_at_the_same_moment_one_is_kept(records: Records) -> None:
    case_id = save(records).case_id
    seen = shown(records, case_id)

    def write(number: int) -> Review | None:
        try:
            return review(records, case_id, reader=f"reader {number}", seen=seen)
        except StaleReviewError:
            return None

    (kept,) = [one for one in at_once(5, write) if one is not None]
    assert shown(records, case_id).review == kept
    assert len(records.audit(case_id)) == 2
