from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from model import variation as steps
from model.preprocessing import InputSpec
from tests.made import made_lungs, made_radiograph
from training import cover
from training.augment import AUGMENTATIONS, Augmentation, augment, change_style
from training.errors import ConfigError, DatasetError
from training.feed import BalancedFeed
from training.opacities import SHAPES, SIZES, STRENGTHS, TAUGHT, Opacity, add_opacity
from training.pool import Pool
from training.style import match_grey_values, match_spectrum
from training.views import VIEWS, restyled

SHARP, SOFT = made_radiograph(1, pneumonia=False), cv2.GaussianBlur(made_radiograph(2, pneumonia=True), (0, 0), 2.5)
SCAN, LUNGS = made_radiograph(5, pneumonia=False), made_lungs(5, pneumonia=False)
STRONGEST = replace(AUGMENTATIONS["strong"], swap_background=0.85, blank_lungs=0.15)


@pytest.fixture(scope="module")
def pool() -> Pool:
    labels, has_lungs = np.arange(12) % 2, np.arange(12) < 10
    pixels = np.stack([made_radiograph(i, pneumonia=bool(sick)) for i, sick in enumerate(labels)])
    lungs = np.stack([made_lungs(i, pneumonia=bool(sick)) for i, sick in enumerate(labels)])
    return Pool(pixels, lungs * has_lungs[:, None, None].astype(np.uint8), has_lungs, labels)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_nothing_asked_nothing_done_and_every_preset_has_rotation_and_zoom(pool: Pool) -> None:
    scan = augment(pool, 3, AUGMENTATIONS["none"], rng())
    assert (scan.informative, scan.label) == (True, 1)
    assert np.array_equal(scan.pixels, pool.pixels[3])
    assert np.array_equal(scan.region, pool.lungs[3])
    assert all(AUGMENTATIONS[name].rotation > 0 and AUGMENTATIONS[name].zoom > 0 for name in ("standard", "strong"))
    with pytest.raises(ConfigError, match="rotation"):
        Augmentation(rotation=-1)


def test_same_generator_same_scan_and_the_pool_is_never_changed(pool: Pool) -> None:
    before = pool.pixels.copy()
    for seed in range(30):
        first, second = (augment(pool, seed % 12, STRONGEST, rng(seed)).pixels for _ in range(2))
        assert np.array_equal(first, second)
        assert (first.shape, first.dtype) == ((224, 224), np.uint8)
    assert np.array_equal(before, pool.pixels)


def test_region_moves_as_their_scan_does(pool: Pool) -> None:
    drawn = Pool(pool.lungs, pool.lungs, pool.has_lungs, pool.labels)  # scans that show nothing but their outline
    for seed in range(5):
        moved = augment(drawn, 1, Augmentation(rotation=20, zoom=0.2, stretch=0.2, shift=0.1, flip=0.5), rng(seed))
        assert np.array_equal(moved.pixels, moved.region)
        assert not np.array_equal(moved.region, pool.lungs[1])


def test_a_made_opacity_makes_a_normal_scan_pneumonia_and_no_other(pool: Pool) -> None:
    always = Augmentation(made_opacity=1.0)
    made = augment(pool, 2, always, rng(1))
    assert (made.label, made.informative) == (1, True)
    gain = made.pixels.astype(int) - pool.pixels[2]
    assert gain.min() >= 0
    assert gain[made.region > 0].mean() > 4 * gain[made.region == 0].mean()
    assert 0 < (made.region > 0).sum() < (pool.lungs[2] > 0).sum(), "its evidence lies in the opacity, not all over"
    assert np.array_equal(augment(pool, 3, always, rng(1)).pixels, pool.pixels[3]), "a sick one stays as it is"
    assert augment(pool, 10, always, rng(1)).label == 0, "without outline there is no place for one"


def test_mirror_rotation_and_brightness_by_hand() -> None:
    scan = np.arange(9, dtype=np.uint8).reshape(3, 3)
    assert steps.change_pose(scan, Augmentation(flip=1.0), rng()).tolist() == [[2, 1, 0], [5, 4, 3], [8, 7, 6]]
    shift = steps.change_exposure(scan + 50, Augmentation(brightness=0.1), rng(1)).astype(int) - scan - 50
    assert len(np.unique(shift)) == 1
    assert np.abs(shift).max() <= 26
    centre_and_top = np.zeros((101, 101), dtype=np.uint8)
    centre_and_top[48:53, 48:53] = centre_and_top[0:9, 46:55] = 255
    turned = steps.change_pose(centre_and_top, Augmentation(rotation=10), rng(3))
    assert turned[50, 50] == 255
    assert not np.array_equal(turned, centre_and_top)


