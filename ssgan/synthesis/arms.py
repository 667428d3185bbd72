"""Arms for the gate from samples that are there already, and the verdict on them.

A pool of samples was made by a GAN that saw all rows, and labelled by a predictor that saw all
labels. In a fold it must tell nothing of the rows held out: their near-duplicates are dropped, and
its labels are given anew by a linear head on the fold's own training rows where a predictor gave
them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from ssgan.gan import GAN
from ssgan.heads import condensed
from ssgan.randomness import Draw
from ssgan.synthesis.filters import Filtered, Known
from ssgan.synthesis.gate import (
    Added,
    Maker,
    Plan,
    Verdict,
    chosen,
    judge,
    linear_judge,
    smoted,
)

Array = NDArray[Any]
RATIOS = (0.5, 1.0, 2.0)  # synthetic rows for a real one
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


def pooled(pool: Array, indices: Array, copies: Array, ratio: float | None) -> Maker:
    """The arm that adds `ratio` times as many rows of a pool (M, F); None adds all that may be.

    `indices` (M,) are their classes. Those that are `copies` (M,) of rows not at hand, by their
    numbers, are left out; -1 is none.
    """

    def make(rows: Array, draw: Draw) -> Added:
        left = np.flatnonzero((copies < 0) | np.isin(copies, rows))
        if ratio is not None:
            order = draw("pool").numpy().permutation(len(left))
            left = left[order[: int(ratio * len(rows))]]
        return pool[left], indices[left]

    return make


def moved_features(gan: GAN, images: Array, draw: Draw) -> Array:
    """Features of images (N, H, W, ...) moved a little, the classical transform."""
    images, random = np.asarray(images), draw.numpy()
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
    ratios: Sequence[float | None] = RATIOS,
) -> Verdict:
    """The gate's verdict on samples, by the filters that they passed; arms are ratio x filter.

    More than 3 arms are reduced to the 3 best on a fifth of the rows, which is then not tested on.
    Few labels give "no evidence" with the reason, and so do labels that are numbers.
    """
    plan = plan or Plan()
    if not known.classes or known.indices is None:
        return untested(plan, 0, "labels that are numbers are not judged")
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
    if gan.codec.kind == "images" and np.ndim(known.samples) > 2:
        moved = moved_features(gan, known.samples, Draw(("transforms", plan.seed)))
    real = gan.features(known.samples), classes
    return weighed(real, pools, moved=moved, anew=not gan.classes, plan=plan, ratios=ratios)


def weighed(
    real: Added,
    pools: Mapping[str, Added],
    *,
    moved: Array | None = None,
    anew: bool = False,
    plan: Plan | None = None,
    ratios: Sequence[float | None] = RATIOS,
) -> Verdict:
    """The gate's verdict on pools of features (M, F) with classes, for `real` rows of any network.

    All are looked at along the main axes of the rows. Rivals are SMOTE and, where there are any,
    `moved` (N, F): what a classical transform makes of each row. `anew`: the classes of a pool are
    given by a linear head on the rows at hand. Raises ValueError for classes of fewer rows than
    folds.
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
        rivals["transforms"] = lambda at, draw: (turned[at], classes[at])
    return judge(space, classes, best, rivals=rivals, plan=plan, tested=tested)


def candidates(
    space: Array,
    classes: Array,
    pools: Mapping[str, Added],
    anew: bool,
    ratios: Sequence[float | None],
) -> dict[str, Maker]:
    """An arm for every ratio and pool, whose rows lie along the same axes."""
    arms: dict[str, Maker] = {}
    for name, (pool, indices) in pools.items():
        copies = copied(space, pool)
        for ratio in ratios:
            called = f"{name} {'all' if ratio is None else f'{ratio:g} : 1'}"
            make = pooled(pool, indices, copies, ratio)
            arms[called] = told_anew(make, space, classes) if anew else make
    return arms


def told_anew(make: Maker, features: Array, classes: Array) -> Maker:
    """The arm with classes from a linear head on the rows that it may see."""

    def relabelled(rows: Array, draw: Draw) -> Added:
        x, y = make(rows, draw)
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
