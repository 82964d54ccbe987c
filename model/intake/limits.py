"""What the intake takes, and what it hands on."""

from __future__ import annotations

from dataclasses import dataclass, field

from model.errors import ChestXrayError

MIB = 1024**2


class ArchiveError(ChestXrayError):
    """The files cannot be taken at all: too many, too large, or one archive that is damaged or a bomb."""


@dataclass(frozen=True)
class Limits:
    """The most that is taken.

    Attributes:
        files: to be scored.
        entries: of one archive, with folders and what is skipped.
        file_bytes: of one file, unpacked.
        total_bytes: of all files, unpacked.
        ratio: unpacked to packed, for entries and archives that unpack to 8 MiB and more.
    """

    files: int = 200
    entries: int = 2_000
    file_bytes: int = 256 * MIB
    total_bytes: int = 1024 * MIB
    ratio: int = 100


LIMITS = Limits()


@dataclass(frozen=True)
class NamedFile:
    """A file in memory. Its name may be a patient's: shown only to the user who uploaded it, never logged."""

    name: str = field(repr=False)
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class NotRead:
    """A file that was not taken.

    Attributes:
        name: fit to be shown: no control characters, at most 120 characters; may be a patient's.
        reason: a sentence for the user, without the name.
    """

    name: str = field(repr=False)
    reason: str


@dataclass(frozen=True)
class Intake:
    """What became of the files that were given.

    Attributes:
        files: to be scored, in the order given; each name occurs once.
        refused: to be shown beside the others.
        ignored: names of folders, empty entries and what operating systems add.
    """

    files: tuple[NamedFile, ...]
    refused: tuple[NotRead, ...] = ()
    ignored: tuple[str, ...] = field(default=(), repr=False)