def test_swapped_background_keeps_the_lungs_and_changes_the_rest(pool: Pool) -> None:
    core = pool.lungs[1] > 0
    core[:, 100:124] = False
    swapped = [cover.swap_background(pool.pixels[1], pool.lungs[1], pool.pixels[4], rng(seed)) for seed in range(10)]
    differences = np.abs(np.stack(swapped).astype(int) - pool.pixels[1])
    assert np.median(differences[:, core], axis=1).max() <= 3
    assert np.median(differences[:, :12, :12].mean(axis=(1, 2))) > 10


def test_covered_lungs_ask_for_an_even_label_in_the_scan_and_in_the_batch(pool: Pool) -> None:
    scan, inside = augment(pool, 1, Augmentation(blank_lungs=1.0), rng(5)), pool.lungs[1] > 0
    assert (scan.informative, scan.region.any()) == (False, False)
    assert np.abs(scan.pixels.astype(int) - pool.pixels[1])[inside].mean() > 10
    outlined = Pool(pool.pixels[:10], pool.lungs[:10], pool.has_lungs[:10], pool.labels[:10])
    feed = BalancedFeed(outlined, InputSpec(), Augmentation(blank_lungs=1.0), 4, seed=0)
    assert all((targets == 0.5).all() for _, targets in feed.epoch(0))
    scan = augment(pool, 11, Augmentation(blank_lungs=0.5, swap_background=0.5), rng())
    assert scan.informative, "without outline nothing is swapped or covered"
    assert np.array_equal(scan.pixels, pool.pixels[11])


@pytest.mark.parametrize("step", ["resample", "blur", "noise", "jpeg", "cutout", "border"])
def test_each_degradation_does_something_and_not_everything(pool: Pool, step: str) -> None:
    changed = steps.degrade(pool.pixels[2], Augmentation(**{step: 1.0}), rng(2))
    difference = np.abs(changed.astype(int) - pool.pixels[2])
    assert 0 < difference.mean() < 40


def test_hidden_cells_hold_no_evidence_and_the_rest_stays(pool: Pool) -> None:
    shares, told, lungs = [], 0, pool.lungs[1] > 0
    for seed in range(40):
        scan = augment(pool, 1, Augmentation(hide=1.0), rng(seed))
        same, seen = scan.pixels == pool.pixels[1], scan.region > 0
        shares.append(1 - same.mean())
        assert not (scan.region > pool.lungs[1]).any()
        if not scan.informative:
            assert not seen.any()
            continue
        told += 1
        assert seen.sum() >= 0.4 * lungs.sum()
        assert same[seen].all(), "what is not hidden stays as it is"
        assert same[lungs & ~seen].mean() < 0.3
    assert 0.02 < min(shares) < 0.3 < max(shares) < 0.75
    assert 20 < told < 40, "most keep their label, some have too little left to tell"


def test_feed_is_balanced_even_where_covered_and_the_same_in_any_number_of_threads(pool: Pool) -> None:
    labelled = replace(pool, labels=np.array([0] * 3 + [1] * 9))
    feeds = [BalancedFeed(labelled, InputSpec(), STRONGEST, 4, seed=1, workers=w) for w in (1, 3)]
    first, second = (list(feed.epoch(2)) for feed in feeds)
    assert len(first) == feeds[0].steps == 3
    for (x, y), (x2, y2) in zip(first, second, strict=True):
        assert (np.array_equal(x, x2), np.array_equal(y, y2)) == (True, True)
        assert x.shape == (4, 224, 224, 1)
        assert 0 <= x.min() <= x.max() <= 1
        assert np.allclose(y.sum(axis=1), 1.0)
        assert set(y[:2, 1]) <= {0.0, 0.5}  # the first half of a batch is Normal
        assert set(y[2:, 1]) <= {1.0, 0.5}
    assert not np.array_equal(first[0][0], next(iter(feeds[0].epoch(3)))[0])
    untouched = BalancedFeed(
        replace(pool, labels=np.array([0] * 2 + [1] * 10)), InputSpec(), AUGMENTATIONS["none"], 4, seed=0
    )
    targets = np.concatenate([y for _, y in untouched.epoch(0)])
    assert targets.mean(axis=0).tolist() == [0.5, 0.5]


def test_guided_feed_tells_where_evidence_should_lie_and_for_which_class(pool: Pool) -> None:
    def targets(augmentation: Augmentation) -> dict[str, np.ndarray]:
        return next(BalancedFeed(pool, InputSpec(), augmentation, 12, seed=0, cells=14).epoch(0))[1]

    plain = targets(AUGMENTATIONS["none"])
    assert plain["evidence"].shape == (12, 14, 14)
    assert -1.0 <= plain["evidence"].min() < 0.0 < plain["evidence"].max() <= 1.0
    for evidence, (normal, _) in zip(plain["evidence"], plain["probabilities"], strict=True):
        assert (evidence <= 0).all() if normal else (evidence >= 0).all()
    assert (np.abs(plain["evidence"]).max(axis=(1, 2)) == 0).any(), "scans without outline have no region"
    made = targets(Augmentation(made_opacity=1.0))["probabilities"]
    assert made[:, 1].mean() > 0.5, "normal scans with an opacity are Pneumonia"
    assert not targets(Augmentation(blank_lungs=1.0))["evidence"].any(), "covered lungs hold no evidence to guide"


