"""Command line: `python -m model score PATH... --output scores.csv [--heatmaps DIR] [--model DIR]`."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from model.artifact import PRETRAINED
from model.errors import ArtifactError
from model.quiet import held_back_stderr
from model.score_files import RequestError, check_output, find_candidates, partial, score_files
from model.scoring import TRACES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from model.scoring import Scorer

    Load = Callable[[Path], tuple[Scorer, str]]

_LOG = logging.getLogger("model.score")

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130

_HELP = """\
Score radiographs, with any extension or none, and write one row per file: DICOM, PNG, JPEG, TIFF, WebP, BMP, JPEG 2000,
AVIF or HEIC, also packed by gzip or in a ZIP archive. Of a DICOMDIR the images it lists are scored.

\b
columns:
  path             as given, or below the folder given
  status           ok; rejected: a sound image that should not be scored (not
                   taken for a frontal chest radiograph, blank, a side under
                   64 pixels, over 100 megapixels, several frames); error: no
                   readable image, or an unexpected failure
  probability      of pneumonia, 0 to 1
  decision         Normal or Pneumonia (probability at or above the threshold)
  threshold        of the operating point
  reason           why a file was not scored, or, with --anyway, should not
                   have been
  model_version    of the model that was run
  operating_point  whose threshold decided
  indeterminate    yes where the model cannot decide, else no
  warnings         what qualifies the score, such as a DICOM header that does
                   not fit the intended use of the model

All but path, status, reason and model_version are empty unless the status is ok. Text that begins with = + - @, a tab
or a line break gets an apostrophe in front, so that no spreadsheet runs it as a formula.

Folders are searched at any depth; hidden files and folders in them, the output and the heatmaps are skipped. Rows are
sorted by path; a file given twice is scored once.
"""

_EPILOG = """\
\b
exit status:
  0    every file has a row, whatever its status
  1    the model cannot be loaded, or the output or a heatmap could not be
       written
  2    the arguments are wrong (nothing is written)
  130  interrupted; OUTPUT.partial.csv has the rows so far

Research software, not a medical device.
"""

cli = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(argv: Sequence[str] | None = None, *, load: Load | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments; those of the process if None.
        load: returns a scorer and its version from the model's folder; `model.predictor.Predictor` if None.

    Returns:
        The exit status, as `--help` lists it.
    """
    try:
        cli(args=None if argv is None else list(argv), prog_name="python -m model", obj=load or _load_predictor)
    except SystemExit as done:
        return int(done.code or 0)
    return EXIT_OK


@cli.callback()
def _commands() -> None:
    """Use the trained model without the page."""


@cli.command("score", help=_HELP, epilog=_EPILOG, short_help="Score radiographs into a CSV file.")
def _score(  # noqa: PLR0917 - the command line passes them by name
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="File or folder.")],
    output: Annotated[Path, typer.Option(metavar="CSV", help="The file to write; an existing one is replaced.")],
    heatmaps: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write PATH.overlay.png there for every scored file, full size.")
    ] = None,
    model: Annotated[Path, typer.Option(metavar="DIR", help="The model's folder.")] = PRETRAINED,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Score what the input check refuses, too; the row says so.")
    ] = False,
    operating_point: Annotated[
        Literal["rule-out", "balanced", "rule-in"],
        typer.Option(help="Whose threshold decides: rule-out misses few, rule-in raises few false alarms."),
    ] = "balanced",
    verbose: Annotated[bool, typer.Option("--verbose", help="Log the details of unexpected failures.")] = False,
) -> None:
    # stdout stays empty: the result is the CSV file.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s", stream=sys.stderr)
    logging.getLogger("model").setLevel(logging.DEBUG if verbose else logging.INFO)
    TRACES.setLevel(logging.DEBUG if verbose else logging.CRITICAL)
    # A service that is stopped ends as one at a terminal does.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        check_output(output)
        candidates = find_candidates(paths, output=output, heatmaps=heatmaps)
        if heatmaps is not None:
            _make_folder(heatmaps)
        # Last, since it takes seconds: a mistyped path is reported at once.
        predictor, version = context.obj(model)
        summary = score_files(
            candidates,
            predictor,
            output=output,
            heatmaps=heatmaps,
            model_version=version,
            anyway=anyway,
            operating_point=operating_point.replace("-", "_"),
        )
    except RequestError as exc:
        _LOG.error("%s", exc)
        raise typer.Exit(EXIT_USAGE) from exc
    except ArtifactError as exc:
        _LOG.error("The model in %s cannot be used, and nothing was scored: %s", model, exc)
        raise typer.Exit(EXIT_FAILED) from exc
    except OSError as exc:
        _LOG.error("%s could not be written: %s.", output, exc.strerror or type(exc).__name__)
        raise typer.Exit(EXIT_FAILED) from exc
    except KeyboardInterrupt as exc:
        _LOG.error("Interrupted: %s was not written; the rows so far are in %s.", output, partial(output))
        raise typer.Exit(EXIT_INTERRUPTED) from exc
    finally:
        signal.signal(signal.SIGTERM, before)
    counts = (len(candidates), summary.ok, summary.rejected, summary.error)
    _LOG.info("%d files: %d ok, %d rejected, %d error; %s.", *counts, output)
    if summary.failed_heatmaps:
        _LOG.error("%d heatmaps could not be written to %s.", summary.failed_heatmaps, heatmaps)
        raise typer.Exit(EXIT_FAILED)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise RequestError(f"The folder {folder} for the heatmaps cannot be made: {exc.strerror}.") from exc


def _load_predictor(directory: Path) -> tuple[Scorer, str]:
    # TensorFlow reads it when it is imported below.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with held_back_stderr(sys.stderr):
        from model.predictor import Predictor

        try:
            predictor = Predictor.load(directory)
        except (OSError, ValueError) as exc:  # an unreadable file, or one that is not text
            raise ArtifactError(f"{str(exc).rstrip('.')}. Restore the folder from one version.") from exc
    if predictor.gate is None:
        _LOG.warning("This model has no input check: it scores any picture, whatever it shows.")
    return predictor, predictor.manifest.model_version


if __name__ == "__main__":
    sys.exit(main())
