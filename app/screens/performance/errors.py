"""The hardest cases: missed cases, false alarms, and what is right only just, each with film and heatmap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.screens.prelude import wait_for_model
from app.services import gallery
from app.services.model import Failed, Ready, Warming
from app.ui import page as ui
from app.ui.numbers import count, percent
from app.ui.table import data, download
from model.errors import ChestXrayError
from model.evaluation import HardCase, hardest
from model.labels import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.screens.prelude import Page
    from model.evaluation import HardestCases
    from model.predictor import Predictor
    from model.records.measured import Measured

_KIND, _PAGE = "hardest-kind", "hardest-page"
_KINDS = {
    "missed": ("Missed", "Pneumonia classified as normal, the lowest score first."),
    "false_alarms": ("False alarms", "Normal radiographs classified as pneumonia, the highest score first."),
    "uncertain": ("Narrowly correct", "Classified correctly, the nearest to the threshold first."),
}
_PER_PAGE, _COLUMNS = 12, 3
_NO_PICTURES = (
    "To see films and heatmaps here, set CXR_DATA_SET to the folder of the data set and restart the server; the "
    "pictures are not shipped, and never stored."
)
_KINDS_IN_NAMES = (
    "“bacteria” and “virus” in a file name are the data set’s own note of the cause; the model was not taught it."
)


def draw(page: Page) -> None:
    """A choice of kind, the cases with their pictures, and all of them as a file."""
    known = page.measured
    if known is None or known.scores is None:
        ui.note("There is no predictions.csv of this model that agrees with its evaluation.")
        return
    threshold = known.manifest.point().threshold
    ui.section(
        "The test radiographs it finds hardest",
        f"At the balanced operating point: classified as pneumonia from a score of {percent(threshold, 1)} on.",
    )
    found = hardest(known.scores, threshold)
    kind = _chosen(found)
    cases: tuple[HardCase, ...] = getattr(found, kind)
    if not cases:
        ui.note(f"{_KINDS[kind][0]}: none at this threshold.")
        return
    ui.note(_KINDS[kind][1])
    shown = _turned(cases)
    with_pictures = _pictures(shown, page)
    doubted = _doubted(known)
    with st.expander("Show as a table") if with_pictures else st.container():
        _table(shown, threshold, doubted)
    download(lambda: _frame(cases, threshold), key=f"hardest-{kind}".replace("_", "-"))


def _chosen(found: HardestCases) -> str:
    def title(kind: str) -> str:
        # Of those that are right, only the nearest are listed: their number says nothing.
        return _KINDS[kind][0] if kind == "uncertain" else f"{_KINDS[kind][0]} ({len(getattr(found, kind)):,})"

    def first_page() -> None:
        st.session_state[_PAGE] = 0

    kind = st.segmented_control(
        "Which cases", list(_KINDS), default="missed", required=True, format_func=title, key=_KIND, on_change=first_page
    )
    return str(kind or "missed")


def _turned(cases: Sequence[HardCase]) -> Sequence[HardCase]:
    """The cases of the open page, with buttons to turn it where there are several."""
    last = (len(cases) - 1) // _PER_PAGE
    number = min(max(int(st.session_state.get(_PAGE) or 0), 0), last)
    st.session_state[_PAGE] = number
    shown = cases[number * _PER_PAGE : (number + 1) * _PER_PAGE]

    def turn(by: int) -> None:
        st.session_state[_PAGE] = number + by

    if last:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button("Previous", key="hardest-previous", on_click=turn, args=(-1,), disabled=number == 0)
            st.button("Next", key="hardest-next", on_click=turn, args=(1,), disabled=number == last)
            first = number * _PER_PAGE + 1
            ui.note(f"{first:,} to {first + len(shown) - 1:,} of {count(len(cases), 'radiograph')}")
    return shown


def _pictures(cases: Sequence[HardCase], page: Page) -> bool:
    """Film and heatmap of each case; returns whether there are any."""
    if page.settings.data_set is None:
        ui.note(_NO_PICTURES)
        return False
    try:
        root = gallery.data_folder(page.settings.data_set)
    except gallery.GalleryError as error:
        ui.problem("The pictures cannot be shown.", str(error))
        return False
    if isinstance(page.model, Warming):
        wait_for_model(page.settings.model_dir, "The heatmaps appear here in a few seconds.")
    elif isinstance(page.model, Failed):
        ui.problem("There are no heatmaps: the model cannot be used.", page.model.reason)
    predictor = page.model.predictor if isinstance(page.model, Ready) else None
    ui.panel_title("Pictures", "Left: film. Right: heatmap for pneumonia." if predictor else "")
    for start in range(0, len(cases), _COLUMNS):
        row = cases[start : start + _COLUMNS]
        for place, case in zip(st.columns(_COLUMNS, gap="small"), row, strict=False):
            with place:
                _card(case, root, predictor)
    return True


def _card(case: HardCase, root: Path, predictor: Predictor | None) -> None:
    truth, name = LABELS[case.has_pneumonia], case.path.rpartition("/")[2]
    try:
        found = gallery.picture(root, case.path, predictor)
    except ChestXrayError as error:
        ui.note(f"{case.path}: {error}")
        return
    told = f"{name}: truly {truth}, score {percent(case.probability, 1)}"
    st.image(found.jpeg, caption=ui.plain(told), width="stretch", alt=told)
    if found.probability is not None and abs(found.probability - case.probability) > gallery.SAME:
        now = percent(found.probability, 1)
        ui.warning("Not the same picture.", f"This file scores {now} now, another score than when it was measured.")


def _doubted(known: Measured) -> frozenset[str]:
    """Test files whose label looks wrong to this model."""
    if known.labels is None or not known.labels.is_of(known.manifest):
        return frozenset()
    return frozenset(suspect.path for suspect in known.labels.suspected.get("test", ()))


def _table(cases: Sequence[HardCase], threshold: float, doubted: frozenset[str]) -> None:
    caption = ["By file name within the data set."]
    if any("bacteria" in case.path or "virus" in case.path for case in cases):
        caption.append(_KINDS_IN_NAMES)
    if any(case.path in doubted for case in cases):
        caption.append("“Label doubted”: the label itself may be wrong (tab Training).")
    rows = _frame(cases, threshold).drop(columns="threshold (0 to 1)").rename(columns={"score (0 to 1)": "score"})
    rows["truth"] += [" (label doubted)" * (case.path in doubted) for case in cases]
    rows.columns = [name.capitalize() for name in rows.columns]
    columns = {"Score": st.column_config.NumberColumn(format="percent")}
    data(rows, caption=" ".join(caption), columns=columns, key="hardest-cases")


def _frame(cases: Sequence[HardCase], threshold: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "file": [case.path for case in cases],
            "truth": [LABELS[case.has_pneumonia] for case in cases],
            "score (0 to 1)": [case.probability for case in cases],
            "threshold (0 to 1)": threshold,
            "classified as": [LABELS[case.probability >= threshold] for case in cases],
        }
    )
