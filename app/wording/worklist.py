"""The Worklist page in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.records.values import AGREE, ALREADY_THERE, CREATED, LABELLED, SCORED_AGAIN
from app.wording.gate import as_sentence
from app.wording.numbers import percent, percent_range
from app.wording.points import point_name
from model.predictor import DECIDED, INDETERMINATE, REFUSED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from app.records.agreement import Judged, Setup
    from app.records.values import AuditLine, Review, Saved
    from app.services.old_records import Overlays
    from app.worklist import FileResult, Snapshot
    from model.predictor import Prediction as Result

STATUS_TITLES = {DECIDED: "Decided", INDETERMINATE: "Indeterminate", REFUSED: "Refused, scored anyway"}

NAMES_STAY_HERE = (
    "File names are not saved: they may name a patient. Only this table says which file became which case, until you "
    "clear it or leave."
)

MULTIPLICITY = (
    "Whoever looks every day meets, one time in twenty or more, a figure outside such an interval by chance. The "
    "readers had seen the model’s answer, and the cases are not a random sample. If it stays so, have the cases "
    "reviewed blind before relying on the model."
)

NOT_COMPARED = (
    "Sensitivity and specificity can be held against the evaluation. The predictive values and accuracy cannot: they "
    "move with how common pneumonia is."
)

_AUDIT_NAMES = {
    "model_version": "model",
    "operating_point": "operating point",
    "threshold": "threshold",
    "probability": "probability",
    "decision": "decision",
    "indeterminate": "indeterminate",
    "verdict": "verdict",
    "label": "label",
    "comment": "comment",
    "reader": "reader",
}


def kept_sentences(*, keeps_pixels: bool) -> tuple[str, str]:
    """What is kept of a file that is scored and saved, and what is not.

    Args:
        keeps_pixels: whether the radiograph itself is.
    """
    kept = "its probability, decision and heatmap, a checksum of the pixels, the size, the times and your name"
    if keeps_pixels:
        return (
            f"“Score and save” makes each radiograph a case: the picture is kept in the review database, with {kept}.",
            "The file’s name and the DICOM header are not kept. What is burnt into the picture is.",
        )
    return (
        f"“Score and save” makes each radiograph a case in the review database: {kept}.",
        "The picture, the file’s name and the DICOM header are not kept (CXR_KEEP_PIXELS is off). Nothing is saved "
        "before you press the button.",
    )


def cases(count: int) -> str:
    """A number of cases, such as "1 case" or "1,204 cases"."""
    return f"{count:,} case{'' if count == 1 else 's'}"


def files(count: int) -> str:
    """A number of files, such as "1 file" or "30 files"."""
    return f"{count:,} file{'' if count == 1 else 's'}"


def moment(time: datetime, zone: tzinfo) -> str:
    """A time such as "23 Nov 2026, 14:05".

    Args:
        time: timezone-aware.
        zone: of the reader.
    """
    local = time.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"


def time_left(seconds: float | None) -> str:
    """How long a list still takes, in words that do not jump; "" where nothing is known."""
    if seconds is None:
        return ""
    if seconds < 5:
        return "a few seconds left"
    if seconds < 90:
        return f"about {5 * round(seconds / 5)} s left"
    return f"about {round(seconds / 60)} min left"


def progress_line(snapshot: Snapshot) -> str:
    """How far a list is."""
    done = f"{snapshot.done:,} of {files(snapshot.total)}"
    if snapshot.state == "waiting":
        others = snapshot.lists - 1
        return f"Waiting for a turn: {others} other list{'' if others == 1 else 's'} being scored." if others else done
    if snapshot.state == "stopping":
        return f"{done} scored. Stopping after the one in hand…"
    return " · ".join(part for part in (f"{done} done", time_left(snapshot.seconds_left)) if part)


def list_summary(snapshot: Snapshot, saved: Mapping[int, Saved], not_saved: int, refused: int) -> str:
    """What became of a list, in a sentence.

    Args:
        snapshot: of the list.
        saved: the cases by their result's place in the list; the same pixels are one case.
        not_saved: results that could not be saved.
        refused: files that were not even read.
    """
    rejected = sum(result.status == "rejected" for result in snapshot.results)
    errors = sum(result.status == "error" for result in snapshot.results) + refused
    distinct, new = len({one.case_id for one in saved.values()}), sum(one.outcome == CREATED for one in saved.values())
    parts = [f"{cases(distinct)} saved" + (f", {new:,} of them new" if new < distinct else "")]
    parts += [f"{len(saved) - distinct:,} the same picture again"] if len(saved) > distinct else []
    parts += [f"{rejected:,} refused"] if rejected else []
    parts += [f"{errors:,} could not be read"] if errors else []
    parts += [f"{not_saved:,} scored but not saved"] if not_saved else []
    left = snapshot.total - snapshot.done
    parts += [f"{left:,} not scored"] if snapshot.is_finished and left else []
    return ", ".join(parts) + "."


def nothing_of_list(*, saved: bool) -> str:
    """Why no case is listed although a list has ended, and what to do next.

    Args:
        saved: whether any of its files became a case, which then was deleted.
    """
    why = (
        "The cases of the list above were deleted since."
        if saved
        else "No file of the list above became a case: its table says why, file by file."
    )
    return f"{why} Press “Clear and add more” to drop others."


_ENDED = {
    "done": "The list is done",
    "cancelled": "The list was cancelled",
    "abandoned": "The list was stopped",
    "failed": "The list was stopped",
}


def list_title(snapshot: Snapshot) -> str:
    """What a list is at."""
    return _ENDED.get(snapshot.state, "Scoring and saving")


def outcome(result: FileResult, saved: Saved | None, problem: str, first: str) -> tuple[str, str]:
    """What became of one file: in a word or two, and what is to be said of it.

    Args:
        result: of the queue.
        saved: the case, or None.
        problem: why it could not be saved, or "".
        first: name of the first file of the list with the same pixels, or "".

    Returns:
        The outcome, and a remark or "".
    """
    if result.prediction is None:
        return ("Refused" if result.status == "rejected" else "Not read"), result.message
    prediction = result.prediction
    word = "Indeterminate" if prediction.indeterminate else prediction.decision
    if problem:
        return f"{word}, not saved", problem
    remarks = [result.message, f"The same picture as {first}: one case." if first else "", _known(saved, first)]
    return word, " ".join(remark for remark in remarks if remark)


def _known(saved: Saved | None, first: str) -> str:
    if saved is None or first or saved.outcome == CREATED:
        return ""
    if saved.outcome == ALREADY_THERE:
        return "The same picture was a case already, with this result: nothing was added."
    return (
        "The same picture was a case already: this result is now its latest." if saved.outcome == SCORED_AGAIN else ""
    )


def decision_word(result: Result) -> str:
    """The decision as the list shows it."""
    return "Indeterminate" if result.indeterminate else result.decision


def review_word(review: Review | None) -> str:
    """A review as the list shows it."""
    if review is None:
        return "Not reviewed"
    if review.verdict == AGREE:
        return "Agreed"
    return f"{'Labelled' if review.verdict == LABELLED else 'Corrected:'} {review.label}"


def review_sentence(review: Review | None, zone: tzinfo) -> str:
    """Who judged the case, when and how."""
    if review is None:
        return "Nobody has reviewed this result yet."
    how = {AGREE: f"agrees: {review.label}", LABELLED: f"labels it {review.label}"}
    told = how.get(review.verdict, f"disagrees: it is {review.label}")
    comment = f" “{review.comment}”" if review.comment else ""
    return f"{review.reader} {told} ({moment(review.reviewed_at, zone)}).{comment}"


def scoring_line(result: Result) -> str:
    """One scoring, on one line."""
    lean = f"Indeterminate, leans {result.decision}" if result.indeterminate else result.decision
    return (
        f"{lean}, probability {percent(result.probability, 1)}; {point_name(result.operating_point)} operating point, "
        f"threshold {result.threshold:.4f}; model {result.model_version}"
    )


def gate_line(result: Result) -> str:
    """What the input check said."""
    if result.gate_accepted is None:
        return "This model has no input check: anything gets an answer."
    if result.gate_accepted:
        return "Taken for a frontal chest radiograph."
    return f"Refused: {as_sentence(result.gate_reason)} Scored all the same."


def audit_change(line: AuditLine) -> str:
    """What a line of the audit says was changed; the values of a deleted case are gone."""
    old, new = line.old or {}, line.new or {}
    if not new and not old:
        return "–"
    parts = []
    for name in new:
        before, after = old.get(name), new[name]
        if old and before == after:
            continue
        shown = f"{_value(before)} → {_value(after)}" if old else _value(after)
        parts.append(f"{_AUDIT_NAMES.get(name, name)}: {shown}")
    return "; ".join(parts) or "nothing but the time"


def _value(value: object) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def setup_title(setup: Setup) -> str:
    """One model at one operating point."""
    return f"{point_name(setup.operating_point).capitalize()}, threshold {setup.threshold:.3f} ({setup.model_version})"


def judged_sentence(judged: int, indeterminate: int, refused: int) -> str:
    """What the running figures count.

    Args:
        judged: cases that are counted.
        indeterminate: how many of them lay in the band.
        refused: how many more the input check had refused.
    """
    text = f"{cases(judged).capitalize()} reviewed. The reader’s label stands for the truth."
    if indeterminate:
        text += f" {indeterminate:,} of them lay in the indeterminate band and count by the side of the threshold."
    if refused:
        text += f" {cases(refused).capitalize()} more had been refused by the input check and do not count."
    return text


def counted(judged: tuple[Judged, ...]) -> int:
    """How many cases somebody judged, whichever model scored them."""
    return len({one.case_id for one in judged})


def share_of(successes: int, trials: int, low: float, high: float) -> tuple[str, str]:
    """A proportion, and the line below it.

    Args:
        successes: how many.
        trials: of how many.
        low: of its interval, 0 to 1.
        high: of its interval.
    """
    if not trials:
        return "no case yet", ""
    return percent(successes / trials, 1), f"{successes:,} of {trials:,}; {percent_range(low, high)}"


def deletion_scope(count: int, days: int) -> str:
    """What a deletion would take away."""
    age = f"first saved more than {days} day{'' if days == 1 else 's'} ago"
    return f"{cases(count)} {'was' if count == 1 else 'were'} {age}." if count else f"No case was {age}."


WHAT_GOES = (
    "Results, heatmaps, pictures, reviews and the values in the history go for good. A line stays that says who "
    "deleted which case id, and when."
)


def overlays_sentence(found: Overlays) -> str:
    """What an archive of overlays holds, and what it lacks."""
    text = f"{found.drawn:,} overlay{'' if found.drawn == 1 else 's'} at full size."
    if found.without_picture:
        text += f" Of {cases(found.without_picture)} the picture was not kept, so there is none."
    if found.not_looked_at:
        text += (
            f" {cases(found.not_looked_at)} further down the list did not fit into one archive: narrow the filter for "
            "them."
        )
    return text
