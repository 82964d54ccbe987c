"""Where the network looked: saliency maps by several methods behind one interface.

`METHODS` describes them, `Explainer` runs them, `where` and `agreement` read the maps in words and numbers;
`model.overlay` draws them.
"""

from __future__ import annotations

from model.saliency.explainer import Explainer
from model.saliency.grad_cam import class_weights, grad_cam_from_features, grad_cam_from_gradients
from model.saliency.maps import SaliencyMap, normalise
from model.saliency.methods import METHODS, SaliencyMethod
from model.saliency.regions import Regions, agreement, where

__all__ = [
    "METHODS",
    "Explainer",
    "Regions",
    "SaliencyMap",
    "SaliencyMethod",
    "agreement",
    "class_weights",
    "grad_cam_from_features",
    "grad_cam_from_gradients",
    "normalise",
    "where",
]
