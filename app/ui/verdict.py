"""The verdict on one radiograph: a card that leads with what was observed, and the score on a line."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import page
from app.ui.metrics import point_name
from app.ui.numbers import percent, score_and_threshold
from model.labels import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.evaluation import Alike
    from model.predictor import Prediction
    from model.records.manifest import UncertaintyBand

INDETERMINATE = "Indeterminate"

NOT_MEASURED = "Too few test radiographs had a score like this, so how often it means pneumonia was not measured."
NO_FIGURE_APPLIES = "The input check rejected this picture: no measured figure applies to it."


def word(prediction: Prediction) -> str:
    """The verdict: "Normal", "Pneumonia" or "Indeterminate"."""
    return INDETERMINATE if prediction.indeterminate else prediction.decision


def kind(prediction: Prediction) -> str:
    """The verdict as the style sheet and the icons know it: "normal", "pneumonia" or "indeterminate"."""
    return word(prediction).lower()


def score_sentence(prediction: Prediction, band: UncertaintyBand | None = None) -> str:
    """How the score led to the verdict.

    Args:
        prediction: of the radiograph.
        band: the indeterminate range, or None.

    Returns:
        Such as "Score 99 %, above the 50 % threshold (balanced): classified as pneumonia".
    """
    score, limit = score_and_threshold(prediction.probability, prediction.threshold)
    if prediction.indeterminate:
        ends = f", between {percent(band.low)} and {percent(band.high)}" if band else ""
        return f"Score {score}{ends}: indeterminate"
    where = "above" if prediction.probability > prediction.threshold else "below"
    where = "at" if prediction.probability == prediction.threshold else where
    point = point_name(prediction.operating_point)
    return f"Score {score}, {where} the {limit} threshold ({point}): classified as {prediction.decision.lower()}"


def frequency_sentence(alike: Alike | None) -> str:
    """How many of 100 children with such a score had pneumonia in the test set, with counts and interval."""
    if alike is None:
        return NOT_MEASURED
    share = alike.share
    low, high, about = (round(100 * part) for part in (share.low, share.high, share.value))
    number = {0: "almost none", 100: "almost all"}.get(about, f"about {about}")
    return (
        f"Of 100 children with a score like this in the test set, {number} had pneumonia "
        f"({share.successes:,} of {alike.images:,}; 95\u00a0% interval {low} to {high})."
    )


def prevalence_caution(prevalence: float) -> str:
    """What the frequency depends on; `prevalence` is that of the test set, 0 to 1."""
    return f"{percent(prevalence)} of the test set had pneumonia. Where it is rarer, fewer with such a score have it."


def qualify(warnings: Sequence[str]) -> None:
    """What qualifies the result, above its card; nothing where nothing does."""
    if warnings:
        texts = [page.plain(text) for text in warnings]
        told = texts[0] if len(texts) == 1 else "\n".join(f"- {text}" for text in texts)
        st.warning(told, title="Before you rely on this result", icon=":material/warning:")


def card(prediction: Prediction, *, alike: Alike | None, prevalence: float | None, level: int = 2) -> None:
    """The verdict with icon, word and colour, one sentence of meaning and one of caution.

    Args:
        prediction: of the radiograph.
        alike: the test radiographs with the nearest scores, or None where there are too few.
        prevalence: of the test set, 0 to 1; None where the model has no evaluation.
        level: of the heading, 2 or 3.
    """
    refused, cannot = bool(prediction.refused_because), "The model cannot decide in this range. "
    meaning = NO_FIGURE_APPLIES if refused else frequency_sentence(alike)
    caution = "" if refused or prevalence is None or alike is None else prevalence_caution(prevalence)
    mark = " cx-verdict--refused" if refused else ""
    over = "<p>Rejected by the input check, scored anyway</p>" if refused else ""
    st.html(
        f'<section class="cx-verdict cx-{kind(prediction)}{mark}" role="status">'
        f'<span class="cx-icon cx-icon--{kind(prediction)}" aria-hidden="true"></span><div>{over}'
        f"<h{level}>{escape(word(prediction))}</h{level}>"
        f"<p>{cannot if prediction.indeterminate else ''}{escape(meaning)}</p>"
        f"{f'<p><small>{escape(caution)}</small></p>' if caution else ''}</div></section>"
    )


def bar(prediction: Prediction, *, band: UncertaintyBand | None) -> None:
    """The score on a line from 0 to 100 %, with the threshold and the indeterminate range.

    Args:
        prediction: of the radiograph.
        band: the indeterminate range, or None.
    """
    score, limit = score_and_threshold(prediction.probability, prediction.threshold)
    sentence, key = score_sentence(prediction, band), _key(band)
    strip = ""
    if key and band is not None:
        strip = (
            f'<i class="cx-bar__band" style="left:{100 * band.low:.3f}%;width:{100 * (band.high - band.low):.3f}%"></i>'
        )
    x, t = f"{100 * prediction.probability:.3f}%", f"{100 * prediction.threshold:.3f}%"
    st.html(
        f'<figure class="cx-bar cx-{kind(prediction)}" role="img" aria-label="{escape(f"{sentence}. {key}".strip())}">'
        f"<p>{escape(sentence)}</p>"
        f'<div class="cx-bar__row"><b style="--x:{x};--w:{_half(score)}">{escape(score)}</b></div>'
        f'<div class="cx-bar__track">{strip}<i class="cx-bar__cut" style="left:{t}"></i>'
        f'<i class="cx-bar__pin" style="left:{x}"></i></div>'
        f'<div class="cx-bar__row"><span style="--x:{t};--w:{_half(f"threshold {limit}")}">'
        f"threshold {escape(limit)}</span></div>"
        f'<div class="cx-bar__ends"><span>0\u00a0% {LABELS[0]}</span><span>{LABELS[1]} 100\u00a0%</span></div>'
        f"{f'<p><small><i></i>{escape(key)}</small></p>' if key else ''}</figure>"
    )


def _key(band: UncertaintyBand | None) -> str:
    """What the strip on the line is; "" without one."""
    if band is None or band.low >= band.high:
        return ""
    if band.low <= 0 and band.high >= 1:
        return "Indeterminate at every score: this model never decides."
    return f"Indeterminate from {percent(band.low)} to {percent(band.high)}."


def _half(text: str) -> str:
    """About half the width of a label, so that one near an end stays within the bar."""
    return f"{0.24 * len(text):.1f}rem"
