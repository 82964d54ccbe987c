"""For whom, under what conditions and by what evidence it works; and what was tried."""

from __future__ import annotations

from model.saliency.methods import METHODS
from training.report import figures
from training.report.blocks import Block, Figure, Paragraph, Section, Table, left_out
from training.report.numbers import decimal, few, listed, percent, percents, percents_inside, whole
from training.report.references import cite
from training.report.sources import EXPLANATIONS, GATE, LABEL_REPORT, ROBUSTNESS, Record, Sources

EVALUATE = "python -m training evaluate"
EXPLAIN = "python -m training explain"
VIEWS = {
    "clean": "as they are",
    "stressed": "other pose, exposure and background",
    "restyled": "look of the other class",
    "only_lungs": "only the lungs left",
    "corners_masked": "corners masked",
    "lungs_blanked": "lungs blanked, their shape left",
    "lungs_covered": "lungs under one shape",
}
_TESTS = {
    "faithful": "faithful",
    "sane": "sane",
    "repeatable": "repeatable",
    "points": "points",
    "in_lungs": "in the lungs",
}
_WORDS = {True: "yes", False: "no", None: "not asked"}


def subgroups(sources: Sources) -> Section:
    """What the files tell apart."""
    found = sources.test["subgroups"]
    rows = tuple(
        (
            f"{row['by']}: {row['group']}",
            row["class"],
            whole(row["images"]),
            f"{row['rate']} {percents(row)}",
            f"{decimal(row['auroc'])} ({decimal(row['auroc_low'])} to {decimal(row['auroc_high'])})",
        )
        for row in found["groups"]
    )
    missing = listed(found["not_in_the_data"])
    blocks: list[Block] = []
    if rows:
        blocks.append(
            Table(
                "Parts of the test split, at the balanced point. AUROC: against all scans of the other class.",
                ("part", "class", "images", "called right", "AUROC"),
                rows,
                (3.3, 1.4, 1, 3.6, 2.6),
                2,
            )
        )
    blocks.append(
        Paragraph(
            "Parts are told apart by what file names and pictures say. All files share "
            f"{listed([f'{name} ({value})' for name, value in found['uniform'].items()])}. Not in the data: {missing}."
        )
    )
    return Section("Subgroups", tuple(blocks))


def robustness(sources: Sources) -> Section:
    """How far results fall when scans are stored, exposed or framed differently."""
    found = sources.robustness
    if found is None:
        return left_out("Robustness", ROBUSTNESS, EVALUATE)
    said = []
    for strength in sorted({row["strength"] for row in found["test"]["perturbed"]}):
        worst = {split: _worst(found[split], strength) for split in ("test", "validation")}
        goal = found["test"]["most_drop"].get(str(strength))
        aim = f" (goal: at most {decimal(goal)})" if goal is not None else ""
        said.append(
            f"At strength {strength} balanced accuracy on test falls by at most {decimal(worst['test']['drop'])} "
            f"({worst['test']['perturbation']}){aim}, on validation by at most {decimal(worst['validation']['drop'])}."
        )
    words = " ".join(said)
    return Section(
        "Robustness",
        (
            Paragraph(
                "Each test scan was changed in one way at a time, at three strengths: 1 is what nobody would notice, 2 "
                f"what a reader would notice, 3 what a reader would complain about. {words}"
            ),
            Figure(
                "By how much balanced accuracy on test falls, per change and strength; below zero: it rises.",
                words,
                figures.robustness(found["test"]["perturbed"]),
            ),
        ),
    )


def _worst(split: Record, strength: int) -> Record:
    worst: Record = max((row for row in split["perturbed"] if row["strength"] == strength), key=lambda row: row["drop"])
    return worst


def explanations(sources: Sources) -> Section:
    """The scorecard of the saliency maps."""
    found = sources.explanations
    if found is None:
        return left_out("Can the saliency maps be trusted?", EXPLANATIONS, EXPLAIN)
    card, limits = found["scorecard"], found["limits"]
    rows = tuple(
        (METHODS[name].title if name in METHODS else name, *(_WORDS[passed[test]] for test in _TESTS))
        for name, passed in card.items()
    )
    first = next(iter(card))
    title = METHODS[first].title if first in METHODS else first
    whole_pass = [METHODS[name].title for name, passed in card.items() if all(passed.values()) and name in METHODS]
    measured, baseline = (found["validation"]["faithfulness"][name] for name in (first, "centre"))
    mass = found["validation"]["mass"][first]["true_positive"]
    lungs = f"; {percents(mass['lungs'], 0)} of its mass lies in the lungs of true positives" if "lungs" in mass else ""
    return Section(
        "Can the saliency maps be trusted?",
        (
            Paragraph(
                f"A saliency map shows what raised the score {cite('selvaraju2017')}. Each method was put to five "
                "tests on validation: is it faithful (the probability falls faster when the places it colours are "
                "blurred first than in random order or from the middle outwards), sane (maps of random or mistaught "
                f"networks are unlike its own {cite('adebayo2018')}), repeatable (likeness under mild changes"
                f"{_and_shifts(found['repeatability'])} at least {decimal(limits['repeatable'], 1)}), does it point at "
                f"made opacities (at least {percent(limits['points'], 0)}), and does it stay in the lungs (at least "
                f"{percent(limits['in_lungs'], 0)} of its mass)? {listed(whole_pass)} "
                f"{'pass' if len(whole_pass) != 1 else 'passes'} all five."
            ),
            Table("Tests passed.", ("method", *_TESTS.values()), rows, (2.6, 1.3, 1.3, 1.3, 1.3, 1.3), 6),
            Paragraph(
                f"{title}: deletion {_figures(measured['deletion'])}, less is better, against "
                f"{_figures(baseline['deletion'])} of a blob in the middle{lungs}. {_opacities(found, title)}"
            ),
        ),
    )


