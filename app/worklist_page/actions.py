"""What can be done on this page: one function an action, each of which asks first whether the user may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.records.export import to_csv
from app.services import old_records as stored_cases
from app.services import worklist
from app.services.old_reports import report_of_stored
from app.worklist_page.access import NotAllowedError

if TYPE_CHECKING:
    from app.records.repository import Records
    from app.records.values import CaseFilter, Opinion, Order, Review, Scoring
    from app.services.known import Performance
    from app.services.old_records import Overlays
    from app.services.worklist import SavedList
    from app.worklist import Intake
    from app.worklist_page.access import Access
    from model.predictor import Predictor


def score_and_save(
    access: Access,
    intake: Intake,
    records: Records,
    predictor: Predictor,
    *,
    owner: str,
    reader: str,
    operating_point: str,
    anyway: bool,
) -> SavedList:
    """Begin to score a list and to save it as cases; see `app.services.worklist.score_and_save`.

    Raises:
        NotAllowedError: unless the user may review.
        QueueFullError: if the list cannot be taken now.
    """
    _require(access.may_review, "Only readers save cases.")
    return worklist.score_and_save(
        intake, records, predictor, owner=owner, reader=reader, operating_point=operating_point, anyway=anyway
    )


def review(access: Access, records: Records, case_id: str, opinion: Opinion, *, reader: str, seen: Scoring) -> Review:
    """Write a review, or change it; see `Records.review`.

    Raises:
        NotAllowedError: unless the user may review.
        RecordsError: if it cannot be stored as it is.
    """
    _require(access.may_review, "Only readers review cases.")
    return records.review(case_id, opinion, reader=reader, seen=seen)


def delete(access: Access, records: Records, case_id: str, *, who: str) -> None:
    """Delete one case; see `Records.delete`.

    Raises:
        NotAllowedError: unless the user may delete.
        RecordsError: if it cannot be deleted.
    """
    _require(access.may_delete, "Only administrators delete cases.")
    records.delete(case_id, who=who)


def delete_older_than(access: Access, records: Records, days: int, *, who: str) -> int:
    """Delete the cases first saved more than so many days ago; see `Records.delete_older_than`.

    Raises:
        NotAllowedError: unless the user may delete.
        RecordsError: if they cannot be deleted.
    """
    _require(access.may_delete, "Only administrators delete cases.")
    return records.delete_older_than(days, who=who)


def export_csv(access: Access, records: Records, wanted: CaseFilter, order: Order) -> bytes:
    """The whole filtered list as CSV; see `app.records.to_csv`.

    Raises:
        NotAllowedError: unless the user may export.
        RecordsError: if the database cannot be read.
    """
    _require(access.may_export, "Only administrators export cases.")
    return to_csv(records.every(wanted, order), bom=True)


def export_overlays(access: Access, records: Records, wanted: CaseFilter, order: Order) -> Overlays:
    """The overlays of the filtered list; see `app.services.records.overlays`.

    Raises:
        NotAllowedError: unless the user may export.
        RecordsError: if the database cannot be read.
        RadiographError: if a stored picture is damaged.
    """
    _require(access.may_export, "Only administrators export cases.")
    return stored_cases.overlays(records, wanted, order)


def report(access: Access, records: Records, known: Performance | None, case_id: str) -> bytes:
    """The PDF report of one case; see `app.services.reports.report_of_stored`.

    Raises:
        NotAllowedError: unless the user may take reports.
        RecordsError: if the database cannot be read.
        ChestXrayError: if the report cannot be made.
    """
    _require(access.may_report, "Only readers take reports of cases.")
    return report_of_stored(records, known, case_id)


def _require(allowed: bool, otherwise: str) -> None:
    if not allowed:
        raise NotAllowedError(f"{otherwise} Ask whoever manages the sign-in for that role.")
