"""Many files, or one ZIP archive, in memory -> named byte strings.

An archive is a stranger's claim: its headers are checked first, and then not believed. Nothing is written to disk.
"""

from __future__ import annotations

import io
import logging
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.worklist import names
from model.errors import ChestXrayError
from model.radiograph.signature import is_dicom

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

_LOG = logging.getLogger(__name__)

MIB = 1024**2

_DIRECTORY_ENTRY = b"PK\x01\x02"
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_ARCHIVES = (*_ZIPS, b"PK\x07\x08", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"BZh", b"\xfd7zXZ\x00")
_ARCHIVES_LATER = ((257, b"ustar"), (0, b"\x28\xb5\x2f\xfd"), (0, b"MSCF"))
_CHUNK = 256 * 1024
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_RATIO_FROM_BYTES = 8 * MIB
"""Below it a high ratio is no bomb: a blank picture packs a thousandfold."""

# Python's readers of the other methods unpack a whole block at once, however large it gets.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ArchiveError(ChestXrayError):
    """What was given cannot be taken as a list of files at all."""


class _EntryError(Exception):
    """One entry cannot be taken; the message ends the sentence "Not read: "."""


@dataclass(frozen=True)
class Limits:
    """What is taken at most.

    Attributes:
        files: to be scored.
        entries: of an archive, with folders and what is ignored.
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
    """A file in memory.

    Attributes:
        name: as the user knows it; it may name a patient, so it is shown to who gave it, and never logged.
        data: the whole file.
    """

    name: str = field(repr=False)
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class NotRead:
    """A file that was not taken.

    Attributes:
        name: fit to be shown: without control characters, 120 characters at most; may name a patient.
        reason: a sentence for the user, without the name.
    """

    name: str = field(repr=False)
    reason: str


@dataclass(frozen=True)
class Intake:
    """What became of the files that were given.

    Attributes:
        files: to be scored, in the order given; each name occurs once.
        refused: not taken, with the reason; to be shown beside the others.
        ignored: names of what no one means to be scored: folders, empty entries, what operating systems add.
    """

    files: tuple[NamedFile, ...]
    refused: tuple[NotRead, ...] = ()
    ignored: tuple[str, ...] = field(default=(), repr=False)


def take(uploads: Sequence[NamedFile], limits: Limits = LIMITS) -> Intake:
    """Take uploaded files: one ZIP archive, or files.

    Args:
        uploads: in the order of the list to be made. Content decides what is an archive, not the name.
        limits: what is taken at most.

    Returns:
        The files; of several with one name the later ones are numbered. An empty one among them is kept, for
        the list to say so; in an archive it is ignored.

    Raises:
        ArchiveError: too many files, too many bytes, or an archive that cannot be read or is a bomb.
    """
    if len(uploads) == 1 and is_zip(uploads[0].data):
        return unpack(uploads[0].data, limits)
    # A folder that is dropped brings what the operating system put there.
    wanted = [upload for upload in uploads if not names.is_clutter(upload.name)]
    ignored = tuple(names.shown(upload.name) for upload in uploads if names.is_clutter(upload.name))
    if len(wanted) > limits.files:
        raise _too_many(len(wanted), limits)
    total = sum(len(upload.data) for upload in wanted)
    if total > limits.total_bytes:
        raise _too_much(total, limits)
    files, refused = [], []
    for upload, name in zip(wanted, names.numbered(names.shown(upload.name) for upload in wanted), strict=True):
        try:
            _check_content(upload.data, limits)
            files.append(NamedFile(name, upload.data))
        except _EntryError as error:
            refused.append(NotRead(name, f"Not read: {error}"))
    return Intake(tuple(files), tuple(refused), ignored)


def is_zip(data: bytes) -> bool:
    """Whether a file is a ZIP archive: by how it begins, unless it is DICOM, whose first 128 bytes are free."""
    return data.startswith(_ZIPS) and not is_dicom(data)


def unpack(data: bytes, limits: Limits = LIMITS) -> Intake:
    """Unpack a ZIP archive in memory.

    An entry that is encrypted, damaged, an archive itself, too large, a link, compressed otherwise than by "deflate",
    or whose name is ambiguous or points elsewhere, is refused; the others are read. Folders, empty entries and what
    operating systems add are ignored.

    Args:
        data: the whole archive.
        limits: what is taken at most.

    Returns:
        The files, in the archive's order.

    Raises:
        ArchiveError: the archive as a whole cannot be read, or holds too much.
    """
    # A table of contents of millions is refused before it is parsed. An archive stored inside adds to the count.
    if data.count(_DIRECTORY_ENTRY) > 4 * limits.entries:
        raise _too_many_entries(limits)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _unpack(archive, len(data), limits)
    except ArchiveError:
        raise
    except Exception as exc:  # noqa: BLE001 - zipfile raises a dozen kinds on bytes that it did not expect
        raise ArchiveError(
            "This ZIP archive is damaged or cut short: its table of contents cannot be read "
            f"({type(exc).__name__}). Make it again, or give the files themselves."
        ) from None


def _unpack(archive: zipfile.ZipFile, packed: int, limits: Limits) -> Intake:
    entries = archive.infolist()
    if len(entries) > limits.entries:
        raise _too_many_entries(limits)
    ignored = [entry for entry in entries if _is_ignored(entry)]
    wanted = [entry for entry in entries if not _is_ignored(entry)]
    if len(wanted) > limits.files:
        raise _too_many(len(wanted), limits)
    _check_declared(wanted, packed, limits)
    times = Counter(names.key(entry.filename) for entry in wanted)
    files: list[NamedFile] = []
    refused: list[NotRead] = []
    for entry in wanted:
        name = names.shown(entry.filename)
        try:
            _check_entry(entry, packed, limits, ambiguous=times[names.key(entry.filename)] > 1)
            files.append(NamedFile(name, _content(archive, entry, limits)))
        except _EntryError as error:
            refused.append(NotRead(name, f"Not read: {error}"))
    unique = names.numbered(file.name for file in files)
    files = [NamedFile(name, file.data) for name, file in zip(unique, files, strict=True)]
    return Intake(tuple(files), tuple(refused), tuple(names.shown(entry.filename) for entry in ignored))


def _is_ignored(entry: zipfile.ZipInfo) -> bool:
    return entry.is_dir() or names.is_clutter(entry.filename) or entry.file_size == 0


def _check_declared(entries: list[zipfile.ZipInfo], packed: int, limits: Limits) -> None:
    """Refuse an archive by what it says of itself, before anything is unpacked."""
    total = sum(entry.file_size for entry in entries)
    if total > limits.total_bytes:
        raise _too_much(total, limits)
    if total > _RATIO_FROM_BYTES and total > limits.ratio * packed:
        raise ArchiveError(
            f"This ZIP archive would unpack to {total // max(packed, 1):,} times its size; at most {limits.ratio} "
            "times is taken, since radiographs pack far less. Give the files themselves."
        )


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> bytes:
    """Unpack one entry that was checked, by what it turns out to hold rather than by what it declares.

    Never more than it declares is unpacked, all that is declared was held against the limits, and a checksum follows.
    """
    try:
        with archive.open(entry) as stream:
            content = b"".join(_chunks(stream, entry.file_size + 1))
    except (zipfile.BadZipFile, zlib.error, EOFError) as exc:
        raise _EntryError("it is damaged or cut short. Export it again.") from exc
    except Exception as exc:
        _LOG.warning("An entry of an archive could not be read: unexpected %s.", type(exc).__name__)
        raise _EntryError(f"it is damaged ({type(exc).__name__}). Export it again.") from exc
    if len(content) != entry.file_size:
        raise _EntryError("it does not have the size that the archive declares. Make the archive again.")
    _check_content(content, limits)
    return content


def _check_entry(entry: zipfile.ZipInfo, packed: int, limits: Limits, *, ambiguous: bool) -> None:
    """Refuse an entry by its header.

    Raises:
        _EntryError: with the reason.
    """
    if reason := names.problem(entry.orig_filename) or names.kind_problem(entry.external_attr >> 16):
        raise _EntryError(reason)
    if ambiguous:
        raise _EntryError("several entries have this name, so which is meant cannot be told.")
    if entry.flag_bits & _ENCRYPTED:
        raise _EntryError("it is encrypted. Unpack the archive with its password and give the files.")
    if entry.compress_type not in _METHODS:
        raise _EntryError('it is packed by a method other than "deflate". Make the archive again with the usual one.')
    if entry.file_size > limits.file_bytes:
        raise _EntryError(_large(entry.file_size, limits))
    # An entry cannot have more packed bytes than the archive.
    taken = max(min(entry.compress_size, packed), 1)
    if entry.file_size > _RATIO_FROM_BYTES and entry.file_size > limits.ratio * taken:
        raise _EntryError(
            f"it would unpack to {entry.file_size // taken:,} times its size, and at most {limits.ratio} times is "
            "taken. Give the file itself."
        )


def _chunks(stream: IO[bytes], limit: int) -> Iterator[bytes]:
    while limit > 0 and (chunk := stream.read(min(_CHUNK, limit))):
        limit -= len(chunk)
        yield chunk


def _check_content(content: bytes, limits: Limits) -> None:
    """Refuse a file by what it holds.

    Raises:
        _EntryError: with the reason.
    """
    if len(content) > limits.file_bytes:
        raise _EntryError(_large(len(content), limits))
    later = any(content.startswith(magic, offset) for offset, magic in _ARCHIVES_LATER)
    if (content.startswith(_ARCHIVES) or later) and not is_dicom(content):
        raise _EntryError("it is an archive itself. Give one ZIP archive alone, with the images in it, or the images.")


def _large(size: int, limits: Limits) -> str:
    return f"it has {size / MIB:,.1f} MiB, and at most {limits.file_bytes / MIB:,.1f} are taken."


def _too_many(number: int, limits: Limits) -> ArchiveError:
    return ArchiveError(f"{number:,} files were given, and at most {limits.files:,} are taken at once. Give fewer.")


def _too_many_entries(limits: Limits) -> ArchiveError:
    return ArchiveError(
        f"This ZIP archive has more than {limits.entries:,} entries, and at most {limits.files:,} files are taken at "
        "once. Split it."
    )


def _too_much(total: int, limits: Limits) -> ArchiveError:
    return ArchiveError(
        f"The files have {total / MIB:,.1f} MiB together, unpacked, and at most {limits.total_bytes / MIB:,.1f} are "
        "taken at once. Give fewer."
    )
