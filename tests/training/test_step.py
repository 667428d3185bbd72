"""Steps, optimisers, and what of them a checkpoint keeps."""

import json
from math import cos, inf, nan, pi

import pytest
import torch
from torch import nn

from ssgan.objectives import scores_and_slopes
from ssgan.randomness import Rng
from ssgan.runtime import Runtime
from ssgan.training.optim import adam, cosine, rmsprop, set_rate
from ssgan.training.state import pack_parts, unpack_parts
from ssgan.training.step import descend

RNG = Rng(("training test",))
CPU = Runtime("cpu", bfloat16=False)
BETAS = (0.5, 0.99)
X, Y = RNG("x").normal(16, 3), RNG("y").normal(16)


def regression(network):
    def loss(x, y):
        return {"error": (network(x).squeeze(1) - y).square().mean()}

    return loss


def model(seed=0):
    torch.manual_seed(seed)
    return nn.Linear(3, 1)


def values(network, optimizer):
    """Weights, moments and step counts, copied."""
    return {k: v.clone() for k, v in pack_parts({"n": network, "o": optimizer})[0].items()}


def test_a_step_is_that_of_adam():
    network, twin = model(), model()
    optimizer = adam(network, 0.1, BETAS, decay=0.01)
    plain = torch.optim.AdamW(twin.parameters(), 0.1, betas=BETAS, weight_decay=0.01)
    for _ in range(3):
        terms, refused = descend(regression(network), (X, Y), optimizer, CPU)
        loss = regression(twin)(X, Y)["error"]
        plain.zero_grad()
        loss.backward()
        plain.step()
        assert refused.item() == 0
        torch.testing.assert_close(terms["error"], loss.detach())
        assert not terms["error"].requires_grad
    for a, b in zip(network.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b)


