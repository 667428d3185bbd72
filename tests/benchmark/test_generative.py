"""Suites of generators: what counts as a mode, equal conditions are equal, trials of the guard."""

import numpy as np
import pytest
import torch

from ssgan.benchmark import suite
from ssgan.benchmark.cells import Cell, Place
from ssgan.benchmark.effort import DEFAULT_METHOD, EQUAL, OWN, real_samples, updates
from ssgan.benchmark.suites import gaussians, guard, objectives, stacked_mnist
from ssgan.models.config import GANConfig
from ssgan.models.recipes import RECIPES
from ssgan.objectives import OBJECTIVES, Wasserstein

NAMES = ("gaussians", "objectives-mnist", "objectives-fashion", "stacked-mnist", "guard")


def test_real_samples_have_all_modes_and_nearly_all_quality():
    found = gaussians.quality(gaussians.mixture(0, 10_000))
    assert found["modes"] == 25
    assert found["high_quality"] == pytest.approx(1 - np.exp(-4.5), abs=0.005)  # Rayleigh


@pytest.mark.parametrize(("n", "modes"), [(19, 0), (20, 1)])
def test_a_mode_counts_from_twenty_of_ten_thousand(n, modes):
    rows = np.full((10_000, 2), 1.0)
    rows[:n] = [4.0, -4.0]
    assert gaussians.quality(rows) == {"modes": modes, "high_quality": n / 10_000}


@pytest.mark.parametrize(("away", "quality"), [(0.149, 1.0), (0.151, 0.0)])
def test_quality_ends_three_deviations_from_a_mode(away, quality):
    assert gaussians.quality(np.full((50, 2), [2.0 + away, 0.0]))["high_quality"] == quality


@pytest.mark.parametrize("name", OBJECTIVES)
def test_equal_conditions_differ_in_the_objective_alone_and_see_as_many_real_samples(name):
    cell = Cell(league=EQUAL, method=name, gan_seed=3)
    config = gaussians.mixture_config(cell, 100_000)
    fields = vars(config) | {"objective": None, "steps": 0}
    plain = Cell(league=EQUAL, method="non-saturating", gan_seed=3)
    other = gaussians.mixture_config(plain, 100_000)
    assert fields == vars(other) | {"objective": None, "steps": 0}
    last = config.batch * config.objective.critic_steps(config.steps - 1)
    assert 100_000 <= real_samples(config) < 100_000 + last


def test_critic_batches_of_wgan_count():
    config = GANConfig(objective=Wasserstein(), batch=10)
    assert updates(config, 1000) == 1  # a hundred batches of the critic
    assert updates(config, 25 * 1000 + 50) == 26


def test_wgan_has_no_first_hundreds_where_all_is_equal_and_more_real_samples_in_its_own_recipe():
    def made(league):
        cell = Cell(data="mnist", league=league, method="wgan", gan_seed=0)
        return objectives.training_of(cell, 128_000)

    even, own = made(EQUAL), made(OWN)
    assert even.steps == 400 and {even.objective.critic_steps(step) for step in range(999)} == {5}
    assert own.objective == Wasserstein()
    assert own.steps == 25 + (6000 - 25 * 100 - 95) // 5  # the 501st takes a hundred again


def test_on_images_papers_convolutions_are_narrow_and_their_dense_networks_as_they_are():
    def width(name):
        cell = Cell(data="mnist", league=OWN, method=name, gan_seed=0)
        return objectives.training_of(cell, 128_000).width

    assert width("dcgan") == 24
    assert width("minimax") == RECIPES["minimax"]().width


@pytest.mark.parametrize("name", [DEFAULT_METHOD, *RECIPES])
def test_an_own_recipe_keeps_all_but_its_length_its_seed_and_a_body_for_images(name):
    cell = Cell(league=OWN, method=name, gan_seed=1)
    config = gaussians.mixture_config(cell, 10_000)
    paper = GANConfig() if name == DEFAULT_METHOD else RECIPES[name]()
    own = {"steps", "seed", "guard", "architecture", "width"}
    assert {k: v for k, v in vars(config).items() if k not in own} == {
        k: v for k, v in vars(paper).items() if k not in own
    }
    assert config.architecture == ("auto" if paper.architecture == "dcgan" else paper.architecture)


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_suites_have_distinct_cells_and_names(name, short):
    found = suite(name, short)
    assert found.name == name + "-quick" * short
    assert len(set(found.cells)) == len(found.cells) > 2
    assert len(found.cells) <= len(suite(name).cells)


def test_the_recipe_for_points_has_ten_seeds_and_every_objective_five_in_the_gaussians():
    counts = {}
    for cell in suite("gaussians").cells:
        counts[cell.league, cell.method] = counts.get((cell.league, cell.method), 0) + 1
    assert counts.pop((OWN, "points")) == 10
    assert set(counts.values()) == {5}
    assert {name for league, name in counts if league == EQUAL} == set(OBJECTIVES)


def test_every_objective_and_both_models_with_an_encoder_are_compared_on_images():
    names = {cell.method for cell in objectives.objective_cells("mnist", 1) if cell.league == EQUAL}
    assert names == {*OBJECTIVES, "vae", "vae-gan"}


def test_a_cell_of_the_gaussians_says_what_it_cost(tmp_path):
    cell = Cell(league=EQUAL, method="hinge", gan_seed=0)
    found = gaussians.find_modes(1024, cell, Place(tmp_path))
    assert found["steps"] == 4 and found["real_samples"] == 1024
    assert 0 <= found["high_quality"] <= 1


def test_equal_shares_have_no_divergence_and_one_mode_has_the_most():
    assert stacked_mnist.mode_counts(np.full(1000, 3)) == {"modes": 1000, "kl": 0.0}
    single = stacked_mnist.mode_counts(np.bincount([7], minlength=1000))
    assert single == {"modes": 1, "kl": pytest.approx(np.log(1000), abs=1e-5)}


def test_a_stack_holds_digits_in_its_channels():
    digits = np.arange(3 * 28 * 28).reshape(3, 28, 28)
    images = stacked_mnist.stack_digits(digits, 0, 5)
    assert images.shape == (5, 28, 28, 3)
    for channel in range(3):
        assert any((images[0, :, :, channel] == digit).all() for digit in digits)


def test_the_mode_is_the_number_that_the_digits_show():
    images = np.zeros((1, 28, 28, 3), np.uint8)
    images[..., 0], images[..., 1], images[..., 2] = 4, 0, 9

    def classify(x):
        shown = ((x.mean((1, 2, 3)) + 1) * 127.5).round().long()
        return torch.nn.functional.one_hot(shown, 10)

    assert stacked_mnist.modes_of(images, classify).tolist() == [409]


def test_the_bound_is_the_exact_one_of_a_binomial_share():
    assert guard.bound(0, 100) == pytest.approx(1 - 0.05**0.01)
    assert guard.bound(5, 5) == 1.0


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        ("healthy", [], True),
        ("healthy", [(400, "why")], False),
        ("frozen", [(600, "why")], True),
        ("frozen", [(700, "why")], False),
        ("frozen", [], False),
    ],
)
def test_the_guard_is_right_to_be_silent_or_in_time(kind, left, right):
    assert guard.right(kind, {"left": left}) is right


def test_probing_separable_features_is_perfect():
    rng = np.random.default_rng(0)
    y = np.repeat([3, 5], 20)
    x = (rng.normal(size=(40, 4)) + 10 * (y == 5)[:, None]).astype(np.float32)
    assert objectives.probe(x[::2], y[::2], x[1::2], y[1::2]) == 1.0
