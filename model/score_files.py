"""Score files, folders and ZIP archives of radiographs into a CSV file: one row a file, whatever the file is."""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from model.errors import RadiographError
from model.intake.archive import is_zip, take
from model.intake.limits import LIMITS, ArchiveError, NamedFile
from model.radiograph.checks import quiet_decoders
from model.radiograph.signature import identify
from model.records.manifest import BALANCED
from model.result import Result
from model.scoring import Prepared, Scorer, judge, prepare
from model.spreadsheet import guarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_LOG = logging.getLogger(__name__)

COLUMNS = (
    *("path", "status", "probability", "decision", "threshold", "reason", "model_version"),
    *("operating_point", "indeterminate", "warnings"),
)
HEATMAP_SUFFIX = ".overlay.png"
_LONGEST_NAME = 255
"""Bytes that a file system allows for a name."""

_SIGNATURE_BYTES = 4096


class RequestError(Exception):
    """What was asked for cannot be done; the message says why."""


@dataclass(frozen=True)
class Candidate:
    """A file to be scored.

    Attributes:
        path: As it was given, or below the folder that was given.
        heatmap: Where its heatmap goes, relative to the heatmaps' folder; differs from every other candidate's.
    """

    path: Path
    heatmap: Path


@dataclass(frozen=True)
class Summary:
    """How many rows have which status, and how many heatmaps could not be written."""

    ok: int
    rejected: int
    error: int
    failed_heatmaps: int


def find_candidates(paths: Sequence[Path], *, output: Path, heatmaps: Path | None = None) -> list[Candidate]:
    """List the files to be scored.

    A file is taken as it is; for a DICOMDIR, the index of a disc, the images it lists are. Of a folder every regular
    file is taken, at any depth and whatever its name, except hidden ones (and those in hidden folders), indexes,
    `output` and what is under `heatmaps`. A file reached twice is listed once.

    Returns:
        The files, sorted by path.

    Raises:
        RequestError: A path is missing or neither file nor folder, or cannot be listed, there is no file, or writing
            the output or a heatmap could overwrite a file to be scored.
    """
    written = {path.resolve() for path in (output, heatmaps) if path is not None}
    found: dict[Path, tuple[Path, Path]] = {}
    # Files that were named come before what a folder holds, so that a link to one does not take its row.
    for given in sorted(dict.fromkeys(paths), key=lambda path: not path.is_file()):
        folder = given.parent if _is_index(given) else given
        for path in _files_of(given, written):
            place = Path(path.name) if path == given else path.relative_to(folder)
            if len(paths) > 1 and path != given:
                place = folder.resolve().name / place
            resolved = path.resolve()
            # The row is that of the file itself, whichever of its links is met first.
            if resolved not in found or (found[resolved][0].is_symlink() and not path.is_symlink()):
                found[resolved] = (path, place)
    if not found:
        raise RequestError("No file to score: the folders hold no regular files that are not hidden.")
    for resolved, (path, _) in found.items():
        if resolved in written or any(parent in written for parent in resolved.parents):
            raise RequestError(f"{path} is to be scored, and the results would be written over or beside it.")
    return _with_heatmaps(sorted(found.values(), key=lambda item: item[0].as_posix()))


def _files_of(given: Path, written: set[Path]) -> Iterator[Path]:
    if given.is_file():
        yield from _listed_images(given) if _is_index(given) else (given,)
    elif given.is_dir():
        yield from _walk(given, written)
    elif given.exists():
        raise RequestError(f"{given} is neither a regular file nor a folder.")
    else:
        raise RequestError(f"{given} does not exist.")


