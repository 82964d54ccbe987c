"""The review database, as the rest of the app uses it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from app.records import checks, reading, writing
from app.records.connection import (
    address,
    connect,
    empty_the_log,
    for_writing,
    migrate,
    translated,
    use_write_ahead_log,
)
from app.records.schema import rejections
from app.records.values import InvalidEntryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from app.records.agreement import Judged
    from app.records.connection import Address
    from app.records.drift import Week
    from app.records.values import (
        AuditLine,
        CaseFilter,
        CaseSummary,
        Neighbours,
        Opinion,
        Order,
        Page,
        Review,
        Saved,
        Scoring,
        StoredCase,
    )
    from app.settings import Settings
    from model.predictor import Prediction
    from model.radiograph import Radiograph

MOST_DAYS = 36_500
MOST_ON_A_PAGE = 500


def utc_now() -> datetime:
    """The time, timezone-aware."""
    return datetime.now(UTC)


def open_records(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> Records:
    """Open the review database, and make or migrate it if need be; several processes may do so at once.

    Args:
        settings: where it is, and whether pixels are kept.
        clock: gives the time, timezone-aware.

    Returns:
        The database.

    Raises:
        SchemaTooNewError: if a newer version of this program made it.
        RecordsError: if it cannot be reached, read or written, or is damaged; its text is for the user.
    """
    where = address(settings)
    with translated(where):
        engine = connect(where)
        try:
            use_write_ahead_log(engine)
            migrate(engine)
        except BaseException:
            engine.dispose()
            raise
    return Records(engine, where, keep_pixels=bool(settings.keep_pixels), clock=clock)


class Records:
    """The review database; one serves every session and thread.

    Every method raises `RecordsError` where the database cannot be reached, read or written; `CaseNotFoundError` where
    there is no such case; `InvalidEntryError` where a text, number, filter or order is outside its range.
    """

    def __init__(self, engine: sa.Engine, where: Address, *, keep_pixels: bool, clock: Callable[[], datetime]) -> None:
        """Use `open_records`."""
        self._engine, self._where, self._keep_pixels, self._clock = engine, where, keep_pixels, clock

    @property
    def keeps_pixels(self) -> bool:
        """Whether a case keeps its radiograph unless the caller says otherwise."""
        return self._keep_pixels

    @property
    def where(self) -> str:
        """Where the database is, in words, without a password."""
        return self._where.where

    def save(
        self,
        radiograph: Radiograph,
        prediction: Prediction,
        *,
        reader: str,
        warnings: tuple[str, ...] = (),
        keep_pixels: bool | None = None,
    ) -> Saved:
        """Save a radiograph's result.

        The same pixels are one case. Saved again with another result, the case keeps its id and shows that result; the
        earlier one stays, with its review. Saved again with a result that it had before, it shows that one again.

        Args:
            radiograph: that was scored; only its size and hash are kept, unless pixels are.
            prediction: with its saliency map; of each result the first map is kept.
            reader: who saves it.
            warnings: that qualify the result.
            keep_pixels: whether the radiograph itself is kept; None for what the settings say.
        """
        keeps = self._keep_pixels if keep_pixels is None else keep_pixels
        entry = writing.Entry(
            radiograph=radiograph,
            prediction=prediction,
            warnings=warnings,
            saliency_map=writing.packed_map(checks.prediction(prediction)),
            png=writing.packed_png(radiograph) if keeps else None,
            reader=checks.reader_name(reader),
            now=self._clock(),
        )
        with self._writing() as connection:
            return writing.save(connection, entry)

    def find(self, pixel_sha256: str) -> str | None:
        """The id of the case with these pixels (`Radiograph.pixel_sha256`), or None where none was saved."""
        with self._reading() as connection:
            return reading.find(connection, pixel_sha256)

    def case(self, case_id: str) -> StoredCase:
        """One case with its saliency map and earlier scorings; its id is such as "C-7F3K9Q"."""
        with self._reading() as connection:
            return reading.case(connection, case_id)

    def picture(self, case_id: str) -> bytes | None:
        """The PNG file of a case's radiograph at full size, or None where it was not kept or there is no such case."""
        with self._reading() as connection:
            return reading.picture(connection, case_id)

    def thumbnails(self, ids: Sequence[str]) -> dict[str, bytes]:
        """Small pictures, JPEG files, of those of the cases that keep their radiograph."""
        with self._reading() as connection:
            return reading.thumbnails(connection, ids)

    def page(self, wanted: CaseFilter, order: Order, *, number: int = 1, size: int = 50) -> Page:
        """One page of a list.

        Args:
            wanted: which cases.
            order: how sorted.
            number: of the page, counted from 1; beyond the end it is the last.
            size: most cases of a page, 1 to `MOST_ON_A_PAGE`.
        """
        checks.listing(wanted, order)
        if not 1 <= size <= MOST_ON_A_PAGE:
            raise InvalidEntryError(f"A page of {size} cases cannot be shown; expected 1 to {MOST_ON_A_PAGE}.")
        with self._reading() as connection:
            return reading.page(connection, wanted, order, number, size)

    def every(self, wanted: CaseFilter, order: Order) -> tuple[CaseSummary, ...]:
        """The whole list, for `app.records.export.to_csv`."""
        checks.listing(wanted, order)
        with self._reading() as connection:
            return reading.every(connection, wanted, order)

    def neighbours(self, case_id: str, wanted: CaseFilter, order: Order) -> Neighbours:
        """What stands before and after a case in a list, even if a review has just taken it out of the list."""
        checks.listing(wanted, order)
        with self._reading() as connection:
            return reading.neighbours(connection, case_id, wanted, order)

    def review(self, case_id: str, opinion: Opinion, *, reader: str, seen: Scoring) -> Review:
        """Write a review of a case, or change it.

        Args:
            case_id: of the case.
            opinion: of the reader.
            reader: who it is.
            seen: `StoredCase.summary.scoring` as the reader saw it when the form was drawn.

        Returns:
            The review as stored; if it repeats the last one, that one.

        Raises:
            StaleReviewError: if somebody reviewed the case, or saved another result for it, since it was seen; nothing
                was written.
        """
        name = checks.reader_name(reader)
        with self._writing() as connection:
            return writing.review(connection, case_id, opinion, reader=name, seen=seen, now=self._clock())

    def refer(self, case_id: str, reference: str) -> None:
        """Give a case the reference by which its reader knows it elsewhere; "" takes it away."""
        kept = checks.reference(reference)
        with self._writing() as connection:
            writing.refer(connection, case_id, kept)

    def judged(self) -> tuple[Judged, ...]:
        """Every result that a reader judged, oldest scoring first, for `app.records.agreement`."""
        with self._reading() as connection:
            return reading.judged(connection)

    def weeks(self) -> tuple[Week, ...]:
        """What came in, week by week, oldest first."""
        with self._reading() as connection:
            return reading.weeks(connection)

    def note_rejection(self) -> None:
        """Remember that the input check rejected a picture now, and nothing of the picture."""
        with self._writing() as connection:
            connection.execute(sa.insert(rejections).values(at=self._clock()))

    def audit(self, case_id: str | None = None, *, most: int = 500) -> tuple[AuditLine, ...]:
        """The latest lines of the audit, latest first: of one case, which may have been deleted, or of all (None)."""
        with self._reading() as connection:
            return reading.lines(connection, case_id, most)

    def delete(self, case_id: str, *, who: str) -> None:
        """Delete a case with all it holds; an audit line with its id stays."""
        name = checks.reader_name(who)
        with self._writing() as connection:
            writing.delete_case(connection, case_id, who=name, now=self._clock())
        self._empty_the_log()

    def count_older_than(self, days: int) -> int:
        """How many cases `delete_older_than` would delete now; `days` is 1 to `MOST_DAYS` since the first saving."""
        limit = _before(self._clock(), days)
        with self._reading() as connection:
            return reading.count_older(connection, limit)

    def delete_older_than(self, days: int, *, who: str) -> int:
        """Delete every case that was first saved more than so many days ago; returns how many there were."""
        name, now = checks.reader_name(who), self._clock()
        limit = _before(now, days)
        with self._writing() as connection:
            deleted = writing.delete_older(connection, limit, who=name, now=now)
        self._empty_the_log()
        return deleted

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        """The database itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _empty_the_log(self) -> None:
        with translated(self._where):
            empty_the_log(self._engine)

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with translated(self._where), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with translated(self._where), for_writing(self._engine).begin() as connection:
            yield connection


def _before(now: datetime, days: int) -> datetime:
    if not 1 <= days <= MOST_DAYS:
        raise InvalidEntryError(f"Cases older than {days} days cannot be deleted; expected 1 to {MOST_DAYS} days.")
    return now - timedelta(days=days)
