"""How often the test split was opened: `test_ledger.jsonl`, one line each time, written before the first look."""

from __future__ import annotations

from typing import ClassVar, Self

from model.records.base import Moment, Number, Record, RecordFile


class Note(Record):
    """A remark on the test split that was written down before or outside the commands."""

    opened: str = ""
    by: str = ""
    note: str


class Opening(Record):
    """One time the test split was scored by a command. What was seen is added afterwards.

    Attributes:
        files_sha256: of the test files' names; "" where not recorded.
        threshold: of the balanced operating point.
        confusion_matrix: at it; true labels in rows, predicted in columns.
    """

    opened: Moment
    by: str = ""
    model_version: str = ""
    weights_sha256: str = ""
    images: int | None = None
    files_sha256: str = ""
    threshold: float | None = None
    auroc: Number | None = None
    confusion_matrix: tuple[tuple[int, ...], ...] | None = None
    seen: str = ""

    def to_line(self) -> str:
        """As the ledger holds it, without the end of the line."""
        return self.model_dump_json(exclude_unset=True)


class Ledger(RecordFile):
    """All lines, oldest first."""

    FILE: ClassVar[str] = "test_ledger.jsonl"

    entries: tuple[Note | Opening, ...]

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Parse JSON lines.

        Raises:
            RecordError: if a line does not follow the schema.
        """
        lines = ",".join(line for line in text.splitlines() if line.strip())
        return super().from_text(f'{{"entries": [{lines}]}}')

    def to_text(self) -> str:
        """The file's content: JSON lines."""
        return "".join(f"{entry.model_dump_json(exclude_unset=True)}\n" for entry in self.entries)

    @property
    def openings(self) -> tuple[Opening, ...]:
        """The openings by command."""
        return tuple(entry for entry in self.entries if isinstance(entry, Opening))

    @property
    def notes(self) -> tuple[str, ...]:
        """The remarks."""
        return tuple(entry.note for entry in self.entries if isinstance(entry, Note))

    def of_files(self, files_sha256: str) -> Ledger:
        """The ledger without openings of another test split; an opening that does not say which stays.

        Args:
            files_sha256: of the test split that is meant; all stay if "".
        """
        known = {"", files_sha256}
        kept = [e for e in self.entries if isinstance(e, Note) or not files_sha256 or e.files_sha256 in known]
        return Ledger(entries=tuple(kept))
