"""Base of all records: frozen, unknown keys refused, read and written in one place."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, ValidationError

from model.errors import ArtifactError


def _number_from_json(value: object) -> object:
    return math.nan if value is None else value


def _number_to_json(value: float) -> float | None:
    return value if math.isfinite(value) else None


Number = Annotated[
    float, BeforeValidator(_number_from_json), PlainSerializer(_number_to_json, return_type=float | None)
]
"""A float that JSON stores as null where it is not defined; NaN in Python."""

Moment = Annotated[datetime, PlainSerializer(datetime.isoformat, return_type=str)]
"""A time, stored as ISO 8601 with its offset in digits."""

VALUE = ConfigDict(extra="forbid")
"""For the small values with positional arguments, which are pydantic dataclasses."""


class Record(BaseModel):
    """A part of a file beside the weights: immutable, and strict about its keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True, protected_namespaces=()
    )

    def to_dict(self) -> dict[str, Any]:
        """Plain values as in JSON; unset fields are left out."""
        return self.model_dump(mode="json", exclude_unset=True)

    def replace(self, **changes: Any) -> Self:  # noqa: ANN401 - any field
        """A copy with other values, validated like a new record.

        Raises:
            ArtifactError: if the values contradict each other.
        """
        kept = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self).model_validate(kept | changes)


class RecordFile(Record):
    """A record that is a file of its own in the artifact's folder."""

    FILE: ClassVar[str]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read the file; None if there is none.

        Raises:
            RecordError: if the file is damaged or has another schema.
        """
        path = folder / cls.FILE
        if not path.is_file():
            return None
        try:
            return cls.from_text(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise RecordError(f"{cls.FILE} cannot be read: {error}. Restore it, or create it again.") from error

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Parse the content of the file.

        Raises:
            RecordError: if the text does not follow the schema; the message names the first key that is wrong.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "the file"
            why = f"{place}: {first['msg']}"
        except ArtifactError as error:
            why = str(error).rstrip(".")
        raise RecordError(f"{cls.FILE} cannot be read: {why}. Restore the file, or create it again.")

    def to_text(self) -> str:
        """The file's content: indented JSON, null where a number is not defined; unset fields are left out."""
        return self.model_dump_json(indent=2, exclude_unset=True) + "\n"

    def write(self, folder: Path) -> Path:
        """Write the file in one step: a reader sees the old or the new content, never a part."""
        return write_text(folder / self.FILE, self.to_text())


class RecordError(ArtifactError):
    """A file beside the weights is damaged or belongs to other weights; its figures may not be shown."""


def write_text(path: Path, text: str) -> Path:
    """Write a text file in one step: readers and interruptions leave the old or the new text, never a part."""
    temporary = path.with_name(f"new-{path.name}")
    temporary.write_text(text, encoding="utf-8")
    return temporary.replace(path)
