"""Score files and folders of radiographs into a CSV file: one row a file, whatever the file is."""

from __future__ import annotations

import csv
import logging
import math
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from PIL import Image
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from model.calibration import BALANCED
from model.errors import ArtifactError, InputRangeError, RadiographError, UnusableRadiographError
from model.labels import LABELS
from model.radiograph import Radiograph, read
from model.radiograph.signature import identify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    from model.input_gate import GateResult

_LOG = logging.getLogger(__name__)

COLUMNS = (
    *("path", "status", "probability", "decision", "threshold", "reason", "model_version"),
    *("operating_point", "indeterminate"),
)
DECISIONS = LABELS
HEATMAP_SUFFIX = ".overlay.png"

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_SIGNATURE_BYTES = 4096

Status = Literal["ok", "rejected", "error"]


class RequestError(Exception):
    """What was asked for cannot be done; the message says what is wrong with it."""


class Scored(Protocol):
    """What scoring needs of a `model.predictor.Prediction`."""

    @property
    def probability(self) -> float:
        """Of Pneumonia, 0..1."""

    @property
    def decision(self) -> str:
        """One of `DECISIONS`."""

    @property
    def threshold(self) -> float:
        """The probability from which the decision is Pneumonia."""

    @property
    def operating_point(self) -> str:
        """Whose threshold it is."""

    @property
    def indeterminate(self) -> bool:
        """Whether both answers stay possible."""

    @property
    def saliency_map(self) -> npt.NDArray[np.float32]:
        """Shape (h, w), zero or more."""

    @property
    def model_version(self) -> str:
        """Of the artifact."""

    @property
    def gate(self) -> GateResult | None:
        """What the input gate says, or None without a gate."""


class Scorer(Protocol):
    """What scoring needs of a `model.predictor.Predictor`."""

    def predict(self, radiograph: Radiograph, *, operating_point: str = BALANCED) -> Scored:
        """Score one radiograph."""


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
class Row:
    """One row of the CSV file; the numbers and the decision are None unless the status is "ok"."""

    path: Path
    status: Status
    probability: float | None = None
    decision: str | None = None
    threshold: float | None = None
    reason: str = ""
    model_version: str = ""
    operating_point: str = ""
    indeterminate: bool | None = None

    def cells(self) -> list[str]:
        """Return the text of `COLUMNS`: numbers with six decimals, formulas neutralised."""
        numbers = ["" if number is None else f"{number:.6f}" for number in (self.probability, self.threshold)]
        texts = (os.fspath(self.path), self.status, self.decision or "", self.reason, self.model_version)
        path, status, decision, reason, version = map(safe_cell, texts)
        indeterminate = "" if self.indeterminate is None else ("no", "yes")[self.indeterminate]
        return [path, status, numbers[0], decision, numbers[1], reason, version, self.operating_point, indeterminate]


@dataclass(frozen=True)
class Summary:
    """How many rows have which status, and how many heatmaps could not be written."""

    ok: int
    rejected: int
    error: int
    failed_heatmaps: int


def safe_cell(text: str) -> str:
    """Make a text harmless in a spreadsheet.

    A cell that begins with = + - @, a tab or a line break is run as a formula by spreadsheets (CWE-1236). Such a
    text gets an apostrophe in front; whoever reads paths back removes an apostrophe before one of these. Bytes of
    a file name that are no UTF-8 are written in hexadecimal (backslash, x, two digits).
    """
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def find_candidates(paths: Sequence[Path], *, output: Path, heatmaps: Path | None = None) -> list[Candidate]:
    """List the files to be scored.

    A file is taken as it is. Of a folder every regular file is taken, at any depth and whatever its name, except
    hidden ones (and those in hidden folders), `output` and what is under `heatmaps`. A file reached twice is
    listed once.

    Args:
        paths: Files and folders.
        output: The CSV file to be written.
        heatmaps: The folder for heatmaps to be written.

    Returns:
        The files, sorted by path.

    Raises:
        RequestError: A path is missing or neither file nor folder, a folder cannot be listed, there is no file, or
            writing the output or a heatmap could overwrite a file to be scored.
    """
    written = {path.resolve() for path in (output, heatmaps) if path is not None}
    found: dict[Path, tuple[Path, Path]] = {}
    # Files that were named come before what a folder holds, so that a link to one does not take its row.
    for given in sorted(dict.fromkeys(paths), key=lambda path: not path.is_file()):
        for path in _files_of(given, written):
            place = Path(path.name) if path == given else path.relative_to(given)
            if len(paths) > 1 and path != given:
                place = given.resolve().name / place
            found.setdefault(path.resolve(), (path, place))
    if not found:
        raise RequestError("No file to score: the folders hold no regular files that are not hidden.")
    for resolved, (path, _) in found.items():
        if resolved in written or any(parent in written for parent in resolved.parents):
            raise RequestError(f"{path} is to be scored, and the results would be written over or beside it.")
    return _with_heatmaps(sorted(found.values(), key=lambda item: item[0].as_posix()))


def _files_of(given: Path, written: set[Path]) -> Iterator[Path]:
    if given.is_file():
        yield given
    elif given.is_dir():
        yield from _walk(given, written)
    elif given.exists():
        raise RequestError(f"{given} is neither a regular file nor a folder.")
    else:
        raise RequestError(f"{given} does not exist.")


def _walk(folder: Path, written: set[Path]) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise RequestError(f"{error.filename} cannot be listed: {error.strerror}.") from error

    for root, folders, names in os.walk(folder, onerror=fail):
        base = Path(root)
        folders[:] = [name for name in folders if name[0] != "." and (base / name).resolve() not in written]
        for name in names:
            path = base / name
            if name[0] != "." and path.is_file() and path.resolve() not in written:
                yield path


