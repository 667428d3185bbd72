"""What the players minimise, by exact values and by laws that hold for every objective."""

import dataclasses
from math import log, log1p

import numpy as np
import pytest
import torch
from torch import nn

from ssgan.models.tasks.gan import refuse_batch_norm
from ssgan.networks import constrainable
from ssgan.objectives import (
    OBJECTIVES,
    Dragan,
    Hinge,
    LeastSquares,
    LossSensitive,
    Minimax,
    NonSaturating,
    Relativistic,
    Wasserstein,
    WassersteinGP,
    name_of,
    objective,
    scores_and_slopes,
)
from ssgan.randomness import Rng
from ssgan.runtime import Runtime
from ssgan.training.optim import adam
from ssgan.training.step import descend
from tests.examples import built

RNG = Rng(("objectives",))
REAL, FAKE = RNG("real").normal(5, 2), RNG("fake").normal(5, 2) + 1
CPU = Runtime("cpu", bfloat16=False)


def softplus(x):
    return log1p(2.718281828459045**x)


def penalised(kind):
    """The objective with all its numbers 1."""
    return kind(**{field.name: type(field.default)(1) for field in dataclasses.fields(kind)})


EACH = [pytest.param(kind(), id=name) for name, kind in OBJECTIVES.items()]
EACH += [pytest.param(penalised(k), id=f"{n} with penalties") for n, k in OBJECTIVES.items()]
each = pytest.mark.parametrize("objective", EACH)
PAIRED = {"relativistic", "loss-sensitive", "wgan-gp"}  # compare a real sample with its partner
DRAWN = {"wgan-gp", "dragan"}  # draw random numbers for every row of a batch
# Sum of the terms of critic and generator at scores of 0, real and generated samples the same.
BLIND = {
    "relativistic": (log(2), log(2)),
    "non-saturating": (2 * log(2), log(2)),
    "minimax": (2 * log(2), -log(2)),
    "least-squares": (0.5, 0.5),
    "loss-sensitive": (0.0, 1.0),
    "wgan": (0.0, 0.0),
    "wgan-gp": (10.0, 0.0),  # a slope of 0 is 1 off
    "hinge": (2.0, 0.0),
    "dragan": (2 * log(2) + 10.0, log(2)),
}


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
    images = RNG("images").normal(3, 2, 4, 4)
    _, slopes = scores_and_slopes(lambda x: 2 * x.sum((1, 2, 3)), images)
    assert slopes.tolist() == pytest.approx([4.0 * 32] * 3)


def test_the_slope_of_a_square_is_that_of_its_place():
    x = torch.tensor([[1.0, 2.0], [0.0, 3.0]])
    _, slopes = scores_and_slopes(lambda x: x.square().sum(1), x)
    assert slopes.tolist() == pytest.approx([4.0 * 5, 4.0 * 9])


def test_penalties_of_a_linear_critic_are_half_their_weight_times_25():
    terms = Relativistic(r1=2.0, r2=0.5).critic_loss(linear, REAL, FAKE, RNG)
    assert terms["r1"].item() == pytest.approx(25.0)
    assert terms["r2"].item() == pytest.approx(6.25)
    terms = NonSaturating(r1=3.0).critic_loss(linear, REAL, FAKE, RNG)
    assert terms["r1"].item() == pytest.approx(37.5)


def test_r1_is_at_real_samples_and_r2_at_generated_ones():
    real, fake = torch.full((4, 2), 1.0), torch.full((4, 2), 3.0)
    terms = Relativistic().critic_loss(lambda x: x.square().sum(1) / 2, real, fake, RNG)
    assert terms["r1"].item() == pytest.approx(2 / 2)
    assert terms["r2"].item() == pytest.approx(18 / 2)


def test_relativistic_losses_at_known_scores():
    real, fake = torch.tensor([[1.0, 0.0], [2.0, 0.0]]), torch.tensor([[-1.0, 0.0], [5.0, 0.0]])
    critic = Relativistic().critic_loss(first, real, fake, RNG)["critic"]
    assert critic.item() == pytest.approx((softplus(-2) + softplus(3)) / 2)
    generator = Relativistic().generator_loss(first, real, fake, RNG)["generator"]
    assert generator.item() == pytest.approx((softplus(2) + softplus(-3)) / 2)


