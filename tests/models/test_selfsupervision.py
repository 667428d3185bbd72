"""Terms that teach the critic's trunk more: exact values, laws, and where gradients go."""

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest
import torch
from torch import nn

from ssgan.data import fit_codec, from_memory
from ssgan.models.domain import Domain
from ssgan.models.players import real_batch
from ssgan.models.pretraining import pretraining
from ssgan.models.selfsupervision import (
    SELFSUPERVISIONS,
    Contrastive,
    Rotation,
    fake_contrast,
    nt_xent,
    rotated,
)
from ssgan.models.tasks.gan import Adversarial
from ssgan.objectives import objective as objective_of
from ssgan.randomness import Rng
from ssgan.runtime import Runtime
from ssgan.training.runner import finish
from ssgan.training.schedule import Step
from ssgan.transforms.batch import LEAST_AREA, corrupted, cropped
from tests.examples import KINDS, OFTEN, SMALL, assert_same_course

RNG = Rng(("self-supervision test",))
IMAGES = RNG("images").uniform(8, 1, 8, 8) * 2 - 1
COLOUR = RNG("colour").uniform(8, 3, 8, 8) * 2 - 1
ROWS = RNG("rows").normal(8, 5)
NAMES = tuple(SELFSUPERVISIONS)
each = pytest.mark.parametrize("name", NAMES)
FIT = [(n, k) for n in NAMES for k in KINDS if n == "contrastive" or k == "images"]
fitting = pytest.mark.parametrize(("name", "kind"), FIT)


def parts(name, x):
    """The terms by that name with a small trunk for x, and its heads."""
    torch.manual_seed(0)
    terms = SELFSUPERVISIONS[name]()
    trunk = nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), 6), nn.Tanh())
    return terms, trunk, terms.heads(6)


# Which way up


def test_a_turn_is_of_the_right_angle_and_named_by_its_number():
    x, turns = rotated(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]))
    assert turns.tolist() == [0, 1, 2, 3]
    ways = [[[1, 2], [3, 4]], [[2, 4], [1, 3]], [[4, 3], [2, 1]], [[3, 1], [4, 2]]]
    assert x[:, 0].tolist() == ways


@pytest.mark.parametrize(("term", "weight"), [("critic", 1.0), ("generator", 0.2)])
def test_heads_that_know_nothing_of_turns_lose_log_4_times_the_papers_weight(term, weight):
    rotation, trunk, heads = parts("rotation", IMAGES)
    for parameter in heads.parameters():
        nn.init.zeros_(parameter)
    (loss,) = getattr(rotation, f"{term}_terms")(trunk, heads, IMAGES, IMAGES, RNG).values()
    assert loss.item() == pytest.approx(weight * log(4))


def test_heads_that_know_all_turns_lose_nothing():
    corner = torch.zeros(4, 1, 2, 2)
    corner[:, :, 0, 0] = 1.0  # it goes round against the clock: 0 0, 1 0, 1 1, 0 1
    heads = nn.Linear(4, 4, bias=False)
    with torch.no_grad():
        heads.weight.copy_(100 * torch.eye(4)[[0, 2, 3, 1]])
    loss = Rotation().critic_terms(lambda x: x.flatten(1), heads, corner, corner, RNG)
    assert loss["rotation"].item() == pytest.approx(0.0, abs=1e-6)


def test_the_critic_is_taught_by_real_images_and_the_generator_by_its_own():
    rotation, trunk, heads = parts("rotation", IMAGES)
    real, fake = IMAGES.clone().requires_grad_(), -IMAGES.clone().requires_grad_()
    fake.retain_grad()
    sum(rotation.critic_terms(trunk, heads, real, fake, RNG).values()).backward()
    assert real.grad.abs().sum() > 0
    assert fake.grad is None
    real.grad = None
    sum(rotation.generator_terms(trunk, heads, real, fake, RNG).values()).backward()
    assert real.grad is None
    assert fake.grad.abs().sum() > 0


@pytest.mark.parametrize("shape", [(5,), (1, 8, 6), (1, 16), (1, 8, 8, 8)])
def test_only_square_images_can_be_turned(shape):
    with pytest.raises(ValueError, match="square images.*contrastive"):
        Rotation().check(shape, 8)


def test_square_images_can_be_turned():
    Rotation().check((3, 8, 8), 8)


# Which two views are of one sample


def test_nt_xent_of_two_samples_is_the_value_by_hand():
    """Views e1, e2 and e1, e2 at temperature .5: each finds its partner at cosine 1 of 1, 0, 0."""
    views = torch.eye(2)
    assert float(nt_xent(views, 3 * views, 0.5)) == pytest.approx(log(1 + 2 * exp(-2)))
    assert float(nt_xent(views, views.flip(0), 0.5)) == pytest.approx(log(exp(2) + 2))


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_equal_views_of_all_samples_tell_nothing(temperature):
    """Each of the 5 others is as likely."""
    views = torch.ones(3, 4)
    assert float(nt_xent(views, views, temperature)) == pytest.approx(log(5))


