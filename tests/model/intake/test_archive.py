"""Files and archives from strangers: what can be read is, what cannot is said, and no bomb goes off."""

from __future__ import annotations

import io
import logging
import re
import stat
import struct
import tracemalloc
import warnings
import zipfile
from unittest.mock import Mock

import numpy as np
import pytest

from model.intake import names
from model.intake.archive import is_zip, take
from model.intake.limits import LIMITS, MIB, ArchiveError, Intake, Limits, NamedFile
from tests.app.driving import png

PICTURE = png(pneumonia=False, size=(64, 64))
SMALL = Limits(files=5, entries=10, file_bytes=64 * 1024, total_bytes=150 * 1024, ratio=20)


def packed(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of a name that is there already
        for name, data in entries:
            info = zipfile.ZipInfo("placeholder")
            info.filename = info.orig_filename = name
            info.compress_type = method
            archive.writestr(info, data, compress_type=method)
    return file.getvalue()


def named(*contents: bytes) -> list[tuple[str, bytes]]:
    """Contents under the names "0", "1" and so on."""
    return [(str(number), content) for number, content in enumerate(contents)]


def noise(size: int) -> bytes:
    return np.random.default_rng(size).bytes(size)


def take_all(*contents: bytes, limits: Limits = LIMITS) -> Intake:
    """Take uploads whose names do not say which of them are archives."""
    return take([NamedFile(name, content) for name, content in named(*contents)], limits)


def outcome(*contents: bytes, limits: Limits = LIMITS) -> tuple[list[str], dict[str, str]]:
    """Names of what is taken of them, and why the others are not, by name."""
    intake = take_all(*contents, limits=limits)
    return [file.name for file in intake.files], {one.name: one.reason for one in intake.refused}


def patched(data: bytes, offset: int, format_: str, value: int, *, entry: int = 0) -> bytes:
    """The archive with a field of the nth entry in the table of contents changed."""
    changed = bytearray(data)
    place = [found.start() for found in re.finditer(b"PK\x01\x02", data)][entry]
    struct.pack_into(format_, changed, place + offset, value)
    return bytes(changed)


def test_files_and_entries_are_taken_in_their_order_and_numbered_where_names_are_equal() -> None:
    one, two = PICTURE, png(pneumonia=True, size=(64, 64))
    first = packed(("x", two), ("child/y", two), ("empty", b""))
    second = packed(("x", one), ("inner.zip", first))
    given = [("x", one), ("x (2)", two), ("1.zip", first), ("z", two), ("2.zip", second), ("x", two)]
    taken = take([NamedFile(name, data) for name, data in given])
    expected = {"x": one, "x (2)": two, "x (3)": two, "child/y": two, "z": two, "x (4)": one, "x (5)": two}
    assert [(file.name, file.data) for file in taken.files] == [*expected.items()]
    assert ([one.name for one in taken.refused], taken.ignored) == (["inner.zip"], ("empty",))


def test_a_damaged_archive_or_a_bomb_among_files_is_refused_beside_them() -> None:
    taken, refused = outcome(PICTURE, packed(("x", PICTURE))[:60], packed(("bomb", bytes(12 * MIB))))
    assert (taken, [*refused]) == (["0"], ["1", "2"])


def test_nothing_and_an_empty_archive_are_an_empty_list() -> None:
    assert take([]) == take_all(packed()) == Intake(())


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_stored_and_packed_entries_are_read(method: int) -> None:
    data = packed(("a/b.png", PICTURE), method=method)
    for one in (data, patched(data, 38, "<I", (stat.S_IFREG | 0o600) << 16)):
        assert take_all(one) == Intake((NamedFile("a/b.png", PICTURE),))


def test_a_dicom_file_whose_preamble_looks_like_an_archive_is_a_file() -> None:
    data = b"PK\x03\x04".ljust(128, b"\0") + b"DICM" + bytes(100)
    assert not is_zip(data)
    assert len(take_all(data).files) == 1


def test_names_stay_out_of_what_is_printed() -> None:
    taken = take([NamedFile("Doe^Jane.png", PICTURE), NamedFile("Doe^John.zip", packed(("x", b"y")))])
    assert "Doe" not in repr(taken)


def test_clutter_folders_and_empty_entries_are_ignored_and_reported() -> None:
    clutter = ["__MACOSX/._a.png", ".DS_Store", "deep/Thumbs.db", "._b.png", "DICOMDIR", "desktop.ini"]
    data = packed(("folder/", b""), ("empty.png", b""), *((name, b"x") for name in clutter), ("a.png", PICTURE))
    taken = take([*(NamedFile(name, b"x") for name in clutter), NamedFile("a.zip", data)])
    assert taken == Intake((NamedFile("a.png", PICTURE),), (), (*clutter, "folder/", "empty.png", *clutter))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *((name, "absolute") for name in ("/etc/passwd", "C:/scan.png", "c:scan.png")),
        *((name, "outside") for name in ("../scan.png", "a/../../scan.png", "./scan.png", "a//scan.png")),
        *((name, "backslash") for name in ("a\\scan.png", "\\\\server\\scan.png")),
        *((name, "invisible") for name in ("scan\x07.png", "scan.png\x00.exe", "scan\u202egnp.exe")),
        ("a" * 1025, "1,024"),
    ],
)
def test_tricks_with_paths_are_refused_and_the_others_read(name: str, said: str) -> None:
    taken, refused = outcome(packed((name, PICTURE), ("good.png", PICTURE)))
    ((shown, reason),) = refused.items()
    assert (taken, said in reason) == (["good.png"], True)
    assert len(shown) <= names.LONGEST_SHOWN
    assert shown.isprintable()


