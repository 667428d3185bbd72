"""Candidates for the gate from samples that are there already, and the verdict on them.

A pool of samples was made by a GAN that saw all rows, and labelled by what saw all labels: a
predictor, or a conditional GAN itself. In a fold it must tell nothing of the rows held out. So
near-duplicates of those are dropped, and a linear head on the fold's own training rows labels the
pool again. A conditional GAN's own labels cannot be judged on rows whose labels it was trained on:
a sample that looks like a held-out row has that row's label, be it right or a toss of a coin, so
that noise would pass for help.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.selection import take_samples
from ssgan.prediction.baselines import flat_rows
from ssgan.prediction.graph import along_principal_axes
from ssgan.synthesis.baselines import BASELINES
from ssgan.synthesis.classifiers import NamedClassifier, classifiers_named
from ssgan.synthesis.context import Context, Synthetic
from ssgan.synthesis.gate.classification import baseline_augmenters, judge, preselect
from ssgan.synthesis.gate.judges import (
    EstimatorJudge,
    balanced_weights,
    by_index,
    linear_judge,
    linear_scores,
)
from ssgan.synthesis.gate.labeled_rows import Added, Augmenter, GateBaseline, LabeledRows, View
from ssgan.synthesis.gate.plan import Plan
from ssgan.synthesis.gate.pools import (
    Chooser,
    Ratios,
    find_copies,
    first_of_all,
    name_candidates,
    pool_augmenter,
    sizes_of,
    untested_verdict,
    with_ratio,
)
from ssgan.synthesis.gate.regression import assess_numbers
from ssgan.synthesis.gate.verdict import Verdict


def first_rows_chooser(features: Array, classes: Array, pool: Array) -> Chooser:
    """The first rows of a pool (M, F), labelled by a linear head on the real ones at hand."""

    def choose(rows: Array, left: Array, count: int) -> tuple[Array, Array]:
        left = left[:count]
        if not len(left):
            return left, np.empty(0, np.int64)
        return left, linear_judge(features[rows], classes[rows], pool[left])

    return choose


def by_class(features: Array, classes: Array, pool: Array, class_counts: Array) -> Chooser:
    """Of every class its share of `class_counts` (K,): the rows of which a linear head is surest.

    To the head all classes are equally frequent, else it would find next to none of a rare one.
    The pool (M, F) was made regardless of classes. Rows that were chosen by who knows all labels
    would show which held-out rows are of a rare class by where they lie.
    """
    shares = class_counts / class_counts.sum()

    def choose(rows: Array, left: Array, count: int) -> tuple[Array, Array]:
        x, y = features[rows], classes[rows]
        scores = by_index(linear_scores(x, y, pool[left], balanced_weights(y)), y, len(shares))
        likeliest, orders = scores.argmax(1), []
        counts = np.diff(np.round(np.cumsum([0, *shares]) * min(count, len(left)))).astype(int)
        for index, number in enumerate(counts):
            orders.append(np.lexsort((-scores[:, index], likeliest != index))[:number])
        return left[np.concatenate(orders)], np.repeat(np.arange(len(shares)), counts)

    return choose


def assess(
    context: Context,
    made: Mapping[str, Synthetic],
    *,
    plan: Plan | None = None,
    ratios: Ratios | None = None,
    classifiers: Any = None,
    class_counts: Array | None = None,
) -> Verdict:
    """The gate's verdict on samples; candidates are ratio x filter.

    Samples are labelled again within each fold, whoever labelled them. Few labels give "no
    evidence" with the reason. Labels that are numbers are judged by errors (see `regression`).

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
    classifiers : str, estimator or sequence of them, default=None
        Names of `GATE_CLASSIFIERS`, or classifiers of scikit-learn over the samples' columns as
        numbers. The verdict is that of the one that is best without synthetic rows; the others
        are in it. By default the plan's judge, over the GAN's features.
    class_counts : ndarray of int (K,), default=None
        How many of every class are wanted of samples that were made regardless of classes. In each
        fold those are taken of which a linear head on its rows is surest. Samples that were chosen
        by class cannot be judged so: where they lie tells what held-out rows are.

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        Where real rows have no labels, and for unknown classifiers.

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
        return assess_numbers(context, made, plan, ratios, classifiers)
    if context.indices is None:
        raise InputError("expected real rows with labels to judge by, got none: give their classes")
    rows = np.flatnonzero(context.indices >= 0)
    classes = context.indices[rows]
    fewest = int(np.bincount(classes, minlength=len(context.classes)).min())
    folds = min(plan.folds, fewest)
    if folds < 2 or folds * plan.repeats < 3:
        return untested_verdict(
            plan, len(rows), f"a class has {fewest} labelled rows: too few to test on"
        )
    plan = replace(plan, folds=folds)
    if classifiers is None:
        models = [NamedClassifier("linear", None, plan.repeats)]
    else:
        models = classifiers_named(classifiers, context.gan.codec.shape, plan.seed)
        plan = replace(plan, alpha=plan.alpha / len(models))
    return first_of_all([assess_one(context, made, a, plan, ratios, class_counts) for a in models])


