"""What a classifier can do about rare classes without a single added row.

class weights    it is trained so that all classes count the same
threshold        each probability is divided by the share of its class to a power that folds of
                 the training rows choose; of two classes this moves the threshold
"""

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.model_selection import StratifiedKFold

from ssgan.codecs.codec import Array
from ssgan.randomness import Rng
from ssgan.synthesis.gate.judges import (
    EstimatorJudge,
    Judge,
    JudgeOutputs,
    linear_judge,
    linear_outputs,
)
from ssgan.synthesis.gate.plan import METRICS

POWERS = tuple(np.linspace(0, 2, 41).tolist())  # of the shares: 0 moves nothing
INNER_FOLDS = 3  # of the training rows, within a fold
UNEVEN = 1.1  # rows of the most frequent class for one of the rarest: from there on that is rare
MIN_CHANCE = 1e-6

# What a classifier says (M, K) of test rows (M, F), of training rows (N, F) and their classes.
Trained = Callable[[Array, Array, Array, Rng], Array]


def outputs_of(judge: Judge) -> JudgeOutputs | None:
    """The outputs behind a judge; None where it gives classes alone."""
    if judge is linear_judge:
        return linear_outputs
    return judge.outputs if isinstance(judge, EstimatorJudge) else None


def unadjusted_outputs(judge: Judge, classes: int) -> Trained:
    """The judge as it is: its outputs, or 1 for the class that it predicts."""
    outputs = outputs_of(judge)
    if outputs is None:
        return lambda x, y, test, rng: np.eye(classes)[judge(x, y, test)]
    return lambda x, y, test, rng: outputs(x, y, test, classes)


def is_uneven(classes: Array) -> bool:
    """Whether a class is rarer than another."""
    counts = np.unique(classes, return_counts=True)[1]
    return bool(counts.max() > UNEVEN * counts.min())


def adjustments(judge: Judge, classes: Array, metric: str) -> dict[str, Trained]:
    """What can be done without rows, by name: nothing where no class is rare or none is to gain."""
    outputs, count = outputs_of(judge), int(classes.max()) + 1
    if outputs is None or metric != "balanced accuracy" or not is_uneven(classes):
        return {}
    trained: dict[str, Trained] = {}
    if not isinstance(judge, EstimatorJudge) or judge.weighable:
        trained["class weights"] = lambda x, y, test, rng: outputs(x, y, test, count, weighted=True)
    if not isinstance(judge, EstimatorJudge) or judge.ranks:
        trained["threshold"] = lambda x, y, test, rng: divide_by_shares(
            outputs(x, y, test, count), y, chosen_power(outputs, x, y, metric, rng)
        )
    return trained


def divide_by_shares(outputs: Array, y: Array, power: float) -> Array:
    """JudgeOutputs (M, K), each divided by the share of its class in y (N,) to a power."""
    shares = np.bincount(y, minlength=outputs.shape[1]) / len(y)
    offset = np.log(np.maximum(shares, MIN_CHANCE))
    moved: Array = np.log(np.maximum(outputs, MIN_CHANCE)) - power * offset
    return moved


def inner_outputs(outputs: JudgeOutputs, x: Array, y: Array, folds: int, rng: Rng) -> Array:
    """JudgeOutputs (N, K) for rows that were held out."""
    count = int(y.max()) + 1
    held_out = np.zeros((len(y), count))
    state = rng("inner").entropy() % 2**32
    for train, part in StratifiedKFold(folds, shuffle=True, random_state=state).split(x, y):
        held_out[part] = outputs(x[train], y[train], x[part], count)
    return held_out


def chosen_power(
    outputs: JudgeOutputs, x: Array, y: Array, metric: str, rng: Rng, folds: int = INNER_FOLDS
) -> float:
    """The power that is best on held-out rows: the middle of those that are as good as the best."""
    counts = np.bincount(y)
    folds = min(folds, int(counts[counts > 0].min()))
    if folds < 2:
        return 0.0
    return best_power(inner_outputs(outputs, x, y, folds, rng), y, metric)


def best_power(held_out: Array, y: Array, metric: str) -> float:
    """The power that is best for held-out outputs (N, K) of classes y (N,), the middle of such."""
    scores = [
        METRICS[metric](y, divide_by_shares(held_out, y, power).argmax(1)) for power in POWERS
    ]
    best = np.flatnonzero(np.array(scores) >= max(scores) - 1e-9)
    return float(POWERS[best[len(best) // 2]])


def threshold_at(power: float, classes: Array) -> float | None:
    """The probability from which the rarer of two classes is predicted; None for more classes."""
    counts = np.unique(classes, return_counts=True)[1]
    if len(counts) != 2:
        return None
    rare, frequent = (counts.min() / len(classes)) ** power, (counts.max() / len(classes)) ** power
    return float(rare / (rare + frequent))


def average_precision(truth: Array, outputs: Array, positive: Sequence[int]) -> float:
    """The mean over some classes of how well outputs (M, K) rank their rows, from 0 to 100."""
    others = {k: np.delete(outputs, k, 1).max(1) for k in positive}
    scores = [precision_of(truth == k, outputs[:, k] - others[k]) for k in positive]
    return 100 * float(np.mean(scores))


def precision_of(scores: Array, sure: Array) -> float:
    """Average precision of scores (M,), as scikit-learn defines it: 100 times as fast on few."""
    order = np.argsort(-sure, kind="stable")
    hits = np.cumsum(scores[order])
    ends = np.flatnonzero(np.append(np.diff(sure[order]) != 0, True))  # equal scores are one step
    gained = np.diff(hits[ends], prepend=0)
    return float((gained * hits[ends] / (ends + 1)).sum() / max(hits[-1], 1))


def ranked_classes(classes: Array) -> list[int]:
    """The classes whose ranking is reported: all, or the rarer of two."""
    present, counts = np.unique(classes, return_counts=True)
    return [int(present[counts.argmin()])] if len(present) == 2 else present.tolist()
