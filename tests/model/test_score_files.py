"""`python -m model score`: one row a file, in order, whatever the files are; and the exit status."""

from __future__ import annotations

import csv
import logging
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from model import score_files
from model.__main__ import main
from model.errors import ArtifactError
from model.input_gate import GateResult
from model.predictor import Prediction
from model.quiet import held_back_stderr
from model.radiograph import Radiograph
from model.radiograph.checks import quiet_decoders
from model.score_files import COLUMNS, RequestError, find_candidates
from model.scoring import TRACES, Scorer, judge
from tests.model.files import USE, dataset_of, dicom_file, written

VERSION = "fake-1"
THRESHOLDS = {"rule_out": 0.25, "balanced": 0.5, "rule_in": 0.75}


class FakePredictor:
    """Takes the mean grey for the probability; rejects radiographs 116 pixels wide, fails on those 111 wide, or all."""

    intended_use = USE

    def __init__(self, error: Exception | None = None) -> None:
        self.calls, self.error = 0, error

    def predict(self, radiograph: Radiograph, *, operating_point: str = "balanced") -> Prediction:
        self.calls += 1
        width, probability = radiograph.pixels.shape[1], float(radiograph.pixels.mean()) / 255
        if self.error or width == 111:
            raise self.error or KeyError("Secret^Person")
        threshold, map_ = THRESHOLDS[operating_point], np.eye(4, dtype=np.float32)
        decision, unsure = "Pneumonia" if probability >= threshold else "Normal", 0.25 <= probability < 0.75
        gate = GateResult(width != 116, 0.5, "it looks inverted" if width == 116 else "", map_)
        return Prediction(probability, decision, threshold, operating_point, unsure, decision, map_, VERSION, gate)


def picture(width: int = 80, height: int = 70, low: int = 0, high: int = 200) -> Image.Image:
    return Image.fromarray(np.tile(np.linspace(low, high, width), (height, 1)).astype(np.uint8))


def save(path: Path, image: Image.Image | None = None, format_: str = "PNG") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    (image or picture()).save(path, format_)
    return path


def rows_of(output: Path) -> list[dict[str, str]]:
    with output.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def run(*arguments: str | Path, predictor: Scorer | None = None, error: Exception | None = None) -> int:
    def load(_: Path) -> tuple[Scorer, str]:
        if error:
            raise error
        return predictor or FakePredictor(), VERSION

    return main(["score", *map(str, arguments)], load=load)


