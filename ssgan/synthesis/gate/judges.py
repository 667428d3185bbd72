"""Judges: the classifiers that added rows are to help, as functions of rows.

A judge maps training features (N, F), their classes (N,) and test features (M, F) to the classes
(M,) that it predicts. One that knows how sure it is has outputs (M, K) too, by which samples are
ranked; one that can weigh classes does that where it is asked to.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from ssgan.codecs.codec import Array

# Training features and classes, then test features; the predicted classes of these.
Judge = Callable[[Array, Array, Array], Array]
PENALTY = 1e-2  # of the linear judge, a share of the number of rows


class JudgeOutputs(Protocol):
    """JudgeOutputs (M, K), the higher the surer, of classes that are indices below K."""

    def __call__(
        self, x: Array, y: Array, test: Array, classes: int, *, weighted: bool = False
    ) -> Array: ...


def linear_scores(x: Array, y: Array, test: Array, weights: Array | None = None) -> Array:
    """Scores (M, K) of a head by least squares, a column for each of the K classes in `y`."""
    each: Any = 1 if weights is None else (weights / weights.mean())[:, None]
    center, scale = (each * x).mean(0), x.std(0)
    scale = np.where(scale > 1e-6, scale, 1.0)
    classes, index = np.unique(y, return_inverse=True)
    rows, goal = (x - center) / scale, np.eye(len(classes))[index]
    mean = (each * goal).mean(0)
    gram = rows.T @ (each * rows) + PENALTY * len(rows) * np.eye(rows.shape[1])
    weight = np.linalg.solve(gram, rows.T @ (each * (goal - mean)))
    scores: Array = (test - center) / scale @ weight + mean
    return scores


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
    predicted: Array = np.unique(y)[linear_scores(x, y, test).argmax(1)]
    return predicted


def linear_outputs(
    x: Array, y: Array, test: Array, classes: int, *, weighted: bool = False
) -> Array:
    """What the linear judge says of every class; weighted, all classes count the same."""
    weights = balanced_weights(y) if weighted else None
    return by_index(linear_scores(x, y, test, weights), y, classes)


def linear_numbers(x: Array, y: Array, test: Array) -> Array:
    """Numbers (M,) that a linear head predicts: ridge regression, with the linear judge's penalty.

    Parameters
    ----------
    x : ndarray (N, F)
        Training features.
    y : ndarray of float (N,)
        Their numbers.
    test : ndarray (M, F)
        Features to predict.

    Returns
    -------
    ndarray of float (M,)

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.synthesis.gate.judges import linear_numbers
    >>> x = np.arange(4.0)[:, None]
    >>> linear_numbers(x, 3 * x[:, 0], np.array([[1.5]])).tolist()
    [4.5]
    """
    center, scale = x.mean(0), x.std(0)
    scale = np.where(scale > 1e-6, scale, 1.0)
    rows = (x - center) / scale
    gram = rows.T @ rows + PENALTY * len(rows) * np.eye(rows.shape[1])
    weight = np.linalg.solve(gram, rows.T @ (y - y.mean()))
    numbers: Array = (test - center) / scale @ weight + y.mean()
    return numbers


def balanced_weights(y: Array) -> Array:
    """Weights (N,) by which all classes count the same."""
    _, index, counts = np.unique(y, return_inverse=True, return_counts=True)
    weights: Array = len(y) / len(counts) / counts[index]
    return weights


def by_index(outputs: Array, known: Array, classes: int) -> Array:
    """JudgeOutputs for the classes that are known as ones for all (M, K), others below them all."""
    every = np.full((len(outputs), classes), outputs.min(initial=0.0))
    every[:, np.unique(known)] = outputs
    return every


@dataclass(frozen=True)
class ClassifierKind:
    """A kind of classifier: made for samples of a shape, from a seed.

    `make` gives a scikit-learn classifier over the samples' columns, or None: the linear judge,
    over the GAN's features. `repeats` is how often it is tested on other folds, at most.
    `regressor` makes the same for numbers from a seed, where there is such a thing.
    """

    make: Callable[[tuple[int, ...], int], Any]
    repeats: int
    regressor: Callable[[int], Any] | None = None


@dataclass(frozen=True)
class EstimatorJudge:
    """The judge that trains a clone of a scikit-learn classifier each time.

    Parameters
    ----------
    model : estimator
        A scikit-learn classifier or pipeline; it is left as it is.
    """

    model: Any

    def __call__(self, x: Array, y: Array, test: Array) -> Array:
        predicted: Array = fit_quietly(clone(self.model), x, y).predict(test)
        return predicted

    @property
    def weighable(self) -> tuple[str, ...]:
        """Its parameters, and those of its parts, that weigh classes."""
        parameters = self.model.get_params()
        return tuple(name for name in parameters if name.split("__")[-1] == "class_weight")

    @property
    def ranks(self) -> bool:
        """Whether it knows probabilities."""
        return hasattr(self.model, "predict_proba")

    @np.errstate(invalid="ignore")  # some kernels' matrix products raise a flag on finite numbers
    def outputs(
        self, x: Array, y: Array, test: Array, classes: int, *, weighted: bool = False
    ) -> Array:
        """Probabilities (M, K); where it has none, 1 for the class that it predicts."""
        model = clone(self.model)
        if weighted:
            model.set_params(**dict.fromkeys(self.weighable, "balanced"))
        fit_quietly(model, x, y)
        if not self.ranks:
            ones: Array = np.eye(classes)[model.predict(test)]
            return ones
        return by_index(model.predict_proba(test), y, classes)


def fit_quietly(model: Any, x: Array, y: Array) -> Any:
    """The fitted model: that it might have gone on for longer is not a user's concern."""
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x, y)


def sklearn_judge(model: Any) -> EstimatorJudge:
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
    return EstimatorJudge(model)
