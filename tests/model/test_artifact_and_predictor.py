from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import keras
import numpy as np
import pytest

from model import artifact
from model.errors import ArtifactError, InputRangeError
from model.predictor import Predictor
from model.preprocessing import to_model_input
from model.radiograph import Radiograph
from model.records.manifest import OPERATING_POINTS, Manifest, UncertaintyBand
from model.saliency import normalise
from tests.made import made_radiograph

RATE = {"value": 0.9, "low": 0.8, "high": 0.95}
POINT = {"name": "balanced", "threshold": 0.5, "low": 0.4, "high": 0.6, "method": "", "chosen_on": ""}
POINT |= {"sensitivity": RATE, "specificity": RATE}


@pytest.fixture
def broken(trained_artifact: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(trained_artifact, tmp_path / "artifact"))


@pytest.fixture(scope="module")
def predictor(trained_artifact: Path) -> Predictor:
    return Predictor.load(trained_artifact)


def radiograph(seed: int, *, pneumonia: bool) -> Radiograph:
    return Radiograph(made_radiograph(seed, pneumonia=pneumonia, size=(300, 260)), "PNG", None)


def test_saved_and_loaded_network_gives_the_same_output(trained_artifact: Path, tmp_path: Path) -> None:
    loaded = artifact.load(trained_artifact)
    sha256, path = artifact.save_weights_file(loaded.network, tmp_path)
    again = keras.saving.load_model(path, compile=False)
    inputs = np.random.default_rng(0).random((3, 64, 64, 1), dtype=np.float32)
    first, second = loaded.network.predict_on_batch(inputs), again.predict_on_batch(inputs)
    assert sha256 == artifact.file_sha256(path)
    for name in ("logits", "probabilities", "feature_maps", "embedding"):
        assert np.allclose(first[name], second[name], atol=1e-6)


def test_prediction_agrees_with_the_network_itself(predictor: Predictor, trained_artifact: Path) -> None:
    loaded = artifact.load(trained_artifact)
    scan = radiograph(77, pneumonia=True)
    prediction = predictor.predict(scan)
    inputs = to_model_input(scan.pixels, loaded.manifest.input)[np.newaxis]
    low, high = loaded.network.predict_on_batch(inputs)["logits"][0]
    curve = loaded.manifest.calibration
    expected = 1 / (1 + np.exp(-(curve.slope * (high - low) + curve.intercept)))
    assert prediction.probability == pytest.approx(float(expected), abs=1e-5)
    assert prediction.threshold == loaded.manifest.point().threshold == 0.5
    assert prediction.model_version == loaded.manifest.model_version


def test_tells_made_opacities_from_clear_lungs(predictor: Predictor) -> None:
    sick = [predictor.predict(radiograph(900 + i, pneumonia=True)) for i in range(8)]
    well = [predictor.predict(radiograph(900 + i, pneumonia=False)) for i in range(8)]
    assert np.median([p.probability for p in sick]) > np.median([p.probability for p in well]) + 0.2
    assert sum(p.decision == "Pneumonia" for p in sick) + sum(p.decision == "Normal" for p in well) >= 12
    assert all(p.explained_class == "Pneumonia" for p in sick + well)


@pytest.mark.parametrize("name", OPERATING_POINTS)
def test_decision_is_by_the_threshold_of_the_operating_point(predictor: Predictor, name: str) -> None:
    prediction = predictor.predict(radiograph(5, pneumonia=True), operating_point=name)
    point = predictor.manifest.point(name)
    assert (prediction.operating_point, prediction.threshold) == (name, point.threshold)
    assert prediction.decision == ("Pneumonia" if prediction.probability >= point.threshold else "Normal")


def test_indeterminate_is_what_lies_in_the_band(trained_artifact: Path) -> None:
    loaded = artifact.load(trained_artifact)
    scan = radiograph(5, pneumonia=True)
    probability = Predictor(loaded).predict(scan).probability
    for low, high, inside in ((0.0, probability, False), (probability, 1.0, True), (probability, probability, False)):
        manifest = loaded.manifest.replace(band=UncertaintyBand(low, high, 0.02))
        assert Predictor(artifact.Artifact(loaded.network, manifest)).predict(scan).indeterminate is inside
    manifest = loaded.manifest.replace(band=None)
    assert not Predictor(artifact.Artifact(loaded.network, manifest)).predict(scan).indeterminate


