"""The saliency methods, described for users; `model.saliency.explainer` runs them.

HiResCAM (Draelos and Carin 2020) multiplies gradient and feature map place by place instead of averaging the gradient
first. Behind global average pooling and one dense layer the gradient is the same at every place, so it equals Grad-CAM
there; for the other heads LayerCAM weighs place by place as well. It is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

SCORE_CAM_CHANNELS = 128
"""Feature maps that Score-CAM tries, those that vary most; all 256 would take twice the time."""

SMOOTH_GRAD_SAMPLES = 48
"""Noisy copies; Smilkov et al. saw little gain beyond 50."""

INTEGRATED_GRADIENTS_STEPS = 64
"""Points on the path; Sundararajan et al. found 20 to 300 enough."""

OCCLUSION_CELLS = 14
"""Cells along a side; a patch covers two by two of them, and every cell is covered by four patches."""

OCCLUSION_PATCHES = (OCCLUSION_CELLS + 1) ** 2


@dataclass(frozen=True)
class SaliencyMethod:
    """A saliency method, described for the page."""

    key: str
    title: str
    description: str
    cost: str
    resolution: str
    paper: str
    slow: bool = False


_COARSE = "cells of the last feature maps (14 × 14 at 224 pixels)"

_ALL = (
    SaliencyMethod(
        key="grad_cam",
        title="Grad-CAM",
        description="Adds up the network's last feature maps, each weighted by how much it speaks for the class.",
        cost="one forward pass (a backward pass too where the head has a hidden layer)",
        resolution=_COARSE,
        paper=(
            "Selvaraju et al., “Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization”, "
            "ICCV 2017"
        ),
    ),
    SaliencyMethod(
        key="grad_cam_plus_plus",
        title="Grad-CAM++",
        description="Like Grad-CAM, but what speaks against the class takes nothing away, so it shows more places and "
        "tells less about which class they speak for.",
        cost="one forward and a short backward pass",
        resolution=_COARSE,
        paper=(
            "Chattopadhay et al., “Grad-CAM++: Generalized Gradient-based Visual Explanations for Deep Convolutional "
            "Networks”, WACV 2018"
        ),
    ),
    SaliencyMethod(
        key="score_cam",
        title="Score-CAM",
        description="Shows the network only what each feature map marks, and weights that map by how the class's score "
        "answers; nothing is taken away, so it tells less about which class the places speak for.",
        cost=f"about {SCORE_CAM_CHANNELS} forward passes",
        resolution=_COARSE,
        paper=(
            "Wang et al., “Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks”, "
            "CVPR Workshops 2020"
        ),
        slow=True,
    ),
    SaliencyMethod(
        key="layer_cam",
        title="LayerCAM (finer layer)",
        description="Takes an earlier, finer layer and keeps each place that speaks for the class where it stands, "
        "so outlines are sharper and more of the picture lights up.",
        cost="one forward and one backward pass",
        resolution="cells of an earlier layer, half as large (28 × 28 at 224 pixels)",
        paper=(
            "Jiang et al., “LayerCAM: Exploring Hierarchical Class Activation Maps for Localization”, "
            "IEEE Transactions on Image Processing 2021"
        ),
    ),
    SaliencyMethod(
        key="smooth_grad",
        title="SmoothGrad",
        description="Asks at each pixel how much the class's score would change if its grey changed a little, averaged "
        "over noisy copies of the radiograph.",
        cost=f"about {SMOOTH_GRAD_SAMPLES} forward and backward passes",
        resolution="pixels of the network's input, averaged over a few neighbours",
        paper="Smilkov et al., “SmoothGrad: removing noise by adding noise”, ICML Workshop on Visualization 2017",
        slow=True,
    ),
    SaliencyMethod(
        key="integrated_gradients",
        title="Integrated gradients",
        description="Fades the radiograph in from an even grey and credits each pixel with its part in the rise of the "
        "class's score; all credits, for and against, add up to the whole change.",
        cost=f"about {INTEGRATED_GRADIENTS_STEPS} forward and backward passes",
        resolution="pixels of the network's input, added up over a few neighbours",
        paper="Sundararajan et al., “Axiomatic Attribution for Deep Networks”, ICML 2017",
        slow=True,
    ),
    SaliencyMethod(
        key="occlusion",
        title="Occlusion",
        description="Covers one patch after another with even grey and shows where that lowers the class's score.",
        cost=f"about {OCCLUSION_PATCHES} forward passes",
        resolution=f"{OCCLUSION_CELLS} × {OCCLUSION_CELLS} cells, covered by patches of two by two",
        paper="Zeiler and Fergus, “Visualizing and Understanding Convolutional Networks”, ECCV 2014",
        slow=True,
    ),
)

METHODS: dict[str, SaliencyMethod] = {method.key: method for method in _ALL}
"""Every method by its key, in the order to show them."""
