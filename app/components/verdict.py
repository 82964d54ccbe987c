"""The verdict and its probability, drawn."""

from __future__ import annotations

from html import escape

import streamlit as st


def verdict_card(*, decision: str, reason: str, refused: bool = False) -> None:
    """The verdict in words, with an icon whose shape differs by verdict.

    Args:
        decision: "Normal" or "Pneumonia".
        reason: a sentence.
        refused: whether the picture was refused by the input gate, and scored all the same.
    """
    over = "The model’s verdict" + (" on a picture that was refused" if refused else "")
    kind, mark = decision.lower(), " cx-verdict--refused" if refused else ""
    st.html(
        f'<section class="cx-verdict cx-verdict--{escape(kind)}{mark}" role="status" aria-live="polite">'
        f'<span class="cx-icon cx-icon--{escape(kind)}" aria-hidden="true"></span>'
        f'<div><p class="cx-over">{escape(over)}</p>'
        f'<p class="cx-verdict__word">{escape(decision)}</p>'
        f'<p class="cx-verdict__why">{escape(reason)}</p></div></section>'
    )


def probability_bar(
    *, decision: str, probability: float, threshold: float, shown: tuple[str, str], warning: str = ""
) -> None:
    """The probability on a line from 0 to 100 %, with the threshold drawn on it.

    Args:
        decision: "Normal" or "Pneumonia".
        probability: 0 to 1.
        threshold: 0 to 1.
        shown: both in words.
        warning: what a reader of the alternative text must know.
    """
    value, limit = (escape(text) for text in shown)
    spoken = f" {escape(warning)}" if warning else ""
    x, t = f"{100 * probability:.3f}%", f"{100 * threshold:.3f}%"
    # About half a label's width, so that one near an end stays on the panel.
    halves = [f"{0.24 * len(text):.1f}rem" for text in (value, f"threshold {limit}")]
    st.html(
        f'<figure class="cx-panel cx-bar cx-bar--{escape(decision.lower())}" role="img" '
        f'aria-label="Probability of pneumonia {value}, threshold {limit}, on a line from 0 to 100 %.{spoken}">'
        '<p class="cx-over">Probability of pneumonia</p>'
        '<div class="cx-bar__row">'
        f'<span class="cx-bar__at cx-bar__value" style="--x:{x};--w:{halves[0]}">{value}</span></div>'
        f'<div class="cx-bar__track" style="--t:{t}"><span class="cx-bar__cut" style="--x:{t}"></span>'
        f'<span class="cx-bar__pin" style="--x:{x}"></span></div>'
        '<div class="cx-bar__row">'
        f'<span class="cx-bar__at cx-bar__limit" style="--x:{t};--w:{halves[1]}">threshold {limit}</span></div>'
        '<div class="cx-bar__ends"><span>0 % · called Normal</span><span>called Pneumonia · 100 %</span></div></figure>'
    )
