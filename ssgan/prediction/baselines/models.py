"""Models of few rows, each with one parameter that cross-validation on these rows chooses."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import Any

import numpy as np
import torch
from scipy.special import softmax
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, SVR
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]
from torch import Tensor

from ssgan.codecs.codec import Array, Codec
from ssgan.config import InputError
from ssgan.prediction.baselines.folds import FOLDS, Folds, foldable, stratified
from ssgan.prediction.search import DEFAULT_SEARCH, SearchConfig
from ssgan.randomness import Rng

FitPredict = Callable[[Array, Array], Array]  # labelled rows to fit on, rows to predict
MIN_PROBABILITY = 1e-4  # probability that no class falls below
MOST_BOOSTED = 256  # features that trees look through
MOST_FOREST = 1100  # features that a forest looks through
MOST_KERNEL = 5000  # labelled rows, of which all pairs are compared
TOTAL = 1000.0  # variance of features in all, where they are not scaled by their widest column


@dataclass(frozen=True)
class Kind:
    """A kind of model: made from a value that cross-validation chooses, and a seed."""

    make: Callable[[float, int, int], Any]  # value, labelled rows, seed; a scikit-learn model
    values: tuple[float, ...]  # that are tried; the middle one where there is no trying
    scaled: bool = True  # whether it compares the columns of a row with each other
    trees: str | None = None  # its number of trees, which may be fewer
    usual: bool = True  # whether method "baseline" knows it; others are of features alone


def logistic(value: float, rows: int, seed: int) -> Any:
    """In principal axes, which few rows have few of: the same model, fitted in a tenth."""
    return make_pipeline(PCA(svd_solver="full"), LogisticRegression(C=value, max_iter=1000))


def ridge(value: float, rows: int, seed: int) -> Any:
    """Ridge regression of a strength."""
    return Ridge(alpha=value)


def svm(value: float, rows: int, seed: int) -> Any:
    """A support vector classifier of a cost."""
    return SVC(C=value, random_state=seed)


def regression_svm(value: float, rows: int, seed: int) -> Any:
    """A support vector regressor of a cost."""
    return SVR(C=value)


def forest(model: Callable[..., Any], leaf: int, value: float, rows: int, seed: int) -> Any:
    """Trees with so many rows in a leaf."""
    return model(min_samples_leaf=leaf, random_state=seed)


def nearest(model: Callable[..., Any], value: float, rows: int, seed: int) -> Any:
    """As many neighbours as `value`, or as there are rows."""
    return model(n_neighbors=min(int(value), rows), weights="distance")


def boosting(model: Callable[..., Any], value: float, rows: int, seed: int) -> Any:
    """Small trees, with leaves of a twentieth of the rows: the usual 20 would not split 30 rows."""
    leaf = int(np.clip(rows // 20, 2, 20))
    return model(
        learning_rate=value,
        max_leaf_nodes=8,
        min_samples_leaf=leaf,
        early_stopping=False,
        random_state=seed,
    )


NEIGHBOUR_COUNTS = (1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0)
CANDIDATES: Mapping[str, Mapping[str, Kind]] = {  # the simplest first
    "classification": {
        "logistic": Kind(logistic, (1e-3, 1e-2, 1e-1, 1.0, 10.0)),
        "k-nn": Kind(partial(nearest, KNeighborsClassifier), NEIGHBOUR_COUNTS),
        "svm": Kind(svm, (10.0,)),
        "boosting": Kind(
            partial(boosting, HistGradientBoostingClassifier), (0.1,), False, "max_iter"
        ),
        "forest": Kind(
            partial(forest, RandomForestClassifier, 1), (0.0,), False, "n_estimators", False
        ),
    },
    "regression": {
        "ridge": Kind(ridge, tuple(10.0**power for power in range(-3, 4))),
        "k-nn": Kind(partial(nearest, KNeighborsRegressor), NEIGHBOUR_COUNTS),
        "boosting": Kind(
            partial(boosting, HistGradientBoostingRegressor), (0.1,), False, "max_iter"
        ),
        "svm": Kind(regression_svm, (0.3, 1.0, 3.0, 10.0), usual=False),
        "forest": Kind(
            partial(forest, RandomForestRegressor, 2), (0.0,), False, "n_estimators", False
        ),
    },
}


def flat_rows(codec: Codec, packed: Tensor) -> Array:
    """Packed samples as rows (N, F) of float32, in the ranges that networks see, each thing once.

    Those of a table are without the states of numbers, which lie beside their places.
    """
    rows: Array = codec.expand(packed.cpu()).flatten(1).float().numpy()
    return rows[:, : rows.shape[1] - codec.repeated]


def suitable_kinds(classes: int, shape: tuple[int, ...], usual: bool = True) -> dict[str, Kind]:
    """Those of CANDIDATES that suit rows of `shape` (N, F); `classes` 0 means numbers.

    `usual`: those alone that method "baseline" knows.
    """
    count, features = shape
    table = CANDIDATES["classification" if classes else "regression"]
    kinds = {name: kind for name, kind in table.items() if kind.usual or not usual}
    if features > MOST_BOOSTED:
        kinds.pop("boosting")
    if features > MOST_FOREST:
        kinds.pop("forest", None)
    if count > MOST_KERNEL:
        kinds.pop("svm", None)
    return kinds


@dataclass(frozen=True, kw_only=True, eq=False)
class Baseline:
    """A model of few samples, kept as these and as what makes it learn the same from them.

    Nothing that was fitted is kept in a file, as that would take a pickle: it is fitted on first
    use. On one machine it always answers with the same bits.
    """

    name: str  # one of CANDIDATES
    rows: Array  # (n, F) float32
    labels: Array  # (n,) int64 class indices, or float64 numbers
    classes: int  # 0 for numbers
    value: float  # of the kind's one parameter
    seed: int
    trees: int = 100  # of a kind that has some
    total: bool = False  # whether rows are scaled by all columns, else by the widest

    @cached_property
    def kind(self) -> Kind:
        """What its name stands for."""
        return CANDIDATES["classification" if self.classes else "regression"][self.name]

    @cached_property
    def scale(self) -> tuple[Array, float]:
        """The mean of the columns (F,) and one deviation for all: their ratios mean something."""
        rows = self.rows.astype(np.float64)
        deviation = float(rows.std(0).max())
        if self.total:  # the same along any axes
            deviation = float(np.sqrt(rows.var(0).sum() / TOTAL))
        return rows.mean(0), deviation or 1.0

    @cached_property
    def model(self) -> Any:
        """The fitted scikit-learn model."""
        estimator = self.kind.make(self.value, len(self.rows), self.seed)
        if self.kind.trees:
            estimator.set_params(**{self.kind.trees: self.trees})
        with one_thread(), np.errstate(invalid="ignore"), warnings.catch_warnings():
            # Columns may all be constant, and labels few.
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.filterwarnings("ignore", message="The number of unique classes")
            return estimator.fit(self.seen(self.rows), self.labels)

    def seen(self, rows: Array) -> Array:
        """Rows (N, F) as the model takes them."""
        center, deviation = self.scale
        scaled: Array = (rows.astype(np.float64) - center) / deviation
        return scaled if self.kind.scaled else rows

    def predict(self, rows: Array) -> Array:
        """Log-probabilities (N, K), or numbers (N,), float64, for rows (N, F).

        No class has a probability of 0. Those of "svm" are a softmax of margins: calibrate them.
        """
        rows = self.seen(np.asarray(rows, np.float32))
        model, every = self.model, np.zeros((len(rows), self.classes))
        with one_thread():
            if not self.classes:
                return np.asarray(model.predict(rows), np.float64)
            every[:, model.classes_] = class_probabilities(model, rows)
        logs: Array = np.log((every + MIN_PROBABILITY) / (1 + self.classes * MIN_PROBABILITY))
        return logs

    def to_tensors(self) -> dict[str, Tensor]:
        """The rows and labels that it is fitted to, by name."""
        return {"rows": torch.from_numpy(self.rows), "labels": torch.from_numpy(self.labels)}

    def to_json(self) -> dict[str, Any]:
        names = ("name", "classes", "value", "seed", "trees", "total")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> "Baseline":
        """The model that `to_tensors` and `to_json` describe; InputError for an unknown name."""
        kinds = CANDIDATES["classification" if facts["classes"] else "regression"]
        if facts["name"] not in kinds:
            raise InputError(f"no baseline {facts['name']!r}; there are {', '.join(kinds)}")
        return cls(rows=tensors["rows"].numpy(), labels=tensors["labels"].numpy(), **facts)


@cache
def thread_pools() -> Any:
    """The thread pools of the process, looked up once."""
    return ThreadpoolController()


def one_thread() -> Any:
    """A context in which sums are added up in one order, however many threads there are."""
    return thread_pools().limit(limits=1)


def class_probabilities(model: Any, rows: Array) -> Array:
    """Of the classes that a fitted scikit-learn model knows, (N, K)."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(rows))
    margins = model.decision_function(rows)
    if margins.ndim == 1:
        margins = np.stack([-margins, margins], 1) / 2
    shares: Array = softmax(margins, axis=1)
    return shares


