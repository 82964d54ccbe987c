"""Ethics, limits, privacy, and whom and what to name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import wording
from app.model_card.content import Item, Section
from app.model_card.describing import NO_CONTACT
from app.model_card.measures import prevalence_sentence
from app.model_card.sources import NO_MODEL
from app.model_card.versions import version_table
from app.wording.numbers import joined

if TYPE_CHECKING:
    from app.model_card.sources import Sources

_FALLS = "Predictive values fall where fewer children have it."


def ethics(sources: Sources) -> Section:
    """Mitchell et al.: ethical considerations."""
    evaluation, facts = sources.evaluation, sources.facts
    shift = prevalence_sentence(evaluation.test) if evaluation is not None else ""
    return Section(
        key="ethics",
        title="Ethical considerations",
        items=(
            Item(
                "Leaning on it",
                "A reader who sees a verdict first tends to agree with it, wrong ones included. Read the radiograph "
                "before you open the verdict; the page gives a probability, a band in which it will not say, and "
                "where the network looked, so that there is something to disagree with. Whether that helps was not "
                "measured: no study with readers was made.",
            ),
            Item(
                "Where pneumonia is rarer",
                " ".join(filter(None, (_FALLS, shift, wording.EQUAL_PREVALENCE))),
            ),
            Item(
                "Who is not in the data",
                f"Children outside {facts.ages}, children with other diseases, and children of any other hospital, "
                "country or scanner. Age and sex of those who are in it were not recorded, so that unequal treatment "
                "could not even be looked for.",
            ),
            Item("Consent and approval", facts.ethics),
            Item(
                "What could go wrong",
                "A missed pneumonia delays treatment; a false alarm brings antibiotics and further films that a child "
                "did not need. How often either happened on test stands under “How good it is”.",
            ),
            Item(
                "What was done about it",
                f"{joined([*_done(sources), 'intervals on the figures', 'this card'])}.".capitalize(),
            ),
        ),
    )


def _done(sources: Sources) -> list[str]:
    """What there is of this model against harm; nothing that it lacks."""
    known = sources.known
    there = {
        "thresholds with different costs": known is not None and len(known.manifest.operating_points) > 1,
        "a band in which it will not say": known is not None and known.manifest.band is not None,
        "a check of the input": known is not None and known.gate is not None,
        "tests of what it looks at": known is not None and known.explanations is not None,
    }
    return [what for what, is_there in there.items() if is_there]


def caveats(sources: Sources) -> Section:
    """Mitchell et al.: caveats and recommendations."""
    known, evaluation = sources.known, sources.evaluation
    limits: list[str] = []
    if known is not None and evaluation is not None:
        limits += [*sources.data_caution, *wording.shortfalls(evaluation, known.history, known.robustness)]
    elif known is not None:
        limits.append("How often it is wrong was not measured for this model.")
    else:
        limits.append(NO_MODEL)
    limits += [
        "It is the work of one project, measured by those who made it; nobody else has repeated it.",
        "Before any use beyond teaching: measure it on your own images (python -m training external --data "
        "your_folder), let readers who do not see the verdict set the labels, and count how often it and they differ.",
    ]
    return Section(key="caveats", title="Limits and recommendations", points=tuple(limits))


def privacy(sources: Sources) -> Section:
    """What the app keeps and sends."""
    installation = sources.installation
    kept = "its probability, decision and heatmap, a checksum of the pixels, its size, times and readers’ names"
    picture = (
        "This server keeps the radiograph as well (CXR_KEEP_PIXELS is on), with whatever is burnt into it."
        if installation.keeps_pixels
        else "The radiograph itself is not kept (CXR_KEEP_PIXELS is off)."
    )
    place = "a PostgreSQL server that this one was told of" if installation.has_server else "one file on this server"
    return Section(
        key="privacy",
        title="What the app keeps and sends",
        items=(
            Item("An upload", "Stays in the server’s memory while the page is open, and is written nowhere."),
            Item(
                "A saved case",
                f"Only what is saved as a case is kept: a made-up id, {kept}, and what readers wrote in a review. "
                f"{picture} The file’s name and the DICOM header are not kept.",
            ),
            Item("Where", f"In {place}. A deleted case leaves a line with its id, time and who deleted it."),
            Item("What is sent", _sent(has_server=installation.has_server)),
            Item("Logs", "Hold no patient data."),
            Item("Telemetry", "Off, where the server is started in the project’s folder, as README says."),
        ),
    )


def _sent(*, has_server: bool) -> str:
    first = "Nothing, but cases to the database server." if has_server else "Nothing: the page calls no other host."
    return f"{first} With sign-in, browser and server talk to the identity provider; no picture goes there."


def versions(sources: Sources) -> Section:
    """Which versions there were."""
    title, key = "Version history", "versions"
    known, evaluation = sources.known, sources.evaluation
    if known is None:
        return Section(key=key, title=title, points=(NO_MODEL,))
    files = evaluation.test.files_sha256 if evaluation is not None else ""
    notes = known.ledger.notes if known.ledger is not None else ()
    points = ("No test_ledger.jsonl tells which versions were measured on test.",) if not sources.versions else notes
    return Section(
        key=key,
        title=title,
        points=points,
        tables=(version_table(sources.versions, known.manifest, files_sha256=files),),
    )


def naming(sources: Sources) -> Section:
    """Contact, licences and citations."""
    facts, known = sources.facts, sources.known
    version = f", version {known.manifest.model_version}" if known is not None else ""
    return Section(
        key="naming",
        title="Contact, licences and how to cite",
        items=(
            Item("Contact", sources.installation.contact or NO_CONTACT),
            Item("Cite this model as", f"Paediatric chest X-ray: Normal or Pneumonia{version}. MIT licence."),
            Item("Cite the data as", f"{facts.citation}. {facts.paper}."),
            Item("Licence of the code and weights", "MIT, see LICENSE."),
            Item("Licence of the data", f"{facts.licence}. No image of it ships; weights and samples derive from it."),
            Item("Licence of the lung outlines", f"{facts.outlines.licence}: {facts.outlines.name}."),
            Item("This card follows", " ".join(f"{one}." for one in facts.method_citations)),
        ),
        tables=(sources.libraries,) if sources.libraries.rows else (),
        points=() if sources.libraries.rows else ("requirements.txt is missing: no library can be named.",),
    )
