"""The PDF of a case, read as a reader's program would."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from app.records.values import Review
from app.reports.case import ReportError, as_jpeg, case_report
from app.reports.lettering import FONTS, legible
from model.artifact import PRETRAINED
from model.evaluation import alike
from model.input_gate import GateResult
from model.overlay import draw_overlay
from model.records.measured import read_measured
from tests.app.driving import missing
from tests.app.reports.reading import POINTS_PER_MM, pictures_of, rendered, text_of, told, words_of
from tests.app.services.predicted import BECAUSE, prediction
from tests.made import made_radiograph

WHEN = datetime(2026, 11, 23, 10, 41, tzinfo=UTC)
MEASURED = read_measured(PRETRAINED)
FILM = made_radiograph(3, pneumonia=True, size=(600, 560))
HEAT = np.zeros((14, 14), np.float32)
HEAT[8:11, 3:6] = 1.0
OVERLAY = draw_overlay(FILM, HEAT)
LUNGS = np.pad(np.ones((40, 44), np.float32), 6)
ACCEPTED, REJECTED = GateResult(True, 0.9, "", LUNGS), GateResult(False, 0.1, BECAUSE, LUNGS)
PREDICTION = prediction(probability=0.9731, saliency_map=HEAT, gate=ACCEPTED, scored_at=WHEN)
REFUSED = replace(PREDICTION, gate=REJECTED)
OPEN = replace(PREDICTION, probability=0.61, indeterminate=True)
REVIEW = Review("agree", "Pneumonia", "Right lower zone.", "Dr Łukasz Żółć", WHEN, 1)
GIVEN: dict[str, Any] = {
    "prediction": PREDICTION,
    "reference": "case-3f9a2b",
    "created": WHEN,
    "film": FILM,
    "overlay": OVERLAY,
    "size": FILM.shape,
    "image_format": "PNG",
    "measured": MEASURED,
}
VERDICT = "The model’s verdict:"
STATES: dict[str, dict[str, Any]] = {
    "pneumonia": {},
    "normal": {"prediction": replace(PREDICTION, decision="Normal", probability=0.021)},
    "indeterminate": {"prediction": OPEN},
    "refused": {"prediction": REFUSED, "overlay": None},
    "refused, scored": {"prediction": REFUSED, "scored_anyway": True, "warnings": ("Age: 62.", f"Seen: {BECAUSE}.")},
    "reviewed": {"review": REVIEW},
    "disagreed": {"review": replace(REVIEW, verdict="disagree", label="Normal")},
    "labelled": {"prediction": OPEN, "review": replace(REVIEW, verdict="labelled", label="Normal", comment="")},
    "no film": {"film": None, "overlay": None},
    "no overlay": {"overlay": None},
    "wide": {"film": FILM[270:330], "overlay": OVERLAY[270:330]},
    "tall": {"film": FILM[:, 150:210].copy(), "overlay": OVERLAY[:, 150:210].copy()},
    "hostile": {
        "prediction": replace(REFUSED, model_version="v" * 300),
        "scored_anyway": True,
        "warnings": ("Warned " * 400, "#panic() $x$ *bold* <b> \\"),
        "review": Review("disagree", "w " * 100, "\u202e\x00\ud800\U0001f600 कृष्णा ראשון " * 120, "N" * 200, WHEN, 1),
    },
}


def write(folder: Path, **changed: Any) -> Path:
    path = folder / "report.pdf"
    path.write_bytes(case_report(**(GIVEN | changed)))
    return path


def said(folder: Path, **changed: Any) -> str:
    return text_of(write(folder, **changed))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: write(tmp_path_factory.mktemp("report"), **changed) for name, changed in STATES.items()}


@pytest.mark.parametrize("state", STATES)
def test_it_is_one_small_page_with_nothing_over_anything_else_and_undistorted_pictures_side_by_side(
    state: str, written: dict[str, Path], tmp_path: Path
) -> None:
    assert re.search(r"^Pages: +1$.*\(A4\)", told("pdfinfo", written[state]), re.MULTILINE | re.DOTALL)
    assert written[state].stat().st_size < 500_000
    words, pictures = words_of(written[state]), pictures_of(written[state], tmp_path)
    assert len(words) > 60
    for word in words:
        assert 15.5 * POINTS_PER_MM <= word.left <= word.right <= 194.5 * POINTS_PER_MM, word
        assert 10.5 * POINTS_PER_MM <= word.top < word.bottom <= 286 * POINTS_PER_MM, word
        assert not any(word.overlaps(picture, 0.2) for picture in pictures), word
    for one, other in combinations(words, 2):
        assert not one.overlaps(other, 0.5), (one, other)
    film, overlay = ((GIVEN | STATES[state])[name] for name in ("film", "overlay"))
    page = rendered(written[state], tmp_path)
    assert len(pictures) == (film is not None) + (overlay is not None)
    for picture in pictures:
        drawn = page[int(picture.top) : int(picture.bottom), int(picture.left) : int(picture.right)]
        scan = Image.fromarray(np.ascontiguousarray(film)).resize(drawn.shape[::-1], Image.Resampling.BOX)
        assert np.corrcoef(drawn.ravel(), np.asarray(scan).ravel())[0, 1] > 0.7, picture
        ratio = film.shape[0] / film.shape[1]
        # Only whole points are known of the box.
        assert picture.bottom - picture.top == pytest.approx((picture.right - picture.left) * ratio, abs=1 + ratio)
    if len(pictures) == 2:
        assert pictures[0].right <= pictures[1].left
        assert pictures[0].top == pytest.approx(pictures[1].top, abs=1)


def test_sections_come_in_the_order_of_a_radiology_report(written: dict[str, Path]) -> None:
    tree = told("pdfinfo", "-struct-text", written["reviewed"])
    headings = ["H1 Chest", "H2 Examination", "H2 Findings", "H2 Impression", "H2 Review", "H2 Intended"]
    assert [" ".join(found) for found in re.findall(r'^ +(H\d) "(\w+).*" \(block\)$', tree, re.MULTILINE)] == headings
    assert tree.count("Figure:") == 2


def test_the_impression_quotes_what_was_measured(written: dict[str, Path]) -> None:
    text = text_of(written["pneumonia"])
    assert MEASURED.evaluation
    assert MEASURED.scores
    near, test = alike(MEASURED.scores, PREDICTION.probability), MEASURED.evaluation.test
    assert near
    assert re.search(rf"100 children [^.]* about {100 * near.share.value:.0f} had", text)
    assert f"{near.share.successes} of the {near.images} " in text
    for name in ("sensitivity", "specificity"):
        rate = test.metrics[name]
        shown = f"{name} {100 * rate.value:.1f} % (95 % interval {100 * rate.low:.1f} to {100 * rate.high:.1f} %)"
        assert shown in text
    assert f"{test.images} test images" in text
    assert re.search(r"Score 97 %, above the balanced [^.]* 50 %: classified as pneumonia\.", text)
    assert re.search(r"below the balanced [^.]* 50 %: classified as normal\.", text_of(written["normal"]))


@pytest.mark.parametrize(
    ("changed", "quoted"),
    [
        ({"measured": None}, []),
        ({"prediction": replace(PREDICTION, weights_sha256="a" * 64)}, []),
        ({"prediction": REFUSED, "scored_anyway": True}, []),
        ({"prediction": replace(PREDICTION, threshold=0.4)}, ["100 children"]),
    ],
)
def test_no_figure_is_quoted_where_it_does_not_apply(
    changed: dict[str, Any], quoted: list[str], tmp_path: Path
) -> None:
    text = said(tmp_path, **changed)
    assert f"{VERDICT} Pneumonia" in text
    assert [word for word in ("100 children", "sensitivity", "specificity") if word in text] == quoted


def test_intended_use_comes_from_the_manifest(tmp_path: Path) -> None:
    use = MEASURED.manifest.intended_use
    assert use
    other = use.model_copy(update={"youngest_years": 6, "oldest_years": 11})
    for stated, shown in ((use, f"For {use.images} of {use.patients}"), (other, "6 to 11"), (None, "not state")):
        manifest = MEASURED.manifest.model_copy(update={"intended_use": stated})
        assert shown in said(tmp_path, measured=replace(MEASURED, manifest=manifest))
    assert "1 to 5 years" not in said(tmp_path, measured=None)


def test_it_is_unverified_until_a_reader_signed(written: dict[str, Path]) -> None:
    for state in ("pneumonia", "indeterminate", "refused", "no film"):
        assert "Unverified" in text_of(written[state])
    text = text_of(written["reviewed"])
    assert "Reviewed by Dr Łukasz Żółć, 23 November 2026, 10:41 UTC" in text
    assert ("Unverified" in text, text.count("reader agrees")) == (False, 2)
    text = text_of(written["disagreed"])
    assert (text.count("reader disagrees"), text.count("answer: Normal.")) == (3, 3)
    text = text_of(written["labelled"])
    assert "did not decide. The reader’s answer: Normal." in text
    assert [word for word in ("agrees", "Comment:") if word in text] == []


def test_indeterminate_and_refused_results_are_no_verdict(written: dict[str, Path]) -> None:
    text = text_of(written["indeterminate"])
    assert (f"{VERDICT} Indeterminate" in text, f"{VERDICT} Pneumonia" in text) == (True, False)
    text = text_of(written["refused"])
    assert missing(text, "Not scored:", "rejected", BECAUSE) == []
    assert [word for word in ("verdict:", "Score", "raised", "influence") if word in text] == []
    text = text_of(written["refused, scored"])
    assert missing(text, f"{VERDICT} Pneumonia (on an", "may mean nothing", "Age: 62.") == []
    assert text.count(BECAUSE) == 1, "A warning about the rejection is not repeated."


def test_without_its_film_the_heatmap_is_told_in_words(written: dict[str, Path]) -> None:
    text = text_of(written["no film"])
    assert "was not kept" in text
    assert re.search(r"colour lies in the lower third [^.]* on the left", text)


def test_metadata_name_nobody_and_promise_what_screen_readers_need(written: dict[str, Path]) -> None:
    metadata, info = told("pdfinfo", "-meta", written["reviewed"]), told("pdfinfo", written["reviewed"])
    parts = ("case case-3f9a2b", "by a reader", "CreateDate>2026-11-23T10:41:00", "part>1<", "pdfaid:conformance>A<")
    assert missing(metadata, *parts) == []
    assert "Łukasz" not in metadata
    assert re.search(r"Tagged: +yes", info)
    assert b"/DisplayDocTitle true" in written["reviewed"].read_bytes()
    fonts = told("pdffonts", written["hostile"]).splitlines()[2:]
    assert all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in fonts)  # embedded, subset, with Unicode


def test_the_same_case_gives_the_same_bytes_and_needs_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    first, refuse = case_report(**GIVEN), Mock(side_effect=AssertionError("the report touches the disk"))
    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    monkeypatch.setattr(Path, "open", refuse)
    assert case_report(**GIVEN) == first


def test_typed_text_is_no_markup_and_what_is_too_long_says_so(written: dict[str, Path], tmp_path: Path) -> None:
    text = text_of(written["hostile"])
    assert "[shortened" in text
    assert f"Reviewed by {'N' * 60}…, 23 November 2026" in text
    comment = '#panic("x") *bold* _italic_ $x^2$ @ref <label> \\ // "quoted" `code`'
    assert f"Comment: {comment}" in said(tmp_path, review=replace(REVIEW, comment=comment)).replace("”", '"')
    longest = said(tmp_path, review=replace(REVIEW, comment=("word " * 400)[:1996] + "last"))
    assert "last" in longest
    assert "[shortened" not in longest


@pytest.mark.parametrize("name", ["Łukasz Żółć", "Ιωάννης", "Юлия", "李明华", "佐藤さくら", "김민준", "Nguyễn Văn"])
def test_names_are_drawn_and_can_be_copied(name: str, tmp_path: Path) -> None:
    text = said(tmp_path, review=replace(REVIEW, reader=name))
    assert f"Reviewed by {name}, 23 November 2026" in text
    assert "U+" not in text


@pytest.mark.parametrize("name", ["د. محمد", "ד״ר כהן"])
def test_a_date_behind_a_name_from_right_to_left_stays_behind_it(name: str, tmp_path: Path) -> None:
    words = words_of(write(tmp_path, review=replace(REVIEW, reader=name)))
    line = [word for word in words if word.text in {"Reviewed", "23", "November"} and word.top < 110]
    reviewed, day, month = sorted((word for word in line if word.bottom - word.top > 11), key=lambda word: word.left)
    assert (reviewed.text, day.text, month.text) == ("Reviewed", "23", "November")
    assert day.left - reviewed.right > 40  # the name stands between


def test_what_no_font_has_stands_as_a_number_with_a_note(tmp_path: Path) -> None:
    text = said(tmp_path, review=replace(REVIEW, comment="Fine \U0001f600\U0001f3fd today"))
    assert "Fine [U+1F600 U+1F3FD] today" in text
    assert "Unicode numbers" in text
    assert "Unicode" not in said(tmp_path)


def test_invisible_characters_are_dropped_and_nothing_else() -> None:
    letters = frozenset(map(ord, "abcé \u00a0\u200d"))
    assert legible(" a\r\n\tb\x00\u202e\ufe0fc ", letters) == "a bc"
    assert legible("e\u0301\u00a0a\u200d", letters) == "é\u00a0a\u200d"
    assert legible("a\ud800z", letters) == "a[U+D800 U+007A]"


def test_a_large_film_is_embedded_at_a_sensible_size() -> None:
    large = made_radiograph(1, pneumonia=False, size=(3000, 2000))
    assert len(as_jpeg(large)) < 400_000


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        *(({"reference": reference}, "pseudonym") for reference in ("Doe^Jane", "scan.png", "x" * 65)),
        ({"prediction": replace(PREDICTION, weights_sha256="abc")}, "SHA-256"),
        ({"prediction": replace(PREDICTION, probability=float("nan"))}, "probability"),
        ({"prediction": replace(PREDICTION, threshold=1.2)}, "threshold"),
        ({"created": datetime(2026, 1, 1)}, "time zone"),
        ({"review": replace(REVIEW, reviewed_at=datetime(2026, 1, 1))}, "time zone"),
        ({"review": replace(REVIEW, reader="  ")}, "reader's name"),
        ({"film": np.zeros((4, 4, 3), np.uint8)}, "film has shape"),
        ({"overlay": np.zeros((4, 4, 3), np.float32)}, "overlay has shape"),
        ({"overlay": np.zeros((4, 4, 4), np.uint8)}, "overlay has shape"),
        ({"film": None}, "without its film"),
        ({"prediction": REFUSED}, "no overlay"),
    ],
)
def test_what_contradicts_itself_is_refused(changed: dict[str, Any], expected: str) -> None:
    with pytest.raises(ReportError, match=expected):
        case_report(**(GIVEN | changed))


def test_fonts_come_with_their_licence() -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text(encoding="utf-8")
