"""Put the card together from the manifest, the files beside it and the facts of the data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.measured import MeasuredError
from app.model_card import describing, ethics, evidence
from app.model_card.claim import checklist
from app.model_card.content import ModelCard
from app.model_card.facts import read_facts
from app.model_card.libraries import library_names, library_table
from app.model_card.sources import Sources
from app.model_card.versions import read_versions

if TYPE_CHECKING:
    from pathlib import Path

    from app.model_card.content import Installation, Section
    from app.model_card.versions import Version
    from app.services import Performance

TITLE = "Model card: a convolutional network for Normal or Pneumonia on children’s chest radiographs"


def build_card(folder: Path, known: Performance | None, installation: Installation) -> ModelCard:
    """The model card; the same files give the same card.

    Args:
        folder: the artifact, whose test ledger is read.
        known: what was measured of the model in it; None where there is none that can be used.
        installation: what this server was set to.

    Returns:
        The card. What was not measured, or cannot be read, says so; no number is invented.
    """
    versions, problems = _versions(folder, known)
    sources = Sources(
        known=known,
        versions=versions,
        facts=read_facts(),
        libraries=library_table(library_names()),
        installation=installation,
    )
    return ModelCard(
        title=TITLE,
        model_version=known.manifest.model_version if known is not None else "",
        summary=describing.summary(sources.facts),
        problems=problems,
        sections=_sections(sources),
        checklist=checklist(sources),
    )


def _sections(sources: Sources) -> tuple[Section, ...]:
    """What is asked first, then Mitchell et al. section by section, then what belongs to this installation."""
    return (
        describing.what_for(sources.facts),
        describing.when_not(sources),
        evidence.headline(sources),
        describing.details(sources),
        describing.intended_use(sources),
        describing.factors(sources),
        evidence.metrics(sources),
        evidence.evaluation_data(sources),
        evidence.training_data(sources),
        evidence.quantities(sources),
        ethics.ethics(sources),
        ethics.caveats(sources),
        ethics.privacy(sources),
        ethics.versions(sources),
        ethics.naming(sources),
    )


def _versions(folder: Path, known: Performance | None) -> tuple[tuple[Version, ...], tuple[str, ...]]:
    """The version history, and what could not be read; a model that cannot be used has none."""
    if known is None:
        return (), ()
    try:
        return read_versions(folder), known.problems
    except MeasuredError as error:
        # The ledger's other reader may have said the same.
        return (), tuple(dict.fromkeys((*known.problems, str(error))))
