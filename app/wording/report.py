"""The PDF report on the pages, in words."""

from __future__ import annotations

TITLE = "PDF report"

EXPLANATION = (
    "One page to file: the radiograph, its heatmap (Grad-CAM, for the verdict), the verdict with its warnings, and the "
    "model’s version and checksum. It stays “unverified”: a review is signed in the Worklist."
)

REFERENCE_HELP = (
    "Stands on the report. Up to 64 letters, digits, hyphens and underscores; no name of a person or file. Left empty, "
    "the report gets the reference shown in the field, made of the pixels’ checksum."
)

MAKE_HELP = "Takes about a second. Nothing is written to disk here."

DOWNLOAD_HELP = "The report as it was made. Another verdict or reference needs a new one."

STORED_HELP = (
    "One page with the verdict, the review as it is saved now, and the model’s version and checksum. Without a review "
    "it says “unverified AI result”; where the picture was not kept, it says so."
)

READERS_ONLY = "Readers and administrators can take a PDF report of this radiograph; your role cannot."
