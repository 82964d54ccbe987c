"""One case: what the model said, the picture if it was kept, its review and its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import services, wording
from app.components import markup, verdict, viewer
from app.components.case_list import case_head
from app.components.tables import Cell, Row, draw_table
from app.records.values import CaseNotFoundError
from app.services import old_records as stored_cases
from app.wording import worklist as words
from app.wording.report import STORED_HELP as REPORT_HELP
from app.worklist_page import actions, deleting, reviewing, state
from app.worklist_page.zone import zone
from model.errors import ChestXrayError
from model.saliency import METHODS, where

if TYPE_CHECKING:
    from datetime import tzinfo

    from app.records.repository import Records
    from app.records.values import Neighbours, StoredCase
    from app.services import Performance
    from app.settings import Settings
    from app.worklist_page.access import Access
    from model.predictor import Prediction as Result
    from model.records.manifest import UncertaintyBand


def opened(records: Records, settings: Settings, access: Access, case_id: str) -> None:
    """The case that is open.

    Args:
        records: the database.
        settings: of the page.
        access: of the user.
        case_id: of the case.

    Raises:
        RecordsError: if the database cannot be read.
    """
    shown = state.shown()
    try:
        stored = records.case(case_id)
        beside = records.neighbours(case_id, shown.wanted, shown.order)
    except CaseNotFoundError as error:
        markup.problem("This case is not there.", str(error))
        st.button("Back to the list", on_click=state.open_case, args=(None,), key="back")
        return
    _steps(beside)
    summary, local = stored.summary, zone()
    case_head(case_id, f"first saved {words.moment(summary.created_at, local)} by {summary.created_by}")
    # The pictures come first, so that on a narrow screen nobody judges what they have not scrolled to.
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _pictures(records, stored)
    with right:
        _verdict(summary.scoring.prediction, _band(settings, summary.scoring.prediction))
        reviewing.review_form(records, access, stored, beside.following)
    markup.definitions(_known(stored, local))
    _earlier(stored, local)
    _report(records, settings, access, case_id)
    with st.expander("History of this case", key="case-history"):
        _history(records, case_id, local)
    deleting.delete_case(records, access, stored)


def _report(records: Records, settings: Settings, access: Access, case_id: str) -> None:
    """The case as a file, made when it is clicked: with the review as it then is, and never held in memory."""
    if not access.may_report:
        return
    later, known = access.later(), _known_of(settings)
    st.download_button(
        "PDF report",
        lambda: actions.report(later, records, known, case_id),
        file_name=f"report-{case_id}.pdf",
        mime="application/pdf",
        on_click="ignore",
        key="download-report",
        help=REPORT_HELP,
    )


def _known_of(settings: Settings) -> Performance | None:
    try:
        return services.performance(settings.model_dir)
    except ChestXrayError:
        return None  # the model is broken or gone: what the case itself holds is shown all the same


def _steps(beside: Neighbours) -> None:
    """Back, previous and next, each with a key of the keyboard."""
    with st.container(horizontal=True, gap="small", key="steps"):
        st.button(
            "Back to the list",
            on_click=state.open_case,
            args=(None,),
            key="back",
            shortcut="B",
            help="Closes this case.",
        )
        for name, key, case_id in (("Previous", "P", beside.previous), ("Next", "N", beside.following)):
            st.button(
                name,
                on_click=state.open_case,
                args=(case_id,),
                key=f"step-{name.lower()}",
                disabled=case_id is None,
                shortcut=key,
                help=f"The {name.lower()} case of the list as it was filtered and sorted.",
            )


def _band(settings: Settings, result: Result) -> UncertaintyBand | None:
    """The band of the model that scored the case, if that model is still here."""
    known = _known_of(settings)
    return known.manifest.band if known and known.manifest.weights_sha256 == result.weights_sha256 else None


def _verdict(result: Result, band: UncertaintyBand | None) -> None:
    refused = result.gate_accepted is False
    if refused:
        markup.warning("This picture was refused", wording.refused_warning(result.gate_reason))
    reason = wording.verdict_reason(result.decision, result.probability, result.threshold, result.operating_point)
    if result.indeterminate:
        verdict.indeterminate_card(
            word=wording.INDETERMINATE,
            leaning=wording.leaning(result.decision, result.operating_point),
            sentences=(reason,),
            refused=refused,
        )
    else:
        verdict.verdict_card(decision=result.decision, reason=reason, refused=refused)
    drawn = band is not None and band.low < band.high
    verdict.probability_bar(
        kind="indeterminate" if result.indeterminate else result.decision.lower(),
        probability=result.probability,
        threshold=result.threshold,
        shown=wording.probability_and_threshold(result.probability, result.threshold),
        band=verdict.DrawnBand(band.low, band.high, wording.band_key(band)) if band is not None and drawn else None,
        warning=wording.refused_warning(result.gate_reason) if refused else "",
    )


def _pictures(records: Records, stored: StoredCase) -> None:
    """Radiograph and overlay; without the picture, the heatmap is told in words and drawn over nothing."""
    result = stored.summary.scoring.prediction
    method = METHODS.get(result.saliency_method)
    title = method.title if method else result.saliency_method
    try:
        picture = stored_cases.kept_picture(records, stored)
        told = wording.where_sentence(where(stored.saliency_map), title) if stored.saliency_map.any() else ""
    except ChestXrayError as error:
        markup.problem("The picture cannot be shown.", str(error))
        return
    if picture is None:
        markup.empty(
            "The picture was not kept",
            "Only the result was saved, so there is nothing to draw the heatmap over. Open the radiograph where it is "
            "stored, beside this page.",
        )
        if told:
            markup.note(f"The heatmap in words: {told}")
        return
    prediction = stored_cases.prediction_of(stored)
    place = viewer.side_by_side(picture.shown_png)
    viewer.overlay(
        place,
        services.overlay_shown(picture, prediction, stored_cases.OVERLAY_OPACITY),
        caption=f"{title}, evidence for {result.explained_class}",
        alt=f"The same image with colour where it raised the score for {result.explained_class}, by {title}. {told}",
    )
    viewer.legend(services.legend_colours())
    note = wording.heatmap_note(prediction, result.decision, method) if method else ""
    markup.note(" ".join(text for text in (note, told) if text))


def _known(stored: StoredCase, local: tzinfo) -> list[tuple[str, str]]:
    summary, scoring = stored.summary, stored.summary.scoring
    result, spacing = scoring.prediction, stored.pixel_spacing_mm
    size = f"{summary.width:,} × {summary.height:,} pixels"
    if spacing:
        size += f" of {spacing[1]:.3g} × {spacing[0]:.3g} mm"
    return [
        ("Verdict", words.scoring_line(result)),
        ("Input check", words.gate_line(result)),
        ("Scored", f"{words.moment(result.scored_at, local)}; saved by {scoring.saved_by}"),
        ("Image", f"{size}; {'picture kept' if stored.has_picture else 'picture not kept'}"),
        ("Model", f"{result.model_version}, weights {result.weights_sha256[:12]}"),
    ]


def _earlier(stored: StoredCase, local: tzinfo) -> None:
    """What other models, thresholds or operating points said of the same pixels."""
    if not stored.earlier:
        return
    rows: list[Row] = [
        (
            words.moment(one.result.scored_at, local),
            (
                Cell(words.decision_word(one.result), words.scoring_line(one.result)),
                Cell(words.review_word(one.review)),
            ),
        )
        for one in stored.earlier
    ]
    count = len(rows)
    with st.expander(f"{count} other scoring{'' if count == 1 else 's'} of the same picture", key="case-earlier"):
        draw_table(
            ("Scored", "Verdict", "Review"),
            rows,
            caption="Each review belongs to the scoring that it judged.",
            kind="stack",
        )


def _history(records: Records, case_id: str, local: tzinfo) -> None:
    rows: list[Row] = [
        (
            words.moment(line.at, local),
            (Cell(line.who), Cell(line.action.capitalize(), words.audit_change(line))),
        )
        for line in records.audit(case_id)
    ]
    draw_table(("When", "Who", "What"), rows, caption="Latest first. Lines are added, never changed.", kind="stack")
