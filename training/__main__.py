"""`python -m training COMMAND`: make and measure `model/pretrained/`; `--help` lists the commands."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# TensorFlow reads these once, when it is imported: keep its start-up notes off the terminal.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from model.errors import ChestXrayError
from model.quiet import held_back_stderr
from training.explain.scorecard import PARTS
from training.provenance import ROOT

logger = logging.getLogger("training")
PRETRAINED = ROOT / "model" / "pretrained"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: arguments without the program's name; the process's own if None.

    Returns:
        0 if it did what it was asked, 1 if the data or the artifact did not allow it.
    """
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    if arguments.run_command is not _report:  # which reads files only
        with held_back_stderr(sys.stderr):
            import keras

            keras.ops.zeros(1)  # TensorFlow looks for a GPU, and says so, at the first tensor
    try:
        arguments.run_command(arguments)
    except ChestXrayError as error:
        logger.error("%s", error)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    for add in (
        _add_fit,
        _add_average,
        _add_cross_validate,
        _add_evaluate,
        _add_explain,
        _add_gate,
        _add_labels,
        _add_others,
    ):
        add(commands)
    for command in commands.choices.values():
        command.add_argument("--data", type=Path, required=True, help="the data folder")
    _add_report(commands)  # needs no data
    return parser


_Commands = argparse._SubParsersAction


def _add_fit(commands: _Commands[argparse.ArgumentParser]) -> None:
    fit = commands.add_parser("fit", help="train a network; a killed run goes on where it was")
    fit.add_argument("--preset", default="residual", help="plain or residual (default)")
    fit.add_argument("--masks", type=Path, help="folder of lung outlines, <same path>.png")
    fit.add_argument("--teachers", type=Path, nargs="+", default=[], help="artifacts to distil into this network")
    fit.add_argument("--start-from", type=Path, metavar="ARTIFACT", help="begin with the weights of this network")
    fit.add_argument("--run", type=Path, help="folder of checkpoints (default runs/PRESET-SEED)")
    fit.add_argument("--output", type=Path, help="where the artifact goes (default RUN/artifact)")
    fit.add_argument("--workers", type=int, help="threads that make batches (default: cores)")
    fit.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="e.g. epochs=3, augmentation.flip=0"
    )
    fit.set_defaults(run_command=_fit)


def _add_average(commands: _Commands[argparse.ArgumentParser]) -> None:
    average = commands.add_parser("average", help="average the weights of networks tuned from one start")
    average.add_argument("--artifacts", type=Path, nargs="+", required=True, help="two or more, of one split")
    average.add_argument("--masks", type=Path, help="folder of lung outlines, <same path>.png")
    average.add_argument("--output", type=Path, default=ROOT / "runs" / "average", help="default runs/average")
    average.set_defaults(run_command=_average)


def _add_cross_validate(commands: _Commands[argparse.ArgumentParser]) -> None:
    cross = commands.add_parser("cross-validate", help="train one network a fold, patients apart; test is not read")
    cross.add_argument("--preset", default="residual", help="plain or residual (default)")
    cross.add_argument("--masks", type=Path, help="folder of lung outlines, <same path>.png")
    cross.add_argument("--folds", type=int, default=5, help="how many (default 5)")
    cross.add_argument("--run", type=Path, default=ROOT / "runs" / "cross-validation", help="folder of checkpoints")
    cross.add_argument("--output", type=Path, help="where the results go (default RUN)")
    cross.add_argument("--workers", type=int, help="threads that make batches (default: cores)")
    cross.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as in fit")
    cross.set_defaults(run_command=_cross_validate)


def _add_explain(commands: _Commands[argparse.ArgumentParser]) -> None:
    explain = commands.add_parser("explain", help="measure how far the saliency maps can be trusted; opens test once")
    explain.add_argument("--artifact", type=Path, default=PRETRAINED, help="default model/pretrained")
    explain.add_argument("--masks", type=Path, required=True, help="folder of lung outlines, of train and test")
    explain.add_argument(
        "--scans", type=int, default=120, help="of each split; slow methods get a quarter (default 120)"
    )
    explain.add_argument("--others", type=Path, nargs="+", default=[], help="artifacts of other seeds to compare with")
    explain.add_argument("--ledger", type=Path, help="record the opening in this file, too")
    explain.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="PART",
        choices=PARTS,
        help="measure these again and keep the rest; test stays closed: %(choices)s",
    )
    explain.set_defaults(run_command=_explain)


