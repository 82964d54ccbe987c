from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.errors import ArtifactError, InputRangeError
from model.preprocessing import InputSpec, apply_window, resize, to_model_input
from model.radiograph import read
from tests.made import made_radiograph
from training import data
from training.data import LabelledImage


def test_resize_squashes_to_a_square_and_leaves_the_right_size_alone() -> None:
    scan = np.zeros((100, 300), dtype=np.uint8)
    scan[:, 150:] = 200
    small = resize(scan, 50)
    assert (small.shape, small[:, :20].max(), small[:, 30:].min()) == ((50, 50), 0, 200)
    assert resize(small, 50) is small


@pytest.mark.parametrize("wrong", [np.zeros((9, 9), np.float32), np.zeros((9, 9, 3), np.uint8)])
def test_resize_refuses_what_is_not_grey_bytes(wrong: np.ndarray) -> None:
    with pytest.raises(InputRangeError, match="uint8"):
        resize(wrong, 4)


def test_percentile_window_stretches_by_hand() -> None:
    scan = np.array([[50, 60], [70, 100]], dtype=np.uint8)
    spec = InputSpec(low_percentile=0, high_percentile=100)
    # 50 becomes 0, 100 becomes 255, each step between 5.1
    assert apply_window(scan, spec).tolist() == [[0, 51], [102, 255]]


def test_window_ignores_a_linear_change_of_exposure_and_empties_what_is_even() -> None:
    scan = made_radiograph(2, pneumonia=True) // 2
    brighter = (scan + 60).astype(np.uint8)
    assert np.array_equal(apply_window(scan, InputSpec()), apply_window(brighter, InputSpec()))
    assert apply_window(np.full((40, 40), 90, np.uint8), InputSpec()).max() == 0, "one grey value becomes zeros"


def test_model_input_has_the_declared_shape_and_range() -> None:
    values = to_model_input(made_radiograph(3, pneumonia=False, size=(300, 400)), InputSpec(size=96))
    assert (values.shape, values.dtype, values.min(), values.max()) == ((96, 96, 1), np.float32, 0.0, 1.0)


def test_training_and_serving_read_a_file_alike(tmp_path: Path) -> None:
    """One path: what training holds in memory, windowed, is what the predictor would feed."""
    spec = InputSpec(size=128)
    path = tmp_path / "scan.png"
    Image.fromarray(made_radiograph(4, pneumonia=True, size=(500, 620))).save(path)
    trained_on = data.load_pixels(tmp_path, [LabelledImage("scan.png", 1, "p")], spec.size)[0]
    served = to_model_input(read(path).pixels, spec)
    assert np.array_equal(apply_window(trained_on, spec) / np.float32(255), served[..., 0])


def test_full_size_and_distributed_copy_become_nearly_the_same_input(tmp_path: Path) -> None:
    large = made_radiograph(5, pneumonia=True, size=(1200, 1500))
    path = tmp_path / "copy.jpeg"
    Image.fromarray(resize(large, 224)).convert("RGB").save(path, quality=90)
    difference = np.abs(to_model_input(large, InputSpec()) - to_model_input(read(path).pixels, InputSpec()))
    assert difference.mean() < 0.01


@pytest.mark.parametrize(
    "values", [{"size": 8}, {"window": "magic"}, {"low_percentile": 60, "high_percentile": 40}, {"colour": 1}]
)
def test_specification_refuses_nonsense(values: dict[str, object]) -> None:
    with pytest.raises(ArtifactError):
        InputSpec.from_dict(values)
