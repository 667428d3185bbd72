"""The autoencoders: their bound is exact where mathematics gives it, and they train as a GAN."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from ssgan.codecs.codec import gaussian
from ssgan.data import fit_codec, from_memory
from ssgan.models.domain import Domain
from ssgan.models.players import real_batch
from ssgan.models.pretraining import load, pretrain, pretraining
from ssgan.models.selfsupervision import Rotation
from ssgan.models.tasks.vae import VAE, kl, sample_posterior
from ssgan.models.tasks.vae_gan import VAEGAN
from ssgan.objectives import objective
from ssgan.randomness import Rng
from ssgan.runtime import Runtime
from ssgan.training.runner import finish
from ssgan.training.schedule import Step
from ssgan.transforms.batch import Augmentation
from tests.examples import KINDS, OFTEN, SMALL, assert_same_course, same

RNG = Rng(("vae test",))
TASKS = {"vae": VAE, "vae-gan": VAEGAN}
each_task = pytest.mark.parametrize("model", TASKS)
each = pytest.mark.parametrize("kind", KINDS)
PLAIN = Runtime("cpu", bfloat16=False)


def posteriors(n, dimension):
    mean, log_variance = RNG("posterior").normal(2, n, dimension).double()
    return mean.requires_grad_(), log_variance.requires_grad_()


def task_of(model, kind, condition_width=0, **changes):
    data = from_memory(KINDS[kind]())
    codec = fit_codec(data)
    packed = codec.pack(data.x)
    given = torch.zeros(len(packed), condition_width) if condition_width else None
    config = replace(SMALL, model=model, **changes)
    task = TASKS[model](config, {"unlabeled": Domain(codec, packed, given)}, PLAIN)
    return task, lambda stream, step, k: (packed[:6],)


# The parts of the bound


def test_the_divergence_is_that_of_the_distributions():
    mean, log_variance = posteriors(5, 3)
    prior = Normal(torch.zeros(3).double(), torch.ones(3).double())
    known = kl_divergence(Normal(mean, (log_variance / 2).exp()), prior).sum(1)
    torch.testing.assert_close(kl(mean, log_variance), known)


def test_the_divergence_is_that_of_many_draws():
    """E_q[log q - log p] over 200,000 draws, whose standard error is below .01."""
    mean, log_variance = torch.tensor([[0.7, -1.2]]), torch.tensor([[-0.5, 0.8]])
    z = sample_posterior(mean.expand(200_000, -1), log_variance.expand(200_000, -1), RNG("many"))
    q, p = Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)
    estimate = (q.log_prob(z) - p.log_prob(z)).sum(1).mean()
    assert float(kl(mean, log_variance)) == pytest.approx(float(estimate), abs=0.03)


def test_a_posterior_that_is_the_prior_costs_nothing_and_any_other_something():
    assert kl(torch.zeros(1, 4), torch.zeros(1, 4)).tolist() == [0.0]
    assert (kl(*RNG("other").normal(2, 50, 4)) > 0).all()


def test_draws_have_the_mean_and_the_variance_of_the_posterior():
    mean, log_variance = torch.tensor([2.0, -1.0]), torch.tensor([0.0, -2.0])
    z = sample_posterior(mean.expand(100_000, -1), log_variance.expand(100_000, -1), RNG)
    torch.testing.assert_close(z.mean(0), mean, atol=0.02, rtol=0)
    torch.testing.assert_close(z.var(0).log(), log_variance, atol=0.02, rtol=0)


def test_slopes_pass_a_draw_and_the_divergence_as_finite_differences_say():
    mean, log_variance = posteriors(3, 2)

    def bound(mean, log_variance):
        return sample_posterior(mean, log_variance, RNG).sin().sum(1) + kl(mean, log_variance)

    assert torch.autograd.gradcheck(bound, (mean, log_variance))


# The bound


def linear_gaussian():
    """x = W z + noise: weight (3, 2), variance, samples (4, 3), and their exact log-likelihood."""
    weight, variance = RNG("weight").normal(3, 2).double(), 0.3
    x = RNG("samples").normal(4, 3).double()
    covariance = weight @ weight.T + variance * torch.eye(3)
    return weight, variance, x, MultivariateNormal(torch.zeros(3).double(), covariance).log_prob(x)


def expected_bound(weight, variance, x, mean, log_variance):
    """E_q[log p(x | z)] - KL, exactly for a posterior (N, 2): the expectation of a square is that
    of the mean and the variance that comes through W."""
    fit = gaussian(x, mean @ weight.T, torch.tensor(variance).double())
    spread = (log_variance.exp() * weight.square().sum(0)).sum(1) / (2 * variance)
    return fit - spread - kl(mean, log_variance)


def rotated():
    """The same model, z turned so that its posterior has no covariances."""
    weight, variance, x, exact = linear_gaussian()
    _, turn = torch.linalg.eigh(weight.T @ weight)
    weight = weight @ turn
    precision = torch.eye(2).double() + weight.T @ weight / variance
    return weight, variance, x, exact, precision


def test_the_bound_is_the_log_likelihood_for_the_true_posterior_of_a_linear_model():
    weight, variance, x, exact, precision = rotated()
    mean = x @ weight / variance @ torch.linalg.inv(precision)
    log_variance = -precision.diagonal().log().expand(4, -1)
    torch.testing.assert_close(expected_bound(weight, variance, x, mean, log_variance), exact)


def test_the_bound_is_below_it_by_the_divergence_from_the_true_posterior():
    weight, variance, x, exact, precision = rotated()
    truth = MultivariateNormal(x @ weight / variance @ torch.linalg.inv(precision), None, precision)
    for seed in range(10):
        mean, log_variance = RNG(seed).normal(2, 4, 2).double()
        q = MultivariateNormal(mean, torch.diag_embed(log_variance.exp()))
        bound = expected_bound(weight, variance, x, mean, log_variance)
        assert (bound < exact).all()
        torch.testing.assert_close(exact - bound, kl_divergence(q, truth))


def test_the_task_computes_that_bound():
    """The task's terms, averaged over draws, for a linear decoder and encoder in its place."""
    task, _ = task_of("vae", "vectors", latent=2)
    weight, _, x, _ = linear_gaussian()
    x = x.float()
    encoder = nn.Linear(3, 4)
    task.encoder.posterior = lambda x: encoder(x).chunk(2, 1)
    task.generator = nn.Linear(2, 3, bias=False)
    with torch.no_grad():
        task.generator.weight.copy_(weight)
    terms = task.bound(task.config.objective, x, (), RNG)
    mean, log_variance = encoder(x).chunk(2, 1)
    z = mean + (log_variance / 2).exp() * RNG("posterior").normal(4, 2)
    error = (x - z @ weight.float().T).square().mean()
    best = -Normal(z @ weight.float().T, error.sqrt()).log_prob(x).sum(1).mean()
    torch.testing.assert_close(terms["reconstruction"], best)
    torch.testing.assert_close(terms["kl"], kl(mean, log_variance).mean())


