"""Heads that are fitted at once, from features (N, F) and few labels.

    linear_head    logistic or ridge regression; its strength is chosen on the labelled rows alone
    margin_head    DCGAN's linear support vector machine, likewise
    Nearest        the labels of the nearest labelled rows; how many is chosen on those alone

What they leave is tensors in a module, so that nothing has to be pickled.
"""

import warnings
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, RidgeCV
from sklearn.model_selection import GridSearchCV, StratifiedKFold, StratifiedShuffleSplit
from sklearn.svm import LinearSVC
from torch import Tensor, nn

from ssgan.codecs.codec import Array
from ssgan.prediction.search import DEFAULT_SEARCH, SearchConfig
from ssgan.randomness import Rng, seeded

HEAD_FOLDS = 5
MANY_LABELS = 2000  # labels; from more of them strengths are chosen on one split, in float32
SVM_STRENGTHS = (1e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2)  # those of DCGAN's own probe
NUMBERS_OF_NEAREST = (1, 2, 3, 5, 8, 12, 20)
RANKED = 2000  # labelled rows that tell how many of the nearest to ask, at most
CLOSEST = 1e-6  # between two directions; nearer ones count the same
MIN_SHARE = 1e-6  # share that no class falls below
ABSENT_MARGIN = 7.0  # a class without a label has a probability of at most exp(-7)
STRENGTHS = tuple(10.0**power for power in range(-5, 2))


def linear_of(weight: Array, bias: Array) -> nn.Linear:
    """A layer with the given weight (K, F) and bias (K,)."""
    with seeded(Rng(("linear",))):
        layer = nn.Linear(weight.shape[1], weight.shape[0])
    state = {"weight": torch.from_numpy(weight), "bias": torch.from_numpy(bias)}
    layer.load_state_dict(state)
    return layer


def count_folds(classes: Array, most: int = HEAD_FOLDS) -> int:
    """Folds for which every class that has labels has one on both sides; below 2 there are none."""
    return min(HEAD_FOLDS, most, int(np.unique(classes, return_counts=True)[1].min()))


def strength_folds(classes: Array, most: int = HEAD_FOLDS, many: int = MANY_LABELS) -> Any:
    """What strengths are chosen on; None where some class has one label alone."""
    if (count := count_folds(classes, most)) < 2:
        return None
    if len(classes) > many:
        return StratifiedShuffleSplit(1, test_size=1 / HEAD_FOLDS, random_state=0)
    return StratifiedKFold(count, shuffle=True, random_state=0)


def reduced_features(features: Array, many: int = MANY_LABELS) -> tuple[Array, Array | None]:
    """Rows (N, F) by `in_principal_axes`, where that is of use; along which axes, if any."""
    if len(features) > many:
        return features.astype(np.float32), None
    return in_principal_axes(features)


def layer_on_features(weight: Array, bias: Array, axes: Array | None) -> nn.Linear:
    """A layer of weight and bias in the coordinates of `reduced_features`."""
    return linear_of(weight if axes is None else weight @ axes, bias)


