"""Whether the heatmap can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import heatmap, wording
from app.components import markup, trust_tables
from model.saliency import METHODS

if TYPE_CHECKING:
    from app.measured import Explanations


def trust(known: Explanations | None) -> None:
    """The scorecard of the saliency methods, in words and with its figures."""
    markup.section(
        "Can I trust the heatmap?",
        "A heatmap looks convincing whether or not it is true, so each method was put to tests on validation scans.",
    )
    if known is None:
        markup.note(wording.TRUST_NOT_MEASURED)
        return
    titles = {key: method.title for key, method in METHODS.items()}
    facts = [wording.scorecard_sentence(known, METHODS, heatmap.default_method(known))]
    if known.random_labels is not None and not known.random_labels.by_heart:
        facts.append(wording.random_labels_sentence(known))
    markup.facts(facts)
    trust_tables.scorecard_table(
        known,
        titles,
        caption=f"Measured on {wording.day(known.measured)}. The Predict page marks methods that fail a test.",
    )
    with st.expander("What each test asks"):
        markup.facts(wording.meaning_sentences(known))
    with st.expander("The figures behind the tests"):
        _trust_figures(known, titles)
    _shortcuts(known)
    _sensitivity(known)


def _trust_figures(known: Explanations, titles: dict[str, str]) -> None:
    baselines = {"random": "Random order (baseline)", "centre": "Blob in the middle (baseline)"}
    trust_tables.deletion_table(
        known,
        titles | baselines,
        caption="Area under the curve of the probability while the places a map marks most are blurred away (deletion: "
        "less is better) or given back (insertion: more is better). Better than: in deletion, on the same scans. On "
        "validation scans unless it says otherwise. Small figures are 95 % intervals.",
    )
    trust_tables.likeness_table(known, titles, caption=wording.likeness_caption(known))
    by_heart = known.random_labels is not None and known.random_labels.by_heart
    default = heatmap.default_method(known)
    told = (
        wording.random_labels_sentence(known) if by_heart else "",
        wording.classes_sentence(known, METHODS),
        wording.other_networks_sentence(known, METHODS, default),
    )
    if sentences := [sentence for sentence in told if sentence]:
        markup.facts(sentences)
    trust_tables.place_table(
        known,
        titles,
        caption=f"{wording.judged_opacities(known.judged)}In the lungs: share of the colour on scans rightly called "
        "Pneumonia.",
    )


def _shortcuts(known: Explanations) -> None:
    markup.panel_title("Does it read what is not the lungs?")
    told = (
        wording.surroundings_sentence(known),
        wording.cheating_sentence(known),
        wording.markers_sentence(known, METHODS, heatmap.default_method(known)),
    )
    if sentences := [sentence for sentence in told if sentence]:
        markup.facts(sentences)
    trust_tables.shortcut_table(known, caption=wording.shortcut_caption(known))


def _sensitivity(known: Explanations) -> None:
    markup.panel_title("What does it take to change its mind?")
    if told := wording.opacities_sentence(known.opacities):
        markup.facts([told])
    trust_tables.opacity_table(
        known,
        caption="Share of opacities drawn into normal scans that turned the verdict to Pneumonia, by size and "
        "strength. They are drawings, not disease. Small figures are 95 % intervals.",
    )
