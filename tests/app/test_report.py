"""The PDF report, looked at with poppler's tools as a reader's program would."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app import report, wording
from app.report.flow import BOTTOM, LEFT, TOP, WIDTH
from app.report.lettering import FONTS, legible
from app.report.pictures import LONGEST_SIDE, MOST_BYTES, as_jpeg
from app.services.radiographs import Film as Case
from app.services.radiographs import open_film as open_case
from app.settings import ROOT
from model.artifact import PRETRAINED, read_manifest
from model.input_gate import GateResult
from model.predictor import Prediction
from model.saliency import METHODS
from tests.app.reported import (
    PLAIN,
    POINTS_PER_MM,
    REVIEW,
    SHA256,
    STATES,
    VERDICT,
    WHEN,
    pictures_of,
    rendered,
    text_of,
    told,
    words_of,
)
from tests.made import made_radiograph


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every state's report, written once."""
    folder = tmp_path_factory.mktemp("reports")
    for name, content in STATES.items():
        (folder / f"{name}.pdf").write_bytes(report.write_report(content))
    return {name: folder / f"{name}.pdf" for name in STATES}


def write(content: report.ReportContent, folder: Path) -> Path:
    path = folder / "report.pdf"
    path.write_bytes(report.write_report(content))
    return path


@pytest.mark.parametrize("state", STATES)
def test_it_is_one_small_a4_page_within_its_margins(state: str, written: dict[str, Path], tmp_path: Path) -> None:
    told_of = told("pdfinfo", written[state])
    assert re.search(r"^Pages: +1$", told_of, re.MULTILINE)
    assert "(A4)" in told_of
    assert written[state].stat().st_size < 1_000_000
    words = words_of(written[state])
    assert len(words) > 60
    for word in words:
        assert (LEFT - 0.5) * POINTS_PER_MM <= word.left <= word.right <= (LEFT + WIDTH + 0.5) * POINTS_PER_MM, word
        assert (TOP - 1) * POINTS_PER_MM <= word.top < word.bottom <= (BOTTOM + 1) * POINTS_PER_MM, word
    page, edge = rendered(written[state], tmp_path), int((TOP - 2) * POINTS_PER_MM)
    inside = np.zeros(page.shape, dtype=bool)
    inside[edge:-edge, edge:-edge] = True
    assert (page[~inside] == 255).all()


@pytest.mark.parametrize("state", STATES)
def test_nothing_lies_on_anything_else(state: str, written: dict[str, Path], tmp_path: Path) -> None:
    words, pictures = words_of(written[state]), pictures_of(written[state], tmp_path)
    for one, other in combinations(words, 2):
        assert not one.overlaps(other, 0.5), (one, other)
    for word in words:
        assert not any(word.overlaps(picture, 0.2) for picture in pictures), word


@pytest.mark.parametrize("state", STATES)
def test_pictures_stand_side_by_side_and_show_something(state: str, written: dict[str, Path], tmp_path: Path) -> None:
    pictures = pictures_of(written[state], tmp_path)
    assert len(pictures) == (1 if STATES[state].overlay is None else 2)
    page = rendered(written[state], tmp_path)
    for picture in pictures:
        drawn = page[int(picture.top) : int(picture.bottom), int(picture.left) : int(picture.right)]
        scan = Image.fromarray(np.ascontiguousarray(STATES[state].scan)).resize(drawn.shape[::-1], Image.Resampling.BOX)
        assert np.corrcoef(drawn.ravel(), np.asarray(scan).ravel())[0, 1] > 0.7, picture
        height, width = STATES[state].scan.shape
        # Whole points are all that is known of the box.
        expected = (picture.right - picture.left) * height / width
        assert picture.bottom - picture.top == pytest.approx(expected, abs=1 + height / width)
    if len(pictures) == 2:
        left, right = pictures
        assert left.right <= right.left
        assert left.top == pytest.approx(right.top, abs=1)


