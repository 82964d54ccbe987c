"""Files and ZIP archives, in memory -> named byte strings.

An archive is a stranger's claim: its headers are checked first, and then not trusted. Nothing is written to disk.
"""

from __future__ import annotations

import io
import logging
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from model.intake import names
from model.intake.limits import LIMITS, MIB, ArchiveError, Intake, Limits, NamedFile, NotRead
from model.radiograph.signature import is_dicom

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LOG = logging.getLogger(__name__)

_DIRECTORY_ENTRY = b"PK\x01\x02"
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_ARCHIVES = (*_ZIPS, b"PK\x07\x08", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"BZh", b"\xfd7zXZ\x00")
_ARCHIVES_LATER = ((257, b"ustar"), (0, b"\x28\xb5\x2f\xfd"), (0, b"MSCF"))
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_RATIO_FROM_BYTES = 8 * MIB
"""Below it a high ratio is no bomb: a blank picture packs a thousandfold."""

# Python's readers of the other methods unpack a whole block at once, however large it gets.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class _EntryError(Exception):
    """One file cannot be taken; the message ends the sentence "Not read: "."""


@dataclass(frozen=True)
class _Item:
    """A file to be taken.

    Attributes:
        name: fit to be shown.
        size: bytes, as declared.
        read: gives the bytes, or raises `_EntryError`.
    """

    name: str
    size: int
    read: Callable[[], bytes]


def take(uploads: Sequence[NamedFile], limits: Limits = LIMITS) -> Intake:
    """Take uploaded files; ZIP archives among them are unpacked.

    In an archive, an entry is refused that is encrypted, damaged, an archive itself, too large, a link, packed
    otherwise than by "deflate", or whose name is ambiguous or points elsewhere. Folders and empty entries are ignored,
    as is what operating systems add. An empty upload is kept, for the list to report it.

    Args:
        uploads: in the order of the list to be made. The content decides what is an archive, not the name.
        limits: hold for all uploads together.

    Returns:
        The files; of several with one name the later ones are numbered.

    Raises:
        ArchiveError: too many files or bytes; or the only upload is an archive that cannot be read or is a bomb.
    """
    wanted = [upload for upload in uploads if not names.is_clutter(upload.name)]
    ignored = [names.shown(upload.name) for upload in uploads if names.is_clutter(upload.name)]
    items: list[_Item] = []
    refused: list[NotRead] = []
    for upload in wanted:
        if not is_zip(upload.data):
            items.append(_Item(names.shown(upload.name), len(upload.data), partial(bytes, upload.data)))
            continue
        try:
            entries = _entries(upload.data, limits, ignored)
        except ArchiveError as error:
            if len(wanted) == 1:
                raise
            refused.append(NotRead(names.shown(upload.name), f"Not read: {error}"))
        else:
            items += entries
    _check_total(items, limits)
    taken: list[NamedFile] = []
    for item in items:
        try:
            data = item.read()
            _check_content(data, limits)
            taken.append(NamedFile(item.name, data))
        except _EntryError as error:
            refused.append(NotRead(item.name, f"Not read: {error}"))
    unique = names.numbered(file.name for file in taken)
    files = tuple(NamedFile(name, file.data) for name, file in zip(unique, taken, strict=True))
    return Intake(files, tuple(refused), tuple(ignored))


def is_zip(data: bytes) -> bool:
    """Whether a file is a ZIP archive: by how it begins, unless it is DICOM, whose first 128 bytes are free."""
    return data.startswith(_ZIPS) and not is_dicom(data)


