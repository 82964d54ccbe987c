"""fit -> evaluate -> score on made radiographs, by the commands a user types."""

from __future__ import annotations

import json
from pathlib import Path


def test_network_learns_made_opacities(trained_artifact: Path) -> None:
    result = json.loads((trained_artifact / "evaluation.json").read_text())
    assert result["test"]["metrics"]["auroc"]["value"] > 0.9