def test_non_saturating_losses_at_known_scores():
    real, fake = torch.tensor([[1.0, 0.0], [2.0, 0.0]]), torch.tensor([[-1.0, 0.0], [5.0, 0.0]])
    critic = NonSaturating().critic_loss(first, real, fake, RNG)
    assert critic["critic_real"].item() == pytest.approx((softplus(-1) + softplus(-2)) / 2)
    assert critic["critic_fake"].item() == pytest.approx((softplus(-1) + softplus(5)) / 2)
    generator = NonSaturating().generator_loss(first, real, fake, RNG)["generator"]
    assert generator.item() == pytest.approx((softplus(1) + softplus(-5)) / 2)


def blind(x):
    """The critic that scores everything 0."""
    return 0 * x.flatten(1).sum(1)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_blind_critic_and_a_perfect_generator_cost_what_the_equations_say(name):
    critic = OBJECTIVES[name]().critic_loss(blind, REAL, REAL.clone(), RNG)
    generator = OBJECTIVES[name]().generator_loss(blind, REAL, REAL.clone(), RNG)
    found = sum(critic.values()).item(), sum(generator.values()).item()
    assert found == pytest.approx(BLIND[name], abs=1e-4)


def test_only_the_difference_of_scores_counts_for_the_relativistic_players():
    one = Relativistic().critic_loss(first, REAL, FAKE, RNG)
    far = Relativistic().critic_loss(lambda x: first(x) + 100, REAL, FAKE, RNG)
    for name, term in one.items():
        torch.testing.assert_close(term, far[name], rtol=1e-4, atol=1e-5)


def test_the_relativistic_generator_plays_the_critics_game_with_the_roles_swapped():
    generator = Relativistic().generator_loss(first, REAL, FAKE, RNG)["generator"]
    swapped = Relativistic().critic_loss(first, FAKE, REAL, RNG)["critic"]
    torch.testing.assert_close(generator, swapped)


@each
def test_terms_are_finite_scalars_by_name(objective):
    critic = network()
    for terms in (
        objective.critic_loss(critic, REAL, FAKE, RNG),
        objective.generator_loss(critic, REAL, FAKE, RNG),
    ):
        assert terms
        assert all(t.dim() == 0 and t.isfinite() and t.requires_grad for t in terms.values())


@each
def test_gradients_reach_all_weights_of_the_critic(objective):
    critic = network()
    loss = sum(objective.critic_loss(critic, REAL, FAKE, RNG).values())
    *weights, bias = torch.autograd.grad(loss, list(critic.parameters()))
    assert all(weight.abs().sum() > 0 for weight in weights)
    assert bias.isfinite().all()  # of differences it has none


@each
def test_gradients_of_the_generator_loss_reach_every_generated_sample(objective):
    fake = FAKE.clone().requires_grad_()
    loss = sum(objective.generator_loss(network(), REAL, fake, RNG).values())
    (gradient,) = torch.autograd.grad(loss, fake)
    assert (gradient.abs().sum(1) > 0).all()


def told_apart(real_score, fake_score):
    """A critic that tells by the second value, 1 or -1, and two samples of which it does so."""
    real, fake = torch.tensor([[0.2, 1.0]] * 3), torch.tensor([[0.3, -1.0]] * 3)

    def critic(x):
        return torch.where(x[:, 1] > 0, real_score, fake_score) + 0 * x.sum(1)

    return critic, real, fake


@each
def test_the_critic_gains_from_higher_real_and_lower_generated_scores(objective):
    def loss(*scores):
        return sum(objective.critic_loss(*told_apart(*scores), RNG).values()).item()

    assert loss(0.5, 0.4) < loss(0.4, 0.4)
    assert loss(0.4, 0.3) < loss(0.4, 0.4)