def test_ordinary_names_of_any_language_are_taken() -> None:
    for name in ("Größe/скан 1.png", "胸片.dcm", "Screen 10.41\u202fAM.png", "ab:c.png", "..scan", "scan.."):
        assert names.problem(name) == ""


@pytest.mark.parametrize(("first", "second"), [("a.png", "a.png"), ("é.png", "e\u0301.png")])
def test_entries_of_one_name_are_all_refused(first: str, second: str) -> None:
    taken = take_all(packed((first, PICTURE), (second, PICTURE), ("b.png", PICTURE)))
    assert [file.name for file in taken.files] == ["b.png"]
    assert ["several entries" in one.reason for one in taken.refused] == [True, True]


TWO = packed(("a.png", PICTURE), ("b.png", PICTURE))
TAR = bytes(257) + b"ustar\x0000"
INNER = (packed(("x", PICTURE)), b"Rar!\x1a\x07\x00", b"7z\xbc\xaf\x27\x1c", TAR, b"BZh91AY")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (patched(TWO, 38, "<I", (stat.S_IFLNK | 0o777) << 16), "a link"),
        *((patched(TWO, 38, "<I", (kind | 0o777) << 16), "a device") for kind in (stat.S_IFIFO, stat.S_IFCHR)),
        *((patched(TWO, 8, "<H", flag), "encrypted") for flag in (0x1, 0x41, 0x2000)),
        *((patched(TWO, 10, "<H", method), '"deflate"') for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 77)),
        (patched(TWO, 24, "<I", len(PICTURE) + 5), "declares"),
        (TWO[:200] + bytes([TWO[200] ^ 0xFF]) + TWO[201:], "cut short"),
        *((packed(("a.png", inner), ("b.png", PICTURE)), "an archive itself") for inner in INNER),
    ],
)
def test_an_entry_that_cannot_be_taken_does_not_cost_the_others(given: bytes, said: str) -> None:
    taken, refused = outcome(given)
    assert (taken, [*refused]) == (["b.png"], ["a.png"])
    assert said in refused["a.png"]


def test_an_unexpected_error_of_one_entry_is_logged_without_its_text(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    data = packed(("Doe^Jane.png", PICTURE))
    monkeypatch.setattr(zipfile.ZipFile, "open", Mock(side_effect=OSError("Doe^Jane.png")))
    taken, refused = outcome(data)
    assert (taken, "damaged" in refused["Doe^Jane.png"]) == ([], True)
    assert ("OSError" in caplog.text, "Jane" in caplog.text) == (True, False)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([b"x"] * 6, r"^6 files.* limit is 5 "),
        ([packed(*named(*[b"x"] * 6))], "^6 files"),
        ([packed(*named(*[b"x"] * 3))] * 2, "^6 files"),
        ([packed(*((f"{index}/", b"") for index in range(11)))], "more than 10 entries"),
        ([bytes(60_000)] * 3, "MiB together"),
        ([packed(*named(noise(60_000), noise(60_001), noise(60_002)))], "MiB together"),
        ([packed(*named(noise(60_000), noise(60_001))), noise(60_002)], "MiB together"),
    ],
)
def test_limits_hold_for_files_and_archives_together(given: list[bytes], said: str) -> None:
    with pytest.raises(ArchiveError, match=said):
        take_all(*given, limits=SMALL)


