"""What looks wrong in labels: guesses that may be none, classes that may be one, a class -1."""

import warnings

import numpy as np
import pandas as pd

from ssgan.codecs.codec import Array
from ssgan.codecs.plain import numbers_in
from ssgan.config import InputError
from ssgan.data.labels.values import MINUS, Label, equal_to, first_few, is_beyond, unlabeled

CLASS_SIZE = 5  # labels a class, from which a -1 as frequent as classes looks like one
MOST_FLOAT_CLASSES = 20  # whole floats of more values than this are measured, not counted
MOST_INTEGER_CLASSES = 100  # as for floats, but only where labels hardly ever repeat
REPEATS = 10  # times that each measured value comes on average, where it may be a class


def check_classes(classes: tuple[Label, ...], present: Array) -> None:
    """Refuse classes that differ in type alone; say which differ in case or spaces alone."""
    texts = pd.Series([str(label) for label in classes])
    if (twice := texts.duplicated(keep=False)).any():
        first, second = (classes[i] for i in np.flatnonzero(twice)[:2])
        raise InputError(
            f"the labels {first!r} and {second!r} differ in type alone: make them alike"
        )
    alike = texts.str.strip().str.casefold().duplicated(keep=False)
    if alike.any():
        same = [classes[i] for i in np.flatnonzero(alike)]
        warn_of_labels(
            f"the classes {first_few(same)} differ in case or spaces alone: make alike what is one"
        )
    if present.dtype.kind == "O" and all(isinstance(label, str) for label in classes):
        written = numbers_in(texts)
        fractions = written is not None and (written[0] != np.rint(written[0])).any()
        if fractions or (written is not None and len(classes) > MOST_FLOAT_CLASSES):
            warn_of_labels(
                f"the labels are text that writes numbers, as {classes[0]!r}, and are taken for "
                f"{len(classes)} classes: give task='regression' (--task regression) if they are "
                "measurements, task='classification' if not"
            )


def check_guess(classes: tuple[Label, ...], values: Array, present: Array) -> None:
    """Refuse labels that may be no classes, and say that many numbers are taken for some."""
    number = len(classes)
    if number > MOST_FLOAT_CLASSES and len(present) < 2 * number:
        raise InputError(
            f"{number} different labels in {len(present)} rows are hardly classes: say what they "
            "are with task='classification' or 'regression' (--task)"
        )
    check_classes(classes, present)
    if present.dtype.kind not in "iuf" or number <= MOST_FLOAT_CLASSES:
        return
    rare = np.bincount(values[values >= 0]).min() == 1
    codes = classes in (tuple(range(number)), tuple(range(1, number + 1)))
    if rare or number > MOST_INTEGER_CLASSES or not codes:
        warn_of_labels(
            f"{number} whole numbers are taken for classes: give task='regression' (--task "
            "regression) if they are counts or measurements, task='classification' if not"
        )


def refuse_beyond(labels: Array) -> None:
    """Refuse an infinite number, and a whole one beyond 64 bits, whatever they are labels of."""
    if labels.dtype.kind == "f":
        beyond = np.isinf(labels)
    elif labels.dtype.kind == "O":
        beyond = np.array([is_beyond(label) for label in labels], bool)
    else:
        return
    if beyond.any():
        row = int(beyond.argmax())
        infinite = isinstance(labels[row], float | np.floating)
        fault = "is infinite" if infinite else "is a number beyond 64 bits"
        raise InputError(f"the label of row {row} {fault}: correct it, or leave it empty")


def check_measured(present: Array) -> None:
    """Say that a few numbers with fractions, which come again and again, are measurements."""
    distinct = len(np.unique(present))
    if distinct <= MOST_FLOAT_CLASSES and len(present) >= REPEATS * distinct:
        warn_of_labels(
            f"{distinct} numbers with fractions, each of them many times, are taken for "
            "measurements: give task='classification' (--task classification) if they are classes, "
            "task='regression' if not"
        )


def warn_of_minus(labels: Array, classes: tuple[Label, ...], values: Array) -> None:
    """Say that -1 is taken for unlabeled where it looks like a class.

    It does where it is as frequent as the classes, where one of them is less than it, or where
    other rows have an empty label.
    """
    minus = int(equal_to(labels, MINUS).sum())
    empty = int(unlabeled(labels, "regression").sum())
    counts = np.bincount(values[values >= 0], minlength=1)
    alike = 0.75 * counts.min() <= minus <= 1.5 * counts.max()
    numbers = [label for label in classes if isinstance(label, int | float)]
    below = min(numbers, default=0) < MINUS
    if minus and ((counts.min() >= CLASS_SIZE and alike) or empty or below):
        reason = f"{empty} rows have an empty one" if empty else f"{counts.max()} are alike"
        if below:
            reason = f"{min(numbers)} is a class"
        warn_of_labels(
            f"{minus} labels of -1 are taken for unlabeled, while {reason}: if -1 is a class, say "
            "no_label='none' (--unlabeled none); -1 confirms it"
        )


def refuse_few(classes: tuple[Label, ...], values: Array) -> None:
    """Refuse labels that no classifier can learn from; warn of classes with a single one."""
    counts = np.bincount(values[values >= 0], minlength=len(classes))
    if counts.sum() < len(classes):
        raise InputError(
            f"{counts.sum()} labels for {len(classes)} classes: label at least one row of each"
        )
    if (counts > 0).sum() < 2:
        only = classes[int(counts.argmax())]
        raise InputError(f"all labels are {only!r}: a classifier needs at least two classes")
    if alone := [label for label, count in zip(classes, counts, strict=True) if count == 1]:
        warn_of_labels(
            f"a single label in {len(alone)} of {len(classes)} classes: {first_few(alone)}"
        )


def warn_of_labels(message: str) -> None:
    """A warning that names the caller's line."""
    warnings.warn(message, UserWarning, stacklevel=4)
