"""One file becomes a result, whatever is wrong with it, and what qualifies the result goes with it."""

from __future__ import annotations

import logging
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
import pytest

from model.errors import ArtifactError, InputRangeError
from model.input_gate import NO_LUNGS, GateResult
from model.predictor import Prediction
from model.radiograph import Radiograph
from model.scoring import MIRRORED, NO_INPUT_CHECK, THUMBNAIL_SIDE, prepare, score_bytes
from tests.made import made_radiograph
from tests.model.files import FITTING, USE, encoded, made_dicom

LUNGS = np.zeros((4, 4), np.float32)


class Fake:
    """Predicts what it is told, or raises it."""

    intended_use = USE

    def __init__(self, *told: Any, gate: GateResult | None = None, error: BaseException | None = None) -> None:
        self.told, self.gate, self.error = told or (0.9, "Pneumonia"), gate, error

    def predict(self, radiograph: Radiograph, *, operating_point: str = "balanced") -> Prediction:  # noqa: ARG002
        if self.error:
            raise self.error
        return Prediction(*self.told, 0.5, operating_point, False, "Normal", LUNGS, "m", self.gate)


ACCEPTED, REFUSED = GateResult(True, 0.9, "", LUNGS), GateResult(False, 0.1, "it looks inverted", LUNGS)


def png(side: int = 300, *, format_: str = "PNG") -> bytes:
    return encoded(made_radiograph(1, pneumonia=True, size=(side, side // 2)), format_)


def test_a_mirrored_film_is_scored_with_a_warning() -> None:
    result = score_bytes(png(), "a", Fake(gate=GateResult(True, 0.9, "", LUNGS, mirrored=True)))
    assert (result.status, result.warnings) == ("ok", (MIRRORED,))


def test_where_no_lungs_are_found_a_dicom_file_is_asked_for_its_window() -> None:
    without_lungs = Fake(gate=GateResult(False, 0.1, NO_LUNGS, LUNGS))
    assert "window" in score_bytes(made_dicom(**FITTING), "a", without_lungs).message
    assert "window" not in score_bytes(png(), "a", without_lungs).message
    assert "window" not in score_bytes(made_dicom(**FITTING), "a", Fake(gate=REFUSED)).message


def test_a_scored_file_has_all_that_is_known_of_it() -> None:
    result = score_bytes(png(), "a.png", Fake(gate=ACCEPTED), operating_point="rule_in")
    assert (result.status, result.message, result.warnings, result.index) == ("ok", "", (), 0)
    assert (result.name, result.size, result.format, result.data) == ("a.png", (300, 150), "PNG", None)
    assert (result.prediction.operating_point, result.prediction.status) == ("rule_in", "decided")
    assert result.seconds > 0
    assert result.pixel_sha256 == score_bytes(png(format_="TIFF"), "b", Fake()).pixel_sha256
    small = cv2.imdecode(np.frombuffer(result.thumbnail, np.uint8), cv2.IMREAD_UNCHANGED)
    assert small.shape == (THUMBNAIL_SIDE, THUMBNAIL_SIDE // 2)
    assert prepare(png(), "a", thumbnail=False).result.thumbnail == b""


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [(b"hello", "error", "looks like a text file"), (b"", "error", "empty"), (png(40), "rejected", "40 pixels")],
)
def test_a_file_that_cannot_be_scored_says_why(data: bytes, status: str, said: str) -> None:
    result = score_bytes(data, "Doe^Jane", Fake())
    assert (result.status, result.prediction, result.thumbnail) == (status, None, b"")
    assert said in result.message
    assert "Jane" not in result.message + repr(result)


def test_a_refused_picture_is_scored_only_if_asked_and_with_a_warning() -> None:
    refused = score_bytes(png(), "a", Fake(gate=REFUSED))
    assert (refused.status, refused.prediction) == ("rejected", None)
    assert "it looks inverted" in refused.message
    anyway = score_bytes(png(), "a", Fake(gate=REFUSED), anyway=True)
    assert (anyway.status, anyway.prediction.status) == ("ok", "refused")
    assert anyway.prediction.refused_because == "it looks inverted"
    assert "it looks inverted" in anyway.warnings[0]


def test_header_mismatches_and_a_missing_input_check_qualify_the_result() -> None:
    adult = made_dicom(**{**FITTING, "PatientAge": "062Y"})
    age, unchecked = score_bytes(adult, "a", Fake()).warnings
    assert "62 years" in age
    assert unchecked == NO_INPUT_CHECK
    assert score_bytes(made_dicom(**FITTING), "a", Fake(gate=ACCEPTED)).warnings == ()


@pytest.mark.parametrize(
    ("fake", "said"),
    [
        (Fake(float("nan"), "Normal"), "probability nan"),
        *((Fake(1.5, "Pneumonia"), "expected 0 to 1"), (Fake(-0.1, "Normal"), "expected 0 to 1")),
        *((Fake(0.9, "Unsure"), "'Unsure'"), (Fake(error=InputRangeError("not finite")), "not finite")),
        *((Fake(error=KeyError("Doe^Jane")), "unexpected"), (Fake(error=MemoryError()), "unexpected")),
    ],
)
def test_a_score_that_cannot_be_is_an_error(fake: Fake, said: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    result = score_bytes(png(), "a", fake)
    assert (result.status, result.prediction) == ("error", None)
    assert said in result.message
    assert "Jane" not in caplog.text + result.message


def test_a_decoder_that_panics_costs_only_its_file_and_a_broken_model_all() -> None:
    class PanicError(BaseException):
        """What a decoder written in Rust raises."""

    with patch("model.scoring.decode", side_effect=PanicError):
        assert "unexpected failure" in score_bytes(b"x", "a", Fake()).message
    with pytest.raises(ArtifactError):
        score_bytes(png(), "a", Fake(error=ArtifactError("No such operating point.")))
