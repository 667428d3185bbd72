"""Trials of the gate, with linear heads on features that a GAN learnt from MNIST's images.

Null trials add what brings nothing: training rows again, noise, and real rows with wrong labels.
One more kind adds rows of a GAN that was told labels which are tosses of a coin. Trials of power
add real rows that were held back, many of them hard: as many as bring TARGET points on a pilot. The
true gain is told by rows that neither the gate nor the pilot saw.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssgan.benchmark import fewlabel
from ssgan.benchmark.problems import data_of
from ssgan.benchmark.results import Value
from ssgan.benchmark.runner import Suite
from ssgan.models.gan import GANConfig, pretrain
from ssgan.prediction.graph import condensed
from ssgan.randomness import Rng
from ssgan.runs.storage import UNFINISHED
from ssgan.synthesis import Filtered, Known, assess, conditional
from ssgan.synthesis.arms import candidates, moved_features, weighed
from ssgan.synthesis.gate import Added, Plan, Verdict, accuracy, linear_judge

Array = NDArray[Any]
GATE_GAN = GANConfig(steps=2000)  # as in the tables of MNIST with few labels
HELD = 10_000  # rows that tell the true gain, and as many of the pilot
BLOCK = 5000  # rows that are turned to the axes at once
NULL_LABELS = 1000
NULL_TRIALS = 50
POWER_LABELS = (300, 1000, 3000, 10_000)
POWER_TRIALS = 20
TARGET = 2.0  # points that the added rows are to bring in a trial of power
SIZES = 12  # of what is added, that the pilot tries
POWER = "real rows, +2 points"
TOSSED = "conditional GAN, random labels"
# Small, so that it may be trained for so long that it knows rows and their labels by heart.
TOSSED_GAN = GANConfig(steps=4000, width=12, batch=32)
TOSSED_LABELS = 600
TOSSED_TRIALS = 20
TOSSED_ROWS = 10  # of that GAN for a labelled one: the more, the more they tell of what it was told


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The key of a row."""

    method: str  # of KINDS, or TOSSED
    labels: int
    seed: int


@dataclass(frozen=True)
class Frozen:
    """Features (N, F) that do not change, those of the rows moved a little, and classes (N,)."""

    features: Array
    moved: Array
    classes: Array

    def at(self, rows: Array) -> tuple[Array, Array]:
        return self.features[rows].astype(np.float32), self.classes[rows]


@dataclass(frozen=True)
class Parts:
    """Which rows of all have which part in a trial."""

    labelled: Array
    pilot: Array
    truth: Array
    spare: Array


