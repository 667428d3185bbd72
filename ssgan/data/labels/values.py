"""Labels as they came, in any container, and which of them mean "no label"."""

import hashlib
import re
from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from ssgan.codecs.arrays import as_array
from ssgan.codecs.codec import Array
from ssgan.codecs.plain import plain_column
from ssgan.config import InputError, InputTypeError

TaskName = Literal["classification", "regression"]
Label = str | int | float | bool
MINUS = -1  # the label that means "no label", where nobody says another
WHOLE = re.compile(r"([+-]?\d+)\.0+")  # a whole number written as one with fractions


def digest(values: Any) -> str:
    """Hash an array: the sha256 of its values, shape and dtype.

    Parameters
    ----------
    values : array-like
        Numbers, or objects, which are hashed by their `repr`.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> digest([1, 2])[:8] == digest([1.0, 2.0])[:8]
    False
    """
    array = as_array(values)
    sha = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
    if array.dtype.kind == "O":
        sha.update("\0".join(map(repr, array.ravel().tolist())).encode())
    else:
        sha.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return sha.hexdigest()


def unlabeled(y: Any, task: TaskName = "classification", no_label: Any = None) -> Array:
    """Find the entries that stand for "no label".

    Parameters
    ----------
    y : array-like (N,)
        Labels; NaN, None, NA and "" always stand for none.
    task : "classification" or "regression"
        Among numbers to regress on, -1 is a number.
    no_label : label, optional
        What else stands for none: by default -1 among classes, as a number or as text. One that is
        given stands in place of -1, in numbers too; "none" says that nothing else does.

    Returns
    -------
    array of bool (N,)

    Examples
    --------
    >>> unlabeled(["a", "", None, -1]).tolist()
    [False, True, True, True]
    >>> unlabeled([9, 0, -1], no_label=9).tolist()
    [True, False, False]
    """
    values = raw_labels(y)
    missing: Array = pd.isna(values) | (values == "")
    if no_label is None and task == "regression":
        return missing
    return missing | equal_to(values, MINUS if no_label is None else no_label)


def equal_to(values: Array, label: Any) -> Array:
    """Which entries (N,) are the label, also where one of both is text."""
    if values.dtype.kind == "b":
        return np.zeros(len(values), bool)
    if values.dtype.kind == "O":
        text = whole_text(label)
        alike = [value == label or whole_text(value) == text for value in values]
        return np.array(alike, bool)
    try:
        return np.equal(values, float(label))
    except (TypeError, ValueError):
        return np.zeros(len(values), bool)


def whole_text(label: Any) -> str:
    """A label as text, 1.0 as 1."""
    match = WHOLE.fullmatch(text := str(label))
    return match[1] if match else text


def raw_labels(y: Any) -> Array:
    """Labels of any container as an array (N,); strings as objects. InputError for other shapes."""
    if isinstance(y, np.ma.MaskedArray):
        y = y.tolist()  # None where it is masked
    if isinstance(y, pd.api.extensions.ExtensionArray):
        y = pd.Series(y)
    if not isinstance(y, pd.Series | pd.Index):
        lists = (getattr(y, name, None) for name in ("to_pylist", "to_list"))  # Arrow's, polars'
        y = next((as_list() for as_list in lists if callable(as_list)), y)
    if isinstance(y, list | tuple):  # numpy would turn ["a", -1] into text
        y = pd.Series(list(y), dtype=object)
        y = y if y.isna().any() or any(map(is_beyond, y)) else y.infer_objects()
    if isinstance(y, pd.Series) and pd.api.types.infer_dtype(y) == "decimal":
        y = plain_column(y)
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
    if pd.api.types.infer_dtype(array, skipna=True) == "mixed":
        refuse_several(array)
    if array.dtype.kind == "O":  # pandas' NA can be neither compared nor ordered
        array = np.where(pd.isna(array), np.array(None), array)
    return array


def refuse_several(labels: Array) -> None:
    """InputTypeError for a label that holds several, as a list or a dict."""
    for label in labels:
        if not isinstance(label, Hashable):
            raise InputTypeError(
                f"expected one label a row, got {label!r}: give text or a number for each"
            )


def is_beyond(label: Any) -> bool:
    """Whether a label is infinite, or a whole number that 64 bits do not hold."""
    if isinstance(label, float | np.floating):
        return bool(np.isinf(label))
    return isinstance(label, int) and not -(2**63) <= label < 2**64


def first_few(values: Sequence[Any], most: int = 10) -> str:
    """The first few values, for messages."""
    more = f", ... ({len(values)} in all)" if len(values) > most else ""
    return ", ".join(map(repr, values[:most])) + more
