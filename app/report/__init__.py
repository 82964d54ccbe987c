"""The one-page PDF report of a case: plain data in, a PDF file out."""

from __future__ import annotations

from app.report.content import ReportContent, ReportError, Review, Verdict
from app.report.filling import NOT_A_DEVICE, report_content
from app.report.page import write_report
from app.report.stored import stored_content

__all__ = [
    "NOT_A_DEVICE",
    "ReportContent",
    "ReportError",
    "Review",
    "Verdict",
    "report_content",
    "stored_content",
    "write_report",
]