@each
def test_the_generator_gains_from_higher_scores_of_what_it_made(objective):
    def loss(score):
        return sum(objective.generator_loss(*told_apart(0.4, score), RNG).values()).item()

    assert loss(0.5) < loss(0.4) < loss(0.3)


@pytest.mark.parametrize("name", sorted(set(OBJECTIVES) - {"wgan", "wgan-gp", "hinge"}))
def test_most_have_one_critic_update_a_step(name):
    assert [OBJECTIVES[name]().critic_steps(step) for step in (0, 1, 99, 500)] == [1] * 4


@pytest.mark.parametrize("name", sorted(set(OBJECTIVES) - {"wgan"}))
def test_most_do_not_constrain_the_weights_of_the_critic(name):
    critic = network()
    before = [p.detach().clone() for p in critic.parameters()]
    OBJECTIVES[name]().constrain(critic.parameters())
    assert all(map(torch.equal, before, critic.parameters()))


def slope_along(loss, tensors, eps=1e-5):
    """What the gradient says of a random direction, and what two ends of it differ by."""
    ways = [RNG("way", i).normal(*t.shape).double() for i, t in enumerate(tensors)]
    gradients = torch.autograd.grad(loss(), tensors, allow_unused=True)
    said = sum((g * w).sum().item() for g, w in zip(gradients, ways, strict=True) if g is not None)
    ends = []
    for side in (1, -1):
        for tensor, way in zip(tensors, ways, strict=True):
            tensor.data += side * eps * way
        ends.append(loss().item())
        for tensor, way in zip(tensors, ways, strict=True):
            tensor.data -= side * eps * way
    return said, (ends[0] - ends[1]) / (2 * eps)


@each
def test_gradients_of_the_critic_loss_agree_with_finite_differences(objective):
    critic = network().double()  # penalties are differentiated twice here

    def loss():
        return sum(objective.critic_loss(critic, REAL.double(), FAKE.double(), RNG).values())

    said, found = slope_along(loss, list(critic.parameters()))
    assert abs(said) > 1e-3
    assert said == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_gradients_of_each_term_of_the_critic_agree_with_finite_differences(name):
    critic, made = network().double(), penalised(OBJECTIVES[name])

    def terms():
        return made.critic_loss(critic, REAL.double(), FAKE.double(), RNG)

    for term in terms():
        said, found = slope_along(lambda term=term: terms()[term], list(critic.parameters()))
        assert abs(said) > 1e-4
        assert said == pytest.approx(found, rel=1e-6)


@each
def test_gradients_of_the_generator_loss_agree_with_finite_differences(objective):
    critic, fake = network().double(), FAKE.double().requires_grad_()

    def loss():
        return sum(objective.generator_loss(critic, REAL.double(), fake, RNG).values())

    said, found = slope_along(loss, [fake])
    assert abs(said) > 1e-3
    assert said == pytest.approx(found, rel=1e-6)


@each
def test_a_step_of_the_generator_leaves_the_critic_and_its_gradients_alone(objective):
    critic, generator = network(), nn.Linear(3, 2)
    before = [p.detach().clone() for p in (*critic.parameters(), *generator.parameters())]
    noise = RNG("noise").normal(5, 3)

    def loss(noise):
        return objective.generator_loss(critic, REAL, generator(noise), RNG)

    descend(loss, (noise,), adam(generator, 0.1, (0.0, 0.99)), CPU)
    after = [*critic.parameters(), *generator.parameters()]
    same = [torch.equal(a, b) for a, b in zip(before, after, strict=True)]
    assert same == [True] * 4 + [False] * 2
    assert all(p.grad is None for p in critic.parameters())


@each
def test_a_step_of_the_generator_raises_the_scores_of_what_it_makes(objective):
    generator, noise = nn.Linear(3, 2), RNG("noise").normal(64, 3)
    optimizer = adam(generator, 0.01, (0.0, 0.99))
    before = linear(generator(noise)).mean()

    def loss(noise):
        return objective.generator_loss(linear, REAL[:1].expand(64, 2), generator(noise), RNG)

    descend(loss, (noise,), optimizer, CPU)
    assert linear(generator(noise)).mean() > before


