"""The report's page: what stands where, and how it is made to fit.

The sections come in the order of a radiologist's report. The page is drawn with small pictures first; what is left
over goes to the pictures, and where nothing is, type shrinks and long texts are shortened, which a mark says.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from app import wording
from app.report import marks
from app.report.content import ReportError
from app.report.filling import NOT_A_DEVICE
from app.report.flow import BOTTOM, Flow
from app.report.lettering import NUMBERS_NOTE, kept_apart
from app.report.pdf import TaggedPDF
from app.report.pictures import as_jpeg

if TYPE_CHECKING:
    from datetime import datetime

    from app.report.content import Picture, ReportContent, Review, Verdict
    from model.records.manifest import Estimate

TITLE = "Chest radiograph: what the AI model found"
UNVERIFIED = "Unverified AI result"
NOT_KEPT = "The picture was not kept with the case, so neither it nor the overlay can be shown here."
_LONGEST_NAME = 60
SMALLEST_PICTURE_MM, LARGEST_PICTURE_MM = 42.0, 86.0


@dataclass(frozen=True)
class _Fit:
    """How tightly the page is set.

    Attributes:
        size: of body text, points.
        lines: the most that one paragraph may take; the reader's comment twice that.
    """

    size: float
    lines: int


@dataclass(frozen=True)
class _Jpegs:
    scan: bytes
    overlay: bytes


_FITS = (_Fit(9.0, 8), _Fit(8.5, 6), _Fit(8.0, 5), _Fit(7.5, 4), _Fit(7.0, 3), _Fit(7.0, 2))


def write_report(content: ReportContent) -> bytes:
    """Write the report.

    Args:
        content: all that is to stand in it.

    Returns:
        A PDF file (version 1.7, made to PDF/A-2u) of one A4 page. Text too long for it is shortened with a mark.

    Raises:
        ReportError: if a picture cannot be placed on one page.
    """
    jpegs = _Jpegs(*(b"" if one is None else as_jpeg(one) for one in (content.scan, content.overlay)))
    fit, spare = _loosest(content, jpegs)
    with closing(TaggedPDF()) as page:
        _draw(page, content, jpegs, fit, min(LARGEST_PICTURE_MM, SMALLEST_PICTURE_MM + spare))
        return bytes(page.output())


def _loosest(content: ReportContent, jpegs: _Jpegs) -> tuple[_Fit, float]:
    """The loosest setting that fits on the page with small pictures, and what is left over, millimetres."""
    if (spare := _spare(content, jpegs, _FITS[0])) >= 0.0:
        return _FITS[0], spare
    low, high = 1, len(_FITS)
    found: tuple[_Fit, float] | None = None
    while low < high:
        middle = (low + high) // 2
        spare = _spare(content, jpegs, _FITS[middle])
        if spare >= 0.0:
            found, high = (_FITS[middle], spare), middle
        else:
            low = middle + 1
    if found is None:
        raise ReportError("The report does not fit on one page even with all texts shortened; leave out a text.")
    return found


def _spare(content: ReportContent, jpegs: _Jpegs, fit: _Fit) -> float:
    with closing(TaggedPDF()) as trial:
        return BOTTOM - _draw(trial, content, jpegs, fit, SMALLEST_PICTURE_MM)


def _draw(pdf: TaggedPDF, content: ReportContent, jpegs: _Jpegs, fit: _Fit, picture_mm: float) -> float:
    """Draw the page; returns where it ends, millimetres from the top."""
    flow = Flow(pdf, size=fit.size, lines=fit.lines)
    _metadata(flow, content)
    _head(flow, content)
    _examination(flow, content)
    _findings(flow, content, jpegs, picture_mm)
    _impression(flow, content)
    _review(flow, content.review)
    _limits(flow, content)
    return flow.y


def _metadata(flow: Flow, content: ReportContent) -> None:
    pdf = flow.pdf
    pdf.set_title(f"{TITLE}, case {content.case_id}")
    # Without the reader's name: metadata is read by indexes that the page itself never meets.
    pdf.set_subject("Reviewed by a reader" if content.review else UNVERIFIED)
    pdf.set_creator("Paediatric chest X-ray, research software")
    pdf.set_creation_date(content.created)


def _head(flow: Flow, content: ReportContent) -> None:
    flow.text(TITLE, kind="H1", bold=True, scale=1.8, lines=1)
    flow.text(f"Case: {content.case_id}. Report made {_moment(content.created)}.", lines=2)
    flow.gap(1.5)
    review = content.review
    if review is None:
        flow.box(UNVERIFIED, "No reader has reviewed and signed it.")
        return
    flow.box(f"Reviewed by {_short(review.reader)}, {_moment(review.signed)}", _assessment(review))


def _assessment(review: Review) -> str:
    if review.agrees:
        return "The reader agrees with the model."
    said = "The model decided nothing." if review.agrees is None else "The reader disagrees with the model."
    return f"{said} The reader’s answer: {_short(review.corrected_label) or 'none given'}."


def _examination(flow: Flow, content: ReportContent) -> None:
    flow.heading("Examination and technique")
    flow.text(" ".join(content.examination))
    flow.text(" ".join(content.technique))
    if content.warnings:
        flow.gap(1.0)
        flow.box("Warning of the input check", " ".join(content.warnings))


def _findings(flow: Flow, content: ReportContent, jpegs: _Jpegs, picture_mm: float) -> None:
    flow.heading("Findings")
    if content.scan is None:
        flow.text(NOT_KEPT, lines=2)
    else:
        _pictures(flow, content, content.scan, jpegs, picture_mm)
    flow.text(" ".join(content.findings))


def _pictures(flow: Flow, content: ReportContent, scan: Picture, jpegs: _Jpegs, picture_mm: float) -> None:
    verdict = content.verdict
    height, width = scan.shape
    what = "The radiograph as read" if verdict is not None and not content.warnings else "The picture as read"
    left = marks.Drawn(scan, jpegs.scan, what, f"{what}, {width} × {height} pixels, in grey.")
    if content.overlay is None:
        missing = "not scored, so there is no heatmap" if verdict is None else "no heatmap was made"
        marks.side_by_side(flow, left, None, missing=f"No overlay: {missing}.", height=picture_mm)
    else:
        shows = content.overlay_shows
        alternative = (
            f"The same with a heatmap over it. {shows} Strong influence is bright yellow, weak influence dark."
        )
        right = marks.Drawn(content.overlay, jpegs.overlay, shows, alternative)
        marks.side_by_side(flow, left, right, height=picture_mm)


def _impression(flow: Flow, content: ReportContent) -> None:
    flow.heading("Impression")
    verdict, review = content.verdict, content.review
    if verdict is None:
        flow.text(f"{wording.NOT_SCORED}.", bold=True, scale=1.3, lines=2)
    else:
        _verdict(flow, verdict, refused=bool(content.warnings))
    if review is not None and not review.agrees:
        flow.text(_assessment(review), bold=True, lines=2)


def _verdict(flow: Flow, verdict: Verdict, *, refused: bool) -> None:
    word = wording.INDETERMINATE if verdict.indeterminate else verdict.decision
    caveat = " (on a picture that was refused)" if refused else ""
    flow.text(f"The model’s verdict: {word}{caveat}", bold=True, scale=1.5, lines=2)
    if verdict.indeterminate:
        flow.text(f"{wording.leaning(verdict.decision, verdict.operating_point)}.", bold=True, lines=2)
    marks.probability_line(flow, verdict)
    reason = wording.verdict_reason(verdict.decision, verdict.probability, verdict.threshold, verdict.operating_point)
    band = f" {wording.band_key(verdict.band)}" if verdict.band is not None else ""
    flow.text(f"{reason}{band}")
    if rates := _rates(verdict):
        flow.text(rates)
    if verdict.calibration:
        flow.text(verdict.calibration)


def _rates(verdict: Verdict) -> str:
    known = [("sensitivity", verdict.sensitivity), ("specificity", verdict.specificity)]
    told = [f"{name} {_rate(rate)}" for name, rate in known if rate is not None]
    if not told:
        return ""
    point = wording.point_name(verdict.operating_point)
    return f"At the {point} operating point, measured on {verdict.measured_on}: {', '.join(told)}."


def _rate(rate: Estimate) -> str:
    return f"{wording.percent(rate.value, 1)} (95\u00a0% interval {wording.percent_range(rate.low, rate.high)})"


def _review(flow: Flow, review: Review | None) -> None:
    flow.heading("Review")
    if review is None:
        flow.text("Not reviewed yet. What stands above is the model’s alone.")
        return
    flow.text(_assessment(review), lines=2)
    if review.comment.strip():
        flow.text(f"Comment: {review.comment}", lines=2 * flow.lines)
    flow.text(f"Signed {_moment(review.signed)} by {review.reader}.", lines=3)


def _limits(flow: Flow, content: ReportContent) -> None:
    flow.heading("Intended use and limits")
    flow.text(NOT_A_DEVICE, bold=True, lines=2)
    flow.text(" ".join(content.limits))
    flow.text(f"Model: {content.model_version}", lines=2)
    flow.text(f"SHA-256 of its weights: {content.weights_sha256}", lines=2)
    if flow.has_numbers:
        flow.text(NUMBERS_NOTE, lines=1)


def _short(text: str) -> str:
    """The beginning of a name that is too long for one line, so that what follows it stays on the page."""
    text = text.strip()
    return kept_apart(text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME].rstrip()}…")


def _moment(moment: datetime) -> str:
    at = moment.astimezone(UTC)
    return f"{wording.day(at)}, {at:%H:%M} UTC"
