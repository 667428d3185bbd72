"""Images: what every objective, the VAE and the VAE-GAN make of them, and what their trunks know.

Two leagues that are never mixed, as in `gaussians`: "own recipe" for about as long
each, and so WGAN, whose critic's updates are cheap, on more real images; "equal conditions" with
one body without batch norm, one optimiser and one number of real images. Samples are compared with
the test part in a space that needs no download; a linear classifier on features of the trunk learns
from ten labels a class.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from torch import Tensor

from ssgan.benchmark.problems import data_of, few_of
from ssgan.benchmark.results import Value
from ssgan.benchmark.runner import Suite
from ssgan.benchmark.suites.gaussians import DEFAULT, EQUAL, OWN, Array, even, spent, updates
from ssgan.data import Data
from ssgan.metrics.generation import samples
from ssgan.models.gan import GAN, GANConfig, pretrain
from ssgan.models.recipes import RECIPES, recipe
from ssgan.networks import flat
from ssgan.objectives import OBJECTIVES
from ssgan.prediction.heads import linear_head

JUDGED = 5000  # samples of each side that are compared
LABELS = 100
REAL = 128_000  # real images a cell
QUICK = 16_000  # the same in the short form
LONGER = {"wgan": 3}  # times as many in its own recipe: 2,500 batches go into its first 25 updates
MODELS = ("vae", "vae-gan")
NARROW = 24  # channels of papers' convolutions here, which are for larger images and a GPU
EVEN = GANConfig(body="conv")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The key of a row."""

    data: str
    league: str
    method: str  # DEFAULT, a recipe, an objective, "vae" or "vae-gan"
    gan_seed: int


def config_of(cell: Cell, real: int) -> GANConfig:
    """The training of a cell that sees `real` real images."""
    if cell.method in MODELS:
        config = replace(EVEN, model=cell.method)
    elif cell.league == EQUAL:
        config = replace(EVEN, objective=even(cell.method))
    elif cell.method == DEFAULT:
        config = GANConfig()
    else:
        config = recipe(cell.method)
        if config.body != "dense":
            config = replace(config, width=min(config.width, NARROW))
        real *= LONGER.get(cell.method, 1)
    config = replace(config, seed=cell.gan_seed, guard=False)
    return replace(config, steps=updates(config, real))


def generation(gan: GAN, test: Tensor, seed: int) -> dict[str, float]:
    """Measures of as many samples as there are packed test rows, JUDGED at most."""
    n = min(len(test), JUDGED)
    fake = gan.codec.pack(gan.sample(n, seed=seed))
    found = samples(gan.codec.expand(test[:n]), gan.codec.expand(fake), seed)
    return {name.split("_")[0]: round(value, 5) for name, value in found.items()}


def probe(features: Array, labels: Array, test: Array, true: Array) -> float:
    """Accuracy of logistic regression on features, standardised by those that it learns from."""
    middle, scale = features.mean(0), features.std(0) + 1e-6
    classes, coded = np.unique(labels, return_inverse=True)
    head = linear_head((features - middle) / scale, coded, len(classes))
    weight, bias = head.weight.detach().numpy(), head.bias.detach().numpy()
    scores = (test - middle) / scale @ weight.T + bias
    return round(float((classes[scores.argmax(1)] == true).mean()), 5)


def last(gan: GAN, packed: Tensor) -> Array:
    """Features of the last depth alone, (N, F)."""
    found: Array = gan.apply(lambda x: flat(gan.discriminator.trunk(x)[-1]), packed).numpy()
    return found


def every(gan: GAN, packed: Tensor) -> Array:
    """Features of all depths, (N, F)."""
    found: Array = gan.apply(gan.encode, packed).numpy()
    return found


def probes(gan: GAN, data: Data, config: GANConfig) -> dict[str, float]:
    """Accuracies on the test part, of the last depth, all depths, and an untrained trunk."""
    rows = few_of(data, LABELS, config.seed)
    few, test = gan.codec.pack(np.asarray(data.x)[rows]), gan.codec.pack(data.x_test)
    y, true = np.asarray(data.y)[rows], np.asarray(data.y_test)
    untrained = pretrain(data, replace(config, steps=0))
    plans = {
        "probe_last": (last, gan),
        "probe_all": (every, gan),
        "probe_random": (every, untrained),
    }
    return {
        name: probe(read(which, few), y, read(which, test), true)
        for name, (read, which) in plans.items()
    }


def solve(real: int, data_dir: Path | None, cell: Cell, work: Path) -> Mapping[str, Value]:
    config, data = config_of(cell, real), data_of(cell.data, data_dir)
    gan = pretrain(data, config)
    found = generation(gan, gan.codec.pack(data.x_test), cell.gan_seed)
    cost = {"steps": config.steps, "batch": config.batch, "real_samples": spent(config)}
    return {**found, **probes(gan, data, config), **cost}


LEFT = ("r3gan", "points")  # the default by its name, and settings for vectors


def cells(data: str, seeds: int) -> tuple[Cell, ...]:
    """Every recipe and every objective on its seeds; models with an encoder where all is equal."""
    own = [(OWN, name) for name in (DEFAULT, *(name for name in RECIPES if name not in LEFT))]
    even = [(EQUAL, name) for name in (*OBJECTIVES, *MODELS)]
    return tuple(
        Cell(data=data, league=league, method=name, gan_seed=seed)
        for league, name in (*own, *even)
        for seed in range(seeds)
    )


def objectives(name: str, data: str, short: bool, data_dir: Path | None) -> Suite:
    """The suite of that name over a data set."""
    return Suite(
        name=f"{name}-quick" if short else name,
        about=about(data),
        cells=cells(data, 1 if short else 3),
        solve=partial(solve, QUICK if short else REAL, data_dir),
        measure="frechet",
        lower=True,
        by=("league", "method"),
    )


def about(data: str) -> str:
    return f"Fréchet distance on {data}: all objectives, VAE and VAE-GAN, 3 seeds"
