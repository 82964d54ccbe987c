"""Command line: `python -m model score PATH... --output scores.csv [--heatmaps DIR] [--model DIR]`."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from model.calibration import BALANCED, OPERATING_POINTS
from model.errors import ArtifactError
from model.quiet import held_back_stderr
from model.scoring import RequestError, Scorer, check_output, find_candidates, score_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LOG = logging.getLogger("model.score")

PRETRAINED = Path(__file__).parent / "pretrained"


EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

_SCORE_HELP = """\
Score JPEG, PNG, TIFF and DICOM files, with any extension or none, and write one row per file.

columns:
  path             as given, or below the folder given
  status           ok; rejected: a sound image that is not to be scored (not taken for a frontal chest radiograph,
                   blank, a side under 64 pixels, over 100 megapixels, several frames); error: no image that can
                   be read, or an unexpected failure
  probability      of Pneumonia, 0 to 1
  decision         Normal or Pneumonia (probability at or above the threshold)
  threshold        of the operating point
  reason           why a file was not scored, or, with --anyway, ought not to have been
  model_version    of the model that was run
  operating_point  whose threshold decided
  indeterminate    yes where the probability lies in the band that leaves both answers open, else no
All but path, status, reason and model_version are empty unless the status is ok. A text that begins with = + - @,
a tab or a line break gets an apostrophe in front, so that no spreadsheet runs it as a formula.

Folders are searched at any depth; hidden files and folders in them, the output and the heatmaps are skipped.
Rows are sorted by path; a file given twice is scored once.
"""

_SCORE_EPILOG = """\
exit status:
  0    every file has a row, whatever its status
  1    the model cannot be loaded, or the output could not be written
  2    the arguments are wrong (nothing is written)
  130  interrupted (nothing is written but heatmaps)

Research software, not a medical device.
"""


def main(
    argv: Sequence[str] | None = None,
    *,
    load: Callable[[Path], tuple[Scorer, str]] | None = None,
) -> int:
    """Run the command line.

    Args:
        argv: The arguments; those of the process if None.
        load: Returns a scorer and its version from the model's folder; `model.predictor.Predictor` if None.

    Returns:
        The exit status, as `--help` lists it.

    Raises:
        SystemExit: From argparse: status 2 for arguments it cannot parse, 0 after `--help`.
    """
    arguments = _parser().parse_args(argv)
    _set_up_logging(verbose=arguments.verbose)
    try:
        return _score(arguments, load or _load_predictor)
    except RequestError as exc:
        _LOG.error("%s", exc)
        return EXIT_USAGE
    except ArtifactError as exc:
        _LOG.error("The model in %s cannot be used, and nothing was scored: %s", arguments.model, exc)
        return EXIT_FAILED
    except KeyboardInterrupt:
        _LOG.error("Interrupted: %s was not written.", arguments.output)
        return EXIT_INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model", description="Use the trained model without the page.")
    commands = parser.add_subparsers(dest="command", required=True)
    score = commands.add_parser(
        "score",
        help="score radiographs into a CSV file",
        description=_SCORE_HELP,
        epilog=_SCORE_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    score.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
    score.add_argument(
        "--output", required=True, type=Path, metavar="CSV", help="the file to write; one that exists is replaced"
    )
    score.add_argument(
        "--heatmaps", type=Path, metavar="DIR", help="write PATH.overlay.png there for every scored file, full size"
    )
    score.add_argument(
        "--model", type=Path, default=PRETRAINED, metavar="DIR", help="the model's folder (default: %(default)s)"
    )
    score.add_argument(
        "--anyway", action="store_true", help="score what the input gate refuses, too; the reason column says so"
    )
    score.add_argument(
        "--operating-point",
        choices=[name.replace("_", "-") for name in OPERATING_POINTS],
        default=BALANCED,
        help="whose threshold decides: rule-out misses few, rule-in raises few false alarms (default: %(default)s)",
    )
    score.add_argument("--verbose", action="store_true", help="log the details of unexpected failures")
    return parser


def _set_up_logging(*, verbose: bool) -> None:
    # stdout stays empty: the result is the CSV file.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s", stream=sys.stderr)
    logging.getLogger("model").setLevel(logging.DEBUG if verbose else logging.INFO)


def _score(arguments: argparse.Namespace, load: Callable[[Path], tuple[Scorer, str]]) -> int:
    check_output(arguments.output)
    candidates = find_candidates(arguments.paths, output=arguments.output, heatmaps=arguments.heatmaps)
    if arguments.heatmaps is not None:
        _make_folder(arguments.heatmaps)
    # Last, since it takes seconds: a mistyped path is reported at once.
    scorer, version = load(arguments.model)
    try:
        summary = score_files(
            candidates,
            scorer,
            output=arguments.output,
            heatmaps=arguments.heatmaps,
            model_version=version,
            anyway=arguments.anyway,
            operating_point=arguments.operating_point.replace("-", "_"),
        )
    except OSError as exc:
        _LOG.error("%s could not be written: %s.", arguments.output, exc.strerror or type(exc).__name__)
        _LOG.debug("Details", exc_info=True)
        return EXIT_FAILED
    _LOG.info(
        "%d files: %d ok, %d rejected, %d error; %s.",
        *(len(candidates), summary.ok, summary.rejected, summary.error, arguments.output),
    )
    if summary.failed_heatmaps:
        _LOG.error("%d heatmaps could not be written to %s.", summary.failed_heatmaps, arguments.heatmaps)
    return EXIT_OK


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise RequestError(f"The folder {folder} for the heatmaps cannot be made: {exc.strerror}.") from exc


def _load_predictor(directory: Path) -> tuple[Scorer, str]:
    # TensorFlow reads it when it is imported, which happens somewhere below.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with held_back_stderr(sys.stderr):
        from model.predictor import Predictor

        try:
            predictor = Predictor.load(directory)
        except (OSError, ValueError) as exc:  # a file that may not be read, or is not text where text is expected
            raise ArtifactError(f"{str(exc).rstrip('.')}. Restore the folder from one version.") from exc
    if predictor.gate is None:
        _LOG.warning("This model has no input gate: whatever a picture shows, it is scored.")
    return predictor, predictor.manifest.model_version


if __name__ == "__main__":
    sys.exit(main())
