"""Settings of the app, read from environment variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, FiniteFloat, ValidationError, field_validator
from pydantic_core import PydanticUseDefault
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from model.artifact import PRETRAINED
from model.errors import ChestXrayError
from model.records.manifest import BALANCED, OPERATING_POINTS

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
SAMPLES = ASSETS / "samples"
DATA = ROOT / "data"
"""What this installation collects; git ignores it."""

PLAIN = PRETRAINED.parent / "plain"
"""The textbook network, compared with the shipped model where it ships too."""

MOST_COMPARED = 12
"""Each compared model is kept in memory."""

_SPELLED = {name.replace("_", "-"): name for name in OPERATING_POINTS}
_LONGEST_SHOWN = 60

T = TypeVar("T", bound="_Environment")


class SettingsError(ChestXrayError):
    """An environment variable holds something that cannot be used."""


def _split(text: object) -> object:
    """Folders separated as in PATH, each once."""
    if not isinstance(text, str):
        return text
    return tuple(dict.fromkeys(part.strip() for part in text.split(os.pathsep) if part.strip()))


def _operating_point(text: str) -> str:
    if text not in _SPELLED:
        raise ValueError(text)
    return _SPELLED[text]


def _one_line(text: str) -> str:
    # Characters that reverse the direction of writing are not printable either: an address must read as it is.
    if not text.isprintable():
        raise ValueError(text)
    return text


Folder = Annotated[Path, AfterValidator(Path.expanduser)]


class _Environment(BaseSettings):
    """Fields name their variable (`validation_alias`) and what it must hold (`description`)."""

    model_config = SettingsConfigDict(frozen=True, case_sensitive=True, populate_by_name=True, validate_default=False)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The arguments or, without any, the environment: a folder given does not mix with the shell's database."""
        if isinstance(init_settings, InitSettingsSource) and init_settings.init_kwargs:
            return (init_settings,)
        if isinstance(env_settings, EnvSettingsSource):
            # With populate_by_name alone, a variable called "contact" would be read too.
            named = {str(one.validation_alias) for one in cls.model_fields.values()}
            env_settings.env_vars = {name: os.environ[name] for name in named & os.environ.keys()}
        return (env_settings,)

    @field_validator("*", mode="before")
    @classmethod
    def _blank_means_unset(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if not value.strip():
            raise PydanticUseDefault
        return value.strip()


class AccessSettings(_Environment):
    """Who may see the pages. Read apart from `Settings`: a mistake there neither opens nor closes a page.

    Attributes:
        roles_claim: claim of the identity provider that holds the roles; dots lead into nested claims.
        sign_in_hours: how long a sign-in holds, hours.
        allow_anonymous: whether the pages may be served to other machines without sign-in.
    """

    roles_claim: str = Field(default="roles", validation_alias="CXR_ROLES_CLAIM")
    sign_in_hours: FiniteFloat = Field(
        default=12.0, gt=0, validation_alias="CXR_SIGN_IN_HOURS", description="a number of hours above 0"
    )
    allow_anonymous: bool = Field(default=False, validation_alias="CXR_ALLOW_ANONYMOUS", description="on or off")


class Settings(_Environment):
    """Settings of the pages.

    Attributes:
        model_dir: folder of the trained model.
        operating_point: whose threshold decides until the user chooses another; one of `OPERATING_POINTS`.
        data_dir: folder of the review database; made when first needed.
        database_url: PostgreSQL server that holds the review database instead; "" for none. May hold a password, so it
            is left out of this object's text.
        keep_pixels: whether a saved case keeps its radiograph; None: readers choose when they first save.
        compare_dirs: folders of further models to compare.
        data_set: folder of the data set behind the figures; its pictures illustrate the hardest cases.
        prevalence: share of the children radiographed here who have pneumonia, 0.001 to 0.999; None if not set.
        contact: whom to ask, such as a mail address; "" for nobody.
    """

    model_dir: Folder = Field(default=PRETRAINED, validation_alias="CXR_MODEL_DIR", description="a folder")
    operating_point: Annotated[str, BeforeValidator(_operating_point)] = Field(
        default=BALANCED, validation_alias="CXR_OPERATING_POINT", description=f"one of {', '.join(_SPELLED)}"
    )
    data_dir: Folder = Field(default=DATA, validation_alias="CXR_DATA_DIR", description="a folder")
    database_url: str = Field(default="", validation_alias="DATABASE_URL", repr=False)
    keep_pixels: bool | None = Field(default=None, validation_alias="CXR_KEEP_PIXELS", description="on or off")
    compare_dirs: Annotated[tuple[Folder, ...], NoDecode, BeforeValidator(_split)] = Field(
        default_factory=lambda: (PLAIN,) if PLAIN.is_dir() else (),
        max_length=MOST_COMPARED,
        validation_alias="CXR_COMPARE",
        description=f"at most {MOST_COMPARED}, separated by “{os.pathsep}”",
    )
    data_set: Folder | None = Field(default=None, validation_alias="CXR_DATA_SET", description="a folder")
    prevalence: FiniteFloat | None = Field(
        default=None,
        ge=0.001,
        le=0.999,
        validation_alias="CXR_PREVALENCE",
        description="a share from 0.001 to 0.999, such as 0.05 for 5 %",
    )
    contact: Annotated[str, AfterValidator(_one_line)] = Field(
        default="",
        max_length=200,
        validation_alias="CXR_CONTACT",
        description="one line of at most 200 printable characters, such as a mail address",
    )


def load() -> Settings:
    """Read the settings; a variable that is unset or blank leaves its default.

    Raises:
        SettingsError: if a variable cannot be used; the message names it and says what was expected.
    """
    return _read(Settings)


def load_access() -> AccessSettings:
    """Read who may see the pages; likewise.

    Raises:
        SettingsError: as for `load`.
    """
    return _read(AccessSettings)


def _read(kind: type[T]) -> T:
    try:
        return kind()
    except ValidationError as error:
        first = error.errors()[0]
        variable = str(first["loc"][0])
        expected = next(one.description for one in kind.model_fields.values() if one.validation_alias == variable)
        raise SettingsError(
            f"{variable} {_given(first['input'])}; expected {expected}. Correct or unset it, then restart the server."
        ) from error


def _given(value: object) -> str:
    if isinstance(value, tuple):
        # The folders' places are not shown: the page tells the message to everybody.
        return f"names {len(value)} folders"
    text = str(value)
    return f"is {text[:_LONGEST_SHOWN]!r}{'…' if len(text) > _LONGEST_SHOWN else ''}"
