"""The PDF report of the radiograph on the Predict page: a reference, a button that makes it, and one that takes it.

Two buttons rather than one: a download that is made when it is clicked would begin before a reference typed just before
the click has arrived, and would carry another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from app.auth.guard import current_user
from app.components import markup
from app.services import old_reports as reports
from app.wording import report as words
from model.errors import ChestXrayError

if TYPE_CHECKING:
    from app.services import Case, Performance
    from model.predictor import Prediction
    from model.records.manifest import Manifest

_MADE = "report-made"
_LONGEST_REFERENCE = 64


@dataclass(frozen=True)
class _Made:
    """The report made last; one a session is kept, until what it is of changes.

    Attributes:
        subject: what it is of.
        reference: that stands on it.
        pdf: the file.
    """

    subject: tuple[object, ...]
    reference: str
    pdf: bytes = field(repr=False)


def forget() -> None:
    """Let go of the report made last, as of a radiograph that was taken off the page."""
    st.session_state.pop(_MADE, None)


@st.fragment
def report_form(
    manifest: Manifest, case: Case, prediction: Prediction, known: Performance | None, *, scored_anyway: bool
) -> None:
    """Draw the form and, once a report was made, its download.

    Args:
        manifest: of the model that predicted.
        case: the radiograph.
        prediction: what the page shows, for the class that was decided.
        known: what was measured of the model, or None.
        scored_anyway: whether the user asked for a verdict on a picture that the input gate refused.
    """
    markup.section(words.TITLE, words.EXPLANATION)
    if not current_user().may_report:
        markup.note(words.READERS_ONLY)
        return
    subject = (case.sha256, manifest.to_text(), prediction.operating_point, scored_anyway)
    with st.form(f"report-{case.sha256[:12]}"):
        typed = st.text_input(
            "Case reference (optional)",
            placeholder=reports.reference_of(case),
            max_chars=_LONGEST_REFERENCE,
            help=words.REFERENCE_HELP,
            key=f"report-reference-{case.sha256[:12]}",
        )
        asked = st.form_submit_button("Make the PDF report", key="make-report", help=words.MAKE_HELP)
    if asked:
        forget()
        reference = typed.strip() or reports.reference_of(case)
        try:
            with st.spinner("Making the report…"):
                pdf = reports.report_of_case(
                    manifest, case, prediction, known, reference=reference, scored_anyway=scored_anyway
                )
        except ChestXrayError as error:
            markup.problem("The report was not made.", str(error))
            return
        st.session_state[_MADE] = _Made(subject, reference, pdf)
    made: _Made | None = st.session_state.get(_MADE)
    if made is not None and made.subject == subject:
        _download(made)


def _download(made: _Made) -> None:
    st.download_button(
        f"Download report {made.reference} (PDF)",
        made.pdf,
        file_name=f"report-{made.reference}.pdf",
        mime="application/pdf",
        on_click="ignore",
        key="download-report",
        help=words.DOWNLOAD_HELP,
    )