def _with_heatmaps(files: Iterable[tuple[Path, Path]]) -> list[Candidate]:
    """Give every file a heatmap name of its own, also where a file system ignores case."""
    taken: set[str] = set()
    candidates = []
    for path, place in files:
        number, heatmap = 1, place.with_name(place.name + HEATMAP_SUFFIX)
        while heatmap.as_posix().casefold() in taken:
            number += 1
            heatmap = place.with_name(f"{place.name}-{number}{HEATMAP_SUFFIX}")
        taken.add(heatmap.as_posix().casefold())
        candidates.append(Candidate(path, heatmap))
    return candidates


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
    scorer: Scorer,
    *,
    output: Path,
    heatmaps: Path | None = None,
    model_version: str = "",
    anyway: bool = False,
    operating_point: str = BALANCED,
) -> Summary:
    """Score files and write the CSV file, in one step at the end; a progress bar goes to stderr.

    Args:
        candidates: The files, in the order of the rows.
        scorer: The loaded model.
        output: The CSV file (UTF-8, header `COLUMNS`); what was there before is replaced.
        heatmaps: An existing folder for one PNG overlay per scored file, at the radiograph's full size.
        model_version: Written in the rows of files that were not scored.
        anyway: Score what the input gate refuses, too; the row's reason says so.
        operating_point: Whose threshold decides.

    Returns:
        What became of the files.

    Raises:
        OSError: The output cannot be written.
    """
    counts: Counter[str] = Counter()
    failed_heatmaps = 0
    target = output.resolve()
    # Beside the target, since a rename is one step only within a file system; hidden, so that no walk finds it.
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as stream, logging_redirect_tqdm():
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            for number, candidate in enumerate(tqdm(candidates, desc="Scoring", unit="file", file=sys.stderr), start=1):
                draw = None if heatmaps is None else _heatmap_writer(heatmaps / candidate.heatmap, number)
                row, drawn = score_file(
                    candidate.path,
                    scorer,
                    draw=draw,
                    number=number,
                    version=model_version,
                    anyway=anyway,
                    operating_point=operating_point,
                )
                writer.writerow(row.cells())
                counts[row.status] += 1
                failed_heatmaps += not drawn
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return Summary(counts["ok"], counts["rejected"], counts["error"], failed_heatmaps)


def score_file(
    path: Path,
    scorer: Scorer,
    *,
    draw: Callable[[Radiograph, Scored], bool] | None,
    number: int,
    version: str,
    anyway: bool = False,
    operating_point: str = BALANCED,
) -> tuple[Row, bool]:
    """Score one file; nothing that is wrong with it gets out.

    Args:
        path: The file.
        scorer: The loaded model.
        draw: Writes the heatmap of a scored file and returns whether that worked.
        number: The row's; logs name the file by it, since a file name can be a patient's.
        version: The model's, for a file that is not scored.
        anyway: Whether a file that the gate refuses is scored all the same.
        operating_point: Whose threshold decides.

    Returns:
        Its row, and False if its heatmap could not be written.

    Raises:
        ArtifactError: The model lacks the operating point.
    """
    try:
        radiograph = read(path)
        scored = scorer.predict(radiograph, operating_point=operating_point)
        refused = "" if scored.gate is None or scored.gate.accepted else scored.gate.reason
        if refused and not anyway:
            reason = f"Not taken for a frontal chest radiograph: {refused}. Score it anyway with --anyway."
            return Row(path, "rejected", reason=reason, model_version=version), True
        row = _ok_row(path, scored, warning=f"scored although {refused}" if refused else "")
    except UnusableRadiographError as exc:
        return Row(path, "rejected", reason=str(exc), model_version=version), True
    except (RadiographError, InputRangeError) as exc:
        return Row(path, "error", reason=str(exc), model_version=version), True
    except ArtifactError:
        raise  # it is the model that is wrong, for every file
    except Exception as exc:  # noqa: BLE001 - one file must not stop the others
        _LOG.error("Row %d: unexpected %s; the file was not scored.", number, type(exc).__name__)
        _LOG.debug("Row %d", number, exc_info=True)
        reason = f"Cannot score {path.name}: unexpected {type(exc).__name__}. Run with --verbose for the details."
        return Row(path, "error", reason=reason, model_version=version), True
    return row, draw is None or draw(radiograph, scored)


def _ok_row(path: Path, scored: Scored, *, warning: str) -> Row:
    if not (math.isfinite(scored.probability) and 0 <= scored.probability <= 1):
        raise InputRangeError(f"The model returned the probability {scored.probability}; expected 0 to 1. Not scored.")
    if scored.decision not in DECISIONS:
        raise InputRangeError(f"The model decided {scored.decision!r}; expected one of {DECISIONS}. Not scored.")
    return Row(
        path,
        "ok",
        probability=scored.probability,
        decision=scored.decision,
        threshold=scored.threshold,
        reason=warning,
        model_version=scored.model_version,
        operating_point=scored.operating_point,
        indeterminate=scored.indeterminate,
    )


def _heatmap_writer(path: Path, number: int) -> Callable[[Radiograph, Scored], bool]:
    # Imported here since it brings Keras, for which `--help` and a mistyped path should not wait.
    from model.overlay import draw_overlay

    def write(radiograph: Radiograph, scored: Scored) -> bool:
        try:
            overlay = draw_overlay(radiograph.pixels, scored.saliency_map)
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(overlay).save(path, "PNG", compress_level=1)  # five times as fast, 5 % larger
        except Exception as exc:  # noqa: BLE001 - the score stands without its picture
            _LOG.error("Row %d: the heatmap could not be written (%s).", number, type(exc).__name__)
            _LOG.debug("Row %d", number, exc_info=True)
            return False
        return True

    return write
