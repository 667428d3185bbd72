"""A random forest."""

from typing import Any

from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from ssgan.synthesis.gate.judges import ClassifierKind


def random_forest(shape: tuple[int, ...], seed: int) -> Any:
    """With scikit-learn's own settings: 100 trees."""
    return RandomForestClassifier(random_state=seed % 2**32)


def forest_of_numbers(seed: int) -> Any:
    """The same for numbers."""
    return RandomForestRegressor(random_state=seed % 2**32)


CLASSIFIER = ClassifierKind(random_forest, 4, forest_of_numbers)
