"""The notebook is kept without outputs, opens no test split, and runs from its first cell to its last."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from model.artifact import PRETRAINED

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "training" / "chest_xray_cnn.ipynb"


@pytest.fixture
def notebook() -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def test_is_kept_without_outputs(notebook: nbformat.NotebookNode) -> None:
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    for cell in code:
        assert (cell.outputs, cell.execution_count) == ([], None), f"cell {cell.id}: they may hold pictures of patients"
    assert not any("attachments" in cell for cell in notebook.cells)


def test_leaves_the_test_split_and_the_tests_alone(notebook: nbformat.NotebookNode) -> None:
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert "open_test_split" not in source
    assert not re.search(r"[\"'/]test[\"'/]", source.replace('["test"]', "")), "a folder called test"
    assert not re.search(r"^\s*(from|import) (tests|app)", source, re.MULTILINE)


def test_explains_what_it_has_to(notebook: nbformat.NotebookNode) -> None:
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown").lower()
    for word in ("cross-entropy", "adam", "convolution", "relu", "pooling", "fully connected", "overfitting"):
        assert word in prose, word


def _shown(notebook: nbformat.NotebookNode, name: str, kind: str) -> list[Any]:
    cell = next(cell for cell in notebook.cells if cell.id == name)
    return [output["data"][kind] for output in cell.outputs if kind in output.get("data", {})]


@pytest.mark.training
def test_runs_on_made_radiographs_and_learns(notebook: nbformat.NotebookNode, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CXR_DATA", "CXR_SIZE"):
        monkeypatch.delenv(name, raising=False)
    # A Streamlit server, or a machine without a screen, leaves the backend so.
    for name, value in {"MPLBACKEND": "agg", "CXR_IMAGES": "120", "CXR_EPOCHS": "12"}.items():
        monkeypatch.setenv(name, value)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOK.parent)}})
    ran = client.execute()
    for pictures in ("look", "augment", "parts", "loss", "curves", "matrix", "cam", "shipped"):
        assert _shown(ran, pictures, "image/png"), pictures
    table = _shown(ran, "matrix", "text/plain")[0]  # the picture that follows has a text, too
    found = re.search(r"AUROC\s+NaN\s+NaN\s+([\d.]+)", table)
    assert float(found.group(1)) > 0.85, table
    stated = json.loads((PRETRAINED / "evaluation.json").read_text())["test"]["metrics"]["auroc"]
    shipped = _shown(ran, "shipped", "text/plain")[0]
    assert re.search(rf"auroc +{stated['value']:.3f} +{stated['low']:.3f} +{stated['high']:.3f}", shipped)