@each
def test_a_step_of_the_generator_lowers_its_loss(objective):
    generator, noise, critic = nn.Linear(3, 2), RNG("noise").normal(64, 3), network()

    def loss(noise):
        return objective.generator_loss(critic, REAL[:1].expand(64, 2), generator(noise), RNG)

    before = sum(loss(noise).values()).item()
    descend(loss, (noise,), adam(generator, 0.001, (0.0, 0.99)), CPU)
    assert sum(loss(noise).values()).item() < before


@each
def test_a_step_of_the_critic_lowers_its_loss(objective):
    critic = network()

    def loss(real, fake):
        return objective.critic_loss(critic, real, fake, RNG)

    before = sum(loss(REAL, FAKE).values()).item()
    descend(loss, (REAL, FAKE), adam(critic, 0.001, (0.0, 0.99)), CPU)
    assert sum(loss(REAL, FAKE).values()).item() < before


@each
@pytest.mark.parametrize("sides", [(1e4, 1e4), (1e4, -1e4), (-1e4, 1e4), (-1e4, -1e4)])
def test_losses_and_gradients_are_finite_at_extreme_scores(objective, sides):
    weight = torch.ones(2, requires_grad=True)
    real, fake = (torch.tensor([[side, 0.5]] * 3) for side in sides)
    for play in (objective.critic_loss, objective.generator_loss):
        fake = fake.detach().requires_grad_()
        loss = sum(play(lambda x: x @ weight, real, fake, RNG).values())
        gradients = torch.autograd.grad(loss, (weight, fake), allow_unused=True)
        assert loss.isfinite()
        assert all(g.isfinite().all() for g in gradients if g is not None)


@each
def test_losses_of_bfloat16_scores_are_float32(objective):
    critic = network().bfloat16()
    for play in (objective.critic_loss, objective.generator_loss):
        terms = play(lambda x: critic(x.bfloat16()), REAL, FAKE, RNG)
        assert {term.dtype for term in terms.values()} == {torch.float32}


def both(made, critic, real, fake):
    terms = made.critic_loss(critic, real, fake, RNG)
    return torch.stack([*terms.values(), *made.generator_loss(critic, real, fake, RNG).values()])


@pytest.mark.parametrize("name", sorted(set(OBJECTIVES) - DRAWN))
def test_the_order_of_pairs_does_not_count(name):
    order, critic, made = [3, 1, 4, 0, 2], network(), penalised(OBJECTIVES[name])
    found = both(made, critic, REAL[order], FAKE[order])
    torch.testing.assert_close(found, both(made, critic, REAL, FAKE))


@pytest.mark.parametrize("name", sorted(set(OBJECTIVES) - DRAWN - PAIRED))
def test_which_generated_sample_stands_beside_a_real_one_does_not_count(name):
    order, critic, made = [3, 1, 4, 0, 2], network(), penalised(OBJECTIVES[name])
    torch.testing.assert_close(
        both(made, critic, REAL, FAKE[order]), both(made, critic, REAL, FAKE)
    )


@each
def test_the_same_draw_gives_the_same_loss(objective):
    assert torch.equal(*(both(objective, network(), REAL, FAKE) for _ in range(2)))


@each
def test_penalises_says_whether_gradients_in_samples_are_taken(objective):
    seen = []

    def critic(x):
        seen.append(x.requires_grad)
        return linear(x)

    objective.critic_loss(critic, REAL, FAKE, RNG)
    assert objective.penalises == any(seen)


@pytest.mark.parametrize("kind", [Relativistic, NonSaturating, WassersteinGP, Dragan])
def test_a_penalty_of_weight_0_is_none(kind):
    names = {field.name for field in dataclasses.fields(kind)} & {"r1", "r2", "penalty"}
    assert not kind(**dict.fromkeys(names, 0.0)).penalises


@each
def test_every_objective_knows_its_name(objective):
    assert OBJECTIVES[name_of(objective)] is type(objective)


# The minimax game