def parted(count: int, labels: int, seed: int) -> Parts:
    """Other rows in every trial; fewer than 10,000 tell the gain where there are few in all."""
    order = Rng(("gate trial", seed, labels)).numpy().permutation(count)
    held = min(HELD, (count - labels) // 4)
    cuts = np.cumsum([labels, held, held])
    return Parts(*np.split(order, cuts))


def resampled(frozen: Frozen, parts: Parts, rng: Rng) -> Added:
    """Training rows again."""
    rows = rng.numpy().choice(parts.labelled, 2 * len(parts.labelled))
    return frozen.at(rows)


def noise(frozen: Frozen, parts: Parts, rng: Rng) -> Added:
    """Normal numbers with the mean and deviation of each feature; the gate labels them anew."""
    x, _ = frozen.at(parts.labelled)
    drawn = rng.numpy().standard_normal((2 * len(x), x.shape[1]), np.float32)
    return drawn * x.std(0) + x.mean(0), np.zeros(len(drawn), np.int64)


def mislabelled(frozen: Frozen, parts: Parts, rng: Rng) -> Added:
    """Real rows that were held back, with each other's labels."""
    x, y = frozen.at(parts.spare[: 2 * len(parts.labelled)])
    return x, rng.numpy().permutation(y)


def better(frozen: Frozen, parts: Parts, rng: Rng) -> Added:
    """Real rows that were held back, of a number that brings TARGET points on the pilot.

    Half of them are hard: a head of other rows is wrong on them. A linear head on many labels
    gains next to nothing from plain ones.
    """
    x, y = frozen.at(parts.labelled)
    space, axes = condensed(x)
    real = space, y
    pilot = along(frozen, parts.pilot, axes)
    pool = along(frozen, parts.spare, axes)
    hard = rng.numpy().choice(wrong_at(*pool), len(x))  # they may be fewer: some come twice
    sizes = np.unique(np.geomspace(len(x) / 30, len(x), SIZES).astype(int))
    gains = [points(real, of_pool(pool, picked(hard, n)), pilot) for n in sizes]
    size = int(sizes[np.abs(np.array(gains) - TARGET).argmin()])
    return frozen.at(parts.spare[picked(hard, size)])


def picked(hard: Array, size: int) -> Array:
    """`size` of the hard rows, and as many of all."""
    return np.concatenate([hard[:size], np.arange(size)])


def of_pool(pool: Added, rows: Array) -> Added:
    return pool[0][rows], pool[1][rows]


def wrong_at(x: Array, y: Array) -> Array:
    """Rows on which a head of the other half is wrong."""
    half = len(x) // 2
    first, second = slice(None, half), slice(half, None)
    wrong = [linear_judge(x[b], y[b], x[a]) != y[a] for a, b in ((first, second), (second, first))]
    return np.flatnonzero(np.concatenate(wrong))


def along(frozen: Frozen, rows: Array, axes: Array) -> Added:
    """Rows along the axes (R, F), and their classes."""
    starts = range(0, len(rows), BLOCK)
    blocks = [frozen.at(rows[start : start + BLOCK])[0] @ axes.T for start in starts]
    return np.concatenate(blocks), frozen.classes[rows]


def points(real: Added, added: Added, held: Added) -> float:
    """What added rows bring a linear head, in points of accuracy on rows that were held out."""
    both = np.concatenate([real[0], added[0]]), np.concatenate([real[1], added[1]])
    scores = [accuracy(held[1], linear_judge(x, y, held[0])) for x, y in (both, real)]
    return scores[0] - scores[1]


KINDS = {
    "training rows again": resampled,
    "noise": noise,
    "wrong labels": mislabelled,
    POWER: better,
}


def trial(frozen: Frozen, cell: Cell, plan: Plan | None = None) -> dict[str, Value]:
    """The gate's verdict on what a kind adds to labelled rows, beside the true gain."""
    parts = parted(len(frozen.classes), cell.labels, cell.seed)
    rng = Rng(("gate trial", cell.method, cell.labels, cell.seed))
    pool = KINDS[cell.method](frozen, parts, rng("added"))
    anew = cell.method == "noise"  # the other kinds' labels come from rows outside of the test
    x, y = frozen.at(parts.labelled)
    moved = frozen.moved[parts.labelled].astype(np.float32)
    plan = replace(plan or Plan(), seed=cell.seed)
    verdict = weighed((x, y), {"added": pool}, moved=moved, anew=anew, plan=plan)
    space, axes = condensed(x)
    arms = candidates(space, y, {"added": (pool[0] @ axes.T, pool[1])}, anew, None)
    made = {name: make(np.arange(len(y)), rng("truth")) for name, make in arms.items()}
    pilot, truth = (along(frozen, rows, axes) for rows in (parts.pilot, parts.truth))
    best = max(made, key=lambda name: points((space, y), made[name], pilot))
    arm = verdict.arm or best
    gain = points((space, y), made[arm], truth)
    return {**told(verdict, arm), "true_gain": round(gain, 3), "added": len(made[arm][1])}


def tossed(
    images: Array, config: GANConfig, cell: Cell, plan: Plan | None = None
) -> dict[str, Value]:
    """The gate's verdict on rows of a GAN that was told the labels, which are tosses of a coin."""
    rng = Rng(("gate trial", cell.method, cell.labels, cell.seed))
    x = images[rng("rows").numpy().permutation(len(images))[: cell.labels]]
    y = rng("labels").numpy().integers(2, size=len(x))
    gan = pretrain(x, replace(config, seed=cell.seed), y, device="cpu")
    made = Filtered(*conditional(gan, TOSSED_ROWS * len(x), seed=cell.seed), {})
    plan = replace(plan or Plan(), seed=cell.seed)
    verdict = assess(Known(gan, (0, 1), samples=x, indices=y), {"added": made}, plan=plan)
    arm = max((c for c in verdict.comparisons if c.rival == "nothing"), key=lambda c: c.gain).arm
    ratio = float(arm.split()[1])
    # Nothing can be learnt of a coin, so that no row that is added has a gain.
    return {**told(verdict, arm), "true_gain": 0.0, "added": round(ratio * len(x))}


def told(verdict: Verdict, arm: str) -> dict[str, Value]:
    """The verdict's columns, of the arm that it names or else the best one on the pilot."""
    mine = [c for c in verdict.comparisons if c.arm == arm]
    plain = next(c for c in mine if c.rival == "nothing")
    return {
        "accepted": int(verdict.answer == "helps"),
        "answer": verdict.answer,
        "arm": arm,
        "p": float(f"{max(c.p_better for c in mine):.3g}"),
        "gain": round(plain.gain, 3),
        "smallest": round(plain.smallest, 3),
        "score": round(verdict.score or 0.0, 3),
    }


def gan_home(config: GANConfig, work: Path) -> Path:
    """Where the GAN's run is; that of a table of MNIST in the same place is taken."""
    table = fewlabel.Table(name="gate", about=ABOUT, data="mnist", labels=(), draws=(), gan=config)
    return fewlabel.home(table, config.seed, work)


def files(config: GANConfig, work: Path) -> dict[str, Path]:
    home = gan_home(config, work)
    return {name: home.with_name(f"{home.name}-{name}.npy") for name in ("features", "moved")}


def prepare(data_dir: Path | None, config: GANConfig, work: Path) -> None:
    """Pretrain, and write the features of all images as they are and moved, in half precision."""
    data = data_of("mnist", data_dir)
    gan = pretrain(data, config, run=gan_home(config, work), device="cpu")
    images = np.concatenate([data.x, data.x_test])
    at = files(config, work)
    save(gan.features(images), at["features"])
    save(moved_features(gan, images, Rng(("gate trials",))), at["moved"])


def save(features: Array, path: Path) -> None:
    unfinished = path.with_name(UNFINISHED + path.name)
    np.save(unfinished, features.astype(np.float16))
    os.replace(unfinished, path)


def solve(
    data_dir: Path | None, config: GANConfig, coin: GANConfig, cell: Cell, work: Path
) -> Mapping[str, Value]:
    if cell.method == TOSSED:
        return tossed(np.asarray(data_of("digits", data_dir).x), coin, cell)
    data = data_of("mnist", data_dir)
    classes = np.concatenate([data.y, data.y_test]).astype(np.int64)
    at = files(config, work)
    features, moved = (np.load(at[name], mmap_mode="r") for name in ("features", "moved"))
    return trial(Frozen(features, moved, classes), cell)


def cells(nulls: int, coins: int, powers: int, labels: Sequence[int]) -> tuple[Cell, ...]:
    """Null trials of every kind, and trials of power for every number of labels."""
    plans = [(kind, NULL_LABELS, nulls) for kind in KINDS if kind != POWER]
    plans += [(TOSSED, TOSSED_LABELS, coins)]
    plans += [(POWER, count, powers) for count in labels]
    return tuple(
        Cell(method=kind, labels=count, seed=seed)
        for kind, count, trials in plans
        for seed in range(trials)
    )


def gate(short: bool, data_dir: Path | None) -> Suite:
    """The suite."""
    config, coin = GATE_GAN, TOSSED_GAN
    counts = NULL_TRIALS, TOSSED_TRIALS, POWER_TRIALS
    if short:
        config, coin = replace(config, steps=200), replace(coin, steps=200)
        counts = 3, 3, 3
    return Suite(
        name="gate-quick" if short else "gate",
        about=ABOUT,
        cells=cells(*counts, POWER_LABELS[:2] if short else POWER_LABELS),
        solve=partial(solve, data_dir, config, coin),
        measure="accepted",
        by=("labels", "method"),
        needs=lambda cell: None if cell.method == TOSSED else config,
        prepare=partial(prepare, data_dir),
    )


ABOUT = "the gate: accepted of 50 or 20 null trials of each kind, and of gains of 2 points"
