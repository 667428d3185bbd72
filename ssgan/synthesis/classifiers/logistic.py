"""Logistic regression over standardised columns."""

from typing import Any

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ssgan.synthesis.gate.judges import ClassifierKind


def standardised_logistic(shape: tuple[int, ...], seed: int) -> Any:
    """With scikit-learn's own settings."""
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))


CLASSIFIER = ClassifierKind(standardised_logistic, 10)
