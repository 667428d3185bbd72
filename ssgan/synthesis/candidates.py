"""Candidates for the gate from samples that are there already, and the verdict on them.

A pool of samples was made by a GAN that saw all rows, and labelled by what saw all labels: a
predictor, or a conditional GAN itself. In a fold it must tell nothing of the rows held out. So
near-duplicates of those are dropped, and a linear head on the fold's own training rows labels the
pool again. A conditional GAN's own labels cannot be judged on rows whose labels it was trained on:
a sample that looks like a held-out row has that row's label, be it right or a toss of a coin, so
that noise would pass for help.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from sklearn.neighbors import NearestNeighbors

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.selection import take_samples
from ssgan.prediction.graph import condensed
from ssgan.randomness import Rng
from ssgan.synthesis.augmenter import Added, Augmenter, GateBaseline, LabeledRows
from ssgan.synthesis.baselines import BASELINES
from ssgan.synthesis.context import Context, Synthetic
from ssgan.synthesis.gate import Verdict, baseline_augmenters, judge, preselect
from ssgan.synthesis.plan import Plan, linear_judge

Ratios = Sequence[float | None]  # synthetic rows for a real one; None is all of a pool
RATIOS = (0.5, 1.0, 2.0)  # that are tested, where a pool reaches them
DISTINCT = 0.9  # of two ratios: candidates of nearly as many rows would be one candidate twice
COPY = 0.25  # of the median distance between neighbours: nearer is a copy


def find_copies(features: Array, pool: Array) -> Array:
    """The row (M,) of features (N, F) that each row of a pool (M, F) is a copy of, or -1."""
    if not len(pool):
        return np.empty(0, np.int64)
    near = NearestNeighbors(n_neighbors=1).fit(features)
    limit = COPY * float(np.median(near.kneighbors()[0]))
    gap, row = (part[:, 0] for part in near.kneighbors(pool))
    return np.where(gap > limit, -1, row)


def reachable_ratios(pool: int, rows: int) -> tuple[float, ...]:
    """The ratios that a pool is tested at: all of it, and at most two smaller ones of RATIOS."""
    whole = pool / rows
    return (*[ratio for ratio in RATIOS if ratio <= DISTINCT * whole][-2:], whole)


def pool_augmenter(pool: Array, indices: Array, copies: Array, ratio: float) -> Augmenter:
    """The augmenter that adds `ratio` times as many rows of a pool (M, F) as there are.

    `indices` (M,) are their classes. Those that are `copies` (M,) of rows not at hand, by their
    numbers, are left out; -1 is none.
    """

    def add(rows: Array, rng: Rng) -> Added:
        left = np.flatnonzero((copies < 0) | np.isin(copies, rows))
        order = rng("pool").numpy().permutation(len(left))
        left = left[order[: round(ratio * len(rows))]]
        return pool[left], indices[left]

    return add


def relabel(augmenter: Augmenter, features: Array, classes: Array) -> Augmenter:
    """The augmenter with classes from a linear head on the rows that it may see."""

    def add(rows: Array, rng: Rng) -> Added:
        x, y = augmenter(rows, rng)
        return (x, linear_judge(features[rows], classes[rows], x)) if len(x) else (x, y)

    return add


def assess(
    context: Context,
    made: Mapping[str, Synthetic],
    *,
    plan: Plan | None = None,
    ratios: Ratios | None = None,
) -> Verdict:
    """The gate's verdict on samples; candidates are ratio x filter.

    Samples are labelled again within each fold, whoever labelled them. Few labels give "no
    evidence" with the reason, and so does regression.

    Parameters
    ----------
    context : Context
        The GAN and the real rows with their classes.
    made : mapping of str to Synthetic
        Samples by the filters that they passed.
    plan : Plan, default=None
        How often is tested, and how surely.
    ratios : sequence of float or None, default=None
        Synthetic rows for a real one; None among them is all of a pool. By default .5, 1, 2 and
        all, as far as there are enough. More than 3 candidates are reduced to the 3 best on a
        fifth of the rows, which is then not tested on.

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        Where real rows have no labels.

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> from ssgan.synthesis import Context, Synthetic, assess
    >>> x = np.random.default_rng(0).normal(size=(40, 3))
    >>> gan = ssgan.pretrain(x, ssgan.GANConfig(steps=2, batch=8, width=2, latent=4))
    >>> context = Context(gan, (0, 1), samples=x[:4], indices=np.array([0, 0, 0, 1]))
    >>> assess(context, {"gan": Synthetic(gan.sample(8), np.arange(8) % 2)}).lines()
    ['verdict: no evidence: a class has 1 labelled rows: too few to test on']
    """
    plan = plan or Plan()
    if not context.classes:
        count = 0 if context.samples is None else len(context.samples)
        return untested(plan, count, "labels that are numbers are not judged")
    if context.indices is None:
        raise InputError("expected real rows with labels to judge by, got none: give their classes")
    rows = np.flatnonzero(context.indices >= 0)
    classes = context.indices[rows]
    fewest = int(np.bincount(classes, minlength=len(context.classes)).min())
    folds = min(plan.folds, fewest)
    if folds < 2 or folds * plan.repeats < 3:
        return untested(plan, len(rows), f"a class has {fewest} labelled rows: too few to test on")
    gan, samples = context.gan, take_samples(context.samples, rows)
    index = {label: place for place, label in enumerate(context.classes)}
    pools = {
        name: (gan.features(m.samples), np.array([index[x] for x in m.labels.tolist()], np.int64))
        for name, m in made.items()
    }
    real = LabeledRows(
        gan.features(samples), classes, samples, gan.features, gan.codec.transforms, plan.seed
    )
    return assess_features(real, pools, plan=replace(plan, folds=folds), ratios=ratios)


def assess_features(
    real: LabeledRows,
    pools: Mapping[str, Added],
    *,
    relabeled: bool = True,
    plan: Plan | None = None,
    ratios: Ratios | None = None,
    baselines: Mapping[str, GateBaseline] | None = None,
) -> Verdict:
    """The gate's verdict on pools of features of any network, for labelled rows of the same.

    All are seen along the main axes of the labelled rows.

    Parameters
    ----------
    real : LabeledRows
        Rows to judge by.
    pools : mapping of str to (ndarray (M, F), ndarray of int (M,))
        Features to add and their class indices.
    relabeled : bool, default=True
        Whether a linear head on the rows at hand labels the pools in every fold. Without, their
        classes stay, which is sound only where nothing that gave them saw the labels of `real`.
    plan : Plan, default=None
        How often is tested, and how surely.
    ratios : sequence of float or None, default=None
        As in `assess`.
    baselines : mapping of str to callable, default=None
        What candidates must beat besides nothing; by default all `BASELINES` that are for such
        rows: SMOTE, and shifted copies of images.

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        For classes of fewer rows than folds.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.synthesis import LabeledRows, Plan, assess_features
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(800) % 2
    >>> x = rng.normal(size=(800, 60)) + 0.4 * y[:, None]
    >>> real, pools = LabeledRows(x[:100], y[:100]), {"more": (x[100:], y[100:])}
    >>> plan = Plan(repeats=4)
    >>> verdict = assess_features(real, pools, relabeled=False, plan=plan, ratios=(None,))
    >>> verdict.answer, verdict.candidate, verdict.ratio
    ('helps', 'more all', 7.0)
    """
    plan, classes = plan or Plan(), real.classes
    _, axes = condensed(real.features)
    real = real.along(axes)
    seen = {name: (pool @ axes.T, indices) for name, (pool, indices) in pools.items()}
    candidates = make_candidates(real, seen, relabeled, ratios)
    best, tested = preselect(real.features, classes, candidates, judge=plan.judge, seed=plan.seed)
    if np.bincount(classes[tested], minlength=classes.max() + 1).min() < plan.folds:
        best, tested = dict(list(candidates.items())[:3]), np.arange(len(classes))
    others = baseline_augmenters(real, BASELINES if baselines is None else baselines)
    verdict = judge(real.features, classes, best, baselines=others, plan=plan, tested=tested)
    named = {
        name: ratio for name, (_, ratio) in name_candidates(seen, len(classes), ratios).items()
    }
    return replace(verdict, ratio=named[verdict.candidate] if verdict.candidate else None)


def name_candidates(
    pools: Mapping[str, Added], rows: int, ratios: Ratios | None
) -> dict[str, tuple[str, float]]:
    """The pool and the ratio of every candidate, by its name."""
    found: dict[str, tuple[str, float]] = {}
    for name, (pool, _) in pools.items():
        for ratio in reachable_ratios(len(pool), rows) if ratios is None else ratios:
            called = f"{name} {'all' if ratio is None else f'{ratio:.3g} : 1'}"
            found[called] = name, len(pool) / rows if ratio is None else ratio
    return found


def make_candidates(
    real: LabeledRows, pools: Mapping[str, Added], relabeled: bool, ratios: Ratios | None
) -> dict[str, Augmenter]:
    """An augmenter for every ratio and pool, whose rows lie along the same axes as the real."""
    found: dict[str, Augmenter] = {}
    features, classes = real.features, real.classes
    copies = {name: find_copies(features, pool) for name, (pool, _) in pools.items()}
    for called, (name, ratio) in name_candidates(pools, len(features), ratios).items():
        add = pool_augmenter(*pools[name], copies[name], ratio)
        found[called] = relabel(add, features, classes) if relabeled else add
    return found


def untested(plan: Plan, rows: int, reason: str) -> Verdict:
    """No evidence, as nothing could be tested."""
    return Verdict(
        answer="no evidence",
        candidate=None,
        smallest=None,
        rows=rows,
        metric=plan.metric,
        alpha=plan.alpha,
        score=None,
        comparisons=(),
        reason=reason,
    )
