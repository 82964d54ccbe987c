"""Distil several networks into one (Hinton et al. 2015).

Teachers and student see the same augmented scan, so the student learns the teachers' function, not just their answers
on the training images (Beyer et al. 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
from keras import ops

from model import artifact as artifacts
from model.preprocessing import InputSpec
from training.errors import ConfigError

CLASSES = 2


def load_teachers(folders: Sequence[Path], spec: InputSpec) -> list[keras.Model]:
    """Load trained networks and freeze them.

    Raises:
        ConfigError: if a teacher's input differs from the student's.
        ArtifactError: if an artifact is broken.
    """
    teachers = []
    for number, folder in enumerate(folders, start=1):
        loaded = artifacts.load(folder)
        if loaded.manifest.input != spec:
            raise ConfigError(f"The teacher {folder} reads {loaded.manifest.input}, the student {spec}.")
        loaded.network.trainable = False
        loaded.network.name = f"teacher{number}"
        teachers.append(loaded.network)
    return teachers


def beside_teachers(network: keras.Model, teachers: Sequence[keras.Model]) -> keras.Model:
    """The student's probabilities and, beside them, the mean of the teachers'.

    Args:
        network: the student.
        teachers: frozen; they run as in use, with fixed statistics and without dropout.

    Returns:
        A model from inputs to float32, shape (batch, 4): student Normal, Pneumonia, teachers Normal, Pneumonia.
    """
    radiograph = network.inputs[0]
    told = [teacher(radiograph, training=False)["probabilities"] for teacher in teachers]
    mean = told[0] if len(told) == 1 else keras.layers.Average()(told)
    both = keras.layers.Concatenate()([network.output["probabilities"], mean])
    return keras.Model(network.inputs, both)


class DistillationLoss(keras.losses.Loss):  # type: ignore[misc]
    """Cross-entropy with the labels and with the teachers' probabilities, in a fixed proportion."""

    def __init__(self, *, weight: float, label_smoothing: float) -> None:
        """Set the proportion.

        Args:
            weight: of the teachers, 0 to 1.
            label_smoothing: of the labels.
        """
        super().__init__(name="distillation")
        self.weight = weight
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:  # noqa: ANN401 - tensors of whichever backend
        """Per image, the weighted cross-entropy.

        Args:
            y_true: (batch, 2), one-hot or even.
            y_pred: (batch, 4), of `beside_teachers`.

        Returns:
            (batch,).
        """
        student, teachers = y_pred[:, :CLASSES], ops.stop_gradient(y_pred[:, CLASSES:])
        labelled = keras.losses.categorical_crossentropy(y_true, student, label_smoothing=self.label_smoothing)
        taught = keras.losses.categorical_crossentropy(teachers, student)
        return (1.0 - self.weight) * labelled + self.weight * taught


def student_accuracy(y_true: Any, y_pred: Any) -> Any:  # noqa: ANN401 - tensors of whichever backend
    """Accuracy of the student.

    Args:
        y_true: (batch, 2).
        y_pred: (batch, 4), of `beside_teachers`.

    Returns:
        (batch,), 0 or 1.
    """
    return keras.metrics.categorical_accuracy(y_true, y_pred[:, :CLASSES])
