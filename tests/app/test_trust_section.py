"""“Can I trust the heatmap?” on the Performance page: the scorecard in words, and the figures of the file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from app import wording
from app.measured import read_explanations
from model.artifact import read_manifest
from model.saliency import METHODS
from tests.app.driving import performance_tab, text_of
from tests.app.explained import explanations, write_explanations

OpenApp = Callable[[Path], AppTest]


def performance(open_app: OpenApp, folder: Path) -> str:
    page = performance_tab(open_app(folder), "Heatmap")
    assert not page.exception
    return unescape(text_of(page))


def rows(text: str, caption: str) -> dict[str, list[list[str]]]:
    """The cells' words by row of the table with a caption."""
    table = next(one for one in re.findall(r"<table.*?</table>", text, re.DOTALL) if caption in one)
    return {
        name: [re.sub(r"<[^>]+>", " ", cell).split() for cell in re.findall(r"<td[^>]*>(.*?)</td>", body)]
        for name, body in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', table)
    }


def meanings(folder: Path) -> list[str]:
    found = read_explanations(folder, read_manifest(folder))
    assert found is not None
    return wording.meaning_sentences(found)


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Write the made figures, changed."""
    values = explanations(folder)
    change(values)
    (folder / "explanations.json").write_text(json.dumps(values), encoding="utf-8")


def test_the_scorecard_is_told_in_symbols_and_words(open_app: OpenApp, artifact: Path) -> None:
    failed = {"grad_cam": ("in_lungs",), "layer_cam": ("sane", "points")}
    write_explanations(artifact, failed=failed)
    text = performance(open_app, artifact)
    found = rows(text, "marks methods that fail a test")
    assert list(found) == [method.title for method in METHODS.values()]
    passes, fails, open_ = ["✓", "passes"], ["✗", "fails"], ["not", "judged"]
    assert found["Grad-CAM"] == [passes, passes, passes, passes, fails]
    assert found["LayerCAM (finer layer)"] == [passes, fails, passes, fails, passes]
    assert found["Occlusion"] == [passes, passes, passes, open_, passes]
    assert "Five of seven methods fail none of the tests" in text
    assert "The Predict page shows Grad-CAM++ first." in text
    for title, meaning in zip(wording.TEST_TITLES.values(), meanings(artifact), strict=True):
        assert title in meaning
        assert meaning in text


def test_the_figures_and_intervals_are_those_of_the_file(open_app: OpenApp, artifact: Path) -> None:
    write_explanations(artifact)
    values, text = explanations(artifact), performance(open_app, artifact)
    deletion = rows(text, "deletion: less is better")
    for key, method in METHODS.items():
        one = values["validation"]["faithfulness"][key]["deletion"]
        assert deletion[method.title][0] == f"{one['value']:.3f} {one['low']:.3f} to {one['high']:.3f}".split()
    assert deletion["Grad-CAM"][1][0] == "+0.123"
    assert deletion["Random order (baseline)"][1:3] == [["–"], ["–"]]
    likeness = rows(text, "Likeness: structural similarity")
    assert [cell[0] for cell in likeness["Grad-CAM"]] == ["0.241", "0.200", "0.352", "0.900", "−0.050"]
    place = rows(text, "in shapes that training never showed, and count")
    assert [cell[0] for cell in place["Grad-CAM"]] == ["70", "78", "71"]
    assert place["Score-CAM"][0] == ["–"], "It was not asked."
    shortcuts = rows(text, "Small networks: architecture plain, input of 112 pixels, trained for 10 epochs")
    assert list(shortcuts)[3:] == [
        "Lungs blanked, their shape left",
        "Small network trained on blanked lungs",
        "Lungs covered by one fixed shape",
        "Small network trained on covered lungs",
    ]
    assert [[cell[0] for cell in cells] for cells in shortcuts.values()][3:] == [
        ["0.700", "0.720"],
        ["0.870", "0.790"],
        ["0.620", "0.660"],
        ["0.810", "0.740"],
    ]
    assert (
        "falls from 0.980 to 0.620 (95 % interval 0.580 to 0.640; on test 0.660), which is better than chance" in text
    )
    opacities = rows(text, "They are drawings, not disease.")
    assert [cell[0] for cell in opacities["Medium"]] == ["12", "24", "36", "48"]
    assert list(opacities) == ["Small", "Medium", "Large", "Lobar"]
    assert "most when they are lobar and solid (96\u00a0% turned the verdict to Pneumonia)" in text


def test_the_tests_are_told_with_the_limits_of_the_file(open_app: OpenApp, artifact: Path) -> None:
    write_explanations(artifact)
    text = performance(open_app, artifact)
    assert "a likeness of at least 0.8, where 1 is the same map" in text
    assert "lies on at least 75\u00a0% of the medium, dense opacities" in text
    assert "at least 70\u00a0% of its colour lies inside the lungs" in text
    assert "when a network of the same kind was taught random labels" in text


def test_the_newer_measurements_are_told_in_a_sentence_each(open_app: OpenApp, artifact: Path) -> None:
    write_explanations(artifact)
    text = performance(open_app, artifact)
    assert "knows them by heart: it gives back 99\u00a0% of those of its 512 images" in text
    assert "weak test" not in text
    assert "are most alike with Occlusion (likeness 0.850) and least alike with Grad-CAM (−0.050)" in text
    assert (
        "an AUROC of 0.810 on such scans of validation (95 % interval 0.760 to 0.860; on test 0.740), which is better "
        "than chance: the surroundings alone give some of the answer away." in text
    )


def test_a_network_that_did_not_learn_its_random_labels_is_called_a_weak_test(
    open_app: OpenApp, artifact: Path
) -> None:
    rewrite(artifact, lambda values: values["random_labels"].update(accuracy=0.71))
    text = performance(open_app, artifact)
    told = "did not learn them by heart: it gives back 71\u00a0% of those of its 512 images"
    assert text.count(told) == 1
    assert text.index(told) < text.index("marks methods that fail a test"), "It stands by the scorecard."


def test_surroundings_that_teach_nothing_are_told_as_such(open_app: OpenApp, artifact: Path) -> None:
    chance = {"auroc": 0.52, "low": 0.47, "high": 0.57}
    rewrite(artifact, lambda values: values["surroundings"]["views"]["lungs_covered"]["validation"].update(chance))
    assert "no better than chance: it found nothing there to go by." in performance(open_app, artifact)


def test_an_older_measurement_is_shown_without_what_it_lacks(open_app: OpenApp, artifact: Path) -> None:
    write_explanations(artifact, older=True)
    text = performance(open_app, artifact)
    assert "cannot be read" not in text
    for title, meaning in zip(wording.TEST_TITLES.values(), meanings(artifact), strict=True):
        assert meaning in text
        assert meaning.startswith(title)
    for absent in ("at least", "random labels", "Two classes", "mall network", "training never showed", "cheat with"):
        assert absent not in text[text.index("Can I trust the heatmap?") :]
    likeness = rows(text, "Likeness: structural similarity")
    assert [cell[0] for cell in likeness["Grad-CAM"]] == ["0.241", "0.352", "0.900"]
    assert [cell[0] for cell in rows(text, "<caption>In the lungs: share")["Grad-CAM"]] == ["78", "71"]
    covered = rows(text, "<caption>Small figures are 95 % intervals.<")
    assert len(covered) == 5
    assert len(rows(text, "They are drawings, not disease.")["Medium"]) == 3


def test_a_network_that_is_at_chance_without_lungs_shows_no_sign_of_a_shortcut(
    open_app: OpenApp, artifact: Path
) -> None:
    chance = {"auroc": 0.52, "low": 0.47, "high": 0.57}
    rewrite(artifact, lambda values: values["shortcuts"]["validation"]["lungs_covered"].update(chance))
    assert "cannot be told from chance: no sign that it reads the surroundings" in performance(open_app, artifact)


def test_where_every_method_failed_the_page_says_so(open_app: OpenApp, artifact: Path) -> None:
    write_explanations(artifact, failed=dict.fromkeys(METHODS, ("repeatable",)))
    text = performance(open_app, artifact)
    assert "Every method failed at least one test: no heatmap is to be relied on." in text
    assert "The Predict page shows Grad-CAM first, and says so." in text


def test_without_the_file_one_sentence_says_so(open_app: OpenApp, sure_artifact: Path) -> None:
    text = performance(open_app, sure_artifact)
    assert wording.TRUST_NOT_MEASURED in text
    assert "✓ passes" not in text


def test_a_damaged_or_foreign_file_is_named_and_nothing_of_it_is_shown(open_app: OpenApp, artifact: Path) -> None:
    (artifact / "explanations.json").write_text("[1", encoding="utf-8")
    text = performance(open_app, artifact)
    assert "explanations.json cannot be read" in text
    assert wording.TRUST_NOT_MEASURED in text
    values = explanations(artifact) | {"weights_sha256": "0" * 64}
    (artifact / "explanations.json").write_text(json.dumps(values), encoding="utf-8")
    text = performance(open_app, artifact)
    assert "whose weights are not those in this folder" in text
    assert "✓ passes" not in text
