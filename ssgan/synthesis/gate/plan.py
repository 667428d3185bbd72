"""How the gate tests: which classifier is to gain, by which metric, how often and how surely."""

from dataclasses import dataclass

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.synthesis.gate.judges import Judge, linear_judge

ALPHA = 0.002  # probability of one wrong "helps" among all candidates


def accuracy(truth: Array, predicted: Array) -> float:
    """The share of rows whose class is right, in points from 0 to 100."""
    return 100 * float((truth == predicted).mean())


def balanced(truth: Array, predicted: Array) -> float:
    """The mean over the classes that occur of the share that is found, in points."""
    shares = [accuracy(truth[truth == k], predicted[truth == k]) for k in set(truth)]
    return float(np.mean(shares))


def error_reduction(truth: Array, predicted: Array) -> float:
    """Of numbers whose deviation is 1: by how many per cent of it the error is below it.

    The error is the root of the mean squared one; always the mean has an error of 1, so 0 points.
    """
    return 100 * (1 - float(np.sqrt(((truth - predicted) ** 2).mean())))


NUMBER_METRIC = "error reduction"
METRICS = {"accuracy": accuracy, "balanced accuracy": balanced}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How often the gate tests, and how surely.

    Parameters
    ----------
    folds : int, default=5
        Parts that are held out in turn, at least 2.
    repeats : int, default=10
        Divisions into folds, at least 1; folds x repeats is at least 3.
    alpha : float, default=0.002
        The probability of one wrong "helps" among all candidates, between 0 and .5.
    metric : {"accuracy", "balanced accuracy", "error reduction"}, default="accuracy"
        What is to gain; the last is for labels that are numbers.
    judge : callable, default=linear_judge
        The classifier that is to gain.
    seed : int, default=0
        Of the folds, and of what augmenters draw.

    Raises
    ------
    InputError
        For numbers outside of these ranges, and an unknown metric.

    Examples
    --------
    >>> from ssgan.synthesis import Plan
    >>> Plan(repeats=2, metric="balanced accuracy").folds
    5
    """

    folds: int = 5
    repeats: int = 10
    alpha: float = ALPHA
    metric: str = "accuracy"
    judge: Judge = linear_judge
    seed: int = 0

    def __post_init__(self) -> None:
        if self.folds < 2 or self.repeats < 1 or self.folds * self.repeats < 3:
            raise InputError(
                f"expected 2 folds, 1 repeat and 3 comparisons or more, got {self.folds} folds "
                f"and {self.repeats} repeats"
            )
        if not 0 < self.alpha < 0.5:
            raise InputError(f"expected alpha in (0, 0.5), got {self.alpha}")
        known = (*METRICS, NUMBER_METRIC)
        if self.metric not in known:
            raise InputError(f"expected metric {' or '.join(known)}, got {self.metric!r}")
