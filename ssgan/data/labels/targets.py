"""Labels: classes or numbers, many of them unlabeled, and the few that are drawn to learn from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ssgan.codecs.arrays import as_array
from ssgan.codecs.codec import Array
from ssgan.codecs.dtypes import as_python
from ssgan.config import InputError
from ssgan.data.labels.doubts import (
    MOST_FLOAT_CLASSES,
    MOST_INTEGER_CLASSES,
    check_guess,
    check_measured,
    refuse_beyond,
    refuse_few,
    warn_of_minus,
)
from ssgan.data.labels.values import MINUS, Label, TaskName, first_few, raw_labels, unlabeled


@dataclass(frozen=True, kw_only=True, eq=False)
class Targets:
    """What is to be learnt: the class of every row, or a number; `targets` makes it.

    Parameters
    ----------
    values : array (N,)
        int64 class indices with -1 where unlabeled, or float64 numbers with NaN.
    classes : tuple, optional
        The classes, sorted; None for regression.
    dtype : str
        That of the raw labels, a numpy name.
    no_label : label, optional
        What means "no label" in place of -1.

    Examples
    --------
    >>> found = targets(["cat", "dog", "", "cat", "dog"])
    >>> found.task, found.decode([1, 0]).tolist(), found.encode(["dog"]).tolist()
    ('classification', ['dog', 'cat'], [1])
    """

    values: Array  # (N,) int64 with -1 where unlabeled, or float64 with NaN
    classes: tuple[Label, ...] | None  # sorted; None for regression
    dtype: str  # of the raw labels, a numpy name
    no_label: Any = None  # what means "no label" in place of -1

    @property
    def task(self) -> TaskName:
        """ "regression" for numbers, "classification" for classes."""
        return "regression" if self.classes is None else "classification"

    @property
    def labeled(self) -> Array:
        """The rows that have a label, sorted int64 indices."""
        missing = np.isnan(self.values) if self.classes is None else self.values < 0
        return np.flatnonzero(~missing).astype(np.int64)

    def decode(self, values: Any) -> Array:
        """Class indices or numbers as raw labels.

        Parameters
        ----------
        values : array, (N,)
            Indices, of which -1 is "no label", or numbers.

        Returns
        -------
        array, (N,)
            In the original dtype; "no label" is -1, NaN or None.
        """
        values = as_array(values)
        if self.classes is None:
            if np.dtype(self.dtype).kind in "iu":
                ends = np.iinfo(self.dtype)
                values = np.rint(values).clip(ends.min, ends.max)
            return np.asarray(values.astype(self.dtype))
        kind = np.dtype(self.dtype).kind
        none = {"i": -1, "f": np.nan}.get(kind)
        if none is None and (values < 0).any():
            kind = "O"
        known = np.array([*self.classes, none], dtype=object)[values]
        return np.asarray(known, dtype=object if kind == "O" else self.dtype)

    def encode(self, y: Any) -> Array:
        """Raw labels as class indices or numbers like `values`, for other rows.

        Parameters
        ----------
        y : array or sequence, (N,)
            Raw labels.

        Returns
        -------
        array, (N,)

        Raises
        ------
        InputError
            For a label that is none of the classes.
        """
        labels = raw_labels(y)
        no_label = "none" if self.no_label is None and MINUS in (self.classes or ()) else None
        missing = unlabeled(labels, self.task, self.no_label or no_label)
        if self.classes is None:
            return numbers_from_labels(labels, missing)
        values = np.full(len(labels), -1, np.int64)
        indices = pd.Index(np.array(self.classes, dtype=object)).get_indexer(
            pd.Index(labels[~missing].astype(object))
        )
        if (indices < 0).any():
            label, classes = as_python(labels[~missing][indices < 0][0]), self.classes
            raise InputError(
                f"label {label!r} is none of the {len(classes)} classes {first_few(classes)}"
                f": correct it, or leave out the rows of unknown classes ({(indices < 0).sum()})"
            )
        values[~missing] = indices
        return values


def numbers_from_labels(labels: Array, missing: Array) -> Array:
    """Labels as float64 with NaN where missing; InputError for one that is no finite number."""
    values = np.full(len(labels), np.nan)
    try:
        values[~missing] = labels[~missing].astype(np.float64)
    except (TypeError, ValueError) as error:
        text = pd.to_numeric(pd.Series(labels[~missing], dtype=object), errors="coerce").isna()
        raise InputError(
            f"expected numbers to regress on, got {labels[~missing][text.argmax()]!r}: "
            "correct the labels or use classification"
        ) from error
    refuse_beyond(values)  # text that writes an infinite number
    return values


def task_of(labels: Array) -> TaskName:
    """What labels (N,) without unlabeled entries ask for.

    Strings, booleans and integers are classes; floats are numbers. Two exceptions: floats that
    are all whole and have at most 20 values are classes (a column of integers with gaps), and
    integers that have more than 100 values and repeat less than twice on average are numbers.
    """
    if labels.dtype.kind == "O":
        inferred = pd.api.types.infer_dtype(labels, skipna=False)
        if inferred not in ("integer", "floating", "mixed-integer-float"):
            return "classification"
        labels = labels if inferred == "integer" else labels.astype(np.float64)
    distinct = len(pd.unique(pd.Series(labels)))
    if labels.dtype.kind == "f":
        whole = np.array_equal(labels, np.rint(labels))
        return "classification" if whole and distinct <= MOST_FLOAT_CLASSES else "regression"
    many = distinct > MOST_INTEGER_CLASSES and 2 * distinct > len(labels)
    return "regression" if many else "classification"


def targets(
    y: Any,
    task: TaskName | None = None,
    classes: Sequence[Any] | None = None,
    no_label: Any = None,
) -> Targets:
    """What labels say: classes or numbers, and which rows have none.

    Parameters
    ----------
    y : array-like (N,)
        Labels; NaN, None and "" mean unlabeled.
    task : "classification" or "regression", optional
        By default `task_of` tells it. Where "regression" is asked for, -1 is a number like others.
    classes : sequence, optional
        The classes in their order; by default the sorted labels.
    no_label : label, optional
        What means "no label" beside empty entries; by default -1, among classes. "none" says that
        nothing else does, so that -1 is a class.

    Returns
    -------
    Targets

    Raises
    ------
    InputError
        If nothing is labeled, for one class or one number only, for fewer labels than classes, for
        labels that are no number or none of the classes, and where it cannot be told whether many
        different labels are classes.

    Warns
    -----
    UserWarning
        Of a class with a single label, of more than 100 whole numbers that are taken for classes,
        and of -1 where it is as frequent as a class.

    Examples
    --------
    >>> coded = targets(["cat", "dog", "", "cat", "dog"])
    >>> coded.classes, coded.values.tolist(), coded.labeled.tolist()
    (('cat', 'dog'), [0, 1, -1, 0, 1], [0, 1, 3, 4])
    >>> targets([0.5, 1.25, float("nan")]).task
    'regression'
    """
    labels = raw_labels(y)
    known_task = task or ("classification" if classes is not None else None)
    missing = unlabeled(labels, known_task or minus_task(labels), no_label)
    present = labels[~missing]
    if not len(present):
        raise InputError(
            f"none of the {len(labels)} rows has a label: -1, NaN and empty mean unlabeled"
        )
    refuse_beyond(labels)
    dtype = dtype_of(y, present)
    if (known_task or task_of(present)) == "regression":
        values = numbers_from_labels(labels, missing)
        if np.nanmin(values) == np.nanmax(values):
            raise InputError(f"all labels are {values[~missing][0]:g}: there is nothing to learn")
        if known_task is None and present.dtype.kind == "f":
            check_measured(present)
        dtype = dtype if np.dtype(dtype).kind in "iuf" else "<f8"
        return Targets(values=values, classes=None, dtype=dtype, no_label=no_label)
    known = tuple(classes) if classes is not None else sorted_classes(present)
    coded = Targets(values=np.empty(0, np.int64), classes=known, dtype=dtype, no_label=no_label)
    coded = replace(coded, values=coded.encode(labels))
    if known_task is None:
        check_guess(known, coded.values, present)
    if no_label is None and classes is None:
        warn_of_minus(labels, known, coded.values)
    refuse_few(known, coded.values)
    return coded


def reason_of(coded: Targets, y: Any) -> str:
    """How the task was told by labels, in words."""
    labels = raw_labels(y)
    present = labels[~unlabeled(labels, coded.task, coded.no_label)]
    if coded.classes is None:
        whole = present.dtype.kind in "iu"
        return "whole numbers that hardly repeat" if whole else "numbers with fractions"
    kinds = {"b": "true or false", "O": "text"}
    kind = kinds.get(present.dtype.kind, "whole numbers")
    return f"{kind} of {len(coded.classes)} values"


def minus_task(labels: Array) -> TaskName:
    """Whether -1 means "no label": not among floats with fractions, which are measurements."""
    present = labels[~unlabeled(labels, "regression")]
    return task_of(present) if labels.dtype.kind == "f" else "classification"


def dtype_of(y: Any, present: Array) -> str:
    """The numpy dtype of labels as they came; that of numbers where objects are all of a kind."""
    dtype = getattr(y, "dtype", present.dtype)
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        return dtype.str
    kinds = {"integer": "int64", "floating": "float64", "boolean": "bool"}
    return kinds.get(pd.api.types.infer_dtype(present, skipna=False), "object")


def sorted_classes(labels: Array) -> tuple[Label, ...]:
    """The distinct labels in order, as plain Python values; mixed kinds by their text."""
    distinct = [as_python(label) for label in pd.unique(pd.Series(labels, dtype=object))]
    try:
        return tuple(sorted(distinct))
    except TypeError:
        return tuple(sorted(distinct, key=str))
