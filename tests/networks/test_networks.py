"""Shapes, initialisation, and how feature maps become features."""

import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ssgan.adaptation.translation.config import TranslateConfig
from ssgan.adaptation.translation.method import new_translator
from ssgan.codecs.image import ImageCodec
from ssgan.config import InputError
from ssgan.models.config import GANConfig
from ssgan.models.players import untrained_pair
from ssgan.models.pooling import Readout, pooled, width
from ssgan.models.superresolution.config import UpscaleConfig
from ssgan.models.superresolution.task import untrained
from ssgan.networks import (
    ARCHITECTURES,
    Discriminator,
    architecture_of,
    constrainable,
    flatten_maps,
    trunk,
)
from ssgan.networks.conv import ConvTrunk, halvings
from ssgan.networks.resnet import ResnetTrunk
from ssgan.networks.size import check_batch
from ssgan.randomness import Rng
from ssgan.training.norms import normalises, reestimate
from tests.examples import built

RNG = Rng(("networks test",))
# Body, shape of a sample, and of the map at every depth for width 2.
SHAPES = {
    "a row of numbers": ("dense", (5,), [(16,), (16,), (16,)]),
    "an image flattened": ("dense", (3, 8, 8), [(16,), (16,), (16,)]),
    "a signal": ("conv", (1, 16), [(2, 8), (4, 4), (8, 4)]),
    "a small image": ("conv", (3, 8, 8), [(2, 8, 8), (4, 4, 4), (8, 4, 4)]),
    "an image of 28": ("conv", (1, 28, 28), [(2, 14, 14), (4, 7, 7), (8, 4, 4)]),
    "an image of 32": (
        *("conv", (3, 32, 32)),
        [(2, 16, 16), (4, 8, 8), (8, 4, 4), (16, 4, 4)],
    ),
    "a wide image": ("conv", (4, 8, 12), [(2, 8, 12), (4, 4, 6), (8, 4, 6)]),
    "a volume": ("conv", (1, 8, 8, 8), [(2, 8, 8, 8), (4, 4, 4, 4), (8, 4, 4, 4)]),
    "a residual signal": ("residual", (1, 64), [(2, 32), (4, 16), (8, 8), (16, 4), (32, 4)]),
    "a small residual image": ("residual", (3, 8, 8), [(2, 4, 4), (4, 4, 4)]),
    "a residual image of 28": ("residual", (1, 28, 28), [(2, 14, 14), (4, 7, 7), (8, 4, 4)]),
    "a residual image of 32": (
        *("residual", (3, 32, 32)),
        [(2, 16, 16), (4, 8, 8), (8, 4, 4), (16, 4, 4)],
    ),
    "a residual volume": ("residual", (1, 16, 16, 16), [(2, 8, 8, 8), (4, 4, 4, 4), (8, 4, 4, 4)]),
    "a critic of a resnet": (
        *("resnet", (3, 32, 32)),
        [(2, 16, 16), (4, 8, 8), (8, 4, 4), (16, 4, 4)],
    ),
    "a wave": ("wave", (1, 64), [(2, 16), (4, 8), (8, 8)]),
    "a short wave": ("wave", (3, 16), [(2, 16), (4, 8), (8, 8)]),
    "a shorter wave": ("wave", (1, 9), [(2, 9), (4, 9)]),
    "a DCGAN signal": ("dcgan", (1, 16), [(2, 8), (4, 4)]),
    "a DCGAN image of 28": ("dcgan", (1, 28, 28), [(2, 14, 14), (4, 7, 7)]),
    "a DCGAN image of 32": ("dcgan", (3, 32, 32), [(2, 16, 16), (4, 8, 8), (8, 4, 4)]),
    "a DCGAN volume": ("dcgan", (1, 16, 16, 16), [(2, 8, 8, 8), (4, 4, 4, 4)]),
}
each = pytest.mark.parametrize(("body", "shape", "maps"), SHAPES.values(), ids=SHAPES)


def pair(shape, seed=0, **design):
    return built(shape, rng=Rng(("pair", seed)), **{"width": 2, "latent": 3} | design)


@each
def test_a_generator_makes_samples_of_the_shape_and_a_discriminator_scores_them(body, shape, maps):
    generator, discriminator = pair(shape, architecture=body)
    samples = generator(RNG.normal(6, 3))
    assert samples.shape == (6, *shape)
    assert discriminator(samples).shape == (6,)
    assert generator.eval()(RNG.normal(0, 3)).shape == (0, *shape)


