"""What the layers of a trained network compute on one radiograph, down to the logits.

Where the head is global average pooling and one dense layer, the difference of the logits is a sum over places, exactly
(Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016): each place of the last feature maps
votes for one class or the other. Other heads have no such sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from model.errors import ArtifactError, InputRangeError
from model.forward import compiled
from model.saliency import class_weights, where

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import keras

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Kind = Literal["convolution", "pooling"]

_BEFORE = "before"
_FINE = 64  # side of the padded spectrum of a filter


@dataclass(frozen=True)
class Stage:
    """A step that changes the size or number of maps.

    Attributes:
        key: its key in `Inside.maps`.
        kind: "convolution" for convolutions with ReLU, "pooling" for a step that only shrinks.
        convolutions: how many convolutions in a row lead to it from the stage before, shortcuts not counted.
        height: of each map, cells, like `width`; there are `channels` maps.
    """

    key: str
    kind: Kind
    convolutions: int
    height: int
    width: int
    channels: int


@dataclass(frozen=True, eq=False)
class Votes:
    """The evidence for the second class against the first, place by place.

    Attributes:
        cells: float64, shape (h, w): what each place adds to the difference of the logits.
        bias: added for every image.
        difference: of the two logits, as the network itself gave them.
    """

    cells: Floats
    bias: float
    difference: float

    @property
    def total(self) -> float:
        """All cells and the bias."""
        return float(self.cells.sum()) + self.bias

    @property
    def gap(self) -> float:
        """Difference between the sum and the network's output; only rounding error."""
        return abs(self.total - self.difference)


@dataclass(frozen=True)
class RegionalVotes:
    """Sums of votes by place; each trio, with `outside_box`, adds up to the sum of all cells.

    Attributes:
        upper: in the upper third of the lungs' bounding box (of the image without an outline); then `middle`, `lower`.
        left_of_image: in the left half of the box, as the radiograph is displayed; then `right_of_image`.
        outside_lungs: outside the outline itself; None without one.
    """

    upper: float
    middle: float
    lower: float
    left_of_image: float
    right_of_image: float
    outside_box: float
    outside_lungs: float | None


@dataclass(frozen=True, eq=False)
class Inside:
    """What the layers computed on one radiograph.

    Attributes:
        before: float32, shape (h, w, filters): responses of the first filters, before ReLU.
        maps: by stage, float32, shape (h, w, channels), zero or more.
        pooled: float32, shape (units,): what the last dense layer reads.
        logits: float64, shape (2,).
        votes: of the places; None where the head allows no exact sum.
    """

    before: Array
    maps: Mapping[str, Array]
    pooled: Array
    logits: Floats
    votes: Votes | None

    @property
    def after(self) -> Array:
        """The responses of the first filters after ReLU, float32, shape (h, w, filters)."""
        return np.maximum(self.before, np.float32(0.0))


@dataclass(frozen=True)
class Stripes:
    """Even stripes, light and dark in turn.

    Attributes:
        distance: from one light stripe to the next, pixels; infinite for plain brightness.
        degrees: how they lie, from horizontal, 0 to 180, counter-clockwise as the picture is shown.
    """

    distance: float
    degrees: float


class Inspector:
    """Runs a network and returns its layers' outputs; shared by all sessions, never changes the network."""

    def __init__(self, network: keras.Model) -> None:
        """Find the layers to show.

        Raises:
            ArtifactError: if it does not begin with a convolution followed by ReLU.
        """
        import keras

        first, before = _first_layers(network)
        found = _stages(network)
        self.size: int = network.input_shape[1]
        self.stages: tuple[Stage, ...] = tuple(stage for stage, _ in found)
        self.stride: int = int(first.strides[0])
        self.kernel: int = int(first.kernel_size[0])
        self.filters: Array = _folded(network, first, before)
        self._weights = class_weights(network)
        self._biases = None if self._weights is None else np.asarray(network.get_layer("logits").bias, np.float64)
        outputs = {"logits": network.output["logits"], "feature_maps": network.output["feature_maps"]}
        outputs |= {"embedding": network.output["embedding"], _BEFORE: before}
        outputs |= {stage.key: tensor for stage, tensor in found}
        self._forward: Callable[[Array], dict[str, Array]] = compiled(keras.Model(network.input, outputs), self.size)

    @property
    def has_votes(self) -> bool:
        """Whether the head is global average pooling and one dense layer, so that places vote."""
        return self._weights is not None

    def look(self, model_input: Array) -> Inside:
        """What the layers compute.

        Args:
            model_input: float32, shape (size, size, 1), 0 to 1; of `model.preprocessing.to_model_input`.

        Returns:
            Everything that is shown.

        Raises:
            InputRangeError: if the input has another shape, type or range.
        """
        _check(model_input, self.size)
        outputs = self._forward(model_input[np.newaxis])
        logits = np.asarray(outputs["logits"][0], dtype=np.float64)
        return Inside(
            before=np.asarray(outputs[_BEFORE][0], dtype=np.float32),
            maps={stage.key: np.asarray(outputs[stage.key][0], dtype=np.float32) for stage in self.stages},
            pooled=np.asarray(outputs["embedding"][0], dtype=np.float32),
            logits=logits,
            votes=self._votes(outputs["feature_maps"][0], logits),
        )

    def _votes(self, feature_maps: Array, logits: Floats) -> Votes | None:
        if self._weights is None or self._biases is None:
            return None
        against = self._weights[:, 1].astype(np.float64) - self._weights[:, 0]
        cells = feature_maps.astype(np.float64) @ against / np.prod(feature_maps.shape[:2])
        return Votes(cells, float(self._biases[1] - self._biases[0]), float(logits[1] - logits[0]))