def test_sections_come_in_the_order_of_a_radiology_report(written: dict[str, Path]) -> None:
    text = text_of(written["reviewed"])
    titles = (
        "Chest radiograph", "Case: case-3f9a2b", "Reviewed by", "Examination and technique", "Findings",
        "Weak influence", "Strong influence", "Impression", "The model’s verdict", "Comment: Right lower zone.",
        "Intended use and limits", "SHA-256",
    )  # fmt: skip
    places = [text.index(title) for title in titles]
    assert places == sorted(places)


def test_impression_gives_the_verdict_with_all_that_it_rests_on(written: dict[str, Path]) -> None:
    text = text_of(written["pneumonia"]).replace("\u00a0", " ")
    for part in (
        "The model’s verdict: Pneumonia",
        "Probability of pneumonia 97 %; from 50 % on, the balanced operating point calls Pneumonia.",
        "sensitivity 98.5 % (95 % interval 96.7 to 99.3 %)",
        "specificity 89.3 % (95 % interval 84.7 to 92.7 %)",
        "measured on the 624 images of the test split",
        "185 had pneumonia.",
        "Not a medical device.",
        "residual-20261123-6367d90b",
        SHA256,
        "23 November 2026, 10:41 UTC",
    ):
        assert part in text
    assert "The model’s verdict: Normal" in text_of(written["normal"])


def test_unsigned_it_says_unverified_and_signed_by_whom_and_when(written: dict[str, Path]) -> None:
    for state in ("pneumonia", "indeterminate", "refused"):
        assert "Unverified AI result" in text_of(written[state])
        assert "Reviewed by" not in text_of(written[state])
    text = text_of(written["reviewed"])
    assert "Reviewed by Dr Łukasz Żółć, 23 November 2026, 10:41 UTC" in text
    assert "The reader agrees" in text
    assert "Unverified" not in text


def test_a_reader_who_disagrees_is_heard_above_and_beside_the_verdict(written: dict[str, Path]) -> None:
    text, said = text_of(written["disagreed"]), "The reader disagrees with the model. The reader’s answer: Normal."
    assert text.count(said) == 3
    assert text.index(said) < text.index("Examination")
    verdict = text.index("The model’s verdict: Pneumonia")
    assert verdict < text.index(said, verdict) < text.index("Review ", verdict)


def test_indeterminate_stands_instead_of_a_verdict(written: dict[str, Path]) -> None:
    text = text_of(written["indeterminate"])
    assert "The model’s verdict: Indeterminate Leans Pneumonia at the balanced operating point." in text
    assert "The model’s verdict: Pneumonia" not in text


def test_a_refused_picture_gets_no_verdict_and_a_scored_one_its_warning(written: dict[str, Path]) -> None:
    text = text_of(written["refused"])
    assert "Warning of the input check Not scored. It looks upside down." in text
    assert wording.NOT_SCORED in text
    for word in ("verdict:", "Probability", "Pneumonia", "influence"):
        assert word not in text
    text = text_of(written["refused, scored"])
    assert "The model’s verdict: Pneumonia (on a picture that was refused)" in text
    assert "It may mean nothing." in text


def test_both_pictures_have_alternative_text_and_all_text_is_tagged(written: dict[str, Path]) -> None:
    tree = told("pdfinfo", "-struct-text", written["pneumonia"])
    tags = re.findall(r"^ +(H1|H2|P|Figure|Caption)\b", tree, re.MULTILINE)
    assert tags.count("Figure") == 2
    assert tags.count("H1") == 1
    assert tags.count("H2") == 5
    said = " ".join(re.sub(r'"\n +"', "", tree).split())
    for text in ("Unverified AI result", "The model’s verdict: Pneumonia", "Not a medical device.", SHA256):
        assert text in said
    raw = written["pneumonia"].read_bytes()
    alternatives = [bytes.fromhex(one.decode()).decode("utf-16") for one in re.findall(rb"/Alt <([0-9a-f]+)>", raw)]
    assert alternatives[0] == "The radiograph as read, 560 × 600 pixels, in grey."
    assert "Grad-CAM: colour marks where it raised the model’s score for Pneumonia." in alternatives[1]
    assert len(alternatives) == 2


