"""Read `ablation.json`: what was tried on the way to the shipped model, judged on validation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.measured.files import or_nan, read_if_there

if TYPE_CHECKING:
    from pathlib import Path

ABLATION = "ablation.json"


@dataclass(frozen=True)
class Trial:
    """One network that was trained and judged on validation.

    Attributes:
        table: which question it belongs to, a key.
        name: of the network.
        preset: of the architecture.
        settings: what was set other than the preset, as "key=value".
        began_with: the network whose weights it went on from; "" for none.
        teachers: networks that it was distilled from.
        chosen_epoch: counted from 1; None for a mean of networks.
        epochs: trained; None for a mean of networks.
        auroc: by view of validation, each 0 to 1.
    """

    table: str
    name: str
    preset: str
    settings: tuple[str, ...]
    began_with: str
    teachers: tuple[str, ...]
    chosen_epoch: int | None
    epochs: int | None
    auroc: dict[str, float]


def read_ablation(folder: Path) -> tuple[Trial, ...] | None:
    """Read `ablation.json`.

    Args:
        folder: the artifact.

    Returns:
        The trials in order, or None where there is no such file.

    Raises:
        MeasuredError: if it is damaged.
    """
    return read_if_there(folder / ABLATION, lambda text: tuple(map(_trial, json.loads(text))))


def _trial(values: dict[str, Any]) -> Trial:
    return Trial(
        table=str(values["table"]),
        name=str(values["name"]),
        preset=str(values["preset"]),
        settings=tuple(map(str, values.get("set", ()))),
        began_with=str(values.get("start_from", "")),
        teachers=tuple(map(str, values.get("teachers", ()))),
        chosen_epoch=values.get("chosen_epoch"),
        epochs=values.get("epochs"),
        auroc={str(view): or_nan(figures["auroc"]) for view, figures in values["views"].items()},
    )
