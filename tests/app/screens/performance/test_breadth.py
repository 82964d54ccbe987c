"""The For whom tab: subgroups, altered radiographs, and what the input check rejects."""

from __future__ import annotations

import json
from pathlib import Path

from tests.app.driving import read, words, write
from tests.app.screens.performance.conftest import OpenTab
from tests.app.screens.performance.reading import frame


def test_groups_have_names_and_their_own_figures(open_tab: OpenTab, artifact: Path) -> None:
    values = read(artifact, "evaluation.json")
    found = values["test"]["subgroups"]
    kinds = ("virus", "IM", "other")
    found["groups"] = [found["groups"][0] | {"by": "kind by file name", "group": kind} for kind in kinds]
    found["groups"][1] |= {"value": 0.5, "low": 0.4, "high": 0.6}
    found["groups"].append(found["groups"][0] | {"by": "size", "group": "over 1,536 px"})
    write(artifact, "evaluation.json", values)
    page = open_tab(artifact, "For whom")
    rows = frame(page, "True label")
    assert list(rows) == ["Viral pneumonia", "Normal, series IM", "Other file names", "over 1,536 px (longer side)"]
    assert rows["Normal, series IM"]["Classified correctly"] == "50.0 % (40.0 to 60.0 %)"
    text = words(page)
    assert "worst on “Normal, series IM”: 50.0 %" in text
    assert "age and sex" in text
    assert all(answer in text for answer in found["uniform"].values())
    del values["test"]["subgroups"]
    write(artifact, "evaluation.json", values)
    assert "not measured" in words(open_tab(artifact, "For whom"))


def test_what_exceeds_its_limit_is_marked(open_tab: OpenTab, artifact: Path) -> None:
    values = read(artifact, "robustness.json")
    for one in values["test"]["perturbed"]:
        one["drop"] = {1: 0.021, 2: -0.004, 3: 0.3}[one["strength"]] if one["perturbation"] == "crop" else 0.0
    write(artifact, "robustness.json", values)
    page = open_tab(artifact, "For whom")
    overview = frame(page, "Strength 2")
    crop = [overview["Crop"][f"Strength {strength}"] for strength in (1, 2, 3)]
    assert crop == ["−2.1 **▼ over limit**", "+0.4", "−30.0"]
    assert overview["JPEG"]["Strength 1"] == "0.0"
    limited = sum(one["strength"] < 3 for one in values["test"]["perturbed"])
    assert f"1 of {limited} settings that have a limit exceed it: crop at strength 1 (2.1 percentage" in words(page)
    unaltered = frame(page, "Specificity")["Unaltered"]
    assert unaltered["Specificity"] == f"{100 * values['test']['unchanged']['specificity']:.1f} %"
    chart = json.loads(page.get("plotly_chart")[-1].proto.spec)
    assert {one["name"] for one in chart["data"]} == {"strength 1", "strength 2", "strength 3"}


def test_robustness_that_is_of_another_model_or_missing_leaves_the_rest(open_tab: OpenTab, artifact: Path) -> None:
    write(artifact, "robustness.json", read(artifact, "robustness.json") | {"weights_sha256": "0" * 64})
    page = open_tab(artifact, "For whom")
    assert "robustness.json" in words(page)
    assert frame(page, "True label")
    (artifact / "robustness.json").unlink()
    page = open_tab(artifact, "For whom")
    assert not page.error
    assert "not measured" in words(page)


def test_rejections_are_counted(open_tab: OpenTab, gated_artifact: Path) -> None:
    values = read(gated_artifact, "evaluation.json")
    values["test"]["refused_by_the_gate"] = {"refused": 2, "images": 40, "low": 0.014, "high": 0.165, "paths": []}
    write(gated_artifact, "evaluation.json", values)
    page = open_tab(gated_artifact, "For whom")
    gate = read(gated_artifact / "gate", "gate.json")["measured"]
    kinds = frame(page, "In its training")
    assert [int(one["Rejected"].replace(",", "")) for one in kinds.values()] == [
        one["refused"] for one in gate["impostors"]
    ]
    assert {one["In its training"] for one in kinds.values()} == {"yes", "no"}
    text = words(page)
    assert "2 of 40 test radiographs (5.0 %, 95 % interval 1.4 to 16.5 %)" in text
    assert f"{gate['validation_refused']} of {gate['validation_scans']} validation radiographs" in text
    unseen = [one for one in gate["impostors"] if not one["taught"]]
    assert f"{sum(one['refused'] for one in unseen)} of {sum(one['pictures'] for one in unseen)} pictures of" in text
