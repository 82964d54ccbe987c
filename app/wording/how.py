"""The How it works page in words; every number comes from the network, the manifest or a file beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.wording.gate import as_sentence
from app.wording.numbers import joined, percent, probability_and_threshold, signed_figure
from app.wording.numbers import number as letters

if TYPE_CHECKING:
    from app.services.inspection import Changes
    from model.inspection import Inside, RegionalVotes, Stage, Stripes, Votes
    from model.predictor import Prediction
    from model.preprocessing import InputSpec
    from model.records.manifest import Calibration
    from model.variation import Variation

TITLE = "How does it work?"
SUBTITLE = "From the file to the percentage: one radiograph on its way through the real network, step by step."

NOT_RECORDED = (
    "This model’s manifest does not record how training changed its scans, so nothing can be shown here. Train it "
    "again with this version, and it will."
)

NO_VOTES = (
    "This network ends in a hidden layer that mixes all places before it decides. What a single place added to the "
    "logits cannot be told exactly, so no votes are shown. The heatmaps of the Predict page are estimates of it."
)

SECTIONS = {
    "reads": "What it reads",
    "filters": "Filters",
    "stages": "Maps",
    "votes": "Votes",
    "probability": "Probability",
    "variants": "Same child, other film",
    "play": "Change the scan",
    "learning": "Learning",
    "glossary": "Glossary",
}
"""Anchors of the page's sections, in order, with what the line of links calls them."""

CHANGES = {
    "turn": ("Rotate", "degrees, clockwise"),
    "brightness": ("Darken or brighten", "percent of full scale"),
    "blur": ("Blur", "pixels"),
    "crop": ("Crop", "percent of the width and height"),
}
"""What each slider of `Changes` is called, and what it counts."""


def reads_sentences(spec: InputSpec, height: int, width: int) -> list[str]:
    """What becomes of a file before the network reads it.

    Args:
        spec: of the network.
        height: of the radiograph, pixels.
        width: likewise.
    """
    window = (
        "The grey values stay as they are."
        if spec.window == "none"
        else f"Its grey values are stretched: the darkest {spec.low_percentile:g}\u00a0% become black and the lightest "
        f"{100 - spec.high_percentile:g}\u00a0% white. Much of what exposure did is gone after that."
    )
    even = " Contrast is then evened out, part by part." if spec.window == "clahe" else ""
    same = height == width == spec.size
    return [
        f"The file has {width:,} × {height:,} pixels"
        + (", the network’s own size." if same else f". It is squashed to a square of {spec.size} × {spec.size}."),
        window + even,
        f"What is left is {spec.size**2:,} numbers from 0 (black) to 1 (white). The network gets nothing else: no "
        "name, no age, no history.",
    ]


def filters_intro(number: int, kernel: int) -> str:
    """What the first layer is.

    Args:
        number: of filters.
        kernel: side of each, pixels.
    """
    return (
        f"The first layer slides {number} small grids of {kernel} × {kernel} weights over the picture. Each writes "
        "down, at every place, how well it fits. Nobody drew these filters: they were learned."
    )


def stripes_sentence(pattern: Stripes) -> str:
    """To what a filter responds most, in words."""
    if math.isinf(pattern.distance):
        return "It responds most to plain brightness, over areas without detail."
    turned = round(pattern.degrees) % 180
    slant = {0: "lying flat", 90: "standing upright"}.get(turned, f"at {turned}° from horizontal")
    return (
        f"Of all even stripes it responds most to those {pattern.distance:.1f} pixels apart, {slant}: small light and "
        "dark changes of that width and direction."
    )


def relu_sentence(inside: Inside, channel: int) -> str:
    """What ReLU does to one filter's responses, on this radiograph.

    Args:
        inside: what was computed.
        channel: of the filter, from 0.
    """
    cut = float((inside.before[..., channel] <= 0).mean())
    return (
        f"ReLU sets everything below zero to zero: {percent(cut)} of this map’s {inside.before[..., channel].size:,} "
        "places. What is left says where the pattern was found, and how clearly."
    )


def stage_title(stage: Stage, number: int) -> str:
    """What the table calls a stage.

    Args:
        stage: of the network.
        number: its place among the stages, from 1.
    """
    if stage.kind == "pooling":
        return f"{number} · Pooling"
    return f"{number} · {letters(stage.convolutions).capitalize()} convolution{'' if stage.convolutions == 1 else 's'}"


