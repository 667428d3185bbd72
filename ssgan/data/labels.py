"""Labels: classes or numbers, many of them unlabeled, and the few that are drawn to learn from."""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from ssgan.codecs.codec import Array, as_array
from ssgan.codecs.dtypes import plain
from ssgan.config import InputError
from ssgan.randomness import Rng

Task = Literal["classification", "regression"]
Label = str | int | float | bool
MOST_FLOAT_CLASSES = 20  # whole floats of more values than this are measured, not counted
MOST_INTEGER_CLASSES = 100  # as for floats, but only where labels hardly ever repeat


def digest(values: Any) -> str:
    """The sha256 of an array's values, shape and dtype, in hexadecimal."""
    array = as_array(values)
    sha = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
    if array.dtype.kind == "O":
        sha.update("\0".join(map(repr, array.ravel().tolist())).encode())
    else:
        sha.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return sha.hexdigest()


def unlabeled(y: Any, task: Task = "classification") -> Array:
    """Which entries (N,) stand for "no label": NaN, None, NA, "" and, among classes, -1."""
    values = raw_labels(y)
    minus = values == -1 if task == "classification" and values.dtype.kind != "b" else False
    missing: Array = pd.isna(values) | (values == "") | minus
    return missing


def raw_labels(y: Any) -> Array:
    """Labels of any container as an array (N,); strings as objects. ValueError for other shapes."""
    if isinstance(y, list | tuple):  # numpy would turn ["a", -1] into text
        y = pd.Series(list(y), dtype=object)
        y = y if y.isna().any() else y.infer_objects()
    if isinstance(y, pd.Series | pd.Index):
        numeric = isinstance(y.dtype, np.dtype) and y.dtype.kind in "biuf"
        y = y.to_numpy() if numeric else y.to_numpy(dtype=object)
    array: Array = as_array(y)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InputError(f"expected one label a row (N,), got an array of shape {array.shape}")
    if array.dtype.kind not in "biufO":
        array = array.astype(object)
    if array.dtype.kind == "O":  # pandas' NA can be neither compared nor ordered
        array = np.where(pd.isna(array), np.array(None), array)
    return array


@dataclass(frozen=True, kw_only=True, eq=False)
class Targets:
    """What is to be learnt: the class index of every row, or a number."""

    values: Array  # (N,) int64 with -1 where unlabeled, or float64 with NaN
    classes: tuple[Label, ...] | None  # sorted; None for regression
    dtype: str  # of the raw labels, a numpy name

    @property
    def task(self) -> Task:
        return "regression" if self.classes is None else "classification"

    @property
    def labeled(self) -> Array:
        """The rows that have a label, sorted int64 indices."""
        missing = np.isnan(self.values) if self.classes is None else self.values < 0
        return np.flatnonzero(~missing).astype(np.int64)

    def decode(self, values: Any) -> Array:
        """Class indices or numbers (N,) as raw labels in their original dtype.

        Class -1 becomes what stands for "no label": -1, NaN or None.
        """
        values = as_array(values)
        if self.classes is None:
            whole = np.dtype(self.dtype).kind in "iu"
            return np.asarray((np.rint(values) if whole else values).astype(self.dtype))
        kind = np.dtype(self.dtype).kind
        none = {"i": -1, "f": np.nan}.get(kind)
        if none is None and (values < 0).any():
            kind = "O"
        known = np.array([*self.classes, none], dtype=object)[values]
        return np.asarray(known, dtype=object if kind == "O" else self.dtype)

    def encode(self, y: Any) -> Array:
        """Raw labels (N,) as class indices or numbers like `values`, for other rows.

        Raises ValueError for a label that is none of the classes.
        """
        labels = raw_labels(y)
        missing = unlabeled(labels, self.task)
        if self.classes is None:
            return numbers(labels, missing)
        values = np.full(len(labels), -1, np.int64)
        found = pd.Index(np.array(self.classes, dtype=object)).get_indexer(
            pd.Index(labels[~missing].astype(object))
        )
        if (found < 0).any():
            label = plain(labels[~missing][found < 0][0])
            raise InputError(
                f"label {label!r} is none of the {len(self.classes)} classes {shown(self.classes)}"
                f": correct it, or leave out the rows of unknown classes ({(found < 0).sum()})"
            )
        values[~missing] = found
        return values


def numbers(labels: Array, missing: Array) -> Array:
    """Labels as float64 with NaN where missing; ValueError for one that is no finite number."""
    values = np.full(len(labels), np.nan)
    try:
        values[~missing] = labels[~missing].astype(np.float64)
    except (TypeError, ValueError) as error:
        text = pd.to_numeric(pd.Series(labels[~missing], dtype=object), errors="coerce").isna()
        raise InputError(
            f"expected numbers to regress on, got {labels[~missing][text.argmax()]!r}: "
            "correct the labels or use classification"
        ) from error
    if np.isinf(values).any():
        row = int(np.flatnonzero(np.isinf(values))[0])
        raise InputError(f"expected finite numbers to regress on, row {row} is infinite")
    return values


def shown(values: Sequence[Any], most: int = 10) -> str:
    """The first few values, for messages."""
    more = f", ... ({len(values)} in all)" if len(values) > most else ""
    return ", ".join(map(repr, values[:most])) + more


