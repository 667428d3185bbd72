"""Exponential moving averages."""

import pytest
import torch
from torch import nn

from ssgan.randomness import Rng
from ssgan.training.ema import average, averaged

RNG = Rng(("training test",))


def model(seed=0):
    torch.manual_seed(seed)
    return nn.Linear(3, 1)


@pytest.mark.parametrize("start", [0, 5, 10_000])
def test_an_average_is_the_closed_form_with_a_faster_beginning(start):
    network = model()
    mean = averaged(network)
    expected = network.weight.detach().double().clone()
    for step in range(start, start + 6):
        with torch.no_grad():
            network.weight += torch.arange(3.0)
        average(mean, network, 0.9, step)
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * network.weight.detach().double()
    torch.testing.assert_close(mean.weight.double(), expected)
    assert not torch.equal(mean.weight, network.weight)


def test_an_average_that_began_long_ago_decays_by_the_asked_for_share():
    network = model()
    mean = averaged(network)
    with torch.no_grad():
        mean.weight.zero_()
        network.weight.fill_(1.0)
    for step in range(10_000, 10_003):
        average(mean, network, 0.9, step)
    assert mean.weight[0].tolist() == pytest.approx([1 - 0.9**3] * 3)


def test_an_average_copies_buffers_and_learns_nothing_itself():
    network = nn.BatchNorm1d(2)
    mean = averaged(network)
    network(torch.rand(4, 2) + 7)
    average(mean, network, 0.9, 0)
    assert torch.equal(mean.running_mean, network.running_mean)
    assert mean.num_batches_tracked == 1
    assert not mean.training
    assert not any(p.requires_grad for p in mean.parameters())
    assert all(p.requires_grad for p in network.parameters())
