"""25 Gaussians: how many modes every objective finds, and how many samples lie near one.

The two leagues are never mixed. "own recipe" trains as `recipes` has it, with a narrow body for
vectors where a paper's is for images; "equal conditions" has one body, one optimiser and one number
of real samples, so that only the objective differs: a critic that takes more steps gets fewer
updates. There WGAN goes without the hundred critic updates that its authors' code takes at first
and now and then: in so short a training they would be nearly all that there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ssgan.benchmark.results import Value
from ssgan.benchmark.runner import Suite
from ssgan.models.gan import GANConfig, pretrain
from ssgan.models.recipes import RECIPES, recipe
from ssgan.objectives import OBJECTIVES, Objective, Wasserstein, objective

DEFAULT = "default"
POINTS = "points"  # the recipe for such data; it keeps its own length
OWN, EQUAL = "own recipe", "equal conditions"
SIDE = (-4.0, -2.0, 0.0, 2.0, 4.0)
SPREAD = 0.05  # standard deviation of a mode
ROWS = 50_000  # real samples there are
DRAWN = 10_000  # samples that are judged
ENOUGH = 20  # of them make a mode count
NEAR = 3.0  # standard deviations from a mode within which a sample is of high quality
REAL = {OWN: 1_000_000, EQUAL: 3_000_000}  # real samples a cell: about a minute, batches differ
QUICK = 60_000  # the same in the short form
NARROW = 8  # the most of `width`: papers' networks are for images, and take hours here

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The key of a row."""

    league: str
    method: str  # DEFAULT, a recipe or an objective
    gan_seed: int


def centres() -> Array:
    """The modes, (25, 2)."""
    return np.array([(x, y) for y in SIDE for x in SIDE])


def drawn(seed: int, n: int = ROWS) -> Array:
    """Real samples, float32 (n, 2)."""
    rng = np.random.default_rng([25, seed])
    rows = centres()[rng.integers(25, size=n)] + SPREAD * rng.normal(size=(n, 2))
    return rows.astype(np.float32)


def quality(samples: Array) -> dict[str, float]:
    """The modes that samples (N, 2) have, and the share of samples near one.

    A mode counts from ENOUGH of 10,000 samples on; as many of the share of fewer.
    """
    away = np.linalg.norm(samples[:, None] - centres(), axis=2)
    good = away.min(1) <= NEAR * SPREAD
    counts = np.bincount(away.argmin(1)[good], minlength=25)
    modes = int((counts >= ENOUGH * len(samples) / DRAWN).sum())
    return {"modes": modes, "high_quality": round(float(good.mean()), 4)}


def updates(config: GANConfig, real: int) -> int:
    """Generator updates after which the critic has seen `real` real samples, at least 1."""
    left, step = real, 0
    while left > 0:
        left -= config.batch * config.objective.critic_steps(step)
        step += 1
    return max(step, 1)


def spent(config: GANConfig) -> int:
    """Real samples that the critic sees in a training."""
    return config.batch * sum(map(config.objective.critic_steps, range(config.steps)))


def config_of(cell: Cell, real: int | None = None) -> GANConfig:
    """The training of a cell that sees `real` real samples, by default REAL; POINTS its own."""
    if cell.league == EQUAL:
        config = replace(EVEN, objective=even(cell.method))
    else:
        config = GANConfig() if cell.method == DEFAULT else recipe(cell.method)
    if cell.method == POINTS and real is None:
        return replace(config, seed=cell.gan_seed)
    real = real or REAL[cell.league]
    body = "auto" if config.body == "dcgan" else config.body
    config = replace(
        config, width=min(config.width, NARROW), body=body, seed=cell.gan_seed, guard=False
    )
    return replace(config, steps=updates(config, real))


EVEN = GANConfig(body="dense", batch=256, latent=8, width=8)


def even(name: str) -> Objective:
    """The objective of that name as equal conditions have it."""
    found = objective(name)
    return replace(found, first=found.updates) if isinstance(found, Wasserstein) else found


def solve(real: int | None, cell: Cell, work: Path) -> Mapping[str, Value]:
    config = config_of(cell, real)
    gan = pretrain(drawn(cell.gan_seed), config, device="cpu")
    found = quality(np.asarray(gan.sample(DRAWN)))
    return {**found, "steps": config.steps, "batch": config.batch, "real_samples": spent(config)}


def cells(seeds: int, of_points: int) -> tuple[Cell, ...]:
    """The recipe for points on its seeds, all other recipes and every objective on theirs."""
    others = (DEFAULT, *(name for name in RECIPES if name not in ("r3gan", POINTS)))
    plans = [(OWN, POINTS, of_points), *((OWN, name, seeds) for name in others)]
    plans += [(EQUAL, name, seeds) for name in OBJECTIVES]
    return tuple(
        Cell(league=league, method=name, gan_seed=seed)
        for league, name, count in plans
        for seed in range(count)
    )


def gaussians(short: bool, data_dir: Path | None) -> Suite:
    """The suite; `data_dir` has nothing that it needs."""
    return Suite(
        name="gaussians-quick" if short else "gaussians",
        about=ABOUT,
        cells=cells(1, 2) if short else cells(5, 10),
        solve=partial(solve, QUICK if short else None),
        measure="high_quality",
        by=("league", "method"),
    )


ABOUT = "25 Gaussians: share of samples near a mode, all objectives, 5 seeds"
