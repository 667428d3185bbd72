"""What scikit-learn makes of few labels: the rows that a GAN has to beat.

Each is a function from a problem and a seed to predictions (N,) of the test rows. What is chosen is
chosen by cross-validation on the labelled rows.
"""

from typing import Any

import numpy as np
import torch
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier
from sklearn.svm import SVC

from ssgan.benchmark.problems import Problem, flatten_samples
from ssgan.codecs.codec import Array
from ssgan.data.images import vision
from ssgan.randomness import Rng

SELF_TRAINING = 10_000  # unlabeled samples that self-training sees, at most


def fit_predict(model: Any, problem: Problem) -> Array:
    """The predictions of a scikit-learn model of the labelled rows alone."""
    x, y = problem.few
    return np.asarray(
        model.fit(flatten_samples(x), y).predict(flatten_samples(problem.data.x_test))
    )


def partly_labelled(problem: Problem, most: int | None = None) -> tuple[Array, Array]:
    """Flat rows and their labels, -1 where there is none; `most` unlabeled ones, drawn once."""
    rest = np.setdiff1d(np.arange(len(problem.data)), problem.labeled)
    if most is not None and len(rest) > most:
        rest = rest[Rng(("benchmark", "rest")).permutation(len(rest))[:most].numpy()]
    x, y = problem.few
    rows = np.concatenate([flatten_samples(x), flatten_samples(problem.data.x[rest])])
    return rows, np.concatenate([y, np.full(len(rest), -1, y.dtype)])


def logistic_regression(problem: Problem, seed: int) -> Array:
    """Predictions of test rows by logistic regression on raw samples."""
    return fit_predict(LogisticRegression(C=10, max_iter=1000), problem)


def rbf_svm(problem: Problem, seed: int) -> Array:
    """Predictions of test rows by a support vector machine on raw samples."""
    return fit_predict(SVC(C=10, random_state=seed), problem)


def spreading_model() -> LabelSpreading:
    """scikit-learn's label spreading over 7 neighbours, untrained."""
    return LabelSpreading(kernel="knn", n_neighbors=7, alpha=0.2, max_iter=200)


def self_training_model() -> SelfTrainingClassifier:
    """scikit-learn's self-training of a logistic regression, untrained."""
    return SelfTrainingClassifier(LogisticRegression(C=10, max_iter=1000), threshold=0.9)


def label_spreading(problem: Problem, seed: int) -> Array:
    """Predictions of test rows by label spreading, which sees all training rows."""
    labels = np.full(len(problem.data), -1)
    labels[problem.labeled] = problem.data.y[problem.labeled]
    model = spreading_model()
    model.fit(flatten_samples(problem.data.x), labels)
    return np.asarray(model.predict(flatten_samples(problem.data.x_test)))


def self_training(problem: Problem, seed: int) -> Array:
    """Predictions of test rows by self-training, which sees all training rows."""
    model = self_training_model()
    rows, labels = partly_labelled(problem, SELF_TRAINING)
    return np.asarray(model.fit(rows, labels).predict(flatten_samples(problem.data.x_test)))


def scaler(problem: Problem) -> Any:
    """Pixels are standardised; columns of a table become normal, as theirs have long tails."""
    if problem.data.kind != "table":
        return StandardScaler()
    count = len(problem.labeled)
    return QuantileTransformer(n_quantiles=count, output_distribution="normal")


def ridge_regression(problem: Problem, seed: int) -> Array:
    """Predictions of test rows by ridge regression, its strength from folds."""
    strengths = np.logspace(-3, 4, 15)
    return fit_predict(make_pipeline(scaler(problem), RidgeCV(strengths)), problem)


def gradient_boosting(problem: Problem, seed: int) -> Array:
    """Predictions of test rows by gradient boosting."""
    return fit_predict(GradientBoostingRegressor(random_state=seed), problem)


def nearest_neighbours(problem: Problem, seed: int) -> Array:
    """Predictions of test rows by their neighbours, as many as folds choose."""
    smallest = len(problem.labeled) * 4 // 5  # rows of the smallest training fold
    counts = [k for k in (1, 2, 3, 5, 8, 12, 20) if k <= smallest]
    model = make_pipeline(scaler(problem), KNeighborsRegressor(weights="distance"))
    return fit_predict(GridSearchCV(model, {"kneighborsregressor__n_neighbors": counts}), problem)


def elsewhere_pretrained(problem: Problem, seed: int, block: int = 64) -> Array:
    """Logistic regression on the features of torchvision's ResNet-18, trained on ImageNet."""
    network = vision.imagenet_resnet()
    if network is None:
        raise FileNotFoundError("torchvision's weights are not on this machine: nothing to measure")

    @torch.inference_mode()
    def features(images: Array) -> Array:
        blocks = torch.split(torch.from_numpy(images), block)
        return np.concatenate([network(block).numpy() for block in blocks])

    x, y = problem.few
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    return np.asarray(model.fit(features(x), y).predict(features(problem.data.x_test)))
