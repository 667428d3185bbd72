"""Arms for the gate from samples that are there already, and the verdict on them.

A pool of samples was made by a GAN that saw all rows, and labelled by what saw all labels: a
predictor, or a conditional GAN itself. In a fold it must tell nothing of the rows held out: their
near-duplicates are dropped, and its labels are given anew by a linear head on the fold's own
training rows. A conditional GAN's own labels cannot be judged on rows whose labels it was told: a
sample that looks like a row held out has that row's label, be it right or a toss of a coin, so that
noise would pass for help.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from ssgan.config import InputError
from ssgan.models.gan import GAN
from ssgan.prediction.graph import condensed
from ssgan.randomness import Rng
from ssgan.synthesis.filters import Filtered, Known
from ssgan.synthesis.gate import Added, Maker, Plan, Verdict, chosen, judge, linear_judge, smoted

Array = NDArray[Any]
RATIOS = (0.5, 1.0, 2.0)  # synthetic rows for a real one
APART = 0.9  # of two ratios: arms of nearly as many rows would be one arm twice
CLOSE = 0.25  # of the median distance between neighbours: nearer is a copy
SHIFT = 8  # the classical rival moves images by up to an eighth of a side


def copied(features: Array, pool: Array) -> Array:
    """The row (M,) of features (N, F) that each row of a pool (M, F) is a copy of, or -1."""
    if not len(pool):
        return np.empty(0, np.int64)
    near = NearestNeighbors(n_neighbors=1).fit(features)
    limit = CLOSE * float(np.median(near.kneighbors()[0]))
    gap, row = (part[:, 0] for part in near.kneighbors(pool))
    return np.where(gap > limit, -1, row)


def reachable(pool: int, rows: int) -> tuple[float, ...]:
    """The ratios that a pool is tested at: all of it, and at most two smaller ones of RATIOS."""
    whole = pool / rows
    return (*[ratio for ratio in RATIOS if ratio <= APART * whole][-2:], whole)


def pooled(pool: Array, indices: Array, copies: Array, ratio: float) -> Maker:
    """The arm that adds `ratio` times as many rows of a pool (M, F) as there are.

    `indices` (M,) are their classes. Those that are `copies` (M,) of rows not at hand, by their
    numbers, are left out; -1 is none.
    """

    def make(rows: Array, rng: Rng) -> Added:
        left = np.flatnonzero((copies < 0) | np.isin(copies, rows))
        order = rng("pool").numpy().permutation(len(left))
        left = left[order[: round(ratio * len(rows))]]
        return pool[left], indices[left]

    return make


def moved_features(gan: GAN, images: Array, rng: Rng) -> Array:
    """Features of images (N, H, W, ...) moved a little, the classical transform."""
    images, random = np.asarray(images), rng.numpy()
    moved = np.empty_like(images)
    for number, image in enumerate(images):
        down, right = (int(random.integers(-s // SHIFT, s // SHIFT + 1)) for s in image.shape[:2])
        pad = [(abs(down),) * 2, (abs(right),) * 2, *[(0, 0)] * (image.ndim - 2)]
        wide = np.pad(image, pad, mode="edge")
        top, left = abs(down) - down, abs(right) - right
        moved[number] = wide[top : top + image.shape[0], left : left + image.shape[1]]
    return gan.features(moved)


def assess(
    known: Known,
    made: Mapping[str, Filtered],
    *,
    plan: Plan | None = None,
    ratios: Sequence[float | None] | None = None,
) -> Verdict:
    """The gate's verdict on samples, by the filters that they passed; arms are ratio x filter.

    Samples are labelled anew within each fold, whoever labelled them (see above). `ratios` as in
    `weighed`. More than 3 arms are reduced to the 3 best on a fifth of the rows, which is then not
    tested on. Few labels give "no evidence" with the reason, and so do labels that are numbers.
    """
    plan = plan or Plan()
    if not known.classes:
        count = 0 if known.samples is None else len(known.samples)
        return untested(plan, count, "labels that are numbers are not judged")
    if known.indices is None:
        raise InputError("expected real rows with labels to judge by, got none: give their classes")
    rows = np.flatnonzero(known.indices >= 0)
    classes = known.indices[rows]
    least = int(np.bincount(classes, minlength=len(known.classes)).min())
    folds = min(plan.folds, least)
    if folds < 2 or folds * plan.repeats < 3:
        return untested(plan, len(rows), f"a class has {least} labelled rows: too few to test on")
    plan, gan = replace(plan, folds=folds), known.gan
    known = replace(known, samples=take(known.samples, rows), indices=classes)
    index = {label: place for place, label in enumerate(known.classes)}
    pools = {
        name: (gan.features(f.samples), np.array([index[x] for x in f.labels.tolist()], np.int64))
        for name, f in made.items()
    }
    moved = None
    if "shift" in gan.codec.transforms and np.ndim(known.samples) > 2:
        moved = moved_features(gan, known.samples, Rng(("transforms", plan.seed)))
    real = gan.features(known.samples), classes
    return weighed(real, pools, moved=moved, plan=plan, ratios=ratios)


def weighed(
    real: Added,
    pools: Mapping[str, Added],
    *,
    moved: Array | None = None,
    anew: bool = True,
    plan: Plan | None = None,
    ratios: Sequence[float | None] | None = None,
) -> Verdict:
    """The gate's verdict on pools of features (M, F) with classes, for `real` rows of any network.

    All are looked at along the main axes of the rows. Rivals are SMOTE and, where there are any,
    `moved` (N, F): what a classical transform makes of each row. The classes of a pool are given
    anew by a linear head on the rows at hand; without `anew` they stay, which is sound only where
    nothing that gave them saw the labels of `real`. Of `ratios`, synthetic rows for a real one,
    None is all of a pool; by default there are those that a pool can reach. Raises ValueError for
    classes of fewer rows than folds.
    """
    plan, classes = plan or Plan(), real[1]
    space, axes = condensed(real[0])
    seen = {name: (pool @ axes.T, indices) for name, (pool, indices) in pools.items()}
    arms = candidates(space, classes, seen, anew, ratios)
    best, tested = chosen(space, classes, arms, judge=plan.judge, seed=plan.seed)
    if np.bincount(classes[tested], minlength=classes.max() + 1).min() < plan.folds:
        best, tested = dict(list(arms.items())[:3]), np.arange(len(space))
    rivals = {"smote": smoted(space, classes)}
    if moved is not None:
        turned = moved @ axes.T
        rivals["transforms"] = lambda at, rng: (turned[at], classes[at])
    verdict = judge(space, classes, best, rivals=rivals, plan=plan, tested=tested)
    named = {name: ratio for name, (_, ratio) in planned(seen, len(space), ratios).items()}
    return replace(verdict, ratio=named[verdict.arm] if verdict.arm else None)


def planned(
    pools: Mapping[str, Added], rows: int, ratios: Sequence[float | None] | None
) -> dict[str, tuple[str, float]]:
    """The pool and the ratio of every arm, by its name."""
    arms: dict[str, tuple[str, float]] = {}
    for name, (pool, _) in pools.items():
        for ratio in reachable(len(pool), rows) if ratios is None else ratios:
            called = f"{name} {'all' if ratio is None else f'{ratio:.3g} : 1'}"
            arms[called] = name, len(pool) / rows if ratio is None else ratio
    return arms


def candidates(
    space: Array,
    classes: Array,
    pools: Mapping[str, Added],
    anew: bool,
    ratios: Sequence[float | None] | None,
) -> dict[str, Maker]:
    """An arm for every ratio and pool, whose rows lie along the same axes."""
    arms: dict[str, Maker] = {}
    copies = {name: copied(space, pool) for name, (pool, _) in pools.items()}
    for called, (name, ratio) in planned(pools, len(space), ratios).items():
        make = pooled(*pools[name], copies[name], ratio)
        arms[called] = told_anew(make, space, classes) if anew else make
    return arms


def told_anew(make: Maker, features: Array, classes: Array) -> Maker:
    """The arm with classes from a linear head on the rows that it may see."""

    def relabelled(rows: Array, rng: Rng) -> Added:
        x, y = make(rows, rng)
        return (x, linear_judge(features[rows], classes[rows], x)) if len(x) else (x, y)

    return relabelled


def take(samples: Any, rows: Array) -> Any:
    return samples.iloc[rows] if hasattr(samples, "iloc") else samples[rows]


def untested(plan: Plan, rows: int, reason: str) -> Verdict:
    """No evidence, as nothing could be tested."""
    return Verdict(
        answer="no evidence",
        arm=None,
        smallest=None,
        rows=rows,
        metric=plan.metric,
        alpha=plan.alpha,
        score=None,
        comparisons=(),
        reason=reason,
    )
