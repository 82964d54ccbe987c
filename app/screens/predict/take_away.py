"""What leaves the page: the PDF report, and the case that goes to the worklist.

The report takes two buttons: a download that is made when it is clicked would begin before a reference typed just
before the click has arrived, and would carry another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from app.auth.guard import current_user
from app.auth.users import require
from app.screens.predict.verdict import notes
from app.services import records, reports
from app.ui import page as ui
from model.errors import ChestXrayError
from model.scoring import qualifications

if TYPE_CHECKING:
    from app.screens.prelude import Page
    from app.services.opened import Opened
    from app.services.radiographs import Film
    from model.predictor import Prediction

_MADE = "report-made"
"""Key in the session's state."""

_LONGEST_REFERENCE = 64


@dataclass(frozen=True)
class _Made:
    """The report made last; one a session is kept, until what it is of (`subject`) changes."""

    subject: tuple[object, ...]
    reference: str
    pdf: bytes = field(repr=False)


def forget_unless(film: Film | None) -> None:
    """Let go of the report of a film that is no longer open."""
    made: _Made | None = st.session_state.get(_MADE)
    if made is not None and (film is None or made.subject[0] != film.sha256):
        del st.session_state[_MADE]


def draw(page: Page, now: Opened, prediction: Prediction) -> None:
    """Folded: report and saving."""
    with st.expander("Report and saving", key="take-away"):
        _report(page, now, prediction)
        _save(page, now, prediction)


@st.fragment
def _report(page: Page, now: Opened, prediction: Prediction) -> None:
    film = now.film
    if film is None:
        return
    if not current_user().may_report:
        ui.note("Readers and administrators can make a PDF report of this radiograph; your role cannot.")
        return
    told = notes(now, page.measured.manifest.intended_use if page.measured else None)
    subject = (film.sha256, prediction.weights_sha256, prediction.operating_point, now.anyway, told)
    usual = reports.reference_of(film)
    with st.form(f"report-{film.sha256[:12]}", border=False):
        typed = st.text_input(
            "Case reference (optional)", placeholder=usual, max_chars=_LONGEST_REFERENCE,
            key=f"report-reference-{film.sha256[:12]}",
            help="Up to 64 letters, digits, hyphens and underscores; no name of a person or file.",
        )  # fmt: skip
        asked = st.form_submit_button(
            "Make the PDF report", key="make-report",
            help="One page with film, heatmap, verdict, warnings, model version and checksum. Unverified: reviews are "
            "signed in the Worklist.",
        )  # fmt: skip
    if asked:
        st.session_state.pop(_MADE, None)
        reference = typed.strip() or usual
        try:
            with st.spinner("Making the report…"):
                pdf = reports.of_film(
                    film, prediction, page.measured, reference=reference, notes=told, scored_anyway=now.anyway
                )
        except ChestXrayError as error:
            ui.problem("The report was not made.", str(error))
            return
        st.session_state[_MADE] = _Made(subject, reference, pdf)
    made: _Made | None = st.session_state.get(_MADE)
    if made is not None and made.subject == subject:
        st.download_button(
            f"Download report {made.reference} (PDF)", made.pdf, file_name=f"report-{made.reference}.pdf",
            mime="application/pdf", on_click="ignore", key="download-report",
        )  # fmt: skip


@st.fragment
def _save(page: Page, now: Opened, prediction: Prediction) -> None:
    """Saves the result as a case of the worklist, under the reader's name."""
    film, user = now.film, current_user()
    if film is None or not user.may_review or film.sample:
        return
    keeps = page.settings.keep_pixels
    if keeps is None:
        keeps = st.checkbox("Keep the radiograph with the case", key="keep-pixels", persist_state="session")
    kept = "The radiograph is kept with it." if keeps else "The radiograph itself is not kept."
    reader = user.name or st.text_input("Your name", key="reader-name", persist_state="session", max_chars=80)
    pressed = st.button("Save as case", key="save-case", disabled=not reader.strip(), help=f"For the Worklist. {kept}")
    if not pressed:
        return
    try:
        require(current_user().may_review, "Only readers save cases.")
        use = page.measured.manifest.intended_use if page.measured else None
        warnings = qualifications(film.radiograph, prediction, use) + notes(now, use)
        saved = records.database(page.settings).save(
            film.radiograph, prediction, reader=reader, warnings=warnings, keep_pixels=keeps
        )
    except ChestXrayError as error:
        ui.problem("The case was not saved.", str(error))
        return
    ui.done(f"Case {saved.case_id}: {saved.outcome}. {kept}")