def test_views_take_away_what_they_say(pool: Pool) -> None:
    spec = InputSpec(window="none")
    views = {name: view(pool, spec) for name, view in VIEWS.items()}
    assert all(v.shape == (12, 224, 224, 1) and 0 <= v.min() <= v.max() <= 1 for v in views.values())
    clean = pool.pixels[1] / np.float32(255)
    inside = pool.lungs[1] > 0
    assert np.array_equal(views["clean"][1, ..., 0], clean)
    assert np.array_equal(views["only_lungs"][1, ..., 0][inside], clean[inside])
    assert np.unique(views["lungs_blanked"][1, ..., 0][inside]).size == 1
    assert np.array_equal(views["lungs_blanked"][1, :10], views["clean"][1, :10])
    covered = views["lungs_covered"]
    assert np.array_equal(covered[1, 60:140, 60:160], covered[2, 60:140, 60:160])
    assert np.array_equal(views["stressed"], VIEWS["stressed"](pool, spec))


@pytest.mark.parametrize("shape", sorted(SHAPES))
@pytest.mark.parametrize("size", sorted(SIZES))
def test_opacity_brightens_the_lungs_where_it_says_and_nothing_else(shape: str, size: str) -> None:
    for seed in range(5):
        made = add_opacity(SCAN, LUNGS, shape=shape, radius=SIZES[size], strength=0.8, rng=rng(seed))
        gain = made.pixels.astype(int) - SCAN
        assert gain.min() >= 0
        assert LUNGS[made.centre] > 0
        assert gain[made.mask].mean() > 4 * gain[~made.mask].mean()
        far = np.hypot(*(np.mgrid[:224, :224] - np.array(made.centre)[:, None, None])) > 3 * SIZES[size] * 224
        assert gain[far].max(initial=0) <= 1


def test_stronger_is_brighter_and_larger_is_larger() -> None:
    def made(radius: float, strength: float) -> Opacity:
        return add_opacity(SCAN, LUNGS, shape="soft", radius=radius, strength=strength, rng=rng())

    gains = [(made(0.1, strength).pixels.astype(int) - SCAN).max() for strength in sorted(STRENGTHS.values())]
    assert gains == sorted(gains)
    assert gains[0] < gains[-1]
    areas = [made(radius, 0.5).mask.sum() for radius in sorted(SIZES.values())]
    assert areas == sorted(areas)
    assert set(TAUGHT) < set(SHAPES), "some shapes are kept for measuring"
    with pytest.raises(DatasetError, match="outline"):
        add_opacity(SCAN, np.zeros_like(LUNGS), shape="soft", radius=0.1, strength=0.5, rng=rng())


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
def skewed(pool: Pool) -> Pool:
    """Only its first scan is labelled normal."""
    return replace(pool, labels=(np.arange(12) > 0).astype(int))


def test_the_look_is_taken_from_either_class_equally_often(skewed: Pool) -> None:
    random = rng(0)
    normal = [np.array_equal(skewed.any_scan(random), skewed.pixels[0]) for _ in range(400)]
    assert np.mean(normal) == pytest.approx(0.5, abs=0.08)


def test_augmentation_asks_for_it_by_probability(skewed: Pool) -> None:
    only, scan = Augmentation(match_spectrum=0.5, match_grey_values=0.5), skewed.pixels[1]
    styled = [change_style(skewed, scan, only, rng(seed)) for seed in range(200)]
    changed = [not np.array_equal(one, scan) for one in styled]
    assert np.mean(changed) == pytest.approx(0.75, abs=0.1)
    scan = augment(skewed, 1, replace(AUGMENTATIONS["none"], match_spectrum=1.0), rng(0))
    assert (scan.informative, np.array_equal(scan.pixels, skewed.pixels[1])) == (True, False)


def test_restyled_view_is_always_the_same_and_takes_the_other_class(skewed: Pool) -> None:
    spec = InputSpec()
    first = restyled(skewed, spec)
    assert np.array_equal(first, restyled(skewed, spec))
    alone = Pool(skewed.pixels[1:], skewed.lungs[1:], skewed.has_lungs[1:], skewed.labels[1:])
    assert not np.array_equal(first[1:], restyled(alone, spec)), "without another class a scan keeps its look"
