"""Self-training: a linear model that learns from its own surest predictions, round after round.

As curriculum labeling (Cascante-Bonilla et al. 2021): every round takes a larger share of the
unlabeled rows, and fits the model again. Of each class it takes those that are predicted as it, at
most as many as the class is expected to have. So no class takes over the others.

How many those are, labels that are as many of every class do not say. Then it is expected halfway
between equal shares and what the model of the labels alone predicts.
"""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from ssgan.codecs.codec import Array
from ssgan.prediction.baselines import Baseline, tune
from ssgan.prediction.baselines.models import class_probabilities, one_thread
from ssgan.prediction.calibration.shares import drawn_by_class
from ssgan.prediction.heads import weights_of_all_classes
from ssgan.prediction.labels import Labeled
from ssgan.prediction.search import SearchConfig

POOL = 2000  # unlabeled rows, at most
ROUNDS = 5
TAKEN = 0.8  # share of the unlabeled rows that the last round may take


@dataclass(frozen=True, eq=False)
class Pool:
    """Unlabeled rows, and what is expected of them."""

    rows: Array  # (M, F)
    shares: Array  # (K,) of the classes
    known: bool = True  # whether something speaks for these shares

    @classmethod
    def of(cls, features: Array, rows: Labeled) -> "Pool":
        """Features (M, F) of unlabeled rows, beside these labelled ones."""
        by_class = rows.classes > 0 and drawn_by_class(rows.values.numpy(), rows.classes)
        known = rows.shares is not None or not by_class
        return cls(features[:POOL], rows.prior().numpy(), known)

    def halfway(self, probabilities: Array) -> "Pool":
        """The same rows, whose shares lie between these and those of the predicted classes (M, K).

        It is the geometric mean: a class that is never predicted is not expected.
        """
        counts = np.bincount(probabilities.argmax(1), minlength=len(self.shares))
        shares = np.sqrt(counts * self.shares)
        return replace(self, shares=shares / shares.sum(), known=True)

    def taken(self, probabilities: Array, share: float) -> tuple[Array, Array]:
        """Numbers and classes of the rows that are taken, by probabilities (M, K)."""
        likeliest, sureness = probabilities.argmax(1), probabilities.max(1)
        rows, classes = [], []
        for index, expected in enumerate(self.shares):
            predicted = np.flatnonzero(likeliest == index)
            surest = predicted[np.argsort(-sureness[predicted], kind="stable")]
            rows.append(surest[: round(share * expected * len(self.rows))])
            classes.append(np.full(len(rows[-1]), index))
        return np.concatenate(rows), np.concatenate(classes)


def self_trained(
    features: Array, labels: Array, pool: Pool, seed: int, search: SearchConfig
) -> tuple[Array, Array]:
    """Weight (K, F) and bias (K,) of a linear model of rows (n, F) with class indices (n,).

    The rows that are taken count together as much as the labelled ones. The strength of the penalty
    is that which folds of the labels choose for logistic regression.
    """
    classes, features = len(pool.shares), np.ascontiguousarray(features, np.float32)
    plain = Baseline(
        name="logistic",
        rows=features,
        labels=labels,
        classes=classes,
        value=0.0,
        seed=seed,
        total=True,
    )
    plain = tune(plain, search)
    center, deviation = plain.scale
    labelled_rows, unlabeled_rows = plain.seen(features), plain.seen(pool.rows)
    with one_thread(), np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="The number of unique classes")
        model = LogisticRegression(C=plain.value, max_iter=200, tol=1e-3, warm_start=True)
        model.fit(labelled_rows, labels)
        for number in range(1, ROUNDS + 1 if len(unlabeled_rows) else 1):
            probabilities = np.zeros((len(unlabeled_rows), classes))
            probabilities[:, model.classes_] = class_probabilities(model, unlabeled_rows)
            pool = pool if pool.known else pool.halfway(probabilities)
            rows, guesses = pool.taken(probabilities, TAKEN * number / ROUNDS)
            weights = np.ones(len(labelled_rows) + len(rows))
            weights[len(labelled_rows) :] = min(1.0, len(labelled_rows) / max(1, len(rows)))
            x, y = (
                np.concatenate([labelled_rows, unlabeled_rows[rows]]),
                np.concatenate([labels, guesses]),
            )
            model.fit(x, y, sample_weight=weights)
    weight, bias = weights_of_all_classes(model, classes)
    return weight / deviation, bias - weight @ center / deviation
