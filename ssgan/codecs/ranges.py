"""What training did not see: numbers out of range, gaps. And numbers too large to be squared."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import UnseenWarning

FAR = 10.0  # ranges beyond the range seen
NEAR = 0.1
MIN_ROWS = 10  # so few may all lie outside
LARGEST = 1e6  # standardised numbers that networks are given


def mean_and_std(values: Array) -> tuple[Any, Any]:
    """Mean and standard deviation of float64 numbers (N, ...), also of those near 1e300."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = values.mean(0), values.std(0)
    unit = np.abs(values).max(0)
    lost = ~np.isfinite(std) | ((std == 0) & (values.min(0) != values.max(0)))
    if not np.any(lost):
        return mean, std
    unit = np.where(unit > 0, unit, 1.0)
    return (values / unit).mean(0) * unit, (values / unit).std(0) * unit


def warn_outside(
    rows: Array, low: Array, high: Array, names: Sequence[Any], stacklevel: int
) -> None:
    """A UserWarning with the share of rows (N, F) that lie outside low and high (F,).

    Of those with a number further away than FAR times the range of its column; else of those
    outside at all, where they are most of many.
    """
    if not rows.size or ((rows.min(0) >= low) & (rows.max(0) <= high)).all():
        return
    with np.errstate(over="ignore"):
        span = high - low
    constant = span == 0
    span = np.where(constant, max(float(span.max()), 1.0), span)
    span = np.where(constant, np.maximum(span, np.abs(low)), span)
    with np.errstate(over="ignore"):
        beyond = np.maximum(low - rows, rows - high) / span
    far, outside = (beyond > FAR).any(1), (beyond > NEAR).any(1)
    outliers = far if far.any() else outside
    if not far.any() and (len(rows) < MIN_ROWS or outside.mean() <= 0.5):
        return
    row, column = np.unravel_index(beyond.argmax(), beyond.shape)
    warnings.warn(
        f"{outliers.sum():,} of {len(rows):,} rows ({outliers.mean():.0%}) lie "
        f"{'far ' if far.any() else ''}outside the range seen in training, as "
        f"{rows[row, column]:g} in column {names[int(column)]!r}, seen from {low[column]:g} to "
        f"{high[column]:g}: give samples in the units and on the scale of those in training",
        UserWarning,
        stacklevel=stacklevel,
    )


def warn_missing(name: Any, missing: Array, stacklevel: int) -> None:
    """An `UnseenWarning` with the count of missing entries (N,) in a column that had none."""
    warnings.warn(
        f"column {name!r}: {missing.sum()} of {len(missing)} entries are missing, and none was in "
        "training: they are taken as usual ones; fill them, or train with such rows",
        UnseenWarning,
        stacklevel=stacklevel,
    )
