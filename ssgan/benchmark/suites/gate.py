"""Trials of the gate, with linear heads on features that a GAN learnt from MNIST's images.

Null trials add what brings nothing: training rows again, noise, and real rows with wrong labels.
One more kind adds samples of a GAN whose conditions are tosses of a coin. Trials of power
add real rows that were held back, many of them hard: as many as bring TARGET points on a pilot. The
true gain is measured on rows that neither the gate nor the pilot saw.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ssgan.benchmark import fewlabel
from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.results import Value
from ssgan.codecs.codec import Array
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain
from ssgan.prediction.graph import along_principal_axes
from ssgan.randomness import Rng
from ssgan.runs.storage import UNFINISHED
from ssgan.synthesis import (
    BASELINES,
    Context,
    LabeledRows,
    Plan,
    Synthetic,
    Verdict,
    assess,
    assess_features,
    linear_judge,
    sample_classes,
)
from ssgan.synthesis.baselines.transforms import shift
from ssgan.synthesis.gate.candidates import make_candidates
from ssgan.synthesis.gate.labeled_rows import Added, Augmenter, GateBaseline, add_copies
from ssgan.synthesis.gate.plan import accuracy
from ssgan.synthesis.gate.verdict import MOVED

GATE_GAN = GANConfig(steps=2000)  # as in the tables of MNIST with few labels
NULL_LABELS = 1000
POWER_LABELS = (300, 1000, 3000, 10_000)
TARGET = 2.0  # points that the added rows are to bring in a trial of power
GAIN = "real rows, +2 points"
TOSSED = "conditional GAN, random labels"
# Small, so that it may be trained until it has memorised rows and their labels.
TOSSED_GAN = GANConfig(steps=4000, width=12, batch=32)
TOSSED_LABELS = 600
TOSSED_ROWS = 10  # of that GAN for a labelled one: the more, the more of its conditions they carry


@dataclass(frozen=True)
class FixedFeatures:
    """Features (N, F) that do not change, those of the rows moved a little, and classes (N,)."""

    features: Array
    moved: Array
    classes: Array

    def at(self, rows: Array) -> tuple[Array, Array]:
        """Features and classes of these rows."""
        return self.features[rows].astype(np.float32), self.classes[rows]


@dataclass(frozen=True)
class TrialRows:
    """Which rows of all have which part in a trial."""

    labelled: Array
    pilot: Array
    truth: Array
    spare: Array


def trial_rows(count: int, labels: int, seed: int) -> TrialRows:
    """Other rows in every trial; fewer than 10,000 tell the gain where there are few in all."""
    order = Rng(("gate trial", seed, labels)).numpy().permutation(count)
    test_size = min(10_000, (count - labels) // 4)
    cuts = np.cumsum([labels, test_size, test_size])
    return TrialRows(*np.split(order, cuts))


def resampled(frozen: FixedFeatures, parts: TrialRows, rng: Rng) -> Added:
    """Training rows again."""
    rows = rng.numpy().choice(parts.labelled, 2 * len(parts.labelled))
    return frozen.at(rows)


def normal_noise(frozen: FixedFeatures, parts: TrialRows, rng: Rng) -> Added:
    """Normal numbers with the mean and deviation of each feature; the gate labels them again."""
    x, _ = frozen.at(parts.labelled)
    drawn = rng.numpy().standard_normal((2 * len(x), x.shape[1]), np.float32)
    return drawn * x.std(0) + x.mean(0), np.zeros(len(drawn), np.int64)


def mislabelled(frozen: FixedFeatures, parts: TrialRows, rng: Rng) -> Added:
    """Real rows that were held back, with each other's labels."""
    x, y = frozen.at(parts.spare[: 2 * len(parts.labelled)])
    return x, rng.numpy().permutation(y)


def rows_that_help(frozen: FixedFeatures, parts: TrialRows, rng: Rng) -> Added:
    """Real rows that were held back, of a number that brings TARGET points on the pilot.

    Half of them are hard: a head of other rows is wrong on them. A linear head on many labels
    gains next to nothing from plain ones.
    """
    x, y = frozen.at(parts.labelled)
    space, axes = along_principal_axes(x)
    real = space, y
    pilot = along(frozen, parts.pilot, axes)
    pool = along(frozen, parts.spare, axes)
    hard = rng.numpy().choice(wrong_at(*pool), len(x))  # they may be fewer: some come twice
    sizes = np.unique(np.geomspace(len(x) / 30, len(x), 12).astype(int))
    gains = [gain_of(real, pool_rows(pool, picked(hard, n)), pilot) for n in sizes]
    size = int(sizes[np.abs(np.array(gains) - TARGET).argmin()])
    return frozen.at(parts.spare[picked(hard, size)])