def shrinking_sentence(stages: tuple[Stage, ...], size: int) -> str:
    """How the maps get smaller and more numerous, computed from the network."""
    first, last = stages[0], stages[-1]
    return (
        f"From one picture of {size} × {size} to {last.channels} maps of {last.width} × {last.height}. Early maps "
        f"({first.channels} of them) tell where an edge is; late ones are coarse in place and rich in meaning. Each "
        f"of their cells stands for {size / last.width:g} × {size / last.height:g} pixels and what is around them."
    )


def votes_intro(inside: Inside) -> str:
    """What pooling and the last layer do, as votes.

    Args:
        inside: with votes.
    """
    height, width = inside.votes.cells.shape if inside.votes else (0, 0)
    return (
        f"The last {inside.pooled.size} maps are averaged, and one weighted sum of the averages gives the evidence for "
        f"each class. Averaging treats all places alike, so the sum can be taken place by place: {height * width} "
        "regions, each with a vote for Pneumonia (orange) or for Normal (blue)."
    )


def votes_sum(votes: Votes, logits: tuple[float, float]) -> list[tuple[str, str]]:
    """The sum, line by line.

    Args:
        votes: of one radiograph.
        logits: for Normal and Pneumonia.
    """
    up, down = votes.cells[votes.cells > 0], votes.cells[votes.cells < 0]
    return [
        ("Votes for Pneumonia", f"{signed_figure(float(up.sum()))} from {up.size} regions"),
        ("Votes for Normal", f"{signed_figure(float(down.sum()))} from {down.size} regions"),
        ("Bias", f"{signed_figure(votes.bias)}, whatever the picture"),
        ("Sum", signed_figure(votes.total)),
        (
            "The network’s own result",
            f"{signed_figure(votes.difference)}: logit of Pneumonia {signed_figure(logits[1])} minus logit of Normal "
            f"{signed_figure(logits[0])}",
        ),
        ("Check", f"The two differ by {votes.gap:.1e}, which is rounding." if votes.gap < 1e-3 else _OFF),
    ]


_OFF = "The two differ by more than rounding: do not rely on this picture of the votes."


def region_rows(found: RegionalVotes) -> list[tuple[str, float]]:
    """Places with the sums of their votes."""
    rows = [
        ("Upper third of the lungs", found.upper),
        ("Middle third", found.middle),
        ("Lower third", found.lower),
        ("Left half, as shown", found.left_of_image),
        ("Right half, as shown", found.right_of_image),
    ]
    if found.outside_lungs is None:
        return [("Upper third of the picture", found.upper), *rows[1:]]
    return [*rows, ("Beyond the lungs’ box", found.outside_box), ("Outside the lungs’ outline", found.outside_lungs)]


def calibration_intro(calibration: Calibration) -> str:
    """What softmax and calibration are for, and which way this model's curve corrects."""
    way = "surer" if calibration.slope > 1 else "less sure" if calibration.slope < 1 else "neither surer nor less sure"
    return (
        "Softmax turns the logits into shares. A network may be too sure of itself, or not sure enough, so a curve "
        "fitted on children it did not learn from corrects the share. For this model it makes the answer "
        f"{way} (slope {calibration.slope:.3f})."
    )


def softmax_lines(
    logits: tuple[float, float], calibration: Calibration, prediction: Prediction
) -> list[tuple[str, str]]:
    """From the logits to the percentage of the Predict page, line by line.

    Args:
        logits: for Normal and Pneumonia.
        calibration: of the manifest.
        prediction: as the Predict page has it.
    """
    difference = logits[1] - logits[0]
    soft = 1.0 / (1.0 + math.exp(-difference))
    evidence = calibration.slope * difference + calibration.intercept
    shown, _ = probability_and_threshold(prediction.probability, prediction.threshold)
    return [
        ("Logits", f"Normal {signed_figure(logits[0])}, Pneumonia {signed_figure(logits[1])}"),
        ("Softmax", f"e to the power of each, as shares: Normal {percent(1 - soft, 1)}, Pneumonia {percent(soft, 1)}"),
        (
            "Calibration",
            f"{calibration.slope:.3f} × {signed_figure(difference)} {_plus(calibration.intercept)} = "
            f"{signed_figure(evidence)}; as a probability {percent(1.0 / (1.0 + math.exp(-evidence)), 1)}",
        ),
        ("On the Predict page", f"{shown} (rounded): {answer(prediction)}"),
    ]


def _plus(value: float) -> str:
    return f"{'−' if value < 0 else '+'} {abs(value):.3f}"


def answer(prediction: Prediction) -> str:
    """The model’s answer in one or two words; "Indeterminate" where neither is safe."""
    return "Indeterminate" if prediction.indeterminate else prediction.decision


