"""The hardest cases: what is missed, falsely flagged, and called right only just."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import streamlit as st

from app import services, wording
from app.components import chart_data, markup
from app.components.tables import Cell, Row, draw_table
from app.measured.hardest import HardestCases, hardest
from app.services import gallery
from app.services.background import background
from app.wording import hardest as words
from model.errors import ChestXrayError
from model.labels import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.components.chart_data import Data
    from app.measured.hardest import HardCase
    from app.services import Performance
    from app.settings import Settings
    from model.predictor import Predictor

PER_PAGE = 12

_KIND, _PAGE = "hardest-kind", "hardest-page"
_COLUMNS = 3
_POLL_S = 1.0


def hardest_cases(known: Performance, settings: Settings) -> None:
    """A choice of kind, and the cases by file name.

    Args:
        known: of the model in use.
        settings: that may name the data folder.
    """
    if known.test_scans is None:
        markup.note("There is no predictions.csv of this model that agrees with its evaluation.")
        return
    threshold = known.manifest.point().threshold
    markup.section(
        "The scans of the test split that it finds hardest",
        f"At the balanced operating point: called Pneumonia from {wording.percent(threshold, 1)}.",
    )
    found = hardest(known.test_scans, threshold)
    kind = str(
        st.segmented_control(
            "Which cases",
            words.KINDS,
            default=words.MISSED,
            required=True,
            format_func=lambda one: words.kind_title(one, len(_of(found, one))),
            key=_KIND,
            on_change=_first_page,
        )
        or words.MISSED
    )
    cases = _of(found, kind)
    if not cases:
        markup.note(words.none_of(kind))
        return
    markup.note(words.EXPLAINED[kind])
    shown = _page(cases)
    _table(shown, threshold, _doubted(settings))
    chart_data.download(lambda: _data(cases, threshold), key=f"hardest-{kind}".replace("_", "-"))
    _pictures(shown, settings)


def _of(found: HardestCases, kind: str) -> tuple[HardCase, ...]:
    cases: tuple[HardCase, ...] = getattr(found, kind)
    return cases


def _first_page() -> None:
    st.session_state[_PAGE] = 0


def _turn(by: int) -> None:
    st.session_state[_PAGE] = int(st.session_state.get(_PAGE) or 0) + by


def _page(cases: Sequence[HardCase]) -> Sequence[HardCase]:
    """The cases of the page that is open, with buttons to turn it where there are several."""
    last = (len(cases) - 1) // PER_PAGE
    number = min(max(int(st.session_state.get(_PAGE) or 0), 0), last)
    st.session_state[_PAGE] = number
    shown = cases[number * PER_PAGE : (number + 1) * PER_PAGE]
    if last:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button("Previous", key="hardest-previous", on_click=_turn, args=(-1,), disabled=number == 0)
            st.button("Next", key="hardest-next", on_click=_turn, args=(1,), disabled=number == last)
            first = number * PER_PAGE + 1
            markup.note(words.page_line(first, first + len(shown) - 1, len(cases)))
    return shown


def _doubted(settings: Settings) -> frozenset[str]:
    """Test files whose label looks wrong."""
    report = background(settings.model_dir).labels
    return frozenset(one.path for one in report.of_split("test")) if report else frozenset()


def _table(cases: Sequence[HardCase], threshold: float, doubted: frozenset[str]) -> None:
    rows: list[Row] = [
        (
            one.path,
            (
                Cell(LABELS[one.sick], mark=words.DOUBTED if one.path in doubted else ""),
                Cell(wording.percent(one.probability, 1)),
                Cell(LABELS[one.probability >= threshold]),
            ),
        )
        for one in cases
    ]
    caption = "By file name within the data set."
    if any(one.path in doubted for one in cases):
        caption = f"{caption} {words.DOUBTED_EXPLAINED}"
    draw_table(("File", "Truly", "Probability of pneumonia", "Called"), rows, caption=caption, kind="stack")


def _data(cases: Sequence[HardCase], threshold: float) -> Data:
    told = [asdict(one) for one in cases]
    return {
        "file": [one["path"] for one in told],
        "truth": [LABELS[one["sick"]] for one in told],
        "probability of pneumonia (0 to 1)": [one["probability"] for one in told],
        "threshold (0 to 1)": [threshold] * len(told),
        "called": [LABELS[one["probability"] >= threshold] for one in told],
    }


def _pictures(cases: Sequence[HardCase], settings: Settings) -> None:
    if settings.data_set is None:
        markup.note(words.NO_PICTURES)
        return
    try:
        root = gallery.data_folder(settings.data_set)
    except gallery.GalleryError as error:
        markup.problem("The pictures cannot be shown.", str(error))
        return
    model = services.model_state(settings.model_dir)
    if isinstance(model, services.Warming):
        _warming(settings)
    elif isinstance(model, services.Failed):
        markup.problem("There are no heatmaps: the model cannot be used.", model.reason)
    _grid(cases, root, model.predictor if isinstance(model, services.Ready) else None)


@st.fragment(run_every=_POLL_S)
def _warming(settings: Settings) -> None:
    if not isinstance(services.model_state(settings.model_dir), services.Warming):
        st.rerun()
    markup.waiting("The model is warming up; the heatmaps follow.")


def _grid(cases: Sequence[HardCase], root: Path, predictor: Predictor | None) -> None:
    markup.panel_title("Pictures", "" if predictor is None else "Left the scan, right what speaks for pneumonia.")
    for start in range(0, len(cases), _COLUMNS):
        for place, one in zip(st.columns(_COLUMNS, gap="small"), cases[start : start + _COLUMNS], strict=False):
            with place:
                _card(one, root, predictor)


def _card(one: HardCase, root: Path, predictor: Predictor | None) -> None:
    truth = LABELS[one.sick]
    try:
        found = gallery.picture(root, one.path, predictor)
    except ChestXrayError as error:
        markup.note(f"{one.path}: {error}")
        return
    name = one.path.rpartition("/")[2]
    st.image(
        found.jpeg,
        caption=f"{name}: truly {truth}, {wording.percent(one.probability, 1)}",
        width="stretch",
        alt=words.case_alt(name, truth, one.probability),
    )
    if found.probability is not None and abs(found.probability - one.probability) > gallery.SAME:
        markup.note(words.OTHER_PICTURE.format(now=wording.percent(found.probability, 1)))