def task_of(labels: Array) -> Task:
    """What labels (N,) without unlabeled entries ask for.

    Strings, booleans and integers are classes; floats are numbers. Two exceptions: floats that
    are all whole and have at most 20 values are classes (a column of integers with gaps), and
    integers that have more than 100 values and repeat less than twice on average are numbers.
    """
    if labels.dtype.kind == "O":
        inferred = pd.api.types.infer_dtype(labels, skipna=False)
        kinds = {"integer": np.int64, "floating": np.float64, "mixed-integer-float": np.float64}
        if inferred not in kinds:
            return "classification"
        labels = labels.astype(kinds[inferred])
    distinct = len(np.unique(labels))
    if labels.dtype.kind == "f":
        whole = np.array_equal(labels, np.rint(labels))
        return "classification" if whole and distinct <= MOST_FLOAT_CLASSES else "regression"
    many = distinct > MOST_INTEGER_CLASSES and 2 * distinct > len(labels)
    return "regression" if many else "classification"


def targets(y: Any, task: Task | None = None, classes: Sequence[Any] | None = None) -> Targets:
    """What the labels `y` (N,) say: -1, NaN, None and "" mean unlabeled.

    `task` None asks `task_of`; where "regression" is asked for, -1 is a number like any other.
    `classes` fixes the classes and their order; otherwise they are the sorted labels. Raises
    ValueError if nothing is labeled, for one class or one number only, for fewer labels than
    classes and for labels that are no number or none of the classes; warns of a class that has a
    single label.
    """
    labels = raw_labels(y)
    asked = task or ("classification" if classes is not None else None)
    missing = unlabeled(labels, asked or minus_task(labels))
    given = labels[~missing]
    if not len(given):
        raise InputError(
            f"none of the {len(labels)} rows has a label: -1, NaN and empty mean unlabeled"
        )
    dtype = dtype_of(y, given)
    if (asked or task_of(given)) == "regression":
        values = numbers(labels, missing)
        if np.nanmin(values) == np.nanmax(values):
            raise InputError(f"all labels are {values[~missing][0]:g}: there is nothing to learn")
        return Targets(values=values, classes=None, dtype=dtype)
    known = tuple(classes) if classes is not None else sorted_classes(given)
    found = Targets(values=np.empty(0, np.int64), classes=known, dtype=dtype)
    found = replace(found, values=found.encode(labels))
    check_classes(found)
    return found


def minus_task(labels: Array) -> Task:
    """Whether -1 means "no label": not among floats with fractions, which are measurements."""
    present = labels[~unlabeled(labels, "regression")]
    return task_of(present) if labels.dtype.kind == "f" else "classification"


def dtype_of(y: Any, given: Array) -> str:
    """The numpy dtype of labels as they came; that of numbers where objects are all of a kind."""
    dtype = getattr(y, "dtype", given.dtype)
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        return dtype.str
    kinds = {"integer": "int64", "floating": "float64", "boolean": "bool"}
    return kinds.get(pd.api.types.infer_dtype(given, skipna=False), "object")


def sorted_classes(labels: Array) -> tuple[Label, ...]:
    """The distinct labels in order, as plain Python values; mixed kinds by their text."""
    distinct = [plain(label) for label in pd.unique(pd.Series(labels, dtype=object))]
    try:
        return tuple(sorted(distinct))
    except TypeError:
        return tuple(sorted(distinct, key=str))


def check_classes(found: Targets) -> None:
    """Refuse labels that no classifier can learn from; warn of classes with a single one."""
    classes = found.classes or ()
    counts = np.bincount(found.values[found.values >= 0], minlength=len(classes))
    if counts.sum() < len(classes):
        raise InputError(
            f"{counts.sum()} labels for {len(classes)} classes: label at least one row of each"
        )
    if (counts > 0).sum() < 2:
        only = classes[int(counts.argmax())]
        raise InputError(f"all labels are {only!r}: a classifier needs at least two classes")
    if alone := [label for label, count in zip(classes, counts, strict=True) if count == 1]:
        warnings.warn(
            f"a single label in {len(alone)} of {len(classes)} classes: {shown(alone)}",
            UserWarning,
            stacklevel=3,
        )


def draw_split(
    found: Targets, per_class: int | None = None, seed: int = 0, *, labels: int | None = None
) -> Array:
    """Sorted int64 rows whose labels are kept, `per_class` of every class or `labels` in all.

    Classification takes `per_class`, regression `labels`. A pure function of its arguments; a
    smaller draw of the same seed lies within a larger one. Raises ValueError where there are too
    few labels.
    """
    if (per_class is None) == (labels is None):
        raise InputError("expected either a number of labels per class or of all labels")
    if (found.classes is None) != (per_class is None):
        asked = "labels in all" if found.classes is None else "labels per class"
        raise InputError(f"for {found.task} give the number of {asked}")
    count = per_class if per_class is not None else labels or 0
    if count < 1:
        raise InputError(f"expected at least 1 label, got {count}")
    chosen = []
    for index, name in enumerate(found.classes or ("all",)):
        rows = found.labeled if found.classes is None else np.flatnonzero(found.values == index)
        if len(rows) < count:
            where = "" if found.classes is None else f" in class {name!r}"
            raise InputError(f"asked for {count} labels{where}, there are {len(rows)}: ask fewer")
        order = Rng(("split", seed, index)).numpy().permutation(len(rows))
        chosen.append(rows[order[:count]])
    return np.sort(np.concatenate(chosen)).astype(np.int64)
