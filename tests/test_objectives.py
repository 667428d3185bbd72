"""What the players minimise, by exact values and by laws that hold for every objective."""

import dataclasses
from math import log, log1p

import pytest
import torch
from torch import nn

from ssgan.objectives import OBJECTIVES, NonSaturating, Relativistic, scores_and_slopes
from ssgan.randomness import Draw
from ssgan.runtime import Runtime
from ssgan.training import adam, descend

DRAW = Draw(("objectives",))
REAL, FAKE = DRAW("real").normal(5, 2), DRAW("fake").normal(5, 2) + 1
CPU = Runtime("cpu", bfloat16=False)


def softplus(x):
    return log1p(2.718281828459045**x)


def penalised(kind):
    """The objective with all its weights 1."""
    return kind(**{field.name: 1.0 for field in dataclasses.fields(kind)})


EACH = [pytest.param(kind(), id=name) for name, kind in OBJECTIVES.items()]
EACH += [pytest.param(penalised(k), id=f"{n} with penalties") for n, k in OBJECTIVES.items()]
each = pytest.mark.parametrize("objective", EACH)


def linear(x):
    """The critic 3 a + 4 b: its gradient has norm 5 everywhere."""
    return x @ torch.tensor([3.0, 4.0], dtype=x.dtype)


def first(x):
    """The critic that scores a sample by its first value."""
    return x[:, 0]


def network(inputs=2, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(inputs, 8), nn.Softplus(), nn.Linear(8, 1), nn.Flatten(0))


def test_a_linear_critic_has_squared_slope_25_everywhere():
    scores, slopes = scores_and_slopes(linear, REAL)
    torch.testing.assert_close(scores, linear(REAL))
    assert slopes.tolist() == pytest.approx([25.0] * 5)


def test_slopes_are_over_all_axes_of_a_sample():
    images = DRAW("images").normal(3, 2, 4, 4)
    _, slopes = scores_and_slopes(lambda x: 2 * x.sum((1, 2, 3)), images)
    assert slopes.tolist() == pytest.approx([4.0 * 32] * 3)


def test_the_slope_of_a_square_is_that_of_its_place():
    x = torch.tensor([[1.0, 2.0], [0.0, 3.0]])
    _, slopes = scores_and_slopes(lambda x: x.square().sum(1), x)
    assert slopes.tolist() == pytest.approx([4.0 * 5, 4.0 * 9])


def test_penalties_of_a_linear_critic_are_half_their_weight_times_25():
    terms = Relativistic(r1=2.0, r2=0.5).critic_loss(linear, REAL, FAKE, DRAW)
    assert terms["r1"].item() == pytest.approx(25.0)
    assert terms["r2"].item() == pytest.approx(6.25)
    terms = NonSaturating(r1=3.0).critic_loss(linear, REAL, FAKE, DRAW)
    assert terms["r1"].item() == pytest.approx(37.5)


def test_r1_is_at_real_samples_and_r2_at_generated_ones():
    real, fake = torch.full((4, 2), 1.0), torch.full((4, 2), 3.0)
    terms = Relativistic().critic_loss(lambda x: x.square().sum(1) / 2, real, fake, DRAW)
    assert terms["r1"].item() == pytest.approx(2 / 2)
    assert terms["r2"].item() == pytest.approx(18 / 2)


def test_relativistic_losses_at_known_scores():
    real, fake = torch.tensor([[1.0, 0.0], [2.0, 0.0]]), torch.tensor([[-1.0, 0.0], [5.0, 0.0]])
    critic = Relativistic().critic_loss(first, real, fake, DRAW)["critic"]
    assert critic.item() == pytest.approx((softplus(-2) + softplus(3)) / 2)
    generator = Relativistic().generator_loss(first, real, fake, DRAW)["generator"]
    assert generator.item() == pytest.approx((softplus(2) + softplus(-3)) / 2)


def test_non_saturating_losses_at_known_scores():
    real, fake = torch.tensor([[1.0, 0.0], [2.0, 0.0]]), torch.tensor([[-1.0, 0.0], [5.0, 0.0]])
    critic = NonSaturating().critic_loss(first, real, fake, DRAW)
    assert critic["critic_real"].item() == pytest.approx((softplus(-1) + softplus(-2)) / 2)
    assert critic["critic_fake"].item() == pytest.approx((softplus(-1) + softplus(5)) / 2)
    generator = NonSaturating().generator_loss(first, real, fake, DRAW)["generator"]
    assert generator.item() == pytest.approx((softplus(1) + softplus(-5)) / 2)


def test_equal_scores_cost_log_2_a_comparison():
    def blind(x):
        return 0 * x.sum(1)

    assert Relativistic().critic_loss(blind, REAL, FAKE, DRAW)["critic"].item() == pytest.approx(
        log(2)
    )
    terms = NonSaturating().critic_loss(blind, REAL, FAKE, DRAW)
    assert [term.item() for term in terms.values()] == pytest.approx([log(2), log(2)])
    for kind in OBJECTIVES.values():
        terms = kind().generator_loss(blind, REAL, FAKE, DRAW)
        assert terms["generator"].item() == pytest.approx(log(2))