def test_nt_xent_is_least_where_partners_coincide_and_samples_are_opposite():
    at_best = nt_xent(torch.tensor([[1.0], [-1.0]]), torch.tensor([[1.0], [-1.0]]), 0.5)
    assert float(at_best) == pytest.approx(log(1 + 2 * exp(-4)))
    for seed in range(20):
        one, other = RNG(seed).normal(2, 2, 3)
        assert nt_xent(one, other, 0.5) > at_best


def test_nt_xent_depends_neither_on_order_nor_length_nor_which_view_is_first():
    one, other = RNG("views").normal(2, 6, 4)
    order = RNG.permutation(6)
    value = nt_xent(one, other, 0.1)
    for same in [(one[order], other[order]), (other, one), (2 * one, other / 3)]:
        torch.testing.assert_close(nt_xent(*same, 0.1), value)


def test_nt_xent_goes_up_as_a_sample_takes_anothers_view():
    one, other = RNG("views").normal(2, 6, 4)
    assert nt_xent(one, one, 0.1) < nt_xent(one, other, 0.1) < nt_xent(one, -one, 0.1)


def test_fakes_apart_from_reals_is_the_value_by_hand():
    """Two equal fakes and one real view at a right angle, temperature .5."""
    fakes, reals = torch.tensor([[1.0, 0.0], [2.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert float(fake_contrast(fakes, reals, 0.5)) == pytest.approx(log(1 + exp(-2)))
    assert float(fake_contrast(fakes, fakes[:1], 0.5)) == pytest.approx(log(2))
    assert float(fake_contrast(fakes, -fakes[:1], 0.5)) == pytest.approx(log(1 + exp(-4)), rel=1e-4)


def test_fakes_apart_is_the_mean_over_all_pairs_of_fakes():
    """Against the sum as the paper writes it, in float64."""
    fakes, reals = RNG("f").normal(4, 3).double(), RNG("r").normal(5, 3).double()
    unit = [v / v.norm() for v in (*fakes, *reals)]
    total = 0.0
    for i in range(4):
        others = {j: float(unit[i] @ unit[j]) / 0.2 for j in range(9) if j != i}
        below = log(sum(exp(value) for value in others.values()))
        total += sum(below - others[j] for j in range(4) if j != i) / 3
    assert float(fake_contrast(fakes, reals, 0.2)) == pytest.approx(total / 4)


@pytest.mark.parametrize("loss", [nt_xent, fake_contrast])
def test_slopes_of_the_contrastive_losses_are_those_of_finite_differences(loss):
    views = [RNG(k).normal(3, 4).double().requires_grad_() for k in range(2)]
    assert torch.autograd.gradcheck(lambda a, b: loss(a, b, 0.5), views)


@pytest.mark.parametrize("loss", [nt_xent, fake_contrast])
def test_bfloat16_does_not_reach_the_contrastive_losses(loss):
    views = [RNG(k).normal(6, 16) for k in range(2)]
    with torch.autocast("cpu", torch.bfloat16):
        assert loss(*views, 0.1) == loss(*views, 0.1).float()
        inside = loss(*views, 0.1)
    assert torch.equal(inside, loss(*views, 0.1))


@pytest.mark.parametrize("x", [IMAGES, COLOUR, ROWS], ids=["grey", "colour", "rows"])
def test_weights_multiply_the_contrastive_terms(x):
    terms, trunk, heads = parts("contrastive", x)
    plain = terms.critic_terms(trunk, heads, x, -x, RNG)
    heavy = replace(terms, weight=3.0, fakes=0.5).critic_terms(trunk, heads, x, -x, RNG)
    torch.testing.assert_close(heavy["contrastive"], 3 * plain["contrastive"])
    torch.testing.assert_close(heavy["contrastive_fakes"], 1.5 * plain["contrastive_fakes"])


def test_a_single_sample_has_nothing_to_be_told_from():
    with pytest.raises(ValueError, match="batch of 2"):
        Contrastive().check((1, 8, 8), 1)


@pytest.mark.parametrize("shape", [(1, 16), (1, 8, 8, 8)])
def test_there_are_no_views_of_signals_and_volumes(shape):
    with pytest.raises(ValueError, match="leave it out"):
        Contrastive().check(shape, 8)


@pytest.mark.parametrize("wrong", [{"temperature": 0.0}, {"corruption": 1.5}, {"weight": -1.0}])
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        Contrastive(**wrong)


# Views


@pytest.mark.parametrize("x", [IMAGES, COLOUR, ROWS], ids=["grey", "colour", "rows"])
def test_a_view_is_a_function_of_its_draw_and_differs_from_the_sample(x):
    view = Contrastive().view
    assert view(x, RNG).shape == x.shape
    assert torch.equal(view(x, RNG), view(x, RNG))
    assert not torch.equal(view(x, RNG), view(x, RNG("other")))


@pytest.mark.parametrize("x", [IMAGES, COLOUR, ROWS], ids=["grey", "colour", "rows"])
def test_gradients_pass_a_view(x):
    x = x.clone().requires_grad_()
    Contrastive().view(x, RNG).square().sum().backward()
    assert x.grad.abs().sum() > 0


def test_nothing_is_mirrored_unless_asked():
    x = torch.full((200, 1, 16, 16), -1.0)
    x[..., :5] = 1.0
    left, right = (
        Contrastive(flips=flips).view(x, RNG)[..., 11:].amax((1, 2, 3)).gt(0.5).float().mean()
        for flips in (False, True)
    )
    assert left == 0.0
    assert 0.2 < right < 0.6


def test_a_crop_shows_a_part_of_the_image_in_full_size():
    """Of a slope from 0 to 1 it keeps between 0.387 and 1 of the reach, as sides go up to 3:4."""
    slope = ((torch.arange(64) + 0.5) / 64).expand(200, 1, 64, 64)
    crops = cropped(slope, RNG)
    reach = (crops[:, 0, 32, -1] - crops[:, 0, 32, 0]) / (slope[0, 0, 0, -1] - slope[0, 0, 0, 0])
    assert reach.min() > (LEAST_AREA * 3 / 4) ** 0.5 - 0.02
    assert reach.max() <= 1.0 + 1e-5
    assert crops.amin() >= 0
    assert crops.amax() <= 1


def test_a_corrupted_row_has_values_of_other_rows_in_that_share():
    rows = torch.arange(4000.0).view(1000, 4)
    changed = corrupted(rows, 0.3, RNG)
    assert torch.equal(changed % 4, rows % 4)  # from the same column
    assert float((changed != rows).float().mean()) == pytest.approx(0.3, abs=0.03)
    assert torch.equal(corrupted(rows, 0.0, RNG), rows)


# In a GAN


@fitting
def test_a_gan_with_it_learns_and_resumes(name, kind, tmp_path):
    given = SELFSUPERVISIONS[name]()
    x, config = KINDS[kind](), replace(SMALL, selfsupervision=given, guard=False)
    whole = finish(pretraining(x, config, run=tmp_path / "whole", options=OFTEN))
    training = pretraining(x, config, run=tmp_path / "left", options=OFTEN)
    next(training)
    training.close()
    assert finish(pretraining(x, config, run=tmp_path / "left", options=OFTEN)).config == config
    assert_same_course(tmp_path / "whole", tmp_path / "left")
    assert np.isfinite(whole.features(x)).all()


@fitting
def test_its_heads_learn(name, kind):
    task, rows = task_of(kind, SELFSUPERVISIONS[name]())
    before = [p.clone() for p in task.heads.parameters()]
    terms, _ = task.update(rows, Step(0))
    after = list(task.heads.parameters())
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert any(term.startswith(name) for term in terms)


def task_of(kind, terms, objective=None):
    data = from_memory(KINDS[kind]())
    codec = fit_codec(data)
    packed = codec.pack(data.x)
    config = replace(SMALL, selfsupervision=terms, objective=objective or SMALL.objective)
    domains = {"unlabeled": Domain(codec, packed)}
    task = Adversarial(config, domains, Runtime("cpu", bfloat16=False))
    return task, lambda stream, step, k: (packed[:6],)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_teach_the_trunk_nothing_under_a_stopped_gradient_and_the_generator_all(kind):
    given = objective_of("non-saturating")
    task, rows = task_of(kind, Contrastive(), given)
    real, _ = real_batch(rows, 0, 0, task.codec, task.runtime)
    trunk = list(task.critic.trunk.parameters())
    score = task.scoring((), None, RNG, detached=True)
    loss = sum(given.critic_loss(score, real, real, RNG).values())
    for slope in torch.autograd.grad(loss, trunk, allow_unused=True, retain_graph=True):
        assert slope is None or not slope.any()
    assert all(g.any() for g in torch.autograd.grad(loss, task.critic.head.weight))
    fake = task.fake(6, RNG)
    loss = sum(given.generator_loss(task.scoring((), None, RNG), real, fake, RNG).values())
    slopes = torch.autograd.grad(loss, list(task.generator.parameters()))
    assert all(slope.isfinite().all() for slope in slopes)
    assert any(slope.any() for slope in slopes)


def test_a_penalty_teaches_the_trunk_under_a_stopped_gradient():
    given = objective_of("relativistic", r1=1.0, r2=0.0)
    task, rows = task_of("vectors", Contrastive(), given)
    real, _ = real_batch(rows, 0, 0, task.codec, task.runtime)
    score = task.scoring((), None, RNG, detached=True)
    loss = given.critic_loss(score, real, real, RNG)["r1"]
    slopes = torch.autograd.grad(loss, task.critic.trunk.layers[0].weight)
    assert slopes[0].abs().sum() > 0
