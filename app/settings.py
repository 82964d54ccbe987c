"""What can be set from outside, read from the environment once a run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from model.artifact import PRETRAINED
from model.calibration import BALANCED, OPERATING_POINTS
from model.errors import ChestXrayError

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
SAMPLES = ASSETS / "samples"

_MODEL_DIR, _OPERATING_POINT = "CXR_MODEL_DIR", "CXR_OPERATING_POINT"


class SettingsError(ChestXrayError):
    """A variable of the environment is set to something that cannot be used."""


@dataclass(frozen=True)
class Settings:
    """Settings of the page.

    Attributes:
        model_dir: folder of the trained model (`CXR_MODEL_DIR`); the shipped one by default.
        operating_point: whose threshold decides until the user chooses another (`CXR_OPERATING_POINT`: "rule-out",
            "balanced" or "rule-in"); one of `model.calibration.OPERATING_POINTS`.
    """

    model_dir: Path = PRETRAINED
    operating_point: str = BALANCED

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings.

        Args:
            environment: variables; those of the process if None.

        Returns:
            The settings; a variable that is unset or empty leaves its default.

        Raises:
            SettingsError: if the operating point is not one of the three.
        """
        variables = os.environ if environment is None else environment
        folder = variables.get(_MODEL_DIR, "").strip()
        return cls(
            model_dir=Path(folder).expanduser() if folder else PRETRAINED,
            operating_point=_operating_point(variables.get(_OPERATING_POINT, "").strip()),
        )


def _operating_point(text: str) -> str:
    spelt = {name.replace("_", "-"): name for name in OPERATING_POINTS}
    if not text:
        return BALANCED
    if text not in spelt:
        raise SettingsError(
            f"{_OPERATING_POINT} is {text!r}; expected one of {', '.join(spelt)}. Set one of them, or leave it unset, "
            "and start the server again."
        )
    return spelt[text]
