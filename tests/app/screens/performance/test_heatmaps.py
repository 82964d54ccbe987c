"""The Heatmap tab: the scorecard in words, and the figures of the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.screens.performance.heatmaps import TESTS
from app.ui.numbers import figure, figure_range, percent, percent_range, signed
from model.saliency import METHODS
from tests.app.driving import words
from tests.app.explained import write_explanations
from tests.app.screens.performance.conftest import OpenTab
from tests.app.screens.performance.reading import frame

TITLES = {key: method.title for key, method in METHODS.items()}
TITLES |= {"random": "Random order (baseline)", "centre": "Centre first (baseline)"}


def as_figure(found: dict[str, Any]) -> str:
    return f"{figure(found['value'])} ({figure_range(found['low'], found['high'])})"


def as_gain(found: dict[str, Any]) -> str:
    return f"{signed(found['value'])} ({figure_range(found['low'], found['high'])})"


def as_share(found: dict[str, Any]) -> str:
    return f"{percent(found['value'])} ({percent_range(found['low'], found['high'])})".replace("\u00a0", " ")


def as_auroc(found: dict[str, Any], on_test: dict[str, Any]) -> str:
    interval = figure_range(found["low"], found["high"])
    return f"{figure(found['auroc'])} (95 % interval {interval}; test: {figure(on_test['auroc'])})"


def each(found: dict[str, Any], *names: str) -> dict[str, Any]:
    """By title of the method, what the file holds under the names."""
    for name in names:
        found = {key: one[name] for key, one in found.items() if one.get(name)}
    return {TITLES[key]: one for key, one in found.items()}


def test_the_scorecard_names_what_passes_and_what_fails(open_tab: OpenTab, artifact: Path) -> None:
    limits = write_explanations(artifact, failed={"grad_cam": ("in_lungs",), "layer_cam": ("sane", "points")})["limits"]
    page = open_tab(artifact, "Heatmap")
    found = frame(page, TESTS["sane"])
    assert list(found) == [method.title for method in METHODS.values()]
    passes, fails = "✓ passes", "✗ fails"
    for title, verdicts in (
        ("Grad-CAM", (passes, passes, passes, passes, fails)),
        ("LayerCAM (finer layer)", (passes, fails, passes, fails, passes)),
        ("Occlusion", (passes, passes, passes, "not tested", passes)),
    ):
        assert tuple(found[title][test] for test in TESTS.values()) == verdicts
    text = words(page)
    pointing = f"{100 * limits['points']:g} % of the medium, dense"
    for told in (
        *("Five of seven", "shows Grad-CAM++ first", pointing),
        *(f"at least {limits['repeatable']}", f"at least {100 * limits['in_lungs']:g} % on average", "up to 5 %"),
    ):
        assert told in text
    write_explanations(artifact, failed=dict.fromkeys(METHODS, ("faithful",)))
    text = words(open_tab(artifact, "Heatmap"))
    assert "No heatmap" in text
    assert "Grad-CAM first, with a warning" in text


def test_the_figures_are_those_of_the_file(open_tab: OpenTab, artifact: Path) -> None:
    values = write_explanations(artifact)
    page, validation, on_test = open_tab(artifact, "Heatmap"), values["validation"], values["test"]
    faithful, weights, repeated = validation["faithfulness"], values["randomisation"], values["repeatability"]
    (located,) = [one for one in values["localisation"] if (one["size"], one["strength"]) == ("medium", "dense")]
    for column, written, expected in (
        ("Deletion", as_figure, each(faithful, "deletion")),
        ("Insertion", as_figure, each(faithful, "insertion")),
        ("Deletion on test", as_figure, each(on_test["faithfulness"], "deletion")),
        ("Gain over random", as_gain, each(faithful, "deletion_advantage", "random")),
        ("Gain over centre", as_gain, each(faithful, "deletion_advantage", "centre")),
        ("Random weights", as_figure, each(weights, "end")),
        ("Random labels", as_figure, each(values["random_labels"]["methods"], "ssim")),
        ("Different radiographs", as_figure, each(weights, "random_pair")),
        ("Mild changes", as_figure, each(repeated["mild_changes"], "ssim")),
        ("Small shifts", as_figure, each(repeated["shifts"], "ssim")),
        ("The two classes", as_figure, each(values["classes"], "ssim")),
        ("Hits", as_share, each(located["methods"], "hits_unseen_shapes")),
        ("In the lungs", as_share, each(validation["mass"], "true_positive", "lungs")),
        ("In the lungs, test", as_share, each(on_test["mass"], "true_positive", "lungs")),
        ("On drawn letters", as_share, each(validation["markers"]["methods"], "true_positive", "share")),
    ):
        found = {title: cells[column] for title, cells in frame(page, column).items() if cells[column] != "–"}
        assert found == {title: written(one) for title, one in expected.items()}, column
    small, whole = values["surroundings"]["views"], values["shortcuts"]
    rows = list(frame(page, "AUROC, test").values())[3:]
    for split in ("validation", "test"):
        views = [of for view in ("lungs_blanked", "lungs_covered") for of in (whole[split][view], small[view][split])]
        assert [row[f"AUROC, {split}"].split()[0] for row in rows] == [figure(one["auroc"]) for one in views]
    opacities = frame(page, "Faint")
    for one in values["localisation"]:
        assert opacities[one["size"].capitalize()][one["strength"].capitalize()] == as_share(one["called_pneumonia"])


def test_each_measurement_has_its_sentence(open_tab: OpenTab, artifact: Path) -> None:
    values = write_explanations(artifact)
    text, taught, seeds = words(open_tab(artifact, "Heatmap")), values["random_labels"], values["repeatability"]
    validation, on_test = values["shortcuts"]["validation"], values["shortcuts"]["test"]
    covered, small = validation["lungs_covered"], values["surroundings"]["views"]["lungs_covered"]
    marks = values["validation"]["markers"]
    share = marks["methods"]["grad_cam"]["true_positive"]["share"]["value"]
    alike = {title: one["value"] for title, one in each(values["classes"], "ssim").items()}
    called = {
        f"{one['size']} and {one['strength']}": one["called_pneumonia"]["value"] for one in values["localisation"]
    }
    for told in (
        f"on {covered['scans']} validation radiographs falls from {figure(validation['clean']['auroc'])} to "
        f"{as_auroc(covered, on_test['lungs_covered'])}, better",
        f"AUROC {as_auroc(small['validation'], small['test'])}",
        f"{percent(taught['accuracy'])} of the labels of {taught['images']} images",
        "Two networks",
        "similarity is "
        + " and ".join(figure(one["grad_cam"]["ssim"]["value"]) for one in seeds["other_seeds"].values()),
        f"changed {marks['turned']} verdict. They cover {percent(marks['area'], 1)}",
        f"get {percent(share, 1)} of the colour of Grad-CAM",
        *(
            f"with {title} ({figure(alike[title])})"
            for title in (pick(alike, key=alike.__getitem__) for pick in (min, max))
        ),
        *(
            f"{kind} ({percent(called[kind])})"
            for kind in (pick(called, key=called.__getitem__) for pick in (min, max))
        ),
        "plain, 112 pixels, 10 epochs",
        f"{covered['scans']} validation and {on_test['clean']['scans']} test radiographs",
    ):
        assert told.replace("\u00a0", " ") in text
    assert "weakens" not in text


def test_what_is_weak_or_missing_is_told_so(open_tab: OpenTab, artifact: Path) -> None:
    values = write_explanations(artifact)
    values["random_labels"]["accuracy"] = 0.71
    values["repeatability"]["other_seeds"].popitem()
    del values["validation"]["markers"]["methods"]["grad_cam"]["true_positive"]["share"]
    values["shortcuts"]["validation"]["lungs_covered"] |= {"low": 0.45, "high": 0.7}
    values["surroundings"]["views"]["lungs_covered"]["validation"] |= {"low": 0.45}
    (artifact / "explanations.json").write_text(json.dumps(values), encoding="utf-8")
    text = words(open_tab(artifact, "Heatmap"))
    told = (
        "did not learn",
        "gives back 71 %",
        "weakens",
        "One network ",
        "verdict.",
        "different from chance",
        "nothing away",
    )
    assert [one for one in told if one not in text] == []
    never = ("learned them by heart", "% of the colour of", "better than chance: the model")
    assert [one for one in never if one in text] == []


def test_older_measurements_and_none_are_shown(open_tab: OpenTab, artifact: Path) -> None:
    write_explanations(artifact, older=True)
    page = open_tab(artifact, "Heatmap")
    columns = {"Method", "Random weights", "Different radiographs", "Mild changes"}
    assert set(frame(page, "Random weights")["Grad-CAM"]) == columns
    assert "Small networks" not in words(page)
    (artifact / "explanations.json").unlink()
    page = open_tab(artifact, "Heatmap")
    assert "not tested" in words(page)
    assert not page.dataframe
    (artifact / "explanations.json").write_text("{}", encoding="utf-8")
    assert "explanations.json" in " ".join(one.value for one in open_tab(artifact, "Heatmap").error)