@pytest.fixture(autouse=True)
def _logging_as_before() -> object:
    logger = logging.getLogger("model")
    level = logger.level
    yield
    logger.setLevel(level)
    TRACES.setLevel(logging.CRITICAL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two radiographs, a blank one, a tiny one, two frames, a text file and hidden ones."""
    root = tmp_path / "scans"
    save(root / "b.png", picture(low=120, high=230))
    save(root / "deeper" / "a", format_="JPEG")
    save(root / "blank.png", Image.new("L", (80, 80)))
    save(root / "tiny.png", picture(30, 30))
    picture().save(root / "pages.tif", "TIFF", save_all=True, append_images=[picture()])
    (root / "notes.txt").write_text("hello")
    (root / "empty.dcm").write_bytes(b"")
    save(root / ".hidden.png")
    save(root / ".cache" / "c.png")
    return root


def test_a_folder_gives_one_row_a_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    output = tmp_path / "out.csv"
    assert run(folder, "--output", output) == 0
    rows = rows_of(output)
    assert output.read_text().splitlines()[0] == ",".join(COLUMNS)
    assert COLUMNS[:7] == ("path", "status", "probability", "decision", "threshold", "reason", "model_version")
    assert COLUMNS[7:] == ("operating_point", "indeterminate", "warnings")
    assert {Path(row["path"]).relative_to(folder).as_posix(): row["status"] for row in rows} == {
        **{"b.png": "ok", "blank.png": "rejected", "deeper/a": "ok", "empty.dcm": "error"},
        **{"notes.txt": "error", "pages.tif": "rejected", "tiny.png": "rejected"},
    }
    assert (rows[0]["probability"], rows[0]["decision"], rows[0]["threshold"]) == ("0.684363", "Pneumonia", "0.500000")
    assert (rows[2]["decision"], {row["model_version"] for row in rows}) == ("Normal", {VERSION})
    for row in rows:
        assert (row["status"] == "ok") == (row["reason"] == "")
        assert (
            row["status"] == "ok" or row["probability"] == row["decision"] == row["threshold"] == row["warnings"] == ""
        )
    assert "text file" in rows[4]["reason"]
    printed = capsys.readouterr()
    assert (printed.out, "7/7" in printed.err) == ("", True)
    assert "7 files: 2 ok, 3 rejected, 2 error" in caplog.text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "scans"]


def test_files_given_twice_are_scored_once_and_sorted(folder: Path, tmp_path: Path) -> None:
    predictor, output, scan = FakePredictor(), tmp_path / "o.csv", folder / "b.png"
    again = (folder / "deeper" / ".." / "b.png", folder / "deeper")
    assert run(folder, scan, *again, "--output", output, predictor=predictor) == 0
    paths = [row["path"] for row in rows_of(output)]
    assert (len(paths), predictor.calls) == (7, 2)
    assert paths == sorted(paths)


def test_links_are_followed_to_files_and_not_to_folders(folder: Path, tmp_path: Path) -> None:
    (folder / "link.png").symlink_to(folder / "b.png")
    (folder / "broken.png").symlink_to(folder / "gone.png")
    (folder / "loop").symlink_to(folder)
    (folder / "a link met first.png").symlink_to(folder / "b.png")
    found = [candidate.path.name for candidate in find_candidates([folder], output=tmp_path / "o.csv")]
    assert (len(found), "b.png" in found) == (7, True)


@pytest.mark.parametrize("traced", [False, True])
def test_one_bad_file_never_stops_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture, traced: bool) -> None:
    for width in (111, 120):
        save(tmp_path / "in" / f"{width}.png", picture(width))
    output = tmp_path / "out.csv"
    assert run(tmp_path / "in", "--output", output, *["--verbose"] * traced) == 0
    rows = rows_of(output)
    assert [row["status"] for row in rows] == ["error", "ok"]
    assert "unexpected failure" in rows[0]["reason"]
    assert "File 1 was not scored: unexpected KeyError" in caplog.text
    assert ("Traceback" in caplog.text) is traced
    # Neither what an exception quotes nor the name of a file, which can be a patient's, is logged.
    assert traced or not any(secret in caplog.text for secret in ("Secret", "111.png"))


def test_operating_point_decides_and_stands_in_the_row(tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", picture(high=160))  # probability 0.31
    save(tmp_path / "in" / "b.png", picture(width=116))
    found = {}
    for name in ("rule-out", "balanced", "rule-in"):
        assert run(tmp_path / "in", "--output", tmp_path / "out.csv", "--operating-point", name) == 0
        row, refused = rows_of(tmp_path / "out.csv")
        found[name] = (row["decision"], row["threshold"], row["operating_point"], row["indeterminate"])
        assert refused["operating_point"] == refused["indeterminate"] == ""
    assert found == {
        "rule-out": ("Pneumonia", "0.250000", "rule_out", "yes"),
        "balanced": ("Normal", "0.500000", "balanced", "yes"),
        "rule-in": ("Normal", "0.750000", "rule_in", "yes"),
    }
    assert run(tmp_path / "in", "--output", tmp_path / "out.csv", "--operating-point", "surest") == 2


def test_names_with_formulas_commas_line_breaks_and_odd_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("=1+1.png", '-a,"b".png', "@c\n.png", "röntgen.png"):
        save(tmp_path / name)
    (tmp_path / os.fsdecode(b"odd\xff.png")).write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert run(".", "--output", "o.csv") == 0
    rows = rows_of(Path("o.csv"))
    names = {"'=1+1.png", '\'-a,"b".png', "'@c\n.png", "röntgen.png", "odd\\xff.png"}
    assert {row["path"] for row in rows} == names
    assert all(row["reason"].startswith("Cannot") for row in rows if row["status"] != "ok")


def test_heatmaps_keep_the_folders_and_never_collide(tmp_path: Path) -> None:
    root, other, maps = tmp_path / "in", tmp_path / "other", tmp_path / "maps" / "new"
    save(root / "x" / "s.png", picture(90, 75))
    save(root / "y" / "s.png")
    save(root / "y" / "s.jpg", format_="JPEG")
    (root / "bad.png").write_text("no")
    save(other / "y" / "s.png")
    assert run(root, "--output", tmp_path / "o.csv", "--heatmaps", maps) == 0
    written = sorted(path.relative_to(maps).as_posix() for path in maps.rglob("*.png"))
    assert written == ["x/s.png.overlay.png", "y/s.jpg.overlay.png", "y/s.png.overlay.png"]
    with Image.open(maps / "x" / "s.png.overlay.png") as overlay:
        assert (overlay.size, overlay.mode, overlay.format) == ((90, 75), "RGB", "PNG")
    candidates = find_candidates([root, other, root / "x" / "s.png"], output=tmp_path / "o.csv", heatmaps=maps)
    names = {candidate.heatmap.as_posix() for candidate in candidates}
    assert names >= {"in/y/s.png.overlay.png", "other/y/s.png.overlay.png"}
    given = [save(tmp_path / folder / name) for folder in "abc" for name in ("s.png", "S.png")]
    candidates = find_candidates(given, output=tmp_path / "o.csv")
    names = {candidate.heatmap.as_posix().casefold() for candidate in candidates}
    assert (len(names), "s.png-2.overlay.png" in names) == (6, True)


def test_a_heatmap_that_cannot_be_written_is_named_and_leaves_the_score(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, maps = save(tmp_path / "s.png"), tmp_path / "maps"
    (maps / "s.png.overlay.png").mkdir(parents=True)
    assert run(path, "--output", tmp_path / "o.csv", "--heatmaps", maps) == 1
    assert rows_of(tmp_path / "o.csv")[0]["status"] == "ok"
    assert "s.png: the heatmap could not be written" in caplog.text


def test_a_name_as_long_as_a_file_system_allows_has_a_heatmap(tmp_path: Path) -> None:
    names = [letter + 118 * "ü" + ".png" + 13 * ending for letter in "ab" for ending in ("x", "y")]
    assert {len(name.encode()) for name in names} == {254}
    folder, maps = tmp_path / "scans", tmp_path / "maps"
    for name in names:
        save(folder / name)
    assert run(folder, "--output", tmp_path / "o.csv", "--heatmaps", maps) == 0
    assert len(list(maps.glob("*.overlay.png"))) == 4


def test_warnings_go_into_row_and_heatmap_also_of_a_refused_file(tmp_path: Path) -> None:
    adult = {"PatientAge": "062Y", "BodyPartExamined": "HAND"}
    for name, width in (("a.dcm", 80), ("b.dcm", 116)):
        (tmp_path / name).write_bytes(dicom_file(np.asarray(picture(width)), **adult))
    maps = tmp_path / "maps"
    assert run(tmp_path / "a.dcm", tmp_path / "b.dcm", "--output", tmp_path / "o.csv", "--heatmaps", maps) == 0
    scored, refused = rows_of(tmp_path / "o.csv")
    assert (scored["status"], refused["status"]) == ("ok", "rejected")
    assert "62" in scored["warnings"]
    assert scored["warnings"] == refused["warnings"]
    with Image.open(maps / "a.dcm.overlay.png") as heatmap:
        assert "62" in str(heatmap.info["Warning"])


def test_the_files_of_an_archive_have_a_row_each(tmp_path: Path) -> None:
    archive = tmp_path / "scans.zip"
    with zipfile.ZipFile(archive, "w") as held:
        for name in ("one/a.png", "two/a.png"):
            held.write(save(tmp_path / "pixels.png"), name)
        held.writestr("inner.zip", b"PK\3\4")
        held.writestr("DICOMDIR", b"an index")
    maps = tmp_path / "maps"
    assert run(archive, "--output", tmp_path / "o.csv", "--heatmaps", maps) == 0
    rows = rows_of(tmp_path / "o.csv")
    assert [row["path"].removeprefix(f"{archive}/") for row in rows] == ["one/a.png", "two/a.png", "inner.zip"]
    assert [row["status"] for row in rows] == ["ok", "ok", "error"]
    assert len(list((maps / "scans.zip").rglob("a.png.overlay.png"))) == 2
    archive.write_bytes(archive.read_bytes()[:50])
    assert run(archive, "--output", tmp_path / "o.csv") == 0
    assert "damaged or cut short" in rows_of(tmp_path / "o.csv")[0]["reason"]


def test_of_a_disc_the_images_that_its_index_lists_are_scored_once(tmp_path: Path) -> None:
    disc, index = tmp_path / "disc", dataset_of(np.zeros((1, 1), np.uint8), ExplicitVRLittleEndian)
    index.DirectoryRecordSequence = [Dataset() for _ in range(4)]
    with quiet_decoders():  # pydicom warns of a place outside the disc, and writes it
        for number, record in enumerate(index.DirectoryRecordSequence):
            record.DirectoryRecordType = "PATIENT" if number == 0 else "IMAGE"
            record.ReferencedFileID = ["..", "OUTSIDE"] if number == 3 else ["IMAGES", f"IM{number}"]
    for number in (1, 2):
        save(disc / "IMAGES" / f"IM{number}")
    save(tmp_path / "OUTSIDE")
    with quiet_decoders():  # pydicom warns of a place outside the disc, and writes it
        (disc / "DICOMDIR").write_bytes(written(index))
    save(disc / "not listed.png")
    output = tmp_path / "o.csv"
    for given, expected in (([disc / "DICOMDIR"], 2), ([disc], 3), ([disc / "DICOMDIR", disc], 3)):
        assert run(*given, "--output", output) == 0
        assert [row["status"] for row in rows_of(output)] == ["ok"] * expected
    (disc / "DICOMDIR").write_bytes(b"no index")
    assert run(disc / "DICOMDIR", "--output", output) == 2


def test_results_in_the_scored_folder_are_not_scored(folder: Path) -> None:
    output, maps = folder / "o.csv", folder / "maps"
    for _ in range(2):
        assert run(folder, "--output", output, "--heatmaps", maps) == 0
        assert len(rows_of(output)) == 7


def test_an_output_that_exists_is_replaced_and_left_alone_on_failure(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    output.write_text("path,old\n")
    for step, error, status in (("guarded", OSError(28, "full"), 1), ("judge", KeyboardInterrupt, 130)):
        with patch.object(score_files, step, side_effect=error):
            assert run(folder, "--output", output) == status
        assert output.read_text() == "path,old\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "out.partial.csv", "scans"]
    assert run(folder, "--output", output) == 0
    assert len(rows_of(output)) == 7


def test_the_rows_so_far_are_kept_when_it_is_stopped(folder: Path, tmp_path: Path) -> None:
    calls = iter(range(9))

    def stopped_at_the_third(*arguments: Any, **options: Any) -> Any:
        if next(calls) == 2:
            signal.raise_signal(signal.SIGTERM)  # becomes a KeyboardInterrupt, as Ctrl-C does
        return judge(*arguments, **options)

    before = signal.getsignal(signal.SIGTERM)
    with patch.object(score_files, "judge", stopped_at_the_third):
        assert run(folder, "--output", tmp_path / "out.csv") == 130
    assert signal.getsignal(signal.SIGTERM) == before
    kept = rows_of(tmp_path / "out.partial.csv")
    assert run(folder, "--output", tmp_path / "out.csv") == 0
    assert kept == rows_of(tmp_path / "out.csv")[:2]


def test_wrong_arguments_end_with_2_before_the_model_is_loaded(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    empty, maps = tmp_path / "empty", tmp_path / "maps"
    empty.mkdir()
    os.mkfifo(tmp_path / "pipe")
    out, scan = tmp_path / "out.csv", folder / "b.png"
    (tmp_path / "file").write_text("")
    for arguments, said in (
        ([tmp_path / "missing.png", "--output", out], "does not exist"),
        ([empty, "--output", out], "No file to score"),
        ([tmp_path / "pipe", "--output", out], "neither a regular file"),
        ([folder, "--output", tmp_path / "no" / "out.csv"], "does not exist"),
        ([folder, "--output", tmp_path], "not a regular file"),
        ([folder, "--output", scan], "is a PNG image"),
        ([folder / "notes.txt", "--output", folder / "notes.txt"], "written over"),
        ([folder, "--output", out, "--heatmaps", folder], "or beside"),
        ([scan, "--output", out, "--heatmaps", folder], "or beside"),
        ([folder, "--output", out, "--heatmaps", tmp_path / "file" / "maps"], "cannot be made"),
    ):
        caplog.clear()
        assert run(*arguments, error=AssertionError("the model was loaded")) == 2
        assert said in caplog.text
    assert not out.exists()
    assert not maps.exists()


def test_arguments_that_cannot_be_parsed_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, status in (([], 2), (["score"], 2), (["score", "a.png"], 2), (["score", "--help"], 0)):
        assert main(arguments) == status
    assert "exit status:" in capsys.readouterr().out
    code = "import sys, model.__main__; assert not {'tensorflow', 'keras', 'pandas', 'streamlit'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_a_broken_model_ends_with_1_and_writes_nothing(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    error, output = ArtifactError("It is broken."), tmp_path / "o.csv"
    for broken in ({"error": error}, {"predictor": FakePredictor(error)}):
        caplog.clear()
        assert run(folder, "--output", output, **broken) == 1
        assert "It is broken" in caplog.text
    assert not output.exists()


def test_what_libraries_write_to_stderr_is_shown_only_after_a_failure(capfd: pytest.CaptureFixture[str]) -> None:
    with held_back_stderr(sys.stderr):
        os.write(2, b"I0000 oneDNN custom operations are on\n")
    assert capfd.readouterr().err == ""

    with pytest.raises(ImportError), held_back_stderr(sys.stderr):  # noqa: PT012
        os.write(2, b"why it failed\n")
        raise ImportError
    assert capfd.readouterr().err == "why it failed\n"


def test_a_folder_that_cannot_be_listed_is_said(folder: Path, tmp_path: Path) -> None:
    denied = PermissionError(13, "Permission denied", str(folder))
    with patch("os.scandir", side_effect=denied), pytest.raises(RequestError, match="listed: Permission denied"):
        find_candidates([folder], output=tmp_path / "o.csv")


def test_a_subfolder_that_cannot_be_listed_has_a_row(folder: Path, tmp_path: Path) -> None:
    real = os.scandir

    def denied(path: str) -> Any:
        if Path(path).name == "deeper":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    with patch("os.scandir", denied):
        assert run(folder, "--output", tmp_path / "o.csv") == 0
    rows = rows_of(tmp_path / "o.csv")
    assert len(rows) == 7
    (row,) = [row for row in rows if row["path"].endswith("deeper")]
    assert (row["status"], "cannot be listed" in row["reason"]) == ("error", True)


def test_what_the_gate_refuses_is_rejected_unless_asked_for(tmp_path: Path) -> None:
    path, output = save(tmp_path / "s.png", picture(116)), tmp_path / "o.csv"
    assert run(path, "--output", output) == 0
    (rejected,) = rows_of(output)
    assert (rejected["status"], rejected["probability"], rejected["decision"]) == ("rejected", "", "")
    assert "it looks inverted" in rejected["reason"]
    assert run(path, "--output", output, "--anyway") == 0
    (scored,) = rows_of(output)
    assert (scored["status"], scored["decision"]) == ("ok", "Normal")
    assert "although it looks inverted" in scored["reason"]
    assert "it looks inverted" in scored["warnings"]
