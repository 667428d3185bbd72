"""How the gate tests: which classifier is to gain, by which metric, how often and how surely."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError

# Training features and classes, then test features; the predicted classes of these.
Judge = Callable[[Array, Array, Array], Array]
ALPHA = 0.002  # probability of one wrong "helps" among all candidates
PENALTY = 1e-2  # of the linear judge, a share of the number of rows


def linear_judge(x: Array, y: Array, test: Array) -> Array:
    """Classes that a linear head by least squares predicts: the cheapest judge, in closed form.

    Parameters
    ----------
    x : ndarray (N, F)
        Training features.
    y : ndarray (N,)
        Their classes.
    test : ndarray (M, F)
        Features to predict.

    Returns
    -------
    ndarray (M,)
        Classes, of those in `y`.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.synthesis import linear_judge
    >>> x = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> linear_judge(x, np.array(["low", "low", "high", "high"]), np.array([[2.0], [9.0]])).tolist()
    ['low', 'high']
    """
    center, scale = x.mean(0), x.std(0)
    scale = np.where(scale > 1e-6, scale, 1.0)
    classes, index = np.unique(y, return_inverse=True)
    rows, goal = (x - center) / scale, np.eye(len(classes))[index]
    gram = rows.T @ rows + PENALTY * len(rows) * np.eye(rows.shape[1])
    weight = np.linalg.solve(gram, rows.T @ (goal - goal.mean(0)))
    predicted: Array = classes[((test - center) / scale @ weight + goal.mean(0)).argmax(1)]
    return predicted


def sklearn_judge(model: Any) -> Judge:
    """The judge that trains a clone of a scikit-learn classifier each time.

    Parameters
    ----------
    model : estimator
        A scikit-learn classifier; it is left as it is.

    Returns
    -------
    callable
        Training features (N, F), their classes (N,) and test features (M, F) to classes (M,).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from ssgan.synthesis import Plan, sklearn_judge
    >>> judge = sklearn_judge(KNeighborsClassifier(1))
    >>> judge(np.array([[0.0], [9.0]]), np.array([0, 1]), np.array([[8.0]])).tolist()
    [1]
    >>> Plan(judge=judge, repeats=2).repeats
    2
    """
    from sklearn.base import clone

    def predict(x: Array, y: Array, test: Array) -> Array:
        predicted: Array = clone(model).fit(x, y).predict(test)
        return predicted

    return predict


def accuracy(truth: Array, predicted: Array) -> float:
    """The share of rows whose class is right, in points from 0 to 100."""
    return 100 * float((truth == predicted).mean())


def balanced(truth: Array, predicted: Array) -> float:
    """The mean over the classes that occur of the share that is found, in points."""
    shares = [accuracy(truth[truth == k], predicted[truth == k]) for k in set(truth)]
    return float(np.mean(shares))


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
    metric : {"accuracy", "balanced accuracy"}, default="accuracy"
        What is to gain.
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
        if self.metric not in METRICS:
            raise InputError(f"expected metric {' or '.join(METRICS)}, got {self.metric!r}")