def value(p, q):
    """E log s(D(x)) + E log(1 - s(D(G(z)))) with the best critic, for densities in eighths."""

    def critic(x):
        with torch.no_grad():
            return (torch.tensor(p).log() - torch.tensor(q).log()).clamp(-1e4, 1e4)[x[:, 0].long()]

    real, fake = (torch.arange(len(d)).repeat_interleave(torch.tensor(d).long()) for d in (p, q))
    terms = Minimax().critic_loss(critic, real[:, None], fake[:, None], RNG)
    return -sum(terms.values()).item()


def divergence(p, q):
    """Jensen-Shannon, of densities in eighths."""
    pairs = [(a / 8, b / 8) for a, b in zip(p, q, strict=True)]
    middle = [(a, b, (a + b) / 2) for a, b in pairs]
    return sum((a and a * log(a / m)) + (b and b * log(b / m)) for a, b, m in middle) / 2


@pytest.mark.parametrize(
    ("p", "q", "jsd"),
    [
        ([4.0, 2.0, 2.0], [4.0, 2.0, 2.0], 0.0),
        ([4.0, 4.0, 0.0, 0.0], [0.0, 0.0, 2.0, 6.0], log(2)),
        ([4.0, 4.0, 0.0], [1.0, 3.0, 4.0], None),
    ],
)
def test_the_value_of_the_minimax_game_is_2_jsd_less_log_4(p, q, jsd):
    jsd = divergence(p, q) if jsd is None else jsd
    assert divergence(p, q) == pytest.approx(jsd)
    assert value(p, q) == pytest.approx(2 * jsd - log(4), abs=1e-6)


def test_the_minimax_generator_lowers_what_the_critic_raises():
    fake = torch.tensor([[-1.0, 0.0], [5.0, 0.0]])
    generator = Minimax().generator_loss(first, REAL, fake, RNG)["generator"].item()
    assert generator == pytest.approx(-(softplus(-1) + softplus(5)) / 2)
    critic = Minimax().critic_loss(first, REAL, fake, RNG)["critic_fake"].item()
    assert generator == pytest.approx(-critic)


def test_the_minimax_generator_saturates_where_the_non_saturating_one_learns():
    fake = torch.tensor([[-20.0, 0.0]], requires_grad=True)  # the critic is sure of it
    slopes = []
    for kind in (Minimax, NonSaturating):
        (gradient,) = torch.autograd.grad(
            kind().generator_loss(first, REAL, fake, RNG)["generator"], fake
        )
        slopes.append(gradient[0, 0].item())
    assert slopes == pytest.approx([0.0, -1.0], abs=1e-6)


# LSGAN and LS-GAN


def test_least_squares_at_known_scores():
    real, fake = torch.tensor([[1.0, 0.0], [3.0, 0.0]]), torch.tensor([[-1.0, 0.0], [2.0, 0.0]])
    critic = LeastSquares().critic_loss(first, real, fake, RNG)
    assert critic["critic_real"].item() == pytest.approx((0 + 4) / 2 / 2)
    assert critic["critic_fake"].item() == pytest.approx((1 + 4) / 2 / 2)
    generator = LeastSquares().generator_loss(first, real, fake, RNG)["generator"]
    assert generator.item() == pytest.approx((4 + 1) / 2 / 2)


def test_loss_sensitive_losses_at_known_scores():
    real, fake = torch.tensor([[1.5, 0.0], [0.0, 0.5]]), torch.tensor([[-1.5, 0.0], [0.0, 0.0]])
    made = LossSensitive(scale=1 / 12288, real=0.5)  # the margin is the mean distance
    terms = made.critic_loss(first, real, fake, RNG)  # (sqrt(1.5^2 + 4) - 1.5) / 2 = 0.5
    one, two = max(0, 1.5 + 0.5 - 2.0), max(0, 0.25 + 1.0 - 1.0)
    assert terms["critic"].item() == pytest.approx((one + two) / 2)
    assert terms["critic_real"].item() == pytest.approx(0.5 * (0.5 + 1.0) / 2)
    generator = made.generator_loss(first, real, fake, RNG)["generator"]
    assert generator.item() == pytest.approx((2.0 + 1.0) / 2)


