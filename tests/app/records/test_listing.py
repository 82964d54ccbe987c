"""Lists: filtered, sorted, paged, and walked through case by case; fast with ten thousand."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.records.reading import PREDICTED
from app.records.repository import Records
from app.records.schema import cases, pictures, reviews, saliency_maps, scorings
from app.records.values import CaseFilter, InvalidEntryError, Neighbours, Order
from app.records.writing import packed_map
from tests.app.records.entries import NOON, Clock, prediction, review, saliency_map, save


def test_filters(records: Records, clock: Clock) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "normal": {"probability": 0.1},
        "pneumonia": {"probability": 0.9},
        "open": {"probability": 0.6, "indeterminate": True},
        "refused": {"probability": 0.8, "refused": "it looks inverted"},
        "refused and open": {"probability": 0.55, "refused": "it looks inverted", "indeterminate": True},
        "no gate": {"probability": 0.2, "refused": None},
    }
    ids = {}
    for seed, (kind, values) in enumerate(kinds.items()):
        ids[kind] = save(records, seed, **values).case_id
        clock.forward(hours=1)
    review(records, ids["normal"])
    filters = (
        (CaseFilter(), ["no gate", "refused and open", "refused", "open", "pneumonia", "normal"]),
        (CaseFilter(decision="Normal"), ["no gate", "normal"]),
        (CaseFilter(decision="Pneumonia"), ["refused", "pneumonia"]),
        (CaseFilter(status="refused"), ["refused and open", "refused"]),
        (CaseFilter(status="indeterminate"), ["open"]),
        (CaseFilter(indeterminate=True), ["refused and open", "open"]),
        (CaseFilter(status="decided"), ["no gate", "pneumonia", "normal"]),
        (CaseFilter(decision="Pneumonia", status="decided"), ["pneumonia"]),
        (CaseFilter(reviewed=True), ["normal"]),
        (CaseFilter(reviewed=False, status="decided"), ["no gate", "pneumonia"]),
        (CaseFilter(created_from=NOON + timedelta(hours=4)), ["no gate", "refused and open"]),
        (CaseFilter(created_before=NOON + timedelta(hours=1)), ["normal"]),
        (CaseFilter(created_from=NOON + timedelta(days=1)), []),
    )
    for wanted, expected in filters:
        page = records.page(wanted, Order())
        for listed in (page.cases, records.every(wanted, Order())):
            assert [one.case_id for one in listed] == [ids[kind] for kind in expected], wanted
        assert page.total == len(expected), wanted


@pytest.mark.parametrize(
    ("wanted", "order", "size", "message"),
    [
        (CaseFilter(decision="COVID"), Order(), 50, "decision 'COVID'.*Normal, Pneumonia"),
        (CaseFilter(status="fine"), Order(), 50, "status 'fine'"),
        (CaseFilter(created_from=datetime(2026, 1, 1)), Order(), 50, "time zone"),
        (CaseFilter(), Order("name"), 50, "order 'name'"),
        (CaseFilter(), Order(), 0, "page of 0"),
    ],
)
def test_a_list_that_cannot_be_is_refused(
    records: Records, wanted: CaseFilter, order: Order, size: int, message: str
) -> None:
    with pytest.raises(InvalidEntryError, match=message):
        records.page(wanted, order, size=size)


@pytest.mark.parametrize("by", ["probability", "date"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_and_neighbours_agree_where_cases_tie(records: Records, by: str, descending: bool) -> None:
    order = Order(by, descending)
    assert records.page(CaseFilter(), order, number=7).number == 1
    for seed in range(9):
        save(records, seed, [0.2, 0.7, 0.7][seed % 3])
    *pages, beyond = (records.page(CaseFilter(), order, number=number, size=4) for number in (1, 2, 3, 7))
    assert [(page.number, len(page.cases)) for page in (*pages, beyond)] == [(1, 4), (2, 4), (3, 1), (3, 1)]
    assert pages[0].pages == 3
    scores = [one.scoring.prediction.probability for page in pages for one in page.cases]
    assert by == "date" or scores == sorted(scores, reverse=descending)
    listed = [one.case_id for page in pages for one in page.cases]
    assert len(set(listed)) == 9
    for previous, here, following in zip([None, *listed], listed, [*listed[1:], None], strict=False):
        assert records.neighbours(here, CaseFilter(), order) == Neighbours(previous, following)


def test_the_next_case_is_found_from_one_that_just_left_the_list(records: Records, clock: Clock) -> None:
    ids = []
    for seed in range(3):
        ids.append(save(records, seed).case_id)
        clock.forward(minutes=1)
    wanted, order = CaseFilter(reviewed=False), Order(descending=False)
    review(records, ids[1])
    assert ids[1] not in [one.case_id for one in records.every(wanted, order)]
    assert records.neighbours(ids[1], wanted, order) == Neighbours(ids[0], ids[2])


CASES = 10_000


def test_ten_thousand_cases_are_listed_and_opened_at_once(records: Records, engine: sa.Engine) -> None:
    """Generous: each takes a few milliseconds; another test may run at the same time, so the fastest of five counts."""
    _fill(engine)
    everything, order = CaseFilter(), Order("probability")
    some = CaseFilter(decision="Pneumonia", status="decided", reviewed=False, created_from=NOON)
    middle = records.page(everything, order, number=100).cases[0].case_id
    asked: dict[str, Callable[[], object]] = {
        "first page": lambda: records.page(everything, Order()),
        "page in the middle": lambda: records.page(everything, order, number=100),
        "filtered": lambda: records.page(some, order, number=20),
        "rare": lambda: records.page(CaseFilter(status="refused"), Order("probability", descending=False)),
        "case": lambda: records.case(middle),
        "neighbours": lambda: records.neighbours(middle, CaseFilter(reviewed=True), order),
    }
    took = {what: min(timeit.repeat(ask, number=1, repeat=5)) for what, ask in asked.items()}
    assert max(took.values()) < 0.5, took


def _fill(engine: sa.Engine) -> None:
    """As `Records.save` would, without 10,000 transactions."""
    numbers, packed = range(1, CASES + 1), packed_map(saliency_map())
    found = []
    for number in numbers:
        one = prediction(number % 997 / 997, indeterminate=number % 13 == 0)
        found.append(
            {name: getattr(one, name) for name in PREDICTED}
            | {"number": number, "case_id": f"C-{number:06d}", "current": True, "fingerprint": str(number)}
            | {"gate_accepted": number % 101 != 0, "gate_reason": "", "saved_at": NOON, "saved_by": "Ann"}
        )
    people = {"created_at": NOON, "created_by": "Ann", "height": 2000, "width": 2000}
    with engine.begin() as connection:
        connection.execute(sa.insert(cases), [{"id": f"C-{n:06d}", "pixel_sha256": str(n)} | people for n in numbers])
        connection.execute(sa.insert(scorings), found)
        connection.execute(sa.insert(saliency_maps), [{"scoring_number": n, "data": packed} for n in numbers])
        # So that rows do not lie side by side in the file.
        connection.execute(sa.insert(pictures), [{"case_id": f"C-{n:06d}", "png": b"x" * 8192} for n in numbers[::2]])
        judged = {"verdict": "agree", "label": "Normal", "comment": "", "reader": "Ann", "version": 1}
        connection.execute(
            sa.insert(reviews), [{"scoring_number": n, "reviewed_at": NOON} | judged for n in numbers[::3]]
        )
