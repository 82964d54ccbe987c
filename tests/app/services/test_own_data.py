"""Which label an uploaded image gets, what is refused, and what the scored images amount to."""

from __future__ import annotations

from unittest import mock

import pytest

from app.intake.job import Snapshot
from app.services.own_data import MOST_CSV_BYTES, LabelledFiles, LabelsError, OwnList, labelled, mistakes
from model.intake.limits import ArchiveError, NamedFile
from model.result import Result
from tests.app.driving import zipped
from tests.app.services.predicted import MANIFEST, prediction


def archive(entries: dict[str, bytes], name: str = "scans.zip") -> NamedFile:
    return NamedFile(name, zipped(entries))


def table(*rows: str, head: str = "file,label") -> NamedFile:
    return NamedFile("labels.csv", "\n".join([head, *rows]).encode())


def told(*uploads: NamedFile) -> dict[str, int]:
    found = labelled(uploads)
    return {one.name: label for one, label in zip(found.files, found.labels, strict=True)}


def test_folders_say_the_label_in_any_case_and_depth() -> None:
    given = {"my/NORMAL/a.png": b"a", "my/Pneumonia/b.png": b"b", "normal/deep/c.png": b"c", "OPACITY/d.png": b"d"}
    assert told(archive(given)) == {
        "my/NORMAL/a.png": 0,
        "my/Pneumonia/b.png": 1,
        "normal/deep/c.png": 0,
        "OPACITY/d.png": 1,
    }


def test_the_nearest_folder_decides() -> None:
    assert told(archive({"pneumonia/normal/a.png": b"a"})) == {"pneumonia/normal/a.png": 0}


def test_what_lies_in_no_folder_is_left_out() -> None:
    found = labelled([archive({"NORMAL/a.png": b"a", "readme.txt": b"hello"})])
    assert (len(found.files), found.without_label) == (1, 1)


@pytest.mark.parametrize("head", ["file,label", "Label;File;site", "\ufefffile\tlabel"])
def test_a_csv_says_the_label(head: str) -> None:
    cells = {"file": "x/a.png", "label": "Opacity", "site": "here"}
    mark = next(one for one in ",;\t" if one in head)
    row = mark.join(cells[name.strip("\ufeff").lower()] for name in head.split(mark))
    given = [table(row, head=head), NamedFile("a.png", b"a"), NamedFile("b.png", b"b")]
    found = labelled(given)
    assert [one.name for one in found.files] == ["a.png"]
    assert found.labels == (1,)
    assert found.without_label == 1


def test_a_csv_lies_in_the_archive_or_beside_it() -> None:
    rows = table("a.png,normal", "two/b.png,PNEUMONIA")
    images = {"one/a.png": b"a", "two/b.png": b"b"}
    expected = {"one/a.png": 0, "two/b.png": 1}
    assert told(rows, archive(images)) == expected
    assert told(archive(images | {"labels.csv": rows.data})) == expected


def test_folders_of_the_csv_are_told_from_their_end() -> None:
    rows = table("NORMAL/1.png,normal", "./PNEUMONIA/1.png,pneumonia")
    images = {"mine/NORMAL/1.png": b"a", "mine/PNEUMONIA/1.png": b"b"}
    assert told(rows, archive(images)) == {"mine/NORMAL/1.png": 0, "mine/PNEUMONIA/1.png": 1}


def test_a_path_to_the_letter_comes_before_one_that_ends_like_it() -> None:
    images = {"a/1.png": b"a", "b/a/1.png": b"b"}
    assert told(table("a/1.png,normal", "b/a/1.png,pneumonia"), archive(images)) == {"a/1.png": 0, "b/a/1.png": 1}


def test_an_accent_may_be_written_in_two_ways() -> None:
    assert told(table("M\u00fcller.png,normal"), archive({"Mu\u0308ller.png": b"a"})) == {"Mu\u0308ller.png": 0}


def test_two_hundred_images_may_have_their_labels_among_them() -> None:
    images = {f"{number}.png": b"x" for number in range(200)}
    rows = table(*(f"{name},normal" for name in images))
    assert len(told(archive(images | {"labels.csv": rows.data}))) == 200