def test_it_has_a_title_a_language_and_a_date_and_no_name(written: dict[str, Path]) -> None:
    metadata = told("pdfinfo", "-meta", written["reviewed"])
    assert ">Chest radiograph: what the AI model found, case case-3f9a2b<" in metadata
    assert 'xmp:CreateDate="2026-11-23T10:41:00+00:00"' in metadata
    assert ">Reviewed by a reader<" in metadata
    assert "Łukasz" not in metadata
    assert re.search(r"Tagged: +yes", told("pdfinfo", written["reviewed"]))
    raw = written["reviewed"].read_bytes()
    assert b"/Lang (en-GB)" in raw
    assert b"/DisplayDocTitle true" in raw
    fonts = told("pdffonts", written["hostile"]).splitlines()[2:]
    assert all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in fonts)  # embedded, subset, with Unicode


def test_shortened_text_says_so(written: dict[str, Path], tmp_path: Path) -> None:
    text = text_of(written["hostile"])
    assert text.count("[shortened to fit the page]") >= 8
    assert f"Reviewed by {'N' * 60}…, 23 November 2026, 10:41 UTC" in text
    text = text_of(write(replace(PLAIN, review=replace(REVIEW, comment="word " * 30 + "last")), tmp_path))
    assert "word last" in text
    assert "[shortened" not in text
    text = text_of(write(replace(PLAIN, review=replace(REVIEW, comment="\x00" * 20_000 + "last")), tmp_path))
    assert "[shortened" in text


@pytest.mark.parametrize("name", ["Łukasz Żółć", "Ιωάννης", "Юлия", "李明华", "佐藤さくら", "김민준", "Nguyễn Văn"])
def test_names_are_drawn_and_can_be_copied(name: str, tmp_path: Path) -> None:
    text = text_of(write(replace(PLAIN, review=replace(REVIEW, reader=name)), tmp_path))
    assert f"Reviewed by {name}, 23 November 2026" in text
    assert "U+" not in text


@pytest.mark.parametrize("name", ["د. محمد", "ד״ר כהן"])
def test_a_date_behind_a_name_from_right_to_left_stays_behind_it(name: str, tmp_path: Path) -> None:
    path = write(replace(PLAIN, review=replace(REVIEW, reader=name)), tmp_path)
    line = [word for word in words_of(path) if word.top < 110 and word.text in {"Reviewed", "23", "November"}]
    reviewed, day, month = sorted((one for one in line if one.bottom - one.top > 12), key=lambda word: word.left)[:3]
    assert (reviewed.text, day.text, month.text) == ("Reviewed", "23", "November")
    assert day.left - reviewed.right > 40  # the name stands between


def test_what_no_font_has_stands_as_a_number_with_a_note(tmp_path: Path) -> None:
    text = text_of(write(replace(PLAIN, review=replace(REVIEW, comment="Fine \U0001f600\U0001f3fd today")), tmp_path))
    assert "Fine [U+1F600 U+1F3FD] today" in text
    assert "Characters that this report has no letter for" in text


def test_unseen_characters_are_dropped_and_nothing_else() -> None:
    drawable = frozenset(map(ord, "abcé \u00a0\u200d"))
    assert legible(" a\r\n\tb\x00\u202e\ufe0fc ", drawable) == "a bc"
    assert legible("e\u0301\u00a0a\u200d", drawable) == "é\u00a0a\u200d"
    assert legible("a\ud800z", drawable) == "a[U+D800 U+007A]"
    assert legible("", drawable) == ""


