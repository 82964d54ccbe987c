"""The model card (Mitchell et al. 2019, CLAIM 2024): text in `app/templates`, every number from the measured files."""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from importlib.metadata import PackageNotFoundError, metadata
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from app.settings import ASSETS, ROOT
from app.ui import metrics as ui_metrics
from app.ui import numbers
from app.ui.page import plain
from model.saliency import METHODS

if TYPE_CHECKING:
    from email.message import Message

    from app.settings import Settings
    from model.records.evaluation import Metric, SplitResult
    from model.records.ledger import Opening
    from model.records.manifest import Estimate, Manifest
    from model.records.measured import Measured

TEMPLATES = ROOT / "app" / "templates"
REQUIREMENTS = ROOT / "requirements.txt"

HEADLINE = ("sensitivity", "specificity", "precision", "npv", "accuracy", "auroc")
EXAMPLE_PREVALENCE = 0.1
STATUSES = ("answered", "in part", "not measured", "not done", "not known", "does not apply")

_UNKNOWN = "not recorded"
_NO_CONTACT = "the administrator of this server; no contact is set (CXR_CONTACT)"
_FILES = {name: f"{name}.json" for name in ("evaluation", "history", "robustness", "explanations")}
_LONGEST_LICENCE = 60

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Card:
    """A model card.

    Attributes:
        markdown: all of it; no text from a file or setting can act as markup in it.
        model_version: of the model; "" without a usable one.
    """

    markdown: str
    model_version: str

    @property
    def sections(self) -> dict[str, str]:
        """Markdown of each section by its title."""
        parts = re.split(r"^## ", self.markdown, flags=re.MULTILINE)[1:]
        return {title: body.strip() for title, _, body in (part.partition("\n") for part in parts)}

    @property
    def file_stem(self) -> str:
        """Name of its files without ending; a version comes from a file and may hold anything."""
        return f"model_card_{re.sub(r'[^A-Za-z0-9._-]+', '_', self.model_version) or 'none'}"

    def text(self) -> str:
        """The card as a Markdown file; only Streamlit reads commands behind a colon."""
        return self.markdown.replace("\\:", ":")

    def html(self) -> str:
        """The card as one page without scripts, pictures or links to elsewhere."""
        rendered = MarkdownIt("commonmark", {"html": False}).enable("table").render(self.markdown)
        title = self.markdown.partition("\n")[0].removeprefix("# ")
        page = _environment().get_template("model_card.html.jinja")
        # What markdown-it gives is HTML already, with every text escaped.
        return page.render(title=title, body=Markup(rendered))  # noqa: S704


def build(measured: Measured | None, settings: Settings) -> Card:
    """The model card; the same files give the same card.

    Args:
        measured: of the model; None without a usable one.
        settings: of this server.
    """
    values = _values(measured, settings)
    values["claim"] = claim(values)
    values["claim_summary"] = _summary(status for _, status, _ in values["claim"])
    text = _environment().get_template("model_card.md.jinja").render(values)
    return Card(_blocks(text), measured.manifest.model_version if measured else "")