def _entries(data: bytes, limits: Limits, ignored: list[str]) -> list[_Item]:
    """The entries of an archive that are files; names of the others are added to `ignored`."""
    # A table of contents of millions is refused before it is parsed. An archive stored inside adds to the count.
    if data.count(_DIRECTORY_ENTRY) > 4 * limits.entries:
        raise _too_many_entries(limits)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception:  # noqa: BLE001 - zipfile raises a dozen kinds on bytes that it did not expect
        raise ArchiveError(
            "This ZIP archive is damaged or cut short: its table of contents cannot be read. Make it again, or give "
            "the files themselves."
        ) from None
    entries = archive.infolist()
    if len(entries) > limits.entries:
        raise _too_many_entries(limits)
    wanted = [entry for entry in entries if not _is_ignored(entry)]
    total = sum(entry.file_size for entry in wanted)
    # More than the limit is refused as that, with all files that were given.
    if _RATIO_FROM_BYTES < total <= limits.total_bytes and total > limits.ratio * len(data):
        raise ArchiveError(
            f"This ZIP archive would unpack to {total // len(data):,} times its size; the limit is {limits.ratio} "
            "times, since radiographs compress far less. Upload the files themselves."
        )
    ignored += [names.shown(entry.filename) for entry in entries if _is_ignored(entry)]
    times = Counter(names.key(entry.filename) for entry in wanted)
    return [
        _Item(
            names.shown(entry.filename),
            entry.file_size,
            partial(_content, archive, entry, len(data), limits, is_ambiguous=times[names.key(entry.filename)] > 1),
        )
        for entry in wanted
    ]


def _is_ignored(entry: zipfile.ZipInfo) -> bool:
    return entry.is_dir() or names.is_clutter(entry.filename) or entry.file_size == 0


def _content(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, packed: int, limits: Limits, *, is_ambiguous: bool
) -> bytes:
    """Unpack one entry.

    Never more than it declares is unpacked, all that is declared was held against the limits, and a checksum follows.
    """
    if is_ambiguous:
        raise _EntryError("several entries have this name, so it is unclear which one is meant.")
    _check_header(entry, packed, limits)
    try:
        with archive.open(entry) as stream:
            content = stream.read(entry.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError) as exc:
        raise _EntryError("it is damaged or cut short. Export it again.") from exc
    except Exception as exc:
        _LOG.warning("An entry of an archive could not be read: unexpected %s.", type(exc).__name__)
        raise _EntryError("it is damaged. Export it again.") from exc
    if len(content) != entry.file_size:
        raise _EntryError("it does not have the size that the archive declares. Make the archive again.")
    return content


def _check_header(entry: zipfile.ZipInfo, packed: int, limits: Limits) -> None:
    if reason := names.problem(entry.orig_filename) or names.kind_problem(entry.external_attr >> 16):
        raise _EntryError(reason)
    if entry.flag_bits & _ENCRYPTED:
        raise _EntryError("it is encrypted. Unpack the archive with its password and give the files.")
    if entry.compress_type not in _METHODS:
        raise _EntryError('it is packed by a method other than "deflate". Make the archive again with the usual one.')
    _check_size(entry.file_size, limits)
    # An entry cannot have more packed bytes than the archive.
    taken = max(min(entry.compress_size, packed), 1)
    if entry.file_size > _RATIO_FROM_BYTES and entry.file_size > limits.ratio * taken:
        raise _EntryError(
            f"it would unpack to {entry.file_size // taken:,} times its size, and at most {limits.ratio} times is "
            "taken. Give the file itself."
        )


def _check_content(content: bytes, limits: Limits) -> None:
    _check_size(len(content), limits)
    later = any(content.startswith(magic, offset) for offset, magic in _ARCHIVES_LATER)
    if (content.startswith(_ARCHIVES) or later) and not is_dicom(content):
        raise _EntryError("it is an archive itself. Upload the images, or ZIP archives that hold the images.")


def _check_size(size: int, limits: Limits) -> None:
    if size > limits.file_bytes:
        raise _EntryError(f"it has {size / MIB:,.1f} MiB; the limit is {limits.file_bytes / MIB:,.1f} MiB.")


def _check_total(items: Sequence[_Item], limits: Limits) -> None:
    if len(items) > limits.files:
        raise ArchiveError(f"{len(items):,} files were uploaded; the limit is {limits.files:,} at once. Upload fewer.")
    if (total := sum(item.size for item in items)) > limits.total_bytes:
        raise ArchiveError(
            f"Unpacked, the files have {total / MIB:,.1f} MiB together; the limit is "
            f"{limits.total_bytes / MIB:,.1f} MiB. Upload fewer."
        )


def _too_many_entries(limits: Limits) -> ArchiveError:
    return ArchiveError(
        f"This ZIP archive has more than {limits.entries:,} entries; the limit is {limits.files:,} files at once. "
        "Split it."
    )
