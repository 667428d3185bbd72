"""Logistic regression over standardised columns."""

from typing import Any

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ssgan.synthesis.judges import ClassifierKind


def logistic_regression(shape: tuple[int, ...], seed: int) -> Any:
    """With scikit-learn's own settings."""
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))


CLASSIFIER = ClassifierKind(logistic_regression, 10)