def test_the_loss_sensitive_critic_learns_from_a_generated_sample_that_it_takes_for_real():
    score = torch.tensor(20.0, requires_grad=True)
    critic, real, fake = told_apart(torch.tensor(10.0), score)
    loss = LossSensitive(scale=1.0).critic_loss(critic, real, fake, RNG)["critic"]
    (gradient,) = torch.autograd.grad(loss, score)
    assert gradient.item() == pytest.approx(1 / 20**2, rel=0.02)  # a softplus: 2e-9


@pytest.mark.parametrize("score", [1e3, 1e4, 1e6, 0.0, -1e4])
def test_the_loss_sensitive_l_keeps_its_digits_and_its_slope_at_any_score(score):
    given = torch.tensor([score], requires_grad=True)
    loss = LossSensitive().losses(lambda x: x, given)
    (slope,) = torch.autograd.grad(loss.sum(), given)
    exact = np.float64(score) ** 2 + 4
    known = (exact**0.5 - score) / 2 if score <= 0 else 2 / (exact**0.5 + score)
    assert loss.item() == pytest.approx(known, rel=1e-5)
    assert slope.item() == pytest.approx(-known / exact**0.5, rel=1e-5)


def test_the_plain_loss_with_both_penalties_is_that_of_each():
    plain, both = NonSaturating(), NonSaturating(r1=0.5, r2=2.0)
    found = both.critic_loss(network(), REAL, FAKE, RNG)
    known = Relativistic(r1=0.5, r2=2.0).critic_loss(network(), REAL, FAKE, RNG)
    assert both.penalises and NonSaturating(r2=1.0).penalises
    for name, value in plain.critic_loss(network(), REAL, FAKE, RNG).items():
        torch.testing.assert_close(found[name], value)
    for name in ("r1", "r2"):
        torch.testing.assert_close(found[name], known[name])


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 28, 28), (5,)])
def test_the_margin_is_the_papers_at_64_pixels_and_scales_with_the_dimension(shape):
    real, fake = 2 * RNG("a").uniform(4, *shape) - 1, 2 * RNG("b").uniform(4, *shape) - 1
    dimension = torch.Size(shape).numel()
    expected = 2e-4 * 12288 / dimension * (real - fake).abs().flatten(1).sum(1)
    torch.testing.assert_close(LossSensitive().margin(real, fake), expected)


def test_the_margin_has_no_gradient():
    real, fake = REAL.clone().requires_grad_(), FAKE.clone().requires_grad_()
    assert not LossSensitive().margin(real, fake).requires_grad
    loss = LossSensitive().critic_loss(blind, real, fake, RNG)["critic"]
    assert loss > 0
    assert not any(g.any() for g in torch.autograd.grad(loss, (real, fake)))


def test_losses_of_the_loss_sensitive_critic_are_never_negative_and_low_for_real():
    scores = torch.tensor([[-1e4, 0.0], [-3.0, 0.0], [0.0, 0.0], [3.0, 0.0], [1e4, 0.0]])
    losses = [
        LossSensitive().generator_loss(first, REAL, row[None], RNG)["generator"].item()
        for row in scores
    ]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] >= 0


def test_a_critic_gains_nothing_beyond_the_margin():
    real, fake = torch.tensor([[9.0, 0.0]]), torch.tensor([[-9.0, 0.0]])
    assert LossSensitive(scale=0.0).critic_loss(first, real, fake, RNG)["critic"].item() == 0


@pytest.mark.parametrize("name", ["lsgan", "LSGAN", "ls-gan", "LS-GAN", "ls_gan", "ls gan"])
def test_the_abbreviation_of_two_papers_is_refused(name):
    with pytest.raises(ValueError, match="two things: say least-squares .* or loss-sensitive"):
        objective(name)


# Wasserstein


