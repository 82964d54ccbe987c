"""Other models that ship, or that the settings name: their figures and curves; none of them is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING

from app.services import measured
from model.artifact import WEIGHTS
from model.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from model.records.measured import Measured


@dataclass(frozen=True, eq=False)
class OtherModel:
    """A model beside the one in use.

    Attributes:
        title: what to call it; no two are called the same.
        measured: what was measured of it; None if it cannot be read.
        weights_bytes: size of its weights file; None if there is none.
        problem: why it cannot be read, for the user; otherwise "".
    """

    title: str
    measured: Measured | None
    weights_bytes: int | None
    problem: str = ""


def other_models(folders: Sequence[Path], *, besides: Path) -> tuple[OtherModel, ...]:
    """The models of some folders.

    Args:
        folders: artifacts; that of the model in use is left out.
        besides: the model in use.

    Returns:
        One of each folder, in order. Only the folder's name is shown, never its path.
    """
    found: list[OtherModel] = []
    for folder in folders:
        if folder.resolve() == besides.resolve():
            continue
        try:
            known = measured.read(folder)
        except ArtifactError:
            # The error names the folder's place, which is nobody's business who only reads the page.
            problem = "It has no usable manifest.json. Train it, or name another folder in CXR_COMPARE."
            found.append(OtherModel(_title(folder.name, folder, found), None, None, problem))
        else:
            title = _title(known.manifest.model_version, folder, found)
            found.append(OtherModel(title, known, weights_bytes(folder)))
    return tuple(found)


def _title(wanted: str, folder: Path, found: Sequence[OtherModel]) -> str:
    """What nobody is called yet: the name wanted, with the folder's, or with a number (all may be "artifact")."""
    taken = {one.title for one in found}
    named = wanted if wanted == folder.name else f"{wanted} ({folder.name})"
    numbered = (f"{named} ({number})" for number in count(2))
    return next(title for title in chain((wanted, named), numbered) if title not in taken)


def weights_bytes(folder: Path) -> int | None:
    """The size of an artifact's weights file, or None where it has none."""
    try:
        return (folder / WEIGHTS).stat().st_size
    except OSError:
        return None
