"""What explanations are measured with, on arrays worked out by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from model.architecture import PRESETS, build
from tests.made import made_radiograph
from training.explain.curves import CELLS, STEPS, area, centre_blob, curve, order_of, without
from training.explain.likeness import rank_correlation, structural_similarity
from training.explain.markers import marked, markers
from training.explain.place import in_common, mass, moved_by, near, overlap, points_at, share_on
from training.explain.randomised import cascade, units
from training.explain.sanity import repeatability
from training.explain.subject import Subject
from training.pool import Pool

SCAN, SIDE = made_radiograph(5, pneumonia=False), 64


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def one_cell(row: int, column: int) -> np.ndarray:
    saliency_map = np.zeros((CELLS, CELLS), dtype=np.float32)
    saliency_map[row, column] = 1.0
    return saliency_map


def test_a_map_that_knows_the_one_cell_that_counts_deletes_and_inserts_best() -> None:
    model_input = np.zeros((CELLS * 4, CELLS * 4, 1), dtype=np.float32)
    model_input[20:24, 32:36] = 1.0  # cell 5, 8

    def score(inputs: np.ndarray) -> np.ndarray:
        return inputs[:, 20:24, 32:36, 0].mean(axis=(1, 2))

    knows, wrong = order_of(one_cell(5, 8), rng()), order_of(1 - one_cell(5, 8), rng())
    assert knows[0] == wrong[-1] == 5 * CELLS + 8
    deleted, inserted = (
        [area(curve(model_input, order, score, insert=insert)) for order in (knows, wrong)] for insert in (False, True)
    )
    assert deleted[0] < deleted[1]
    assert inserted[0] > inserted[1]


def test_curves_begin_and_end_with_the_scan_and_with_nothing() -> None:
    model_input = SCAN[..., np.newaxis].astype(np.float32) / 255
    seen: list[np.ndarray] = []

    def score(inputs: np.ndarray) -> np.ndarray:
        seen.append(inputs)
        return inputs.mean(axis=(1, 2, 3))

    order = order_of(centre_blob(224), rng())
    assert len(curve(model_input, order, score, insert=False)) == STEPS + 1
    curve(model_input, order, score, insert=True)
    assert np.array_equal([seen[0][0], seen[0][-1]], [model_input, without(model_input)])
    assert np.array_equal([seen[1][0], seen[1][-1]], [without(model_input), model_input])


def test_area_by_hand_and_a_flat_map_orders_at_random() -> None:
    assert [area(np.array([1.0, middle, 0.0])) for middle in (0.5, 0.0)] == pytest.approx([0.5, 0.25])
    flat = np.ones((7, 7), dtype=np.float32)
    assert not np.array_equal(order_of(flat, rng(0)), order_of(flat, rng(1)))
    assert sorted(order_of(flat, rng())) == list(range(CELLS * CELLS))


def test_likeness_of_the_same_the_opposite_and_the_flat_and_of_maps_of_two_sizes() -> None:
    ramp = np.linspace(0, 1, 14 * 14, dtype=np.float32).reshape(14, 14)
    noise = rng().random((14, 14), dtype=np.float32)
    assert [rank_correlation(ramp, other) for other in (5 * ramp, 1 - ramp)] == pytest.approx([1.0, -1.0])
    assert rank_correlation(ramp, np.zeros_like(ramp)) == 0.0
    assert abs(rank_correlation(ramp, noise)) < 0.2
    assert structural_similarity(ramp, ramp) == pytest.approx(1.0)
    assert structural_similarity(ramp, noise) < 0.3
    fine = rng(1).random((224, 224), dtype=np.float32)
    assert structural_similarity(fine, noise) == pytest.approx(structural_similarity(noise, fine))


def test_mass_pointing_overlap_and_share_by_hand() -> None:
    values, target = np.zeros((100, 100), dtype=np.float32), np.zeros((100, 100), dtype=bool)
    target[40:60, 40:60] = True
    values[50, 50], values[2, 2], values[30, 30] = 1.0, 0.5, 0.5
    assert mass(values, target) == pytest.approx({"lungs": 0.5, "border": 0.25, "elsewhere": 0.25})
    assert mass(0 * values, target) is share_on(np.zeros((14, 14), dtype=np.float32), target) is None
    right, near_by, far, half = target.astype(np.float32), 0 * values, 0 * values, 0 * values
    near_by[62, 50] = far[80, 50] = 1.0
    assert [points_at(one, target) for one in (right, near_by, far, 0 * values)] == [True, True, False, False]
    shares = [overlap(one, target) for one in (right, np.roll(right, 10, axis=1), 0 * values)]
    assert shares == pytest.approx([1.0, 200 / 600, 0.0])
    half[42:46, 42:46] = 3.0
    assert share_on(half, target) == pytest.approx(1.0)
    half[80:84, 80:84] = 3.0
    assert share_on(half, target) == pytest.approx(0.5)


@pytest.mark.parametrize("preset", ["residual", "plain"])
def test_cascade_forgets_from_the_output_down_and_leaves_the_network_alone(preset: str) -> None:
    network = build(PRESETS[preset], 64)
    network.set_weights([w + 0.01 for w in network.get_weights()])
    before = network.get_weights()
    names, shares = [], []
    for name, copy in cascade(network):
        names.append(name)
        pairs = list(zip(network.get_weights(), copy.get_weights(), strict=True))
        shares.append(sum((a != b).sum() for a, b in pairs) / sum(a.size for a, _ in pairs))
        outputs = copy(np.zeros((1, 64, 64, 1), dtype=np.float32), training=False)
        assert np.isfinite(keras.ops.convert_to_numpy(outputs["logits"])).all()
    assert names == units(network)
    assert (names[0], names[-1] in ("stem", "conv1")) == ("logits", True)
    assert shares == sorted(shares)
    assert shares[-1] > 0.99
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))


def brightness(method: str, model_input: np.ndarray, class_index: int, /) -> np.ndarray:  # noqa: ARG001
    """A map that moves with the scan, or one that stays in the middle of the picture whatever it shows."""
    if method == "follows":
        return np.asarray(model_input[..., 0])
    stays = np.zeros((SIDE, SIDE), dtype=np.float32)
    stays[20:40, 30:50] = 1.0
    return stays


def blob(random: np.random.Generator) -> np.ndarray:
    pixels = np.zeros((SIDE, SIDE), dtype=np.uint8)
    top, left = random.integers(16, 40, 2)
    pixels[top : top + 12, left : left + 8] = 200
    return pixels


@pytest.mark.parametrize("move", [(3, 4), (-3, 4), (3, -4), (-5, -2), (0, 6), (0, 0)])
def test_a_map_that_follows_the_scan_is_the_same_after_moving_back(move: tuple[int, int]) -> None:
    pixels = blob(rng(1))
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
    random, moves = rng(2), [(6, -6), (-5, 6), (6, 5)]
    pictures = [blob(random) for _ in moves]

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
        changed, box = marked(scan, rng(seed))
        assert (changed[box] == 255).any()
        assert np.array_equal(changed[~near(box)], scan[~near(box)])
        assert 0.002 < box.mean() < 0.08
        rows, columns = np.nonzero(box)
        assert rows.max() < 70 or rows.min() > 150
        assert columns.max() < 120 or columns.min() > 100


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
