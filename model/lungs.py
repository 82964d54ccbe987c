"""A small U-Net that outlines both lungs, including the part behind the heart.

A companion of the classifier (Ronneberger et al. 2015), trained on human outlines by `python -m training gate`. On
other images than upright frontal chest radiographs it is trained to find nothing, so the input check can use it.
"""

from __future__ import annotations

import keras
from keras import layers

_WIDTHS = (8, 16, 32, 48)


def build_outliner(input_size: int) -> keras.Model:
    """A fresh, untrained outliner.

    Args:
        input_size: side of the square input in pixels, a multiple of 16; the outline has half of it.

    Returns:
        A Keras model from float32 (batch, size, size, 1), 0 to 1, to float32 (batch, size / 2, size / 2, 1): the
        probability that a place is lung.
    """
    radiograph = keras.Input((input_size, input_size, 1), name="radiograph")
    x = layers.AveragePooling2D(2, name="halve")(radiograph)
    x = layers.Rescaling(4.0, offset=-2.0, name="centre")(x)
    skipped = []
    for level, width in enumerate(_WIDTHS):
        if level:
            skipped.append(x)
            x = layers.MaxPooling2D(2, name=f"down{level}")(x)
        x = _block(x, width, f"in{level}")
    for level in range(len(_WIDTHS) - 2, -1, -1):
        x = layers.UpSampling2D(2, interpolation="bilinear", name=f"up{level}")(x)
        x = layers.Concatenate(name=f"skip{level}")([x, skipped[level]])
        x = _block(x, _WIDTHS[level], f"out{level}")
    outline = layers.Conv2D(1, 1, activation="sigmoid", name="lungs")(x)
    return keras.Model(radiograph, outline, name="lungs")


def _block(x: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    for part in ("a", "b"):
        x = layers.Conv2D(
            width, 3, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"{name}{part}"
        )(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"{name}{part}_norm")(x)
        x = layers.ReLU(name=f"{name}{part}_relu")(x)
    return x