def test_as_many_files_and_entries_as_the_limits_say_are_taken() -> None:
    data = packed(*named(*[b"x"] * 5), *((f"{index}/", b"") for index in range(5)))
    taken = take([NamedFile("Thumbs.db", b"x"), NamedFile("a", data)], SMALL)
    assert (len(taken.files), len(taken.ignored)) == (5, 6)


@pytest.mark.parametrize("given", [[PICTURE, bytes(70_000)], [packed(*named(PICTURE, noise(70_000)))]])
def test_a_large_file_is_refused_beside_the_others(given: list[bytes]) -> None:
    taken, refused = outcome(*given, limits=SMALL)
    assert (taken, [*refused]) == (["0"], ["1"])
    assert "limit is 0.1" in refused["1"]


def test_a_table_of_contents_of_millions_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = Mock()
    data = packed(("a", b"x"))
    monkeypatch.setattr(zipfile.ZipFile, "_RealGetContents", parse)
    with pytest.raises(ArchiveError, match="more than 2,000"):
        take_all(data + b"PK\x01\x02" * 8_001)
    parse.assert_not_called()


def test_ratios_are_held_against_the_limit() -> None:
    bomb = bytes(12 * MIB)
    with pytest.raises(ArchiveError, match=r"times its size.* 100 times"):
        take_all(packed(("bomb", bomb)))
    # Beside incompressible files the archive as a whole looks harmless; the entry does not.
    taken, refused = outcome(packed(("bomb", bomb), ("steady", noise(200_000))))
    assert (taken, "times its size" in refused["bomb"]) == (["steady"], True)
    assert len(take_all(packed(("blank.tif", bytes(4 * MIB)))).files) == 1, "A small blank picture is no bomb."


def test_an_entry_that_holds_more_than_it_declares_is_never_unpacked_whole() -> None:
    data = patched(packed(("bomb", bytes(64 * MIB)), ("a.png", PICTURE)), 24, "<I", 1000)
    tracemalloc.start()
    taken, refused = outcome(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MIB
    assert (taken, "damaged" in refused["bomb"]) == (["a.png"], True)


def test_entries_that_share_their_bytes_are_bounded_by_what_they_declare() -> None:
    # The quine of overlapping entries: every one points at the first one's bytes.
    data = packed(*named(*[noise(40_000)] * 5))
    for index in range(1, 5):
        data = patched(data, 42, "<I", 0, entry=index)
    with pytest.raises(ArchiveError, match="MiB together"):
        take_all(data, limits=SMALL)
    taken, refused = outcome(data)
    assert len(taken) <= 1
    assert len(refused) >= 4


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_an_archive_that_is_cut_short_is_refused(share: float) -> None:
    with pytest.raises(ArchiveError, match="cut short"):
        take_all(TWO[: int(len(TWO) * share)])


@pytest.mark.parametrize("seed", range(4))
def test_random_damage_gives_files_or_an_archive_error(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    random = np.random.default_rng(seed)
    whole = packed(("a.png", PICTURE), ("folder/", b""), ("b.png", noise(300)), ("ä.png", b"text"))
    directory = whole.index(b"PK\x01\x02")
    outcomes = set()
    for _ in range(400):
        data = bytearray(whole)
        places = random.integers(directory if random.random() < 0.7 else 0, len(data), random.integers(1, 6))
        for place in places:
            data[place] = random.integers(256)
        if random.random() < 0.2:
            del data[int(random.integers(len(data))) :]
        try:
            outcomes.add(bool(take_all(bytes(data)).refused))
        except ArchiveError as error:
            outcomes.add(str(error)[:20])
    assert {True, False} <= outcomes
    assert len(outcomes) > 2