def weights_of_all_classes(model: Any, classes: int) -> tuple[Array, Array]:
    """Weights (K, F) and biases (K,) of a fitted linear classifier, for two classes as well.

    A class without a label is never the likeliest: its output is ABSENT_MARGIN below
    the mean of the others.
    """
    weight, bias = model.coef_, model.intercept_
    if len(weight) == 1:
        weight, bias = np.vstack([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    if len(bias) == classes:
        return weight, bias
    weights, biases = (
        np.tile(weight.mean(0), (classes, 1)),
        np.full(classes, bias.mean() - ABSENT_MARGIN),
    )
    weights[model.classes_], biases[model.classes_] = weight, bias
    return weights, biases


def in_principal_axes(features: Array) -> tuple[Array, Array]:
    """Coordinates (N, R) of the rows (N, F) along orthonormal axes (R, F) that hold them all.

    A linear model with a penalty on the norm of its weights is the same in both, and few rows have
    few coordinates: fitting takes a hundredth of the time.
    """
    left, sizes, axes = np.linalg.svd(features, full_matrices=False)
    return left * sizes, axes


def linear_head(
    features: Array,
    labels: Array,
    classes: int | None,
    search: SearchConfig = DEFAULT_SEARCH,
    many: int = MANY_LABELS,
) -> nn.Linear:
    """Logistic regression (N, F) -> (K,) or, with `classes` None, ridge regression -> (1,)."""
    rows, axes = reduced_features(features, many)
    return layer_on_features(*linear_model(rows, labels, classes, search, many), axes)


def linear_model(
    features: Array,
    labels: Array,
    classes: int | None,
    search: SearchConfig = DEFAULT_SEARCH,
    many: int = MANY_LABELS,
) -> tuple[Array, Array]:
    """Weight (K, F) and bias (K,); the strength of the penalty is chosen by cross-validation."""
    if classes is None:
        ridge = RidgeCV(alphas=[10.0**power for power in range(-2, 6)]).fit(features, labels)
        return ridge.coef_[None], np.array([ridge.intercept_])
    split = strength_folds(labels, search.folds, many)
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="The number of unique classes")  # few labels
        if split is None:
            model = LogisticRegression(C=1.0 / features.shape[1] ** 0.5, max_iter=300)
        else:
            model = LogisticRegressionCV(
                Cs=list(search.middle(STRENGTHS)),
                cv=split,
                max_iter=300 if len(labels) <= many else 100,
                l1_ratios=(0.0,),
                scoring="neg_log_loss",
                use_legacy_attributes=False,
            )
        return weights_of_all_classes(model.fit(features, labels), classes)


def margin_head(
    features: Array,
    labels: Array,
    classes: int,
    search: SearchConfig = DEFAULT_SEARCH,
    many: int = MANY_LABELS,
) -> nn.Linear:
    """A linear support vector machine (N, F) -> margins (K,) (Radford et al. 2016, section 5.1)."""
    rows, axes = reduced_features(features, many)
    model, split = LinearSVC(C=1e-3, random_state=0), strength_folds(labels, search.folds, many)
    if split is not None:
        model = GridSearchCV(model, {"C": list(SVM_STRENGTHS)}, cv=split)
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(rows, labels)
    return layer_on_features(
        *weights_of_all_classes(getattr(model, "best_estimator_", model), classes), axes
    )


class Nearest(nn.Module):
    """What the nearest labelled rows say: log shares (N, K) of the classes, or numbers (N, 1).

    Near is what lies in the same direction, and the nearer the more it counts.
    """

    rows: Tensor
    values: Tensor
    count: Tensor

    def __init__(self, rows: int, features: int, outputs: int, classes: bool) -> None:
        super().__init__()
        self.classes = classes
        self.register_buffer("rows", torch.zeros(rows, features))
        self.register_buffer("values", torch.zeros(rows, outputs))
        self.register_buffer("count", torch.tensor(1))

    @torch.no_grad()
    def fit(self, features: Tensor, values: Tensor) -> None:
        """Take rows (M, F) with shares (M, K) or numbers (M, 1).

        The number of nearest rows is the one that predicts each row best when it is left out.
        """
        self.rows.copy_(F.normalize(features))
        self.values.copy_(values)
        gaps = torch.cdist(self.rows[:RANKED], self.rows)
        gaps.fill_diagonal_(torch.inf)  # a row is left out itself
        most = [n for n in NUMBERS_OF_NEAREST if n < len(self.rows)] or [1]
        self.count.fill_(min(most, key=lambda count: float(self.misses(gaps, count))))

    def misses(self, gaps: Tensor, count: int) -> Tensor:
        """Mean squared error of predicting each row by its `count` nearest others."""
        if len(self.rows) < 2:
            return gaps.new_zeros(())
        return (self.mean_of_nearest(gaps, count) - self.values[: len(gaps)]).square().mean()

    def mean_of_nearest(self, gaps: Tensor, count: int) -> Tensor:
        """Means (N, K) of the values of the `count` nearest rows, at distances (N, M)."""
        near, indices = gaps.topk(count, largest=False)
        weights = 1 / near.clamp_min(CLOSEST)
        weights = weights / weights.sum(1, keepdim=True)
        return (weights[..., None] * self.values[indices]).sum(1)

    def forward(self, features: Tensor) -> Tensor:
        gaps = torch.cdist(F.normalize(features.float()), self.rows)
        means = self.mean_of_nearest(gaps, int(self.count))
        return means.clamp_min(MIN_SHARE).log() if self.classes else means


def nearest_head(features: Array, labels: Array, classes: int | None) -> Nearest:
    """`Nearest` of labelled rows (M, F); `classes` None means numbers."""
    values = torch.from_numpy(labels)
    values = values[:, None] if classes is None else F.one_hot(values, classes)
    rows, width = features.shape
    head = Nearest(rows, width, values.shape[1], classes is not None)
    head.fit(torch.from_numpy(features).float(), values.float())
    return head
