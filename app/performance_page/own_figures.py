"""The figures of one's own images, beside those of the test split."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import streamlit as st

from app import wording
from app.components import chart_data, charts, charts_threshold, compare_tables, comparison_charts, markup
from app.components.tables import Cell, Row, draw_table
from app.services import old_own_data as service
from app.wording import own_data as words
from model.labels import LABELS

if TYPE_CHECKING:
    from app.components.chart_data import Data
    from app.measured import SplitResult
    from app.services import Performance
    from app.services.old_own_data import OwnImage, OwnResult

_MINE, _TEST = "Your images", "Test split"
_MOST_TOLD = 50
_POINT_FREE = ("auroc", "expected_calibration_error", "expected_calibration_error_balanced")


def figures_of(result: OwnResult, known: Performance) -> None:
    """Notices, controls, figures and the list of mistakes.

    Args:
        result: of one's own images.
        known: of the model in use, whose published figures stand beside.
    """
    if result.problem:
        markup.problem("Not all images were scored.", result.problem)
    with_refused, point = _controls(result)
    mine = result.every if with_refused else result.accepted
    markup.facts(words.left_out_sentences(result))
    if mine is None:
        markup.problem("There are no figures.", "No image was scored that counts. The table below says why.")
        _images(result.images, result, threshold=None)
        return
    threshold = result.manifest.point(point).threshold
    images = result.scored(with_refused=with_refused)
    published = _published(result, known)
    if sentence := words.missing_class_sentence(mine):
        markup.warning("One of the classes is missing.", sentence)
    splits = [(_MINE, _at(mine, point))]
    if published is not None:
        splits.append((_TEST, _at(published, point)))
    _side_by_side(splits, point)
    _charts(splits, images, threshold)
    markup.panel_title("What these figures do not mean")
    markup.facts(words.caution_sentences(mine, published, _alike(images, known)))
    _mistakes(images, threshold)
    _images(result.images, result, threshold=threshold)


def _controls(result: OwnResult) -> tuple[bool, str]:
    points = [one.name for one in result.manifest.operating_points]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        point = st.selectbox(
            "Operating point",
            points,
            index=points.index("balanced"),
            format_func=wording.point_title,
            key="own-point",
            width=260,
            help="Whose threshold decides; nothing is scored anew.",
        )
        with_refused = False
        if result.refused.successes:
            with_refused = st.checkbox(
                "Count images that the input check refuses",
                key="own-refused",
                help="The published figures count them, too; the Predict page gives them no verdict.",
            )
    return with_refused, str(point)


def _published(result: OwnResult, known: Performance) -> SplitResult | None:
    """The test split's figures, if they are of the model that scored the images."""
    if known.manifest.weights_sha256 != result.manifest.weights_sha256:
        markup.note("The model in use is not the one that scored these images any more: nothing is compared.")
        return None
    return known.evaluation.test if known.evaluation is not None else None


def _at(split: SplitResult, point: str) -> SplitResult:
    """The split at a point, with those figures that hang on no threshold."""
    found = split.at(point)
    if found is None:
        return split
    free = {name: split.metrics[name] for name in _POINT_FREE if name in split.metrics}
    return replace(found, metrics=found.metrics | free)


def _side_by_side(splits: list[comparison_charts.Named], point: str) -> None:
    sizes = tuple(
        Cell(f"{split.images:,}", f"{split.normal:,} normal, {split.pneumonia:,} with pneumonia") for _, split in splits
    )
    band = tuple(compare_tables.metric_cell(split.band.indeterminate if split.band else None) for _, split in splits)
    compare_tables.side_by_side(
        splits,
        caption=f"At the {wording.point_name(point)} operating point. Small figures are 95 % intervals. The AUROC’s is "
        "not defined where not one pair is in the wrong order.",
        before=[("Images", sizes)],
        more=[("Indeterminate", band)],
    )