def by_region(votes: Votes, lungs: npt.NDArray[np.float32] | None = None) -> RegionalVotes:
    """Sum the votes by place.

    Args:
        votes: of one radiograph.
        lungs: float32, shape (height, width), 0 to 1, over the same field; None where no outline is known.

    Returns:
        The sums; a cell that lies on a border counts in parts.

    Raises:
        InputRangeError: if the outline holds no lung.
    """
    sides = [(sign * total, where((part / total).astype(np.float32), lungs)) for sign, part, total in _signed(votes)]

    def summed(name: str) -> float:
        return float(sum(total * getattr(regions, name) for total, regions in sides))

    names = ("upper", "middle", "lower", "left_of_image", "right_of_image", "outside_box")
    outside = None if lungs is None else summed("outside_lungs")
    return RegionalVotes(**{name: summed(name) for name in names}, outside_lungs=outside)


def _signed(votes: Votes) -> list[tuple[float, Floats, float]]:
    """The votes for and against, each with its sign and its sum, if there are any."""
    parts = ((1.0, np.maximum(votes.cells, 0.0)), (-1.0, np.maximum(-votes.cells, 0.0)))
    return [(sign, part, float(part.sum())) for sign, part in parts if part.any()]


def favourite_stripes(filter_weights: Array) -> Stripes:
    """The even stripes that a filter responds to most strongly: the peak of its Fourier spectrum.

    Args:
        filter_weights: float32, shape (k, k).

    Returns:
        Their distance and direction.
    """
    spectrum = np.abs(np.fft.rfft2(filter_weights.astype(np.float64), s=(_FINE, _FINE)))
    row, column = np.unravel_index(int(spectrum.argmax()), spectrum.shape)
    down, right = float(np.fft.fftfreq(_FINE)[row]), float(np.fft.rfftfreq(_FINE)[column])
    frequency = float(np.hypot(down, right))
    if frequency == 0.0:
        return Stripes(float("inf"), 0.0)
    # Stripes lie across the direction in which they change; rows count downwards, angles upwards.
    return Stripes(1.0 / frequency, float((90.0 - np.rad2deg(np.arctan2(down, right))) % 180.0))


def _first_layers(network: keras.Model) -> tuple[keras.layers.Conv2D, keras.KerasTensor]:
    """The first convolution, and what its ReLU reads."""
    import keras

    first = next((layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)), None)
    relu = next((layer for layer in network.layers if isinstance(layer, keras.layers.ReLU)), None)
    if first is None or relu is None or first.kernel.shape[2] != 1 or relu.input.shape[1:] != first.output.shape[1:]:
        raise ArtifactError(
            f"The network {network.name!r} does not begin with a convolution of one grey picture and ReLU, so its "
            "layers cannot be shown."
        )
    return first, relu.input


def _folded(network: keras.Model, first: keras.layers.Conv2D, before: keras.KerasTensor) -> Array:
    """The effective first filters: multiplied by the following normalisation, which may change their sign."""
    import keras

    kernel = np.asarray(first.kernel, dtype=np.float32)[:, :, 0]
    layer = next(one for one in network.layers if one.output is before)
    if not isinstance(layer, keras.layers.BatchNormalization):
        return kernel
    scale = np.asarray(layer.gamma) / np.sqrt(np.asarray(layer.moving_variance) + layer.epsilon)
    return np.asarray(kernel * scale, dtype=np.float32)


def _stages(network: keras.Model) -> list[tuple[Stage, keras.KerasTensor]]:
    """The last ReLU or pooling of each size and number of maps, in the network's order."""
    import keras

    kinds: dict[Any, Kind] = {keras.layers.ReLU: "convolution", keras.layers.MaxPooling2D: "pooling"}
    steps: list[tuple[Kind, keras.Layer]] = [
        (kind, layer)
        for layer in network.layers
        for cls, kind in kinds.items()
        if isinstance(layer, cls) and len(layer.output.shape) == 4
    ]
    # A pooling after the last feature maps belongs to the head.
    last = next(i for i, (_, layer) in enumerate(steps) if layer.output is network.output["feature_maps"])
    steps = steps[: last + 1]
    nexts = [*pairwise(steps), (steps[-1], None)]
    ends = [one for one, after in nexts if after is None or _alike(one) != _alike(after)]
    counts = _convolutions(network, [layer for _, layer in ends])
    return [
        (Stage(f"stage {number}", kind, count, *map(int, layer.output.shape[1:])), layer.output)
        for number, ((kind, layer), count) in enumerate(zip(ends, counts, strict=True), start=1)
    ]


def _alike(step: tuple[Kind, keras.Layer]) -> tuple[Kind, tuple[int, ...]]:
    return step[0], tuple(step[1].output.shape[1:])


def _convolutions(network: keras.Model, ends: list[keras.Layer]) -> list[int]:
    """How many convolutions wider than one pixel come before each end and after the one before it."""
    import keras

    counts, since = [], 0
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D) and tuple(layer.kernel_size) != (1, 1):
            since += 1
        if layer in ends:
            counts.append(since)
            since = 0
    return counts


def _check(model_input: Array, size: int) -> None:
    if model_input.shape != (size, size, 1) or model_input.dtype != np.float32:
        raise InputRangeError(
            f"Expected a float32 model input of shape {(size, size, 1)}, got {model_input.dtype} {model_input.shape}; "
            "make it with model.preprocessing.to_model_input."
        )
    low, high = float(model_input.min()), float(model_input.max())
    # NaN compares false with everything, so this refuses it, too.
    if not (low >= 0.0 and high <= 1.0):
        raise InputRangeError(f"The network reads finite values from 0 to 1, got {low} to {high}.")