def _and_shifts(measured: Record) -> str:
    """What else maps have to outlast, where that was measured."""
    most = measured.get("most_shift")
    return "" if most is None else f" and, moved back, after shifts of up to {percent(most, 0)} of the side,"


def _figures(metric: Record) -> str:
    return f"{decimal(metric['value'])} ({decimal(metric['low'])} to {decimal(metric['high'])})"


def _opacities(found: Record, title: str) -> str:
    wanted = found["limits"]["located"]
    rows = [row for row in found["localisation"] if {key: row[key] for key in wanted} == wanted]
    faintest = found["localisation"][0]
    if not rows:
        return ""
    kind = " ".join((rows[0]["size"], rows[0]["strength"]))
    return (
        f"Of {whole(rows[0]['opacities'])} {kind} opacities drawn into normal scans, "
        f"{percents(rows[0]['called_pneumonia'])} turn the verdict to pneumonia; of {faintest['size']} "
        f"{faintest['strength']} ones {percents(faintest['called_pneumonia'])}: a small or faint focus may be missed, "
        f"and {title} cannot show what the network did not see."
    )


def shortcuts(sources: Sources) -> Section:
    """What is left when the lungs are taken away."""
    found = (sources.explanations or {}).get("shortcuts")
    if not found:
        return left_out("Shortcuts", EXPLANATIONS, EXPLAIN)
    rows = [
        (name, *(_auroc(found[split].get(view)) for split in ("validation", "test")))
        for view, name in VIEWS.items()
        if view in found["test"] or view in found["validation"]
    ]
    small = (sources.explanations or {}).get("surroundings") or {"views": {}}
    rows += [
        (f"another network, taught only: {VIEWS[view]}", *(_auroc(by[split]) for split in ("validation", "test")))
        for view, by in small["views"].items()
    ]
    return Section(
        "Shortcuts",
        (
            Paragraph(
                f"Networks for radiographs may read the hospital's habits rather than the lungs {cite('zech2018')}. "
                "So parts of the scans were taken away. With the lungs covered an honest network should be at 0.5; "
                "with only the lungs left it should lose nothing. The last rows show how much there is to cheat "
                "with: a small network that was taught the covered scans alone."
            ),
            Table(
                "AUROC with 95 % interval, parts of the scans covered.",
                ("scans", "validation", "test"),
                tuple(rows),
                (4, 2, 2),
            ),
        ),
    )


def _auroc(view: Record | None) -> str:
    return _figures({**view, "value": view["auroc"]}) if view else "–"


def gate(sources: Sources) -> Section:
    """What is refused."""
    found = sources.gate
    if found is None:
        return left_out("Input gate", GATE, "python -m training gate")
    low, high = found["validation_refused_interval"]
    refused = {"value": found["validation_refused"] / found["validation_scans"], "low": low, "high": high}
    said = (
        f"A gate looks for a plausible pair of lungs first. Of {whole(found['validation_scans'])} validation scans it "
        f"refuses {whole(found['validation_refused'])} "
        f"({percents_inside(refused)}); "
        "its limit was set on them."
    )
    if test := sources.test.get("refused_by_the_gate"):
        said += (
            f" Of {whole(test['images'])} test scans it refuses {whole(test['refused'])} "
            f"({percents_inside({**test, 'value': test['refused'] / test['images']})}). Figures elsewhere "
            "in this report are the network's alone: what the gate refuses stays in them."
        )
    said += (
        f" Its outline of the lungs reaches a mean Dice of {decimal(found['dice']['mean'])} on "
        f"{whole(found['dice']['scans'])} outlined validation scans."
    )
    taught = [row for row in found["impostors"] if row["taught"]]
    others = [row for row in found["impostors"] if not row["taught"]]
    rows = tuple(
        (listed([row["kind"].split(" (")[0] for row in part]), name, _sum(part, "refused"), _sum(part, "pictures"))
        for name, part in (("yes", taught), ("no", others))
        if part
    )
    return Section(
        "Input gate",
        (
            Paragraph(said),
            Table(
                "Pictures that are no such radiographs.", ("kinds", "taught", "refused", "of"), rows, (7, 1, 1.2, 1), 2
            ),
        ),
    )