def _walk(folder: Path, written: set[Path]) -> Iterator[Path]:
    closed: list[Path] = []

    def note(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise RequestError(f"{error.filename} cannot be listed: {error.strerror}.") from error
        closed.append(Path(error.filename))

    for root, folders, names in os.walk(folder, onerror=note):
        base = Path(root)
        folders[:] = [name for name in folders if name[0] != "." and (base / name).resolve() not in written]
        for name in names:
            path = base / name
            if name[0] != "." and path.is_file() and path.resolve() not in written and not _is_index(path):
                yield path
    yield from closed  # each gets a row that says so


def _is_index(path: Path) -> bool:
    return path.name.casefold() == "dicomdir"


def _listed_images(index: Path) -> Iterator[Path]:
    """The images that a DICOMDIR lists (PS3.3 annex F), as far as they lie below its folder.

    Raises:
        RequestError: it cannot be read, or lists none.
    """
    from pydicom import dcmread

    try:
        with quiet_decoders():
            records = dcmread(index).DirectoryRecordSequence
        listed = [record.ReferencedFileID for record in records if record.DirectoryRecordType == "IMAGE"]
    except Exception as exc:  # pydicom raises a dozen kinds on damage
        raise RequestError(f"{index} cannot be read as the index of a disc. Give the folder itself.") from exc
    folder = index.resolve().parent
    paths = [index.parent.joinpath(*([parts] if isinstance(parts, str) else parts)) for parts in listed]
    below = [path for path in paths if path.resolve().is_relative_to(folder)]
    if not below:
        raise RequestError(f"{index} lists no image. Give the folder itself.")
    yield from below


def _with_heatmaps(files: Iterable[tuple[Path, Path]]) -> list[Candidate]:
    taken: set[str] = set()
    return [Candidate(path, _heatmap(place, taken)) for path, place in files]


def _heatmap(place: Path, taken: set[str]) -> Path:
    """A heatmap's path that is not in `taken`, also where a file system ignores case; it is added there."""
    number, found = 1, None
    while found is None or found.as_posix().casefold() in taken:
        suffix = HEATMAP_SUFFIX if number == 1 else f"-{number}{HEATMAP_SUFFIX}"
        name = os.fsencode(place.name)[: _LONGEST_NAME - len(suffix)]
        found = place.with_name(name.decode("utf-8", "ignore") + suffix)
        number += 1
    taken.add(found.as_posix().casefold())
    return found


def check_output(output: Path) -> None:
    """Refuse an output that cannot or should not be written.

    Raises:
        RequestError: Its folder is missing or may not be written to, it is no regular file, or it is an image: a
            mistyped command must not cost a radiograph.
    """
    folder = output.resolve().parent
    if not folder.is_dir():
        raise RequestError(f"The folder {folder} of the output does not exist.")
    if not os.access(folder, os.W_OK):
        raise RequestError(f"The folder {folder} of the output cannot be written to.")
    if not output.exists():
        return
    if not output.is_file():
        raise RequestError(f"The output {output} exists and is not a regular file.")
    try:
        with output.open("rb") as stream:
            format_ = identify(stream.read(_SIGNATURE_BYTES), name=output.name)
    except RadiographError:
        return  # no image: an earlier CSV file, to be replaced
    except OSError as exc:
        raise RequestError(f"The output {output} exists and cannot be read: {exc.strerror}.") from exc
    raise RequestError(f"The output {output} exists and is a {format_} image; it is not overwritten.")


def score_files(
    candidates: Sequence[Candidate],
    predictor: Scorer,
    *,
    output: Path,
    heatmaps: Path | None = None,
    model_version: str = "",
    anyway: bool = False,
    operating_point: str = BALANCED,
) -> Summary:
    """Score files and write the CSV file, in one step at the end; a progress bar goes to stderr.

    Args:
        candidates: the files, in the order of the rows.
        predictor: the loaded model.
        output: the CSV file (UTF-8, header `COLUMNS`); what was there before is replaced.
        heatmaps: an existing folder for one PNG overlay per scored file, at the radiograph's full size.
        model_version: written in the rows of files that were not scored.
        anyway: score what the input check refuses, too.
        operating_point: whose threshold decides.

    Raises:
        OSError: the output cannot be written.
        ArtifactError: the model lacks the operating point.
        KeyboardInterrupt: after the rows so far were written to `partial`.
    """
    rows: list[tuple[str, ...]] = []
    counts, failed, taken = Counter[str](), 0, {one.heatmap.as_posix().casefold() for one in candidates}
    try:
        with logging_redirect_tqdm():
            for candidate in tqdm(candidates, desc="Scoring", unit="file", file=sys.stderr):
                for prepared, heatmap in _prepared(candidate, len(rows), taken):
                    result = judge(
                        prepared,
                        predictor,
                        operating_point=operating_point,
                        anyway=anyway,
                        hint="Score it anyway with --anyway.",
                    )
                    rows.append(_row(result, model_version))
                    counts[result.status] += 1
                    if heatmaps is not None:
                        failed += not _write_heatmap(prepared, result, heatmaps / heatmap)
    except KeyboardInterrupt:
        _write(rows, partial(output).resolve())
        raise
    _write(rows, output.resolve())
    return Summary(counts["ok"], counts["rejected"], counts["error"], failed)


def partial(output: Path) -> Path:
    """Where the rows go that were finished before an interruption: what was at `output` stays."""
    return output.with_name(f"{output.stem}.partial{output.suffix}")


def _prepared(candidate: Candidate, index: int, taken: set[str]) -> Iterator[tuple[Prepared, Path]]:
    """The decoded file, or those in a ZIP archive, each with its heatmap's path; `index` is the place of the first."""
    name = os.fspath(candidate.path)
    if not _is_archive(candidate.path):
        yield prepare(candidate.path, name, index, thumbnail=False), candidate.heatmap
        return
    try:
        held = take([NamedFile(candidate.path.name, candidate.path.read_bytes())])
    except (ArchiveError, OSError) as error:
        yield Prepared(None, Result(name, "error", message=str(error))), candidate.heatmap
        return
    for number, file in enumerate(held.files, index):
        place = candidate.heatmap.with_name(candidate.path.name) / file.name
        yield prepare(file.data, f"{name}/{file.name}", number, thumbnail=False), _heatmap(place, taken)
    for refused in held.refused:
        yield Prepared(None, Result(f"{name}/{refused.name}", "error", message=refused.reason)), candidate.heatmap


def _is_archive(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return path.stat().st_size <= LIMITS.total_bytes and is_zip(stream.read(_SIGNATURE_BYTES))
    except OSError:
        return False  # what it is will be said when it is read


def _row(result: Result, model_version: str) -> tuple[str, ...]:
    """The cells of `COLUMNS`; numbers with six decimals."""
    found = result.prediction
    if found is None:
        told = " ".join(result.warnings)
        return (result.name, result.status, "", "", "", result.message, model_version, "", "", told)
    because = found.refused_because
    return (
        result.name,
        result.status,
        f"{found.probability:.6f}",
        found.decision,
        f"{found.threshold:.6f}",
        f"scored although {because}" if because else "",
        found.model_version,
        found.operating_point,
        "yes" if found.indeterminate else "no",
        " ".join(result.warnings),
    )


def _write(rows: list[tuple[str, ...]], target: Path) -> None:
    import pandas as pd  # takes a second: mistyped paths are reported first

    # Beside the target, since a rename is atomic only within a file system; hidden, so that no search finds it.
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        table = guarded(pd.DataFrame(rows, columns=list(COLUMNS), dtype=object))
        table.to_csv(temporary, index=False, encoding="utf-8", lineterminator="\n")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _write_heatmap(prepared: Prepared, result: Result, path: Path) -> bool:
    """Whether it succeeded; a file that was not scored has no heatmap."""
    radiograph, found = prepared.radiograph, result.prediction
    if radiograph is None or found is None or found.saliency_map is None:
        return True
    from model.overlay import draw_overlay

    try:
        overlay, note = draw_overlay(radiograph.pixels, found.saliency_map), PngInfo()
        for warning in result.warnings:
            note.add_itxt("Warning", warning)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Five times as fast as the usual compression, and 5 % larger.
        Image.fromarray(overlay).save(path, "PNG", compress_level=1, pnginfo=note)
    except Exception as exc:  # noqa: BLE001 - the score stands without its picture
        _LOG.error("%s: the heatmap could not be written (%s).", result.name, type(exc).__name__)
        return False
    return True