def _charts(splits: list[comparison_charts.Named], images: tuple[OwnImage, ...], threshold: float) -> None:
    probabilities, sick = service.arrays(images)
    (_, mine), area = splits[0], wording.figure(splits[0][1].metrics["auroc"].value)
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        markup.panel_title("Confusion matrix of your images", "Rows are the label, columns the model’s verdict.")
        told = f"{mine.counts[1][0]} missed, {mine.counts[0][1]} false alarms, of {wording.images(mine.images)}."
        data = partial(charts_threshold.matrix_data, mine)
        charts.draw(charts.confusion_matrix(mine), key="own-confusion", alt=told, data=data)
    with right.container(border=True, height="stretch"):
        markup.panel_title("ROC curve", "Yours and the test split’s.")
        if mine.false_positive_rate:
            alt = f"ROC curves; the area of your images is {area}."
            data = partial(comparison_charts.roc_data, splits)
            charts.draw(comparison_charts.roc_over(splits), key="own-roc", alt=alt, data=data)
        else:
            markup.note("Not defined with one class only.")
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        markup.panel_title("Probabilities by label")
        alt = f"Histogram of the probabilities of {wording.images(mine.images)}. {told}"
        figure = comparison_charts.scores_by_class(probabilities, sick, threshold)
        charts.draw(
            figure, key="own-histogram", alt=alt, data=partial(comparison_charts.scores_data, probabilities, sick)
        )
    with right.container(border=True, height="stretch"):
        markup.panel_title("Reliability", "Of images with such a probability, how many had pneumonia.")
        found = mine.metrics["expected_calibration_error"]
        alt = f"Reliability diagram; the calibration error of your images is {wording.figure(found.value)}."
        data = partial(comparison_charts.reliability_data, splits)
        charts.draw(comparison_charts.reliability_over(splits), key="own-reliability", alt=alt, data=data)


def _alike(images: tuple[OwnImage, ...], known: Performance) -> int:
    """How many files are named like files of the test split."""
    official = {PurePosixPath(path).stem.casefold() for path in known.test_scans.paths} if known.test_scans else set()
    return sum(PurePosixPath(one.name).stem.casefold() in official for one in images)


def _mistakes(images: tuple[OwnImage, ...], threshold: float) -> None:
    markup.panel_title("What it got wrong")
    wrong = service.mistakes(images, threshold)
    if not wrong:
        markup.note("Nothing, at this threshold.")
        return
    rows: list[Row] = [
        (
            one.name,
            (
                Cell(LABELS[one.sick], mark="refused" if one.refused else ""),
                Cell(wording.percent(one.probability or 0.0, 1)),
                Cell(service.called(one, threshold)),
            ),
        )
        for one in wrong[:_MOST_TOLD]
    ]
    more = f" The first {_MOST_TOLD} of {len(wrong):,}." if len(wrong) > _MOST_TOLD else ""
    draw_table(
        ("File", "Your label", "Probability of pneumonia", "Called"),
        rows,
        caption=f"Missed ones first, the surest mistake on top.{more} File names are shown to you alone.",
        kind="stack",
    )


def _images(images: tuple[OwnImage, ...], result: OwnResult, *, threshold: float | None) -> None:
    """What could not be scored, and everything as a file."""
    failed = [one for one in images if one.probability is None or one.refused]
    if failed:
        with st.expander(f"Refused or not scored ({len(failed):,})"):
            rows: list[Row] = [(one.name, (Cell(one.remark or "–"),)) for one in failed[:_MOST_TOLD]]
            draw_table(("File", "Why"), rows, caption="With the reason.", kind="stack")
    chart_data.download(lambda: _data(images, result, threshold), key="own-images")


def _data(images: tuple[OwnImage, ...], result: OwnResult, threshold: float | None) -> Data:
    limit = threshold if threshold is not None else result.manifest.point().threshold
    return {
        "file": [one.name for one in images],
        "label": [LABELS[one.sick] for one in images],
        "probability of pneumonia (0 to 1)": [one.probability for one in images],
        "threshold (0 to 1)": [limit] * len(images),
        "called": [service.called(one, limit) for one in images],
        "refused by the input check (1 if so)": [int(one.refused) for one in images],
        "remark": [one.remark for one in images],
        "model": [result.manifest.model_version] * len(images),
    }
