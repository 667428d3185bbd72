"""25 Gaussians: how many modes every objective finds, and how many samples lie near one.

The two leagues are those of `effort`. In its own recipe a paper's network for images is replaced by
a narrow one for vectors.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.effort import (
    DEFAULT_METHOD,
    EQUAL,
    OWN,
    cost_of,
    equal_objective,
    updates,
)
from ssgan.benchmark.results import Value
from ssgan.codecs.codec import Array
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain
from ssgan.models.recipes import RECIPES, recipe
from ssgan.objectives import OBJECTIVES

FOR_POINTS = "points"  # the recipe for such data; it keeps its own length
COORDINATES = (-4.0, -2.0, 0.0, 2.0, 4.0)
SPREAD = 0.05  # standard deviation of a mode
DRAWN = 10_000  # samples that are judged
COUNTS = 20  # of them make a mode count
NEAR = 3.0  # standard deviations from a mode within which a sample is of high quality
LENGTHS_OF = {
    OWN: 1_000_000,
    EQUAL: 3_000_000,
}  # real samples: about a minute a cell
MOST_WIDTH = 8  # papers' networks are for images, and take hours here
EVEN_CONFIG = GANConfig(architecture="dense", batch=256, latent=8, width=8)


def centres() -> Array:
    """The modes, (25, 2)."""
    return np.array([(x, y) for y in COORDINATES for x in COORDINATES])


def mixture(seed: int, n: int = 50_000) -> Array:
    """Real samples, float32 (n, 2)."""
    rng = np.random.default_rng([25, seed])
    rows = centres()[rng.integers(25, size=n)] + SPREAD * rng.normal(size=(n, 2))
    return rows.astype(np.float32)


def quality(samples: Array) -> dict[str, float]:
    """The modes that samples (N, 2) have, and the share of samples near one.

    A mode counts from COUNTS of 10,000 samples on; as many of the share of fewer.
    """
    away = np.linalg.norm(samples[:, None] - centres(), axis=2)
    good = away.min(1) <= NEAR * SPREAD
    counts = np.bincount(away.argmin(1)[good], minlength=25)
    modes = int((counts >= COUNTS * len(samples) / DRAWN).sum())
    return {"modes": modes, "high_quality": round(float(good.mean()), 4)}


def mixture_config(cell: Cell, real: int | None = None) -> GANConfig:
    """The training of a cell of `real` real samples, by default LENGTHS_OF; FOR_POINTS its own."""
    if cell.league == EQUAL:
        config = replace(EVEN_CONFIG, objective=equal_objective(cell.method))
    else:
        config = GANConfig() if cell.method == DEFAULT_METHOD else recipe(cell.method)
    if cell.method == FOR_POINTS and real is None:
        return replace(config, seed=cell.gan_seed)
    real = real or LENGTHS_OF[cell.league]
    architecture = "auto" if config.architecture == "dcgan" else config.architecture
    config = replace(
        config,
        width=min(config.width, MOST_WIDTH),
        architecture=architecture,
        seed=cell.gan_seed,
        guard=False,
    )
    return replace(config, steps=updates(config, real))


def find_modes(real: int | None, cell: Cell, place: Place) -> Mapping[str, Value]:
    """How many Gaussians of a mixture a GAN finds, and how well."""
    config = mixture_config(cell, real)
    gan = pretrain(mixture(cell.gan_seed), config, device="cpu")
    measures = quality(np.asarray(gan.sample(DRAWN)))
    return {**measures, **cost_of(config)}


def mixture_cells(seeds: int, of_points: int) -> tuple[Cell, ...]:
    """The recipe for points on its seeds, all other recipes and every objective on theirs."""
    others = (DEFAULT_METHOD, *(name for name in RECIPES if name not in ("r3gan", FOR_POINTS)))
    plans = [(OWN, FOR_POINTS, of_points), *((OWN, name, seeds) for name in others)]
    plans += [(EQUAL, name, seeds) for name in OBJECTIVES]
    return tuple(
        Cell(league=league, method=name, gan_seed=seed)
        for league, name, count in plans
        for seed in range(count)
    )


def gaussians(short: bool) -> Suite:
    """The suite."""
    return Suite(
        cells=mixture_cells(1, 2) if short else mixture_cells(5, 10),
        solve=partial(find_modes, 60_000 if short else None),
        measure="high_quality",
        by=("league", "method"),
    )


BENCHMARKS = (
    Benchmark(
        "gaussians",
        "25 Gaussians: share of samples near a mode, all objectives, 5 seeds",
        gaussians,
    ),
)