# As tasks


@each
@each_task
def test_it_learns_resumes_samples_and_loads(model, kind, tmp_path):
    x, config = KINDS[kind](), replace(SMALL, model=model)
    whole = finish(pretraining(x, config, run=tmp_path / "whole", options=OFTEN))
    training = pretraining(x, config, run=tmp_path / "left", options=OFTEN)
    next(training)
    training.close()
    finish(pretraining(x, config, run=tmp_path / "left", options=OFTEN))
    assert_same_course(tmp_path / "whole", tmp_path / "left")
    found = load(tmp_path / "left")
    assert type(whole.sample(3)) is type(x)
    assert same(found.sample(3), whole.sample(3))
    assert np.array_equal(found.features(x), whole.features(x))
    assert np.isfinite(found.features(x)).all()


@each
@each_task
def test_the_log_shows_reconstruction_and_divergence(model, kind):
    task, rows = task_of(model, kind)
    terms, measures = task.update(rows, Step(0))
    assert {"reconstruction", "kl"} <= terms.keys()
    assert all(term.isfinite() for term in terms.values())
    assert float(measures["not_finite"]) == 0.0


@each
@each_task
def test_an_update_moves_networks_and_averages(model, kind):
    task, rows = task_of(model, kind)
    players = ["generator", "encoder", *(["critic"] if model == "vae-gan" else [])]
    names = [name for player in players for name in (player, f"mean_{player}")]
    before = {n: [p.detach().clone() for p in getattr(task, n).parameters()] for n in names}
    task.update(rows, Step(0))
    for name, weights in before.items():
        after = getattr(task, name).parameters()
        assert any(not torch.equal(a, b) for a, b in zip(weights, after, strict=True)), name


@each
def test_a_vae_has_no_scores_and_says_what_has(kind):
    gan = pretrain(KINDS[kind](), replace(SMALL, model="vae", steps=1))
    with pytest.raises(ValueError, match="no critic.*'vae-gan'"):
        gan.scores(KINDS[kind]())