def view_rows(
    context: Context, candidates: Mapping[str, Synthetic], view: View
) -> tuple[LabeledRows, dict[str, Added]]:
    """Labelled rows and pools of samples in a view: features, or their own columns."""
    if context.indices is None:
        raise InputError("expected real rows with labels to judge by, got none: give their classes")
    rows = np.flatnonzero(context.indices >= 0)
    samples = take_samples(context.samples, rows)
    pools = {name: (view(m.samples), context.places(m.labels)) for name, m in candidates.items()}
    codec, classes = context.gan.codec, context.indices[rows]
    known = LabeledRows(view(samples), classes, samples, view, codec.transforms)
    return replace(known, cell_axes=codec.cell_axes), pools


def assess_one(
    context: Context,
    made: Mapping[str, Synthetic],
    classifier: NamedClassifier,
    plan: Plan,
    ratios: Ratios | None,
    class_counts: Array | None,
) -> Verdict:
    """The verdict of one classifier.

    It sees the samples' own columns, but the labels of a pool and what is a copy are found in the
    GAN's features.
    """
    plan = replace(plan, repeats=min(plan.repeats, classifier.repeats))
    real, pools = view_rows(context, made, context.gan.features)
    _, axes = along_principal_axes(real.features)
    real = replace(real.along(axes), seed=plan.seed)
    pools = {name: (pool @ axes.T, indices) for name, (pool, indices) in pools.items()}
    if classifier.model is None:
        candidates = make_candidates(real, pools, True, ratios, class_counts=class_counts)
        verdict = verdict_on(real, candidates, plan, BASELINES)
    else:
        codec = context.gan.codec
        in_columns, columns = view_rows(
            context, made, lambda samples: flat_rows(codec, codec.pack(samples))
        )
        rows = {name: pool for name, (pool, _) in columns.items()}
        candidates = make_candidates(
            real, pools, True, ratios, shown=rows, class_counts=class_counts
        )
        plan = replace(plan, judge=EstimatorJudge(classifier.model))
        verdict = verdict_on(replace(in_columns, seed=plan.seed), candidates, plan, BASELINES)
    verdict = replace(verdict, classifier=classifier.name)
    return with_ratio(verdict, sizes_of(pools, class_counts), len(real.classes), ratios)


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
    plan = plan or Plan()
    _, axes = along_principal_axes(real.features)
    real = real.along(axes)
    seen = {name: (pool @ axes.T, indices) for name, (pool, indices) in pools.items()}
    candidates = make_candidates(real, seen, relabeled, ratios)
    verdict = verdict_on(real, candidates, plan, BASELINES if baselines is None else baselines)
    return with_ratio(verdict, sizes_of(seen), len(real.classes), ratios)


def verdict_on(
    real: LabeledRows,
    candidates: Mapping[str, Augmenter],
    plan: Plan,
    baselines: Mapping[str, GateBaseline],
) -> Verdict:
    """The verdict on the best of some candidates, tested on rows that did not choose them."""
    classes = real.classes
    best, tested = preselect(real.features, classes, candidates, judge=plan.judge, seed=plan.seed)
    if np.bincount(classes[tested], minlength=classes.max() + 1).min() < plan.folds:
        best, tested = dict(list(candidates.items())[:3]), np.arange(len(classes))
    real = replace(real, balanced=plan.metric == "balanced accuracy")
    augmenters = baseline_augmenters(real, baselines)
    return judge(real.features, classes, best, baselines=augmenters, plan=plan, tested=tested)


def make_candidates(
    real: LabeledRows,
    pools: Mapping[str, Added],
    relabeled: bool,
    ratios: Ratios | None,
    *,
    shown: Mapping[str, Array] | None = None,
    class_counts: Array | None = None,
) -> dict[str, Augmenter]:
    """An augmenter for every ratio and pool, whose rows lie along the same axes as the real.

    `shown` is what is added in place of the pools' own rows, `class_counts` (K,) how many of every
    class are chosen from pools that were made regardless of classes.
    """
    augmenters: dict[str, Augmenter] = {}
    features, classes = real.features, real.classes
    copies = {name: find_copies(features, pool) for name, (pool, _) in pools.items()}
    sizes = name_candidates(sizes_of(pools, class_counts), len(features), ratios)
    for called, (name, ratio) in sizes.items():
        pool, indices = pools[name]
        choose = first_rows_chooser(features, classes, pool) if relabeled else None
        if class_counts is not None:
            choose = by_class(features, classes, pool, class_counts)
        rows = pool if shown is None else shown[name]
        augmenters[called] = pool_augmenter(rows, indices, copies[name], ratio, choose)
    return augmenters
