"""Shapes, initialisation, and how feature maps become features."""

import random

import numpy as np
import pytest
import torch

from ssgan.networks import Discriminator, build, flat, trunk
from ssgan.networks.conv import ConvTrunk, halvings
from ssgan.networks.readout import Readout, pooled, width
from ssgan.randomness import Draw

DRAW = Draw(("networks test",))
# Shape of a sample, and of the map at every depth for width 2.
SHAPES = {
    "a row of numbers": ((5,), [(16,), (16,), (16,)]),
    "a signal": ((1, 16), [(2, 8), (4, 4), (8, 4)]),
    "a small image": ((3, 8, 8), [(2, 8, 8), (4, 4, 4), (8, 4, 4)]),
    "an image of 28": ((1, 28, 28), [(2, 14, 14), (4, 7, 7), (8, 4, 4)]),
    "an image of 32": ((3, 32, 32), [(2, 16, 16), (4, 8, 8), (8, 4, 4), (16, 4, 4)]),
    "a wide image": ((4, 8, 12), [(2, 8, 12), (4, 4, 6), (8, 4, 6)]),
    "a volume": ((1, 8, 8, 8), [(2, 8, 8, 8), (4, 4, 4, 4), (8, 4, 4, 4)]),
}
each = pytest.mark.parametrize(("shape", "maps"), SHAPES.values(), ids=SHAPES)


def pair(shape, seed=0):
    return build(shape, width=2, latent=3, draw=Draw(("pair", seed)))


@each
def test_a_generator_makes_samples_of_the_shape_and_a_discriminator_scores_them(shape, maps):
    generator, discriminator = pair(shape)
    samples = generator(DRAW.normal(6, 3))
    assert samples.shape == (6, *shape)
    assert discriminator(samples).shape == (6,)


@each
def test_a_trunk_gives_its_maps_at_every_depth_finest_first(shape, maps):
    _, discriminator = pair(shape)
    found = discriminator.trunk(DRAW.normal(2, *shape))
    assert [tuple(m.shape[1:]) for m in found] == maps
    assert discriminator.trunk.features == found[-1][0].numel()


@each
def test_scores_of_a_sample_do_not_depend_on_those_beside_it(shape, maps):
    _, discriminator = pair(shape)
    x = DRAW.normal(4, *shape)
    torch.testing.assert_close(discriminator(x)[:1], discriminator(x[:1]))


@each
def test_gradients_reach_all_weights_of_both_networks(shape, maps):
    generator, discriminator = pair(shape)
    discriminator(generator(DRAW.normal(6, 3))).sum().backward()
    for network in (generator, discriminator):
        assert all(p.grad.abs().sum() > 0 for p in network.parameters())


@each
def test_all_depths_are_read_at_4_cells_a_side(shape, maps):
    _, discriminator = pair(shape)
    cells = 4 ** (len(shape) - 1)
    assert width(discriminator.trunk, shape) == sum(m[0] * cells for m in maps)


def test_networks_are_a_function_of_the_draw():
    one, same, other = (pair((1, 8, 8), seed) for seed in (0, 0, 1))
    for network, twin, another in zip(one, same, other, strict=True):
        weights = zip(network.parameters(), twin.parameters(), another.parameters(), strict=True)
        for a, b, c in weights:
            assert torch.equal(a, b)
            assert a.dim() == 1 or not torch.equal(a, c)


def test_building_leaves_all_global_random_states_alone():
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    pair((1, 8, 8))
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]
    assert random.getstate() == states[2]


def test_first_weights_keep_the_scale_of_activations_and_biases_are_0():
    _, discriminator = build((1, 32, 32), width=32, latent=3, draw=DRAW)
    maps = discriminator.trunk(DRAW.normal(8, 1, 32, 32))
    scales = [m.square().mean().sqrt().item() for m in maps]
    assert all(0.6 < scale < 1.5 for scale in scales)
    assert all(not layer.bias.any() for layer in discriminator.trunk.layers)


def test_no_layer_normalises_over_the_batch():
    kinds = {
        type(m).__name__ for shape, _ in SHAPES.values() for n in pair(shape) for m in n.modules()
    }
    assert not [kind for kind in kinds if "Norm" in kind]


