"""What the model is, what it is for, when not to use it, and which factors matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import wording
from app.model_card.content import Item, Section
from app.model_card.measures import subgroup_table
from app.model_card.sources import NO_EVALUATION, NO_MODEL, missing
from app.settings import ASSETS

if TYPE_CHECKING:
    from app.measured import History
    from app.model_card.facts import DataSetFacts
    from app.model_card.sources import Sources
    from model.records.manifest import Manifest

REPORT = ASSETS / "technical_report.pdf"
NO_CONTACT = "Whoever runs this server; no contact was set (CXR_CONTACT)."


def summary(facts: DataSetFacts) -> str:
    """What the model is for, in a sentence."""
    return (
        f"A convolutional network that tells Pneumonia from Normal on {facts.view} chest radiographs of children of "
        f"{facts.ages}, for teaching, demonstration and research."
    )


def what_for(facts: DataSetFacts) -> Section:
    """What the model is for."""
    return Section(
        key="what_for",
        title="What it is for",
        points=(
            "Teaching, demonstration and research: to show how a network reads a radiograph, where it looked, and how "
            "far that can be trusted.",
            f"{facts.view.capitalize()} chest radiographs of children of {facts.ages}, each looked at by a reader, who "
            "decides.",
            "It gives a probability of pneumonia, a verdict or “indeterminate”, and a heatmap.",
        ),
    )


def when_not(sources: Sources) -> Section:
    """When the model is not to be used: the first thing to know of it."""
    facts, evaluation = sources.facts, sources.evaluation
    elsewhere = ": it was tried on one hospital’s only" if sources.on_published_data else ""
    points = [
        "To diagnose or treat. It is not a medical device; no authority has approved it, and no trial has tested it on "
        "patients.",
        f"For {facts.other_ages}, or for views other than {facts.view} ones: none of that was measured.",
        f"On another hospital’s images, before you have measured it on your own{elsewhere}.",
    ]
    if evaluation is not None:
        points.append(f"To rule pneumonia out or in by itself. {_mistakes(sources)}")
    else:
        points.append(f"To rule pneumonia out or in by itself. {missing(sources, NO_EVALUATION)}")
    points += [
        "When something else is the question: it knows two answers, and a film with another disease gets one of them "
        "all the same.",
        "When it says “indeterminate”, or refuses the picture, or warns of its header: then it does not know.",
    ]
    return Section(key="when_not", title="When not to use it", points=tuple(points))


def _mistakes(sources: Sources) -> str:
    """How many it missed and falsely flagged on test."""
    if (evaluation := sources.evaluation) is None:
        return ""
    (well, alarms), (missed, found) = evaluation.test.counts
    return (
        f"On test it missed {missed:,} of {missed + found:,} with pneumonia and raised a false alarm on {alarms:,} of "
        f"{well + alarms:,} normal ones."
    )


def details(sources: Sources) -> Section:
    """Mitchell et al.: model details."""
    known = sources.known
    about = (
        *(_of_the_model(known.manifest, known.history) if known is not None else (Item("Model", NO_MODEL),)),
        Item("Developed by", "The authors of this project, as LICENSE names them. No institution is named."),
        Item("Paper", _paper()),
        Item("Licence", "Code and weights: MIT. The weights are derived from data under CC BY 4.0."),
        Item("Questions to", sources.installation.contact or NO_CONTACT),
    )
    return Section(key="details", title="Model details", items=about)


def _of_the_model(manifest: Manifest, history: History | None) -> tuple[Item, ...]:
    spec = manifest.input
    revision = manifest.git_revision or "not recorded"
    return (
        Item("Version", manifest.model_version),
        Item("Made", f"{manifest.created or 'not recorded'}, by the code of revision {revision}"),
        Item(
            "Kind",
            f"Convolutional network, architecture “{manifest.preset}” of model/architecture.py, "
            f"{manifest.parameters:,} weights",
        ),
        Item(
            "Reads",
            f"One greyscale image, squashed to {spec.size} × {spec.size} pixels; grey values: {spec.window}, from the "
            f"{spec.low_percentile:g}th to the {spec.high_percentile:g}th percentile",
        ),
        Item("Gives", f"A probability for {wording.joined(list(manifest.labels))}, and feature maps for the heatmap"),
        Item("Trained", _training(manifest, history)),
        Item("Constraints of fairness", "None: nothing in the data tells groups of children apart by age or sex."),
        Item("Weights’ checksum", f"SHA-256 {manifest.weights_sha256}"),
    )


def _training(manifest: Manifest, history: History | None) -> str:
    training = manifest.training
    names = ("epochs", "batch_size", "learning_rate", "weight_decay", "label_smoothing", "guidance", "seed")
    told = [f"{name.replace('_', ' ')} {training[name]}" for name in names if name in training]
    texts = [f"AdamW on cross-entropy: {', '.join(told)}." if told else "The settings were not recorded."]
    if start := training.get("started_from"):
        texts.append(f"Went on from {start}.")
    if parts := training.get("averaged"):
        texts.append(f"The weights are the average of {wording.joined(list(parts))}; the settings are of the first.")
    if history is not None:
        last = history.epochs[-1].number
        texts.append(f"Epoch {history.chosen.number} of {last} was kept, by {history.chosen_by or 'a rule not noted'}.")
    return " ".join(texts)


def _paper() -> str:
    others = "README.md and training/ABLATION.md, in the code"
    report = "assets/technical_report.pdf, on the model that ships with the code" if REPORT.is_file() else "None"
    return f"{report}; {others}"


def intended_use(sources: Sources) -> Section:
    """Mitchell et al.: intended use."""
    facts = sources.facts
    return Section(
        key="intended_use",
        title="Intended use",
        items=(
            Item("Primary uses", "Teaching, demonstration and research."),
            Item(
                "Primary users",
                "Radiologists, paediatricians, students and engineers who want to see what such a network does. A "
                "physician reads the radiograph and decides.",
            ),
            Item("Whose images", f"Children of {facts.ages}, {facts.view} view."),
            Item("Out of scope", " ".join(when_not(sources).points)),
        ),
    )


def factors(sources: Sources) -> Section:
    """Mitchell et al.: factors, those that matter and those that were measured."""
    evaluation, facts = sources.evaluation, sources.facts
    groups = evaluation.test.subgroups if evaluation is not None else None
    relevant = (
        "Age, sex, body size and nutrition; kind and stage of pneumonia, other diseases, tubes and lines; hospital, "
        "scanner, exposure, pose, and how the picture was stored."
    )
    if groups is not None:
        points = tuple(wording.subgroup_sentences(groups))
    else:
        points = (missing(sources, "Parts of the test split were not measured for this model."),)
    return Section(
        key="factors",
        title="Factors",
        items=(
            Item("What could matter", relevant),
            Item("Who and what is not in the data", f"{_who_is_missing(facts)}"),
        ),
        points=points,
        tables=(subgroup_table(groups),) if groups is not None and groups.groups else (),
    )


def _who_is_missing(facts: DataSetFacts) -> str:
    return (
        f"Anybody outside {facts.ages}, and any hospital but one. Not recorded: "
        f"{wording.joined(list(facts.not_in_the_data))}. So whether it works as well for girls as for boys, or for one "
        "age as for another, could not be measured."
    )