def _blocks(text: str) -> str:
    """Markdown with an empty line between all blocks, and none within a list or table, whatever conditions left."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    ends = ["\n" if line[0] == after[0] and line[0] in "-|" else "\n\n" for line, after in pairwise(lines)]
    return "".join(line + end for line, end in zip(lines, [*ends, "\n"], strict=True))


def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=_escaped,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    found.filters |= {
        "n": lambda number: f"{number:,}",
        "percent": numbers.percent,
        "percent_range": numbers.percent_range,
        "figure": numbers.figure,
        "joined": numbers.joined,
        "day": numbers.day,
        "point": ui_metrics.point_name,
        "estimate": _with_interval,
        "capital": lambda text: text[:1].upper() + text[1:],
        "words": lambda name: name.replace("_", " "),
    }
    return found


def _escaped(value: object) -> Markup:
    """A value as Markdown that shows it as it is, on one line."""
    if isinstance(value, Markup):
        return value
    return Markup(plain(re.sub(r"[^\S\u00a0]*[\r\n]\s*", " ", str(value))))  # noqa: S704 - escaped as Markdown


def _values(measured: Measured | None, settings: Settings) -> dict[str, Any]:
    """What the templates show."""
    data = json.loads((TEMPLATES / "data_set.json").read_text(encoding="utf-8"))
    manifest = measured.manifest if measured else None
    names = ("evaluation", "history", "ledger", "gate", "robustness", "explanations")
    known = {name: getattr(measured, name) if measured else None for name in names}
    test: SplitResult | None = known["evaluation"].test if known["evaluation"] else None
    return known | {
        "manifest": manifest,
        "use": manifest.intended_use if manifest else None,
        "test": test,
        "problems": measured.problems if measured else (),
        "data": data,
        "on_data_set": test is not None and test.files_sha256 == data["test_files_sha256"],
        "settings": settings,
        "contact": settings.contact or _NO_CONTACT,
        "has_report": (ASSETS / "technical_report.pdf").is_file(),
        "headline": HEADLINE,
        "metrics": lambda chosen: metric_rows(test, chosen) if test else [],
        "area": _area,
        "example": EXAMPLE_PREVALENCE,
        "predictive": _predictive(test),
        "libraries": library_rows(library_names()),
        "heatmaps": _heatmaps(measured),
        "safeguards": _safeguards(measured),
        **(_of_manifest(manifest) if manifest else {"recorded": "", "origin": "", "software": ""}),
        **_tables(measured),
    }


def metric_rows(split: SplitResult, names: Iterable[str]) -> list[Row]:
    """Metrics with intervals and a sentence; those that the file lacks are left out."""
    order = [name for name in ui_metrics.TITLES if name in names] + [n for n in names if n not in ui_metrics.TITLES]
    found = [(name, split.metrics[name]) for name in order if name in split.metrics]
    return [
        (
            ui_metrics.title(name),
            ui_metrics.shown(metric),
            ui_metrics.interval(metric),
            ui_metrics.in_words(name, metric, prevalence=split.prevalence),
        )
        for name, metric in found
    ]


def _with_interval(metric: Metric) -> str:
    return f"{ui_metrics.shown(metric)} (95 % interval {ui_metrics.interval(metric)})"


def _share(value: Estimate | Metric) -> str:
    return f"{numbers.percent(value.value, 1)} ({numbers.percent_range(value.low, value.high)})"


def _area(split: SplitResult) -> str:
    images = numbers.count(split.images, "image")
    return f"AUROC {_with_interval(split.metrics['auroc'])} on {images}." if "auroc" in split.metrics else f"{images}."


def _predictive(test: SplitResult | None) -> float | None:
    """The positive predictive value where pneumonia is rarer than in the test split; None if not defined."""
    if test is None or not {"sensitivity", "specificity", "precision"} <= test.metrics.keys():
        return None
    sensitivity, specificity = test.metrics["sensitivity"].value, test.metrics["specificity"].value
    alarms = sensitivity * EXAMPLE_PREVALENCE + (1 - specificity) * (1 - EXAMPLE_PREVALENCE)
    # NaN is not above 0 either.
    return sensitivity * EXAMPLE_PREVALENCE / alarms if alarms > 0 else None


def _tables(measured: Measured | None) -> dict[str, Any]:
    evaluation = measured.evaluation if measured else None
    found: dict[str, Any] = dict.fromkeys(("subgroups", "splits", "confusion", "points", "changed"), ())
    found |= {"covered": None, "versions": version_rows(measured) if measured else ()}
    if measured is None or evaluation is None:
        return found
    test, validation = evaluation.test, evaluation.validation
    train = measured.manifest.split.get("train_images")
    sizes = [("Validation", validation), ("Test", test)]
    found["splits"] = [
        ("Training", _UNKNOWN if train is None else f"{train:,}", _UNKNOWN, _UNKNOWN),
        *((name, f"{s.images:,}", f"{s.normal:,}, {s.pneumonia:,}", f"{s.patients:,}") for name, s in sizes),
    ]
    found["confusion"] = list(zip(("Normal", "Pneumonia"), *zip(*test.counts.rows, strict=True), strict=True))
    found["points"] = [
        (
            f"{ui_metrics.point_title(point.name)}, {point.threshold:.3f} "
            f"({numbers.figure_range(point.low, point.high)})",
            *(
                f"{_share(test.points[point.name].metrics[rate])}; expected {_share(getattr(point, rate))}"
                for rate in ("sensitivity", "specificity")
            ),
        )
        for point in evaluation.operating_points
    ]
    found["subgroups"] = [
        (
            f"{one.group} ({one.by}): {numbers.count(one.images, 'radiograph')}, {one.truth}",
            f"{numbers.percent(one.value, 1)} ({numbers.percent_range(one.low, one.high)})",
            f"{numbers.figure(one.auroc)} ({numbers.figure_range(one.auroc_low, one.auroc_high)})",
        )
        for one in (test.subgroups.groups if test.subgroups else ())
    ]
    found["changed"] = _changed(measured)
    views = measured.explanations.shortcuts.get("validation", {}) if measured.explanations else {}
    return found | {"covered": views.get("lungs_covered")}


def _changed(measured: Measured) -> list[Row]:
    """The worst change at each strength."""
    if measured.robustness is None:
        return []
    table = measured.robustness.test
    rows = []
    for strength in sorted({row.strength for row in table.perturbed}):
        here = (row for row in table.perturbed if row.strength == strength)
        # NaN, where balanced accuracy is not defined, is the worst of none.
        worst = max(here, key=lambda row: -math.inf if math.isnan(row.drop) else row.drop)
        limit = table.most_drop.get(strength)
        most = "no limit" if limit is None else numbers.signed_points(-limit)
        change = numbers.signed_points(-worst.drop)
        rows.append((f"Strength {strength}", worst.perturbation.replace("_", " "), change, most))
    return rows


def _of_manifest(manifest: Manifest) -> dict[str, str]:
    training = manifest.training
    names = ("epochs", "batch_size", "learning_rate", "weight_decay", "label_smoothing", "guidance", "seed")
    recorded = (f"{name.replace('_', ' ')} {training[name]}" for name in names if name in training)
    return {
        "recorded": ", ".join(recorded),
        "origin": _origin(training),
        "software": ", ".join(f"{name} {version}" for name, version in manifest.versions.items()) or _UNKNOWN,
    }


def _origin(training: Mapping[str, Any]) -> str:
    told = []
    if start := training.get("started_from"):
        told.append(f"Training continued from {start}.")
    if parts := training.get("averaged"):
        told.append(f"Its weights are the average of {numbers.joined(parts)}.")
    if teachers := training.get("teachers"):
        told.append(f"It also learned from {numbers.joined(teachers)}.")
    return " ".join(told)


def version_rows(measured: Measured) -> list[Row]:
    """Every version that opened the test split, oldest first, and this model even if it never did."""
    manifest, test = measured.manifest, measured.evaluation.test if measured.evaluation else None
    ledger = measured.ledger.of_files(test.files_sha256 if test else "") if measured.ledger else None
    by_name: dict[str, list[Opening]] = {}
    for opening in ledger.openings if ledger else ():
        if opening.model_version:
            by_name.setdefault(opening.model_version, []).append(opening)
    ordered = sorted(by_name.items(), key=lambda item: min(one.opened for one in item[1]))
    rows = [_version(name, openings, manifest) for name, openings in ordered]
    if manifest.model_version not in by_name:
        rows.append((f"{manifest.model_version} (this model)", "never recorded", _UNKNOWN, _made(manifest)))
    return rows


def _version(name: str, openings: Sequence[Opening], manifest: Manifest) -> Row:
    last = next((one for one in reversed(openings) if one.confusion_matrix), None)
    seen = [] if last is None or last.auroc is None else [f"AUROC {numbers.figure(last.auroc)}"]
    match last.confusion_matrix if last else None:
        case ((well, alarms), (missed, ill)):
            seen.append(f"{ill:,} of {missed + ill:,} with pneumonia found")
            seen.append(f"{alarms:,} of {well + alarms:,} false alarms")
    origin = _UNKNOWN
    if name == manifest.model_version:
        origin = _made(manifest)
    elif name == manifest.training.get("started_from"):
        origin = "Training of this model continued from it."
    elif name in manifest.training.get("averaged", ()):
        origin = "Its weights are part of this model’s average."
    times = numbers.count(len(openings), "time")
    first = min(one.opened for one in openings).astimezone(UTC)
    here = f"{name} (this model)" if name == manifest.model_version else name
    return here, f"{first:%Y-%m-%d %H:%M}, {times} in all", ", ".join(seen) or _UNKNOWN, origin


def _made(manifest: Manifest) -> str:
    made = f"Made {manifest.created[:10]}" if manifest.created else "The date was not recorded"
    revision = f" by the code of revision {manifest.git_revision[:12]}" if manifest.git_revision else ""
    return f"{made}{revision}. {_origin(manifest.training)}".strip()


def _heatmaps(measured: Measured | None) -> str:
    """How far the heatmaps can be trusted, in a sentence."""
    found = measured.explanations if measured else None
    if found is None:
        return "How far the heatmaps can be trusted was not measured for this model."
    judged = [key for key in METHODS if key in found.scorecard]
    sound = numbers.joined(METHODS[key].title for key in judged if not found.failed(key)) or "none"
    return f"Of {numbers.count(len(judged), 'heatmap method')}, these passed every trust test: {sound}."


def _safeguards(measured: Measured | None) -> list[str]:
    """What this model has against harm; nothing that it lacks."""
    there = {
        "thresholds for different purposes": measured and len(measured.manifest.operating_points) > 1,
        "an indeterminate range": measured and measured.manifest.band is not None,
        "an input check": measured and measured.manifest.gate_sha256 is not None,
        "tests of the heatmaps": measured and measured.explanations is not None,
    }
    return [*(what for what, is_there in there.items() if is_there), "intervals on the figures", "this card"]


def claim(values: Mapping[str, Any]) -> list[Row]:
    """CLAIM 2024 (Tejani et al., Radiology: Artificial Intelligence 2024): item, status, answer."""
    environment = _environment()
    rows = []
    for item in json.loads((TEMPLATES / "claim.json").read_text(encoding="utf-8")):
        status, text = item["status"], ""
        if lacking := [need for need in item["needs"] if not values["on_data_set" if need == "data_set" else need]]:
            status, text = _why_not(lacking[0], values)
        else:
            # Escaped already, by the environment.
            text = Markup(environment.from_string(item["answer"]).render(values).strip())  # noqa: S704
        rows.append((f"{item['number']}. {item['asks']} ({item['group']})", status, text))
    return rows


def _why_not(need: str, values: Mapping[str, Any]) -> tuple[str, str]:
    if values["manifest"] is None:
        return "not known", "There is no usable model on this server."
    if need == "data_set":
        return "not known", values["data"]["other_data"]
    return "not measured", f"{_FILES[need]} is missing or cannot be read."


def _summary(statuses: Iterable[str]) -> str:
    found = list(statuses)
    told = ", ".join(f"{found.count(status)} {status}" for status in STATUSES if status in found)
    return f"Of {len(found)} items: {told}."


def library_names(requirements: Path = REQUIREMENTS) -> list[str]:
    """The libraries that the project asks for, in the file's order; none without the file."""
    if not requirements.is_file():
        return []
    lines = (line.strip() for line in requirements.read_text(encoding="utf-8").splitlines())
    return [re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0] for line in lines if line and line[0] not in "#-"]


def library_rows(names: Iterable[str]) -> list[Row]:
    """Name, installed version and licence of each library; read from its metadata, never imported."""
    rows: list[Row] = []
    for name in names:
        try:
            # A PackageMetadata is an e-mail message, whose `get` the protocol lacks.
            message: Message = metadata(name)  # type: ignore[assignment]
            rows.append((name, str(message["Version"]), _licence(message)))
        except PackageNotFoundError:
            rows.append((name, "not installed", "–"))
    return rows


def _licence(message: Message) -> str:
    if expression := message.get("License-Expression"):
        return str(expression)
    classified = [str(one).rpartition(" :: ")[2] for one in message.get_all("Classifier", []) if "License ::" in one]
    # Some packages give the whole text of their licence where its name belongs.
    words = " ".join(str(message.get("License") or "").split()) or "not stated"
    return "; ".join(classified) or textwrap.shorten(words, _LONGEST_LICENCE, placeholder=" …")
