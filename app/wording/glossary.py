"""The words of these pages, each in one or two plain sentences; for the glossary and for tooltips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Term:
    """A word with what it means here.

    Attributes:
        title: as the glossary spells it.
        text: one or two plain sentences.
        also: other names of the same thing, or "".
    """

    title: str
    text: str
    also: str = ""


_TERMS = (
    Term(
        "Accuracy",
        "The share of all scans that were called right. It hides which mistakes were made: where most children are "
        "well, calling everybody well is accurate and useless.",
    ),
    Term(
        "Activation",
        "A number that a layer computed for one place of the picture: how strongly what it looks for is there.",
    ),
    Term(
        "Adam",
        "A form of gradient descent that gives each weight a step size of its own, from how its gradients went so far. "
        "AdamW, which was used here, also pulls every weight a little towards zero.",
        also="AdamW",
    ),
    Term(
        "Augmentation",
        "Showing the network each training scan turned, zoomed, lighter, darker, blurred or partly hidden, anew each "
        "time. It learns that this is still the same child.",
    ),
    Term(
        "AUROC",
        "The chance that the model gives a scan with pneumonia a higher score than a normal one: 0.5 is guessing, 1 is "
        "perfect. It needs no threshold.",
        also="area under the ROC curve",
    ),
    Term(
        "Batch normalisation",
        "A layer that brings its numbers to a common scale, so that the layers after it learn faster. Once trained it "
        "is only a factor and a shift for each map.",
    ),
    Term(
        "Bias",
        "In a layer: a number that is added whatever the picture shows. In a study: an error that always points the "
        "same way.",
    ),
    Term(
        "Calibration",
        "Turning the network’s score into a probability that can be read as one: of scans given 70 %, about 70 in 100 "
        "should have pneumonia. Here it is Platt’s curve, with a slope and an intercept.",
    ),
    Term(
        "Confidence interval",
        "The range that chance leaves open: figures measured on other children of the same kind would mostly fall into "
        "it. Few scans make it wide.",
        also="95 % interval",
    ),
    Term(
        "Confusion matrix",
        "The four counts behind every rate: sick and found, sick and missed, well and cleared, well and flagged. True "
        "labels stand in rows, predicted ones in columns.",
    ),
    Term(
        "Convolution",
        "Sliding a small filter over the whole picture and writing down, at each place, how well it fits there.",
    ),
    Term(
        "Cross-entropy",
        "The loss used here: minus the natural logarithm of the probability that was given to the truth. Being sure "
        "and wrong costs most.",
        also="categorical cross-entropy",
    ),
    Term("Dense layer", "A layer that adds up all its inputs, each times a weight of its own, and a bias."),
    Term("Epoch", "One pass over the training scans. Training takes several of them."),
    Term(
        "Feature map",
        "What one filter gives over the whole picture: a small picture that is bright where the filter found what it "
        "looks for.",
    ),
    Term(
        "Filter",
        "A small grid of weights that a convolution slides over the picture. The weights are learned, not designed.",
        also="kernel",
    ),
    Term(
        "Global average pooling",
        "Replacing each of the last feature maps by its mean. Each place counts alike, so that the evidence of a place "
        "can be read off exactly.",
    ),
    Term(
        "Grad-CAM",
        "A saliency map that marks the places of the last feature maps which raised the score for one class.",
    ),
    Term("Gradient", "For each weight, how much the loss would rise if the weight grew a little."),
    Term(
        "Gradient descent",
        "Learning by small steps: change each weight a little against its gradient, look at the loss, and repeat.",
    ),
    Term(
        "Indeterminate",
        "A probability between two thresholds, where neither answer is safe. The page then gives no verdict and says "
        "to which side the scan leans.",
    ),
    Term(
        "Input gate",
        "A check before the verdict: does this look like an upright frontal chest radiograph? If not, the picture is "
        "refused, with the reason.",
    ),
    Term("Layer", "One step of the network’s computation. Its output is the next layer’s input."),
    Term("Learning rate", "How long the steps of gradient descent are. Too short is slow; too long overshoots."),
    Term(
        "Logit",
        "The network’s evidence for one class before it becomes a probability: any number, and only the difference "
        "between the classes counts.",
    ),
    Term(
        "Loss",
        "One number for how wrong the network is on a scan, or on average. Training makes it smaller.",
    ),
    Term(
        "NPV",
        "Of those called Normal, the share that is well. It falls where pneumonia is common.",
        also="negative predictive value",
    ),
    Term(
        "Operating point",
        "A threshold with a purpose: rule-out misses few, rule-in raises few false alarms, balanced weighs both alike.",
    ),
    Term(
        "Overfitting",
        "Learning the training scans by heart: the loss keeps falling on them and rises on scans the network has not "
        "seen.",
    ),
    Term(
        "Pooling",
        "Making maps smaller: of each small square of cells only the strongest, or the mean, is kept.",
    ),
    Term(
        "PPV",
        "Of those called Pneumonia, the share that has it. It falls where pneumonia is rare.",
        also="positive predictive value, precision",
    ),
    Term(
        "Precision-recall curve",
        "PPV against sensitivity, for every threshold. It shows what a high share of found cases costs in false alarms "
        "where the disease is rare.",
    ),
    Term(
        "Preprocessing",
        "What is done to a file before the network reads it: squashed to a square, and its grey values stretched from "
        "black to white.",
    ),
    Term("Prevalence", "The share of children, among those who are examined, who have the disease."),
    Term(
        "Probability",
        "The model’s calibrated score for pneumonia, from 0 to 100 %. It is meant for a place where half of the "
        "children have it.",
    ),
    Term("Radiograph", "The X-ray picture.", also="film, scan"),
    Term(
        "ReLU",
        "A rule after a convolution: what is below zero becomes zero, the rest stays. Only what was found goes on.",
        also="rectified linear unit",
    ),
    Term(
        "ROC curve",
        "Sensitivity against false alarms, for every threshold. The nearer it comes to the upper left corner, the "
        "better.",
    ),
    Term(
        "Saliency map",
        "A picture of which places moved the score, drawn in colour over the radiograph as the overlay. It outlines no "
        "disease.",
        also="heatmap",
    ),
    Term("Sensitivity", "Of the children with pneumonia, the share that is found.", also="recall"),
    Term(
        "Softmax",
        "A rule that turns the logits into shares that add up to 1: raise e to each logit and divide by the sum.",
    ),
    Term("Specificity", "Of the children without pneumonia, the share that is called Normal."),
    Term(
        "Test split",
        "Scans that are kept aside for measuring how good the finished model is. No choice may be made on them.",
    ),
    Term("Threshold", "The probability from which on a scan is called Pneumonia."),
    Term("Training split", "The scans that the network learns from."),
    Term(
        "Validation split",
        "Scans of children the network did not learn from, on which choices are made: which epoch to keep, the "
        "calibration, the thresholds.",
    ),
    Term("Weight", "A number inside the network that learning changes.", also="parameter"),
    Term(
        "Window",
        "The range of grey values that is spread from black to white. The network’s own window cancels much of what "
        "exposure does.",
    ),
)


def key_of(title: str) -> str:
    """The key of a term, which is also the end of its anchor: lower case, words joined by hyphens."""
    return "-".join(title.lower().replace("/", " ").split())


GLOSSARY: Mapping[str, Term] = MappingProxyType({key_of(term.title): term for term in _TERMS})
"""All terms by key, in the order of the alphabet."""


def anchor(key: str) -> str:
    """The anchor of a term on the How it works page, such as "term-epoch".

    Args:
        key: of `GLOSSARY`.

    Returns:
        Without the leading "#".

    Raises:
        KeyError: if there is no such term.
    """
    return f"term-{key_of(GLOSSARY[key].title)}"


def tooltip(key: str) -> str:
    """A term with its meaning, for the `help` of a control.

    Args:
        key: of `GLOSSARY`, such as "roc-curve".

    Returns:
        Markdown.

    Raises:
        KeyError: if there is no such term.
    """
    term = GLOSSARY[key]
    return f"**{term.title}:** {term.text}"


_OF_METRICS = {"precision": "ppv", "decided_right": "indeterminate", "normal": "indeterminate"} | {
    "pneumonia": "indeterminate",
    "average_precision": "precision-recall-curve",
    "expected_calibration_error": "calibration",
    "expected_calibration_error_balanced": "calibration",
}
"""Terms of those metrics whose names differ from the glossary's."""


def meaning(metric: str) -> str:
    """What a figure's name means, as plain text for a tooltip.

    Args:
        metric: name in `evaluation.json`, such as "precision".

    Returns:
        A sentence or two; "" for a figure that is not in the glossary.
    """
    term = GLOSSARY.get(_OF_METRICS.get(metric, metric))
    return term.text if term else ""
