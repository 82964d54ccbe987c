"""Labelled images of one's own, scored by the queue and kept for the session alone: nothing is saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from app.measured.computed import split_result
from app.measured.thresholds import proportion
from app.services.worklist import queue
from model.labels import LABELS

if TYPE_CHECKING:
    import numpy.typing as npt

    from app.measured import Metric, SplitResult
    from app.services.old_own_labels import LabelledFiles
    from app.worklist import FileResult, Job, Snapshot
    from model.predictor import Predictor
    from model.records.manifest import Manifest


@dataclass(frozen=True)
class OwnImage:
    """One image of one's own.

    Attributes:
        name: as uploaded; it may name a patient: shown to who gave it, never logged.
        sick: whether its label is Pneumonia.
        probability: of Pneumonia, 0 to 1; None if it could not be scored.
        refused: whether the input gate refuses it.
        remark: why it was refused or not scored; else "".
        again: whether an image with the same pixels came before it.
    """

    name: str = field(repr=False)
    sick: bool
    probability: float | None
    refused: bool = False
    remark: str = ""
    again: bool = False


@dataclass(frozen=True, eq=False)
class OwnResult:
    """What became of the images.

    Attributes:
        manifest: of the model that scored them.
        images: in the order given.
        without_label: files that were left out.
        unread: files that were not taken from the upload.
        accepted: figures of the images that the input gate accepts; None without one.
        every: figures of all that were scored; None without one.
        problem: what ended the scoring early, for the user; else "".
    """

    manifest: Manifest
    images: tuple[OwnImage, ...] = field(repr=False)
    without_label: int
    unread: int
    accepted: SplitResult | None
    every: SplitResult | None
    problem: str = ""

    def scored(self, *, with_refused: bool) -> tuple[OwnImage, ...]:
        """The images that the figures are of.

        Args:
            with_refused: whether those that the input gate refuses count.
        """
        return tuple(one for one in self.images if one.probability is not None and (with_refused or not one.refused))

    @property
    def refused(self) -> Metric:
        """The share of scored images that the input gate refuses."""
        scored = self.scored(with_refused=True)
        return proportion("refused", sum(one.refused for one in scored), len(scored))


class OwnList:
    """A list that is being scored, or was."""

    def __init__(self, job: Job, labelled: LabelledFiles, manifest: Manifest) -> None:
        """Made by `score`, which see.

        Args:
            job: of the queue.
            labelled: with the labels; its files are not kept.
            manifest: of the model that scores.
        """
        self._job, self._manifest = job, manifest
        self._sick = tuple(label == 1 for label in labelled.labels)
        self._without_label, self._unread = labelled.without_label, len(labelled.refused)

    def snapshot(self) -> Snapshot:
        """How far the scoring is."""
        return self._job.snapshot()

    def cancel(self) -> None:
        """Stop after the file in hand."""
        self._job.cancel()

    @property
    def is_finished(self) -> bool:
        """Whether nothing will change any more."""
        return self._job.is_finished

    def result(self) -> OwnResult:
        """The figures of what was scored so far.

        Raises:
            InputRangeError: never for results of the queue, which holds them against their range.
            ArtifactError: if the model has no balanced operating point.
        """
        snapshot = self._job.snapshot()
        images = tuple(_image(one, sick=self._sick[one.index]) for one in snapshot.results)
        scored = [one for one in images if one.probability is not None]
        accepted = [one for one in scored if not one.refused]
        every = _figures(scored, self._manifest)
        problem = snapshot.problem
        if snapshot.state == "cancelled":
            problem = f"Cancelled: {snapshot.done:,} of {snapshot.total:,} images were scored."
        return OwnResult(
            manifest=self._manifest,
            images=images,
            without_label=self._without_label,
            unread=self._unread,
            accepted=every if len(accepted) == len(scored) else _figures(accepted, self._manifest),
            every=every,
            problem=problem,
        )


def score(labelled: LabelledFiles, predictor: Predictor, *, owner: str) -> OwnList:
    """Begin to score labelled images; returns at once. Nothing of them is saved.

    Args:
        labelled: the caller should not keep it.
        predictor: loaded and warm.
        owner: who asks, such as a session: one unfinished list each.

    Returns:
        The list. What the input gate refuses is scored, too, and marked.

    Raises:
        QueueFullError: the owner has an unfinished list, or there are too many, or too many bytes.
    """
    job = queue().submit(labelled.files, predictor, owner=owner, anyway=True)
    return OwnList(job, labelled, predictor.manifest)


def arrays(images: tuple[OwnImage, ...]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Probabilities and labels.

    Args:
        images: n that were scored.

    Returns:
        float64, shape (n,), 0 to 1; bool, shape (n,), True for Pneumonia.
    """
    probabilities = [one.probability for one in images if one.probability is not None]
    return np.array(probabilities, dtype=np.float64), np.array([one.sick for one in images], dtype=np.bool_)


def mistakes(images: tuple[OwnImage, ...], threshold: float) -> tuple[OwnImage, ...]:
    """Images on the wrong side of a threshold: missed ones first, each kind's surest mistake first.

    Args:
        images: that were scored.
        threshold: from which one is called Pneumonia, 0 to 1.
    """
    wrong = [(one, p) for one in images if (p := one.probability) is not None and one.sick != (p >= threshold)]
    return tuple(one for one, _ in sorted(wrong, key=lambda pair: (not pair[0].sick, -abs(pair[1] - threshold))))


def called(one: OwnImage, threshold: float) -> str:
    """What an image is called at a threshold; "" if it was not scored."""
    return "" if one.probability is None else LABELS[one.probability >= threshold]


def _image(result: FileResult, *, sick: bool) -> OwnImage:
    found = result.prediction
    gate = None if found is None else found.gate
    return OwnImage(
        name=result.name,
        sick=sick,
        probability=None if found is None else found.probability,
        refused=gate is not None and not gate.accepted,
        remark=result.message,
        again=result.duplicate_of is not None,
    )


def _figures(images: list[OwnImage], manifest: Manifest) -> SplitResult | None:
    if not images:
        return None
    probabilities, sick = arrays(tuple(images))
    return split_result(sick.astype(np.int64), probabilities, manifest)
