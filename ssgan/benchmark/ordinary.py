"""Ordinary models on raw features: what a careful person would fit with scikit-learn.

The board compares with them, so they rest on scikit-learn alone and stay what they are where
the package's own baselines change. Columns are scaled robustly, categories become one column a
level, and the one parameter of a model is chosen by cross-validation on the labelled samples.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVC, SVR

from ssgan.benchmark.baselines import self_training_model, spreading_model
from ssgan.benchmark.problems import flatten_samples
from ssgan.codecs.codec import Array
from ssgan.data import Data
from ssgan.prediction.baselines import foldable
from ssgan.prediction.baselines.models import class_probabilities

TREES = 100
ROUNDS = 100  # of boosting
SEARCH_FOLDS = 5  # that choose a parameter, at most
CLIPPED = 5.0  # scaled values lie between this and its negative
MOST_UNLABELED = 3000  # samples that self-training and label spreading learn from
FLOOR = 1e-4  # probability that no class falls below


@dataclass(frozen=True)
class Setting:
    """What a model is made for."""

    count: int  # labelled samples
    seed: int
    folds: int  # that can choose a parameter; below 2 the middle value is taken


@dataclass(frozen=True)
class Ordinary:
    """An ordinary model: what makes it, for classes and for numbers."""

    classifier: Callable[[Setting], Any]
    regressor: Callable[[Setting], Any] | None = None
    unlabeled: bool = False  # whether it learns from unlabeled samples too


def searched(model: Any, name: str, values: tuple[float, ...], setting: Setting) -> Any:
    """A model whose one parameter folds of the labelled samples choose."""
    if setting.folds < 2:
        return model.set_params(**{name: values[len(values) // 2]})
    return GridSearchCV(model, {name: list(values)}, cv=setting.folds)


def logistic_model(setting: Setting) -> Any:
    """Logistic regression whose strength folds choose."""
    return searched(LogisticRegression(max_iter=1000), "C", (0.01, 0.1, 1.0, 10.0), setting)


def ridge_model(setting: Setting) -> Any:
    """Ridge regression whose strength folds choose."""
    return searched(Ridge(), "alpha", (0.1, 1.0, 10.0, 100.0, 1000.0), setting)


def neighbours_model(model: Callable[..., Any], setting: Setting) -> Any:
    """A model of nearest neighbours, whose number folds choose."""
    most = max(1, setting.count * (SEARCH_FOLDS - 1) // SEARCH_FOLDS // 2)
    counts = tuple(k for k in (1, 3, 5, 9, 15) if k <= most) or (1,)
    return searched(model(weights="distance"), "n_neighbors", counts, setting)


def kernel_machine(model: Callable[..., Any], setting: Setting) -> Any:
    """A support vector machine whose cost folds choose."""
    return searched(model(), "C", (0.3, 1.0, 3.0, 10.0, 30.0), setting)


def forest_model(model: Callable[..., Any], setting: Setting) -> Any:
    """A random forest as it comes."""
    return model(TREES, random_state=setting.seed)


def boosting_model(model: Callable[..., Any], setting: Setting) -> Any:
    """Small trees, with leaves of a twentieth of the samples: 20 would not split 30 samples."""
    leaf = int(np.clip(setting.count // 20, 2, 20))
    settings = {"max_leaf_nodes": 8, "min_samples_leaf": leaf, "random_state": setting.seed}
    return model(max_iter=ROUNDS, early_stopping=False, **settings)


ORDINARY = {
    "logistic or ridge regression": Ordinary(logistic_model, ridge_model),
    "nearest neighbours, raw": Ordinary(
        partial(neighbours_model, KNeighborsClassifier),
        partial(neighbours_model, KNeighborsRegressor),
    ),
    "RBF-SVM, scaled": Ordinary(partial(kernel_machine, SVC), partial(kernel_machine, SVR)),
    "random forest": Ordinary(
        partial(forest_model, RandomForestClassifier), partial(forest_model, RandomForestRegressor)
    ),
    "extra trees": Ordinary(
        partial(forest_model, ExtraTreesClassifier), partial(forest_model, ExtraTreesRegressor)
    ),
    "histogram boosting": Ordinary(
        partial(boosting_model, HistGradientBoostingClassifier),
        partial(boosting_model, HistGradientBoostingRegressor),
    ),
    "self-training, scaled": Ordinary(lambda setting: self_training_model(), unlabeled=True),
    "label spreading, scaled": Ordinary(lambda setting: spreading_model(), unlabeled=True),
}


def raw_features(data: Data) -> tuple[Array, Array]:
    """Samples to learn from and to test on as rows of scaled numbers, float64 (N, F) and (M, F)."""
    if data.kind == "images":
        return tuple(flatten_samples(x).astype(np.float64) for x in (data.x, data.x_test))  # type: ignore[return-value]
    if data.kind == "table":
        x, x_test = encode_columns(data.x, data.x_test)
    else:
        x, x_test = (np.asarray(x, np.float64) for x in (data.x, data.x_test))
    return scale_columns(x, x_test)


def encode_columns(x: pd.DataFrame, x_test: pd.DataFrame) -> tuple[Array, Array]:
    """Numbers, the median where one is missing, and a column of 0 and 1 for each level."""
    both = pd.concat([x, x_test], ignore_index=True)
    numbers = both.select_dtypes("number").astype(np.float64)
    levels = both.drop(columns=numbers.columns).map(str)
    columns = [numbers.fillna(numbers.iloc[: len(x)].median()).to_numpy()]
    if len(levels.columns):
        columns.append(pd.get_dummies(levels, dtype=np.float64).to_numpy())
    rows = np.concatenate(columns, 1)
    return rows[: len(x)], rows[len(x) :]


def scale_columns(x: Array, x_test: Array) -> tuple[Array, Array]:
    """Columns about their median in units of their quartiles, so that long tails weigh little.

    A column whose quartiles are equal has its standard deviation as its unit.
    """
    low, middle, high = np.quantile(x, (0.25, 0.5, 0.75), axis=0)
    spread, deviation = (high - low) / 1.349, x.std(0)
    unit = np.where(spread > 0, spread, np.where(deviation > 0, deviation, 1.0))
    scaled = [np.clip((rows - middle) / unit, -CLIPPED, CLIPPED) for rows in (x, x_test)]
    return scaled[0], scaled[1]


@dataclass(frozen=True, eq=False)
class OrdinaryTask:
    """Labelled samples as rows (n, F) with class indices or numbers, and unlabeled rows (U, F)."""

    rows: Array
    labels: Array
    classes: int  # 0 for numbers
    unlabeled: Array
    seed: int

    def fit_predict(self, name: str, train: Array, others: Array) -> Array:
        """What a model of the labelled rows `train` gives for other rows (m, F).

        Log-probabilities (m, K), or numbers (m,).
        """
        chosen, labels = ORDINARY[name], self.labels[train]
        make = chosen.classifier if self.classes else chosen.regressor
        if make is None:
            raise ValueError(f"{name} is for classes")
        rows = self.rows[train]
        if chosen.unlabeled:
            hidden = np.setdiff1d(np.arange(len(self.rows)), train)
            more = np.concatenate([self.rows[hidden], self.unlabeled])
            rows, labels = np.concatenate([rows, more]), np.append(labels, np.full(len(more), -1))
        model = make(self.setting(train)).fit(rows, labels)
        if not self.classes:
            return np.asarray(model.predict(others), np.float64)
        return known_classes(model, others, self.classes)

    def setting(self, train: Array) -> Setting:
        """What a model may know of its task, from these labelled rows."""
        folds = min(SEARCH_FOLDS, foldable(self.labels[train], self.classes))
        return Setting(len(train), self.seed, folds)


def known_classes(model: Any, rows: Array, classes: int) -> Array:
    """Log-probabilities (m, K) of all classes; those that the model never saw have the least.

    A sample of which a model says nothing (label spreading, far from every label) has equal ones.
    """
    probabilities = np.zeros((len(rows), classes))
    with np.errstate(invalid="ignore"):
        probabilities[:, model.classes_] = class_probabilities(model, rows)
    probabilities[~np.isfinite(probabilities).all(1)] = 1 / classes
    logs: Array = np.log((probabilities + FLOOR) / (1 + classes * FLOOR))
    return logs