def test_the_wasserstein_critic_loss_is_minus_its_estimate_of_the_distance():
    real = FAKE + torch.tensor([2.0, 0.0])  # a Wasserstein-1 distance of 2
    loss = Wasserstein().critic_loss(first, real, FAKE, RNG)["critic"]
    assert loss.item() == pytest.approx(-2.0, abs=1e-6)
    generator = Wasserstein().generator_loss(first, real, FAKE, RNG)["generator"]
    assert generator.item() == pytest.approx(-FAKE[:, 0].mean().item())


def test_the_wasserstein_critic_has_100_updates_at_first_and_every_500th_time_else_5():
    made = Wasserstein()
    steps = {step: made.critic_steps(step) for step in (0, 24, 25, 499, 500, 501, 1000)}
    assert steps == {0: 100, 24: 100, 25: 5, 499: 5, 500: 100, 501: 5, 1000: 100}
    assert Wasserstein(updates=2, first=7).critic_steps(0) == 7
    assert Wasserstein(updates=2, first=7).critic_steps(26) == 2
    assert [WassersteinGP().critic_steps(step) for step in (0, 99, 500)] == [5, 5, 5]
    assert Hinge(updates=3).critic_steps(0) == 3


@pytest.mark.parametrize("clip", [0.01, 0.05])
def test_the_clip_bounds_all_weights_that_it_is_given(clip):
    critic = network()
    Wasserstein(clip=clip).constrain(constrainable(critic))
    weights = torch.cat([p.detach().flatten() for p in critic.parameters()])
    assert weights.abs().max().item() == pytest.approx(clip)


def test_the_clip_leaves_norm_layers_alone():
    _, critic = built((1, 16, 16), architecture="dcgan", width=2, latent=3, rng=RNG)
    mixed = nn.Sequential(critic, nn.LayerNorm(4), nn.GroupNorm(1, 4), nn.Linear(4, 4))
    before = {name: p.detach().clone() for name, p in mixed.named_parameters()}
    Wasserstein().constrain(constrainable(mixed))
    kept = {n for n, p in mixed.named_parameters() if torch.equal(p, before[n])}
    norms = {"0.trunk.norms.1.weight", "1.weight", "2.weight"}
    assert norms <= kept
    clipped = {n for n in before if n not in kept}
    assert {"0.trunk.layers.0.weight", "0.trunk.layers.1.weight", "3.weight"} <= clipped
    assert all(before[name].mean() > 0.9 for name in norms)  # gains around 1 would be .01


@pytest.mark.parametrize("kind", [WassersteinGP, Dragan])
def test_a_slope_of_5_costs_160(kind):
    terms = kind().critic_loss(linear, REAL, FAKE, RNG)
    assert terms["penalty"].item() == pytest.approx(160.0, abs=1e-4)


@pytest.mark.parametrize("kind", [WassersteinGP, Dragan])
def test_slopes_of_penalties_are_over_all_axes_of_a_sample(kind):
    images = RNG("images").normal(3, 2, 4, 4)
    terms = kind().critic_loss(lambda x: x.sum((1, 2, 3)), images, images + 1, RNG)
    assert terms["penalty"].item() == pytest.approx(10 * (32**0.5 - 1) ** 2, rel=1e-5)


@pytest.mark.parametrize("kind", [WassersteinGP, Dragan])
def test_a_flat_critic_has_finite_gradients(kind):
    critic = network()
    for weight in critic.parameters():
        weight.data.zero_()
    loss = sum(kind().critic_loss(critic, REAL, FAKE, RNG).values())
    assert all(g.isfinite().all() for g in torch.autograd.grad(loss, list(critic.parameters())))


def looked_at(made, real, fake):
    """The points at which the critic's slope is asked for."""
    seen = []

    def critic(x):
        seen.append(x)
        return x.flatten(1).sum(1)

    made.critic_loss(critic, real, fake, RNG)
    (points,) = [x.detach() for x in seen if x.requires_grad]
    return points


@pytest.mark.parametrize("shape", [(2,), (3, 8), (1, 4, 4)])
def test_every_sample_is_interpolated_by_its_own_share(shape):
    real, fake = RNG("a").normal(6, *shape), RNG("b").normal(6, *shape)
    shares = ((looked_at(WassersteinGP(), real, fake) - real) / (fake - real)).flatten(1)
    torch.testing.assert_close(shares, shares[:, :1].expand_as(shares), rtol=1e-3, atol=1e-3)
    assert shares.min() >= -1e-4
    assert shares.max() <= 1 + 1e-4
    assert len({round(share, 3) for share in shares[:, 0].tolist()}) == 6


