"""The terms that the pages use, each in one or two plain sentences; How it works lists them, tooltips quote them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Term:
    """A term: its meaning in one or two sentences, and its other names ("" for none)."""

    title: str
    text: str
    also: str = ""

    @property
    def key(self) -> str:
        """Lower case, words joined by hyphens."""
        return "-".join(self.title.lower().replace("/", " ").split())

    @property
    def anchor(self) -> str:
        """Its place on the How it works page, without the leading "#"."""
        return f"term-{self.key}"


_TEXT = """
Accuracy: The share of all radiographs that were classified correctly. It hides the kind of mistake: where few
  children are ill, a model that always says “normal” is accurate and useless.
Activation: The output of a layer at one place of the image: how strongly the pattern it detects is there.
Adam [AdamW]: A form of gradient descent that adapts the step size of each weight to its past gradients. AdamW, used
  here, also pulls every weight slightly towards zero.
Augmentation: Changing the training radiographs at random each time they are shown: turned, zoomed, brighter, darker,
  blurred or partly hidden. The network learns that the diagnosis stays the same.
AUROC [area under the ROC curve]: The probability that a child with pneumonia gets a higher score than a child
  without: 0.5 is guessing, 1 is perfect. It does not depend on a threshold.
Batch normalisation: A layer that scales its inputs to a common range, so that the layers after it learn faster. After
  training it only multiplies and shifts each feature map.
Bias: In a layer, a number added whatever the input. In a study, an error that always points the same way.
Calibration: Adjusting the score so that it matches observed frequencies: of radiographs scored 70 %, about 70 in 100
  should show pneumonia. This model uses Platt scaling, with a slope and an intercept.
Confidence interval [95 % interval]: The range of values that chance leaves open. With 20 test sets like this one,
  about 19 of the 20 intervals would contain the true value; few radiographs make it wide.
Confusion matrix: The four counts behind every rate: pneumonia found, pneumonia missed, normal recognised, false
  alarms. Rows are the true labels, columns the predicted ones.
Convolution: Sliding a small filter over the image and recording how well it matches at each place.
Cross-entropy [categorical cross-entropy]: The loss used here: minus the natural logarithm of the probability given to
  the true class. Being confident and wrong costs most.
Dense layer: A layer that multiplies each input by its own weight, adds them up and adds a bias.
Epoch: One pass over all training radiographs. Training takes several.
Feature map: The output of one filter over the whole image: bright where the filter found its pattern.
Filter [kernel]: A small grid of weights that a convolution slides over the image. Training sets them.
Global average pooling: Replacing each of the last feature maps by its mean. Every place counts equally, so the
  contribution of each place can be read off exactly.
Grad-CAM: A method for saliency maps. It marks the places of the last feature maps that raised the score of one class.
Gradient: For each weight, how much the loss would rise if that weight grew slightly.
Gradient descent: Learning in small steps: move each weight slightly against its gradient, and repeat.
Indeterminate: A score in the range where neither answer is reliable. The page then gives no verdict.
Input check [input gate]: A check before the verdict: is this an upright frontal chest radiograph? If not, it is
  rejected with the reason.
Layer: One step of the network’s computation. Its output is the input of the next layer.
Learning rate: The step size of gradient descent. Too small is slow; too large overshoots.
Logit: The network’s evidence for one class before it becomes a probability. It can be any number; only the difference
  between the classes counts.
Loss: One number for how wrong the network is, on one radiograph or on average. Training reduces it.
NPV [negative predictive value]: Of the radiographs classified as normal, the share without pneumonia. It falls where
  pneumonia is common.
Operating point: A threshold chosen for a purpose: rule-out misses few cases, rule-in gives few false alarms, balanced
  counts both equally.
Overfitting: Memorising the training radiographs: the loss keeps falling on them but rises on radiographs that the
  network has not seen.
Pooling: Shrinking feature maps: of each small square, only the maximum or the mean is kept.
PPV [positive predictive value, precision]: Of the radiographs classified as pneumonia, the share that shows it. It
  falls where pneumonia is rare.
Precision-recall curve: PPV against sensitivity at every threshold. It shows how many false alarms a high sensitivity
  costs where the disease is rare.
Preprocessing: Preparing a radiograph for the network: resizing it to a square and stretching its grey values from
  black to white.
Prevalence: The share of the examined children who have the disease.
Probability: What a calibrated score stands for: how often such a score means pneumonia. Here it holds where half of
  the children have it.
Radiograph [film, scan]: The X-ray image.
ReLU [rectified linear unit]: A rule after a convolution: negative values become zero, the others stay. Only found
  patterns go on.
ROC curve: Sensitivity against the rate of false alarms at every threshold. The closer to the upper left corner, the
  better.
Saliency map [heatmap]: It shows which places of the radiograph changed the score; drawn in colour over the radiograph
  it is the overlay. It does not outline disease.
Score: The model’s output for pneumonia, from 0 to 100 %. How many children with such a score have pneumonia depends
  on the prevalence.
Sensitivity [recall]: Of the children with pneumonia, the share that is classified as pneumonia.
Softmax: A rule that turns logits into shares that add up to 1: raise e to each logit and divide by their sum.
Specificity: Of the children without pneumonia, the share that is classified as normal.
Test split: Radiographs kept aside to measure the finished model. No choice may be based on them.
Threshold: The score at or above which a radiograph is classified as pneumonia.
Training split: The radiographs that the network learns from.
Validation split: Radiographs of other children than those in training, used for choices: the epoch, the calibration,
  the thresholds.
Weight [parameter]: A number inside the network that training changes.
Window: The range of grey values spread from black to white. The network applies its own, which cancels most
  differences in exposure.
"""
"""A term begins at the start of a line, with its other names in brackets; indented lines continue its text."""


def _terms() -> dict[str, Term]:
    found = {}
    for paragraph in re.split(r"\n(?! )", _TEXT.strip()):
        head, _, text = paragraph.partition(": ")
        title, _, also = head.rstrip("]").partition(" [")
        term = Term(title, re.sub(r"\s*\n\s*", " ", text), also)
        found[term.key] = term
    return found


GLOSSARY: Mapping[str, Term] = MappingProxyType(_terms())
"""All terms by key, in alphabetical order."""

_OF_METRICS = {
    "precision": "ppv",
    "decided_right": "indeterminate",
    "normal": "indeterminate",
    "pneumonia": "indeterminate",
    "average_precision": "precision-recall-curve",
    "expected_calibration_error": "calibration",
    "expected_calibration_error_balanced": "calibration",
}


def tooltip(key: str) -> str:
    """A term with its meaning as Markdown, for the `help` of a control.

    Raises:
        KeyError: if there is no such term.
    """
    term = GLOSSARY[key]
    return f"**{term.title}:** {term.text}"


def of_metric(name: str) -> str:
    """What the name of a metric means, as plain text; "" for a metric that is not in the glossary."""
    term = GLOSSARY.get(_OF_METRICS.get(name, name))
    return term.text if term else ""
