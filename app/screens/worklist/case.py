"""One case: the film beside verdict and review, on one screen; below it what is known, the report and the history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from app.auth.guard import current_user, user_later
from app.auth.users import require
from app.records.values import MAX_REFERENCE, CaseNotFoundError
from app.screens.worklist import cases, deleting, review, session
from app.services import records as service
from app.services import reports
from app.ui import page as ui
from app.ui import verdict, viewer
from app.ui.numbers import count
from app.ui.table import Cell, table
from model.errors import ChestXrayError
from model.evaluation import alike
from model.labels import LABELS
from model.saliency import METHODS, where
from model.saliency.regions import described

if TYPE_CHECKING:
    from app.records.repository import Records
    from app.records.values import AuditLine, Neighbours, StoredCase
    from app.screens.prelude import Page
    from app.services.queue import SessionFilm
    from app.services.radiographs import Film
    from app.ui.viewer import Pictures
    from model.predictor import Prediction
    from model.records.measured import Measured

_REFERENCE = "worklist-reference"

_HELPER = """<script>/* %s */
document.querySelector("[data-testid=stMain]")?.scrollTo({top: 0});
if (!window.cxKeys) {
  window.cxKeys = true;
  document.addEventListener("keydown", event => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable=true], [role=dialog]");
    const wanted = {c: ".st-key-comment textarea", "?": ".st-key-keys button"}[event.key];
    const element = wanted && document.querySelector(wanted);
    if (event.key === "Escape" && event.target.closest?.(".st-key-comment")) event.target.blur();
    if (typing || !element || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.key === "?") element.click(); else element.focus();
  }, true);
}
</script>"""
"""A new case begins at its film, and two keys that Streamlit does not give to buttons: C and "?"."""


def draw(page: Page, records: Records, case_id: str) -> None:
    """The case that is open."""
    shown = session.shown()
    try:
        stored = records.case(case_id)
        beside = records.neighbours(case_id, shown.wanted, shown.order)
    except CaseNotFoundError as error:
        ui.problem("This case was not found.", str(error))
        st.button("Back to the list", on_click=session.open_case, args=(None,), key="back")
        return
    st.html(_HELPER % case_id, unsafe_allow_javascript=True)
    kept = session.films().get(case_id)
    _steps(page, records, stored, beside)
    hidden = session.hides(case_id, stored.summary.scoring)
    left, right = viewer.columns()
    with left:
        _film(records, stored, kept, hidden=hidden)
    with right:
        if hidden:
            ui.empty("The model’s answer is hidden", "It appears once you have given yours.")
        else:
            _verdict(page, stored)
        review.draw(page, records, stored, beside.following, hidden=hidden)
        if not hidden:
            scored_by = _measured(page, stored.summary.scoring.prediction)
            verdict.bar(stored.summary.scoring.prediction, band=scored_by.manifest.band if scored_by else None)
    if hidden:
        return
    ui.definitions(_known(stored, kept))
    _earlier(stored)
    with st.container(horizontal=True, gap="small"):
        _report(page, records, case_id, kept.jpeg if kept else b"")
        deleting.draw_case(page, records, case_id)
    with st.expander("History of this case", key="case-history"):
        _history(records.audit(case_id))


def _steps(page: Page, records: Records, stored: StoredCase, beside: Neighbours) -> None:
    """Back, previous and next, who reads, and how the reader knows this case."""
    summary, readers = stored.summary, service.readers()
    readers.take(session.owner(), summary.case_id, session.reader())
    if other := readers.others(session.owner()).get(summary.case_id):
        ui.note(f"{other[:1].upper()}{other[1:]} has this case open, too.")
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="steps"):
        st.button("Back to the list", on_click=session.open_case, args=(None,), key="back", shortcut="B")
        for name, key, case_id in (("Previous", "P", beside.previous), ("Next", "N", beside.following)):
            st.button(
                name, on_click=session.open_case, args=(case_id,), key=f"step-{name.lower()}", shortcut=key,
                disabled=case_id is None, help=f"The {name.lower()} case of the list as it was filtered and sorted.",
            )  # fmt: skip
        st.caption(f"{cases.unreviewed(records):,} not reviewed", width="content")
        if page.user.may_review:
            key = f"{_REFERENCE}-{summary.case_id}"
            st.session_state.setdefault(key, summary.reference)
            st.text_input(
                "Your reference", key=key, max_chars=MAX_REFERENCE, width=190, placeholder="Your reference",
                label_visibility="collapsed", on_change=_refer, args=(records, summary.case_id, key),
                help="How you know this case elsewhere. Stored with the case: do not name the patient.",
            )  # fmt: skip
            session.name_field(compact=True)
            with st.container(key="keys", width="content"), st.popover("Keys", type="tertiary"):
                ui.definitions(review.KEYS.items())


def _refer(records: Records, case_id: str, key: str) -> None:
    try:
        require(current_user().may_review, "Only readers change cases.")
        records.refer(case_id, st.session_state[key])
        session.tell("Reference saved.")
    except ChestXrayError as error:
        session.tell(f"The reference was not saved. {error}")


def _measured(page: Page, prediction: Prediction) -> Measured | None:
    """What was measured of the model that scored the case, if that model is in use."""
    known = page.measured
    return known if known is not None and known.manifest.weights_sha256 == prediction.weights_sha256 else None


def _verdict(page: Page, stored: StoredCase) -> None:
    """What qualifies the result, then the verdict."""
    prediction, warnings = stored.summary.scoring.prediction, list(stored.summary.scoring.warnings)
    because = prediction.refused_because
    if because and not any(because in text for text in warnings):
        warnings.insert(0, f"Scored although the input check rejected the picture: {because}.")
    verdict.qualify(warnings)
    known = _measured(page, prediction)
    scores = known.scores if known else None
    near = alike(scores, prediction.probability) if scores is not None and not because else None
    verdict.card(prediction, alike=near, prevalence=scores.prevalence if scores is not None else None)


@st.fragment
def _film(records: Records, stored: StoredCase, kept: SessionFilm | None, *, hidden: bool) -> None:
    """The film with its heatmap, unless that is hidden; without the film, where the heatmap lies in words."""
    prediction = stored.summary.scoring.prediction
    told = "" if hidden else _where(prediction)
    try:
        film = service.film_of(records, stored, kept.jpeg if kept else b"")
    except ChestXrayError as error:
        ui.problem("The radiograph cannot be shown.", str(error))
        return
    if film is None:
        ui.empty(
            "No radiograph here",
            "The database keeps only the result, and another session dropped the file. Open the radiograph where it is "
            f"stored{f', as {stored.summary.reference}' if stored.summary.reference else ''}.",
        )
        ui.note(told)
        return
    subject, quiet = stored.summary.case_id, prediction.decision == LABELS[0]
    if hidden:
        viewer.show(subject, replace(_pictures(film, stored), heat=None))
        return
    viewer.show(subject, _pictures(film, stored), quiet=quiet)
    if viewer.view_of(subject, quiet=quiet).has_map:
        ui.note(told)
    elif quiet:
        ui.note("No heatmap at first: a bright spot would read as disease. “Overlay” shows what the model looked at.")


def _where(prediction: Prediction) -> str:
    heat = prediction.saliency_map
    if heat is None or not heat.any():
        return f"No area raised the score for {prediction.explained_class.lower()}."
    return f"{described(where(heat))} Not an outline of disease."


def _pictures(film: Film, stored: StoredCase) -> Pictures:
    prediction, summary, spacing = stored.summary.scoring.prediction, stored.summary, stored.pixel_spacing_mm
    method, (rows, columns) = METHODS.get(prediction.saliency_method), spacing or (1.0, 1.0)
    title = method.title if method else prediction.saliency_method
    return viewer.Pictures(
        film=film.large,
        heat=prediction.saliency_map,
        marks=f"evidence for {prediction.explained_class}, by {title}",
        extent=(summary.height * rows, summary.width * columns),
        unit="mm" if spacing else "px",
    )


def _known(stored: StoredCase, kept: SessionFilm | None) -> list[tuple[str, str]]:
    summary, scoring, spacing = stored.summary, stored.summary.scoring, stored.pixel_spacing_mm
    prediction = scoring.prediction
    size = f"{summary.width:,} × {summary.height:,} pixels"
    if spacing:
        size += f" of {spacing[1]:.3g} × {spacing[0]:.3g} mm"
    seen = " (you still see the file that you dropped, until your session ends)" if kept and kept.jpeg else ""
    pairs = [
        ("File", f"{kept.name} (only you see this name, in this session)" if kept else ""),
        ("Verdict", review.scoring_line(prediction)),
        ("Input check", _gate(prediction)),
        ("Saved", f"{session.moment(summary.created_at)} by {summary.created_by}"),
        ("Scored", f"{session.moment(prediction.scored_at)}; saved by {scoring.saved_by}"),
        ("Image", f"{size}; {'stored' if stored.has_picture else f'not stored{seen}'}"),
        ("Model", f"{prediction.model_version}, weights {prediction.weights_sha256[:12]}"),
    ]
    return [pair for pair in pairs if pair[1]]


def _gate(prediction: Prediction) -> str:
    if prediction.gate is None:
        return "This model has none: it scores any picture."
    if because := prediction.refused_because:
        return f"Rejected: {because}. Scored anyway."
    return "Accepted as a frontal chest radiograph."


def _earlier(stored: StoredCase) -> None:
    """What other models, thresholds or operating points said of the same pixels."""
    if not stored.earlier:
        return
    rows = [
        (session.moment(one.prediction.scored_at), review.scoring_line(one.prediction), cases.review_word(one.review))
        for one in stored.earlier
    ]
    with st.expander(f"{count(len(rows), 'other scoring')} of the same picture", key="case-earlier"):
        table(("Scored", "Verdict", "Review"), rows, caption="Each review belongs to the scoring that it judged.")


def _report(page: Page, records: Records, case_id: str, jpeg: bytes) -> None:
    """The case as a file, made when it is clicked: with the review as it then is, and never held in memory."""
    if not page.user.may_report:
        return

    ask = user_later()

    def make() -> bytes:
        require(ask().may_report, "Only readers take reports of cases.")
        return reports.of_case(records, page.measured, case_id, jpeg)

    st.download_button(
        "PDF report", make, file_name=f"report-{case_id}.pdf", mime="application/pdf", on_click="ignore",
        key="download-report", help="One page: film, heatmap, verdict, what was measured, and the review.",
    )  # fmt: skip


def _history(lines: tuple[AuditLine, ...]) -> None:
    rows = [(session.moment(line.at), line.who, Cell(line.action.capitalize(), _change(line))) for line in lines]
    table(("When", "Who", "What"), rows, caption="Latest first. Entries are added, never changed.", key="history")


def _change(line: AuditLine) -> str:
    """What a line of the audit says was changed; the values of a deleted case are gone."""
    old, new = line.old or {}, line.new or {}
    parts = []
    for name, after in new.items():
        if old and old.get(name) == after:
            continue
        shown = f"{_value(old.get(name))} → {_value(after)}" if old else _value(after)
        parts.append(f"{name.replace('_', ' ')}: {shown}")
    return "; ".join(parts) or "–"


def _value(value: object) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
