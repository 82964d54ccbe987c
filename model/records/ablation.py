"""Experiments that led to the shipped model, scored on validation: `ablation.json`."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, model_serializer, model_validator

from model.records.base import Record, RecordFile
from model.records.history import ViewScores


class Trial(Record):
    """One network that was trained, or averaged from others, and judged on views of validation.

    Attributes:
        table: key of the question it belongs to.
        settings: what was set other than the preset, as "key=value".
        began_with: the network whose weights it went on from; "" for none.
        chosen_epoch: counted from 1; None, as `epochs`, for an average.
    """

    table: str
    name: str
    preset: str
    settings: tuple[str, ...] = Field(default=(), alias="set")
    began_with: str = Field(default="", alias="start_from")
    teachers: tuple[str, ...] = ()
    average_of: tuple[str, ...] = ()
    chosen_epoch: int | None = None
    epochs: int | None = None
    views: dict[str, ViewScores]

    @property
    def auroc(self) -> dict[str, float]:
        """By view of validation, each 0 to 1."""
        return {view: scores.auroc for view, scores in self.views.items()}


class Ablation(RecordFile):
    """All trials, in order; the file is a list of them."""

    FILE: ClassVar[str] = "ablation.json"

    trials: tuple[Trial, ...]

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, values: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        return {"trials": values} if isinstance(values, list) else values

    @model_serializer(mode="plain")
    def _to_list(self) -> tuple[Trial, ...]:
        return self.trials
