"""Write docs/model-card.md: the model card of the About page, for the shipped model and default settings.

python -m tests.write_card
"""

from __future__ import annotations

import re

from app.screens.about.card import build
from app.settings import ROOT, Settings
from model.artifact import PRETRAINED
from model.records.measured import read_measured

PAGE = ROOT / "docs" / "model-card.md"
NOTE = "<!-- Written by `python -m tests.write_card`; changes here are lost. -->"


def card() -> str:
    """The page as Markdown; without the installed libraries, nothing in the environment changes it."""
    text = build(read_measured(PRETRAINED), Settings(model_dir=PRETRAINED)).text()
    title, rest = re.sub(r"^## Libraries\n.*?(?=^## )", "", text, flags=re.MULTILINE | re.DOTALL).split("\n", 1)
    return f"{title}\n\n{NOTE}\n{rest}"


if __name__ == "__main__":
    PAGE.write_text(card(), encoding="utf-8")
