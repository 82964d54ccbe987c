"""What a page gets to see of a list that is being scored; none of it changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from model.radiograph.context import DicomContext
    from model.scoring import Scored

Status = Literal["ok", "rejected", "error"]
State = Literal["waiting", "running", "stopping", "done", "cancelled", "abandoned", "failed"]

_UNFINISHED = ("waiting", "running", "stopping")


@dataclass(frozen=True, eq=False)
class FileResult:
    """What became of one file.

    Attributes:
        index: its place in the list, from 0.
        name: as the user knows it; it may name a patient: shown to who gave it, never logged.
        status: "ok" if scored; "rejected" if it is no radiograph to be scored, by itself or by the input gate; "error"
            if it could not be read or scored.
        message: why not; for a scored one that the gate refused, what the gate says; otherwise empty. For the user.
        prediction: of the model; None unless the status is "ok".
        pixel_sha256: of `Radiograph.pixel_sha256`; empty if the file could not be decoded.
        duplicate_of: index of the first file of this list with the same pixels, or None.
        size: height and width in pixels, or None.
        format: "JPEG", "PNG", "TIFF", "DICOM", or empty.
        pixel_spacing_mm: as of the radiograph.
        context: as of the radiograph.
        thumbnail: JPEG file of `THUMBNAIL_SIDE` pixels at most; empty if the file could not be decoded.
        seconds: wall time from decoding to the verdict, waiting excluded.
        data: the file itself where that was asked for, else None.
    """

    index: int
    name: str = field(repr=False)
    status: Status
    message: str = ""
    prediction: Scored | None = None
    pixel_sha256: str = ""
    duplicate_of: int | None = None
    size: tuple[int, int] | None = None
    format: str = ""
    pixel_spacing_mm: tuple[float, float] | None = None
    context: DicomContext | None = None
    thumbnail: bytes = field(default=b"", repr=False)
    seconds: float = 0.0
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """How far a list is.

    Attributes:
        state: "waiting" until its first file is begun, then "running"; "stopping" while the file in hand is finished
            after a cancel; at the end "done", "cancelled", "abandoned" (nobody asked for too long; its results are
            gone) or "failed" (see `problem`).
        total: files in the list.
        results: of the files that are done, in the list's order.
        seconds_left: estimate from the pace so far; None while there is none, and at the end.
        lists: how many unfinished lists share the queue, this one included.
        problem: what stopped the list, for the user; otherwise empty.
        not_handed_over: places of results that `on_result` could not take.
    """

    state: State
    total: int
    results: tuple[FileResult, ...] = field(default=(), repr=False)
    seconds_left: float | None = None
    lists: int = 0
    problem: str = ""
    not_handed_over: tuple[int, ...] = ()

    @property
    def done(self) -> int:
        """Files that are done."""
        return len(self.results)

    @property
    def is_finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.state not in _UNFINISHED
