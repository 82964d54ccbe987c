r"""Training presets.

    python -m training fit --data DATA --preset residual --masks LUNG_MASKS
    python -m training fit --data DATA --preset plain
    python -m training fit --data DATA --preset efficientnet_lite0 --masks LUNG_MASKS --originals ORIGINALS \
        --weights imagenet

docs/results.md states the results to expect, and when they were measured.
"""

from __future__ import annotations

import dataclasses
import math
import typing
from dataclasses import dataclass, field, replace
from typing import Any

from model.architecture import PRESETS as ARCHITECTURES
from model.preprocessing import InputSpec
from model.variation import most
from training.augment import AUGMENTATIONS, Augmentation
from training.errors import ConfigError

_RANGES: tuple[tuple[str, float, float], ...] = (
    ("epochs", 1, 10_000),
    ("batch_size", 2, 4096),
    ("learning_rate", 1e-9, 1.0),
    ("warmup_epochs", 0, 10_000),
    ("weight_decay", 0.0, 1.0),
    ("label_smoothing", 0.0, 0.5),
    ("teachers_weight", 0.0, 1.0),
    ("guidance", 0.0, 100.0),
    ("agreement", 0.0, 100.0),
    ("patience", 1, 10_000),
    ("folds", 2, 1000),
    ("fold", 0, 999),
    ("split_seed", 0, 2**31),
    ("seed", 0, 2**31),
)


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that determines a run; stored beside its results.

    Attributes:
        preset: name of the network in `model.architecture.PRESETS`.
        input: what the network reads.
        augmentation: what training does to a scan.
        epochs: most epochs; the learning rate falls to zero over them.
        batch_size: images a step, half of each class.
        learning_rate: peak of the one-cycle schedule (linear rise over the first epochs, then cosine).
        warmup_epochs: epochs of rise.
        weight_decay: AdamW's.
        label_smoothing: of categorical cross-entropy.
        teachers_weight: weight of the teachers in the loss, if there are any; the labels have the rest.
        guidance: weight in the loss of evidence from the wrong places, see `training.guidance`; 0 for none.
        agreement: weight in the loss of two films of one scan being answered differently, see `training.twins`; 0 for
            none.
        patience: epochs without a better validation loss before stopping early.
        folds: parts that the patients are cut into; one is validation.
        fold: which part is validation.
        hold_out: kind of image kept out of training, see `training.data.cut_validation`; empty for none.
        split_seed: of the cut, so that runs of several seeds share their validation patients.
        seed: of everything else that is random in the run.
    """

    preset: str
    input: InputSpec = field(default_factory=InputSpec)
    augmentation: Augmentation = field(default_factory=lambda: AUGMENTATIONS["standard"])
    epochs: int = 40
    batch_size: int = 64
    learning_rate: float = 1e-3
    warmup_epochs: int = 2
    weight_decay: float = 0.02
    label_smoothing: float = 0.0
    teachers_weight: float = 0.7
    guidance: float = 0.0
    agreement: float = 0.0
    patience: int = 12
    folds: int = 8
    fold: int = 0
    hold_out: str = ""
    split_seed: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse settings that cannot be trained.

        Raises:
            ConfigError: on an unknown preset or a number out of range.
        """
        if self.preset not in ARCHITECTURES:
            raise ConfigError(f"Unknown preset {self.preset!r}; expected one of {sorted(ARCHITECTURES)}.")
        if self.batch_size % (4 if self.agreement else 2):
            parts = (
                "a quarter two films of each class, so divisible by four"
                if self.agreement
                else "half of each class, so even"
            )
            raise ConfigError(f"batch_size is {parts}; got {self.batch_size}.")
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise ConfigError(f"{name} must be {low} to {high}, got {value}.")
        if self.fold >= self.folds:
            raise ConfigError(f"fold must be 0 to {self.folds - 1}, got {self.fold}.")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the manifest."""
        return dataclasses.asdict(self)


PRESETS: dict[str, TrainingConfig] = {
    "plain": TrainingConfig("plain", weight_decay=0.01, learning_rate=5e-4),
    "residual": TrainingConfig(
        "residual",
        augmentation=replace(
            AUGMENTATIONS["strong"],
            flip=0.0,
            match_spectrum=0.6,
            match_grey_values=0.5,
            swap_background=0.8,
            blank_lungs=0.15,
        ),
        epochs=56,
        label_smoothing=0.05,
        patience=20,
    ),
    "efficientnet_lite0": TrainingConfig(
        "efficientnet_lite0",
        augmentation=replace(
            AUGMENTATIONS["strong"],
            zoom=0.2,
            stretch=0.25,
            flip=0.0,
            cutout=0.0,
            hide=0.5,
            match_spectrum=0.6,
            match_grey_values=0.5,
            made_opacity=0.15,
            swap_background=0.75,
            blank_lungs=0.2,
        ),
        epochs=24,
        learning_rate=7e-4,
        warmup_epochs=1,
        label_smoothing=0.05,
        guidance=0.5,
        agreement=0.1,
    ),
}


def preset(name: str) -> TrainingConfig:
    """A preset by name.

    Raises:
        ConfigError: if there is none of that name.
    """
    if name not in PRESETS:
        raise ConfigError(f"Unknown preset {name!r}; expected one of {sorted(PRESETS)}.")
    return PRESETS[name]


def override(config: TrainingConfig, pairs: list[str]) -> TrainingConfig:
    """Change single values, as `--set epochs=3` or `--set augmentation.flip=0` ask.

    Raises:
        ConfigError: if a key is unknown, or a value is not of the key's type.
    """
    for pair in pairs:
        key, separator, text = pair.partition("=")
        if not separator:
            raise ConfigError(f"Expected key=value, got {pair!r}.")
        head, _, tail = key.partition(".")
        if tail and head in ("input", "augmentation"):
            inner = _changed(getattr(config, head), tail, text)
            config = replace(config, **{head: inner})
        else:
            config = _changed(config, key, text)
    return config


def _changed(target: Any, key: str, text: str) -> Any:  # noqa: ANN401 - any of the frozen dataclasses here
    types = typing.get_type_hints(type(target))
    # A choice from fixed names (the window) is text, too; its user checks the name.
    simple = {name: kind if kind in (int, float, str) else str for name, kind in types.items() if _is_simple(kind)}
    if key not in simple:
        nested = [name for name in types if dataclasses.is_dataclass(types[name])]
        more = f", or {' or '.join(f'{name}.…' for name in nested)}" if nested else ""
        raise ConfigError(f"Unknown setting {key!r}; expected one of {sorted(simple)}{more}.")
    try:
        value = simple[key](text)
    except ValueError as error:
        raise ConfigError(f"Setting {key} expects {simple[key].__name__}, got {text!r}.") from error
    return replace(target, **{key: value})


def _is_simple(kind: Any) -> bool:  # noqa: ANN401 - a type or a typing construct
    return kind in (int, float, str) or typing.get_origin(kind) is typing.Literal


@dataclass(frozen=True)
class Setting:
    """One key of `override`, as help texts list it.

    Attributes:
        key: such as "epochs" or "input.size".
        kind: "int", "float" or "text".
        allowed: such as "1 to 10000", or the words to choose from; "" for any text.
        default: as it is typed.
    """

    key: str
    kind: str
    allowed: str
    default: str


_TEXTS = {"preset": sorted(ARCHITECTURES)}
_INPUT_RANGES = {"size": (32, 1024), "low_percentile": (0, 100), "high_percentile": (0, 100)}


def settings(config: TrainingConfig) -> list[Setting]:
    """Every key that `override` accepts, with type, range and the configuration's own value."""
    found = []
    for prefix, part in (("", config), ("input.", config.input), ("augmentation.", config.augmentation)):
        for name, kind in typing.get_type_hints(type(part)).items():
            if _is_simple(kind):
                words = {int: "int", float: "float"}.get(kind, "text")
                value = getattr(part, name)
                default = f"{value:g}" if kind is float else str(value)
                found.append(Setting(prefix + name, words, _allowed(prefix, name, kind), default))
    return found


def _allowed(prefix: str, name: str, kind: Any) -> str:  # noqa: ANN401 - a type or a typing construct
    if kind not in (int, float):
        return ", ".join(typing.get_args(kind) or _TEXTS.get(name, ()))
    if prefix == "augmentation.":
        low, high = 0.0, most(name)
    else:
        low, high = {name: (low, high) for name, low, high in _RANGES}.get(name) or _INPUT_RANGES[name]
    return f"{low:g} to {high:.10g}"
