"""What can be set from outside, read from the environment once a run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from model.artifact import PRETRAINED

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
SAMPLES = ASSETS / "samples"


@dataclass(frozen=True)
class Settings:
    """Settings of the page.

    Attributes:
        model_dir: folder of the trained model (`CXR_MODEL_DIR`); the shipped one by default.
    """

    model_dir: Path = PRETRAINED

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings.

        Args:
            environment: variables; those of the process if None.

        Returns:
            The settings; a variable that is unset or empty leaves its default.
        """
        folder = (os.environ if environment is None else environment).get("CXR_MODEL_DIR", "").strip()
        return cls(model_dir=Path(folder).expanduser()) if folder else cls()
