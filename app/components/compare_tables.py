"""Tables of two models side by side, of trials and folds, of openings of test, and of images by file name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import wording
from app.components.tables import Cell, Row, draw_table
from app.wording import compare as words
from app.wording.learning import VIEW_COLUMNS, VIEWS_EXPLAINED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.measured import Ledger, Metric, SplitResult
    from app.measured.ablation import Trial
    from app.measured.comparing import Comparison
    from app.measured.crossed import CrossValidation
    from app.measured.labelling import Suspect
    from model.comparison import PairedRight
    from model.records.manifest import Manifest

METRICS = (
    "auroc",
    "accuracy",
    "sensitivity",
    "specificity",
    "precision",
    "npv",
    "expected_calibration_error",
    "expected_calibration_error_balanced",
)


def metric_cell(metric: Metric | None) -> Cell:
    """A figure with its interval below; "–" where there is none."""
    if metric is None:
        return Cell("–")
    return Cell(wording.metric_shown(metric), wording.metric_bounds(metric) if metric.value == metric.value else "")


def side_by_side(
    splits: Sequence[tuple[str, SplitResult]], *, caption: str, before: Sequence[Row] = (), more: Sequence[Row] = ()
) -> None:
    """The figures of several splits, a column each.

    Args:
        splits: what each is called, and its figures.
        caption: of the table.
        before: rows above the figures.
        more: rows below them.
    """
    rows: list[Row] = [
        (wording.METRIC_TITLES[name], tuple(metric_cell(split.metrics.get(name)) for _, split in splits))
        for name in METRICS
        if any(name in split.metrics for _, split in splits)
    ]
    draw_table(("Figure", *(name for name, _ in splits)), [*before, *rows, *more], caption=caption, kind="stack")


def network_rows(manifests: Sequence[Manifest], sizes: Sequence[int | None]) -> list[Row]:
    """What the networks are.

    Args:
        manifests: of each.
        sizes: of the weights files, bytes; None where there is none.
    """
    return [
        ("Architecture", tuple(Cell(one.preset) for one in manifests)),
        ("Parameters", tuple(Cell(f"{one.parameters:,}") for one in manifests)),
        ("Size of the file", tuple(Cell(words.weights_size(size)) for size in sizes)),
        ("Input", tuple(Cell(f"{one.input.size} × {one.input.size} pixels") for one in manifests)),
        ("Trained", tuple(Cell(one.created[:10] or "–") for one in manifests)),
    ]


def paired_table(found: Comparison, other: str, *, caption: str) -> None:
    """Who is right on what, by true class.

    Args:
        found: of the two.
        other: what the second is called.
        caption: of the table.
    """
    rows: list[Row] = [
        (name, _paired(right))
        for name, right in (
            ("All images", found.every),
            ("With pneumonia", found.pneumonia),
            ("Normal", found.normal),
        )
    ]
    head = ("Images", "Both right", "Only the model in use", f"Only {other}", "Both wrong", "Difference", "Test")
    draw_table(head, rows, caption=caption, kind="stack")


def _paired(right: PairedRight) -> tuple[Cell, ...]:
    counts = (right.both, right.only_first, right.only_second, right.neither)
    low, high = right.interval
    between = wording.percent_range(low, high).replace("-", "−")
    difference = Cell(f"{wording.signed_points(right.difference)} points", between)
    return (*(Cell(f"{count:,}") for count in counts), difference, Cell(words.p_value(right.p_value)))


def trials_table(trials: Sequence[Trial], *, caption: str) -> None:
    """Networks that were tried, with their AUROC by view of validation.

    Args:
        trials: of one question.
        caption: of the table.
    """
    views = [view for view in VIEW_COLUMNS if any(view in one.auroc for one in trials)]
    rows: list[Row] = [
        (
            one.name,
            (
                *(Cell(wording.figure(one.auroc[view]) if view in one.auroc else "–") for view in views),
                Cell(f"{one.chosen_epoch} of {one.epochs}" if one.epochs else "–"),
            ),
        )
        for one in trials
    ]
    head = ("Network", *(VIEW_COLUMNS[view] for view in views), "Epoch kept")
    draw_table(head, rows, caption=f"{caption} {VIEWS_EXPLAINED}", kind="stack")


def folds_table(found: CrossValidation, *, caption: str) -> None:
    """AUROC over the folds, by view.

    Args:
        found: the cross-validation.
        caption: of the table.
    """
    rows: list[Row] = [
        (
            VIEW_COLUMNS.get(one.view, one.view),
            (
                Cell(wording.figure(one.mean)),
                Cell(wording.figure(one.sd)),
                Cell(wording.figure(one.lowest)),
                Cell(wording.figure(one.highest)),
            ),
        )
        for one in found.spreads
    ]
    draw_table(("View", "Mean", "SD", "Lowest", "Highest"), rows, caption=caption, kind="grid")


def ledger_table(ledger: Ledger, *, caption: str) -> None:
    """Every opening of test.

    Args:
        ledger: with the openings.
        caption: of the table.
    """
    rows: list[Row] = [
        (one.opened.strftime("%Y-%m-%d %H:%M %Z"), (Cell(one.by or "–"), Cell(one.model_version or "–")))
        for one in ledger.openings
    ]
    draw_table(("When", "By", "Model"), rows, caption=caption, kind="stack")


def suspects_table(suspects: Sequence[Suspect], *, caption: str) -> None:
    """Files whose label looks wrong.

    Args:
        suspects: in order.
        caption: of the table.
    """
    rows: list[Row] = [(one.path, (Cell(one.given), Cell(wording.percent(one.probability, 1)))) for one in suspects]
    draw_table(("File", "Label given", "Probability of pneumonia"), rows, caption=caption, kind="stack")