REFUSED = {
    "two rows, one file": (
        [table("x/a.png,normal", "y/a.png,pneumonia"), NamedFile("a.png", b"a")],
        "Several rows of the CSV file",
    ),
    "two archives": (
        [archive({"a.png": b"a"}, "NORMAL.zip"), archive({"b.png": b"b"}, "PNEUMONIA.zip")],
        "None of the 2 files has a label",
    ),
    "no labels": ([NamedFile("a.png", b"a")], "None of the 1 files has a label"),
    "unknown folder": ([archive({"NORMAL/a.png": b"a", "covid/b.png": b"b"})], "“covid”"),
    "unknown word": ([table("a.png,sick"), NamedFile("a.png", b"a")], "unknown label: “sick”. Expected one of normal"),
    "missing file": (
        [table("a.png,normal", "b.png,normal"), NamedFile("a.png", b"a")],
        "names 1 files that were not given: “b.png”",
    ),
    "ambiguous": ([table("a.png,normal"), archive({"x/a.png": b"a", "y/a.png": b"b"})], "Several files"),
    "both labels": ([table("a.png,normal", "a.png,pneumonia"), NamedFile("a.png", b"a")], "both labels"),
    "no columns": (
        [table("a.png,normal", head="name,class"), NamedFile("a.png", b"a")],
        "must name the columns file and label",
    ),
    "no rows": ([table(), NamedFile("a.png", b"a")], "has no row"),
    "two tables": ([table(), table()], "2 CSV files were given"),
    "table alone": ([table("a.png,normal")], "No image was given"),
    "not text": ([NamedFile("l.csv", b"\xff\xfe\x00"), NamedFile("a.png", b"a")], "not in UTF-8"),
    "broken": ([NamedFile("l.csv", b'file,label\n"a'), NamedFile("a.png", b"a")], "cannot be read"),
    "empty": ([NamedFile("l.csv", b" "), NamedFile("a.png", b"a")], "must name the columns"),
    "nothing in it": ([NamedFile("l.csv", b""), NamedFile("a.png", b"a")], "must name the columns"),
    "too long": ([NamedFile("l.csv", b"a" * (MOST_CSV_BYTES + 1)), NamedFile("a.png", b"a")], "at most"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_labelled_is_refused(case: str) -> None:
    uploads, reason = REFUSED[case]
    with pytest.raises(LabelsError) as refused:
        labelled(uploads)
    assert reason in str(refused.value)


def test_the_archives_own_limits_hold() -> None:
    with pytest.raises(ArchiveError, match="limit is 200"):
        labelled([NamedFile(f"{number}.png", b"x") for number in range(201)])
    found = labelled([archive({"NORMAL/a.png": b"a", "NORMAL/../b.png": b"b"})])
    assert [one.name for one in found.refused] == ["NORMAL/../b.png"]


def scored_images() -> OwnList:
    """Nine scored images, one of them rejected by the input check, and one that could not be read."""
    scores = [0.1, 0.2, 0.9, 0.4, 0.95, 0.8, 0.3, 0.99, 0.6]
    labels = (0, 0, 0, 0, 1, 1, 1, 1, 1, 0)
    results = [
        Result(f"{place}.png", "ok", index=place, prediction=prediction(probability=value, accepted=place != 8))
        for place, value in enumerate(scores)
    ]
    job = mock.Mock()
    results.append(Result("9.png", "error", "It is damaged.", index=9))
    job.snapshot.return_value = Snapshot("cancelled", 12, tuple(results))
    return OwnList(job, LabelledFiles((), labels, without_label=3), MANIFEST)


def test_figures_are_counted_with_and_without_what_the_input_check_rejects() -> None:
    found = scored_images().result()
    assert found.accepted is not None
    assert found.every is not None
    assert (found.accepted.images, found.every.images, len(found.images)) == (8, 9, 10)
    assert (found.accepted.pneumonia, found.every.pneumonia) == (4, 5)
    # Of the pairs of a pneumonia and a normal image, 0.8 is below 0.9, and 0.3 is below 0.9 and 0.4.
    assert found.accepted.metrics["auroc"].value == pytest.approx(13 / 16)
    assert (found.refused.successes, found.refused.trials) == (1, 9)
    assert found.without_label == 3
    assert "10 of 12" in found.problem
    assert [len(found.scored(with_refused=both)) for both in (True, False)] == [9, 8]


def test_mistakes_put_missed_cases_first_and_the_surest_on_top() -> None:
    wrong = mistakes(scored_images().result().images, 0.5)
    assert [(one.label, one.score) for one in wrong] == [(1, 0.3), (0, 0.9)]
    assert wrong[0].classified(0.5) == 0
    assert scored_images().result().images[9].classified(0.5) is None


def test_without_a_scored_image_there_are_no_figures() -> None:
    job = mock.Mock()
    job.snapshot.return_value = Snapshot("done", 1, (Result("a", "error", "It is damaged."),))
    found = OwnList(job, LabelledFiles((), (1,)), MANIFEST).result()
    assert (found.accepted, found.every, found.problem) == (None, None, "")