@each
def test_a_generator_tells_its_maps_coarsest_first_and_its_samples_last(body, shape, maps):
    generator, _ = pair(shape, architecture=body)
    z = RNG("maps").normal(3, 3)
    *depths, samples = generator.eval().maps(z)
    assert torch.equal(samples, generator(z))
    assert len(depths) >= 1
    sizes = [m[0, 0].numel() for m in depths]
    assert sizes == sorted(sizes)
    assert all(m.requires_grad and len(m) == 3 for m in depths)


@each
def test_a_trunk_gives_its_maps_at_every_depth_finest_first(body, shape, maps):
    _, discriminator = pair(shape, architecture=body)
    found = discriminator.trunk(RNG.normal(2, *shape))
    assert [tuple(m.shape[1:]) for m in found] == maps
    assert discriminator.features == discriminator.trunk.features == found[-1][0].numel()


@each
def test_scores_of_a_sample_do_not_depend_on_those_beside_it(body, shape, maps):
    _, discriminator = pair(shape, architecture=body)
    discriminator.eval()
    x = RNG.normal(4, *shape)
    torch.testing.assert_close(discriminator(x)[:1], discriminator(x[:1]))


@each
@pytest.mark.parametrize("condition", [0, 4])
def test_gradients_reach_all_weights_of_both_networks(body, shape, maps, condition):
    generator, discriminator = pair(shape, architecture=body, condition=condition)
    given = torch.eye(4)[[0, 1, 2]] + torch.eye(4)[3] if condition else None
    discriminator(generator(RNG.normal(3, 3), given), given).square().sum().backward()
    for network in (generator, discriminator):
        assert all(p.grad.abs().sum() > 0 for p in network.parameters())


@each
def test_depth_adds_layers_and_keeps_the_shapes(body, shape, maps):
    if body == "dcgan":
        with pytest.raises(ValueError, match="'dcgan' has one convolution .* got depth 2: leave"):
            pair(shape, architecture=body, depth=2)
        return
    sizes = {}
    for depth in (None, 1, 3, 5):
        generator, discriminator = pair(shape, architecture=body, depth=depth)
        assert generator(RNG.normal(2, 3)).shape == (2, *shape)
        found = discriminator.trunk(RNG.normal(2, *shape))
        assert found[-1].shape[1:] == maps[-1]
        assert found[-1][0].numel() == discriminator.features
        networks = (generator, discriminator)
        sizes[depth] = [sum(p.numel() for p in n.parameters()) for n in networks]
    assert sizes[None] == sizes[3 if body == "dense" else 1]
    for one, three, five in zip(sizes[1], sizes[3], sizes[5], strict=True):
        assert one < three
        assert five - three == three - one


@each
def test_all_depths_are_read_at_4_cells_a_side(body, shape, maps):
    _, discriminator = pair(shape, architecture=body)
    cells = 1 if body == "dense" else 4 ** (len(shape) - 1)
    assert width(discriminator.trunk, shape) == sum(m[0] * cells for m in maps)


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ((5,), "dense"),
        ((1, 16), "conv"),
        ((1, 28, 28), "conv"),
        ((3, 28, 64), "conv"),
        ((1, 16, 16, 16), "conv"),
        ((2, 64), "residual"),
        ((3, 32, 32), "residual"),
        ((1, 32, 32, 32), "residual"),
    ],
)
def test_the_shape_picks_the_body(shape, body):
    assert architecture_of(shape) is ARCHITECTURES[body]
    untrained, named = trunk(shape, 2), trunk(shape, 2, body)
    assert type(untrained) is type(named)
    assert type(pair(shape)[1].trunk) is type(named)


@pytest.mark.parametrize("body", ["conv", "residual", "dcgan"])
@pytest.mark.parametrize("shape", [(5,), (1, 8, 8, 8, 8)])
def test_a_body_that_cannot_take_such_samples_is_refused(shape, body):
    with pytest.raises(ValueError, match=rf"{body}.* takes signals .* shape \({shape[0]},"):
        pair(shape, architecture=body)


def test_an_unknown_body_is_refused():
    with pytest.raises(
        ValueError, match="no architecture 'unet'; there are auto, conv, dcgan, dense"
    ):
        pair((1, 8, 8), architecture="unet")


@pytest.mark.parametrize("body", ["conv", "residual", "dcgan"])
def test_sides_that_do_not_fit_a_body_are_refused(body):
    with pytest.raises(ValueError, match="9 x 9 cannot be halved"):
        pair((1, 9, 9), architecture=body)