def answer_sentence(prediction: Prediction, before: Prediction, *, changed: bool) -> str:
    """What the model says of a changed scan, against the scan as it was.

    Args:
        prediction: of the changed scan.
        before: of the scan as it was.
        changed: whether anything was changed.
    """
    limit = f"{answer(prediction)}, at a threshold of {percent(prediction.threshold)}."
    if not changed:
        return f"{limit} This is the scan as it is."
    moved = 100 * (prediction.probability - before.probability)
    points = f"{moved:+.1f}".replace("-", "−")
    return f"{limit} The scan as it is has {percent(before.probability, 1)}: {points} percentage points."


def gate_sentence(prediction: Prediction) -> str:
    """What the input gate says of a changed scan."""
    if prediction.gate is None:
        return "This model has no input gate: it answers for any picture."
    if prediction.gate.accepted:
        return "The input gate still takes it for an upright frontal chest radiograph."
    why = as_sentence(prediction.gate.reason)
    return f"The input gate refuses it: {why} On the Predict page it would get no verdict."


def known_range(name: str, variation: Variation, blur: tuple[float, float]) -> tuple[float, float]:
    """Between which values of a slider training showed scans.

    Args:
        name: of the slider, a key of `CHANGES`.
        variation: what training did.
        blur: least and most sigma that training drew, pixels.

    Returns:
        Lowest and highest value.
    """
    most = {
        "turn": variation.rotation,
        "brightness": 100 * variation.brightness,
        "blur": blur[1] if variation.blur else 0.0,
        "crop": 100 * variation.zoom / (1 + variation.zoom),
    }[name]
    return (-most if name in ("turn", "brightness") else 0.0), most


def training_range(name: str, known: tuple[float, float] | None) -> str:
    """How far training went with what a slider changes; for its help."""
    title, unit = CHANGES[name]
    if known is None:
        return f"{title}: {unit}. How far training went is not recorded for this model."
    if known[1] == 0:
        return f"{title}: {unit}. Training never showed such scans."
    ways = "either way" if known[0] < 0 else "at most"
    return f"{title}: {unit}. Training showed scans changed by up to {known[1]:.3g} {ways}."


def beyond_sentence(changes: Changes, ranges: dict[str, tuple[float, float]] | None) -> str:
    """Whether the sliders leave what training showed.

    Args:
        changes: what they do.
        ranges: lowest and highest value by slider, or None where not recorded.
    """
    if ranges is None:
        return "How far training went is not recorded for this model."
    beyond = [
        CHANGES[name][0].lower() for name, (low, high) in ranges.items() if not low <= getattr(changes, name) <= high
    ]
    if beyond:
        return f"Beyond what training showed: {joined(beyond)}. Here nobody taught the network what to say."
    return "Within what training showed, each change taken by itself."


def variation_sentences(variation: Variation, training: dict[str, object]) -> list[str]:
    """What training did to its scans.

    Args:
        variation: what this page draws.
        training: the manifest’s resolved configuration.
    """
    pose = (
        (variation.rotation, f"turned by up to {variation.rotation:g}°"),
        (variation.zoom, f"zoomed by up to {percent(variation.zoom)}"),
        (variation.stretch, f"stretched by up to {percent(variation.stretch)}"),
        (variation.shift, f"shifted by up to {percent(variation.shift)}"),
        (variation.flip, "mirrored"),
    )
    look = (
        (variation.gamma or variation.contrast or variation.brightness, "exposed differently"),
        (variation.blur or variation.resample, "made less sharp"),
        (variation.noise, "grainier"),
        (variation.jpeg, "saved as poor JPEG"),
        (variation.cutout or variation.hide, "partly hidden"),
        (variation.border, "framed"),
    )
    done = [text for part in (pose, look) for strength, text in part if strength]
    told = [f"Scans were {joined(done)}, drawn anew each time."] if done else ["Scans were shown as they are."]
    if others := _others(training):
        told.append(
            f"Not drawn here, because it takes other children’s scans or a lung outline: {joined(others)} in a share "
            "of the scans."
        )
    return told


def _others(training: dict[str, object]) -> list[str]:
    found = training.get("augmentation")
    settings = found if isinstance(found, dict) else {}
    names = {
        "match_spectrum": "another scan’s sharpness",
        "match_grey_values": "another scan’s grey values",
        "made_opacity": "drawn opacities",
        "swap_background": "another background",
        "blank_lungs": "covered lungs",
    }
    return [text for name, text in names.items() if settings.get(name)]
