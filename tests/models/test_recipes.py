"""Recipes: the numbers of the papers, and configurations that train."""

import json
from dataclasses import replace

import pytest
import torch

from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain, usual_config
from ssgan.models.recipes import RECIPES, recipe
from ssgan.models.tasks.gan import refuse_batch_norm
from ssgan.objectives import OBJECTIVES, Hinge, name_of
from ssgan.randomness import Rng
from ssgan.training.norms import normalises
from tests.examples import built, images

each = pytest.mark.parametrize("name", RECIPES)
FIELDS = (
    "architecture",
    "width",
    "latent",
    "noise",
    "batch",
    "optimizer",
    "rate",
    "beta1",
    "beta2",
)
# The paper's own, or its code's; None where the optimiser has no such number.
PAPERS = {
    "minimax": ("dense", 150, 100, "normal", 100, "adam", 2e-4, 0.5, 0.999),
    "dcgan": ("dcgan", 128, 100, "uniform", 128, "adam", 2e-4, 0.5, 0.999),
    "least-squares": ("dcgan", 64, 100, "uniform", 64, "adam", 1e-3, 0.5, 0.999),
    "loss-sensitive": ("dcgan", 64, 100, "uniform", 64, "adam", 1e-4, 0.5, 0.999),
    "wgan": ("dcgan", 64, 100, "normal", 64, "rmsprop", 5e-5, None, None),
    "wgan-gp": ("auto", 128, 128, "normal", 64, "adam", 2e-4, 0.0, 0.9),
    "hinge": ("auto", 128, 128, "normal", 64, "adam", 2e-4, 0.0, 0.9),
    "dragan": ("auto", 64, 100, "uniform", 128, "adam", 1e-4, 0.5, 0.9),
    "3d-gan": ("dcgan", 64, 200, "unit", 100, "adam", 2.5e-3, 0.5, 0.999),
}


@pytest.mark.parametrize("name", PAPERS)
def test_a_recipe_has_the_numbers_of_its_paper(name):
    for field, expected in zip(FIELDS, PAPERS[name], strict=True):
        assert expected is None or getattr(recipe(name), field) == expected


def test_the_default_is_a_recipe():
    assert recipe("r3gan") == GANConfig()
    assert set(RECIPES) == {"r3gan", "points", "table", *PAPERS}


def test_a_critic_of_voxels_learns_slowly_and_not_when_it_tells_more_than_four_of_five():
    found = recipe("3d-gan")
    assert (found.critic_rate, found.critic_ceiling) == (1e-5, 0.8)


def test_every_objective_has_a_recipe():
    assert {name_of(make().objective) for make in RECIPES.values()} == set(OBJECTIVES)


def test_objectives_have_the_numbers_of_their_papers():
    assert vars(recipe("wgan").objective) == {"clip": 0.01, "updates": 5, "first": 100}
    assert vars(recipe("wgan-gp").objective) == {"penalty": 10.0, "updates": 5}
    assert vars(recipe("dragan").objective) == {"penalty": 10.0, "noise": 0.5}
    assert vars(recipe("loss-sensitive").objective) == {"scale": 2e-4, "real": 0.0}
    assert vars(recipe("dcgan").objective) == {"r1": 0.0, "r2": 0.0}
    assert {name: make().l2 for name, make in RECIPES.items() if make().l2} == {"dcgan": 1e-5}
    assert recipe("hinge").objective == Hinge(updates=5)


def test_only_wgan_learns_without_momentum_of_any_kind():
    assert {name for name in RECIPES if recipe(name).optimizer == "rmsprop"} == {"wgan"}


@each
def test_a_recipe_goes_to_json_and_back(name):
    config = recipe(name)
    assert GANConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


@each
def test_no_recipe_has_batch_norm_under_a_penalty(name):
    config = recipe(name)
    for shape in ((1, 28, 28), (3, 32, 32)):
        generator, critic = built(
            shape, architecture=config.architecture, width=2, latent=3, rng=Rng((0,))
        )
        refuse_batch_norm(config.objective, critic)
        assert normalises(critic) == normalises(generator) == (config.architecture == "dcgan")


@each
def test_a_recipe_with_changes_is_the_recipe_otherwise(name):
    assert recipe(name, steps=7, width=3) == replace(RECIPES[name](), steps=7, width=3)


@each
def test_a_recipe_trains(name):
    config = recipe(name, steps=2, batch=6, width=2, latent=4, guard=False)
    if name == "wgan":
        config = replace(config, objective=replace(config.objective, first=3))
    untrained, gan = (pretrain(images(), replace(config, steps=n)) for n in (0, 2))
    before, after = untrained.generator.parameters(), gan.generator.parameters()
    assert not all(map(torch.equal, before, after))
    assert gan.sample(3).shape == (3, 8, 8)
    assert gan.generate(3).isfinite().all()


@pytest.mark.parametrize("name", ["lsgan", "LS-GAN"])
def test_the_abbreviation_of_two_papers_is_refused(name):
    with pytest.raises(ValueError, match="two things: say least-squares .* or loss-sensitive"):
        recipe(name)


def test_an_unknown_recipe_is_refused():
    with pytest.raises(ValueError, match="no recipe 'stylegan'; there are r3gan, points, table"):
        recipe("stylegan")


def test_rows_that_are_to_be_like_real_ones_have_a_recipe():
    assert recipe("table") == GANConfig(steps=12_000, batch=256, penalty_final=0.1)
    assert usual_config(captions=True).model == "stackgan"
    assert usual_config(captions=False) == GANConfig()
