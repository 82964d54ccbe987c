"""Maps of moved scans are laid upon each other, and letters have a known place."""

from __future__ import annotations

import numpy as np
import pytest

from tests.made import made_radiograph
from training.explain.markers import marked, markers
from training.explain.place import in_common, moved_by, near, share_on
from training.explain.sanity import repeatability
from training.explain.subject import Subject
from training.pool import Pool

SIDE = 64


def brightness(method: str, model_input: np.ndarray, class_index: int, /) -> np.ndarray:  # noqa: ARG001
    """A map that moves with the scan, or one that stays in the middle of the picture whatever it shows."""
    if method == "follows":
        return np.asarray(model_input[..., 0])
    stays = np.zeros((SIDE, SIDE), dtype=np.float32)
    stays[20:40, 30:50] = 1.0
    return stays


def blob(rng: np.random.Generator) -> np.ndarray:
    pixels = np.zeros((SIDE, SIDE), dtype=np.uint8)
    top, left = rng.integers(16, 40, 2)
    pixels[top : top + 12, left : left + 8] = 200
    return pixels


@pytest.mark.parametrize("move", [(3, 4), (-3, 4), (3, -4), (-5, -2), (0, 6), (0, 0)])
def test_a_map_that_follows_the_scan_is_the_same_after_moving_back(move: tuple[int, int]) -> None:
    pixels = blob(np.random.default_rng(1))
    moved = moved_by(pixels, move)
    before, after = in_common((pixels.astype(np.float32), moved.astype(np.float32)), move, SIDE)
    assert before.shape == (SIDE - abs(move[0]), SIDE - abs(move[1]))
    assert np.array_equal(before, after)


def test_moving_goes_down_and_across_and_repeats_the_edge() -> None:
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4)
    down, left = moved_by(pixels, (1, 0)), moved_by(pixels, (0, -1))
    assert np.array_equal(down[:2], pixels[[0, 0]])
    assert np.array_equal(left[:, [0, 3]], pixels[:, [1, 3]])


def test_a_map_that_stays_where_it_was_is_found_out() -> None:
    rng, moves = np.random.default_rng(2), [(6, -6), (-5, 6), (6, 5)]
    pictures = [blob(rng) for _ in moves]

    def read(picture: np.ndarray) -> np.ndarray:
        return (picture[..., np.newaxis] / 255).astype(np.float32)

    scans = [(read(picture), 1) for picture in pictures]
    moved = [read(moved_by(picture, move)) for picture, move in zip(pictures, moves, strict=True)]
    found = repeatability(brightness, ["follows", "stays"], scans, moved, moves=moves)
    assert found["follows"]["ssim"]["value"] == pytest.approx(1.0)
    assert found["stays"]["ssim"]["value"] < 0.7


def test_letters_lie_in_their_box_and_the_box_in_a_corner() -> None:
    scan = made_radiograph(2, pneumonia=False, size=(224, 224))
    for seed in range(20):
        changed, box = marked(scan, np.random.default_rng(seed))
        assert (changed[box] == 255).any()
        assert np.array_equal(changed[~near(box)], scan[~near(box)])
        assert 0.002 < box.mean() < 0.08
        rows, columns = np.nonzero(box)
        assert rows.max() < 70 or rows.min() > 150
        assert columns.max() < 120 or columns.min() > 100


def test_share_on_letters_by_hand() -> None:
    target, saliency_map = np.zeros((100, 100), dtype=bool), np.zeros((100, 100), dtype=np.float32)
    target[10:20, 10:20] = True
    assert share_on(np.zeros((14, 14), dtype=np.float32), target) is None
    saliency_map[12:16, 12:16] = 3.0
    assert share_on(saliency_map, target) == pytest.approx(1.0)
    saliency_map[60:64, 60:64] = 3.0
    assert share_on(saliency_map, target) == pytest.approx(0.5)


def test_a_network_that_reads_letters_is_found_out() -> None:
    def explain(method: str, model_input: np.ndarray, class_index: int, /) -> np.ndarray:  # noqa: ARG001
        white = (model_input[..., 0] >= 1.0).astype(np.float32)
        return white if method == "letters" else np.ones_like(white)

    subject = Subject(
        explain=explain,
        probabilities=lambda inputs: (inputs >= 1.0).any(axis=(1, 2, 3)).astype(np.float64),
        to_input=lambda pixels: (pixels[..., np.newaxis] / 255).astype(np.float32),
        threshold=0.5,
    )
    pixels = np.stack([np.minimum(made_radiograph(seed, pneumonia=bool(seed % 2)), 250) for seed in range(4)])
    pool = Pool(pixels, np.zeros_like(pixels), np.zeros(4, dtype=bool), np.array([0, 1, 0, 1]))
    found = markers(subject, {"letters": 4, "even": 2}, pool, 4)
    assert found["scans"] == found["turned"] == 4, "each verdict turned to Pneumonia"
    assert found["methods"]["letters"]["true_positive"]["share"]["value"] > 0.95
    even = found["methods"]["even"]
    assert even["true_positive"]["scans"] == even["false_positive"]["scans"] == 1
    assert even["true_positive"]["share"]["value"] == pytest.approx(found["area"], abs=0.03)
    assert "share" not in found["methods"]["letters"]["false_negative"]