def test_a_picture_is_embedded_at_a_sensible_size() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (3000, 2000), dtype=np.uint8)
    with Image.open(io.BytesIO(as_jpeg(noise))) as picture:
        assert picture.size == (667, LONGEST_SIDE)
    assert len(as_jpeg(noise)) <= MOST_BYTES
    small = made_radiograph(1, pneumonia=False, size=(64, 48))
    with Image.open(io.BytesIO(as_jpeg(small))) as picture:
        assert picture.size == (48, 64)
        assert np.abs(np.asarray(picture).astype(int) - small).mean() < 4


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"case_id": "Doe^Jane"}, "not a pseudonym"),
        ({"case_id": "scan.png"}, "not a pseudonym"),
        ({"weights_sha256": "abc"}, "64 hexadecimal"),
        ({"created": datetime(2026, 1, 1)}, "no time zone"),
        ({"scan": np.zeros((4, 4, 3), np.uint8)}, "The scan has shape"),
        ({"overlay": np.zeros((4, 4, 3), np.float32)}, "The overlay has shape"),
        ({"verdict": None}, "no overlay"),
        ({"verdict": None, "overlay": None}, "no warning says why"),
    ],
)
def test_content_that_contradicts_itself_is_refused(change: dict[str, Any], expected: str) -> None:
    with pytest.raises(report.ReportError, match=expected):
        replace(PLAIN, **change)


def test_a_review_needs_a_name_and_a_verdict_numbers_in_range() -> None:
    with pytest.raises(report.ReportError, match="no reader's name"):
        replace(REVIEW, reader="  ")
    with pytest.raises(report.ReportError, match="probability"):
        replace(VERDICT, probability=float("nan"))
    with pytest.raises(report.ReportError, match="measured on"):
        replace(VERDICT, measured_on="")


def made_case(**more: str) -> Case:
    file = io.BytesIO()
    Image.fromarray(made_radiograph(5, pneumonia=True)).save(file, "PNG")
    return open_case(file.getvalue(), **more)


def made_prediction(*, accepted: bool = True) -> Prediction:
    gate = GateResult(accepted, 0.9, "" if accepted else "it looks upside down", np.zeros((7, 7), np.float32))
    heat = np.ones((7, 7), np.float32)
    return Prediction(0.97, "Pneumonia", 0.5, "balanced", False, "Pneumonia", heat, "residual-x", gate)


def filled(prediction: Prediction, **more: Any) -> report.ReportContent:
    overlay = np.zeros((224, 224, 3), np.uint8)
    manifest, method = read_manifest(PRETRAINED), METHODS["grad_cam"]
    given = {"case": made_case(file_name="Jane Doe.png"), "overlay": overlay, "method": method} | more
    return report.report_content(prediction, case_id="a1", created=WHEN, manifest=manifest, **given)


def test_a_report_is_filled_from_what_the_page_has(tmp_path: Path) -> None:
    content = filled(made_prediction(), about_heatmap=("", "It failed a test."))
    assert content.verdict is not None
    assert content.verdict.band == read_manifest(PRETRAINED).band
    assert content.weights_sha256 == read_manifest(PRETRAINED).weights_sha256
    assert content.findings[-1] == "It failed a test."
    assert "takes it for a frontal" in content.examination[1]
    path = write(content, tmp_path)
    assert "Grad-CAM: colour marks where it raised" in text_of(path)
    assert b"Jane" not in path.read_bytes()
    assert "Jane" not in text_of(path) + told("pdfinfo", path)


def test_nothing_computed_of_a_refused_picture_gets_in_unless_it_was_scored_anyway() -> None:
    content = filled(made_prediction(accepted=False))
    assert content.verdict is None
    assert content.overlay is None
    assert not content.overlay_shows
    assert content.warnings == (f"{wording.NOT_SCORED}. It looks upside down.",)
    content = filled(made_prediction(accepted=False), scored_anyway=True)
    assert content.verdict is not None
    assert content.verdict.calibration == ""
    assert content.warnings[0] == wording.refused_warning("it looks upside down")


def test_the_page_and_the_report_say_the_same_of_what_it_is_not() -> None:
    assert wording.FOOT.startswith(report.NOT_A_DEVICE)


def test_it_needs_neither_streamlit_nor_tensorflow() -> None:
    code = "import sys, app.report; assert not {'streamlit', 'tensorflow', 'keras'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_fonts_come_with_their_licence() -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text(encoding="utf-8")