def picked(hard: Array, size: int) -> Array:
    """`size` of the hard rows, and as many of all."""
    return np.concatenate([hard[:size], np.arange(size)])


def pool_rows(pool: Added, rows: Array) -> Added:
    """Some rows of a pool."""
    return pool[0][rows], pool[1][rows]


def wrong_at(x: Array, y: Array) -> Array:
    """Rows on which a head of the other half is wrong."""
    half = len(x) // 2
    first, second = slice(None, half), slice(half, None)
    wrong = [linear_judge(x[b], y[b], x[a]) != y[a] for a, b in ((first, second), (second, first))]
    return np.flatnonzero(np.concatenate(wrong))


def along(frozen: FixedFeatures, rows: Array, axes: Array, block: int = 5000) -> Added:
    """Rows along the axes (R, F), and their classes."""
    starts = range(0, len(rows), block)
    blocks = [frozen.at(rows[start : start + block])[0] @ axes.T for start in starts]
    return np.concatenate(blocks), frozen.classes[rows]


def gain_of(real: Added, added: Added, test: Added) -> float:
    """What added rows bring a linear head, in points of accuracy on rows that were held out."""
    both = np.concatenate([real[0], added[0]]), np.concatenate([real[1], added[1]])
    scores = [accuracy(test[1], linear_judge(x, y, test[0])) for x, y in (both, real)]
    return scores[0] - scores[1]


ADDITIONS = {
    "training rows again": resampled,
    "noise": normal_noise,
    "wrong labels": mislabelled,
    GAIN: rows_that_help,
}


def judge_added(
    frozen: FixedFeatures,
    cell: Cell,
    plan: Plan | None = None,
    weigh: Callable[..., Verdict] = assess_features,
) -> dict[str, Value]:
    """The gate's verdict on what a kind adds to labelled rows, beside the true gain."""
    parts = trial_rows(len(frozen.classes), cell.labels, cell.seed)
    rng = Rng(("gate trial", cell.method, cell.labels, cell.seed))
    pool = ADDITIONS[cell.method](frozen, parts, rng("added"))
    # The other kinds' labels come from rows outside of the test.
    relabeled = cell.method == "noise"
    x, y = frozen.at(parts.labelled)
    moved = frozen.moved[parts.labelled].astype(np.float32)
    plan = replace(plan or Plan(), seed=cell.seed)
    real, baselines = LabeledRows(x, y, view=np.asarray), {**BASELINES, "transforms": copies(moved)}
    verdict = weigh(real, {"added": pool}, relabeled=relabeled, plan=plan, baselines=baselines)
    space, axes = along_principal_axes(x)
    pools = {"added": (pool[0] @ axes.T, pool[1])}
    candidates = make_candidates(real.along(axes), pools, relabeled, None)
    rows_added = {name: add(np.arange(len(y)), rng("truth")) for name, add in candidates.items()}
    pilot, truth = (along(frozen, rows, axes) for rows in (parts.pilot, parts.truth))
    best = max(rows_added, key=lambda name: gain_of((space, y), rows_added[name], pilot))
    arm = (verdict.candidate or best).removesuffix(MOVED)
    gain = gain_of((space, y), rows_added[arm], truth)
    return {
        **verdict_columns(verdict, arm),
        "true_gain": round(gain, 3),
        "added": len(rows_added[arm][1]),
    }


def copies(moved: Array) -> GateBaseline:
    """The baseline that adds rows whose features, before the axes, are `moved` (N, F)."""

    def baseline(rows: LabeledRows) -> Augmenter | None:
        return rows.view and add_copies(rows.view(moved), rows.classes)

    return baseline


