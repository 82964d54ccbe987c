"""The network, and how it learned: from the manifest, the stored network and the learning curves."""

from __future__ import annotations

from typing import Any

from model.artifact import WEIGHTS
from training.report import figures
from training.report.blocks import Block, Figure, Paragraph, Section, Table, left_out
from training.report.network import parts
from training.report.numbers import decimal, listed, percent, shown, whole
from training.report.references import cite
from training.report.sources import HISTORY, Record, Sources

_STEPS = {
    "rotation": "largest turn either way, degrees",
    "zoom": "largest relative change of scale",
    "stretch": "largest relative change of width against height",
    "shift": "largest displacement, share of the side",
    "flip": "probability of a left-right mirror",
    "gamma": "largest absolute logarithm of the exponent",
    "contrast": "largest relative change about the mean",
    "brightness": "largest shift, share of full scale",
    "blur": "probability of a Gaussian blur",
    "noise": "probability of Gaussian noise",
    "jpeg": "probability of strong JPEG compression",
    "resample": "probability of coarser sampling",
    "cutout": "probability of one grey rectangle",
    "hide": "probability that cells of a grid are hidden",
    "border": "probability of a border, as collimation makes it",
    "match_spectrum": "probability of another scan's sharpness",
    "match_grey_values": "probability of another scan's grey values",
    "made_opacity": "probability of opacities drawn into a normal scan",
    "swap_background": "probability that all outside the lungs is replaced",
    "blank_lungs": "probability of covered lungs and an even label",
}
_FEWEST_SIDE = 2


def network(sources: Sources) -> Section:
    """Input and layers."""
    spec, manifest = sources.manifest.input, sources.manifest
    window = (
        f"stretched between its {shown(spec.low_percentile)}th and {shown(spec.high_percentile)}th percentile"
        if spec.window == "percentile"
        else "kept as they are"
    )
    blocks: list[Block] = [
        Paragraph(
            f"Each radiograph is made grey, scaled to {spec.size} × {spec.size} pixels, and its grey values are "
            f"{window}; training, evaluation and page share this one path. The network, preset {manifest.preset}, has "
            f"{whole(manifest.parameters)} weights, counting the running means and variances of batch normalisation. "
            f"{_design(sources)} Softmax over the last layer's two numbers gives the raw probabilities."
        )
    ]
    if sources.layers:
        rows = [
            (part.name, part.layers, " × ".join(map(str, part.shape or ())), whole(part.weights))
            for part in parts(sources.layers)
        ]
        rows.append(("all", "", "", whole(sum(layer.weights for layer in sources.layers))))
        blocks.append(
            Table(
                "The network, read from the stored weights. Output: height × width × channels.",
                ("part", "layers", "output", "weights"),
                tuple(rows),
                widths=(2, 8.6, 2.6, 2),
                left=2,
            )
        )
    else:
        blocks.append(Paragraph(f"The table of layers is left out: there is no {WEIGHTS}."))
    return Section("The network", tuple(blocks))


def _design(sources: Sources) -> str:
    kinds = {layer.kind for layer in sources.layers}
    if "Add" in kinds:
        return (
            "It is a residual network: skip connections let each block learn a change of its input, and batch "
            f"normalisation and ReLU follow the convolutions {cite('he2016')}. Global average pooling ends it "
            f"{cite('lin2014')}, so that each cell of the last feature maps adds its own vote to the verdict."
        )
    return "It is the textbook network: convolution, ReLU and max pooling in turn, then dense layers."


def training(sources: Sources) -> Section:
    """Optimiser, loss, augmentation, and the lineage of the weights."""
    config = sources.manifest.training
    if not config:
        return Section("Training", (Paragraph("Left out: the manifest holds no training configuration."),))
    augmentation: dict[str, Any] = config.get("augmentation", {})
    cells = [(name.replace("_", " "), shown(value), _STEPS.get(name, "")) for name, value in augmentation.items()]
    half = (len(cells) + 1) // _FEWEST_SIDE
    padded = [*cells, *[("", "", "")] * (2 * half - len(cells))]
    rows = tuple((*padded[at], *padded[at + half]) for at in range(half))
    return Section(
        "Training",
        (
            Paragraph(_optimiser(config)),
            Paragraph(_lineage(config)),
            Table(
                "Augmentation: what training does to each scan, anew at each sight, drawn at random up to these "
                "limits; 0 stands for a step that is off.",
                ("step", "limit", "meaning", "step", "limit", "meaning"),
                rows,
                widths=(2.3, 0.9, 4.6, 2.5, 0.9, 4.8),
                left=6,
            ),
        ),
    )


def _optimiser(config: Record) -> str:
    smoothing, guidance = config.get("label_smoothing", 0), config.get("guidance", 0)
    text = (
        f"The loss is categorical cross-entropy{f' with label smoothing {shown(smoothing)}' if smoothing else ''}. "
        f"AdamW minimises it {cite('loshchilov2019')}: weight decay {shown(config['weight_decay'])}, batches of "
        f"{config['batch_size']} with both classes alike, a learning rate that rises to "
        f"{shown(config['learning_rate'])} over {_epochs(config['warmup_epochs'])} and falls to nothing along a "
        f"cosine, {_epochs(config['epochs'])} at most, seed {config['seed']}. "
    )
    if guidance:
        text += (
            f"A second loss, weight {shown(guidance)}, is the share of the evidence for pneumonia that lies where it "
            "should not be: outside the lungs, outside an opacity that was drawn into a normal scan, or under a hidden "
            f"cell {cite('singh2017')}. "
        )
    if outlines := config.get("lung_outlines"):
        text += (
            f"Outlines of the lungs were at hand for {whole(outlines)} training scans; the network does not read them."
        )
    return text


def _epochs(number: int) -> str:
    return "one epoch" if number == 1 else f"{number} epochs"


def _lineage(config: Record) -> str:
    said = []
    if start := config.get("started_from"):
        said.append(f"The weights began with those of {start}.")
    if averaged := config.get("averaged"):
        said.append(
            f"What ships is the mean of the weights of {listed(averaged)}; the settings are those of the first."
        )
    if teachers := config.get("teachers"):
        said.append(f"It was distilled from {listed(teachers)} {cite('hinton2015')}.")
    return " ".join(said) or "The weights began at random."


def curve(sources: Sources) -> Section:
    """The learning curves, and one sentence that reads them."""
    history = sources.history
    if history is None:
        return left_out("Learning curves", HISTORY, "python -m training fit")
    drawn = figures.learning_curves(history)
    said = _read(history)
    return Section(
        "Learning curves",
        (
            Paragraph(f"The epoch was chosen by: {history['chosen_by']}. {said}"),
            Figure("Cross-entropy and accuracy on train and validation, by epoch.", said, drawn),
            Paragraph(f"Mind that {history['accuracy_note']}."),
        ),
    )


def _read(history: Record) -> str:
    rows, chosen = history["epochs"], history["chosen_epoch"]
    at = next(row for row in rows if row["epoch"] == chosen)
    best = min(rows, key=lambda row: row["val_loss"])
    gap = rows[-1]["val_loss"] - best["val_loss"]
    later = (
        f"The lowest validation loss, {decimal(best['val_loss'])}, is that of epoch {best['epoch']}; at the end it is "
        f"{decimal(gap)} higher."
        if best is not rows[-1]
        else "Validation loss was lowest in the last epoch: no overfitting is seen."
    )
    return (
        f"Of {_epochs(len(rows))}, number {chosen} was kept, with a validation loss of {decimal(at['val_loss'])} and "
        f"an accuracy of {percent(at['val_accuracy'])} before calibration. {later}"
    )
