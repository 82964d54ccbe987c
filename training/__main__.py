"""`python -m training COMMAND`: train a model and measure it; `--help` lists the commands."""

from __future__ import annotations

import logging
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

# TensorFlow reads this once, on import: keep its start-up notes off the terminal.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import typer

from model.errors import ChestXrayError
from model.quiet import held_back_stderr
from model.records.evaluation import SplitResult
from training.explain.scorecard import PARTS
from training.options import (
    Artifact,
    Data,
    FitCommand,
    IntendedUseFile,
    Ledger,
    Masks,
    NeededMasks,
    Originals,
    Preset,
    Settings,
    StartFrom,
    Teachers,
    Weights,
    Workers,
    one_value_each,
)
from training.provenance import ROOT

logger = logging.getLogger("training")
PRETRAINED = ROOT / "model" / "pretrained"
PLAIN = ROOT / "model" / "plain"
RUNS = ROOT / "runs"
NAME = "python -m training"

app = typer.Typer(
    help="Train a model and measure it.", add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: arguments without the program's name; those of the process if None.

    Returns:
        0 on success, 1 if the data or the artifact did not allow it, 2 if the arguments are wrong.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        app(list(one_value_each(sys.argv[1:] if argv is None else argv)), prog_name=NAME)
    except SystemExit as end:
        return int(end.code or 0)
    except ChestXrayError as error:
        logger.error("%s", error)
        return 1
    return 0


def _start_keras() -> None:
    with held_back_stderr(sys.stderr):
        import keras

        keras.ops.zeros(1)  # TensorFlow looks for a GPU, and reports on it, when it creates the first tensor


@app.command(cls=FitCommand)
def fit(
    *,
    data: Data,
    preset: Preset = "residual",
    masks: Masks = None,
    originals: Originals = None,
    weights: Weights = None,
    teachers: Teachers = None,
    start_from: StartFrom = None,
    intended_use: IntendedUseFile = None,
    run: Annotated[Path | None, typer.Option(help="Folder for checkpoints.", show_default="runs/PRESET-SEED")] = None,
    output: Annotated[Path | None, typer.Option(help="Folder for the model.", show_default="RUN/artifact")] = None,
    workers: Workers = None,
    settings: Settings = None,
) -> None:
    """Train a network. Repeat the command to resume a run that was interrupted."""
    _start_keras()
    from training.config import override
    from training.config import preset as preset_named
    from training.export import INTENDED_USE, export, read_intended_use
    from training.fit import fit as train
    from training.fit import usable_cores

    config, use = override(preset_named(preset), settings or []), read_intended_use(intended_use or INTENDED_USE)
    run_folder = run or RUNS / f"{config.preset}-{config.seed}"
    fitted = train(
        config,
        data,
        run_folder=run_folder,
        masks=masks,
        teachers=teachers or [],
        start=start_from,
        weights=weights,
        originals=originals,
        workers=max(1, workers or usable_cores()),
    )
    artifact = output or run_folder / "artifact"
    manifest = export(fitted, config, artifact, intended_use=use)
    logger.info("%s was written to %s.", manifest.model_version, artifact)
    _log_next_steps(data, artifact, masks)


def _log_next_steps(data: Path, artifact: Path, masks: Path | None) -> None:
    """What turns trained weights into a model that can be shown: commands to copy."""
    where = f"--data {shlex.quote(str(data))}"
    outlines = f" --masks {shlex.quote(str(masks))}" if masks else ""
    needed = outlines or " --masks LUNG_OUTLINES"
    folder = shlex.quote(str(artifact))
    logger.info("Next:")
    for what, command in (
        ("make its input check", f"{NAME} gate {where}{needed} --artifact {folder} --output {folder}/gate"),
        (
            "choose its thresholds, then open the test split",
            f"{NAME} evaluate {where}{outlines} --artifact {folder}",
        ),
        ("measure its heatmaps", f"{NAME} explain {where}{needed} --artifact {folder}"),
        ("show it in the app", f"CXR_MODEL_DIR={folder} make run"),
    ):
        logger.info("  # %s\n  %s", what, command)


@app.command()
def average(
    *,
    data: Data,
    artifacts: Annotated[
        list[Path], typer.Option(metavar="ARTIFACT...", help="Two or more, of one split.", show_default=False)
    ],
    masks: Masks = None,
    originals: Originals = None,
    output: Annotated[Path, typer.Option(help="Folder for the model.", show_default="runs/average")] = RUNS / "average",
) -> None:
    """Average the weights of networks that were fine-tuned from the same start."""
    _start_keras()
    from model.artifact import read_manifest
    from training.average import average as averaged
    from training.export import export

    fitted, config = averaged(artifacts, data, masks=masks, originals=originals)
    manifest = export(fitted, config, output, intended_use=read_manifest(artifacts[0]).intended_use)
    logger.info("%s was written to %s.", manifest.model_version, output)
    _log_next_steps(data, output, masks)


@app.command("cross-validate")
def cross_validate(
    *,
    data: Data,
    preset: Preset = "residual",
    masks: Masks = None,
    folds: Annotated[int, typer.Option(help="How many.")] = 5,
    run: Annotated[Path, typer.Option(help="Folder for checkpoints.", show_default="runs/cross-validation")] = RUNS
    / "cross-validation",
    output: Annotated[Path | None, typer.Option(help="Folder for the results.", show_default="RUN")] = None,
    workers: Workers = None,
    settings: Settings = None,
) -> None:
    """Train one network per fold, with patients kept apart. The test split is not read."""
    _start_keras()
    from training.config import override
    from training.config import preset as preset_named
    from training.cross_validation import cross_validate as train_folds
    from training.fit import usable_cores

    config = override(preset_named(preset), [*(settings or []), f"folds={folds}"])
    result = train_folds(
        config,
        data,
        output=output or run,
        run_folder=run,
        masks=masks,
        workers=max(1, workers or usable_cores()),
    )
    for name, found in result.spreads.items():
        logger.info("%-14s AUROC %.4f, sd %.4f over %d folds", name, found.mean, found.sd, config.folds)


@app.command()
def evaluate(
    *,
    data: Data,
    artifact: Artifact = PRETRAINED,
    masks: Masks = None,
    originals: Originals = None,
    ledger: Ledger = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Only check that the weights give the stored results.")
    ] = False,
) -> None:
    """Choose the thresholds on validation, then open the test split once and report."""
    _start_keras()
    from training import evaluate as evaluation

    if verify:
        difference = evaluation.verify(data, artifact)
        logger.info("The weights give the stored results; largest difference %.2g.", difference)
        return
    ledgers = _ledgers(artifact, data, ledger)
    result = evaluation.evaluate(data, artifact, ledgers=ledgers, masks=masks, originals=originals)
    _log_metrics(result.test)


