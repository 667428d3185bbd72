"""The gate for labels that are numbers: whether added rows lower the error of a regressor.

It is the test for classes (see `gate`), by another measure: of a fold the error is the root of the
mean squared one, and points are per cent of the labels' deviation by which it is below that. In
each fold a linear head on its training rows labels a pool again, as what gave the pool its labels
saw those of the held-out rows.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.model_selection import KFold
from sklearn.neighbors import NearestNeighbors

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.selection import take_samples
from ssgan.prediction.baselines import flat_rows
from ssgan.prediction.graph import along_principal_axes
from ssgan.randomness import Rng
from ssgan.synthesis.baselines.transforms import shifted_copies
from ssgan.synthesis.classifiers import NamedClassifier, regressors_named
from ssgan.synthesis.context import Context, Synthetic
from ssgan.synthesis.gate.classification import (
    MAX_CANDIDATES,
    FoldTest,
    decide_verdict,
    hopeless_verdict,
    refuse_taken,
)
from ssgan.synthesis.gate.judges import EstimatorJudge, Judge, linear_numbers
from ssgan.synthesis.gate.labeled_rows import Added, Augmenter, LabeledRows
from ssgan.synthesis.gate.plan import NUMBER_METRIC, Plan, error_reduction
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
from ssgan.synthesis.gate.training_rows import PredictFold, TrainingRows, add_nothing
from ssgan.synthesis.gate.verdict import Verdict, advise

FOLD_ROWS = 2  # labelled rows of a fold, at least
NEIGHBOURS = 5  # between a row and one of which a new one may lie


def between_neighbours(features: Array, numbers: Array) -> Augmenter:
    """The augmenter that adds, for each row, one on the way to a neighbour, as SMOTE for regression
    (Torgo et al. 2013) does, with the number on the same way."""

    def add(at: Array, rng: Rng) -> Added:
        x, y, random = features[at], numbers[at], rng.numpy()
        count = min(NEIGHBOURS, len(at) - 1)
        near = NearestNeighbors(n_neighbors=count).fit(x).kneighbors(return_distance=False)
        neighbour = near[np.arange(len(at)), random.integers(count, size=len(at))]
        share = random.random(len(at))
        return x + share[:, None] * (x[neighbour] - x), y + share * (y[neighbour] - y)

    return add


def baselines_of(rows: LabeledRows) -> dict[str, Augmenter]:
    """What is ordinarily added to rows with numbers."""
    augmenters = {"smote": between_neighbours(rows.features, rows.classes)}
    moved = shifted_copies(rows)
    return augmenters | ({"transforms": moved} if moved else {})


def judge_numbers(
    features: Array,
    numbers: Array,
    candidates: Mapping[str, Augmenter],
    *,
    baselines: Mapping[str, Augmenter] | None = None,
    plan: Plan | None = None,
) -> Verdict:
    """Whether one of at most 3 candidates lowers the error of a regressor.

    Parameters
    ----------
    features : ndarray (N, F)
        Labelled rows.
    numbers : ndarray of float (N,)
        Their labels, finite and not all equal.
    candidates : mapping of str to augmenter
        From 1 to 3, chosen before the test.
    baselines : mapping of str to augmenter, default=None
        What candidates must beat besides "nothing"; SMOTE for regression by default.
    plan : Plan, default=None
        How often is tested, and how surely; `plan.judge` predicts numbers.

    Returns
    -------
    Verdict
        Its `metric` is "error reduction": by how many per cent of the labels' deviation the error
        is below it.

    Raises
    ------
    InputError
        For more candidates, one named like a baseline, and rows that cannot be tested on.

    Examples
    --------
    Rows of the same law, which are not seen in the test, help a linear head of 60 labelled rows:

    >>> import numpy as np
    >>> from ssgan.synthesis.gate.regression import judge_numbers
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(900, 40))
    >>> y = x.sum(1) + 2 * rng.normal(size=900)
    >>> more = {"more rows": lambda rows, rng: (x[50:], y[50:])}
    >>> judge_numbers(x[:50], y[:50], more).answer
    'helps'
    """
    plan = plan or Plan(metric=NUMBER_METRIC, judge=linear_numbers)
    if not 1 <= len(candidates) <= MAX_CANDIDATES:
        raise InputError(
            f"expected 1 to {MAX_CANDIDATES} candidates, chosen before the test, got "
            f"{len(candidates)}"
        )
    check_testable(features, numbers, plan)
    if baselines is None:
        baselines = {"smote": between_neighbours(features, numbers)}
    refuse_taken({"nothing"}, baselines, candidates)
    adders = {"nothing": add_nothing(features), **baselines, **candidates}
    predictors = {
        name: predict_numbers(features, numbers, adder, plan) for name, adder in adders.items()
    }
    test = FoldTest(plan, len(features), len(features))
    level = plan.alpha / len(candidates)
    measured = measure_numbers(numbers, {"nothing": predictors.pop("nothing")}, plan)
    start = float(measured["nothing"][:, 0].mean())
    if (finest := test.finest(level)) > 100 - start:
        return hopeless_verdict(plan, len(features), start, finest)
    measured |= measure_numbers(numbers, predictors, plan)
    gains = test.compare(measured, [*candidates], ["nothing", *baselines], level)
    verdict = replace(
        decide_verdict(gains, plan, len(features), start),
        alternatives=test.compare(measured, [*baselines], ["nothing"], level),
        scores={name: round(float(values[:, 0].mean()), 3) for name, values in measured.items()},
    )
    return replace(verdict, advice=advise(verdict))


def check_testable(features: Array, numbers: Array, plan: Plan) -> None:
    """Refuse rows that cannot be tested on."""
    if len(features) != len(numbers):
        raise InputError(f"{len(features)} rows of features but {len(numbers)} numbers")
    if not np.isfinite(numbers).all() or np.ptp(numbers) == 0:
        raise InputError("expected finite numbers that differ, of rows with a label alone")
    if len(numbers) < FOLD_ROWS * plan.folds:
        raise InputError(
            f"a paired test over {plan.folds} folds needs {FOLD_ROWS * plan.folds} labelled rows "
            f"or more, got {len(numbers)}: label more, or plan fewer folds"
        )


def predict_numbers(
    features: Array, numbers: Array, augmenter: Augmenter, plan: Plan
) -> PredictFold:
    """What the judge says of test rows that is trained with the rows of an augmenter."""
    rows = TrainingRows(features, numbers)
    return rows.predict_with(augmenter, lambda x, y, test, rng: plan.judge(x, y, test))


def measure_numbers(
    numbers: Array, predictors: Mapping[str, PredictFold], plan: Plan
) -> dict[str, Array]:
    """The points (folds x repeats, 2) of every predictor on the same folds; the second are NaN."""
    scores: dict[str, list[tuple[float, float]]] = {name: [] for name in predictors}
    deviation = float(numbers.std())
    for repeat in range(plan.repeats):
        rng = Rng(("gate", plan.seed, repeat))
        state = rng("folds").entropy() % 2**32
        folds = KFold(plan.folds, shuffle=True, random_state=state).split(numbers)
        for fold, (train, test) in enumerate(folds):
            truth = numbers[test] / deviation
            for name, predict in predictors.items():
                predicted = predict(train, test, rng(name, fold)) / deviation
                scores[name].append((error_reduction(truth, predicted), float("nan")))
    return {name: np.array(values) for name, values in scores.items()}


def assess_numbers(
    context: Context,
    candidates: Mapping[str, Synthetic],
    plan: Plan,
    ratios: Ratios | None = None,
    regressors: Any = None,
) -> Verdict:
    """The verdict on samples for a regression, as `assess` gives it."""
    if context.numbers is None or context.samples is None:
        raise InputError("expected real rows with numbers to judge by, got none: give their labels")
    plan = replace(plan, metric=NUMBER_METRIC)
    rows = np.flatnonzero(np.isfinite(context.numbers))
    if len(rows) < FOLD_ROWS * plan.folds:
        return untested_verdict(
            plan, len(rows), f"there are {len(rows)} labelled rows: too few to test on"
        )
    if np.ptp(context.numbers[rows]) == 0:
        return untested_verdict(
            plan, len(rows), "all labels are equal: there is nothing to predict"
        )
    models = regressors_named("linear" if regressors is None else regressors, plan.seed)
    plan = replace(plan, alpha=plan.alpha / len(models))
    return first_of_all(
        [assess_regressor(context, candidates, model, plan, ratios) for model in models]
    )


def assess_regressor(
    context: Context,
    candidates: Mapping[str, Synthetic],
    regressor: NamedClassifier,
    plan: Plan,
    ratios: Ratios | None,
) -> Verdict:
    """The verdict of one regressor, over the samples' own columns or over the GAN's features.

    The labels of a pool and what is a copy are found in the GAN's features.
    """
    codec, numbers = context.gan.codec, np.asarray(context.numbers)
    known = np.flatnonzero(np.isfinite(numbers))
    samples, numbers = take_samples(context.samples, known), numbers[known]
    _, axes = along_principal_axes(context.gan.features(samples))
    judge: Judge = linear_numbers if regressor.model is None else EstimatorJudge(regressor.model)
    plan = replace(plan, judge=judge, repeats=min(plan.repeats, regressor.repeats))

    def seen(x: Any) -> Array:
        columns: Array = context.gan.features(x) @ axes.T
        return columns

    def shown(x: Any) -> Array:
        return seen(x) if regressor.model is None else np.asarray(flat_rows(codec, codec.pack(x)))

    pools = {name: (seen(block.samples), block.labels) for name, block in candidates.items()}
    real = LabeledRows(shown(samples), numbers, samples, shown, codec.transforms, plan.seed)
    augmenters: dict[str, Augmenter] = {}
    features = seen(samples)
    for called, (name, ratio) in name_candidates(sizes_of(pools), len(known), ratios).items():
        pool, labels = pools[name]
        choose = labelled_again(features, numbers, pool)
        copies = find_copies(features, pool)
        adder = pool_augmenter(shown(candidates[name].samples), labels, copies, ratio, choose)
        augmenters[called] = adder
    verdict = judge_numbers(
        real.features, numbers, augmenters, baselines=baselines_of(real), plan=plan
    )
    verdict = replace(verdict, classifier=regressor.name)
    return with_ratio(verdict, sizes_of(pools), len(known), ratios)


def labelled_again(features: Array, numbers: Array, pool: Array) -> Chooser:
    """The first rows of a pool (M, F), with the numbers of a linear head on the rows at hand."""

    def choose(rows: Array, left: Array, count: int) -> tuple[Array, Array]:
        left = left[:count]
        return left, linear_numbers(features[rows], numbers[rows], pool[left])

    return choose
