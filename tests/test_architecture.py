"""The imports follow the house that docs/architecture.md draws."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("app", "model", "training")
FORBIDDEN = {"model": {"app", "training", "streamlit"}, "app": {"training"}, "training": {"app", "streamlit"}}

# Which parts of `app` a part may import; every part may import `model` and app.settings.
ALLOWED = {
    "main": {"auth", "screens", "ui"},
    "screens": {"ui", "services", "auth", "records", "intake", "reports"},
    "ui": set(),
    "services": {"auth", "records", "intake", "reports"},
    "reports": {"records"},
    "intake": set(),
    "records": set(),
    "auth": set(),
    "settings": set(),
}
MOST_FLOORS = 6


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Dotted names that a file imports, those for type checking included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where an arrow points"
            module = node.module or ""
            names |= {
                f"{module}.{alias.name}" if is_module(f"{module}.{alias.name}") else module for alias in node.names
            }
    return frozenset(names)


@cache
def is_module(dotted: str) -> bool:
    place = ROOT / dotted.replace(".", "/")
    return dotted.startswith(PACKAGES) and (place.with_suffix(".py").is_file() or place.is_dir())


def files_of(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def dotted_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def module_graph() -> dict[str, set[str]]:
    return {
        dotted_name(path): {name for name in imports_of(path) if is_module(name)} - {dotted_name(path)}
        for package in PACKAGES
        for path in files_of(package)
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_one_way(package: str) -> None:
    files = files_of(package)
    assert files
    for path in files:
        assert not {name.split(".")[0] for name in imports_of(path)} & FORBIDDEN[package], path


def test_parts_of_the_app_import_one_way() -> None:
    wrong = []
    for path in files_of("app"):
        part = path.relative_to(ROOT / "app").parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        used = {name.split(".")[1] for name in imports_of(path) if name.startswith("app.")} - {part, "settings"}
        wrong += [f"{path.relative_to(ROOT)} imports app.{other}" for other in used - ALLOWED[part]]
    assert not wrong


def test_a_page_does_not_import_another() -> None:
    pages = ROOT / "app" / "screens"
    for path in pages.rglob("*.py"):
        page = path.relative_to(pages).parts[0].removesuffix(".py")
        others = {name.split(".")[2] for name in imports_of(path) if name.startswith("app.screens.")} - {
            page,
            "prelude",
        }
        assert not others, f"{path} imports the pages {others}"


def test_only_services_cache() -> None:
    for path in files_of("app"):
        if "services" not in path.parts:
            assert "st.cache_" not in path.read_text(encoding="utf-8"), path


def test_no_module_imports_one_that_imports_it() -> None:
    try:
        TopologicalSorter(module_graph()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_a_page_is_at_most_six_floors_above_the_model() -> None:
    folders: dict[str, set[str]] = {}
    for path in files_of("app"):
        folder = ".".join(path.parent.relative_to(ROOT).parts)
        targets = {target(name) for name in imports_of(path) if is_module(name)}
        folders.setdefault(folder, set()).update(targets - {folder, "app"})
    order = list(TopologicalSorter(folders).static_order())
    floors: dict[str, int] = {}
    for folder in order:
        floors[folder] = 1 + max((floors[other] for other in folders.get(folder, ())), default=0)
    assert max(floors.values()) <= MOST_FLOORS, sorted(floors.items(), key=lambda item: -item[1])


def target(dotted: str) -> str:
    """The folder of a module of `app`; `model` as a whole is the ground floor."""
    if not dotted.startswith("app"):
        return dotted.split(".", maxsplit=1)[0]
    place = ROOT / dotted.replace(".", "/")
    return dotted if place.is_dir() else dotted.rpartition(".")[0]


def test_training_does_not_need_tensorflow() -> None:
    """The input feed runs where only JAX or PyTorch is installed."""
    for path in files_of("training"):
        assert "tensorflow" not in {name.split(".")[0] for name in imports_of(path)}, path


def test_every_pinned_library_is_used() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = {line.split("==")[0].split("[")[0] for line in lines if "==" in line}
    module = {
        "opencv-python-headless": "cv2",
        "scikit-learn": "sklearn",
        "fonttools": "fontTools",
        "markdown-it-py": "markdown_it",
        "pillow": "PIL",
        "pillow-heif": "pillow_heif",
        "tf-keras-vis": "tf_keras_vis",
        "pydantic-settings": "pydantic_settings",
    }
    used = {name.split(".")[0] for package in PACKAGES for path in files_of(package) for name in imports_of(path)}
    indirect = {"pylibjpeg", "authlib", "httpx2", "psycopg"}  # loaded by pydicom, Streamlit and SQLAlchemy
    assert {module.get(name, name) for name in pinned} - used <= indirect


def test_no_file_is_long() -> None:
    for package in PACKAGES:
        for path in files_of(package):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            assert lines <= 420, f"{path.relative_to(ROOT)} has {lines} lines; make it a folder of the same name"


def test_folders_hold_more_than_one_file() -> None:
    for package in PACKAGES:
        for folder in {path.parent for path in files_of(package)}:
            files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
            has_folders = any(child.is_dir() and any(child.glob("*.py")) for child in folder.iterdir())
            assert len(files) != 1 or has_folders or folder.name == "migrations", f"{folder} holds a single file"