def fit_baseline(
    name: str,
    rows: Array,
    labels: Array,
    classes: int,
    seed: int = 0,
    search: SearchConfig = DEFAULT_SEARCH,
) -> Baseline:
    """The model `name` of rows (n, F) and class indices or numbers (n,).

    Its one parameter is chosen by cross-validation on these rows, by squared error (Brier 1950).
    Raises InputError for a class that is not below `classes`, and where all labels are one.
    """
    rows = np.ascontiguousarray(rows, np.float32)
    labels = np.asarray(labels, np.int64 if classes else np.float64)
    if len(rows) != len(labels) or not len(rows) or labels.min() == labels.max():
        raise InputError(
            f"expected one label a row and two that differ, got {len(rows)} rows and "
            f"{len(np.unique(labels))} different labels of {len(labels)}"
        )
    if classes and not 0 <= labels.min() <= labels.max() < classes:
        raise InputError(f"expected class indices from 0 to {classes - 1}, got {labels.max()}")
    model = Baseline(
        name=name,
        rows=rows,
        labels=labels,
        classes=classes,
        value=0.0,
        seed=seed,
        trees=search.trees,
    )
    return tune(model, search)


def tune(model: Baseline, search: SearchConfig = DEFAULT_SEARCH) -> Baseline:
    """The model with the value that cross-validation on its rows chooses."""
    usual = model.kind.values[len(model.kind.values) // 2]
    tried = search.middle(model.kind.values)
    most = foldable(model.labels, model.classes)
    if len(tried) == 1 or most < 2:
        return replace(model, value=usual)
    count = min(FOLDS, most, search.folds)
    rng = Rng(("simple", model.seed))
    folds = stratified(model.labels, model.classes, rng, folds=count, repeats=1)
    return replace(model, value=min(tried, key=lambda value: held_out_loss(model, value, folds)))


def held_out_loss(model: Baseline, value: float, folds: Folds) -> float:
    """Of a value: the mean squared error of numbers, or of probabilities, on held-out rows."""
    costs = []
    for _, train, test in folds:
        part = replace(model, value=value, rows=model.rows[train], labels=model.labels[train])
        outputs, true = part.predict(model.rows[test]), model.labels[test]
        gaps = np.exp(outputs) - np.eye(model.classes)[true] if model.classes else outputs - true
        costs.append(gaps.reshape(len(test), -1) ** 2)
    return float(np.concatenate(costs).sum(1).mean())


def fit_predicts(
    rows: Array, labels: Array, classes: int, seed: int = 0, search: SearchConfig = DEFAULT_SEARCH
) -> dict[str, FitPredict]:
    """How each simple model that suits rows (n, F) is fitted and predicts, the simplest first."""

    def fit_predict(name: str, train: Array, test: Array) -> Array:
        model = fit_baseline(name, rows[train], labels[train], classes, seed, search)
        return model.predict(rows[test])

    return {name: partial(fit_predict, name) for name in suitable_kinds(classes, rows.shape)}