def test_networks_are_a_function_of_the_draw():
    one, same, other = (pair((1, 8, 8), seed) for seed in (0, 0, 1))
    for network, twin, another in zip(one, same, other, strict=True):
        weights = zip(network.parameters(), twin.parameters(), another.parameters(), strict=True)
        for a, b, c in weights:
            assert torch.equal(a, b)
            assert a.dim() == 1 or not torch.equal(a, c)


def test_an_untrained_pair_leaves_all_global_random_states_alone():
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    untrained_pair(GANConfig(width=2), ImageCodec.fit(np.zeros((5, 8, 8), np.uint8)))
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]
    assert random.getstate() == states[2]


def test_first_weights_keep_the_scale_of_activations_and_biases_are_0():
    _, discriminator = built((1, 32, 32), architecture="conv", width=32, latent=3, rng=RNG)
    maps = discriminator.trunk(RNG.normal(8, 1, 32, 32))
    scales = [m.square().mean().sqrt().item() for m in maps]
    assert all(0.6 < scale < 1.5 for scale in scales)
    assert all(not layer.bias.any() for layer in discriminator.trunk.layers)


@each
def test_only_the_architecture_of_dcgan_has_batch_norm(body, shape, maps):
    for network in pair(shape, architecture=body):
        assert normalises(network) == (body == "dcgan")
        kinds = {type(layer).__name__ for layer in network.modules()}
        assert any("Norm" in kind for kind in kinds) == (body == "dcgan")


def test_norms_of_single_samples_are_no_batch_norm():
    assert not normalises(nn.Sequential(nn.LayerNorm(3), nn.GroupNorm(1, 3), nn.InstanceNorm1d(3)))
    assert normalises(nn.Sequential(nn.Sequential(nn.BatchNorm1d(3))))


def test_constrainable_are_all_weights_but_those_of_norms():
    norms = [
        nn.BatchNorm1d(3),
        nn.LayerNorm(3),
        nn.GroupNorm(1, 3),
        nn.InstanceNorm1d(3, affine=True),
    ]
    linear = nn.Linear(3, 3)
    assert list(map(id, constrainable(nn.Sequential(*norms, linear)))) == [
        id(linear.weight),
        id(linear.bias),
    ]
    _, critic = pair((1, 16, 16), condition=4)
    assert list(map(id, constrainable(critic))) == list(map(id, critic.parameters()))


def test_the_residual_body_starts_with_the_scale_of_what_it_gets_at_any_depth():
    for depth in (1, 8):
        _, discriminator = built((3, 32, 32), width=16, latent=3, depth=depth, rng=RNG)
        smooth = F.interpolate(RNG.normal(16, 3, 4, 4), scale_factor=8.0)
        scales = [m.square().mean().sqrt().item() for m in discriminator.trunk(smooth)]
        assert all(0.4 < scale < 2.5 for scale in scales)
        generator, _ = built((3, 32, 32), width=16, latent=64, depth=depth, rng=RNG)
        assert 0.4 < generator(RNG.normal(16, 64)).std().item() < 2.5


def test_a_residual_block_is_its_input_and_a_branch():
    _, discriminator = pair((3, 32, 32), width=4)
    (block,) = discriminator.trunk.stages[0]
    x = RNG.normal(2, 4, 16, 16)
    assert not torch.equal(block(x), x)
    block.last.weight.data.zero_()
    assert torch.equal(block(x), x)


def operations(network, *inputs):
    """Multiplications and additions of products and convolutions for these inputs."""
    with FlopCounterMode(display=False) as counter:
        network(*inputs)
    return counter.get_total_flops()


@pytest.mark.parametrize("side", [32, 64])
def test_the_residual_body_costs_less_than_twice_the_convolutional_one(side):
    shape, costs = (3, side, side), {}
    for body in ("residual", "conv"):
        generator, discriminator = built(shape, architecture=body, width=24, latent=64, rng=RNG)
        costs[body] = (
            operations(generator, torch.zeros(1, 64)),
            operations(discriminator, torch.zeros(1, *shape)),
        )
    for one, other in zip(costs["residual"], costs["conv"], strict=True):
        assert one < 2 * other


# DCGAN