def test_the_penalty_of_wgan_gp_is_in_one_graph_with_its_critic_loss():
    critic = network()
    terms = WassersteinGP().critic_loss(critic, REAL, FAKE, RNG)
    whole = torch.autograd.grad(sum(terms.values()), list(critic.parameters()), retain_graph=True)
    parts = [
        torch.autograd.grad(t, list(critic.parameters()), retain_graph=True, allow_unused=True)
        for t in terms.values()
    ]
    assert [all(g is not None for g in part[:3]) for part in parts] == [True, True]
    for weights, one, other in list(zip(whole, *parts, strict=True))[:3]:
        torch.testing.assert_close(weights, one + other)


def test_dragan_looks_around_real_samples_only():
    real = RNG("a").normal(6, 3, 8)
    points = looked_at(Dragan(), real, 100 + real)
    moves = points - real
    assert moves.min() >= -1e-6
    assert moves.max() <= 0.5 * real.std() + 1e-6
    assert moves.max() > 0.1 * real.std()
    assert torch.equal(points, looked_at(Dragan(), real, -real))
    assert torch.equal(looked_at(Dragan(noise=0.0), real, -real), real)


def test_hinge_losses_at_known_scores():
    real, fake = torch.tensor([[0.25, 0.0], [2.0, 0.0]]), torch.tensor([[-3.0, 0.0], [1.0, 0.0]])
    critic = Hinge().critic_loss(first, real, fake, RNG)
    assert critic["critic_real"].item() == pytest.approx(0.75 / 2)
    assert critic["critic_fake"].item() == pytest.approx(2 / 2)
    assert Hinge().generator_loss(first, real, fake, RNG)["generator"].item() == pytest.approx(1)


# What is refused


def test_an_objective_by_name_has_its_weights():
    assert objective("wgan-gp", penalty=3.0) == WassersteinGP(penalty=3.0)
    assert {objective(name) for name in OBJECTIVES} == {kind() for kind in OBJECTIVES.values()}


@pytest.mark.parametrize(
    ("name", "weights", "message"),
    [
        ("wasserstein", {}, "no objective 'wasserstein'; there are non-saturating, .*wgan-gp"),
        ("hinge", {"r1": 1.0}, "no setting r1; there are updates"),
        ("wgan", {"clip": 0.0}, "expected clip above 0, got 0.0"),
        ("wgan", {"first": 0}, "expected 1 or more critic updates a generator update, got 0"),
        ("wgan-gp", {"updates": 0}, "expected 1 or more critic updates"),
        ("hinge", {"updates": -1}, "expected 1 or more critic updates"),
    ],
)
def test_objectives_that_do_not_exist_are_refused(name, weights, message):
    with pytest.raises(ValueError, match=message):
        objective(name, **weights)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_batch_norm_is_refused_where_gradients_of_single_samples_are_penalised(name):
    made = penalised(OBJECTIVES[name])
    for body in ("conv", "dcgan"):
        _, critic = built((1, 16, 16), architecture=body, width=2, latent=3, rng=RNG)
        if body == "dcgan" and made.penalises:
            with pytest.raises(ValueError, match=f"{name}.* penalises .* with batch norm"):
                refuse_batch_norm(made, critic)
        else:
            refuse_batch_norm(made, critic)


def test_batch_norm_would_mix_samples_into_each_others_slopes():
    _, critic = built((1, 16, 16), architecture="dcgan", width=2, latent=3, rng=RNG)
    images = RNG("images").normal(4, 1, 16, 16)
    _, together = scores_and_slopes(critic, images)
    _, beside_others = scores_and_slopes(critic, torch.cat([images[:2], 5 * images[2:]]))
    assert not torch.allclose(together[:2], beside_others[:2], rtol=0.01)
