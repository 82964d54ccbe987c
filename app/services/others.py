"""Other models that ship, or that the settings name: their figures and curves; none of them is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.services.known import Performance, performance
from model.artifact import WEIGHTS
from model.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, eq=False)
class OtherModel:
    """A model beside the one in use.

    Attributes:
        title: what to call it; no two are called the same.
        known: what was measured of it; None if it cannot be read.
        weights_bytes: size of its weights file; None if there is none.
        problem: why it cannot be read, for the user; otherwise "".
    """

    title: str
    known: Performance | None
    weights_bytes: int | None
    problem: str = ""


def other_models(folders: Sequence[Path], *, besides: Path) -> tuple[OtherModel, ...]:
    """The models of some folders.

    Args:
        folders: artifacts; that of the model in use is left out.
        besides: the model in use.

    Returns:
        One of each folder, in order. The folder's own name is told, never where it lies.
    """
    found = []
    for folder in folders:
        if folder.resolve() == besides.resolve():
            continue
        try:
            known = performance(folder)
        except ArtifactError:
            # The error names the folder's place, which is nobody's business who only reads the page.
            problem = "It has no usable manifest.json. Train it, or name another folder in CXR_COMPARE."
            found.append(OtherModel(folder.name, None, None, problem))
        else:
            title = known.manifest.model_version
            if title in {one.title for one in found}:
                title = f"{title} ({folder.name})"
            found.append(OtherModel(title, known, weights_bytes(folder)))
    return tuple(found)


def weights_bytes(folder: Path) -> int | None:
    """The size of an artifact's weights file, or None where it has none."""
    try:
        return (folder / WEIGHTS).stat().st_size
    except OSError:
        return None
