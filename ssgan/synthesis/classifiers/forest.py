"""A random forest."""

from typing import Any

from sklearn.ensemble import RandomForestClassifier

from ssgan.synthesis.judges import ClassifierKind


def forest(shape: tuple[int, ...], seed: int) -> Any:
    """With scikit-learn's own settings: 100 trees."""
    return RandomForestClassifier(random_state=seed % 2**32)


CLASSIFIER = ClassifierKind(forest, 4)
