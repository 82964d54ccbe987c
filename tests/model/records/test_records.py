"""Every file beside the weights is read and written through one schema; what is damaged is refused and named."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from model.artifact import PRETRAINED
from model.errors import ArtifactError
from model.records.ablation import Ablation
from model.records.base import RecordError, RecordFile
from model.records.cross_validation import CrossValidation
from model.records.evaluation import Evaluation
from model.records.explanations import TESTS, Explanations
from model.records.gate import FOLDER, GateSettings
from model.records.history import History
from model.records.labels import LabelReport
from model.records.ledger import Ledger
from model.records.manifest import IntendedUse, Manifest, UncertaintyBand
from model.records.measured import FILES, read_measured
from model.records.robustness import Robustness
from model.records.split import SplitLists

PLAIN = PRETRAINED.parent / "plain"
OF_WEIGHTS = (Evaluation, History, Robustness, Explanations)
KINDS = (*OF_WEIGHTS, Manifest, Ledger, LabelReport, Ablation, CrossValidation, SplitLists)
SHIPPED = [
    *((PRETRAINED, kind) for kind in KINDS),
    *((PLAIN, kind) for kind in KINDS if (PLAIN / kind.FILE).is_file()),
    (PRETRAINED / FOLDER, GateSettings),
    (PRETRAINED.parents[1] / "training", IntendedUse),
]


def values_of(kind: type[RecordFile], text: str) -> Any:
    return [json.loads(line) for line in text.splitlines() if line] if kind is Ledger else json.loads(text)


def shipped(kind: type[RecordFile]) -> dict[str, Any]:
    return json.loads((PRETRAINED / kind.FILE).read_text(encoding="utf-8"))


LOW, MIDDLE, HIGH = shipped(Manifest)["operating_points"]


@pytest.mark.parametrize(("folder", "kind"), SHIPPED)
def test_a_shipped_file_says_the_same_after_reading_and_writing(
    folder: Path, kind: type[RecordFile], tmp_path: Path
) -> None:
    kind.read(folder).write(tmp_path)
    stored, written = ((place / kind.FILE).read_text(encoding="utf-8") for place in (folder, tmp_path))
    assert values_of(kind, written) == values_of(kind, stored)
    assert kind.from_text(written).to_text() == written


def test_every_json_file_of_the_shipped_models_has_a_schema() -> None:
    known = {kind.FILE for kind in (*KINDS, GateSettings)}
    for folder in (PRETRAINED, PLAIN):
        assert {path.name for path in folder.rglob("*.json*")} <= known
    assert {Path(name).name for name in FILES} >= known - {SplitLists.FILE}


@pytest.mark.parametrize("kind", [*KINDS, GateSettings])
def test_a_file_that_is_missing_is_none_and_one_that_is_damaged_is_refused_by_name(
    kind: type[RecordFile], tmp_path: Path
) -> None:
    assert kind.read(tmp_path) is None
    for content in (b"{", b"\xff\xfe", b'{"surprise": 1, "format": 2}'):
        (tmp_path / kind.FILE).write_bytes(content)
        with pytest.raises(RecordError, match=f"{kind.FILE} cannot be read"):
            kind.read(tmp_path)


def test_records_do_not_change_and_a_changed_copy_is_checked() -> None:
    manifest = Manifest.read(PRETRAINED)
    with pytest.raises(ValueError, match="frozen"):
        manifest.preset = "plain"
    assert manifest.replace(preset="plain").preset == "plain"
    assert manifest.replace(preset=manifest.preset) == manifest
    with pytest.raises(ArtifactError, match="twice"):
        manifest.replace(operating_points=manifest.operating_points * 2)


def test_a_figure_that_is_not_defined_is_null_in_the_file_and_nan_in_python() -> None:
    values = shipped(Explanations)
    pointing = values["localisation"][0]["methods"]["grad_cam"]["hits_where_called"]
    pointing |= {"value": None, "low": None, "high": None, "successes": 0, "trials": 0}
    explanations = Explanations.from_text(json.dumps(values))
    assert math.isnan(explanations.localisation[0].methods["grad_cam"].hits_where_called.value)
    assert json.loads(explanations.to_text()) == values


class TestManifest:
    def test_its_points_by_name(self) -> None:
        manifest = Manifest.read(PRETRAINED)
        assert manifest.point_names == ("rule_out", "balanced", "rule_in")
        assert manifest.point().threshold == manifest.point("balanced").threshold == 0.5
        with pytest.raises(ArtifactError, match="'x'; it has rule_out, balanced, rule_in"):
            manifest.point("x")
        with pytest.raises(ArtifactError, match="no threshold yet"):
            manifest.replace(operating_points=()).point()
        assert manifest.replace(operating_points=manifest.operating_points[::-1]).point_names[0] == "rule_in"

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"format": 3}, "format 3, expected 2"),
            ({"surprise": 1}, "surprise"),
            ({"calibration": {"slope": 0.0, "intercept": 0.0}}, "slope above 0"),
            ({"calibration": {"temperature": 1.0}}, "temperature"),
            ({"input": {"size": 8}}, "outside 32 to 1024"),
            ({"input": {"size": 64, "colour": True}}, "colour"),
            ({"intended_use": {"finding": "pneumonia"}}, "intended_use.population"),
            ({"band": {"low": 0.3}}, "band"),
            *(
                ({"band": {"low": low, "high": high, "error": error}}, "from low to high")
                for low, high, error in ((0.6, 0.4, 0.1), (-0.1, 0.4, 0.1), (0.1, 1.4, 0.1), (0.1, 0.4, 0.0))
            ),
            *(
                ({"operating_points": [MIDDLE | {"threshold": value}]}, "between 0 and 1")
                for value in (0.0, 1.0, float("nan"))
            ),
            ({"operating_points": [{"name": "balanced"}]}, "threshold"),
            ({"operating_points": [MIDDLE | {"name": "x"}]}, "Unknown operating point"),
            ({"operating_points": [MIDDLE | {"surprise": 1}]}, "surprise"),
            ({"operating_points": [LOW | {"threshold": 0.6}, MIDDLE, HIGH]}, "rise"),
            ({"operating_points": [HIGH, MIDDLE, LOW | {"threshold": 0.99}]}, "rise"),
            ({"operating_points": [LOW, MIDDLE, MIDDLE]}, "twice"),
        ],
    )
    def test_what_contradicts_itself_is_refused(self, change: dict[str, Any], message: str) -> None:
        with pytest.raises(RecordError, match=message):
            Manifest.from_text(json.dumps(shipped(Manifest) | change))

    def test_format_1_keeps_its_network_and_loses_its_threshold(self) -> None:
        values = shipped(Manifest) | {"format": 1, "operating_point": {"name": "balanced", "threshold": 0.4}}
        for key in ("operating_points", "band", "intended_use"):
            del values[key]
        manifest = Manifest.from_text(json.dumps(values))
        assert (manifest.operating_points, manifest.band, manifest.intended_use) == ((), None, None)
        assert json.loads(manifest.to_text())["format"] == 2

    def test_a_band_holds_its_lower_end_and_not_its_upper(self) -> None:
        band = UncertaintyBand(0.2, 0.8, 0.05)
        assert [band.contains(p) for p in (0.19, 0.2, 0.5, 0.8)] == [False, True, True, False]
        assert UncertaintyBand(0.2, 1.0, 0.05).contains(1.0)

    def test_whom_the_model_is_meant_for(self) -> None:
        use = IntendedUse.read(PRETRAINED.parents[1] / "training")
        assert (use.youngest_months, use.oldest_months) == (12, 71)
        assert (use.patients, use.images) == ("children aged 1 to 5 years", "frontal chest radiographs")
        assert set(use.trained_views) <= set(use.views)
        with pytest.raises(ArtifactError, match="6 to 5 years"):
            use.replace(youngest_years=6)
        assert Manifest.read(PRETRAINED).intended_use == Manifest.read(PLAIN).intended_use == use


class TestExplanations:
    def test_older_measurements_are_read_and_halves_of_newer_ones_refused(self) -> None:
        values = shipped(Explanations)
        newer = {key: values.pop(key) for key in ("limits", "random_labels", "classes", "surroundings")}
        found = Explanations.from_text(json.dumps(values))
        assert (found.limits, found.random_labels, found.classes, found.judged) == (None, None, {}, None)
        del newer["surroundings"]
        with pytest.raises(RecordError, match="lacks surroundings"):
            Explanations.from_text(json.dumps(values | newer))

    @pytest.mark.parametrize("verdict", [1, "true", "missing"])
    def test_a_verdict_is_true_false_or_null(self, verdict: object) -> None:
        values = shipped(Explanations)
        values["scorecard"]["grad_cam"]["sane"] = verdict
        if verdict == "missing":
            del values["scorecard"]["grad_cam"]["sane"]
        with pytest.raises(RecordError, match="scorecard"):
            Explanations.from_text(json.dumps(values))

    def test_which_tests_failed_and_which_method_is_trusted_first(self) -> None:
        values = shipped(Explanations)
        passed: dict[str, bool | None] = dict.fromkeys(TESTS, True)
        values["scorecard"] = {
            "a": passed | {"in_lungs": False, "sane": False},
            "b": dict.fromkeys(TESTS),
            "c": passed | {"points": None},
        }
        found = Explanations.from_text(json.dumps(values))
        assert (found.failed("a"), found.failed("unknown")) == (("sane", "in_lungs"), ())
        assert (found.first_trusted(("unknown", "a", "b", "c")), found.first_trusted(("a", "b"))) == ("c", None)

    def test_the_opacities_that_pointing_is_judged_by_must_be_there(self) -> None:
        values = shipped(Explanations)
        judged = Explanations.from_text(json.dumps(values)).judged
        assert (judged.size, judged.strength) == ("medium", "dense")
        values["limits"]["located"]["size"] = "huge"
        with pytest.raises(RecordError, match="huge"):
            Explanations.from_text(json.dumps(values))

    def test_a_network_that_did_not_learn_the_labels_is_a_weak_test(self) -> None:
        values = shipped(Explanations)
        for accuracy, by_heart in ((0.95, True), (0.949, False)):
            values["random_labels"]["accuracy"] = accuracy
            assert Explanations.from_text(json.dumps(values)).random_labels.by_heart is by_heart


def test_the_chosen_epoch_is_among_the_epochs_and_other_figures_are_kept() -> None:
    values = shipped(History)
    history = History.from_text(json.dumps(values))
    assert history.chosen.number == values["chosen_epoch"]
    assert history.auroc("clean") == values["views"]["clean"]["auroc"]
    assert history.auroc("unknown") is None
    values["epochs"][0]["learning_rate"] = 0.1
    assert json.loads(History.from_text(json.dumps(values)).to_text()) == values
    with pytest.raises(RecordError, match="chosen epoch 99"):
        History.from_text(json.dumps(values | {"chosen_epoch": 99}))


def test_the_ledger_of_one_test_split() -> None:
    lines = [
        {"opened": "before 2026-11-23", "by": "a trial", "note": "two trials"},
        {"opened": "2026-11-23T05:30:45+00:00", "model_version": "a"},
        {"opened": "2026-11-23T06:03:02+00:00", "model_version": "b", "files_sha256": "x"},
        {"opened": "2026-11-24T06:03:02+00:00", "model_version": "c", "files_sha256": "y", "auroc": 0.98},
    ]
    ledger = Ledger.from_text("\n".join(map(json.dumps, lines)) + "\n\n")
    assert ledger.notes == ("two trials",)
    assert [opening.model_version for opening in ledger.openings] == ["a", "b", "c"]
    assert [opening.model_version for opening in ledger.of_files("y").openings] == ["a", "c"]
    assert ledger.of_files("") == ledger
    assert [json.loads(opening.to_line()) for opening in ledger.openings] == lines[1:]
    with pytest.raises(RecordError, match=r"entries\.0"):
        Ledger.from_text('{"opened": "yesterday"}\n')


def test_folds_their_curves_and_how_far_their_settings_differ() -> None:
    crossed, manifest = CrossValidation.read(PRETRAINED), Manifest.read(PRETRAINED)
    assert (crossed.preset, crossed.size, crossed.epochs, len(crossed.folds)) == ("residual", 128, 8, 5)
    assert crossed.spreads["clean"].mean == pytest.approx(sum(fold.auroc for fold in crossed.folds) / 5)
    assert crossed.folds[0].history.chosen.number == crossed.folds[0].chosen_epoch
    same = crossed.config | {"seed": 99, "fold": 3, "input": crossed.config["input"] | {"size": 32}}
    assert crossed.other_settings(manifest.replace(training=same)) == 0
    assert crossed.other_settings(manifest.replace(training=same | {"batch_size": 1, "patience": 1})) == 2
    assert crossed.other_settings(manifest.replace(training={})) is None


def test_labels_say_who_judged_them() -> None:
    report, manifest = LabelReport.read(PRETRAINED), Manifest.read(PRETRAINED)
    assert (report.is_of(manifest), report.is_of(manifest.replace(weights_sha256="0"))) == (True, False)
    assert report.two_labels == sum(group.two_labels for group in report.near_duplicates)
    assert set(report.suspected) == {"train", "test"}


@pytest.mark.parametrize(
    ("change", "message"),
    [({"weights": [0.0]}, "7 weights"), ({"threshold": 1.0}, "threshold"), ({"scale": [0.0] * 7}, "scale")],
)
def test_a_gate_that_could_not_decide_is_refused(change: dict[str, Any], message: str) -> None:
    values = json.loads((PRETRAINED / FOLDER / GateSettings.FILE).read_text(encoding="utf-8"))
    assert GateSettings.from_text(json.dumps(values | {"measured": {}})).measured is None
    with pytest.raises(RecordError, match=message):
        GateSettings.from_text(json.dumps(values | change))


class TestMeasured:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for name in FILES:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            shutil.copy(PRETRAINED / name, tmp_path / name)
        return tmp_path

    def test_everything_is_read_and_what_is_missing_is_none(self, folder: Path) -> None:
        measured = read_measured(folder)
        assert None not in vars(measured).values()
        for name in FILES[1:]:
            (folder / name).unlink()
        bare = read_measured(folder)
        assert (bare.manifest, bare.problems, measured.problems) == (measured.manifest, (), ())
        assert {value for name, value in vars(bare).items() if name not in ("manifest", "problems")} == {None}

    @pytest.mark.parametrize("name", FILES[1:])
    def test_a_damaged_file_is_a_problem_and_leaves_the_others(self, folder: Path, name: str) -> None:
        (folder / name).write_text("{", encoding="utf-8")
        measured = read_measured(folder)
        missing = [key for key, value in vars(measured).items() if value is None]
        assert len(missing) == (2 if name == Evaluation.FILE else 1), "without an evaluation, scores say nothing"
        (problem,) = measured.problems
        assert Path(name).name in problem

    @pytest.mark.parametrize("kind", OF_WEIGHTS)
    def test_a_file_of_other_weights_is_not_shown(self, folder: Path, kind: type[RecordFile]) -> None:
        (folder / kind.FILE).write_text(json.dumps(shipped(kind) | {"weights_sha256": "0" * 64}), encoding="utf-8")
        measured = read_measured(folder)
        assert kind.FILE in measured.problems[0]
        assert not any(isinstance(value, kind) for value in vars(measured).values())

    def test_without_a_manifest_there_is_nothing(self, folder: Path) -> None:
        (folder / Manifest.FILE).unlink()
        with pytest.raises(ArtifactError, match=r"manifest\.json is missing"):
            read_measured(folder)