def test_a_manifest_of_format_1_is_read_but_has_no_threshold_yet(broken: Path) -> None:
    values = json.loads((broken / "manifest.json").read_text())
    for key in ("operating_points", "band"):
        del values[key]
    old = values | {"format": 1, "operating_point": {"name": "balanced", "threshold": 0.5}}
    (broken / "manifest.json").write_text(json.dumps(old))
    assert artifact.load(broken).manifest.operating_points == ()
    with pytest.raises(ArtifactError, match="no threshold yet"):
        Predictor.load(broken)


def test_either_class_can_be_explained(predictor: Predictor) -> None:
    scan = radiograph(6, pneumonia=True)
    maps = [predictor.predict(scan, explain=name).saliency_map for name in ("Normal", "Pneumonia")]
    assert not np.array_equal(normalise(maps[0]), normalise(maps[1]))
    with pytest.raises(InputRangeError, match="Tuberculosis"):
        predictor.predict(scan, explain="Tuberculosis")


def test_threads_share_one_predictor(predictor: Predictor) -> None:
    scans = [radiograph(i, pneumonia=bool(i % 2)) for i in range(8)]
    alone = [predictor.predict(scan).probability for scan in scans]
    together: dict[int, float] = {}

    def score(index: int) -> None:
        together[index] = predictor.predict(scans[index]).probability

    threads = [threading.Thread(target=score, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[i] for i in range(8)] == pytest.approx(alone, abs=1e-6)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"manifest\.json is missing"):
        Predictor.load(tmp_path / "nowhere")


def test_missing_weights_are_refused(broken: Path) -> None:
    (broken / "model.keras").unlink()
    with pytest.raises(ArtifactError, match=r"model\.keras is missing"):
        Predictor.load(broken)


def test_weights_that_are_not_the_manifests_are_refused(broken: Path) -> None:
    with (broken / "model.keras").open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(ArtifactError, match="SHA-256"):
        Predictor.load(broken)


def test_weights_that_are_no_network_are_refused(broken: Path) -> None:
    (broken / "model.keras").write_bytes(b"not a network")
    edit(broken, weights_sha256=artifact.file_sha256(broken / "model.keras"))
    with pytest.raises(ArtifactError, match="cannot be read"):
        Predictor.load(broken)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "format"),
        ({"labels": ["Pneumonia", "Normal"]}, "labels"),
        ({"surprise": 1}, "surprise"),
        ({"operating_points": []}, "no threshold"),
        ({"operating_points": [POINT | {"threshold": 1.5}]}, "between 0 and 1"),
        ({"operating_points": [POINT | {"name": "x"}]}, "Unknown operating point"),
        ({"operating_points": [POINT | {"surprise": 1}]}, "surprise"),
        ({"operating_points": [{"name": "balanced"}]}, "threshold"),
        ({"operating_points": [POINT | {"name": "rule_in"}]}, "it has rule_in"),
        ({"operating_points": [POINT, POINT]}, "twice"),
        ({"operating_points": [POINT, POINT | {"name": "rule_in", "threshold": 0.3}]}, "rise"),
        ({"band": {"low": 0.7, "high": 0.3, "error": 0.02}}, "from low to high"),
        ({"band": {"low": 0.3}}, "band"),
        ({"input": {"size": 96}}, "reads"),
        ({"calibration": {"slope": -1.0, "intercept": 0.0}}, "slope above 0"),
        ({"calibration": {"temperature": 1.0}}, "temperature"),
        ({"input": {"size": 64, "colour": True}}, "colour"),
    ],
)
def test_manifest_that_does_not_agree_is_refused(broken: Path, change: dict[str, object], message: str) -> None:
    edit(broken, **change)
    with pytest.raises(ArtifactError, match=message):
        Predictor.load(broken)


def test_manifest_that_is_not_json_is_refused(broken: Path) -> None:
    (broken / "manifest.json").write_text("{")
    with pytest.raises(ArtifactError, match="cannot be read"):
        artifact.read_manifest(broken)


def test_manifest_survives_the_way_to_json_and_back(trained_artifact: Path) -> None:
    manifest = artifact.read_manifest(trained_artifact)
    assert Manifest.from_text(manifest.to_text()) == manifest


def edit(folder: Path, **change: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
