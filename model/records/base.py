"""What all records share: frozen, unknown keys refused, one place to read and write the files they describe."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, ClassVar, Self

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


class Record(BaseModel):
    """A part of a file beside the weights: immutable, and strict about its keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True, protected_namespaces=()
    )


class RecordFile(Record):
    """A record that is a file of its own in the artifact's folder."""

    FILE: ClassVar[str]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read the file.

        Args:
            folder: the artifact.

        Returns:
            The record, or None if there is no such file.

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
            raise RecordError(
                f"{cls.FILE} cannot be read: {place}: {first['msg']}. Restore the file, or create it again."
            ) from error

    def to_text(self) -> str:
        """The file's content: indented JSON, null where a number is not defined."""
        return self.model_dump_json(indent=2, exclude_unset=True) + "\n"

    def write(self, folder: Path) -> Path:
        """Write the file in one step: a reader sees the old content or the new, never half of one."""
        return write_text(folder / self.FILE, self.to_text())


class RecordError(ArtifactError):
    """A file beside the weights is damaged or belongs to other weights; its figures may not be shown."""


def write_text(path: Path, text: str) -> Path:
    """Write a text file in one step: a reader, or a kill, meets the old text or the new, never half of one."""
    temporary = path.with_name(f"new-{path.name}")
    temporary.write_text(text, encoding="utf-8")
    return temporary.replace(path)
