"""The network's forward and backward passes as compiled graphs of fixed signature.

Graphs share the network's weights and change nothing in it; they are thread-safe once made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from model.errors import ArtifactError, InputRangeError
from model.forward import compiled
from model.saliency.maps import Array

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras

FORWARD_BATCH = 32
BACKWARD_BATCH = 16


class Graphs:
    """A network's passes, each compiled at its first use."""

    def __init__(self, network: keras.Model) -> None:
        """Prepare.

        Raises:
            ArtifactError: if Keras does not run on TensorFlow, or the network has no activation layer that is finer
                than its last feature maps.
        """
        import keras

        if keras.backend.backend() != "tensorflow":
            raise ArtifactError("Explaining a network needs KERAS_BACKEND=tensorflow; unset KERAS_BACKEND.")
        self.size: int = network.input_shape[1]
        self.classes: int = network.output["logits"].shape[-1]
        self.forward: Callable[[Array], dict[str, Array]] = compiled(network, self.size)
        logits, last, finer = network.output["logits"], network.output["feature_maps"], finer_stage(network)
        self._last = self._compile(keras.Model(network.inputs, [logits, last]))
        self._finer = self._compile(keras.Model(network.inputs, [logits, finer]))
        self._input = self._compile(keras.Model(network.inputs, logits))

    def logits(self, inputs: Array, class_index: int) -> Array:
        """The class's logit.

        Args:
            inputs: float32, shape (n, size, size, 1).
            class_index: position of the class.

        Returns:
            float32, shape (n,).
        """
        return np.asarray(self.forward(inputs)["logits"], dtype=np.float32)[:, class_index]

    def last_stage(self, model_input: Array, class_index: int) -> tuple[Array, Array]:
        """The last feature maps, and the gradient of the class's logit there.

        Args:
            model_input: float32, shape (size, size, 1).
            class_index: position of the class.

        Returns:
            Two float32 arrays of shape (h, w, channels).
        """
        features, gradients = self._last(model_input[np.newaxis], class_index)
        return features[0], gradients[0]

    def finer_stage(self, model_input: Array, class_index: int) -> tuple[Array, Array]:
        """The same at the last activation layer that is finer than the last feature maps."""
        features, gradients = self._finer(model_input[np.newaxis], class_index)
        return features[0], gradients[0]

    def input_gradients(self, inputs: Array, class_index: int) -> Array:
        """The gradient of the class's logit at each pixel.

        Args:
            inputs: float32, shape (n, size, size, 1).
            class_index: position of the class.

        Returns:
            float32, shape (n, size, size, 1), in logits per unit of grey (0 to 1).
        """
        return self._input(inputs, class_index)[1]

    def _compile(self, tapped: keras.Model) -> Callable[[Array, int], tuple[Array, Array]]:
        import tensorflow as tf

        def pass_back(inputs: Any, class_index: Any) -> Any:  # noqa: ANN401 - tf.Tensors
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(inputs)
                outputs = tapped(inputs, training=False)
                logits, explained = outputs if isinstance(outputs, list) else (outputs, inputs)
                score = tf.gather(logits, class_index, axis=1)
            return explained, tape.gradient(score, explained)

        pictures = tf.TensorSpec((None, self.size, self.size, 1), tf.float32)
        graph = tf.function(pass_back, input_signature=[pictures, tf.TensorSpec((), tf.int32)])

        def run(inputs: Array, class_index: int) -> tuple[Array, Array]:
            explained, gradients = graph(tf.constant(inputs), tf.constant(class_index, tf.int32))
            return explained.numpy(), gradients.numpy()

        return run


def finer_stage(network: keras.Model) -> Any:  # noqa: ANN401 - a KerasTensor
    """Output of the last ReLU whose maps are finer than the last feature maps.

    In `residual` that is the end of the second stage, in `plain` the fourth convolution; both 28 x 28 at 224 pixels.

    Raises:
        ArtifactError: if there is none.
    """
    import keras

    height = network.output["feature_maps"].shape[1]
    for layer in reversed(network.layers):
        if isinstance(layer, keras.layers.ReLU) and layer.output.shape[1] > height:
            return layer.output
    raise ArtifactError(f"The network {network.name!r} has no ReLU layer finer than its last feature maps.")


def check(graphs: Graphs, model_input: Array, class_index: int) -> None:
    """Refuse inputs and classes that the network does not have.

    Raises:
        InputRangeError: if either is something else.
    """
    expected = (graphs.size, graphs.size, 1)
    if model_input.shape != expected or model_input.dtype != np.float32:
        raise InputRangeError(
            f"Expected a float32 model input of shape {expected}, got {model_input.dtype} {model_input.shape}; "
            "make it with model.preprocessing.to_model_input."
        )
    low, high = float(model_input.min()), float(model_input.max())
    # NaN compares false with everything, so this refuses it, too.
    if not (low >= 0.0 and high <= 1.0):
        raise InputRangeError(f"The network reads finite values from 0 to 1, got {low} to {high}.")
    if class_index not in range(graphs.classes):
        raise InputRangeError(f"Expected a class index from 0 to {graphs.classes - 1}, got {class_index!r}.")
