"""What can be set from outside, read from the environment once a run."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
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
DATA = ROOT / "data"
"""What this installation collects; git ignores it."""

_MODEL_DIR, _OPERATING_POINT = "CXR_MODEL_DIR", "CXR_OPERATING_POINT"
_DATA_DIR, _DATABASE_URL, _KEEP_PIXELS = "CXR_DATA_DIR", "DATABASE_URL", "CXR_KEEP_PIXELS"
_CONTACT, _LONGEST_CONTACT = "CXR_CONTACT", 200
_COMPARE, _DATA_SET, _PREVALENCE = "CXR_COMPARE", "CXR_DATA_SET", "CXR_PREVALENCE"
_VARIABLES = (
    *(_MODEL_DIR, _OPERATING_POINT, _DATA_DIR, _DATABASE_URL, _KEEP_PIXELS),
    *(_COMPARE, _DATA_SET, _PREVALENCE, _CONTACT),
)
_ROLES_CLAIM, _SIGN_IN_HOURS, _ALLOW_ANONYMOUS = "CXR_ROLES_CLAIM", "CXR_SIGN_IN_HOURS", "CXR_ALLOW_ANONYMOUS"
_YES, _NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


PLAIN = PRETRAINED.parent / "plain"
"""The textbook network, where it ships beside the other: what the shipped model is compared with."""

MOST_COMPARED = 12
"""Folders that the pages compare at most: each is kept in memory as read."""


class SettingsError(ChestXrayError):
    """A variable of the environment is set to something that cannot be used."""


@dataclass(frozen=True)
class AccessSettings:
    """Who may see the pages.

    Read apart from the other settings, so that a mistake in one of those neither opens nor closes a page.

    Attributes:
        roles_claim: the claim of the identity provider that holds a user's roles (`CXR_ROLES_CLAIM`); dots lead into
            nested claims, such as "realm_access.roles".
        sign_in_hours: how long a sign-in holds, in hours, more than 0 (`CXR_SIGN_IN_HOURS`).
        allow_anonymous: whether the pages may be served to other machines without sign-in (`CXR_ALLOW_ANONYMOUS`).
    """

    roles_claim: str = "roles"
    sign_in_hours: float = 12.0
    allow_anonymous: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings.

        Args:
            environment: variables; those of the process if None.

        Returns:
            The settings; a variable that is unset or empty leaves its default.

        Raises:
            SettingsError: if `CXR_SIGN_IN_HOURS` is no number above 0, or `CXR_ALLOW_ANONYMOUS` is neither on nor off.
        """
        variables = os.environ if environment is None else environment
        claim, hours, anonymous = (
            variables.get(name, "").strip() for name in (_ROLES_CLAIM, _SIGN_IN_HOURS, _ALLOW_ANONYMOUS)
        )
        return cls(
            roles_claim=claim or cls.roles_claim,
            sign_in_hours=_hours(hours) if hours else cls.sign_in_hours,
            allow_anonymous=_switch(_ALLOW_ANONYMOUS, anonymous),
        )


@dataclass(frozen=True)
class Settings:
    """Settings of the page.

    Attributes:
        model_dir: folder of the trained model (`CXR_MODEL_DIR`); the shipped one by default.
        operating_point: whose threshold decides until the user chooses another (`CXR_OPERATING_POINT`: "rule-out",
            "balanced" or "rule-in"); one of `model.calibration.OPERATING_POINTS`.
        data_dir: folder of the review database (`CXR_DATA_DIR`); made when first needed.
        database_url: of a PostgreSQL server that holds the review database instead (`DATABASE_URL`); "" for none. It
            may hold a password: it is never shown, and not part of this object's text.
        keep_pixels: whether a saved case keeps its radiograph (`CXR_KEEP_PIXELS`); off by default.
        compare_dirs: folders of further models, for learning curves and comparison (`CXR_COMPARE`, separated like the
            folders of PATH); by default the textbook network, where it ships.
        data_set: folder of the data set that the figures were measured on, whose pictures are then shown with the
            hardest cases (`CXR_DATA_SET`); None for none.
        prevalence: share of the children radiographed here who have pneumonia (`CXR_PREVALENCE`), 0.001 to 0.999; None
            where not set.
        contact: whom to ask, such as a mail address (`CXR_CONTACT`): one line of up to 200 characters; "" for nobody.
    """

    model_dir: Path = PRETRAINED
    operating_point: str = BALANCED
    data_dir: Path = DATA
    database_url: str = field(default="", repr=False)
    keep_pixels: bool = False
    compare_dirs: tuple[Path, ...] = ()
    data_set: Path | None = None
    prevalence: float | None = None
    contact: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings.

        Args:
            environment: variables; those of the process if None.

        Returns:
            The settings; a variable that is unset or empty leaves its default.

        Raises:
            SettingsError: if the operating point is not one of the three, `CXR_KEEP_PIXELS` is neither on nor off,
                `CXR_COMPARE` names too many folders, `CXR_PREVALENCE` is no number from 0.001 to 0.999, or
                `CXR_CONTACT` is more than one short line.
        """
        variables = os.environ if environment is None else environment
        given = {name: variables.get(name, "").strip() for name in _VARIABLES}
        return cls(
            model_dir=_folder(given[_MODEL_DIR], PRETRAINED),
            operating_point=_operating_point(given[_OPERATING_POINT]),
            data_dir=_folder(given[_DATA_DIR], DATA),
            database_url=given[_DATABASE_URL],
            keep_pixels=_switch(_KEEP_PIXELS, given[_KEEP_PIXELS]),
            compare_dirs=_folders(given[_COMPARE]),
            data_set=_folder(given[_DATA_SET], DATA) if given[_DATA_SET] else None,
            prevalence=_prevalence(given[_PREVALENCE]) if given[_PREVALENCE] else None,
            contact=_contact(given[_CONTACT]),
        )


def _folder(text: str, default: Path) -> Path:
    return Path(text).expanduser() if text else default


def _folders(text: str) -> tuple[Path, ...]:
    """Each once, in order; the textbook network where none is named and it is there."""
    named = dict.fromkeys(Path(part.strip()).expanduser() for part in text.split(os.pathsep) if part.strip())
    if len(named) > MOST_COMPARED:
        raise SettingsError(
            f"{_COMPARE} names {len(named)} folders; at most {MOST_COMPARED} are compared. Name fewer, and start the "
            "server again."
        )
    return tuple(named) or ((PLAIN,) if PLAIN.is_dir() else ())


def _switch(name: str, text: str) -> bool:
    if text.lower() not in _YES + _NO:
        raise SettingsError(f"{name} is {text!r}; expected on or off. Set one of them, and start the server again.")
    return text.lower() in _YES


def _contact(text: str) -> str:
    # Marks that turn the direction of writing are not printable either: an address must read as it is.
    if len(text) > _LONGEST_CONTACT or not text.isprintable():
        raise SettingsError(
            f"{_CONTACT} has {len(text)} characters or more than one line; expected one line of up to "
            f"{_LONGEST_CONTACT} printable characters, such as a mail address. Shorten it, and start the server again."
        )
    return text


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = math.nan
    if not (math.isfinite(hours) and hours > 0):
        raise SettingsError(
            f"{_SIGN_IN_HOURS} is {text!r}; expected a number of hours above 0. Set one, or leave it unset, and start "
            "the server again."
        )
    return hours


def _prevalence(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0.001 <= share <= 0.999:
        raise SettingsError(
            f"{_PREVALENCE} is {text!r}; expected a share from 0.001 to 0.999, such as 0.05 for 5 %. Set one, or leave "
            "it unset, and start the server again."
        )
    return share


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
