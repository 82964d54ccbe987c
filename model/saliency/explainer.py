"""One small interface to every method: prepare once, then `explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.errors import InputRangeError
from model.saliency import cams, gradients
from model.saliency.grad_cam import class_weights, grad_cam_from_features
from model.saliency.graphs import BACKWARD_BATCH, FORWARD_BATCH, Graphs, check
from model.saliency.maps import Array, SaliencyMap
from model.saliency.methods import (
    INTEGRATED_GRADIENTS_STEPS,
    METHODS,
    OCCLUSION_CELLS,
    SCORE_CAM_CHANNELS,
    SMOOTH_GRAD_SAMPLES,
)
from model.saliency.occlusion import occlusion

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras

    Progress = Callable[[float], None]

NOISE = 0.1
"""SmoothGrad's noise, in parts of the input's range of grey; Smilkov et al. advise 0.1 to 0.2."""

SEED = 0

SMOOTH_GRAD_POOLING = 1 / 75
"""Standard deviation of the window over which a pixel map is added up, in parts of the input's side: 3 of 224."""

INTEGRATED_GRADIENTS_POOLING = 1 / 40
"""The same; wider, since these speckle more: 5.6 pixels of 224."""


class Explainer:
    """Explains one network's logits; one serves every session and thread, and nothing in it or the network changes."""

    def __init__(self, network: keras.Model) -> None:
        """Prepare the graphs; each is compiled at its first use.

        Raises:
            ArtifactError: if Keras does not run on TensorFlow, or the network has no finer stage.
        """
        self._network = network
        self._graphs = Graphs(network)
        self._methods: dict[str, Callable[[Array, int, Progress], SaliencyMap]] = {
            "grad_cam": self._grad_cam,
            "grad_cam_plus_plus": self._grad_cam_plus_plus,
            "score_cam": self._score_cam,
            "layer_cam": self._layer_cam,
            "smooth_grad": self._smooth_grad,
            "integrated_gradients": self._integrated_gradients,
            "occlusion": self._occlusion,
        }

    def explain(
        self, method_key: str, model_input: Array, class_index: int, *, progress: Progress | None = None
    ) -> SaliencyMap:
        """Where the network looked.

        Args:
            method_key: one of `model.saliency.METHODS`.
            model_input: float32, shape (size, size, 1), 0 to 1.
            class_index: position of the explained class in the labels.
            progress: told the part done, rising to 1; None for nobody.

        Returns:
            float32, shape (h, w), zero or more, raw; the same for the same arguments. Its size is the method's.

        Raises:
            InputRangeError: if the method is unknown, or the input or class is none that the network has.
        """
        if method_key not in METHODS:
            raise InputRangeError(f"Unknown saliency method {method_key!r}; expected one of {', '.join(METHODS)}.")
        check(self._graphs, model_input, class_index)
        told = progress or _nobody
        saliency_map = self._methods[method_key](model_input, class_index, told)
        if not METHODS[method_key].slow:
            told(1.0)
        return saliency_map

    def warm(self) -> None:
        """Compile every graph, so that the first user does not wait for it."""
        size = self._graphs.size
        nothing = np.zeros((size, size, 1), dtype=np.float32)
        self._graphs.logits(nothing[np.newaxis], 0)
        self._graphs.last_stage(nothing, 0)
        self._graphs.finer_stage(nothing, 0)
        self._graphs.input_gradients(nothing[np.newaxis], 0)

    def _grad_cam(self, model_input: Array, class_index: int, _: Progress) -> SaliencyMap:
        weights = class_weights(self._network)
        if weights is None:
            return cams.grad_cam(*self._graphs.last_stage(model_input, class_index))
        features = self._graphs.forward(model_input[np.newaxis])["feature_maps"][0]
        return grad_cam_from_features(features, weights[:, class_index])

    def _grad_cam_plus_plus(self, model_input: Array, class_index: int, _: Progress) -> SaliencyMap:
        return cams.grad_cam_plus_plus(*self._graphs.last_stage(model_input, class_index))

    def _layer_cam(self, model_input: Array, class_index: int, _: Progress) -> SaliencyMap:
        features, steepness = self._graphs.finer_stage(model_input, class_index)
        return cams.layer_cam(features, cams.without_stride_pattern(steepness))

    def _score_cam(self, model_input: Array, class_index: int, progress: Progress) -> SaliencyMap:
        return cams.score_cam(
            self._graphs.forward(model_input[np.newaxis])["feature_maps"][0],
            model_input,
            lambda inputs: self._graphs.logits(inputs, class_index),
            channels=SCORE_CAM_CHANNELS,
            batch=FORWARD_BATCH,
            progress=progress,
        )

    def _smooth_grad(self, model_input: Array, class_index: int, progress: Progress) -> SaliencyMap:
        deviation = NOISE * float(np.ptp(model_input))
        signed = gradients.smooth_grad(
            model_input,
            lambda inputs: self._graphs.input_gradients(inputs, class_index),
            gradients.noise(model_input.shape, samples=SMOOTH_GRAD_SAMPLES, deviation=deviation, seed=SEED),
            batch=BACKWARD_BATCH,
            progress=progress,
        )
        return gradients.pooled(gradients.magnitude(signed), SMOOTH_GRAD_POOLING * self._graphs.size)

    def _integrated_gradients(self, model_input: Array, class_index: int, progress: Progress) -> SaliencyMap:
        signed = gradients.integrated_gradients(
            model_input,
            np.full_like(model_input, model_input.mean()),
            lambda inputs: self._graphs.input_gradients(inputs, class_index),
            steps=INTEGRATED_GRADIENTS_STEPS,
            batch=BACKWARD_BATCH,
            progress=progress,
        )
        return gradients.in_favour(gradients.pooled(signed, INTEGRATED_GRADIENTS_POOLING * self._graphs.size))

    def _occlusion(self, model_input: Array, class_index: int, progress: Progress) -> SaliencyMap:
        falls = occlusion(
            model_input,
            lambda inputs: self._graphs.logits(inputs, class_index),
            cells=OCCLUSION_CELLS,
            batch=FORWARD_BATCH,
            progress=progress,
        )
        return gradients.in_favour(falls)


def _nobody(_: float) -> None:
    """Progress that no one watches."""
