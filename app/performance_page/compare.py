"""The model in use against another one, on the same test split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import wording
from app.components import charts, compare_tables, comparison_charts, markup
from app.measured.comparing import Measured, NotComparableError, compare
from app.services import others
from app.wording import compare as words

if TYPE_CHECKING:
    from app.measured.comparing import Comparison
    from app.services import Performance
    from app.services.others import OtherModel
    from app.settings import Settings


def comparison(known: Performance, settings: Settings) -> None:
    """The picker, and what comes of it.

    Args:
        known: of the model in use.
        settings: that name the others.
    """
    markup.section(
        "Against another model", "The same scans of the same test split, each model at its own balanced threshold."
    )
    found = others.other_models(settings.compare_dirs, besides=settings.model_dir)
    if not found:
        markup.note(words.NOTHING_TO_COMPARE)
        return
    chosen = found[0]
    if len(found) > 1:
        titles = [one.title for one in found]
        picked = st.selectbox("Compare with", titles, key="compare-with", help="Folders named in CXR_COMPARE.")
        chosen = found[titles.index(picked)] if picked in titles else chosen
    if chosen.known is None:
        markup.problem(f"{chosen.title} cannot be compared.", chosen.problem)
        return
    for text in chosen.known.problems:
        markup.problem(f"Some figures of {chosen.title} cannot be shown.", text)
    first, second = _measured(known), _measured(chosen.known)
    if first is None or second is None:
        name = words.THIS.capitalize() if first is None else chosen.title
        markup.note(f"{name} has no evaluation with its predictions: run `python -m training evaluate` on it.")
        return
    try:
        _drawn(known, chosen, chosen.known, compare(first, second), settings)
    except NotComparableError as error:
        markup.problem(f"{chosen.title} cannot be compared.", str(error))


def _measured(known: Performance) -> Measured | None:
    if known.evaluation is None or known.test_scans is None:
        return None
    return Measured(known.evaluation, known.test_scans)


def _drawn(known: Performance, other: OtherModel, there: Performance, found: Comparison, settings: Settings) -> None:
    sentences = [
        words.paired_sentence(found.every, other.title),
        words.mcnemar_sentence(found.every),
        words.delong_sentence(found, other.title),
        words.clustering_sentence(found),
    ]
    markup.facts(sentence for sentence in sentences if sentence)
    here, away = known.evaluation, there.evaluation
    if here is None or away is None:
        return
    splits = [("Model in use", here.test), (other.title, away.test)]
    sizes = others.weights_bytes(settings.model_dir), other.weights_bytes
    compare_tables.side_by_side(
        splits,
        caption=f"On the {wording.images(found.images)} of the test split, each at its balanced operating point. Small "
        "figures are 95 % intervals.",
        more=compare_tables.network_rows([known.manifest, there.manifest], sizes),
    )
    _charts(splits)
    compare_tables.paired_table(
        found,
        other.title,
        caption="How many scans are called right. Difference: model in use minus the other, in percentage points; of "
        "scans with pneumonia that is of sensitivity, of normal ones of specificity. Test: McNemar’s, exact, not "
        "corrected for the three rows.",
    )


def _charts(splits: list[comparison_charts.Named]) -> None:
    areas = "; ".join(f"{name}: area {wording.figure(split.metrics['auroc'].value)}" for name, split in splits)
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        markup.panel_title("ROC curves", "Higher is better; to the left are fewer false alarms.")
        charts.draw(
            comparison_charts.roc_over(splits),
            key="compare-roc",
            alt=f"ROC curves. {areas}.",
            data=lambda: comparison_charts.roc_data(splits),
        )
    with right.container(border=True, height="stretch"):
        markup.panel_title(
            "Reliability", "Of scans with such a probability, how many had pneumonia. Larger marks: more scans."
        )
        worst = "; ".join(
            f"{name}: calibration error {wording.figure(split.metrics['expected_calibration_error_balanced'].value)}"
            for name, split in splits
            if "expected_calibration_error_balanced" in split.metrics
        )
        charts.draw(
            comparison_charts.reliability_over(splits),
            key="compare-reliability",
            alt=f"Reliability diagram. {worst}, both classes weighing the same.",
            data=lambda: comparison_charts.reliability_data(splits),
        )