def _sum(rows: list[Record], key: str) -> str:
    return whole(sum(row[key] for row in rows))


_TABLES = {
    "hold_out": "one kind held out",
    "ships": "teachers and students",
    "style": "tuned for style",
    "place": "tuned for place",
}


def ablation(sources: Sources) -> Section:
    """What was tried, judged on validation."""
    if not sources.ablation:
        return left_out("What was tried", "ablation.json", "python -m training fit, with other settings")
    shown = ("clean", "stressed", "restyled", "only_lungs", "lungs_covered")
    rows = tuple(
        (_TABLES.get(row["table"], row["table"]), row["name"], *(_value(row["views"].get(view)) for view in shown))
        for row in sources.ablation
    )
    return Section(
        "What was tried",
        (
            Paragraph(
                "Networks on the way to this one, one seed each, by AUROC on validation. With the lungs "
                "covered, 0.5 is best. training/ABLATION.md says what each row is and gives its command."
                f"{_shipped(sources)}{_prompted(sources)}{_spread(sources)}"
            ),
            Table(
                "Validation AUROC of what was tried.",
                ("step", "network", *(VIEWS[view] for view in shown)),
                rows,
                (3.3, 2.7, 1.1, 1.7, 1.3, 1.3, 1.3),
                2,
            ),
        ),
    )


def _value(view: Record | float | None) -> str:
    return decimal(view["auroc"] if isinstance(view, dict) else view, 3)


def _shipped(sources: Sources) -> str:
    """Names the row with the shipped network's own figure."""
    ours = (sources.history or {}).get("views", {}).get("clean", {}).get("auroc")
    same = [
        row["name"] for row in sources.ablation if ours is not None and _value(row["views"]["clean"]) == decimal(ours)
    ]
    return f" What ships is the {same[-1]}." if same and same[-1] == sources.ablation[-1]["name"] else ""


def _prompted(sources: Sources) -> str:
    """What the first model's test figures led to; the ledger has them."""
    seen = [line for line in sources.ledger if "confusion_matrix" in line]
    if not seen or seen[0]["weights_sha256"] == sources.manifest.weights_sha256:
        return ""
    true_negatives, false_positives = seen[0]["confusion_matrix"][0]
    return (
        f" The specificity of the first model on test, {percent(true_negatives / (true_negatives + false_positives))}, "
        "prompted the search for the shortcuts that later steps take away; the search itself, and every choice, looked "
        "at validation only."
    )


def _spread(sources: Sources) -> str:
    if sources.cross_validation is None:
        return ""
    parts = [
        f"{VIEWS[view]} {decimal(found['mean'])} (standard deviation {decimal(found['sd'])})"
        for view, found in sources.cross_validation["summary"].items()
        if view in ("clean", "stressed", "restyled")
    ]
    return (
        f" Over the {len(sources.cross_validation['folds'])} folds of a cross-validation of the recipe, smaller and "
        f"shorter, AUROC is: {listed(parts)}; smaller differences in the table are noise."
    )


def labels(sources: Sources, *, most: int = 5) -> Section:
    """Labels that look wrong.

    Args:
        sources: the files.
        most: names of each split.
    """
    found = sources.labels
    if found is None:
        return left_out("Labels", LABEL_REPORT, "python -m training labels")
    suspected, twins = found["suspected"], found["near_duplicates"]
    said = [f"{whole(len(rows))} in {split} ({_given(rows)})" for split, rows in suspected.items()]
    two = sum(bool(group["two_labels"]) for group in twins)
    apart = sum(bool(group["two_splits"]) for group in twins)
    rows = tuple(
        (row["path"], row["given"], decimal(row["probability"])) for part in suspected.values() for row in part[:most]
    )
    return Section(
        "Labels",
        (
            Paragraph(
                f"Labels that look wrong by confident learning {cite('northcutt2021')}, judged in train by networks "
                f"that had not seen the patient and in test by this model: {listed(said)}. Among "
                f"{whole(found['images'])} images there are {whole(len(twins))} groups of (nearly) identical "
                f"pictures, {few(two)} of them with two labels and {few(apart)} across train and test. Nothing was "
                "removed or changed."
            ),
            *(
                [
                    Table(
                        "The clearest cases; label_report.json has all.",
                        ("file", "label", "probability of pneumonia"),
                        rows,
                        (5, 1.5, 2),
                        2,
                    )
                ]
                if rows
                else []
            ),
        ),
    )


def _given(rows: list[Record]) -> str:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["given"]] = counts.get(row["given"], 0) + 1
    return listed([f"{number} labelled {name}" for name, number in counts.items()])
