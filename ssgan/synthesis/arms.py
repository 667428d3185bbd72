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


def pooled(features: Array, pool: Array, indices: Array, ratio: float | None) -> Maker:
    """The arm that adds `ratio` times as many rows of a pool (M, F); None adds all that may be.

    `indices` (M,) are their classes. Copies of rows that are not at hand are left out.
    """
    near = NearestNeighbors(n_neighbors=1).fit(features)
    limit = CLOSE * float(np.median(near.kneighbors()[0]))
    gap, row = (part[:, 0] for part in near.kneighbors(pool)) if len(pool) else (pool, pool)

    def make(rows: Array, draw: Draw) -> Added:
        seen = np.isin(row, rows)
        left = np.flatnonzero(seen | (gap > limit))
        if ratio is not None:
            order = draw("pool").numpy().permutation(len(left))
            left = left[order[: int(ratio * len(rows))]]
        return pool[left], indices[left]

    return make


def shifted(known: Known, draw: Draw) -> Array:
    """Features of the real images moved a little, the classical transform."""
    images, random = np.asarray(known.samples), draw.numpy()
    moved = np.empty_like(images)
    for number, image in enumerate(images):
        down, right = (int(random.integers(-s // SHIFT, s // SHIFT + 1)) for s in image.shape[:2])
        pad = [(abs(down),) * 2, (abs(right),) * 2, *[(0, 0)] * (image.ndim - 2)]
        wide = np.pad(image, pad, mode="edge")
        top, left = abs(down) - down, abs(right) - right
        moved[number] = wide[top : top + image.shape[0], left : left + image.shape[1]]
    return known.gan.features(moved)


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
    plan = replace(plan, folds=folds)
    real = known.gan.features(take(known.samples, rows))
    space, axes = condensed(real)
    pools = {name: known.gan.features(f.samples) @ axes.T for name, f in made.items()}
    known = replace(known, samples=take(known.samples, rows), indices=classes)
    arms = candidates(space, classes, pools, made, known, ratios)
    best, tested = chosen(space, classes, arms, judge=plan.judge, seed=plan.seed)
    if np.bincount(classes[tested], minlength=len(known.classes)).min() < folds:
        best, tested = dict(list(arms.items())[:3]), np.arange(len(space))
    rivals = {"smote": smoted(space, classes)}
    if known.gan.codec.kind == "images" and np.ndim(known.samples) > 2:
        copies = shifted(known, Draw(("transforms", plan.seed))) @ axes.T
        rivals["transforms"] = lambda at, draw: (copies[at], classes[at])
    return judge(space, classes, best, rivals=rivals, plan=plan, tested=tested)


def candidates(
    space: Array,
    classes: Array,
    pools: Mapping[str, Array],
    made: Mapping[str, Filtered],
    known: Known,
    ratios: Sequence[float | None],
) -> dict[str, Maker]:
    """An arm for every ratio and filter."""
    arms: dict[str, Maker] = {}
    index = {label: place for place, label in enumerate(known.classes)}
    for name, pool in pools.items():
        own = np.array([index[label] for label in made[name].labels.tolist()], np.int64)
        for ratio in ratios:
            called = f"{name} {'all' if ratio is None else f'{ratio:g} : 1'}"
            make = pooled(space, pool, own, ratio)
            arms[called] = make if known.gan.classes else told_anew(make, space, classes)
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