def test_only_the_difference_of_scores_counts_for_the_relativistic_players():
    one = Relativistic().critic_loss(first, REAL, FAKE, DRAW)
    far = Relativistic().critic_loss(lambda x: first(x) + 100, REAL, FAKE, DRAW)
    for name, term in one.items():
        torch.testing.assert_close(term, far[name], rtol=1e-4, atol=1e-5)


def test_the_relativistic_generator_plays_the_critics_game_with_the_roles_swapped():
    generator = Relativistic().generator_loss(first, REAL, FAKE, DRAW)["generator"]
    swapped = Relativistic().critic_loss(first, FAKE, REAL, DRAW)["critic"]
    torch.testing.assert_close(generator, swapped)


@each
def test_terms_are_finite_scalars_by_name(objective):
    critic = network()
    for terms in (
        objective.critic_loss(critic, REAL, FAKE, DRAW),
        objective.generator_loss(critic, REAL, FAKE, DRAW),
    ):
        assert terms
        assert all(t.dim() == 0 and t.isfinite() and t.requires_grad for t in terms.values())


@each
def test_gradients_reach_all_weights_of_the_critic(objective):
    critic = network()
    loss = sum(objective.critic_loss(critic, REAL, FAKE, DRAW).values())
    *weights, bias = torch.autograd.grad(loss, list(critic.parameters()))
    assert all(weight.abs().sum() > 0 for weight in weights)
    assert bias.isfinite().all()  # of differences it has none


@each
def test_gradients_of_the_generator_loss_reach_every_generated_sample(objective):
    fake = FAKE.clone().requires_grad_()
    loss = sum(objective.generator_loss(network(), REAL, fake, DRAW).values())
    (gradient,) = torch.autograd.grad(loss, fake)
    assert (gradient.abs().sum(1) > 0).all()


@each
def test_the_critic_gains_from_higher_real_and_lower_generated_scores(objective):
    def loss(real, fake):
        return sum(objective.critic_loss(linear, real, fake, DRAW).values())

    base = loss(REAL, FAKE)
    assert loss(REAL + 0.1, FAKE) < base
    assert loss(REAL, FAKE - 0.1) < base


@each
def test_the_generator_gains_from_higher_scores_of_what_it_made(objective):
    def loss(fake):
        return sum(objective.generator_loss(linear, REAL, fake, DRAW).values())

    assert loss(FAKE + 0.1) < loss(FAKE) < loss(FAKE - 0.1)


@each
def test_losses_ask_the_generator_for_nothing_when_the_critic_learns(objective):
    fake = FAKE.clone().requires_grad_()
    before = fake.detach().clone()
    objective.critic_loss(network(), REAL, fake.detach(), DRAW)
    assert fake.grad is None
    assert torch.equal(fake, before)


@each
def test_one_critic_update_a_step_and_no_constraint_on_its_weights(objective):
    critic = network()
    before = [p.detach().clone() for p in critic.parameters()]
    objective.constrain(critic.parameters())
    assert all(map(torch.equal, before, critic.parameters()))
    assert [objective.critic_steps(step) for step in (0, 1, 99)] == [1, 1, 1]


@pytest.mark.parametrize("name", ["r1", "r2"])
def test_gradients_of_penalties_agree_with_finite_differences(name):
    critic, eps = network().double(), 1e-3
    real, fake = REAL.double(), FAKE.double()

    def loss():
        return Relativistic(r1=2.0, r2=3.0).critic_loss(critic, real, fake, DRAW)[name]

    weights = list(critic.parameters())[:3]
    directions = [DRAW("way", i).normal(*w.shape).double() for i, w in enumerate(weights)]
    gradients = torch.autograd.grad(loss(), weights)
    slope = sum((g * d).sum() for g, d in zip(gradients, directions, strict=True))
    ends = []
    for side in (1, -1):
        with torch.no_grad():
            for weight, direction in zip(weights, directions, strict=True):
                weight += side * eps * direction
        ends.append(loss().item())
        with torch.no_grad():
            for weight, direction in zip(weights, directions, strict=True):
                weight -= side * eps * direction
    assert abs(slope) > 1e-3
    assert slope.item() == pytest.approx((ends[0] - ends[1]) / (2 * eps), rel=1e-3)


@each
def test_a_step_of_the_generator_leaves_the_critic_and_its_gradients_alone(objective):
    critic, generator = network(), nn.Linear(3, 2)
    before = [p.detach().clone() for p in (*critic.parameters(), *generator.parameters())]
    noise = DRAW("noise").normal(5, 3)

    def loss(noise):
        return objective.generator_loss(critic, REAL, generator(noise), DRAW)

    descend(loss, (noise,), adam(generator, 0.1, (0.0, 0.99)), CPU)
    after = [*critic.parameters(), *generator.parameters()]
    same = [torch.equal(a, b) for a, b in zip(before, after, strict=True)]
    assert same == [True] * 4 + [False] * 2
    assert all(p.grad is None for p in critic.parameters())


@each
def test_a_step_of_the_generator_raises_the_scores_of_what_it_makes(objective):
    generator, noise = nn.Linear(3, 2), DRAW("noise").normal(64, 3)
    optimizer = adam(generator, 0.01, (0.0, 0.99))
    before = linear(generator(noise)).mean()

    def loss(noise):
        return objective.generator_loss(linear, REAL[:1].expand(64, 2), generator(noise), DRAW)

    descend(loss, (noise,), optimizer, CPU)
    assert linear(generator(noise)).mean() > before
