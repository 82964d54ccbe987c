"""Files and archives from strangers: what can be read is, what cannot is said, and no bomb goes off."""

from __future__ import annotations

import io
import logging
import stat
import struct
import tracemalloc
import warnings
import zipfile
from typing import Any

import numpy as np
import pytest

from app.intake import names
from app.intake.archive import is_zip, take
from app.intake.limits import LIMITS, MIB, ArchiveError, Intake, Limits, NamedFile
from tests.app.driving import png

PICTURE = png(pneumonia=False, size=(64, 64))
SMALL = Limits(files=5, entries=10, file_bytes=64 * 1024, total_bytes=150 * 1024, ratio=20)


def packed(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, **changes: Any) -> bytes:
    """A ZIP archive; `changes` are attributes of every entry."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of a name that is there already
        for name, data in entries:
            info = zipfile.ZipInfo("placeholder")
            info.filename = info.orig_filename = name
            info.compress_type = method
            for attribute, value in changes.items():
                setattr(info, attribute, value)
            archive.writestr(info, data, compress_type=method)
    return file.getvalue()


def unpack(data: bytes, limits: Limits = LIMITS) -> Intake:
    return take([NamedFile("made.zip", data)], limits)


def only_refusal(intake: Intake) -> str:
    assert intake.files == ()
    (refused,) = intake.refused
    return refused.reason


def patched(data: bytes, offset: int, format_: str, value: int, *, entry: int = 0) -> bytes:
    """The archive with a field of the nth entry in the table of contents changed."""
    changed = bytearray(data)
    place = -1
    for _ in range(entry + 1):
        place = data.index(b"PK\x01\x02", place + 1)
    struct.pack_into(format_, changed, place + offset, value)
    return bytes(changed)


# ------------------------------------------------------------------------------------------------------ files


def test_files_are_taken_in_their_order_and_numbered_where_names_are_equal() -> None:
    one, two = png(pneumonia=True, size=(64, 64)), PICTURE
    taken = take([NamedFile("IM1", one), NamedFile("IM1 (2)", two), NamedFile("IM1", two), NamedFile("b", one)])
    assert [file.name for file in taken.files] == ["IM1", "IM1 (2)", "IM1 (3)", "b"]
    assert [file.data for file in taken.files] == [one, two, two, one]
    assert taken.refused == taken.ignored == ()


def test_too_many_files_and_too_many_bytes_are_refused() -> None:
    with pytest.raises(ArchiveError, match=r"6 files were given, and at most 5"):
        take([NamedFile(str(index), b"x") for index in range(6)], SMALL)
    with pytest.raises(ArchiveError, match="MiB together"):
        take([NamedFile(str(index), bytes(60_000)) for index in range(3)], SMALL)


def test_a_large_file_is_refused_beside_the_others() -> None:
    taken = take([NamedFile("a", PICTURE), NamedFile("b", bytes(70_000))], SMALL)
    assert [file.name for file in taken.files] == ["a"]
    assert [one.name for one in taken.refused] == ["b"]
    assert "at most 0.1 are taken" in taken.refused[0].reason


def test_archives_and_files_together_are_all_taken_in_their_order() -> None:
    first = packed(("x", PICTURE), ("child/y", PICTURE), ("empty", b""))
    second = packed(("x", PICTURE), ("inner.zip", first))
    given = [NamedFile("x", PICTURE), NamedFile("1.zip", first), NamedFile("z", PICTURE), NamedFile("2.zip", second)]
    taken = take(given)
    assert [file.name for file in taken.files] == ["x", "x (2)", "child/y", "z", "x (3)"]
    assert [one.name for one in taken.refused] == ["inner.zip"]
    assert taken.ignored == ("empty",)


def test_a_damaged_archive_or_a_bomb_among_files_is_refused_beside_them() -> None:
    damaged = packed(("x", PICTURE))[:60]
    bomb = packed(("bomb", bytes(12 * MIB)))
    taken = take([NamedFile("a", PICTURE), NamedFile("b.zip", damaged), NamedFile("c.zip", bomb)])
    assert [file.name for file in taken.files] == ["a"]
    assert [one.name for one in taken.refused] == ["b.zip", "c.zip"]


def test_limits_hold_for_files_and_archives_together() -> None:
    three = packed(*((str(index), b"x") for index in range(3)))
    with pytest.raises(ArchiveError, match="6 files were given"):
        take([NamedFile("1", three), NamedFile("2", three)], SMALL)
    large = packed(("a", noise(60_000)), ("b", noise(60_001)))
    with pytest.raises(ArchiveError, match="MiB together"):
        take([NamedFile("1", large), NamedFile("2", noise(60_002))], SMALL)


def test_the_clutter_of_a_dropped_folder_is_ignored() -> None:
    clutter = [NamedFile(name, b"x") for name in ("scans/.DS_Store", "Thumbs.db")]
    taken = take([*clutter, *(NamedFile(str(index), PICTURE) for index in range(5))], SMALL)
    assert len(taken.files) == 5
    assert taken.ignored == ("scans/.DS_Store", "Thumbs.db")


def test_no_file_at_all() -> None:
    assert take([]) == Intake(())


def test_one_archive_is_unpacked_whatever_it_is_called() -> None:
    data = packed(("child/a.png", PICTURE), ("b", PICTURE))
    taken = take([NamedFile("scans.jpeg", data)])
    assert [(file.name, file.data) for file in taken.files] == [("child/a.png", PICTURE), ("b", PICTURE)]


def test_a_dicom_file_whose_preamble_looks_like_an_archive_is_a_file() -> None:
    data = b"PK\x03\x04".ljust(128, b"\0") + b"DICM" + bytes(100)
    assert not is_zip(data)
    assert len(take([NamedFile("a", data)]).files) == 1


def test_names_stay_out_of_what_is_printed() -> None:
    taken = take([NamedFile("Doe^Jane.png", PICTURE), NamedFile("Doe^John.zip", packed(("x", b"y")))])
    assert "Doe" not in repr(taken)


# --------------------------------------------------------------------------------------------------- archives


def test_clutter_folders_and_empty_entries_are_ignored_and_reported() -> None:
    clutter = ["__MACOSX/._a.png", ".DS_Store", "deep/Thumbs.db", "._b.png", "DICOMDIR", "desktop.ini"]
    data = packed(("folder/", b""), ("empty.png", b""), *((name, b"x") for name in clutter), ("a.png", PICTURE))
    taken = unpack(data)
    assert [file.name for file in taken.files] == ["a.png"]
    assert set(taken.ignored) == {"folder/", "empty.png", *clutter}
    assert taken.refused == ()


def test_an_empty_archive_is_an_empty_list() -> None:
    assert unpack(packed()) == Intake(())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/etc/passwd", "absolute"),
        ("C:/scan.png", "absolute"),
        ("c:scan.png", "absolute"),
        ("../scan.png", "outside"),
        ("a/../../scan.png", "outside"),
        ("./scan.png", "plain form"),
        ("a//scan.png", "plain form"),
        ("a\\scan.png", "backslash"),
        ("\\\\server\\scan.png", "backslash"),
        ("scan\x07.png", "invisible"),
        ("scan.png\x00.exe", "invisible"),
        ("scan\u202egnp.exe", "invisible"),
        ("a" * 1025, "longer than 1,024"),
    ],
)
def test_tricks_with_paths_are_refused_and_the_others_read(name: str, said: str) -> None:
    taken = unpack(packed((name, PICTURE), ("good.png", PICTURE)))
    assert [file.name for file in taken.files] == ["good.png"]
    (refused,) = taken.refused
    assert said in refused.reason
    assert len(refused.name) <= names.LONGEST_SHOWN
    assert all(character.isprintable() for character in refused.name)


def test_ordinary_names_of_any_language_are_taken() -> None:
    for name in ("Größe/скан 1.png", "胸片.dcm", "Screen 10.41\u202fAM.png", "ab:c.png", "..scan", "scan.."):
        assert names.problem(name) == ""


def test_links_and_devices_are_refused() -> None:
    for kind, said in ((stat.S_IFLNK, "a link"), (stat.S_IFIFO, "a device"), (stat.S_IFCHR, "a device")):
        assert said in only_refusal(unpack(packed(("a.png", b"/etc/passwd"), external_attr=(kind | 0o777) << 16)))
    assert unpack(packed(("a.png", PICTURE), external_attr=(stat.S_IFREG | 0o600) << 16)).files


@pytest.mark.parametrize("second", ["a.png", "e\u0301.png"])
def test_entries_of_one_name_are_all_refused(second: str) -> None:
    first = {"a.png": "a.png", "e\u0301.png": "é.png"}[second]
    taken = unpack(packed((first, PICTURE), (second, PICTURE), ("b.png", PICTURE)))
    assert [file.name for file in taken.files] == ["b.png"]
    assert len(taken.refused) == 2
    assert all("several entries" in one.reason for one in taken.refused)


def test_archives_inside_are_refused_by_their_content() -> None:
    inner = packed(("x", PICTURE))
    tar = bytes(257) + b"ustar\x0000"
    for content in (inner, b"\x1f\x8b\x08\x00", b"Rar!\x1a\x07\x00", b"7z\xbc\xaf\x27\x1c", tar, b"BZh91AY"):
        assert "an archive itself" in only_refusal(unpack(packed(("scan.png", content))))


@pytest.mark.parametrize("flag", [0x1, 0x41, 0x2000])
def test_encrypted_entries_are_refused(flag: int) -> None:
    data = packed(("a.png", PICTURE), ("b.png", PICTURE))
    taken = unpack(patched(data, 8, "<H", flag))
    assert [file.name for file in taken.files] == ["b.png"]
    assert "encrypted" in taken.refused[0].reason


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_limit_are_refused(method: int) -> None:
    assert 'other than "deflate"' in only_refusal(unpack(packed(("a.png", PICTURE), method=method)))
    unknown = patched(packed(("a.png", PICTURE)), 10, "<H", 77)
    assert 'other than "deflate"' in only_refusal(unpack(unknown))


def test_stored_entries_are_read() -> None:
    assert unpack(packed(("a.png", PICTURE), method=zipfile.ZIP_STORED)).files[0].data == PICTURE


# ------------------------------------------------------------------------------------------------------ bombs


def noise(size: int) -> bytes:
    return np.random.default_rng(size).bytes(size)


def test_too_many_files_or_entries_are_refused() -> None:
    with pytest.raises(ArchiveError, match="6 files were given"):
        unpack(packed(*((f"{index}.png", b"x") for index in range(6))), SMALL)
    with pytest.raises(ArchiveError, match="more than 10 entries"):
        unpack(packed(*((f"{index}/", b"") for index in range(11))), SMALL)
    taken = unpack(packed(*((f"{index}.png", b"x") for index in range(5)), *((f"{i}/", b"") for i in range(5))), SMALL)
    assert len(taken.files) == 5


def test_a_table_of_contents_of_millions_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_parsing(*_: Any) -> None:
        raise AssertionError("the table of contents was parsed")

    data = packed(("a", b"x"))
    monkeypatch.setattr(zipfile.ZipFile, "_RealGetContents", no_parsing)
    with pytest.raises(ArchiveError, match="more than 2,000 entries"):
        unpack(data + b"PK\x01\x02" * 8_001)


def test_declared_sizes_are_held_against_the_limits() -> None:
    large = unpack(packed(("large", noise(70_000)), ("a.png", PICTURE)), SMALL)
    assert [file.name for file in large.files] == ["a.png"]
    assert "at most 0.1 are taken" in large.refused[0].reason
    with pytest.raises(ArchiveError, match="MiB together"):
        unpack(packed(*((str(index), noise(60_000 + index)) for index in range(3))), SMALL)


def test_ratios_are_held_against_the_limit() -> None:
    bomb, steady = bytes(12 * MIB), noise(200_000)
    with pytest.raises(ArchiveError, match="times its size; at most 100"):
        unpack(packed(("bomb", bomb)))
    # Beside incompressible files the archive as a whole looks harmless; the entry does not.
    taken = unpack(packed(("bomb", bomb), ("steady", steady), method=zipfile.ZIP_DEFLATED))
    assert [file.name for file in taken.files] == ["steady"]
    assert "times its size" in taken.refused[0].reason


def test_a_small_blank_picture_is_no_bomb() -> None:
    assert len(unpack(packed(("blank.tif", bytes(4 * MIB)))).files) == 1


def test_an_entry_that_holds_more_than_it_declares_is_never_unpacked_whole() -> None:
    data = patched(packed(("bomb", bytes(64 * MIB)), ("a.png", PICTURE)), 24, "<I", 1000)
    tracemalloc.start()
    taken = unpack(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MIB
    assert [file.name for file in taken.files] == ["a.png"]
    assert "damaged" in taken.refused[0].reason


def test_an_entry_that_holds_less_than_it_declares_is_refused() -> None:
    data = patched(packed(("a.png", PICTURE)), 24, "<I", len(PICTURE) + 5)
    assert "the size that the archive declares" in only_refusal(unpack(data))


def test_entries_that_share_their_bytes_are_bounded_by_what_they_declare() -> None:
    # The quine of overlapping entries: every one points at the first one's bytes.
    data = packed(*((f"{index}", noise(40_000)) for index in range(5)))
    for index in range(1, 5):
        data = patched(data, 42, "<I", 0, entry=index)
    with pytest.raises(ArchiveError, match="MiB together"):
        unpack(data, SMALL)
    taken = unpack(data)
    assert len(taken.files) <= 1
    assert len(taken.refused) >= 4


# ----------------------------------------------------------------------------------------------------- damage


def test_an_archive_that_is_cut_short_is_refused() -> None:
    data = packed(("a.png", PICTURE), ("b.png", PICTURE))
    for share in (0.1, 0.5, 0.9, 0.99):
        with pytest.raises(ArchiveError, match="damaged or cut short"):
            unpack(data[: int(len(data) * share)])


def test_a_damaged_entry_does_not_cost_the_others() -> None:
    data = bytearray(packed(("a.png", noise(5000)), ("b.png", PICTURE)))
    data[1000] ^= 0xFF
    taken = unpack(bytes(data))
    assert [file.name for file in taken.files] == ["b.png"]
    assert taken.refused[0].reason == "Not read: it is damaged or cut short. Export it again."


def test_an_unexpected_error_of_one_entry_is_logged_without_its_text(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("Doe^Jane.png")

    data = packed(("Doe^Jane.png", PICTURE))
    monkeypatch.setattr(zipfile.ZipFile, "open", fail)
    assert "OSError" in only_refusal(unpack(data))
    assert "OSError" in caplog.text
    assert "Jane" not in caplog.text


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
            taken = take([NamedFile("x", bytes(data))])
            outcomes.add(bool(taken.refused))
        except ArchiveError as error:
            outcomes.add(str(error)[:20])
    assert {True, False} <= outcomes
    assert len(outcomes) > 2
