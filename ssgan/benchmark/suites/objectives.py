"""Images: what every objective, the VAE and the VAE-GAN make of them, and what their trunks know.

The two leagues are those of `effort`. Own recipes train for about as long each, and so WGAN, whose
critic's updates are cheap, sees more real images; equal conditions have one architecture without
batch norm. Samples are compared with
the test part in a space that needs no download; a linear classifier on features of the trunk learns
from ten labels a class.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from torch import Tensor

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.effort import (
    DEFAULT_METHOD,
    EQUAL,
    IMAGE_SETS,
    OWN,
    cost_of,
    equal_objective,
    updates,
)
from ssgan.benchmark.problems import choose_labelled
from ssgan.benchmark.results import Value
from ssgan.codecs.codec import Array
from ssgan.data import Data
from ssgan.metrics.generation import samples
from ssgan.models.config import GANConfig
from ssgan.models.gan import GAN
from ssgan.models.pretraining import pretrain
from ssgan.models.recipes import RECIPES, recipe
from ssgan.objectives import OBJECTIVES
from ssgan.prediction.heads import linear_head

REAL_IMAGES = 128_000  # a cell
LONGER = {"wgan": 3}  # times as many in its own recipe: 2,500 batches go into its first 25 updates
WITH_ENCODER = ("vae", "vae-gan")
MOST_CHANNELS = 24  # of papers' convolutions here, which are for larger images and a GPU
EVEN_IMAGES = GANConfig(architecture="conv")


def training_of(cell: Cell, real: int) -> GANConfig:
    """The training of a cell that sees `real` real images."""
    if cell.method in WITH_ENCODER:
        config = replace(EVEN_IMAGES, model=cell.method)
    elif cell.league == EQUAL:
        config = replace(EVEN_IMAGES, objective=equal_objective(cell.method))
    elif cell.method == DEFAULT_METHOD:
        config = GANConfig()
    else:
        config = recipe(cell.method)
        if config.architecture != "dense":
            config = replace(config, width=min(config.width, MOST_CHANNELS))
        real *= LONGER.get(cell.method, 1)
    config = replace(config, seed=cell.gan_seed, guard=False)
    return replace(config, steps=updates(config, real))


def judge_samples(gan: GAN, test: Tensor, seed: int, most: int = 5000) -> dict[str, float]:
    """Measures of as many samples as there are packed test rows, `most` at most."""
    n = min(len(test), most)
    fake = gan.codec.pack(gan.sample(n, seed=seed))
    measures = samples(gan.codec.expand(test[:n]), gan.codec.expand(fake), seed)
    return {name.split("_")[0]: round(value, 5) for name, value in measures.items()}


def probe(features: Array, labels: Array, test: Array, true: Array) -> float:
    """Accuracy of logistic regression on features, standardised by those that it learns from."""
    middle, scale = features.mean(0), features.std(0) + 1e-6
    classes, coded = np.unique(labels, return_inverse=True)
    head = linear_head((features - middle) / scale, coded, len(classes))
    weight, bias = head.weight.detach().numpy(), head.bias.detach().numpy()
    scores = (test - middle) / scale @ weight.T + bias
    return round(float((classes[scores.argmax(1)] == true).mean()), 5)


def last_depth(gan: GAN, packed: Tensor) -> Array:
    """Features of the last depth alone, (N, F)."""
    maps = gan.apply(lambda x: gan.trunk(x)[-1], packed)
    features: Array = maps.movedim(1, -1).flatten(1).numpy()
    return features


def all_depths(gan: GAN, packed: Tensor) -> Array:
    """Features of all depths, (N, F)."""
    features: Array = gan.apply(gan.encode, packed).numpy()
    return features


def judge_trunk(gan: GAN, data: Data, config: GANConfig) -> dict[str, float]:
    """Accuracies on the test part, of the last depth, all depths, and an untrained trunk."""
    rows = choose_labelled(data, 100, config.seed)
    few, test = gan.codec.pack(np.asarray(data.x)[rows]), gan.codec.pack(data.x_test)
    y, true = np.asarray(data.y)[rows], np.asarray(data.y_test)
    untrained = pretrain(data, replace(config, steps=0))
    plans = {
        "probe_last": (last_depth, gan),
        "probe_all": (all_depths, gan),
        "probe_random": (all_depths, untrained),
    }
    return {
        name: probe(reader(depths, few), y, reader(depths, test), true)
        for name, (reader, depths) in plans.items()
    }


def judge_objective(real: int, cell: Cell, place: Place) -> Mapping[str, Value]:
    """Measures of the samples and of the trunk that an objective leads to."""
    config, data = training_of(cell, real), place.read(cell.data)
    gan = pretrain(data, config)
    measures = judge_samples(gan, gan.codec.pack(data.x_test), cell.gan_seed)
    return {**measures, **judge_trunk(gan, data, config), **cost_of(config)}


LEFT_OUT_RECIPES = ("r3gan", "points")  # the default by its name, and settings for vectors


def objective_cells(data: str, seeds: int) -> tuple[Cell, ...]:
    """Every recipe and every objective on its seeds; models with an encoder where all is equal."""
    cells = [
        (OWN, name)
        for name in (DEFAULT_METHOD, *(name for name in RECIPES if name not in LEFT_OUT_RECIPES))
    ]
    even = [(EQUAL, name) for name in (*OBJECTIVES, *WITH_ENCODER)]
    return tuple(
        Cell(data=data, league=league, method=name, gan_seed=seed)
        for league, name in (*cells, *even)
        for seed in range(seeds)
    )


def objectives_on(data: str, short: bool) -> Suite:
    """The suite over a data set."""
    return Suite(
        cells=objective_cells(data, 1 if short else 3),
        solve=partial(judge_objective, REAL_IMAGES // 8 if short else REAL_IMAGES),
        measure="frechet",
        lower=True,
        by=("league", "method"),
    )


BENCHMARKS = tuple(
    Benchmark(
        f"objectives-{name}",
        f"Fréchet distance on {data}: all objectives, VAE and VAE-GAN, 3 seeds",
        partial(objectives_on, data),
    )
    for name, data in IMAGE_SETS.items()
)
