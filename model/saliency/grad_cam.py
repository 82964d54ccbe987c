"""Grad-CAM: which parts of the radiograph raised the logit of a class.

Selvaraju et al., "Grad-CAM", ICCV 2017. A map here is raw: float32, shape (h, w) of the last feature maps,
zero or more, and not scaled unless its function says so; `normalise` scales it, `model.overlay` draws it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model.errors import ArtifactError
from model.saliency.maps import SaliencyMap

if TYPE_CHECKING:
    import keras


def class_weights(network: keras.Model) -> npt.NDArray[np.float32] | None:
    """The last dense layer's weights, where the head is global average pooling and that one layer.

    With such a head d logit_c / d A_k is w_kc / (h w) at every place, so the spatial mean of the gradient that
    Grad-CAM takes is known without a backward pass.

    Returns:
        float32, shape (channels, classes), or None where the head is another one and gradients are needed.
    """
    names = {layer.name for layer in network.layers}
    if "pool" not in names or "hidden" in names:
        return None
    kernel: npt.NDArray[np.float32] = np.asarray(network.get_layer("logits").kernel, dtype=np.float32)
    return kernel


def grad_cam_from_features(feature_maps: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]) -> SaliencyMap:
    """Grad-CAM of a pooled head, from one forward pass.

    Args:
        feature_maps: float32, shape (h, w, channels).
        weights: float32, shape (channels,): the last dense layer's column of the class explained.

    Returns:
        float32, shape (h, w): relu(sum_k w_k A_k) / (h w), which is what the gradients would give.
    """
    height, width, _ = feature_maps.shape
    evidence: SaliencyMap = np.maximum(feature_maps @ weights, 0.0) / np.float32(height * width)
    return evidence


def grad_cam_from_gradients(
    network: keras.Model, model_input: npt.NDArray[np.float32], class_index: int
) -> SaliencyMap:
    """Grad-CAM of any head, by tf-keras-vis; two passes and some 20 times the time of the pooled form.

    Args:
        network: a network of `model.architecture`; it is not changed.
        model_input: float32, shape (size, size, 1), 0 to 1.
        class_index: position of the explained class in the labels.

    Returns:
        float32, shape (h, w), zero or more, scaled to a maximum of 1 (tf-keras-vis scales).

    Raises:
        ArtifactError: if Keras does not run on TensorFlow, which tf-keras-vis needs.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        raise ArtifactError("A heatmap for this network needs KERAS_BACKEND=tensorflow; unset KERAS_BACKEND.")
    from tf_keras_vis.gradcam import Gradcam

    explained = keras.Model(network.inputs, [network.output["logits"], network.output["feature_maps"]])
    # A fresh wrapper, so that nothing of tf-keras-vis touches the shared network.
    logits_only = keras.Model(explained.inputs, explained.outputs[0])
    layer_name = network.output["feature_maps"]._keras_history.operation.name

    def score(output: Any) -> Any:  # noqa: ANN401 - a tf.Tensor, which may not be imported here
        return output[:, class_index]

    cam = Gradcam(logits_only, clone=True)(
        score,
        model_input[np.newaxis],
        penultimate_layer=layer_name,
        seek_penultimate_conv_layer=False,
        expand_cam=False,
        normalize_cam=True,
    )
    result: SaliencyMap = np.asarray(cam, dtype=np.float32)[0]
    return result