def test_scores_of_a_vae_gan_are_its_critics():
    task, _ = task_of("vae-gan", "vectors")
    networks = task.networks(task.parts)
    assert networks.discriminator is task.mean_critic
    assert networks.encoder is task.mean_encoder
    x, gan = KINDS["vectors"](), pretrain(KINDS["vectors"](), replace(SMALL, model="vae-gan"))
    encoded = gan.codec.expand(gan.codec.pack(x))
    torch.testing.assert_close(torch.tensor(gan.scores(x)), gan.discriminator(encoded))
    assert gan.trunk is gan.encoder.trunk is not gan.discriminator.trunk


@pytest.mark.parametrize("model", TASKS)
def test_its_health_can_be_asked_for(model):
    task, rows = task_of(model, "vectors")
    task.update(rows, Step(0))
    measures = task.health(1)
    assert ("score_gap" in measures) == (model == "vae-gan")
    assert {"diversity", "coverage", "distance"} <= measures.keys()
    assert measures == task.health(1)


def test_a_restart_draws_and_steps_otherwise():
    moved = []
    for attempt in (0, 1):
        task, rows = task_of("vae", "vectors")
        before = task.generator.out.weight.detach().clone()
        task.update(rows, Step(0, restarts=attempt))
        assert task.optimizer.param_groups[0]["lr"] == SMALL.rate * 0.5**attempt
        moved.append(task.generator.out.weight.detach() - before)
    assert not torch.equal(*moved)


@each_task
def test_a_condition_reaches_the_decoder(model):
    task, _ = task_of(model, "vectors", condition_width=3)
    rows = task.calibration.samples[:6], torch.eye(3)[torch.arange(6) % 3]
    terms, _ = task.update(lambda stream, step, k: rows, Step(0))
    assert all(term.isfinite() for term in terms.values())
    z = RNG("z").normal(2, SMALL.latent)
    one, other = torch.eye(3)[[0, 2]], torch.eye(3)[[1, 2]]
    assert not torch.equal(task.output(z, (one,))[0], task.output(z, (other,))[0])
    assert torch.equal(task.output(z, (one,))[1], task.output(z, (other,))[1])


def test_the_game_of_a_vae_gan_does_not_reach_its_encoder():
    task, rows = task_of("vae-gan", "vectors")
    real, _ = real_batch(rows, 0, 0, task.codec, PLAIN)
    terms = task.bound(task.config.objective, real, (), RNG)
    weights = list(task.encoder.parameters())
    for name, term in terms.items():
        slopes = torch.autograd.grad(term, weights, retain_graph=True, allow_unused=True)
        reached = any(slope is not None and slope.any() for slope in slopes)
        assert reached == (name in ("reconstruction", "kl")), name


def test_half_of_what_the_critic_refuses_is_made_of_noise():
    task, _ = task_of("vae-gan", "vectors")
    z = torch.zeros(6, SMALL.latent)
    fakes = task.half_noise(z, (), RNG)
    rebuilt = task.output(z, ())
    torch.testing.assert_close(fakes[3:], rebuilt[3:])
    assert not torch.isclose(fakes[:3], rebuilt[:3]).all(1).any()


@each_task
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("augmentation", Augmentation()),
        ("selfsupervision", Rotation()),
        ("noise", "uniform"),
        ("critic_rate", 1e-4),
        ("critic_ceiling", 0.8),
        ("architecture", "dcgan"),
    ],
)
def test_settings_that_mean_nothing_to_it_are_refused(model, name, value):
    with pytest.raises(ValueError, match=f"{name}.*{model}"):
        task_of(model, "images", **{name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("objective", objective("hinge")), ("penalty_final", 0.5)]
)
def test_a_vae_plays_no_game_so_settings_of_one_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        task_of("vae", "vectors", **{name: value})


@pytest.mark.slow
@each_task
def test_it_learns_two_separate_groups(model):
    """Rows near (-1, -1) and (1, 1): so are samples; untrained networks make none of the first."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 0.1, (400, 2)) + np.where(np.arange(400) % 2, 1.0, -1.0)[:, None]
    sampled = pretrain(x, replace(SMALL, model=model, steps=600, batch=64, width=8)).sample(400)
    near = [np.linalg.norm(sampled - side, axis=1) < 0.5 for side in (-1.0, 1.0)]
    assert min(n.mean() for n in near) > 0.1