class Images(nn.Module):
    """Two convolutions, laid out channels last where the runtime placed them."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        layers = [nn.Conv2d(2, 3, 4, 2, 1), nn.Softplus(), nn.Conv2d(3, 4, 3), nn.Flatten()]
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x).sum(1)


def slope(network):
    """A loss whose gradient in the weights goes through a gradient in the samples."""

    def loss(x):
        scores, slopes = scores_and_slopes(network, x)
        return {"scores": scores.square().mean(), "slopes": slopes.mean()}

    return loss


def test_weights_laid_out_channels_last_move_like_any_others():
    """The fused optimiser reads memory in order, and gradients come in layouts of their own."""
    images = RNG("images").normal(5, 2, 8, 8)
    network, twin = CPU.place(Images()), Images()
    optimizer = adam(network, 0.1, BETAS)
    plain = torch.optim.AdamW(twin.parameters(), 0.1, betas=BETAS, weight_decay=0.0)
    for _ in range(3):
        descend(slope(network), (CPU.batch(images),), optimizer, CPU)
        plain.zero_grad()
        sum(slope(twin)(images).values()).backward()
        plain.step()
    assert network.layers[0].weight.is_contiguous(memory_format=torch.channels_last)
    for a, b in zip(network.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)


def test_moments_that_were_packed_keep_to_their_weights_whatever_the_layout():
    images = (CPU.batch(RNG("images").normal(5, 2, 8, 8)),)
    network = CPU.place(Images())
    parts = {"n": network, "o": adam(network, 0.1, BETAS)}
    descend(slope(network), images, parts["o"], CPU)
    tensors, rest = pack_parts(parts)
    tensors = {
        name: value.clone(memory_format=torch.contiguous_format) for name, value in tensors.items()
    }
    again = CPU.place(Images())
    others = {"n": again, "o": adam(again, 0.1, BETAS)}
    unpack_parts(others, tensors, rest)
    for each in (parts, others):
        descend(slope(each["n"]), images, each["o"], CPU)
    assert all(map(torch.equal, network.parameters(), again.parameters()))


def test_the_loss_is_the_sum_of_its_terms():
    network, twin = model(), model()

    def parts(x, y):
        error = regression(network)(x, y)["error"]
        return {"a": error / 4, "b": 3 * error / 4}

    descend(parts, (X, Y), adam(network, 0.1, BETAS), CPU)
    descend(regression(twin), (X, Y), adam(twin, 0.1, BETAS), CPU)
    torch.testing.assert_close(network.weight, twin.weight)


def spoiled(network, kind):
    """A loss that is not finite, or is but has a gradient that is not."""

    def loss(x, y):
        error = regression(network)(x, y)["error"]
        if kind == "gradient":
            return {"error": error + network.bias.sum().mul(0).sqrt()}
        return {"error": error, "wrong": error * 0 + kind}

    return loss


OPTIMISERS = {
    "adam": lambda network: adam(network, 0.1, BETAS, decay=0.1),
    "rmsprop": lambda network: rmsprop(network, 0.1),
    "sgd": lambda network: torch.optim.SGD(network.parameters(), 0.1),
    "fused sgd": lambda network: torch.optim.SGD(network.parameters(), 0.1, 0.9, fused=True),
    "sgd with momentum": lambda network: torch.optim.SGD(network.parameters(), 0.1, momentum=0.9),
    "plain adam": lambda network: torch.optim.Adam(network.parameters(), 0.1, betas=BETAS),
    "adagrad": lambda network: torch.optim.Adagrad(network.parameters(), 0.1),
}
EACH = pytest.mark.parametrize("make", OPTIMISERS.values(), ids=OPTIMISERS)
SPOILED = pytest.mark.parametrize("kind", [nan, inf, -inf, "gradient"])


@EACH
@SPOILED
def test_a_step_that_is_not_finite_changes_nothing_and_says_so(kind, make):
    network = model()
    optimizer = make(network)
    descend(regression(network), (X, Y), optimizer, CPU)
    before = values(network, optimizer)
    _, refused = descend(spoiled(network, kind), (X, Y), optimizer, CPU)
    after = values(network, optimizer)
    assert refused.item() == 1
    assert before.keys() == after.keys()
    assert [name for name, value in before.items() if not torch.equal(value, after[name])] == []
    descend(regression(network), (X, Y), optimizer, CPU)
    after = values(network, optimizer)
    assert [name for name, value in before.items() if torch.equal(value, after[name])] == []


@EACH
@SPOILED
def test_training_goes_on_after_a_refused_first_step_as_if_it_had_not_been(kind, make):
    network, twin = model(), model()
    optimizer, other = make(network), make(twin)
    descend(spoiled(network, kind), (X, Y), optimizer, CPU)
    for _ in range(2):
        descend(regression(network), (X, Y), optimizer, CPU)
        descend(regression(twin), (X, Y), other, CPU)
    ours, theirs = values(network, optimizer), values(twin, other)
    assert [name for name, value in ours.items() if not torch.equal(value, theirs[name])] == []


@EACH
def test_a_refused_step_is_not_asked_for_by_the_host(make, monkeypatch):
    network = model()
    optimizer = make(network)
    descend(regression(network), (X, Y), optimizer, CPU)
    monkeypatch.setattr(torch.Tensor, "__bool__", lambda self: pytest.fail("a synchronisation"))
    descend(spoiled(network, nan), (X, Y), optimizer, CPU)


def test_an_l2_penalty_is_added_to_the_gradients():
    network, twin = model(), model()

    def penalised(x, y):
        weights = sum(p.square().sum() for p in twin.parameters())
        return regression(twin)(x, y) | {"l2": 0.3 * weights / 2}

    one, other = adam(network, 0.1, BETAS, l2=0.3), adam(twin, 0.1, BETAS)
    for _ in range(3):
        descend(regression(network), (X, Y), one, CPU)
        descend(penalised, (X, Y), other, CPU)
    for ours, theirs in zip(network.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_step_of_rmsprop_is_that_of_the_papers_code():
    network, twin = model(), model()
    optimizer = rmsprop(network, 0.1)
    square = [torch.zeros_like(p) for p in twin.parameters()]
    for _ in range(3):
        descend(regression(network), (X, Y), optimizer, CPU)
        loss = regression(twin)(X, Y)["error"]
        for p, mean, g in zip(
            twin.parameters(), square, torch.autograd.grad(loss, twin.parameters()), strict=True
        ):
            mean.mul_(0.99).add_(0.01 * g.square())
            p.data -= 0.1 * g / (mean.sqrt() + 1e-8)
    for a, b in zip(network.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_a_step_leaves_no_gradients_behind():
    network = model()
    descend(regression(network), (X, Y), adam(network, 0.1, BETAS), CPU)
    assert all(p.grad is None for p in network.parameters())


def test_the_rate_falls_along_half_a_cosine():
    assert cosine(0, 100, 2.0, 0.5) == 2.0
    assert cosine(100, 100, 2.0, 0.5) == cosine(1000, 100, 2.0, 0.5) == 0.5
    assert cosine(50, 100, 2.0, 0.5) == pytest.approx(1.25)
    assert cosine(25, 100, 1.0, 0.0) == pytest.approx((1 + cos(pi / 4)) / 2)
    rates = [cosine(step, 10, 1.0, 0.1) for step in range(11)]
    assert rates == sorted(rates, reverse=True)
    assert cosine(0, 0, 1.0, 0.1) == 1.0


def test_a_rate_is_set_for_all_weights():
    optimizer = adam(model(), 0.1, BETAS)
    set_rate(optimizer, 0.02)
    assert [group["lr"] for group in optimizer.param_groups] == [0.02]


def both(seed, make=OPTIMISERS["adam"]):
    network = model(seed)
    numbers = {"probability": seed / 10, "attempt": float(seed)}
    return {"network": network, "network_optimizer": make(network), "numbers": numbers}


@EACH
def test_networks_optimisers_and_numbers_go_on_from_what_was_packed(make):
    parts = both(3, make)
    for _ in range(3):
        descend(regression(parts["network"]), (X, Y), parts["network_optimizer"], CPU)
    tensors, rest = pack_parts(parts)
    tensors = {name: value.clone() for name, value in tensors.items()}
    others = both(1, make)
    held, others["numbers"]["more"] = others["numbers"], 1.0
    unpack_parts(others, tensors, json.loads(json.dumps(rest)))
    assert held == {"probability": 0.3, "attempt": 3.0}
    for each in (parts, others):
        set_rate(each["network_optimizer"], 0.05)
        descend(regression(each["network"]), (X, Y), each["network_optimizer"], CPU)
    ours, theirs = pack_parts(parts), pack_parts(others)
    assert ours[1] == theirs[1]
    assert ours[0].keys() == theirs[0].keys()
    assert all(torch.equal(value, theirs[0][name]) for name, value in ours[0].items())


def test_refused_steps_are_not_counted_and_others_are():
    parts = both(0)
    for kind in (0.0, nan, 0.0):
        loss = spoiled(parts["network"], kind)
        descend(loss, (X, Y), parts["network_optimizer"], CPU)
    assert pack_parts(parts)[0]["network_optimizer/0/step"] == 2


def test_an_optimiser_keeps_its_own_kernels_when_it_is_filled():
    """What a GPU saved goes on where there is none."""
    tensors, rest = pack_parts(both(0, OPTIMISERS["rmsprop"]))
    rest["network_optimizer"][0] |= {"capturable": True, "foreach": True, "lr": 0.5}
    others = both(1, OPTIMISERS["rmsprop"])
    unpack_parts(others, tensors, rest)
    (group,) = others["network_optimizer"].param_groups
    assert (group["capturable"], group["foreach"], group["lr"]) == (False, None, 0.5)


def test_an_optimiser_that_has_not_stepped_is_packed_too():
    tensors, rest = pack_parts(both(0))
    assert set(tensors) == {"network/weight", "network/bias"}
    others = both(1)
    unpack_parts(others, tensors, rest)
    assert torch.equal(others["network"].weight, tensors["network/weight"])


def test_weights_of_another_shape_are_not_taken():
    tensors, rest = pack_parts(both(0))
    wider = nn.Linear(4, 1)
    with pytest.raises(ValueError, match="those of another network.*train again"):
        unpack_parts({"network": wider}, tensors, rest)
