"""Gradient reversal beside two players that are written out, and the schedules of the paper."""

from itertools import pairwise
from math import exp

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ssgan.adaptation.adversary import domain_costs, reversed_gradient
from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.descent import ANNEALED, COSINE, reversal_strength
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime
from ssgan.training.optim import set_rate
from ssgan.training.step import descend

STRENGTH, RATE, STEPS = 0.7, 0.05, 4
CPU = Runtime("cpu", False)


def players():
    """Features, a label head and a critic, float64, the same whenever asked."""
    with seeded(Rng(("players",))):
        features = nn.Sequential(nn.Linear(5, 8), nn.Tanh()).double()
        return nn.ModuleList([features, nn.Linear(8, 3).double(), nn.Linear(8, 1).double()])


def batches(step):
    """Samples of the source, their labels, and samples of the target."""
    rng = Rng(("batch", step))
    source, target = rng("source").normal(6, 5), rng("target").normal(7, 5) + 1
    return source.double(), rng("labels").integers(3, 6), target.double()


def by_reversal(strength):
    """Weights after steps down one loss, through the reversal."""
    features, head, critic = found = players()
    optimizer = ANNEALED.optimizer(found, AdaptConfig())
    set_rate(optimizer, RATE)
    for step in range(STEPS):

        def loss(source, labels, target):
            one, other = features(source), features(target)
            costs = domain_costs(critic, one, other, strength)
            return {"supervised": F.cross_entropy(head(one), labels)} | costs

        descend(loss, batches(step), optimizer, CPU)
    return [p.detach() for p in found.parameters()]


def by_two_players(strength):
    """The same weights by two losses: the critic descends its own, the features descend that of
    the labels less `strength` times the critic's; each with momentum of its own."""
    features, head, critic = found = players()
    moments = [torch.zeros_like(p) for p in found.parameters()]
    mine, theirs = [*features.parameters(), *head.parameters()], [*critic.parameters()]
    for step in range(STEPS):
        source, labels, target = batches(step)
        one, other = features(source), features(target)
        told = -F.logsigmoid(critic(one)).mean() - F.logsigmoid(-critic(other)).mean()
        learnt = F.cross_entropy(head(one), labels) - strength * told
        gradients = torch.autograd.grad(learnt, mine, retain_graph=True)
        gradients += torch.autograd.grad(told, theirs)
        with torch.no_grad():
            for parameter, moment, gradient in zip(
                (*mine, *theirs), moments, gradients, strict=True
            ):
                moment.mul_(0.9).add_(gradient)
                parameter.sub_(RATE * moment)
    return [p.detach() for p in found.parameters()]


@pytest.mark.parametrize("strength", [0.0, STRENGTH, 1.0])
def test_reversal_is_the_game_of_two_players(strength):
    for found, expected in zip(by_reversal(strength), by_two_players(strength), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)


def test_a_critic_with_flipped_labels_would_be_another_game():
    """Reversal and flipped labels together would draw the domains apart."""
    flipped = by_two_players(-STRENGTH)[0]
    assert not torch.allclose(by_reversal(STRENGTH)[0], flipped, atol=1e-3)


def test_reversal_is_the_identity_forwards_and_minus_the_strength_backwards():
    x = torch.arange(6.0, dtype=torch.float64).view(2, 3).requires_grad_()
    found = reversed_gradient(x, STRENGTH)
    assert torch.equal(found, x)
    (gradient,) = torch.autograd.grad((found * torch.full((2, 3), 2.0)).sum(), x)
    assert torch.equal(gradient, torch.full((2, 3), -2 * STRENGTH, dtype=torch.float64))


def test_the_strength_follows_the_paper():
    assert reversal_strength(0.0) == 0.0
    for done in (0.1, 0.5, 1.0):
        assert reversal_strength(done) == pytest.approx(2 / (1 + exp(-10 * done)) - 1, rel=1e-15)
    assert reversal_strength(1.0) == pytest.approx(0.9999092042625951, rel=1e-12)


def test_the_rate_follows_the_paper():
    for done in (0.0, 0.3, 1.0):
        rate = ANNEALED.rate(AdaptConfig(), done)
        assert rate == pytest.approx(0.01 / (1 + 10 * done) ** 0.75, rel=1e-15)
    assert ANNEALED.rate(AdaptConfig(rate=0.5), 0.0) == 0.5


def test_the_cosine_falls_from_the_first_rate_to_a_fiftieth():
    rates = [COSINE.rate(AdaptConfig(rate=1.0), done / 10) for done in range(11)]
    assert rates[0] == 1.0
    assert rates[-1] == pytest.approx(0.02)
    assert all(one > other for one, other in pairwise(rates))
