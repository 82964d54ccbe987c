"""Arrows point one way: app -> model <- training."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FORBIDDEN = {"model": {"app", "training", "streamlit"}, "app": {"training"}, "training": {"app", "streamlit"}}


def imported_by(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where an arrow points"
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_imports_point_one_way(package: str) -> None:
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        assert not imported_by(path) & FORBIDDEN[package], path


def test_training_does_not_need_tensorflow() -> None:
    """The input feed runs where only JAX or PyTorch is there."""
    for path in (ROOT / "training").rglob("*.py"):
        assert "tensorflow" not in imported_by(path), path


def test_every_pinned_library_is_used() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = {line.split("==")[0].split("[")[0] for line in lines if "==" in line}
    module = {
        "opencv-python-headless": "cv2",
        "scikit-learn": "sklearn",
        "pillow": "PIL",
        "tf-keras-vis": "tf_keras_vis",
        "fpdf2": "fpdf",
    }
    used = set().union(*(imported_by(p) for package in FORBIDDEN for p in (ROOT / package).rglob("*.py")))
    # pydicom finds pylibjpeg's decoders by itself, and fpdf2 uharfbuzz
    assert {module.get(name, name) for name in pinned} - used <= {"pylibjpeg", "uharfbuzz"}
