"""Sanity checks for saliency maps (Adebayo et al. 2018): maps of an untrained network must look different."""

from __future__ import annotations

import re
from collections.abc import Iterator

import keras

_UNIT = re.compile(r"(stage\d+_block\d+|stem|conv\d+|hidden|logits)")


def cascade(network: keras.Model, *, seed: int = 0) -> Iterator[tuple[str, keras.Model]]:
    """Copies of a network with more and more layers randomised, from the output down.

    Args:
        network: of `model.architecture`; it is not changed.
        seed: of the fresh weights.

    Yields:
        The name of the layer (or block) randomised last, and the copy: always the same object, with other weights.
    """
    keras.utils.set_random_seed(seed)
    copy = keras.models.clone_model(network)  # fresh weights throughout
    fresh = {layer.name: layer.get_weights() for layer in copy.layers}
    for layer in network.layers:
        copy.get_layer(layer.name).set_weights(layer.get_weights())
    for unit in units(network):
        for layer in copy.layers:
            if layer.weights and _unit_of(layer.name) == unit:
                layer.set_weights(fresh[layer.name])
        yield unit, copy


def units(network: keras.Model) -> list[str]:
    """Layers and blocks that hold weights, from the output down to the input."""
    named = [_unit_of(layer.name) for layer in network.layers if layer.weights]
    return list(dict.fromkeys(reversed(named)))


def _unit_of(name: str) -> str:
    match = _UNIT.match(name)
    return match[1] if match else name
