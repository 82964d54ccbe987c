"""The CNNs. Each returns its logits and named intermediate results, so no code searches layers by name.

`plain` is the textbook network: Conv-ReLU-MaxPool blocks, then dense layers. `residual` adds normalisation and
skip connections (He et al. 2016) and ends in global average pooling (Lin et al. 2014), which keeps it small and makes
Grad-CAM exact in the forward pass. `efficientnet_lite0` (Tan and Le 2019) is built of inverted residuals (Sandler et
al. 2018) and can begin with weights learned on ImageNet, see `training.imagenet`. The last down-sampling of these two
is left out, so that the heatmap has 14 x 14 cells rather than 7 x 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.labels import LABELS

if TYPE_CHECKING:
    import keras

# Keras is imported where a network is built: the help of commands lists the presets without it.


@dataclass(frozen=True)
class Architecture:
    """One network.

    Attributes:
        name: preset name, as written into the manifest.
        widths: channels of each stage.
        blocks: residual blocks of each stage; none stands for textbook Conv-ReLU-MaxPool stages.
        strides: stride of each stage (unused by `plain`, whose stages end in pooling).
        kernels: side of the depthwise convolutions of each stage, in pixels, where its blocks are inverted residuals.
        hidden: units of the hidden dense layer before the softmax; 0 for none (global average pooling).
        dropout: fraction dropped before the last dense layer.
    """

    name: str
    widths: tuple[int, ...]
    blocks: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    kernels: tuple[int, ...] = ()
    hidden: int = 0
    dropout: float = 0.3


PRESETS: dict[str, Architecture] = {
    "plain": Architecture("plain", widths=(16, 32, 64, 96, 128), hidden=64, dropout=0.5),
    "residual": Architecture("residual", widths=(32, 64, 128, 256), blocks=(2, 2, 2, 2), strides=(1, 2, 2, 1)),
    "efficientnet_lite0": Architecture(
        "efficientnet_lite0",
        widths=(16, 24, 40, 80, 112, 192, 320),
        blocks=(1, 2, 2, 3, 3, 4, 1),
        strides=(1, 2, 2, 2, 1, 1, 1),
        kernels=(3, 3, 5, 3, 5, 5, 3),
    ),
}


def build(architecture: Architecture, input_size: int) -> keras.Model:
    """A fresh, untrained network.

    Args:
        architecture: which one.
        input_size: side of the square input in pixels.

    Returns:
        A Keras model from float32 (batch, size, size, 1), 0 to 1, to a dictionary of
        `logits` (batch, 2), `probabilities` (batch, 2; softmax, order of LABELS), `feature_maps`
        (batch, h, w, channels; the last convolution's, after ReLU) and `embedding` (batch, units; what the
        last dense layer sees).
    """
    import keras
    from keras import layers

    radiograph = keras.Input((input_size, input_size, 1), name="radiograph")
    if architecture.kernels:
        x = _inverted_stages(layers.Rescaling(2.0, offset=-1.0, name="centre")(radiograph), architecture)
    else:
        x = layers.Rescaling(4.0, offset=-2.0, name="centre")(radiograph)
        x = _residual_stages(x, architecture) if architecture.blocks else _textbook_stages(x, architecture)
    feature_maps = x
    if architecture.hidden:
        x = layers.MaxPooling2D(2, name="last_pool")(x)
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dense(architecture.hidden, activation="relu", name="hidden")(x)
    else:
        x = layers.GlobalAveragePooling2D(name="pool")(x)
    embedding = x
    x = layers.Dropout(architecture.dropout, name="dropout")(x)
    logits = layers.Dense(len(LABELS), name="logits")(x)
    probabilities = layers.Softmax(name="probabilities")(logits)
    outputs = {
        "logits": logits,
        "probabilities": probabilities,
        "feature_maps": feature_maps,
        "embedding": embedding,
    }
    return keras.Model(radiograph, outputs, name=architecture.name)


def _textbook_stages(x: keras.KerasTensor, architecture: Architecture) -> keras.KerasTensor:
    from keras import layers

    for index, width in enumerate(architecture.widths):
        if index:
            x = layers.MaxPooling2D(2, name=f"pool{index}")(x)
        x = layers.Conv2D(width, 3, padding="same", name=f"conv{index + 1}")(x)
        x = layers.ReLU(name=f"relu{index + 1}")(x)
    return x


def _residual_stages(x: keras.KerasTensor, architecture: Architecture) -> keras.KerasTensor:
    from keras import layers

    x = _convolution(x, architecture.widths[0], 7, 2, "stem")
    x = layers.ReLU(name="stem_relu")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="stem_pool")(x)
    stages = zip(architecture.widths, architecture.blocks, architecture.strides, strict=True)
    for stage, (width, blocks, stride) in enumerate(stages, start=1):
        for block in range(1, blocks + 1):
            x = _residual_block(x, width, stride if block == 1 else 1, f"stage{stage}_block{block}")
    return x


def _residual_block(x: keras.KerasTensor, width: int, stride: int, name: str) -> keras.KerasTensor:
    from keras import layers

    shortcut = x
    if stride != 1 or x.shape[-1] != width:
        shortcut = _convolution(x, width, 1, stride, f"{name}_shortcut")
    y = _convolution(x, width, 3, stride, f"{name}_a")
    y = layers.ReLU(name=f"{name}_a_relu")(y)
    y = _convolution(y, width, 3, 1, f"{name}_b")
    y = layers.Add(name=f"{name}_add")([shortcut, y])
    return layers.ReLU(name=f"{name}_relu")(y)


def _inverted_stages(x: keras.KerasTensor, architecture: Architecture) -> keras.KerasTensor:
    x = _clipped(_convolution(x, 32, 3, 2, "stem"), "stem")
    stages = zip(architecture.widths, architecture.blocks, architecture.strides, architecture.kernels, strict=True)
    for stage, (width, blocks, stride, kernel) in enumerate(stages, start=1):
        for block in range(1, blocks + 1):
            name, step = f"stage{stage}_block{block}", stride if block == 1 else 1
            x = _inverted_residual(x, width, name, expansion=1 if stage == 1 else 6, kernel=kernel, stride=step)
    return _clipped(_convolution(x, 1280, 1, 1, "head"), "head")


def _inverted_residual(
    x: keras.KerasTensor, width: int, name: str, *, expansion: int, kernel: int, stride: int
) -> keras.KerasTensor:
    from keras import layers

    shortcut = x
    if expansion > 1:
        x = _clipped(_convolution(x, expansion * x.shape[-1], 1, 1, f"{name}_expand"), f"{name}_expand")
    depthwise = layers.DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="same",
        use_bias=False,
        depthwise_initializer="he_normal",
        name=f"{name}_depthwise",
    )
    x = _clipped(_normalised(depthwise(x), f"{name}_depthwise"), f"{name}_depthwise")
    x = _convolution(x, width, 1, 1, f"{name}_project")
    if stride == 1 and shortcut.shape[-1] == width:
        x = layers.Add(name=f"{name}_add")([shortcut, x])
    return x


def _clipped(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """ReLU6, as EfficientNet-Lite has it."""
    from keras import layers

    return layers.ReLU(max_value=6.0, name=f"{name}_relu")(x)


def _convolution(x: keras.KerasTensor, width: int, kernel: int, stride: int, name: str) -> keras.KerasTensor:
    from keras import layers

    x = layers.Conv2D(
        width,
        kernel,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    return _normalised(x, name)


def _normalised(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    from keras import layers

    # With momentum 0.99 the moving statistics lag for many of these short epochs.
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(x)