def _ledgers(artifact: Path, data: Path, also: Path | None) -> list[Path]:
    """The files that record each opening of the test split; the log names them."""
    from training.ledger import ledgers_of

    ledgers = ledgers_of(artifact, PRETRAINED, data)
    if also and also not in ledgers:
        ledgers.append(also)
    for ledger in ledgers:
        logger.info("The opening of the test split is recorded in %s.", ledger)
    return ledgers


def _log_metrics(split: SplitResult) -> None:
    for name, metric in split.metrics.items():
        logger.info("%-28s %.4f  (%.4f to %.4f)", name, metric.value, metric.low, metric.high)
    logger.info("confusion matrix %s (rows true, columns predicted)", split.counts.rows)


@app.command()
def explain(
    *,
    data: Data,
    masks: NeededMasks,
    artifact: Artifact = PRETRAINED,
    scans: Annotated[int, typer.Option(help="Radiographs of each split; slow methods get a quarter.")] = 120,
    others: Annotated[
        list[Path] | None, typer.Option(metavar="ARTIFACT...", help="Models of other seeds to compare with.")
    ] = None,
    ledger: Ledger = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PART...",
            help=f"Measure these again and keep the rest; the test split stays closed: {', '.join(PARTS)}.",
        ),
    ] = None,
) -> None:
    """Measure how far the saliency maps can be trusted. Opens the test split once."""
    unknown = [part for part in only or [] if part not in PARTS]
    if unknown:
        raise typer.BadParameter(f"unknown part {unknown[0]!r}; choose from {', '.join(PARTS)}.", param_hint="--only")
    _start_keras()
    from model.records.explanations import Explanations
    from training.explain.measure import Effort, measure, remeasure

    effort = Effort(scans=max(2, scans), opacities=max(4, scans // 3))
    if only:
        result = remeasure(data, artifact, masks, only=only, effort=effort, others=others or [])
    else:
        ledgers = _ledgers(artifact, data, ledger)
        result = measure(data, artifact, masks, ledgers=ledgers, effort=effort, others=others or [])
    words = {True: "yes", False: "no", None: "-"}
    for name, passed in result.scorecard.items():
        logger.info("%-22s %s", name, ", ".join(f"{test} {words[found]}" for test, found in passed.items()))
    logger.info("Written to %s.", artifact / Explanations.FILE)


@app.command()
def gate(
    *,
    data: Data,
    masks: NeededMasks,
    artifact: Annotated[
        Path, typer.Option(help="Model whose split is used.", show_default="model/pretrained")
    ] = PRETRAINED,
    output: Annotated[
        Path, typer.Option(help="Folder for the input check.", show_default="model/pretrained/gate")
    ] = PRETRAINED / "gate",
    epochs: Annotated[int, typer.Option(min=0, help="Epochs for the network that outlines lungs; 0 keeps it.")] = 14,
) -> None:
    """Train the network that outlines the lungs, and make the input check. The test split is not read."""
    _start_keras()
    from training.gate import make_gate

    measured = make_gate(data, masks, artifact, output, epochs=epochs).measured
    if measured is None or measured.dice is None:
        return
    logger.info("Dice %.4f on %d validation scans.", measured.dice.mean, measured.dice.scans)
    logger.info("%d of %d validation scans rejected.", measured.refused, measured.scans)
    for row in measured.impostors:
        logger.info("%-36s %3d of %3d rejected, AUROC %.4f", row.kind, row.refused, row.pictures, row.auroc)


@app.command()
def labels(
    *,
    data: Data,
    out_of_fold: Annotated[
        Path, typer.Option(help="Predictions of cross-validate.", show_default="runs/cross-validation/out_of_fold.csv")
    ] = RUNS / "cross-validation" / "out_of_fold.csv",
    artifact: Annotated[
        Path, typer.Option(help="Model whose stored predictions judge the test split.", show_default="model/pretrained")
    ] = PRETRAINED,
    output: Annotated[Path, typer.Option(help="Folder for the list.", show_default="runs/labels")] = RUNS / "labels",
) -> None:
    """List suspected label errors and near-duplicates by file name."""
    _start_keras()
    from training.label_report import report_labels

    result = report_labels(data, out_of_fold, artifact, output)
    for split, found in result.suspected.items():
        logger.info("%s: %d suspected label errors.", split, len(found))
    logger.info("%d groups of near-duplicates; written to %s.", len(result.near_duplicates), output)


@app.command()
def check(data: Data) -> None:
    """Compare all files of train, val and test by their pixels."""
    _start_keras()
    from training import data as data_set

    listed = data_set.list_training_images(data)
    if data_set.has_test_split(data):
        listed["test"] = data_set.open_test_split(data)
    report = data_set.check_images(data, listed)
    for warning in report.warnings:
        logger.warning("%s", warning)
    data_set.require_sound(report)
    logger.info(
        "%s: usable; %d groups of identical images.",
        ", ".join(f"{split} {len(images)}" for split, images in report.images.items()),
        len(report.warnings),
    )


@app.command()
def samples(
    *,
    data: Data,
    output: Annotated[Path, typer.Option(help="Folder for the pictures.", show_default="assets/samples")] = ROOT
    / "assets"
    / "samples",
    artifact: Artifact = PRETRAINED,
    seed: Annotated[int, typer.Option(help="Of the random choices.")] = 0,
) -> None:
    """Make sample radiographs: composites that show no real patient."""
    _start_keras()
    from model.predictor import Predictor
    from training.samples import make_samples

    paths = make_samples(data, output, Predictor.load(artifact), seed=seed)
    logger.info("%d composites were written to %s.", len(paths), output)


@app.command()
def external(
    *,
    data: Data,
    artifact: Artifact = PRETRAINED,
    output: Annotated[Path, typer.Option(help="Folder for the results.", show_default="runs/external")] = RUNS
    / "external",
) -> None:
    """Evaluate a model on any other labelled folder. Nothing is chosen from it."""
    _start_keras()
    from training.external import evaluate_external

    result = evaluate_external(data, artifact, output)
    for problem in result.unreadable:
        logger.warning("%s", problem)
    if refusals := result.external.refused_by_the_gate:
        logger.info("The input check would reject %d of %d images.", refusals.refused, refusals.images)
    _log_metrics(result.external)
    logger.info("Written to %s.", output)


@app.command()
def report(
    *,
    artifact: Artifact = PRETRAINED,
    output: Annotated[
        Path | None,
        typer.Option(help="Folder for the report.", show_default="assets; for another model, its own folder"),
    ] = None,
) -> None:
    """Write the technical report, PDF and HTML, from the files of a model. Needs neither data nor Keras."""
    from training.report.write import write_report

    shipped = artifact.resolve() == PRETRAINED
    paths = write_report(artifact, output or (ROOT / "assets" if shipped else artifact))
    logger.info("Written to %s and %s.", *paths)


@app.command()
def results(
    *,
    artifact: Artifact = PRETRAINED,
    output: Annotated[Path, typer.Option(help="The file to write.", show_default="docs/results.md")] = ROOT
    / "docs"
    / "results.md",
) -> None:
    """Write the documentation's page of results from the files of a model. Needs neither data nor Keras."""
    from training.report.results import write_results

    write_results(artifact, output, compared=PLAIN if PLAIN.is_dir() and artifact.resolve() != PLAIN else None)
    logger.info("Written to %s.", output)


if __name__ == "__main__":
    sys.exit(main())
