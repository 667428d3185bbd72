"""Folds for labels that are partly missing: unlabeled rows are trained on, never tested on."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import check_cv
from sklearn.utils.multiclass import type_of_target

from ssgan.config import InputError
from ssgan.data import unlabeled

Indices = NDArray[Any]


class LabeledSplit(BaseEstimator):
    """Splits of the labelled rows, with all unlabeled rows in every training part.

    scikit-learn's own splitters put unlabeled rows into test folds, where a scorer such as
    "accuracy" takes -1 for a class. With this one every scorer sees labelled rows alone, and each
    training part holds as many unlabeled rows as there are.

    Parameters
    ----------
    cv : int or splitter, default=5
        The folds of labelled rows: a number of them, stratified for classes, or a splitter of
        scikit-learn such as `RepeatedStratifiedKFold` or `ShuffleSplit`.
    task : {"classification", "regression"} or None, default=None
        "classification": -1, NaN, None and "" are unlabeled; "regression": NaN, None and "".
        None is "regression" where labels are numbers with fractions.

    Raises
    ------
    InputError
        From `split`, where there is no labelled row, and for an unknown task.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.estimators import LabeledSplit
    >>> y = np.array([0, 1, -1, 0, 1, -1])
    >>> for train, test in LabeledSplit(2).split(np.zeros((6, 3)), y):
    ...     print(train.tolist(), test.tolist())
    [2, 3, 4, 5] [0, 1]
    [0, 1, 2, 5] [3, 4]

    In a search, the unlabeled rows are learnt from in every fold:

    >>> from sklearn.model_selection import GridSearchCV
    >>> from ssgan.estimators import GANClassifier
    >>> search = GridSearchCV(
    ...     GANClassifier(), {"predictor__steps": [20, 30]}, cv=LabeledSplit(3), scoring="accuracy"
    ... )
    """

    def __init__(self, cv: Any = 5, task: str | None = None) -> None:
        self.cv = cv
        self.task = task

    def split(self, X: Any, y: Any, groups: Any = None) -> Iterator[tuple[Indices, Indices]]:
        """Training and test rows of every split, sorted numbers.

        Parameters
        ----------
        X : array or data frame (N, ...)
            Samples; only their number counts.
        y : array (N,)
            Labels, partly missing.
        groups : array (N,), default=None
            For splitters that take them.

        Yields
        ------
        train, test : ndarray of int
        """
        missing, task = missing_labels(y, self.task)
        rows, others = np.flatnonzero(~missing), np.flatnonzero(missing)
        if not len(rows):
            raise InputError("there is no labelled row: there is nothing to split")
        labels = np.asarray(y)[rows]
        if labels.dtype.kind == "O":
            labels = np.array(labels.tolist())  # objects become what they are
        labelled_groups = None if groups is None else np.asarray(groups)[rows]
        folds = check_cv(self.cv, labels, classifier=task == "classification")
        for train, test in folds.split(rows, labels, labelled_groups):
            yield np.sort(np.concatenate([rows[train], others])), rows[np.sort(test)]

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """How many splits there are.

        Parameters
        ----------
        X, y, groups : ignored
            For scikit-learn's signature.

        Returns
        -------
        int
        """
        count: int = check_cv(self.cv).get_n_splits(X, y, groups)
        return count


def missing_labels(y: Any, task: str | None) -> tuple[NDArray[np.bool_], str]:
    """Which labels (N,) are missing, and the task."""
    if task not in ("classification", "regression", None):
        raise InputError(f"expected task to be classification, regression or None, got {task!r}")
    empty = np.asarray(unlabeled(y, "regression"), bool)
    if task is None:
        known = pd.Series(np.asarray(y)[~empty].tolist(), dtype=object).infer_objects()
        fractions = len(known) > 0 and type_of_target(known.to_numpy()) == "continuous"
        task = "regression" if fractions else "classification"
    return (empty if task == "regression" else np.asarray(unlabeled(y), bool)), task