def test_dcgan_has_the_papers_layers():
    generator, discriminator = built(
        (3, 64, 64), architecture="dcgan", width=16, latent=100, rng=RNG
    )
    weights = {name: tuple(p.shape) for name, p in discriminator.named_parameters()}
    assert [weights[f"trunk.layers.{i}.weight"] for i in range(4)] == [
        *((16, 3, 5, 5), (32, 16, 5, 5), (64, 32, 5, 5), (128, 64, 5, 5))
    ]
    assert "trunk.norms.0.weight" not in weights  # none on the input of the discriminator
    assert [weights[f"trunk.norms.{i}.weight"] for i in (1, 2, 3)] == [(32,), (64,), (128,)]
    assert weights["head.weight"] == (1, 128 * 4 * 4)
    assert not [name for name in weights if "layers" in name and "bias" in name]
    weights = {name: tuple(p.shape) for name, p in generator.named_parameters()}
    assert weights["project.weight"] == (128 * 4 * 4, 100)
    assert [weights[f"layers.{i}.weight"] for i in range(4)] == [
        *((128, 64, 5, 5), (64, 32, 5, 5), (32, 16, 5, 5), (16, 3, 5, 5))
    ]
    norms = [weights[f"norms.{i}.weight"] for i in range(4)]  # none on the output
    assert norms == [(128 * 4 * 4,), (64,), (32,), (16,)]
    assert "norms.4.weight" not in weights
    assert {layer.stride for layer in generator.layers} == {(2, 2)}


def test_first_weights_of_dcgan_have_deviation_002_and_gains_are_around_1():
    for network in built((3, 32, 32), architecture="dcgan", width=32, latent=100, rng=RNG):
        for name, p in network.named_parameters():
            if name.endswith("bias"):
                assert not p.any()
            elif "norms" in name:
                assert p.mean().item() == pytest.approx(1.0, abs=0.02)
                assert 0.01 < p.std().item() < 0.03
            else:
                assert p.mean().item() == pytest.approx(0.0, abs=0.003)
                assert p.std().item() == pytest.approx(0.02, rel=0.1)


def test_dcgan_rectifies_wholly_in_the_generator_and_partly_in_the_discriminator():
    generator, discriminator = pair((1, 16, 16), architecture="dcgan", width=4)
    seen = []
    generator.layers[1].register_forward_pre_hook(lambda _, x: seen.append(x[0]))
    generator(RNG.normal(8, 3))
    assert seen[0].min() == 0
    x = RNG.normal(2, 1, 16, 16)
    before, after = discriminator.trunk.layers[0](x).min(), discriminator.trunk(x)[0].min()
    assert after.item() == pytest.approx(0.2 * before.item())


def test_reestimated_statistics_are_those_of_the_batches():
    _, discriminator = pair((1, 16, 16), architecture="dcgan")
    norm, images = discriminator.trunk.norms[1], 3 * RNG("x").normal(40, 1, 16, 16)
    discriminator(100 + images)  # leaves the running averages where they do not belong
    discriminator.eval()
    reestimate(discriminator, [(images[:20],), (images[20:],)])
    inner = discriminator.trunk.layers[1](discriminator.trunk(images)[0])
    mean = inner.mean((0, 2, 3))
    torch.testing.assert_close(norm.running_mean, mean, rtol=1e-4, atol=1e-5)
    parts = torch.stack([part.var((0, 2, 3)) for part in inner.split(20)]).mean(0)
    torch.testing.assert_close(norm.running_var, parts, rtol=1e-4, atol=1e-5)
    assert not norm.training
    assert norm.momentum == 0.1
    again = norm.running_mean.clone()
    reestimate(discriminator, [(images[:20],), (images[20:],)])
    assert torch.equal(norm.running_mean, again)


def test_reestimating_a_network_without_batch_norm_does_nothing():
    _, discriminator = pair((1, 8, 8))
    reestimate(discriminator, iter([(1 / 0,) for _ in ()]))
    assert discriminator.training


# Conditions


def test_a_condition_adds_a_projection_of_the_features_where_there_is_one():
    _, discriminator = pair((1, 8, 8), condition=4)
    x, label = RNG.normal(3, 1, 8, 8), torch.eye(4)[[0, 1, 2]]
    present = label + torch.tensor([[0.0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]])
    features = flatten_maps(discriminator.trunk(x)[-1])
    expected = (features * (label[:, :3] @ discriminator.embed.weight.T)).sum(1)
    plain = discriminator(x)
    torch.testing.assert_close(discriminator(x, present)[:2], (plain + expected)[:2])
    assert torch.equal(discriminator(x, present)[2], plain[2])  # no presence: the label is nothing
    assert torch.equal(discriminator(x, torch.zeros(3, 4)), plain)


