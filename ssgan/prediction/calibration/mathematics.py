"""The mathematics of calibration: how sure held-out outputs allow a model to be.

    fit_temperature    one number that divides the logits of a classifier
    cv_plus            prediction intervals of a regression, from its cross-validation

Neither takes labels away from training: both use the outputs of cross-validation, where every row
is held out once.
"""

from math import ceil

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import log_softmax, softmax

from ssgan.codecs.codec import Array
from ssgan.config import InputError

COLDEST, HOTTEST = 0.05, 20.0  # the range of temperatures
HELD = 1.0  # weight of staying at 1, in labels
SORTED_AT_ONCE = 2**22  # numbers at once
SLACK = 1e-9  # of a rank: 0.8 * 15 is 12, not a little more


def fit_temperature(logits: ArrayLike, labels: ArrayLike, offset: ArrayLike = 0.0) -> float:
    """The number to divide logits by, fitted on held-out logits (N, K) and class indices (N,).

    `offset` (K,) is added to the divided logits, as the log of the shares of classes is.

    From Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2: with b = 1 / T
    the negative log-likelihood of b * logits is convex, and its minimum is where its derivative
    crosses 0. Few labels pull T less: the likelihood is multiplied by a gamma density of b with
    its mode at 1 that weighs as much as HELD labels. So T is 1 where nothing speaks against it,
    never makes the likelihood of these rows worse than 1 does, and lies in [0.05, 20]. Raises
    InputError for logits that are not finite and for labels that are no class.
    """
    rows, classes = check_logits(logits, labels)
    right, offset = rows[np.arange(len(rows)), classes], np.asarray(offset, np.float64)

    def slope(b: float) -> float:
        """Derivative of the objective in b = 1 / T, which grows with b."""
        expected = (softmax(b * rows + offset, axis=1) * rows).sum(1)
        return float((expected - right).sum() + HELD * (1 - 1 / b))

    low, high = 1 / HOTTEST, 1 / COLDEST
    if slope(low) >= 0:
        return HOTTEST
    if slope(high) <= 0:
        return COLDEST
    return float(1 / brentq(slope, low, high, xtol=1e-10))


def likelihood(logits: ArrayLike, labels: ArrayLike, temperature: float = 1.0) -> float:
    """Mean negative log-likelihood, in nats, of class indices (N,) under logits (N, K) / T."""
    rows, classes = check_logits(logits, labels)
    return float(-log_softmax(rows / temperature, axis=1)[np.arange(len(rows)), classes].mean())


def check_logits(logits: ArrayLike, labels: ArrayLike) -> tuple[Array, Array]:
    """Logits and classes as arrays; InputError for what are none."""
    rows, classes = np.asarray(logits, np.float64), np.asarray(labels)
    if rows.ndim != 2 or classes.shape != rows.shape[:1] or not rows.size:
        raise InputError(
            "expected logits (N, K) and class indices (N,), at least one row, "
            f"got {rows.shape} and {classes.shape}"
        )
    if not np.isfinite(rows).all():
        raise InputError("expected finite logits: the training that gave them has diverged")
    if classes.dtype.kind not in "iu" or classes.min() < 0 or classes.max() >= rows.shape[1]:
        raise InputError(
            f"expected class indices from 0 to {rows.shape[1] - 1}: leave rows without a label out"
        )
    return rows, classes


def cv_plus(
    residuals: ArrayLike,
    fold_of_row: ArrayLike,
    fold_predictions: ArrayLike,
    level: float = 0.9,
    block: int = SORTED_AT_ONCE,
) -> Array:
    """Intervals (M, 2) that hold the true numbers of M new rows, from F-fold cross-validation.

    Barber et al. 2021, "Predictive inference with the jackknife+", eq. 9 (CV+). `residuals` (N,)
    are true minus predicted, or their sizes, of labelled rows, each by the model of the fold
    `fold_of_row` (N,) that did not see it; `fold_predictions` (F, M) are what those models say
    of the new rows. With rows that are exchangeable an interval holds the truth with a
    probability of about `level`, never less than 2 * level - 1 - sqrt(2 / N). `level` lies in
    [0.5, 1). With fewer than level / (1 - level) labelled rows, as 9 for 0.9, no finite interval
    can promise that, and all are (-inf, inf). `block`
    numbers are sorted at once, more or less.
    """
    sizes, fold, predicted = (np.asarray(v) for v in (residuals, fold_of_row, fold_predictions))
    check_folds(sizes, fold, predicted, level)
    sizes = np.abs(sizes.astype(np.float64))
    rank = ceil(level * (len(sizes) + 1) - SLACK)
    intervals = np.tile(np.array([-np.inf, np.inf]), (predicted.shape[1], 1))
    if rank > len(sizes):
        return intervals
    step = max(1, block // len(sizes))
    for start in range(0, predicted.shape[1], step):
        center = predicted[:, start : start + step][fold].astype(np.float64)
        upper = np.partition(center + sizes[:, None], rank - 1, axis=0)[rank - 1]
        lower = np.partition(sizes[:, None] - center, rank - 1, axis=0)[rank - 1]
        intervals[start : start + step] = np.stack([-lower, upper], 1)
    return intervals


def check_folds(sizes: Array, fold: Array, predicted: Array, level: float) -> None:
    """InputError for residuals, folds, predictions or a level that cannot be used."""
    if not 0.5 <= level < 1:
        raise InputError(f"expected a level from 0.5 to below 1, as 0.9, got {level}")
    if sizes.ndim != 1 or sizes.shape != fold.shape or predicted.ndim != 2 or not len(sizes):
        raise InputError(
            "expected residuals (N,), the fold of each (N,) and predictions (F, M), at least one "
            f"row, got {sizes.shape}, {fold.shape} and {predicted.shape}"
        )
    if fold.dtype.kind not in "iu" or fold.min() < 0 or fold.max() >= len(predicted):
        raise InputError(f"expected folds from 0 to {len(predicted) - 1}, one a row of predictions")
    if not (np.isfinite(sizes).all() and np.isfinite(predicted).all()):
        raise InputError("expected finite residuals and predictions: a model has diverged")
