from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from model.architecture import PRESETS, Architecture, build
from model.errors import ArtifactError, InputRangeError
from model.inspection import Inspector, Votes, by_region, favourite_stripes
from model.preprocessing import InputSpec, to_model_input
from tests.made import made_radiograph

SMALL = Architecture("residual", widths=(4, 6), blocks=(1, 1), strides=(1, 2))
TEXTBOOK = Architecture("plain", widths=(3, 5), blocks=0, hidden=4)


def scan(size: int = 64) -> np.ndarray:
    return to_model_input(made_radiograph(3, pneumonia=True), InputSpec(size=size))


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """A small network whose normalisation does something, one factor of which turns its filter's sign."""
    keras.utils.set_random_seed(5)
    built = build(SMALL, 64)
    rng = np.random.default_rng(0)
    for layer in built.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.moving_mean.assign(rng.normal(0, 0.2, layer.moving_mean.shape))
            layer.moving_variance.assign(rng.uniform(0.5, 2.0, layer.moving_variance.shape))
            layer.gamma.assign(rng.uniform(0.5, 1.5, layer.gamma.shape) * np.resize([1, -1], layer.gamma.shape))
            layer.beta.assign(rng.normal(0, 0.2, layer.beta.shape))
    built.get_layer("logits").bias.assign([0.25, -0.5])
    return built


def tiny() -> keras.Model:
    """Four pixels a side; its one filter copies the pixel, its second gives the negative."""
    radiograph = keras.Input((32, 32, 1))
    x = layers.Conv2D(2, 1, use_bias=False, name="copy")(radiograph)
    x = layers.ReLU(name="relu")(x)
    x = layers.MaxPooling2D(16, name="coarse")(x)
    pooled = layers.GlobalAveragePooling2D(name="pool")(x)
    logits = layers.Dense(2, name="logits")(pooled)
    outputs = {"logits": logits, "probabilities": layers.Softmax()(logits), "feature_maps": x, "embedding": pooled}
    made = keras.Model(radiograph, outputs)
    made.get_layer("copy").set_weights([np.array([[[[1.0, -1.0]]]], np.float32)])
    made.get_layer("logits").set_weights([np.array([[1.0, 3.0], [7.0, 9.0]], np.float32), np.array([0.5, 0.75])])
    return made


def test_votes_by_hand() -> None:
    picture = np.zeros((32, 32, 1), np.float32)
    picture[:16, :16], picture[:16, 16:], picture[16:, :16] = 1.0, 0.5, 0.25
    seen = Inspector(tiny()).look(picture)
    # Weight of Pneumonia minus that of Normal is 2 for the first map; each of four places counts a quarter.
    assert seen.votes.cells.tolist() == [[0.5, 0.25], [0.125, 0.0]]
    assert (seen.votes.bias, seen.votes.total) == (0.25, pytest.approx(1.125))
    assert seen.logits.tolist() == pytest.approx([0.4375 + 0.5, 3 * 0.4375 + 0.75])
    assert seen.votes.gap < 1e-6
    assert (seen.before[0, 0].tolist(), seen.after[0, 0].tolist()) == ([1.0, -1.0], [1.0, 0.0])


def test_votes_add_up_to_the_difference_of_the_logits(network: keras.Model) -> None:
    seen = Inspector(network).look(scan())
    logits = keras.ops.convert_to_numpy(network(scan()[np.newaxis])["logits"])[0]
    assert (seen.votes.cells.shape, seen.votes.bias) == ((8, 8), pytest.approx(-0.75))
    assert seen.votes.total == pytest.approx(float(logits[1] - logits[0]), abs=1e-5)
    assert seen.votes.gap < 1e-5


def test_what_is_shown_is_what_the_layers_give(network: keras.Model) -> None:
    inspector = Inspector(network)
    seen = inspector.look(scan())
    names = ("stem_norm", "stem_relu", "stem_pool", "stage1_block1_relu", "stage2_block1_relu", "pool")
    tapped = keras.Model(network.input, [network.get_layer(name).output for name in names])
    expected = [keras.ops.convert_to_numpy(one)[0] for one in tapped(scan()[np.newaxis])]
    later = [seen.maps[stage.key] for stage in inspector.stages[1:]]
    for shown, given in zip((seen.before, seen.after, *later, seen.pooled), expected, strict=True):
        assert np.allclose(shown, given, atol=1e-5)
    assert (seen.before < 0).any()


