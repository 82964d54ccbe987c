"""The network's layers, read from `model.keras` itself: a ZIP whose `config.json` names them. No Keras is needed."""

from __future__ import annotations

import json
import math
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.errors import ReportError

Shape = tuple[int, ...]
_PART = re.compile(r"stem|stage\d+|(?:conv|relu)\d+")
_NO_PART = {"InputLayer", "Rescaling", "Dropout", "Softmax", "Flatten"}


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes:
        name: its own.
        kind: Keras's class name.
        detail: kernel and channels of a convolution, units of a dense layer; empty for others.
        weights: how many numbers it has, trained or not.
        shape: of its output, (height, width, channels) or (units,); None where nothing says it.
    """

    name: str
    kind: str
    detail: str
    weights: int
    shape: Shape | None


@dataclass(frozen=True)
class Part:
    """Layers that belong together.

    Attributes:
        name: such as "stage 2".
        layers: what they are, in words.
        shape: of what leaves it.
        weights: of all of them.
    """

    name: str
    layers: str
    shape: Shape | None
    weights: int


def read_layers(path: Path) -> tuple[Layer, ...]:
    """The layers of a stored network.

    Raises:
        ReportError: if it is not a stored Keras network.
    """
    try:
        with zipfile.ZipFile(path) as stored:
            layers = json.loads(stored.read("config.json"))["config"]["layers"]
        shapes = _output_shapes(layers)
        return tuple(_layer(layer, shapes.get(layer["name"])) for layer in layers)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise ReportError(f"{path} is not a Keras network that can be read: {error}. Restore it or train again.") from (
            error
        )


def parts(layers: tuple[Layer, ...]) -> tuple[Part, ...]:
    """Gather layers by stage, the first part of their names; those without weights stand alone or are left out."""
    groups: dict[str, list[Layer]] = {}
    for layer in layers:
        if layer.kind in _NO_PART:
            continue
        found = _PART.match(layer.name)
        name = found.group().replace("relu", "conv") if found else layer.name
        groups.setdefault(name, []).append(layer)
    return tuple(
        Part(_spaced(name), _described(group), group[-1].shape, sum(layer.weights for layer in group))
        for name, group in groups.items()
    )


def _output_shapes(layers: list[dict[str, Any]]) -> dict[str, Shape]:
    """What each layer hands on is written with the layers that take it."""
    shapes: dict[str, Shape] = {}

    def walk(value: Any) -> None:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            config = value.get("config")
            if value.get("class_name") == "__keras_tensor__" and isinstance(config, dict):
                shapes[config["keras_history"][0]] = tuple(config["shape"][1:])
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk([layer["inbound_nodes"] for layer in layers])
    return shapes


def _layer(layer: dict[str, Any], shape: Shape | None) -> Layer:
    kind, config = layer["class_name"], layer["config"]
    channels = (layer.get("build_config", {}).get("input_shape") or [0])[-1]
    detail, weights = "", 0
    if kind == "Conv2D":
        sides, filters = config["kernel_size"], config["filters"]
        detail = f"{sides[0]} × {sides[1]}, {filters} channels"
        weights = math.prod(sides) * channels // config["groups"] * filters + filters * config["use_bias"]
    elif kind == "DepthwiseConv2D":
        sides, filters = config["kernel_size"], channels * config["depth_multiplier"]
        detail = f"{sides[0]} × {sides[1]}, {filters} channels"
        weights = math.prod(sides) * filters + filters * config["use_bias"]
    elif kind == "Dense":
        detail = f"{config['units']} units"
        weights = (channels + config["use_bias"]) * config["units"]
        shape = shape or (config["units"],)
    elif kind == "BatchNormalization":
        weights = channels * (2 + config["center"] + config["scale"])
    return Layer(layer["name"], kind, detail, weights, shape)


_WORDS = {
    "Conv2D": "convolution",
    "DepthwiseConv2D": "depthwise convolution",
    "BatchNormalization": "batch normalisation",
    "MaxPooling2D": "max pooling",
    "GlobalAveragePooling2D": "global average pooling",
    "Add": "skip connection",
    "Dense": "dense",
}


def _described(group: list[Layer]) -> str:
    counts: dict[str, int] = {}
    for layer in group:
        if layer.kind in ("BatchNormalization", "ReLU") and len(group) > 1:
            continue  # one after each convolution, as the text says
        words = " ".join(part for part in (_WORDS.get(layer.kind, layer.kind), layer.detail) if part)
        counts[words] = counts.get(words, 0) + 1
    return "; ".join(words if number == 1 else f"{number} × {words}" for words, number in counts.items())


def _spaced(name: str) -> str:
    return re.sub(r"(\d+)$", r" \1", name.replace("_", " ")).replace("  ", " ")
