"""The look of another scan: taken over whole or in part, without its anatomy."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from model.preprocessing import InputSpec
from tests.made import made_radiograph
from training.augment import AUGMENTATIONS, Augmentation, augment, change_style
from training.pool import Pool
from training.style import match_grey_values, match_spectrum
from training.views import restyled

SHARP = made_radiograph(1, pneumonia=False)
SOFT = cv2.GaussianBlur(made_radiograph(2, pneumonia=True), (0, 0), 2.5)


def sharpness(scan: np.ndarray) -> float:
    return float(cv2.Laplacian(scan, cv2.CV_64F).std())


@pytest.mark.parametrize(("scan", "other"), [(SHARP, SOFT), (SOFT, SHARP)])
def test_sharpness_goes_all_the_way_or_half(scan: np.ndarray, other: np.ndarray) -> None:
    whole, half, none = (match_spectrum(scan, other, share) for share in (1.0, 0.5, 0.0))
    far = abs(np.log(sharpness(scan) / sharpness(other)))
    assert abs(np.log(sharpness(whole) / sharpness(other))) < 0.3 * far
    assert min(map(sharpness, (scan, other))) < sharpness(half) < max(map(sharpness, (scan, other)))
    assert np.abs(none.astype(int) - scan).max() <= 1


def test_anatomy_and_brightness_stay() -> None:
    changed = match_spectrum(SHARP, SOFT, 1.0)
    assert changed.mean() == pytest.approx(SHARP.mean(), abs=2)
    assert np.corrcoef(changed.ravel(), SHARP.ravel())[0, 1] > 0.97
    own, others = (np.abs(changed.astype(int) - scan).mean() for scan in (SHARP, SOFT))
    assert own < others / 2


def test_grey_values_take_the_others_distribution_and_brighter_stays_brighter() -> None:
    dark = (SHARP // 2).astype(np.uint8)
    changed = match_grey_values(dark, SHARP, 1.0)
    assert np.abs(np.percentile(changed, range(5, 100, 5)) - np.percentile(SHARP, range(5, 100, 5))).max() <= 3
    half = match_grey_values(dark, SHARP, 0.5).astype(int)
    assert np.abs(half - (dark.astype(int) + changed) / 2).max() <= 1
    assert np.array_equal(match_grey_values(dark, SHARP, 0.0), dark)
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert (np.diff(match_grey_values(ramp, SOFT, 1.0).ravel().astype(int)) >= 0).all()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_scan_is_no_trouble(level: int) -> None:
    flat = np.full((64, 64), level, dtype=np.uint8)
    assert np.array_equal([match_spectrum(flat, flat, 1.0), match_grey_values(flat, flat, 1.0)], [flat, flat])
    assert match_spectrum(SHARP[:64, :64], flat, 1.0).shape == (64, 64)


@pytest.fixture(scope="module")
def pool() -> Pool:
    labels = np.array([0, 1, 1, 1, 1, 1, 1, 1])
    pixels = np.stack([made_radiograph(i, pneumonia=bool(sick)) for i, sick in enumerate(labels)])
    return Pool(pixels, np.zeros_like(pixels), np.zeros(8, dtype=bool), labels)


def test_the_look_is_taken_from_either_class_equally_often(pool: Pool) -> None:
    rng = np.random.default_rng(0)
    normal = [np.array_equal(pool.any_scan(rng), pool.pixels[0]) for _ in range(400)]
    assert np.mean(normal) == pytest.approx(0.5, abs=0.08)


def test_augmentation_asks_for_it_by_probability(pool: Pool) -> None:
    only, scan = Augmentation(match_spectrum=0.5, match_grey_values=0.5), pool.pixels[1]
    styled = [change_style(pool, scan, only, np.random.default_rng(seed)) for seed in range(200)]
    changed = [not np.array_equal(one, scan) for one in styled]
    assert np.mean(changed) == pytest.approx(0.75, abs=0.1)
    scan = augment(pool, 1, replace(AUGMENTATIONS["none"], match_spectrum=1.0), np.random.default_rng(0))
    assert (scan.informative, np.array_equal(scan.pixels, pool.pixels[1])) == (True, False)


def test_restyled_view_is_always_the_same_and_takes_the_other_class(pool: Pool) -> None:
    spec = InputSpec()
    first = restyled(pool, spec)
    assert np.array_equal(first, restyled(pool, spec))
    alone = Pool(pool.pixels[1:], pool.lungs[1:], pool.has_lungs[1:], pool.labels[1:])
    assert not np.array_equal(first[1:], restyled(alone, spec)), "without another class a scan keeps its look"
