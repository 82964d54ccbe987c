"""A network's forward pass as a plain function of arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras

Inputs = npt.NDArray[np.float32]


def compiled(network: keras.Model, size: int) -> Callable[[Inputs], Any]:
    """The forward pass; on TensorFlow one graph of fixed size, much faster on one image than `model.predict`.

    Args:
        network: reads float32, shape (n, size, size, 1).
        size: side of the input, pixels.

    Returns:
        A function from inputs to what the network gives, as NumPy arrays: one, or a dictionary of them.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return lambda inputs: _to_numpy(network(inputs, training=False), keras.ops.convert_to_numpy)
    import tensorflow as tf

    def forward(inputs: Any) -> Any:  # noqa: ANN401 - a tf.Tensor
        return network(inputs, training=False)

    graph = tf.function(forward, input_signature=[tf.TensorSpec((None, size, size, 1), tf.float32)])
    return lambda inputs: _to_numpy(graph(tf.constant(inputs)), lambda tensor: tensor.numpy())


def _to_numpy(outputs: Any, convert: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - tensors, alone or in a dictionary
    if isinstance(outputs, dict):
        return {name: convert(tensor) for name, tensor in outputs.items()}
    return convert(outputs)
