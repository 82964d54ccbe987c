"""The Heatmap tab: the scorecard in words, and the figures of the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.screens.performance.heatmaps import TESTS
from model.saliency import METHODS
from tests.app.explained import NEWER, explanations, write_explanations
from tests.app.screens.performance.reading import frame, words

OpenTab = Callable[..., AppTest]


def test_the_scorecard_names_what_passes_and_what_fails(open_tab: OpenTab, artifact: Path) -> None:
    write_explanations(artifact, failed={"grad_cam": ("in_lungs",), "layer_cam": ("sane", "points")})
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
    assert "Five of seven methods" in text
    assert "shows Grad-CAM++ first" in text
    for limit in ("at least 0.8", "at least 75 % of the medium, dense", "at least 70 % on average", "up to 5 %"):
        assert limit in text
    write_explanations(artifact, failed=dict.fromkeys(METHODS, ("faithful",)))
    text = words(open_tab(artifact, "Heatmap"))
    assert "No heatmap can be relied on" in text
    assert "shows Grad-CAM first, with a warning" in text


def test_the_figures_are_those_of_the_file(open_tab: OpenTab, artifact: Path) -> None:
    write_explanations(artifact)
    values, page = explanations(artifact), open_tab(artifact, "Heatmap")
    deletion = frame(page, "Deletion")
    for key, method in METHODS.items():
        one = values["validation"]["faithfulness"][key]["deletion"]
        assert deletion[method.title]["Deletion"] == f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})"
    assert deletion["Grad-CAM"]["Gain over random"].startswith("+0.123")
    assert deletion["Random order (baseline)"]["Gain over random"] == "–"
    *_, last = frame(page, "Random weights")["Grad-CAM"].values()
    assert last.startswith("−0.050")
    likeness = frame(page, "Random weights")["Grad-CAM"]
    shown = ("Random weights", "Random labels", "Different radiographs", "Mild changes", "Small shifts")
    assert [likeness[name][:5] for name in shown] == ["0.241", "0.200", "0.352", "0.900", "0.860"]
    place = frame(page, "On drawn letters")
    assert [cell.split()[0] for cell in list(place["Grad-CAM"].values())[1:]] == ["70", "78", "71", "2"]
    assert place["Score-CAM"]["Hits"] == "–", "It was not asked."
    shortcuts = list(frame(page, "AUROC, test").values())[3:]
    assert [(one["AUROC, validation"][:5], one["AUROC, test"][:5]) for one in shortcuts] == [
        ("0.700", "0.720"),
        ("0.870", "0.790"),
        ("0.620", "0.660"),
        ("0.810", "0.740"),
    ]
    opacities = frame(page, "Faint")
    assert list(opacities) == ["Small", "Medium", "Large", "Lobar"]
    assert [cell.split()[0] for cell in list(opacities["Medium"].values())[1:]] == ["12", "24", "36", "48"]


def test_each_measurement_has_its_sentence(open_tab: OpenTab, artifact: Path) -> None:
    write_explanations(artifact)
    text = words(open_tab(artifact, "Heatmap"))
    for told in (
        "on 120 validation radiographs falls from 0.980 to 0.620 (95 % interval 0.580 to 0.640; test: 0.660), better",
        "AUROC 0.810 (95 % interval 0.760 to 0.860; test: 0.740)",
        "gives back 99 % of the labels of 512 images",
        "Two networks",
        "similarity is 0.123 and 0.234",
        "changed 2 verdicts. They cover 3.1 % of the picture and get 1.7 % of the colour of Grad-CAM",
        "with Occlusion (0.850) and least with Grad-CAM (−0.050)",
        "lobar and solid (96 %)",
        "plain, 112 pixels, 10 epochs",
        "120 validation and 120 test radiographs whose lungs were outlined",
    ):
        assert told in text
    assert "weakens" not in text


def _weak(values: dict[str, Any]) -> None:
    values["random_labels"]["accuracy"] = 0.71


def _less(values: dict[str, Any]) -> None:
    del values["repeatability"]["other_seeds"]["two"]
    del values["validation"]["markers"]["methods"]["grad_cam"]["true_positive"]["share"]


def _no_better(values: dict[str, Any]) -> None:
    values["shortcuts"]["validation"]["lungs_covered"] |= {"low": 0.45, "high": 0.7}
    values["surroundings"]["views"]["lungs_covered"]["validation"] |= {"low": 0.45}


@pytest.mark.parametrize(
    ("change", "told", "never"),
    [
        (_weak, ["did not learn them by heart: it gives back 71 %", "weakens"], ["learned them by heart"]),
        (_less, ["One network ", "changed 2 verdicts."], ["get 1.7 %"]),
        (_no_better, ["no different from chance", "give nothing away"], ["better than chance: the model"]),
    ],
)
def test_what_is_weak_or_missing_is_told_so(
    open_tab: OpenTab,
    artifact: Path,
    change: Callable[[dict[str, Any]], None],
    told: list[str],
    never: list[str],
) -> None:
    values = explanations(artifact)
    change(values)
    (artifact / "explanations.json").write_text(json.dumps(values), encoding="utf-8")
    text = words(open_tab(artifact, "Heatmap"))
    assert all(one in text for one in told)
    assert not any(one in text for one in never)


def test_older_measurements_and_none_are_shown(open_tab: OpenTab, artifact: Path) -> None:
    write_explanations(artifact, older=True)
    page = open_tab(artifact, "Heatmap")
    assert NEWER
    assert set(frame(page, "Random weights")["Grad-CAM"]) == {
        "Method",
        "Random weights",
        "Different radiographs",
        "Mild changes",
    }
    assert "Small networks" not in words(page)
    (artifact / "explanations.json").unlink()
    page = open_tab(artifact, "Heatmap")
    assert "not tested" in words(page)
    assert not page.dataframe
    (artifact / "explanations.json").write_text("{}", encoding="utf-8")
    assert "explanations.json" in " ".join(one.value for one in open_tab(artifact, "Heatmap").error)
