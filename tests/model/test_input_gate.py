"""The input check: features by hand, the shipped one on composites and impostors, and fail-closed loading."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.artifact import PRETRAINED, file_sha256, read_manifest
from model.errors import ArtifactError
from model.input_gate import COLOUR, NO_LUNGS, SEVERAL, InputGate, halves_apart, outline_features, without_border
from model.predictor import Predictor
from model.radiograph import Radiograph, decode
from model.records.gate import FEATURES, FOLDER
from tests.made import made_radiograph
from tests.model.files import encoded
from training.impostors import IMPOSTORS

SHIPPED = PRETRAINED / FOLDER
COMPOSITES = sorted(Path(__file__).parents[2].glob("assets/samples/composite_*.png"))


@pytest.fixture(scope="module")
def gate() -> InputGate:
    return InputGate.load(SHIPPED)


@pytest.fixture(scope="module")
def scans() -> list[np.ndarray]:
    return [decode(path.read_bytes()).pixels for path in COMPOSITES]


def radiograph(pixels: np.ndarray) -> Radiograph:
    return Radiograph(pixels, "PNG")


def test_features_of_two_boxes_of_one_and_of_nothing_by_hand() -> None:
    lungs = np.zeros((100, 200), dtype=np.float32)
    lungs[20:60, 30:50] = 0.9  # 40 high, 20 wide
    lungs[30:70, 130:140] = 0.7  # 40 high, 10 wide
    lungs[90:94, 0:5] = 0.8  # 20 stray places
    assert dict(zip(FEATURES, outline_features(lungs), strict=True)) == pytest.approx(
        {
            "area": 1220 / 20000,
            "certainty": (800 * 0.9 + 400 * 0.7 + 20 * 0.8) / 1220,
            "smaller_lung": 0.5,
            "side_by_side": (134.5 - 39.5) / 200,
            "level": 0.1,
            "upright": 1.0,
            "stray": 20 / 1220,
        }
    )
    assert not outline_features(np.zeros((9, 9), np.float32)).any()
    one = np.zeros((10, 10), dtype=np.float32)
    one[2:5, 2:5] = 1.0
    assert outline_features(one)[2] == 0.0


def test_colour_is_told_before_anything_else_and_grey_in_three_channels_is_none(gate: InputGate) -> None:
    colourful = decode(encoded(np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)))
    result = gate.assess(colourful)
    assert colourful.colourfulness > 50
    assert (result.accepted, result.reason) == (False, COLOUR)
    assert decode(encoded(np.dstack([made_radiograph(1, pneumonia=False)] * 3), "JPEG")).colourfulness == 0.0


def test_composites_of_radiographs_pass_the_gate_that_the_shipped_manifest_names(
    gate: InputGate, scans: list[np.ndarray]
) -> None:
    assert read_manifest(PRETRAINED).gate_sha256 == file_sha256(SHIPPED / "gate.json")
    assert len(scans) == 8
    assert all(gate.assess(radiograph(scan)).accepted for scan in scans)


@pytest.mark.parametrize("name", IMPOSTORS)
def test_impostors_are_refused_and_a_radiograph_shown_wrongly_is_told_so(
    gate: InputGate, scans: list[np.ndarray], name: str
) -> None:
    rng = np.random.default_rng(0)
    results = [gate.assess(radiograph(IMPOSTORS[name](scan, rng))) for scan in scans]
    assert sum(not result.accepted for result in results) >= 7
    expected = name if name in ("inverted", "turned by 90 degrees", "upside down") else NO_LUNGS
    assert sum(expected in result.reason for result in results) >= 6


def test_a_mirrored_film_is_accepted_and_told(gate: InputGate, scans: list[np.ndarray]) -> None:
    for scan in scans:
        seen, mirrored = (gate.assess(radiograph(picture)) for picture in (scan, np.ascontiguousarray(scan[:, ::-1])))
        assert (seen.accepted, seen.mirrored, mirrored.accepted, mirrored.mirrored) == (True, False, True, True)
    found = gate.settings.mirror
    assert found
    assert found.false_alarms / found.scans < 0.02
    assert found.found / found.scans > 0.95


def test_halves_apart_by_hand() -> None:
    picture = np.zeros((48, 48, 1), np.float32)
    picture[:2, :2] = 1.0
    features = halves_apart(picture)
    assert (features.shape, features[0], np.abs(features[1:]).max()) == ((288,), 1.0, 0.0)
    np.testing.assert_array_equal(halves_apart(picture[:, ::-1]), -features)


def side_by_side(first: np.ndarray, second: np.ndarray, *, gap: int = 0, share: float = 1.0) -> np.ndarray:
    """Two films of the first one's height; of the second this share of the height, with black below."""
    rows = round(first.shape[0] * share)
    small = np.asarray(Image.fromarray(second).resize((round(second.shape[1] * rows / second.shape[0]), rows)))
    between = np.zeros((first.shape[0], gap), np.uint8)
    return np.hstack([first, between, np.pad(small, ((0, first.shape[0] - rows), (0, 0)))])


