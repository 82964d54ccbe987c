from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest

from model import artifact
from model.errors import ArtifactError, InputRangeError
from model.predictor import Predictor
from model.preprocessing import to_model_input
from model.radiograph import Radiograph
from model.records.manifest import OPERATING_POINTS, UncertaintyBand
from model.saliency import normalise
from tests.made import made_radiograph

RATE = {"value": 0.9, "low": 0.8, "high": 0.95}
RULE_IN = {"name": "rule_in", "threshold": 0.5, "low": 0.4, "high": 0.6, "method": "", "chosen_on": ""}
RULE_IN |= {"sensitivity": RATE, "specificity": RATE}


@pytest.fixture(scope="module")
def loaded(trained_artifact: Path) -> artifact.Artifact:
    return artifact.load(trained_artifact)


@pytest.fixture(scope="module")
def predictor(loaded: artifact.Artifact) -> Predictor:
    return Predictor(loaded)


def radiograph(seed: int, *, pneumonia: bool) -> Radiograph:
    return Radiograph(made_radiograph(seed, pneumonia=pneumonia, size=(300, 260)), "PNG", None)


def test_saved_and_loaded_network_gives_the_same_output(loaded: artifact.Artifact, tmp_path: Path) -> None:
    sha256, path = artifact.save_weights_file(loaded.network, tmp_path)
    again = keras.saving.load_model(path, compile=False)
    inputs = np.random.default_rng(0).random((3, 64, 64, 1), dtype=np.float32)
    first, second = loaded.network.predict_on_batch(inputs), again.predict_on_batch(inputs)
    assert sha256 == artifact.file_sha256(path)
    for name in ("logits", "probabilities", "feature_maps", "embedding"):
        assert np.allclose(first[name], second[name], atol=1e-6)


def test_prediction_agrees_with_the_network_itself(trained_artifact: Path, loaded: artifact.Artifact) -> None:
    scan = radiograph(77, pneumonia=True)
    prediction = Predictor.load(trained_artifact).predict(scan)
    inputs = to_model_input(scan.pixels, loaded.manifest.input)[np.newaxis]
    low, high = loaded.network.predict_on_batch(inputs)["logits"][0]
    curve = loaded.manifest.calibration
    expected = 1 / (1 + np.exp(-(curve.slope * (high - low) + curve.intercept)))
    assert prediction.probability == pytest.approx(float(expected), abs=1e-5)
    assert prediction.threshold == loaded.manifest.point().threshold == 0.5
    assert prediction.model_version == loaded.manifest.model_version


def test_tells_made_opacities_from_clear_lungs(predictor: Predictor) -> None:
    sick, well = ([predictor.predict(radiograph(900 + i, pneumonia=p)) for i in range(8)] for p in (True, False))
    assert np.median([p.probability for p in sick]) > np.median([p.probability for p in well]) + 0.2
    assert sum(p.decision == "Pneumonia" for p in sick) + sum(p.decision == "Normal" for p in well) >= 12
    assert {p.explained_class for p in sick + well} == {"Pneumonia"}


@pytest.mark.parametrize("name", OPERATING_POINTS)
def test_decision_is_by_the_threshold_of_the_operating_point(predictor: Predictor, name: str) -> None:
    prediction = predictor.predict(radiograph(5, pneumonia=True), operating_point=name)
    point = predictor.manifest.point(name)
    assert (prediction.operating_point, prediction.threshold) == (name, point.threshold)
    assert prediction.decision == ("Pneumonia" if prediction.probability >= point.threshold else "Normal")


def test_indeterminate_is_what_lies_in_the_band(loaded: artifact.Artifact, predictor: Predictor) -> None:
    scan = radiograph(5, pneumonia=True)
    probability = predictor.predict(scan).probability
    for band, inside in (
        (UncertaintyBand(0.0, probability, 0.02), False),
        (UncertaintyBand(probability, 1.0, 0.02), True),
        (UncertaintyBand(probability, probability, 0.02), False),
        (None, False),
    ):
        banded = artifact.Artifact(loaded.network, loaded.manifest.replace(band=band))
        assert Predictor(banded).predict(scan).indeterminate is inside


def test_either_class_can_be_explained(predictor: Predictor) -> None:
    scan = radiograph(6, pneumonia=True)
    maps = [predictor.predict(scan, explain=name).saliency_map for name in ("Normal", "Pneumonia")]
    assert not np.array_equal(normalise(maps[0]), normalise(maps[1]))
    with pytest.raises(InputRangeError, match="Tuberculosis"):
        predictor.predict(scan, explain="Tuberculosis")


def test_threads_share_one_predictor(predictor: Predictor) -> None:
    scans = [radiograph(i, pneumonia=bool(i % 2)) for i in range(8)]
    alone = [predictor.predict(scan).probability for scan in scans]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda scan: predictor.predict(scan).probability, scans))
    assert together == pytest.approx(alone, abs=1e-6)


def edit(folder: Path, **change: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


def not_a_network(folder: Path) -> None:
    (folder / "model.keras").write_bytes(b"not a network")
    edit(folder, weights_sha256=artifact.file_sha256(folder / "model.keras"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, r"manifest\.json is missing"),
        (lambda folder: (folder / "model.keras").unlink(), r"model\.keras is missing"),
        (lambda folder: (folder / "model.keras").write_bytes(b"another network"), "SHA-256"),
        (not_a_network, "cannot be read"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "cannot be read"),
        (lambda folder: edit(folder, labels=["Pneumonia", "Normal"]), "labels"),
        (lambda folder: edit(folder, operating_points=[]), "no threshold"),
        (lambda folder: edit(folder, operating_points=[RULE_IN]), "it has rule_in"),
        (lambda folder: edit(folder, input={"size": 96}), "reads"),
    ],
)
def test_a_broken_artifact_is_refused(
    trained_artifact: Path, tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    damage(folder := Path(shutil.copytree(trained_artifact, tmp_path / "artifact")))
    with pytest.raises(ArtifactError, match=message):
        Predictor.load(folder)