def judge_tossed(
    images: Array, config: GANConfig, cell: Cell, plan: Plan | None = None
) -> dict[str, Value]:
    """The gate's verdict on samples of a GAN whose conditions are tosses of a coin."""
    rng = Rng(("gate trial", cell.method, cell.labels, cell.seed))
    x = images[rng("rows").numpy().permutation(len(images))[: cell.labels]]
    y = rng("labels").numpy().integers(2, size=len(x))
    gan = pretrain(x, replace(config, seed=cell.seed), labels=y, device="cpu")
    generated = Synthetic(*sample_classes(gan, TOSSED_ROWS * len(x), seed=cell.seed))
    plan = replace(plan or Plan(), seed=cell.seed)
    verdict = assess(Context(gan, (0, 1), samples=x, indices=y), {"added": generated}, plan=plan)
    plain = (c for c in verdict.comparisons if c.baseline == "nothing")
    arm = max(plain, key=lambda c: c.gain).candidate.removesuffix(MOVED)
    ratio = float(arm.split()[1])
    # Nothing can be learnt of a coin, so that no row that is added has a gain.
    return {**verdict_columns(verdict, arm), "true_gain": 0.0, "added": round(ratio * len(x))}


def verdict_columns(verdict: Verdict, arm: str) -> dict[str, Value]:
    """The verdict's columns, of the arm that it names or else the best one on the pilot."""
    mine = [c for c in verdict.comparisons if c.candidate == arm]
    plain = next(c for c in mine if c.baseline == "nothing")
    return {
        "accepted": int(verdict.answer == "helps"),
        "answer": verdict.answer,
        "arm": arm,
        "p": float(f"{max(c.p_better for c in mine):.3g}"),
        "gain": round(plain.gain, 3),
        "smallest": round(plain.smallest, 3),
        "score": round(verdict.score or 0.0, 3),
    }


def gan_home(config: GANConfig, place: Place) -> Path:
    """Where the GAN's run is; that of a table of MNIST in the same place is taken."""
    table = fewlabel.Table(name="gate", about="", data="mnist", labels=(), draws=(), gan=config)
    return fewlabel.gan_directory(table, config.seed, place)


def feature_files(config: GANConfig, place: Place) -> dict[str, Path]:
    """Where the features of images lie, and those of the moved images."""
    home = gan_home(config, place)
    return {name: home.with_name(f"{home.name}-{name}.npy") for name in ("features", "moved")}


def write_features(config: GANConfig, place: Place) -> None:
    """Pretrain, and write the features of all images as they are and moved, in half precision."""
    data = place.read("mnist")
    gan = pretrain(data, config, run=gan_home(config, place), device="cpu")
    images = np.concatenate([data.x, data.x_test])
    at = feature_files(config, place)
    save_features(gan.features(images), at["features"])
    save_features(gan.features(shift(images, Rng(("gate trials",)))), at["moved"])


def save_features(features: Array, path: Path) -> None:
    """Keep features as float16, whole or not at all."""
    unfinished = path.with_name(UNFINISHED + path.name)
    np.save(unfinished, features.astype(np.float16))
    os.replace(unfinished, path)


def try_gate(config: GANConfig, coin: GANConfig, cell: Cell, place: Place) -> Mapping[str, Value]:
    """One trial of the gate: its verdict, and the true gain."""
    if cell.method == TOSSED:
        return judge_tossed(np.asarray(place.read("digits").x), coin, cell)
    data = place.read("mnist")
    classes = np.concatenate([data.y, data.y_test]).astype(np.int64)
    at = feature_files(config, place)
    features, moved = (np.load(at[name], mmap_mode="r") for name in ("features", "moved"))
    return judge_added(FixedFeatures(features, moved, classes), cell)


def gate_cells(nulls: int, coins: int, powers: int, labels: Sequence[int]) -> tuple[Cell, ...]:
    """Null trials of every kind, and trials of power for every number of labels."""
    plans = [(kind, NULL_LABELS, nulls) for kind in ADDITIONS if kind != GAIN]
    plans += [(TOSSED, TOSSED_LABELS, coins)]
    plans += [(GAIN, count, powers) for count in labels]
    return tuple(
        Cell(method=kind, labels=count, seed=seed)
        for kind, count, trials in plans
        for seed in range(trials)
    )


def gate_suite(short: bool) -> Suite:
    """The suite."""
    config, coin = GATE_GAN, TOSSED_GAN
    counts = 50, 20, 20
    if short:
        config, coin = replace(config, steps=200), replace(coin, steps=200)
        counts = 3, 3, 3
    return Suite(
        cells=gate_cells(*counts, POWER_LABELS[:2] if short else POWER_LABELS),
        solve=partial(try_gate, config, coin),
        measure="accepted",
        by=("labels", "method"),
        needs=lambda cell: None if cell.method == TOSSED else config,
        prepare=write_features,
    )


BENCHMARKS = (
    Benchmark(
        "gate",
        "the gate: accepted of 50 or 20 null trials of each kind, and of gains of 2 points",
        gate_suite,
    ),
)