def _add_labels(commands: _Commands[argparse.ArgumentParser]) -> None:
    labels = commands.add_parser("labels", help="list suspected label errors and near-duplicates by file name")
    labels.add_argument(
        "--out-of-fold",
        type=Path,
        default=ROOT / "runs" / "cross-validation" / "out_of_fold.csv",
        help="of cross-validate (default runs/cross-validation/out_of_fold.csv)",
    )
    labels.add_argument("--artifact", type=Path, default=PRETRAINED, help="whose stored predictions judge test")
    labels.add_argument("--output", type=Path, default=ROOT / "runs" / "labels", help="default runs/labels")
    labels.set_defaults(run_command=_labels)


def _add_evaluate(commands: _Commands[argparse.ArgumentParser]) -> None:
    evaluate = commands.add_parser("evaluate", help="choose the threshold on validation, open test once, report")
    evaluate.add_argument("--artifact", type=Path, default=PRETRAINED, help="default model/pretrained")
    evaluate.add_argument("--masks", type=Path, help="folder of lung outlines, for validation with other backgrounds")
    evaluate.add_argument("--ledger", type=Path, help="record the opening in this file, too")
    evaluate.add_argument("--verify", action="store_true", help="only hold the weights against the stored results")
    evaluate.set_defaults(run_command=_evaluate)


def _add_gate(commands: _Commands[argparse.ArgumentParser]) -> None:
    gate = commands.add_parser("gate", help="train the lung outliner and make the input gate; test is not read")
    gate.add_argument("--masks", type=Path, required=True, help="folder of lung outlines, <same path>.png")
    gate.add_argument(
        "--artifact", type=Path, default=PRETRAINED, help="whose split is used (default model/pretrained)"
    )
    gate.add_argument("--output", type=Path, default=PRETRAINED / "gate", help="default model/pretrained/gate")
    gate.add_argument("--epochs", type=int, default=14, help="of the outliner (default 14)")
    gate.set_defaults(run_command=_gate)


def _add_others(commands: _Commands[argparse.ArgumentParser]) -> None:
    check = commands.add_parser("check", help="compare every file of train, val and test by its pixels")
    check.set_defaults(run_command=_check)

    samples = commands.add_parser("samples", help="make composite sample radiographs that show nobody")
    samples.add_argument("--output", type=Path, default=ROOT / "assets" / "samples", help="default assets/samples")
    samples.add_argument("--seed", type=int, default=0)
    samples.set_defaults(run_command=_samples)

    external = commands.add_parser("external", help="evaluate a model on any other labelled folder; nothing is chosen")
    external.add_argument("--artifact", type=Path, default=PRETRAINED, help="default model/pretrained")
    external.add_argument("--output", type=Path, default=ROOT / "runs" / "external", help="default runs/external")
    external.set_defaults(run_command=_external)


def _add_report(commands: _Commands[argparse.ArgumentParser]) -> None:
    report = commands.add_parser("report", help="write the technical report, PDF and HTML, from the artifact's files")
    report.add_argument("--artifact", type=Path, default=PRETRAINED, help="default model/pretrained")
    report.add_argument("--output", type=Path, help="default assets; for another artifact, its own folder")
    report.set_defaults(run_command=_report)


def _check(arguments: argparse.Namespace) -> None:
    from training import data

    listed = data.list_training_images(arguments.data)
    if data.has_test_split(arguments.data):
        listed["test"] = data.open_test_split(arguments.data)
    report = data.check_images(arguments.data, listed)
    for warning in report.warnings:
        logger.warning("%s", warning)
    data.require_sound(report)
    logger.info(
        "%s: usable; %d groups of identical images.",
        ", ".join(f"{split} {len(images)}" for split, images in report.images.items()),
        len(report.warnings),
    )


def _fit(arguments: argparse.Namespace) -> None:
    from training.config import override, preset
    from training.export import export
    from training.fit import fit, usable_cores

    config = override(preset(arguments.preset), arguments.set)
    run_folder = arguments.run or ROOT / "runs" / f"{config.preset}-{config.seed}"
    fitted = fit(
        config,
        arguments.data,
        run_folder=run_folder,
        masks=arguments.masks,
        teachers=arguments.teachers,
        start=arguments.start_from,
        workers=max(1, arguments.workers or usable_cores()),
    )
    output = arguments.output or run_folder / "artifact"
    manifest = export(fitted, config, output)
    logger.info("%s written to %s; now evaluate it.", manifest.model_version, output)


def _average(arguments: argparse.Namespace) -> None:
    from training.average import average
    from training.export import export

    fitted, config = average(arguments.artifacts, arguments.data, masks=arguments.masks)
    manifest = export(fitted, config, arguments.output)
    logger.info("%s written to %s; now evaluate it.", manifest.model_version, arguments.output)


