"""The gate: whether added rows help a classifier, by a paired test over folds and repeats.

    verdict = judge(features, classes, {"gan 1:1": maker})
    verdict.answer            # "helps", "no evidence" or "hurts"
    verdict.smallest          # the smallest gain that it would have seen in 4 of 5 cases

An arm is a function `maker(rows, draw)` that gets the numbers of the rows it may see and returns
rows to add, features (M, F) and class indices (M,): what it makes must not depend on other rows.

Folds overlap in what they train on, so the variance of a mean over them is corrected (Nadeau and
Bengio 2003, "Inference for the generalization error", eq. 9). An arm helps where it beats every
rival, which needs no correction, and arms are corrected after Holm (1979).
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.model_selection import StratifiedKFold

from ssgan.config import InputError
from ssgan.randomness import Rng
from ssgan.synthesis.smote import smote

Array = NDArray[Any]
Added = tuple[Array, Array]
Maker = Callable[[Array, Rng], Added]
# Training features and classes, then test features; the predicted classes of these.
Judge = Callable[[Array, Array, Array], Array]
ALPHA = 0.002  # of one wrong "helps" among all arms
POWER = 0.8  # with which the smallest gain is seen
MOST_ARMS = 3
PENALTY = 1e-2  # of the linear judge, a share of the number of rows


def linear_judge(x: Array, y: Array, test: Array) -> Array:
    """A linear head by least squares on the classes: the cheapest there is, in closed form."""
    center, scale = x.mean(0), x.std(0)
    scale = np.where(scale > 1e-6, scale, 1.0)
    classes, index = np.unique(y, return_inverse=True)
    rows, goal = (x - center) / scale, np.eye(len(classes))[index]
    gram = rows.T @ rows + PENALTY * len(rows) * np.eye(rows.shape[1])
    weight = np.linalg.solve(gram, rows.T @ (goal - goal.mean(0)))
    guess: Array = classes[((test - center) / scale @ weight + goal.mean(0)).argmax(1)]
    return guess


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How often is tested, and how surely."""

    folds: int = 5
    repeats: int = 10
    alpha: float = ALPHA
    metric: str = "accuracy"  # or "balanced accuracy"
    judge: Judge = linear_judge  # the classifier that is to gain
    seed: int = 0

    def __post_init__(self) -> None:
        if self.folds < 2 or self.repeats < 1 or self.folds * self.repeats < 3:
            raise InputError(
                f"expected 2 folds, 1 repeat and 3 comparisons or more, got {self.folds} folds "
                f"and {self.repeats} repeats"
            )
        if not 0 < self.alpha < 0.5:
            raise InputError(f"expected alpha in (0, 0.5), got {self.alpha}")
        if self.metric not in METRICS:
            raise InputError(f"expected metric {' or '.join(METRICS)}, got {self.metric!r}")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """An arm against a rival; gains are in points of the metric, 0 to 100."""

    arm: str
    rival: str
    gain: float
    low: float  # of the two-sided 95 % interval
    high: float
    smallest: float  # gain that is seen with a probability of 0.8
    p_better: float  # one-sided
    p_worse: float


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the gate found; only "helps" speaks for adding rows."""

    answer: str  # "helps", "no evidence" or "hurts"
    arm: str | None  # the one that helps most
    smallest: float | None  # points that the best-measured arm had to gain over nothing to be seen
    rows: int  # labelled rows
    metric: str
    alpha: float
    score: float | None  # of nothing added, in points
    comparisons: tuple[Comparison, ...]
    ratio: float | None = None  # added rows for a real one in that arm, where it is one
    reason: str | None = None  # why nothing could be tested

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> list[str]:
        """What to print: what could have been seen first, then what was."""
        if self.smallest is None:
            return [f"verdict: {self.answer}: {self.reason}"]
        told = [
            f"with {self.rows} labelled rows a gain of {self.smallest:.1f} points or more would "
            "be seen in 4 of 5 cases"
        ]
        for c in self.comparisons:
            told.append(
                f"{c.arm} against {c.rival}: {c.gain:+.2f} points "
                f"({c.low:+.2f} to {c.high:+.2f}), p = {c.p_better:.2g}"
            )
        arm = f": {self.arm}" if self.arm else ""
        return [*told, f"verdict: {self.answer}{arm}"]


def accuracy(truth: Array, guess: Array) -> float:
    return 100 * float((truth == guess).mean())


def balanced(truth: Array, guess: Array) -> float:
    """The mean over the classes that occur of how often each is found."""
    return float(np.mean([accuracy(truth[truth == k], guess[truth == k]) for k in set(truth)]))


METRICS = {"accuracy": accuracy, "balanced accuracy": balanced}


def sklearn_judge(model: Any) -> Judge:
    """The judge that trains a clone of a scikit-learn classifier each time."""
    from sklearn.base import clone

    def judged(x: Array, y: Array, test: Array) -> Array:
        guess: Array = clone(model).fit(x, y).predict(test)
        return guess

    return judged


def nothing(features: Array) -> Maker:
    """The rival that adds no rows."""
    return lambda rows, rng: (features[:0], np.empty(0, np.int64))


def smoted(features: Array, classes: Array, ratio: float = 1.0) -> Maker:
    """The rival that adds `ratio` times the rows, interpolated between neighbours of a class."""

    def make(rows: Array, rng: Rng) -> Added:
        counts = np.bincount(classes[rows])
        return smote(features[rows], classes[rows], (ratio * counts).astype(int), rng)

    return make


def judge(
    features: Array,
    classes: Array,
    arms: Mapping[str, Maker],
    *,
    rivals: Mapping[str, Maker] | None = None,
    plan: Plan | None = None,
    tested: Array | None = None,
) -> Verdict:
    """Whether one of at most 3 `arms` helps a classifier of features (N, F), class indices (N,).

    Rivals are SMOTE unless others are given, and always nothing. Only the rows `tested` are held
    out in turn, all others are always trained on: arms that were chosen by those are judged by
    the rest. Raises ValueError for more arms, one named like a rival, classes that are no indices
    and classes of fewer rows than folds.
    """
    plan, classes = plan or Plan(), np.asarray(classes)
    if not 1 <= len(arms) <= MOST_ARMS:
        raise InputError(f"expected 1 to {MOST_ARMS} arms, chosen before the test, got {len(arms)}")
    checked(features, classes, plan)
    others = {"smote": smoted(features, classes)} if rivals is None else dict(rivals)
    if taken := {"nothing"} & {*others, *arms} or {*others} & {*arms}:
        raise InputError(f"the name {min(taken)!r} is that of a rival: call it something else")
    others = {"nothing": nothing(features)} | others
    scores = measured(features, classes, {**others, **arms}, plan, tested)
    pool = len(features) if tested is None else len(tested)
    overlap = (pool / plan.folds) / (len(features) - pool / plan.folds)
    found = [
        compared((arm, rival), scores[arm] - scores[rival], overlap, plan.alpha / len(arms), pool)
        for arm in arms
        for rival in others
    ]
    return decided(found, plan, len(features), float(scores["nothing"].mean()))


def checked(features: Array, classes: Array, plan: Plan) -> None:
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


def measured(
    features: Array,
    classes: Array,
    makers: Mapping[str, Maker],
    plan: Plan,
    tested: Array | None,
) -> dict[str, Array]:
    """The metric (folds x repeats,) of every maker, on the same folds."""
    pool = np.arange(len(features)) if tested is None else np.asarray(tested)
    scores: dict[str, list[float]] = {name: [] for name in makers}
    for repeat in range(plan.repeats):
        rng = Rng(("gate", plan.seed, repeat))
        state = rng("folds").entropy() % 2**32
        folds = StratifiedKFold(plan.folds, shuffle=True, random_state=state)
        for fold, (_, part) in enumerate(folds.split(pool, classes[pool])):
            test = pool[part]
            train = np.setdiff1d(np.arange(len(features)), test)
            for name, make in makers.items():
                x, y = make(train, rng(name, fold))
                rows = np.concatenate([features[train], x]), np.concatenate([classes[train], y])
                guess = plan.judge(*rows, features[test])
                scores[name].append(METRICS[plan.metric](classes[test], guess))
    return {name: np.array(values) for name, values in scores.items()}


def compared(
    names: tuple[str, str], gains: Array, overlap: float, level: float, pool: int
) -> Comparison:
    """One arm against one rival, from paired gains (J,); `overlap` is test rows / train rows."""
    count, mean = len(gains), float(gains.mean())
    # No finer than one row of all: with few rows every fold may agree by chance.
    error = max(float(gains.std(ddof=1)) * (1 / count + overlap) ** 0.5, 100 / pool / 2)
    law = stats.t(count - 1)
    wide = float(law.ppf(0.975)) * error
    return Comparison(
        arm=names[0],
        rival=names[1],
        gain=mean,
        low=mean - wide,
        high=mean + wide,
        smallest=float(law.ppf(1 - level) + law.ppf(POWER)) * error,
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


def decided(found: list[Comparison], plan: Plan, rows: int, score: float) -> Verdict:
    arms = list(dict.fromkeys(c.arm for c in found))
    worst = {arm: max(c.p_better for c in found if c.arm == arm) for arm in arms}
    plain = {c.arm: c for c in found if c.rival == "nothing"}
    good = holm(worst, plan.alpha)
    bad = holm({arm: c.p_worse for arm, c in plain.items()}, plan.alpha)
    best = max(good, key=lambda arm: plain[arm].gain) if good else None
    return Verdict(
        answer="helps" if good else "hurts" if bad else "no evidence",
        arm=best,
        smallest=min(c.smallest for c in plain.values()),
        rows=rows,
        metric=plan.metric,
        alpha=plan.alpha,
        score=score,
        comparisons=tuple(found),
    )


def chosen(
    features: Array,
    classes: Array,
    candidates: Mapping[str, Maker],
    *,
    share: float = 0.2,
    judge: Judge = linear_judge,
    seed: int = 0,
) -> tuple[dict[str, Maker], Array]:
    """The 3 candidates that do best on a `share` of the rows, and the rows that are left to test.

    With at most 3 there is nothing to choose, and all rows are left.
    """
    if len(candidates) <= MOST_ARMS:
        return dict(candidates), np.arange(len(features))
    count = max(2, round(1 / share))
    state = Rng(("choice", seed)).entropy() % 2**32
    folds = StratifiedKFold(count, shuffle=True, random_state=state)
    train, held = next(iter(folds.split(features, classes)))
    scores = {}
    for name, make in candidates.items():
        gains = []
        for again in range(3):
            x, y = make(train, Rng(("choice", seed, again, name)))
            rows = np.concatenate([features[train], x]), np.concatenate([classes[train], y])
            gains.append(float((judge(*rows, features[held]) == classes[held]).mean()))
        scores[name] = np.mean(gains)
    best = sorted(candidates, key=lambda name: -scores[name])[:MOST_ARMS]
    return {name: candidates[name] for name in best}, train
