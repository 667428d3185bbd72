"""The gate: whether added rows help a classifier, by a paired test over folds and repeats.

    verdict = judge(features, classes, {"gan 1:1": augmenter})
    verdict.answer            # "helps", "no evidence" or "hurts"
    verdict.smallest          # the smallest gain that it would have seen in 4 of 5 cases

A candidate is an augmenter, a function `augmenter(rows, rng)`. It gets the numbers of the rows it
may see and returns rows to add, features (M, F) and class indices (M,), which must not depend on
other rows.

Folds overlap in what they train on, so the variance of a mean over them is corrected (Nadeau and
Bengio 2003, "Inference for the generalization error", eq. 9). A candidate helps where it beats
every baseline, which needs no correction, and candidates are corrected after Holm (1979).
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats
from sklearn.model_selection import StratifiedKFold

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.randomness import Rng
from ssgan.synthesis.baselines import BASELINES
from ssgan.synthesis.gate.adjustments import (
    adjustments,
    average_precision,
    chosen_power,
    outputs_of,
    ranked_classes,
    threshold_at,
    unadjusted_outputs,
)
from ssgan.synthesis.gate.judges import Judge, linear_judge
from ssgan.synthesis.gate.labeled_rows import Augmenter, GateBaseline, LabeledRows
from ssgan.synthesis.gate.plan import METRICS, Plan
from ssgan.synthesis.gate.training_rows import PredictFold, TrainingRows, add_nothing
from ssgan.synthesis.gate.verdict import MOVED, Comparison, Verdict, advise

TEST_POWER = 0.8  # probability with which the smallest gain is seen
MAX_CANDIDATES = 3


def baseline_augmenters(
    rows: LabeledRows, baselines: Mapping[str, GateBaseline] = BASELINES
) -> dict[str, Augmenter]:
    """The augmenters of those baselines that are for such rows."""
    augmenters = {name: baseline(rows) for name, baseline in baselines.items()}
    return {name: augmenter for name, augmenter in augmenters.items() if augmenter is not None}


def judge(
    features: Array,
    classes: Array,
    candidates: Mapping[str, Augmenter],
    *,
    baselines: Mapping[str, Augmenter] | None = None,
    plan: Plan | None = None,
    tested: Array | None = None,
) -> Verdict:
    """Whether one of at most 3 candidates helps a classifier.

    Parameters
    ----------
    features : ndarray (N, F)
        Labelled rows.
    classes : ndarray of int (N,)
        Their class indices, from 0 on.
    candidates : mapping of str to augmenter
        From 1 to 3, chosen before the test.
    baselines : mapping of str to augmenter, default=None
        What candidates must beat besides "nothing"; SMOTE by default.
    plan : Plan, default=None
        How often is tested, and how surely.
    tested : ndarray of int, default=None
        Only these rows are held out in turn, all others are always trained on. Candidates that
        were chosen by those are judged by the rest.

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        For more candidates, one named like a baseline, classes that are no indices, and classes of
        fewer rows than folds.

    References
    ----------
    Nadeau and Bengio 2003, "Inference for the generalization error", eq. 9; Holm 1979.

    Examples
    --------
    Rows of the same law, which are not seen in the test, help a head of 100 labelled rows:

    >>> import numpy as np
    >>> from ssgan.synthesis import Plan, judge
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(800) % 2
    >>> x = rng.normal(size=(800, 60)) + 0.4 * y[:, None]
    >>> more = {"more rows": lambda rows, rng: (x[100:], y[100:])}
    >>> judge(x[:100], y[:100], more, plan=Plan(repeats=4), baselines={}).answer
    'helps'
    """
    plan, classes = plan or Plan(), np.asarray(classes)
    if not 1 <= len(candidates) <= MAX_CANDIDATES:
        raise InputError(
            f"expected 1 to {MAX_CANDIDATES} candidates, chosen before the test, got "
            f"{len(candidates)}"
        )
    check_rows(features, classes, plan)
    if baselines is None:
        baselines = baseline_augmenters(LabeledRows(features, classes))
    rows = TrainingRows(features, classes)
    trained = unadjusted_outputs(plan.judge, int(classes.max()) + 1)
    adjusted = adjustments(plan.judge, classes, plan.metric)
    refuse_taken({"nothing", *adjusted}, baselines, candidates)
    nothing, adders = add_nothing(features), {**baselines, **candidates}
    plainly = {"nothing": rows.predict_with(nothing, trained)}
    tried = {name: rows.predict_with(nothing, fit) for name, fit in adjusted.items()}
    tried |= {name: rows.predict_with(more, trained) for name, more in adders.items()}
    moved = moved_candidates(rows, candidates, plan) if "threshold" in adjusted else {}
    names = [*candidates, *moved]
    test = FoldTest(plan, len(features), len(features) if tested is None else len(tested))
    level = plan.alpha / len(names)
    measured = measure_predictors(features, classes, plainly, plan, tested)
    start = float(measured["nothing"][:, 0].mean())
    if (finest := test.finest(level)) > 100 - start:
        return hopeless_verdict(plan, len(features), start, finest)
    measured |= measure_predictors(features, classes, tried | moved, plan, tested)
    without = [*adjusted, *baselines]
    gains = test.compare(measured, names, ["nothing", *without], level)
    verdict = decide_verdict(gains, plan, len(features), start)
    verdict = replace(verdict, alternatives=test.compare(measured, without, ["nothing"], level))
    return with_advice(verdict, measured, features, classes, plan)


def moved_candidates(
    rows: TrainingRows, candidates: Mapping[str, Augmenter], plan: Plan
) -> dict[str, PredictFold]:
    """Every candidate with a moved threshold as well; none for a judge that gives classes alone."""
    outputs = outputs_of(plan.judge)
    if outputs is None:
        return {}
    moved = {}
    for name, more in candidates.items():
        moved[name + MOVED] = rows.predict_moved(more, outputs, plan.metric)
    return moved


def refuse_taken(reserved: set[str], baselines: Iterable[str], candidates: Iterable[str]) -> None:
    """InputError for a name that says two things."""
    if clashing := reserved & {*baselines, *candidates} or {*baselines} & {*candidates}:
        raise InputError(
            f"the name {min(clashing)!r} is that of a baseline: call it something else"
        )


def with_advice(
    verdict: Verdict, measured: Mapping[str, Array], features: Array, classes: Array, plan: Plan
) -> Verdict:
    """The verdict with what else was measured, and with what to do."""
    means = {name: values.mean(0) for name, values in measured.items()}
    power, outputs = None, outputs_of(plan.judge)
    if "threshold" in measured and outputs is not None:
        rng = Rng(("gate", plan.seed, "threshold"))
        power = chosen_power(outputs, features, classes, plan.metric, rng, folds=plan.folds)
    verdict = replace(
        verdict,
        scores={name: round(float(mean[0]), 3) for name, mean in means.items()},
        rankings={name: round(float(m[1]), 3) for name, m in means.items() if not np.isnan(m[1])},
        power=power,
        threshold=None if power is None else threshold_at(power, classes),
    )
    return replace(verdict, advice=advise(verdict))


@dataclass(frozen=True)
class FoldTest:
    """The paired test over folds of `pool` rows out of `rows`."""

    plan: Plan
    rows: int
    pool: int

    def finest(self, level: float) -> float:
        """The smallest gain that would be seen if every fold agreed."""
        law = stats.t(self.plan.folds * self.plan.repeats - 1)
        return float(law.ppf(1 - level) + law.ppf(TEST_POWER)) * (100 / self.pool / 2)

    def compare(
        self, measured: Mapping[str, Array], names: list[str], others: list[str], level: float
    ) -> tuple[Comparison, ...]:
        """Each of some names against each of others, by what was measured."""
        test_rows = self.pool / self.plan.folds
        overlap, compared = test_rows / (self.rows - test_rows), []
        for pair in itertools.product(names, others):
            gains, ranked = (measured[pair[0]] - measured[pair[1]]).T
            ranking = None if np.isnan(ranked).any() else float(ranked.mean())
            comparison = compare_gains(pair, gains, overlap, level, self.pool)
            compared.append(replace(comparison, ranking=ranking))
        return tuple(compared)


def hopeless_verdict(plan: Plan, rows: int, score: float, finest: float) -> Verdict:
    """No evidence, as no gain that there could be would be seen."""
    return Verdict(
        answer="no evidence",
        candidate=None,
        smallest=finest,
        rows=rows,
        metric=plan.metric,
        alpha=plan.alpha,
        score=score,
        comparisons=(),
        scores={"nothing": score},
        reason=f"of {rows} labelled rows no gain below {finest:.1f} points of {plan.metric} could "
        f"be seen, and without synthetic rows it is {score:.1f} of 100: label more",
    )


def check_rows(features: Array, classes: Array, plan: Plan) -> None:
    """Refuse rows that cannot be tested on."""
    if plan.metric not in METRICS:
        raise InputError(f"{plan.metric} is of numbers, classes have {' and '.join(METRICS)}")
    if len(features) != len(classes):
        raise InputError(f"{len(features)} rows of features but {len(classes)} classes")
    if classes.dtype.kind not in "iu" or (classes < 0).any():
        raise InputError(
            f"expected class indices from 0 on, got {classes[:1].tolist()}: give "
            "np.unique(labels, return_inverse=True)[1], of rows with a label alone"
        )
    counts = np.unique(classes, return_counts=True)[1]
    if len(counts) < 2 or counts.min() < plan.folds:
        raise InputError(
            f"a paired test over {plan.folds} folds needs two classes of {plan.folds} labelled "
            f"rows or more, got {counts.tolist()}: label more, or plan fewer folds"
        )


def measure_predictors(
    features: Array,
    classes: Array,
    predictors: Mapping[str, PredictFold],
    plan: Plan,
    tested: Array | None,
) -> dict[str, Array]:
    """The metric and average precision (folds x repeats, 2) of every predictor, on the same folds.

    NaN is the average precision of a judge that gives classes alone.
    """
    pool = np.arange(len(features)) if tested is None else np.asarray(tested)
    scores: dict[str, list[tuple[float, float]]] = {name: [] for name in predictors}
    for repeat in range(plan.repeats):
        rng = Rng(("gate", plan.seed, repeat))
        state = rng("folds").entropy() % 2**32
        folds = StratifiedKFold(plan.folds, shuffle=True, random_state=state)
        for fold, (_, part) in enumerate(folds.split(pool, classes[pool])):
            test = pool[part]
            train = np.setdiff1d(np.arange(len(features)), test)
            for name, predict in predictors.items():
                outputs = predict(train, test, rng(name, fold))
                scores[name].append(score_both(classes[test], outputs, classes, plan))
    return {name: np.array(values) for name, values in scores.items()}


def score_both(truth: Array, outputs: Array, classes: Array, plan: Plan) -> tuple[float, float]:
    """The metric, and average precision, of outputs (M, K) for test rows of classes (M,)."""
    decided = METRICS[plan.metric](truth, outputs.argmax(1))
    if outputs_of(plan.judge) is None:
        return decided, float("nan")
    return decided, average_precision(truth, outputs, ranked_classes(classes))


def compare_gains(
    names: tuple[str, str], gains: Array, overlap: float, level: float, pool: int
) -> Comparison:
    """A candidate against a baseline, from paired gains (J,).

    `overlap` is test rows / train rows, `level` the p-value below which a gain is seen.
    """
    count, mean = len(gains), float(gains.mean())
    # No finer than one row of all: with few rows every fold may agree by chance.
    error = max(float(gains.std(ddof=1)) * (1 / count + overlap) ** 0.5, 100 / pool / 2)
    law = stats.t(count - 1)
    wide = float(law.ppf(0.975)) * error
    return Comparison(
        candidate=names[0],
        baseline=names[1],
        gain=mean,
        low=mean - wide,
        high=mean + wide,
        smallest=float(law.ppf(1 - level) + law.ppf(TEST_POWER)) * error,
        p_better=float(law.sf(mean / error)),
        p_worse=float(law.cdf(mean / error)),
    )


def holm(p: Mapping[str, float], alpha: float) -> list[str]:
    """The names whose hypotheses are refused at a family-wise level, smallest p first."""
    refused: list[str] = []
    for place, name in enumerate(sorted(p, key=lambda n: p[n])):
        if p[name] > alpha / (len(p) - place):
            break
        refused.append(name)
    return refused


def decide_verdict(
    comparisons: Sequence[Comparison], plan: Plan, rows: int, score: float
) -> Verdict:
    """The verdict of all comparisons; `score` is the metric with nothing added."""
    names = list(dict.fromkeys(c.candidate for c in comparisons))
    worst = {name: max(c.p_better for c in comparisons if c.candidate == name) for name in names}
    plain = {c.candidate: c for c in comparisons if c.baseline == "nothing"}
    good = holm(worst, plan.alpha)
    bad = holm({name: c.p_worse for name, c in plain.items()}, plan.alpha)
    best = max(good, key=lambda name: plain[name].gain) if good else None
    return Verdict(
        answer="helps" if good else "hurts" if bad else "no evidence",
        candidate=best,
        smallest=min(c.smallest for c in plain.values()),
        rows=rows,
        metric=plan.metric,
        alpha=plan.alpha,
        score=score,
        comparisons=tuple(comparisons),
    )


def preselect(
    features: Array,
    classes: Array,
    candidates: Mapping[str, Augmenter],
    *,
    share: float = 0.2,
    judge: Judge = linear_judge,
    seed: int = 0,
) -> tuple[dict[str, Augmenter], Array]:
    """The 3 candidates that do best on a share of the rows, and the rows that are left to test on.

    Parameters
    ----------
    features : ndarray (N, F)
        Labelled rows.
    classes : ndarray of int (N,)
        Their class indices, from 0 on.
    candidates : mapping of str to augmenter
        Any number; with at most 3 there is nothing to choose, and all rows are left.
    share : float, default=0.2
        Of the rows, to choose on.
    judge : callable, default=linear_judge
        The classifier that is to gain.
    seed : int, default=0

    Returns
    -------
    candidates : dict of str to augmenter
    tested : ndarray of int
        The rows that were not chosen on.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.synthesis import preselect
    >>> x, y = np.random.default_rng(0).normal(size=(50, 3)), np.arange(50) % 2
    >>> nothing = lambda rows, rng: (x[:0], y[:0])
    >>> best, tested = preselect(x, y, {str(k): nothing for k in range(5)})
    >>> len(best), len(tested)
    (3, 40)
    """
    if len(candidates) <= MAX_CANDIDATES:
        return dict(candidates), np.arange(len(features))
    count = max(2, round(1 / share))
    state = Rng(("choice", seed)).entropy() % 2**32
    folds = StratifiedKFold(count, shuffle=True, random_state=state)
    train, test = next(iter(folds.split(features, classes)))
    scores = {}
    for name, augmenter in candidates.items():
        gains = []
        for again in range(3):
            x, y = augmenter(train, Rng(("choice", seed, again, name)))
            rows = np.concatenate([features[train], x]), np.concatenate([classes[train], y])
            gains.append(float((judge(*rows, features[test]) == classes[test]).mean()))
        scores[name] = np.mean(gains)
    best = sorted(candidates, key=lambda name: -scores[name])[:MAX_CANDIDATES]
    return {name: candidates[name] for name in best}, train
