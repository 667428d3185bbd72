"""How good predictions are: of classes with their probabilities, or of numbers."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import metrics as sklearn_metrics

from ssgan.config import InputError, InputTypeError

Values = NDArray[Any]

CALIBRATION_BINS = 15  # of the calibration error, as in Guo et al. 2017
SUM_SLACK = 1e-3  # by which the probabilities of a row may miss a sum of 1: bfloat16's rounding


def predictions(true: ArrayLike, probabilities: ArrayLike) -> dict[str, float]:
    """Measures of predicted classes.

    Parameters
    ----------
    true : array_like of int, shape (N,)
        Indices of the true classes.
    probabilities : array_like of float, shape (N, K)
        Probabilities of the classes; every row sums to 1.

    Returns
    -------
    dict of str to float
        "accuracy", the share of rows whose most probable class is right (0 to 1, higher is better);
        "balanced_accuracy", the mean over the classes that occur of their own share (0 to 1,
        higher); "macro_f1", the mean F1 over the classes that occur or are predicted (0 to 1,
        higher); "log_loss", the mean negative logarithm of the right class's probability in nats
        (from 0, lower is better); "ece", the `calibration_error` (0 to 1, lower is better).

    Raises
    ------
    InputError
        For no rows, for indices that are no class, for rows that do not sum to 1.

    Examples
    --------
    >>> found = predictions([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    >>> {name: round(value, 3) for name, value in found.items()}
    {'accuracy': 0.667, 'balanced_accuracy': 0.75, 'macro_f1': 0.667, 'log_loss': 0.415, 'ece': 0.3}
    """
    classes, shares = check_probabilities(true, probabilities)
    predicted = shares.argmax(1)
    score = {"average": "macro", "zero_division": 0}
    return {
        "accuracy": float(sklearn_metrics.accuracy_score(classes, predicted)),
        "balanced_accuracy": float(
            # `balanced_accuracy_score` itself warns of predicted classes that do not occur.
            sklearn_metrics.recall_score(classes, predicted, labels=np.unique(classes), **score)
        ),
        "macro_f1": float(sklearn_metrics.f1_score(classes, predicted, **score)),
        "log_loss": float(
            sklearn_metrics.log_loss(classes, shares, labels=np.arange(shares.shape[1]))
        ),
        "ece": calibration_error(classes, shares),
    }


def calibration_error(true: ArrayLike, probabilities: ArrayLike) -> float:
    """By how much confidence misses accuracy: the expected calibration error.

    Confidence is the largest probability of a row. Rows fall into 15 bins of equal width by it, and
    the gaps between confidence and accuracy of the bins are averaged over the rows.

    Parameters
    ----------
    true : array_like of int, shape (N,)
        Indices of the true classes.
    probabilities : array_like of float, shape (N, K)
        Probabilities of the classes; every row sums to 1.

    Returns
    -------
    float
        From 0 to 1, lower is better.

    Raises
    ------
    InputError
        As `predictions`.

    References
    ----------
    Guo et al. 2017, "On Calibration of Modern Neural Networks", eq. 3.

    Examples
    --------
    >>> round(calibration_error([0, 1], [[0.8, 0.2], [0.8, 0.2]]), 3)
    0.3
    """
    classes, shares = check_probabilities(true, probabilities)
    confidence, right = shares.max(1), shares.argmax(1) == classes
    bins = np.ceil(confidence * CALIBRATION_BINS).astype(np.int64).clip(1, CALIBRATION_BINS) - 1
    gaps = np.bincount(bins, weights=right - confidence, minlength=CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / len(classes))


def confusion(true: ArrayLike, predicted: ArrayLike, classes: int) -> Values:
    """How often each class was taken for each.

    Parameters
    ----------
    true, predicted : array_like of int, shape (N,)
        Indices of the true and of the predicted classes.
    classes : int
        How many classes there are, K.

    Returns
    -------
    ndarray of int64, shape (K, K)
        Counts; a row is a true class, a column a predicted one.

    Examples
    --------
    >>> confusion([0, 0, 1], [0, 1, 1], 2).tolist()
    [[1, 1], [0, 1]]
    """
    rows, columns = np.asarray(true), np.asarray(predicted)
    counts: Values = sklearn_metrics.confusion_matrix(rows, columns, labels=np.arange(classes))
    return counts.astype(np.int64)


def per_class(true: ArrayLike, predicted: ArrayLike, classes: int) -> dict[str, Values]:
    """How well each class is predicted.

    Parameters
    ----------
    true, predicted : array_like of int, shape (N,)
        Indices of the true and of the predicted classes.
    classes : int
        How many classes there are, K.

    Returns
    -------
    dict of str to ndarray, shape (K,)
        "precision", the share of rows predicted as the class that are of it; "recall", the share of
        its rows that are predicted as it; "f1" of both; 0 where there are no such rows; and "rows",
        how many there are of it.

    Examples
    --------
    >>> found = per_class([0, 0, 1], [0, 1, 1], 2)
    >>> found["precision"].tolist(), found["recall"].tolist(), found["rows"].tolist()
    ([1.0, 0.5], [0.5, 1.0], [2, 1])
    """
    precision, recall, f1, rows = sklearn_metrics.precision_recall_fscore_support(
        np.asarray(true), np.asarray(predicted), labels=np.arange(classes), zero_division=0
    )
    return {"precision": precision, "recall": recall, "f1": f1, "rows": rows}


def regression(true: ArrayLike, predicted: ArrayLike) -> dict[str, float]:
    """Measures of predicted numbers.

    Parameters
    ----------
    true, predicted : array_like of float, shape (N,)
        The true numbers and the predictions, all finite.

    Returns
    -------
    dict of str to float
        "mae", the mean distance, and "rmse", the root of the mean squared distance, both in the
        numbers' unit (from 0, lower is better); "r2", the share of the variance that is explained
        (at most 1, higher is better): 0 for a constant guess of the mean, NaN where all true
        numbers are one.

    Raises
    ------
    InputError
        For no rows, for rows that do not match, and for numbers that are not finite.

    Examples
    --------
    >>> regression([0.0, 2.0, 4.0], [1.0, 2.0, 3.0])["r2"]
    0.75
    """
    numbers, guesses = (np.asarray(values, np.float64) for values in (true, predicted))
    if numbers.ndim != 1 or numbers.shape != guesses.shape or not len(numbers):
        raise InputError(
            "expected numbers and as many predictions (N,), at least one, "
            f"got {numbers.shape} and {guesses.shape}"
        )
    if not (np.isfinite(numbers).all() and np.isfinite(guesses).all()):
        raise InputError("expected finite numbers: leave rows without a label out")
    varied = numbers.min() < numbers.max()
    r2 = sklearn_metrics.r2_score(numbers, guesses) if varied else np.nan
    return {
        "mae": float(sklearn_metrics.mean_absolute_error(numbers, guesses)),
        "rmse": float(sklearn_metrics.root_mean_squared_error(numbers, guesses)),
        "r2": float(r2),
    }


def interval_coverage(true: ArrayLike, intervals: ArrayLike) -> float:
    """Share of the numbers that lie in their intervals, ends included.

    For intervals of a level L over exchangeable rows it is about L.

    Parameters
    ----------
    true : array_like of float, shape (N,)
        The true numbers.
    intervals : array_like of float, shape (N, 2)
        Lower and upper ends, which may be infinite.

    Returns
    -------
    float
        From 0 to 1; the nearer to the level of the intervals, the better.

    Raises
    ------
    InputError
        For no rows, NaN, and ends in the wrong order.

    Examples
    --------
    >>> interval_coverage([1.0, 5.0], [[0.0, 2.0], [0.0, 2.0]])
    0.5
    """
    numbers, ends = check_intervals(true, intervals)
    return float(((ends[:, 0] <= numbers) & (numbers <= ends[:, 1])).mean())


def interval_width(true: ArrayLike, intervals: ArrayLike) -> float:
    """Mean width of intervals, in the numbers' unit.

    Parameters
    ----------
    true : array_like of float, shape (N,)
        The true numbers.
    intervals : array_like of float, shape (N, 2)
        Lower and upper ends.

    Returns
    -------
    float
        From 0; infinite where one of them is. Of two that cover as much the narrower is better.

    Raises
    ------
    InputError
        As `interval_coverage`.

    Examples
    --------
    >>> interval_width([1.0, 5.0], [[0.0, 2.0], [0.0, 4.0]])
    3.0
    """
    ends = check_intervals(true, intervals)[1]
    return float((ends[:, 1] - ends[:, 0]).mean())


def check_intervals(true: ArrayLike, intervals: ArrayLike) -> tuple[Values, Values]:
    """Numbers (N,) and intervals (N, 2) as float64; InputError for what are none."""
    numbers, ends = (np.asarray(values, np.float64) for values in (true, intervals))
    if numbers.ndim != 1 or ends.shape != (len(numbers), 2) or not len(numbers):
        raise InputError(
            "expected numbers (N,) and an interval for each (N, 2), at least one, "
            f"got {numbers.shape} and {ends.shape}"
        )
    if not np.isfinite(numbers).all() or not (ends[:, 0] <= ends[:, 1]).all():
        raise InputError("expected finite numbers, and intervals from a lower to an upper end")
    return numbers, ends


def check_probabilities(true: ArrayLike, probabilities: ArrayLike) -> tuple[Values, Values]:
    """Class indices (N,) and float64 probabilities (N, K) whose rows sum to 1 exactly."""
    classes, shares = np.asarray(true), np.asarray(probabilities, np.float64)
    if shares.ndim != 2 or classes.shape != shares.shape[:1] or not len(classes):
        raise InputError(
            "expected class indices (N,) and probabilities (N, K), at least one row, "
            f"got {classes.shape} and {shares.shape}"
        )
    if classes.dtype.kind not in "iu":
        raise InputTypeError(
            f"expected class indices, got {classes.dtype}: encode the labels first"
        )
    if classes.min() < 0 or classes.max() >= shares.shape[1]:
        raise InputError(
            f"expected class indices from 0 to {shares.shape[1] - 1}, got {classes.min()} to "
            f"{classes.max()}: leave rows without a label out"
        )
    sums = shares.sum(1)
    if not (shares >= 0).all() or not np.allclose(sums, 1, rtol=0, atol=SUM_SLACK):
        raise InputError("expected probabilities, rows of numbers from 0 that sum to 1")
    return classes, shares / sums[:, None]
