"""The model card: what the model is, for whom, how good, and what is not known (Mitchell et al. 2019; CLAIM 2024).

Plain frozen data and two writers; nothing here draws. Its numbers come from the files beside the weights, and what is
known of the published data set from `facts.json`.
"""

from __future__ import annotations

from app.model_card.building import build_card
from app.model_card.content import (
    STATUSES,
    ChecklistItem,
    Installation,
    Item,
    ModelCard,
    Section,
    Table,
)
from app.model_card.html import to_html
from app.model_card.markdown import CHECKLIST_HEAD, CHECKLIST_TITLE, checklist_sentence, to_markdown

__all__ = [
    "CHECKLIST_HEAD",
    "CHECKLIST_TITLE",
    "STATUSES",
    "ChecklistItem",
    "Installation",
    "Item",
    "ModelCard",
    "Section",
    "Table",
    "build_card",
    "checklist_sentence",
    "to_html",
    "to_markdown",
]
