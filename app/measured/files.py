"""What the readers of this package share: the error, and reading a file that may be missing or damaged."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app.measured.evaluated import Metric
from model.errors import ArtifactError, ChestXrayError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class MeasuredError(ChestXrayError):
    """A file that training wrote is damaged, or belongs to other weights; its figures may not be shown."""


def read_if_there(path: Path, parse: Callable[[str], T]) -> T | None:
    """Read and parse a file.

    Args:
        path: of the file.
        parse: makes something of its text.

    Returns:
        What `parse` made, or None where there is no such file.

    Raises:
        MeasuredError: if it is damaged.
    """
    if not path.is_file():
        return None
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError, ArtifactError) as error:
        raise MeasuredError(
            f"{path.name} cannot be read ({type(error).__name__}: {error}). Restore it, or evaluate the model again."
        ) from error


def or_nan(value: float | None) -> float:
    """A number; NaN where the file says null."""
    return math.nan if value is None else float(value)


def metric(name: str, values: dict[str, Any]) -> Metric:
    """One figure of a file."""
    return Metric(
        name=name,
        value=or_nan(values["value"]),
        low=or_nan(values["low"]),
        high=or_nan(values["high"]),
        interval=str(values["interval"]),
        successes=values.get("successes"),
        trials=values.get("trials"),
    )