@pytest.mark.parametrize("layout", [{}, {"gap": 30}, {"share": 0.6}, {"share": 0.9, "gap": 10}])
def test_two_pictures_in_one_are_refused(gate: InputGate, scans: list[np.ndarray], layout: dict[str, Any]) -> None:
    results = [gate.assess(radiograph(side_by_side(one, two, **layout))) for one, two in itertools.pairwise(scans)]
    results += [gate.assess(radiograph(side_by_side(one, one, **layout))) for one in scans]
    assert not [result for result in results if result.accepted]
    assert SEVERAL in [result.reason for result in results]
    stacked = [np.vstack([scan, scan]) for scan in scans]
    fours = [np.vstack([side_by_side(scan, scan)] * 2) for scan in scans]
    assert not [picture for picture in stacked + fours if gate.assess(radiograph(picture)).accepted]


def test_predictor_carries_the_gates_word(trained_artifact: Path, tmp_path: Path) -> None:
    assert Predictor.load(trained_artifact).gate is None
    folder = Path(shutil.copytree(trained_artifact, tmp_path / "artifact"))
    shutil.copytree(SHIPPED, folder / FOLDER)
    predictor = Predictor.load(folder)
    noise = IMPOSTORS["texture"](made_radiograph(1, pneumonia=False), np.random.default_rng(3))
    word = predictor.predict(radiograph(noise)).gate
    assert not word.accepted
    assert word.reason


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_wide_border_is_the_reason_and_can_be_cut_off(gate: InputGate, scans: list[np.ndarray], grey: int) -> None:
    for scan in scans:
        bordered = np.pad(scan, 200, constant_values=grey)
        assert "border" in gate.assess(radiograph(bordered)).reason
        cut = without_border(bordered)
        assert np.subtract(scan.shape, cut.shape).max() <= 0.13 * max(scan.shape), "the film's own dark edge may go"
        assert gate.assess(radiograph(cut)).accepted
    even = np.full((90, 90), grey, np.uint8)
    assert without_border(even) is even


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "lungs.keras").unlink(), "lungs.keras is missing"),
        (lambda folder: (folder / "gate.json").unlink(), "gate.json is missing"),
        (lambda folder: (folder / "lungs.keras").write_bytes(b"x"), "not the file"),
        (lambda folder: edit(folder, weights=[1.0]), "7 weights"),
    ],
)
def test_a_broken_gate_is_refused(tmp_path: Path, damage: object, message: str) -> None:
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "gate"))
    damage(folder)  # type: ignore[operator]
    with pytest.raises(ArtifactError, match=message):
        InputGate.load(folder)


def edit(folder: Path, **change: object) -> None:
    path = folder / "gate.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


def test_a_gate_that_the_manifest_names_is_required(trained_artifact: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(trained_artifact, tmp_path / "artifact"))
    read_manifest(folder).replace(gate_sha256=file_sha256(SHIPPED / "gate.json")).write(folder)
    with pytest.raises(ArtifactError, match="No input gate"):
        Predictor.load(folder)
    shutil.copytree(SHIPPED, folder / FOLDER)
    assert Predictor.load(folder).gate is not None
    edit(folder / "gate", threshold=0.01)
    with pytest.raises(ArtifactError, match="not the gate that the manifest names"):
        Predictor.load(folder)