def test_the_filters_are_those_that_act_normalisation_included(network: keras.Model) -> None:
    inspector = Inspector(network)
    assert (inspector.kernel, inspector.stride, inspector.filters.shape) == (7, 2, (7, 7, 4))
    acting = layers.Conv2D(4, 7, strides=2, padding="same", use_bias=False)
    acting.build((None, 64, 64, 1))
    acting.set_weights([inspector.filters[:, :, np.newaxis]])
    responses = keras.ops.convert_to_numpy(acting(4.0 * scan()[np.newaxis] - 2.0))[0]
    shift = inspector.look(scan()).before - responses
    assert np.allclose(shift, shift[0, 0], atol=1e-4), "but for one shift a map, it is the response"


def test_stages_shrink_as_the_network_says(network: keras.Model) -> None:
    found = [(s.kind, s.convolutions, s.height, s.width, s.channels) for s in Inspector(network).stages]
    assert found[:2] == [("convolution", 1, 32, 32, 4), ("pooling", 0, 16, 16, 4)]
    assert found[2:] == [("convolution", 2, 16, 16, 4), ("convolution", 2, 8, 8, 6)]


def test_a_hidden_layer_leaves_no_votes_and_the_rest_holds() -> None:
    built = build(TEXTBOOK, 32)
    inspector = Inspector(built)
    seen = inspector.look(scan(32))
    assert (inspector.has_votes, seen.votes) == (False, None)
    assert [stage.kind for stage in inspector.stages] == ["convolution", "pooling", "convolution"]
    logits = keras.ops.convert_to_numpy(built(scan(32)[np.newaxis])["logits"])[0]
    assert seen.logits.tolist() == pytest.approx(logits.tolist(), abs=1e-5)


def test_every_preset_can_be_looked_into_and_is_not_changed() -> None:
    for name, architecture in PRESETS.items():
        built = build(architecture, 64)
        before = [weight.copy() for weight in built.get_weights()]
        inspector = Inspector(built)
        inspector.look(scan())
        assert inspector.has_votes == (name != "plain")
        assert all(np.array_equal(a, b) for a, b in zip(before, built.get_weights(), strict=True))


def test_a_network_without_a_first_convolution_is_named() -> None:
    radiograph = keras.Input((32, 32, 1))
    logits = layers.Dense(2)(layers.Flatten()(radiograph))
    with pytest.raises(ArtifactError, match="begin with a convolution"):
        Inspector(keras.Model(radiograph, {"logits": logits}))


@pytest.mark.parametrize("wrong", [np.zeros((64, 64), np.float32), np.zeros((64, 64, 1)), scan() * 2, scan() * np.nan])
def test_what_the_network_does_not_read_is_refused(network: keras.Model, wrong: np.ndarray) -> None:
    with pytest.raises(InputRangeError):
        Inspector(network).look(wrong)


def test_regions_by_hand_each_trio_adds_up() -> None:
    cells = np.zeros((6, 6))
    cells[1, 1], cells[2, 4], cells[4, 1], cells[0, 0] = 3.0, -1.0, 0.5, -0.25
    lungs = np.zeros((6, 6), np.float32)
    lungs[1:5, 1:5] = 1.0
    lungs[2, 4] = 0.0
    found = by_region(Votes(cells, 0.0, 0.0), lungs)
    sides = (found.left_of_image, found.right_of_image, found.outside_box)
    assert sides == pytest.approx((3.5, -1.0, -0.25))
    assert found.upper + found.middle + found.lower + found.outside_box == pytest.approx(sum(sides))
    assert (found.lower, found.outside_lungs) == pytest.approx((0.5, -1.25))
    whole = by_region(Votes(cells, 0.0, 0.0))
    assert (whole.upper, whole.outside_lungs) == (pytest.approx(2.75), None)
    empty = by_region(Votes(np.zeros((4, 4)), 0.0, 0.0))
    assert (empty.upper, empty.left_of_image, empty.outside_box) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("degrees", "across"), [(90.0, (0.0, 1.0)), (0.0, (1.0, 0.0)), (45.0, (0.5**0.5, 0.5**0.5))])
def test_stripes_that_a_filter_responds_to(degrees: float, across: tuple[float, float]) -> None:
    down, right = np.mgrid[:15, :15]
    wave = np.cos(2 * np.pi * (down * across[0] + right * across[1]) / 5.0) * np.hanning(15) * np.hanning(15)[:, None]
    found = favourite_stripes(wave.astype(np.float32))
    assert found.degrees == pytest.approx(degrees, abs=3)
    assert found.distance == pytest.approx(5.0, rel=0.05)
    assert np.isinf(favourite_stripes(np.ones((5, 5), np.float32)).distance), "one of one sign sees brightness"