@pytest.mark.parametrize(
    ("sides", "times"),
    [
        ((8, 8), 1),
        ((16,), 2),
        ((28, 28), 2),
        ((32, 32), 3),
        ((8, 64), 1),
        ((10, 10), 1),
        ((18, 16), 1),
        ((48, 48), 3),
        ((64, 64, 64), 4),
    ],
)
def test_sides_are_halved_as_often_as_leaves_4_cells(sides, times):
    assert halvings(sides) == times


@pytest.mark.parametrize("sides", [(7, 7), (4, 4), (8, 9), (6, 64), (2,), (8, 8, 11)])
def test_sides_that_cannot_be_halved_are_refused(sides):
    named = " x ".join(map(str, sides))
    with pytest.raises(ValueError, match=f"{named} cannot be halved.*pad or resize them"):
        ConvTrunk((1, *sides), 2)


def test_a_discriminator_with_many_outputs_keeps_them():
    body = trunk((1, 8, 8), 2)
    assert Discriminator(body, body.features, outputs=3)(torch.zeros(5, 1, 8, 8)).shape == (5, 3)


def test_maps_are_flattened_with_channels_varying_fastest():
    maps = torch.tensor([[[1.0, 2.0], [10.0, 20.0]]])  # (1, C, L)
    assert flat(maps).tolist() == [[1.0, 10.0, 2.0, 20.0]]
    images = torch.arange(24.0).view(1, 2, 3, 4).contiguous(memory_format=torch.channels_last)
    assert flat(images).tolist() == images.permute(0, 2, 3, 1).reshape(1, -1).tolist()
    assert flat(images).data_ptr() == images.data_ptr()


def test_maps_of_all_depths_are_pooled_side_by_side():
    fine = torch.arange(64.0).view(1, 1, 8, 8)
    last = torch.tensor([[[[1.0]]]])
    rows = pooled([fine, last])
    assert rows.shape == (1, 32)
    assert rows[0, :2].tolist() == [4.5, 6.5]  # mean of 0, 1, 8, 9 and of 2, 3, 10, 11
    assert rows[0, 16:].tolist() == [1.0] * 16
    assert pooled([fine, last], "max")[0, :2].tolist() == [9.0, 11.0]


@pytest.mark.parametrize("pooling", ["mean", "max"])
@pytest.mark.parametrize("sides", [(7,), (7, 7), (7, 5, 6)])
def test_odd_grids_are_pooled_to_4_cells_a_side(pooling, sides):
    assert pooled([torch.rand(2, 3, *sides)], pooling).shape == (2, 3 * 4 ** len(sides))


def test_features_of_rows_are_not_pooled_and_become_float32():
    a, b = torch.rand(2, 3), torch.rand(2, 5, dtype=torch.bfloat16)
    assert torch.equal(pooled([a, b]), torch.cat([a, b.float()], 1))


def test_a_readout_brings_every_feature_to_mean_0_and_deviation_1():
    readout = Readout(4)
    rows = 3 * DRAW("rows").normal(100, 4) + torch.tensor([0.0, 5.0, -5.0, 100.0])
    readout.fit(rows)
    found = readout([rows])
    torch.testing.assert_close(found.mean(0), torch.zeros(4), atol=1e-4, rtol=0)
    torch.testing.assert_close(found.std(0, correction=0), torch.ones(4), atol=1e-4, rtol=0)


def test_a_constant_feature_is_centred_and_keeps_its_scale():
    readout = Readout(2)
    readout.fit(torch.tensor([[7.0, 0.0], [7.0, 2.0]]))
    assert readout([torch.tensor([[7.0, 2.0], [8.0, 1.0]])]).tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_a_readout_before_fitting_gives_the_pooled_features():
    rows = torch.rand(3, 2)
    assert torch.equal(Readout(2)([rows]), rows)


def test_centre_and_scale_are_saved_and_never_learnt():
    assert set(Readout(2).state_dict()) == {"center", "scale"}
    assert not list(Readout(2).parameters())
