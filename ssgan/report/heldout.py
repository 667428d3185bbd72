"""Rows that a model has not learnt the labels of, and what it makes of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data import Data, read_labels
from ssgan.data.labels.split import SPLIT, read_split
from ssgan.data.labels.values import raw_labels
from ssgan.data.selection import draw_some, read_again, take_samples
from ssgan.prediction.predictor import Predictor
from ssgan.runs.run import Run

MOST_ROWS = 10_000  # that are predicted for the page


@dataclass(frozen=True, kw_only=True)
class HeldOutRows:
    """Labelled rows of a data set, and which they are in words."""

    which: str  # "all 797 labelled rows of the test part of digits"
    seen: bool | None  # the model learnt from their samples, not from their labels; None: unknown
    x: Any  # raw samples (N, ...)
    y: Array  # raw labels (N,)
    names: list[str]  # of each row: its file, or its number


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """What a model predicts for held-out rows."""

    rows: HeldOutRows  # those that have a label
    model: Predictor
    true: Array  # class indices (N,) or numbers
    predicted: Array  # likewise
    probabilities: Array | None  # (N, K), None for regression


def given_rows(x: Any, y: Any, name: str, labelled: bool) -> HeldOutRows:
    """Samples and labels that somebody brings, of which it is not asked where they were.

    A GAN, which is not `labelled`, is compared with the samples alone.
    """
    if labelled and y is None:
        raise InputError("a page about predictions needs labels to compare with: give them")
    if labelled and len(x) != len(y):
        raise InputError(f"{len(x)} samples but {len(y)} labels: one label a row")
    names = [f"row {row}" for row in range(len(x))]
    y = raw_labels(y) if labelled else np.zeros(len(x))
    return HeldOutRows(which=name, seen=None, x=x, y=y, names=names)


def held_out_predictions(
    run: Run, model: Predictor, rows_given: HeldOutRows | None = None
) -> HeldOut:
    """The predictions of the model of a directory for rows whose labels it has not learnt from.

    They are those that are given; else the test part of its data; else the labelled rows that its
    split left out. Raises InputError or FileNotFoundError with the reason where there are none.
    """
    rows = replace(rows_given, which=f"of {rows_given.which}") if rows_given else own_rows(run)
    rows = limit_rows(labeled_only(rows, model))
    true = model.targets.encode(rows.y)
    if model.classes is None:
        predicted, probabilities = model.predict(rows.x).astype(np.float64), None
    else:
        probabilities = model.predict_proba(rows.x)
        predicted = probabilities.argmax(1)
    return HeldOut(
        rows=rows, model=model, true=true, predicted=predicted, probabilities=probabilities
    )


def own_rows(run: Run) -> HeldOutRows:
    """Rows of the data that a model learnt from, whose labels it has not seen."""
    split = read_split(run.path) if run.has(SPLIT) else None
    metadata = split["data"] if split else run.config["gan"]
    if metadata["source"] == "memory":
        raise InputError("the data were given in memory, so there is nothing here to compare with")
    data = read_again(metadata, run.path)
    seen = data.fingerprint == run.config["gan"]["fingerprint"]
    return test_rows(data) or rows_left_out(data, split, seen)


def test_rows(data: Data) -> HeldOutRows | None:
    """The test part of a data set, where it has one with labels."""
    if data.x_test is None or data.y_test is None:
        return None
    name, count = f"of the test part of {data.source}", len(data.y_test)
    names = [f"row {row}" for row in range(count)]
    return HeldOutRows(
        which=name, seen=False, x=data.x_test, y=np.asarray(data.y_test), names=names
    )


def rows_left_out(data: Data, split: Mapping[str, Any] | None, seen: bool) -> HeldOutRows:
    """The rows of a data set that a split left out; InputError where there are none."""
    if split is None:
        raise InputError(
            f"{data.source} has no test part with labels, and it is not recorded which rows were "
            "learnt from: nothing is known to be held out"
        )
    y = data.y if data.y is not None else read_labels(split["labels"], data)
    unlabeled = np.setdiff1d(np.arange(len(data)), split["indices"])
    names = data.names or [f"row {row}" for row in range(len(data))]
    name = f"of {data.source} that are not in the split"
    left_out = HeldOutRows(which=name, seen=seen, x=data.x, y=np.asarray(y), names=names)
    return some_rows(left_out, unlabeled)


def labeled_only(rows: HeldOutRows, model: Predictor) -> HeldOutRows:
    """Those of the rows that have a label; InputError where none has."""
    values = model.targets.encode(rows.y)
    known = np.flatnonzero(values >= 0 if model.classes is not None else np.isfinite(values))
    if not len(known):
        raise InputError(f"there are no labelled rows {rows.which}: nothing is held out")
    return some_rows(rows, known)


def limit_rows(rows: HeldOutRows, most: int = MOST_ROWS) -> HeldOutRows:
    """The rows, or as many of them drawn at random, and how many they are in words."""
    count = len(rows.y)
    if count > most:
        rows_shown = draw_some(count, most, "report", count)
        return some_rows(
            rows, rows_shown, f"{most:,}, drawn from all {count:,} labelled rows {rows.which}"
        )
    return some_rows(rows, np.arange(count), f"all {count:,} labelled rows {rows.which}")


def some_rows(rows: HeldOutRows, index: Array, which: str | None = None) -> HeldOutRows:
    """Some of the rows, by number."""
    x = take_samples(rows.x, index)
    names = [rows.names[row] for row in index]
    return HeldOutRows(which=which or rows.which, seen=rows.seen, x=x, y=rows.y[index], names=names)
