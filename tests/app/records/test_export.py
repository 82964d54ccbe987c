"""The CSV that a spreadsheet opens: nothing in it runs, and nothing is lost."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from app.records.export import to_csv
from app.records.repository import Records
from app.records.values import CaseFilter, CaseSummary, Opinion, Order, Review, Scoring
from tests.app.records.entries import NOON, prediction, review, save

REVIEW = Review("disagree", "Normal", "", "Ann", NOON, 1)
CASE = CaseSummary("C-234567", NOON, "Ann", 96, 80, Scoring(1, prediction(0.00001), ("=a", "b"), NOON, "Ann", REVIEW))


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('=HYPERLINK("http://a.invalid";"x")', '\'=HYPERLINK("http://a.invalid";"x")'),
        *(("\t=1,2;3", "'\t=1,2;3"), ("\r=1", "'\r=1"), ("\n=1", "'\n=1")),
        *((text, text) for text in ('said "no", twice;\nthen = yes', "肺炎 ä 🫁", "", "'quoted'")),
    ],
)
def test_text_comes_back_as_it_was_but_what_would_run_as_a_formula(text: str, shown: str) -> None:
    scoring = replace(CASE.scoring, review=replace(REVIEW, comment=text))
    (row,) = read(to_csv([replace(CASE, scoring=scoring, created_by=text)]))
    assert (row["comment"], row["saved_by"]) == (shown, shown)


def test_numbers_stay_numbers_and_text_stands_in_quotes() -> None:
    header, row, end = to_csv([CASE]).decode().split("\r\n")
    assert end == ""
    assert all(part in row for part in (",1e-05,", ",96,80,"))
    assert header.startswith('"case","saved",')
    assert header.endswith(',"warnings","reference","blinded"')
    assert row.startswith('"C-234567","2026-11-23T12:00:00+00:00","Ann",')
    assert row.split(",")[-3] == '"\'=a b"'


def test_the_byte_order_mark_is_optional() -> None:
    assert to_csv([CASE], bom=True) == b"\xef\xbb\xbf" + to_csv([CASE])
    assert to_csv([CASE]).startswith(b'"case"')


def test_a_case_without_gate_or_review() -> None:
    bare = replace(CASE, scoring=Scoring(1, prediction(refused=None, indeterminate=True), (), NOON, "Ann"))
    (row,) = read(to_csv([bare]))
    assert (row["gate"], row["status"], row["indeterminate"]) == ("none", "indeterminate", "yes")
    assert (row["verdict"], row["label"], row["reviewed"]) == ("", "", "")


def test_a_filtered_list_is_exported_in_its_order(records: Records) -> None:
    for seed, probability in enumerate((0.6, 0.9, 0.1)):
        review(records, save(records, seed, probability).case_id, Opinion("agree", comment="=cmd()"))
    rows = read(to_csv(records.every(CaseFilter(decision="Pneumonia"), Order("probability"))))
    assert [float(row["probability"]) for row in rows] == [0.9, 0.6]
    assert {row["comment"] for row in rows} == {"'=cmd()"}