def _cross_validate(arguments: argparse.Namespace) -> None:
    from training.config import override, preset
    from training.cross_validation import cross_validate
    from training.fit import usable_cores

    config = override(preset(arguments.preset), [*arguments.set, f"folds={arguments.folds}"])
    result = cross_validate(
        config,
        arguments.data,
        output=arguments.output or arguments.run,
        run_folder=arguments.run,
        masks=arguments.masks,
        workers=max(1, arguments.workers or usable_cores()),
    )
    for name, found in result["summary"].items():
        logger.info("%-14s AUROC %.4f, sd %.4f over %d folds", name, found["mean"], found["sd"], config.folds)


def _explain(arguments: argparse.Namespace) -> None:
    from training.explain.measure import EXPLANATIONS, Effort, measure, remeasure

    effort = Effort(scans=max(2, arguments.scans), opacities=max(4, arguments.scans // 3))
    where, others = (arguments.data, arguments.artifact, arguments.masks), arguments.others
    if arguments.only:
        result = remeasure(*where, only=arguments.only, effort=effort, others=others)
    else:
        result = measure(*where, ledgers=_ledgers(arguments), effort=effort, others=others)
    for name, passed in result["scorecard"].items():
        words = {True: "yes", False: "no", None: "-"}
        logger.info("%-22s %s", name, ", ".join(f"{test} {words[found]}" for test, found in passed.items()))
    logger.info("Written to %s.", arguments.artifact / EXPLANATIONS)


def _labels(arguments: argparse.Namespace) -> None:
    from training.label_report import report_labels

    result = report_labels(arguments.data, arguments.out_of_fold, arguments.artifact, arguments.output)
    for split, found in result["suspected"].items():
        logger.info("%s: %d labels suspected.", split, len(found))
    logger.info("%d groups of near-duplicates; written to %s.", len(result["near_duplicates"]), arguments.output)


def _evaluate(arguments: argparse.Namespace) -> None:
    from training.evaluate import evaluate, verify

    if arguments.verify:
        difference = verify(arguments.data, arguments.artifact)
        logger.info("The weights give the stored results; largest difference %.2g.", difference)
        return
    ledgers = _ledgers(arguments)
    result = evaluate(arguments.data, arguments.artifact, ledgers=ledgers, masks=arguments.masks)
    _log_metrics(result["test"])


def _ledgers(arguments: argparse.Namespace) -> list[Path]:
    """Where an opening of test is recorded, and told to be."""
    from training.ledger import ledgers_of

    ledgers = ledgers_of(arguments.artifact, PRETRAINED, arguments.data)
    if arguments.ledger and arguments.ledger not in ledgers:
        ledgers.append(arguments.ledger)
    for ledger in ledgers:
        logger.info("The opening of test is recorded in %s.", ledger)
    return ledgers


def _log_metrics(described: dict[str, Any]) -> None:
    for name, metric in described["metrics"].items():
        logger.info("%-28s %.4f  (%.4f to %.4f)", name, metric["value"], metric["low"], metric["high"])
    logger.info("confusion matrix %s (rows true, columns predicted)", described["confusion_matrix"]["counts"])


def _external(arguments: argparse.Namespace) -> None:
    from training.external import evaluate_external

    result = evaluate_external(arguments.data, arguments.artifact, arguments.output)
    for problem in result["unreadable"]:
        logger.warning("%s", problem)
    if gate := result["external"]["refused_by_the_gate"]:
        logger.info("%d of %d images would be refused by the input gate.", gate["refused"], gate["images"])
    _log_metrics(result["external"])
    logger.info("Written to %s.", arguments.output)


def _gate(arguments: argparse.Namespace) -> None:
    from training.gate import make_gate

    settings = make_gate(
        arguments.data, arguments.masks, arguments.artifact, arguments.output, epochs=max(1, arguments.epochs)
    )
    measured = settings.measured
    logger.info("Dice %.4f on %d validation scans.", measured["dice"]["mean"], measured["dice"]["scans"])
    logger.info("%d of %d validation scans refused.", measured["validation_refused"], measured["validation_scans"])
    for row in measured["impostors"]:
        logger.info("%-36s %3d of %3d refused, AUROC %.4f", row["kind"], row["refused"], row["pictures"], row["auroc"])


def _samples(arguments: argparse.Namespace) -> None:
    from training.samples import make_samples

    paths = make_samples(arguments.data, arguments.output, seed=arguments.seed)
    logger.info("%d composites written to %s.", len(paths), arguments.output)


def _report(arguments: argparse.Namespace) -> None:
    from training.report import write_report

    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every letter that it keeps
    shipped = arguments.artifact.resolve() == PRETRAINED
    output = arguments.output or (ROOT / "assets" if shipped else arguments.artifact)
    paths = write_report(arguments.artifact, output)
    logger.info("Written to %s and %s.", *paths)


if __name__ == "__main__":
    sys.exit(main())