def test_a_generator_without_a_condition_makes_what_it_makes_of_an_absent_one():
    generator, _ = pair((1, 8, 8), condition=4)
    z = RNG.normal(3, 3)
    assert torch.equal(generator(z), generator(z, torch.zeros(3, 4)))
    assert not torch.equal(generator(z), generator(z, torch.eye(4)[:3]))


@pytest.mark.parametrize("body", ARCHITECTURES)
@pytest.mark.parametrize(("built", "given"), [(0, 4), (4, 3)])
def test_a_condition_that_a_network_was_not_built_for_is_refused(body, built, given):
    shape = (1, 16, 16) if 2 in ARCHITECTURES[body].axes else (1, 16)
    generator, discriminator = pair(shape, architecture=body, condition=built)
    expected = "no condition" if not built else r"a condition \(N, 4\)"
    for network, x in ((generator, torch.zeros(2, 3)), (discriminator, torch.zeros(2, *shape))):
        with pytest.raises(ValueError, match=rf"built for {expected}, got \(2, {given}\)"):
            network(x, torch.zeros(2, given))


def test_a_conditional_head_starts_at_the_scale_of_the_plain_one():
    _, discriminator = built((3, 32, 32), width=8, latent=3, condition=11, rng=RNG)
    features, label = discriminator.features, discriminator.embed.weight.square().sum(0)
    assert label.mean().item() == pytest.approx(1.0, rel=0.1)
    assert discriminator.embed.weight.shape == (features, 10)


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
    assert flatten_maps(maps).tolist() == [[1.0, 10.0, 2.0, 20.0]]
    images = torch.arange(24.0).view(1, 2, 3, 4).contiguous(memory_format=torch.channels_last)
    assert flatten_maps(images).tolist() == images.permute(0, 2, 3, 1).reshape(1, -1).tolist()
    assert flatten_maps(images).data_ptr() == images.data_ptr()


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
    rows = 3 * RNG("rows").normal(100, 4) + torch.tensor([0.0, 5.0, -5.0, 100.0])
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


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_a_readout_of_the_last_map_gives_the_last_of_all_features(pooling):
    maps = [RNG("first").normal(9, 2, 8, 8), RNG("last").normal(9, 3, 4, 4)]
    readout = Readout(80, pooling)
    readout.fit(readout.pooled(maps))
    found = readout.of_last(48)
    assert found.only_last
    torch.testing.assert_close(found(maps), readout(maps)[:, -48:])


def test_centre_and_scale_are_saved_and_never_learnt():
    assert set(Readout(2).state_dict()) == {"center", "scale"}
    assert not list(Readout(2).parameters())


@pytest.mark.parametrize(
    ("shape", "maps"),
    [
        ((3, 32, 32), [(4, 16, 16), (8, 8, 8), (16,)]),
        ((1, 28, 28), [(4, 14, 14), (8,)]),
        ((2, 16), [(4, 8), (8,)]),
        ((1, 8, 8, 8), [(4,)]),
    ],
)
def test_a_resnet_halves_its_maps_and_ends_in_their_means(shape, maps):
    network = ResnetTrunk(shape, 2)
    x = RNG("resnet").normal(3, *shape)
    found = network(x)
    assert [m.shape[1:] for m in found] == [torch.Size(size) for size in maps]
    assert network.features == maps[-1][0]
    assert normalises(network)
    found[-1].square().sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in network.parameters())


def test_a_deeper_resnet_has_longer_branches():
    sizes = [sum(p.numel() for p in ResnetTrunk((1, 8, 8), 2, d).parameters()) for d in (2, 3, 4)]
    assert sizes[2] - sizes[1] == sizes[1] - sizes[0] > 0
    assert sizes[0] == sum(p.numel() for p in ResnetTrunk((1, 8, 8), 2).parameters())


def test_a_batch_larger_than_memory_is_refused_before_it_is_made():
    with pytest.raises(InputError, match="a batch of 10,000,000,000,000 samples of .4,. has"):
        check_batch(10**13, (4,))
    check_batch(64, (4,))


@pytest.mark.parametrize(("width", "depth"), [(10**9, 1), (10**5, 1), (2, 10**7)])
def test_networks_of_pictures_that_fit_nowhere_are_refused(width, depth):
    said = "width .* too large to be made|GB of weights|a depth of at most 1,000 layers"
    with pytest.raises(InputError, match=said):
        new_translator((1, 8, 8), TranslateConfig(width=width, blocks=depth))
    with pytest.raises(InputError, match=said):
        untrained(UpscaleConfig(width=width, depth=depth))
