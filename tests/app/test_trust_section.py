"""“Can I trust the heatmap?” on the Performance page: the scorecard in words, and the figures of the file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

from streamlit.testing.v1 import AppTest

from app import wording
from model.saliency import METHODS
from tests.app.driving import text_of
from tests.app.explained import explanations, write_explanations

OpenApp = Callable[[Path], AppTest]


def performance(open_app: OpenApp, folder: Path) -> str:
    page = open_app(folder).switch_page("app_pages/performance.py").run()
    assert not page.exception
    return unescape(text_of(page))


def rows(text: str, caption: str) -> dict[str, list[list[str]]]:
    """The cells' words by row of the table with a caption."""
    table = next(one for one in re.findall(r"<table.*?</table>", text, re.DOTALL) if caption in one)
    return {
        name: [re.sub(r"<[^>]+>", " ", cell).split() for cell in re.findall(r"<td[^>]*>(.*?)</td>", body)]
        for name, body in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', table)
    }


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
    for title, meaning in zip(wording.TEST_TITLES.values(), wording.meaning_sentences(), strict=True):
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
    assert [cell[0] for cell in likeness["Grad-CAM"][:4]] == ["0.241", "0.352", "0.900", "90"]
    assert likeness["Score-CAM"][3] == ["–"], "It was not asked."
    assert likeness["Grad-CAM"][4][0] == "78"
    assert likeness["Grad-CAM"][5][0] == "71"
    covered = rows(text, "<caption>Small figures are 95 % intervals.<")["Lungs covered by one fixed shape"]
    assert [cell[0] for cell in covered] == ["0.620", "0.660"]
    assert (
        "falls from 0.980 to 0.620 (95 % interval 0.580 to 0.640; on test 0.660), which is better than chance" in text
    )
    opacities = rows(text, "They are drawings, not disease.")
    assert [cell[0] for cell in opacities["Medium"]] == ["20", "40", "60"]
    assert "most when they are large and dense (90\u00a0% turned the verdict to Pneumonia)" in text


def test_a_network_that_is_at_chance_without_lungs_shows_no_sign_of_a_shortcut(
    open_app: OpenApp, artifact: Path
) -> None:
    values = explanations(artifact)
    values["shortcuts"]["validation"]["lungs_covered"] |= {"auroc": 0.52, "low": 0.47, "high": 0.57}
    (artifact / "explanations.json").write_text(json.dumps(values), encoding="utf-8")
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
