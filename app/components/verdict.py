"""The verdict and its probability, drawn."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Sequence


def verdict_card(
    *, decision: str, reason: str, further: tuple[str, ...] = (), model: str = "", refused: bool = False
) -> None:
    """The verdict in words, with an icon whose shape differs by verdict.

    Args:
        decision: "Normal" or "Pneumonia".
        reason: a sentence.
        further: more of them.
        model: which model says so, on the last line; "" for none.
        refused: whether the picture was refused by the input gate, and scored all the same.
    """
    _card(decision.lower(), decision, (reason, *further), model=model, refused=refused)


def indeterminate_card(
    *, word: str, leaning: str, sentences: tuple[str, ...], model: str = "", refused: bool = False
) -> None:
    """No verdict is safe: says so first, then to which side the radiograph leans.

    Args:
        word: instead of a verdict.
        leaning: to which side, and by which operating point.
        sentences: why, and what that means.
        model: which model says so, on the last line; "" for none.
        refused: whether the picture was refused by the input gate, and scored all the same.
    """
    _card("indeterminate", word, sentences, leaning=leaning, model=model, refused=refused)


def mismatches(title: str, sentences: Sequence[str], advice: str) -> None:
    """What a file says of itself that does not fit the model: a warning each.

    Args:
        title: of them all.
        sentences: one each; none draws nothing.
        advice: after them.
    """
    if not sentences:
        return
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    st.html(
        '<section class="cx-status cx-status--warn" role="alert"><span class="cx-icon cx-icon--pneumonia" '
        f'aria-hidden="true"></span><div><p><strong>{escape(title)}</strong></p><ul class="cx-mismatches">{items}</ul>'
        f"<p>{escape(advice)}</p></div></section>"
    )


def _card(
    kind: str, word: str, sentences: tuple[str, ...], *, leaning: str = "", model: str = "", refused: bool = False
) -> None:
    over = "The model’s verdict" + (" on a picture that was refused" if refused else "")
    mark = " cx-verdict--refused" if refused else ""
    lean = f'<p class="cx-verdict__lean">{escape(leaning)}</p>' if leaning else ""
    why = "".join(f'<p class="cx-verdict__why">{escape(sentence)}</p>' for sentence in sentences)
    by = f'<p class="cx-verdict__model">{escape(model)}</p>' if model else ""
    st.html(
        f'<section class="cx-verdict cx-verdict--{escape(kind)}{mark}" role="status" aria-live="polite">'
        f'<span class="cx-icon cx-icon--{escape(kind)}" aria-hidden="true"></span>'
        f'<div><p class="cx-over">{escape(over)}</p>'
        f'<p class="cx-verdict__word">{escape(word)}</p>{lean}{why}{by}</div></section>'
    )


@dataclass(frozen=True)
class DrawnBand:
    """The indeterminate band, as it is drawn.

    Attributes:
        low: 0 to 1.
        high: 0 to 1.
        shown: what it is, in words.
    """

    low: float
    high: float
    shown: str


def probability_bar(
    *,
    kind: str,
    probability: float,
    threshold: float,
    shown: tuple[str, str],
    band: DrawnBand | None = None,
    warning: str = "",
) -> None:
    """The probability on a line from 0 to 100 %, with the threshold and the indeterminate band drawn on it.

    Args:
        kind: "normal", "pneumonia" or "indeterminate".
        probability: 0 to 1.
        threshold: 0 to 1.
        shown: both in words.
        band: of indeterminate probabilities, or None.
        warning: what a reader of the alternative text must know.
    """
    value, limit = (escape(text) for text in shown)
    spoken = "".join(f" {escape(text)}" for text in (band.shown if band else "", warning) if text)
    x, t = f"{100 * probability:.3f}%", f"{100 * threshold:.3f}%"
    # About half a label's width, so that one near an end stays on the panel.
    halves = [f"{0.24 * len(text):.1f}rem" for text in (value, f"threshold {limit}")]
    st.html(
        f'<figure class="cx-panel cx-bar cx-bar--{escape(kind)}" role="img" '
        f'aria-label="Probability of pneumonia {value}, threshold {limit}, on a line from 0 to 100 %.{spoken}">'
        '<p class="cx-over">Probability of pneumonia</p>'
        '<div class="cx-bar__row">'
        f'<span class="cx-bar__at cx-bar__value" style="--x:{x};--w:{halves[0]}">{value}</span></div>'
        f'<div class="cx-bar__track" style="--t:{t}">{_band(band)}<span class="cx-bar__cut" style="--x:{t}"></span>'
        f'<span class="cx-bar__pin" style="--x:{x}"></span></div>'
        '<div class="cx-bar__row">'
        f'<span class="cx-bar__at cx-bar__limit" style="--x:{t};--w:{halves[1]}">threshold {limit}</span></div>'
        '<div class="cx-bar__ends"><span>0 % · called Normal</span><span>called Pneumonia · 100 %</span></div>'
        f"{_key(band)}</figure>"
    )


def _band(band: DrawnBand | None) -> str:
    if band is None:
        return ""
    left, width = f"{100 * band.low:.3f}%", f"{100 * (band.high - band.low):.3f}%"
    return f'<span class="cx-bar__band" style="left:{left};width:{width}"></span>'


def _key(band: DrawnBand | None) -> str:
    if band is None:
        return ""
    return f'<p class="cx-bar__key"><span class="cx-bar__swatch"></span><span>{escape(band.shown)}</span></p>'
