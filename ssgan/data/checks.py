"""What a data set holds and what looks wrong in it, before any hour is spent on it."""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ssgan.codecs import CODECS
from ssgan.codecs.arrays import as_array
from ssgan.codecs.codec import Codec, Json
from ssgan.codecs.columns import fit_column
from ssgan.codecs.dtypes import Series
from ssgan.codecs.plain import is_text
from ssgan.config import InputError
from ssgan.data.labels.targets import targets, task_of
from ssgan.data.labels.values import raw_labels, unlabeled
from ssgan.data.source import Data, without_target
from ssgan.data.tables.doubts import doubt_of_numbers, suspicion_of
from ssgan.data.tables.frames import read_column

LISTED = 10  # columns or labels named in a warning


def describe_data(data: Data) -> dict[str, Json]:
    """What a data set is, ready for JSON, without a look at its values."""
    return {
        "source": data.source,
        "options": data.options,
        "kind": data.kind,
        "rows": len(data.x),
        "test_rows": 0 if data.x_test is None else len(data.x_test),
        "shape": list(data.x.shape[1:]),
        "unreadable": len(data.quarantine),
        "fingerprint": data.fingerprint,
    }


def describe_codec(codec: Codec) -> dict[str, Json]:
    """Which codec it is, and the shape of what networks see."""
    return {"kind": codec.kind, "shape": list(codec.shape)}


def check(data: Data, target: str | None = None) -> dict[str, Json]:
    """Say what a data set holds and what looks wrong in it.

    Parameters
    ----------
    data : Data
        As `read` or `from_memory` gives it.
    target : str, optional
        A column of a table to take as labels.

    Returns
    -------
    dict
        Ready for JSON: kind, source, rows, test_rows, shape of one sample, columns {name: dtype} or
        dtype and range, labels {label: count} or {min, mean, max}, unlabeled, quarantine
        [[file, what]], fingerprint and warnings, a sentence each.

    Raises
    ------
    InputError
        If there is no column `target`.

    Examples
    --------
    >>> from ssgan.data import from_memory
    >>> found = check(from_memory([[1.0, 2.0], [1.0, 3.0]], y=["a", "b"]))
    >>> found["labels"], found["warnings"][-1]
    ({'a': 1, 'b': 1}, 'constant columns: 0')
    """
    if target is not None and target != data.options.get("target"):
        if not is_tabular(data):
            raise InputError(f"a target column is for tables, {data.source} has none: leave it out")
        data = replace(data, **without_target({"x": data.x, "x_test": data.x_test}, target))
    facts = {
        "kind": data.kind,
        "source": data.source,
        "rows": len(data.x),
        "test_rows": 0 if data.x_test is None else len(data.x_test),
        "shape": list(data.x.shape[1:]),
        **(described_columns(data.x) if is_tabular(data) else described_array(data.x)),
        **described_labels(data.y, data.no_label),
        "quarantine": [list(fault) for fault in data.quarantine],
        "fingerprint": data.fingerprint,
    }
    return facts | {"warnings": suspicions(data)}


def is_tabular(data: Data) -> bool:
    """Whether samples are rows of a data frame."""
    return isinstance(data.x, pd.DataFrame)


def described_columns(frame: pd.DataFrame) -> dict[str, Json]:
    """Names and dtypes of columns, ready for JSON."""
    return {"columns": {str(name): str(dtype) for name, dtype in frame.dtypes.items()}}


def described_array(x: Any) -> dict[str, Json]:
    """Dtype and range of an array, ready for JSON."""
    array = as_array(x)
    if array.dtype.kind not in "biuf":
        return {"dtype": str(array.dtype)}
    return {"dtype": str(array.dtype), "range": [float(array.min()), float(array.max())]}


def described_labels(y: Any, no_label: Any = None) -> dict[str, Json]:
    """How many rows each label has, or the spread of numbers; how many rows have none."""
    if y is None:
        return {"labels": {}, "unlabeled": None}
    labels = raw_labels(y)
    task = task_of(labels[~unlabeled(labels, "regression")])
    missing = unlabeled(labels, task, no_label)
    present = labels[~missing]
    if task == "regression" and len(present):
        numbers = present.astype(np.float64)
        spread = {"min": numbers.min(), "mean": numbers.mean(), "max": numbers.max()}
        return {
            "labels": {name: float(value) for name, value in spread.items()},
            "unlabeled": int(missing.sum()),
        }
    counts = pd.Series(present, dtype=object).value_counts()
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return {
        "labels": {str(label): int(count) for label, count in ordered},
        "unlabeled": int(missing.sum()),
    }


def suspicions(data: Data) -> list[str]:
    """One sentence for each thing that looks wrong."""
    sentences = [label_suspicion(data)] if data.y is not None else []
    if is_tabular(data):
        sentences += column_suspicions(data.x)
    elif "corrupt" in CODECS[data.kind].transforms:  # values that are columns of their own
        array = as_array(data.x)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            sentences.append(f"{int((~np.isfinite(array)).any(1).sum())} rows hold NaN or infinity")
        constant = np.flatnonzero((array == array[:1]).all(0))
        sentences.append(list_columns("constant columns", [str(column) for column in constant]))
    if data.quarantine:
        sentences.append(f"{len(data.quarantine)} files or lines could not be read whole")
    return [sentence for sentence in sentences if sentence]


def label_suspicion(data: Data) -> str:
    """What `targets` would refuse or warn of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            targets(data.y, no_label=data.no_label)
        except (TypeError, ValueError) as error:
            return str(error)
    return str(caught[0].message) if caught else ""


def column_suspicions(frame: pd.DataFrame) -> list[str]:
    """What looks wrong in the columns of a table, a sentence each."""
    names: dict[str, list[str]] = {"constant columns": [], "columns that are mostly missing": []}
    sentences = []
    for name in frame.columns:
        column = frame[name]
        present = column.dropna()
        if not len(present) or (len(present) == len(column) and len(pd.unique(present)) == 1):
            names["constant columns"].append(str(name))
        elif len(present) < len(column) / 2:
            names["columns that are mostly missing"].append(str(name))
        suspicion = column_suspicion(present) if len(present) else ""
        sentences += [f"column {name!r} {suspicion}"] if suspicion else []
    return [*(list_columns(what, columns) for what, columns in names.items()), *sentences]


def column_suspicion(present: Series) -> str:
    """What a codec would refuse in a column, or a user should know of its text; "" for nothing."""
    if is_text(present):
        return read_column(present, False)[1] or suspicion_of(present, crowded=LISTED)
    if pd.api.types.is_float_dtype(present.dtype):
        infinite = np.isinf(present.to_numpy(np.float64))
        if infinite.any():
            row = present.index[int(infinite.argmax())]
            return f"has {infinite.sum()} infinite values, first in row {row}: leave them empty"
    if doubt := doubt_of_numbers(present):
        return doubt
    try:
        fit_column(present)
    except InputError as error:
        return str(error).split(": ", 1)[-1]
    return ""


def list_columns(suspicion: str, names: list[str]) -> str:
    """Some names as one line; "" where there are none."""
    more = f", ... ({len(names)} in all)" if len(names) > LISTED else ""
    return f"{suspicion}: {', '.join(names[:LISTED])}{more}" if names else ""
