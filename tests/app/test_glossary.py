"""The glossary: every word is there, in order, and can be shown as a tooltip."""

from __future__ import annotations

import re

import pytest

from app.wording.glossary import GLOSSARY, anchor, key_of, meaning, tooltip

WANTED = (
    "sensitivity", "specificity", "ppv", "npv", "auroc", "roc-curve", "precision-recall-curve", "threshold",
    "operating-point", "calibration", "prevalence", "confidence-interval", "epoch", "loss", "overfitting",
    "augmentation", "convolution", "filter", "relu", "pooling", "feature-map", "logit", "softmax", "saliency-map",
    "grad-cam", "indeterminate", "input-gate", "validation-split", "test-split", "adam", "cross-entropy",
)  # fmt: skip


@pytest.mark.parametrize("key", WANTED)
def test_a_word_of_the_pages_is_explained(key: str) -> None:
    term = GLOSSARY[key]
    assert tooltip(key) == f"**{term.title}:** {term.text}"
    assert re.fullmatch(r"[A-Z].*\.", term.text)
    assert 1 <= len(re.findall(r"[.:](?= [A-Z]|$)", term.text)) <= 3, "one or two sentences"


def test_the_words_are_in_order_and_each_has_an_anchor_of_its_own() -> None:
    titles = [term.title.lower() for term in GLOSSARY.values()]
    assert titles == sorted(titles)
    anchors = [anchor(key) for key in GLOSSARY]
    assert len(set(anchors)) == len(anchors)
    assert all(re.fullmatch(r"term-[a-z-]+", one) for one in anchors)
    assert key_of("ROC curve") == "roc-curve"


def test_a_score_is_a_probability_and_a_certainty_is_never_promised() -> None:
    for key, term in GLOSSARY.items():
        if key != "confidence-interval":
            assert "confidence" not in term.text.lower(), key


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(KeyError):
        tooltip("x-ray")


def test_every_figure_of_the_tiles_has_a_meaning() -> None:
    for metric in ("sensitivity", "specificity", "precision", "npv", "accuracy", "auroc", "indeterminate"):
        assert meaning(metric), metric
    assert meaning("precision") == GLOSSARY["ppv"].text
    assert meaning("a metric of another file") == ""
