"""Classifiers that added rows are to help, a file each, and which of them are asked.

A new one is a module here whose constant CLASSIFIER is a `ClassifierKind`; its name is that of the
module.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from sklearn.base import is_regressor

from ssgan.codecs.codec import Codec
from ssgan.config import InputError, InputTypeError
from ssgan.synthesis.judges import ClassifierKind

MAX_COLUMNS = 256  # that boosting looks through in seconds
ESTIMATOR_REPEATS = 4  # of folds, for a classifier of one's own
GATE_CLASSIFIERS: dict[str, ClassifierKind] = {
    module.name: import_module(f"{__name__}.{module.name}").CLASSIFIER
    for module in iter_modules(__path__)
}


@dataclass(frozen=True)
class AskedClassifier:
    """A classifier that is asked: its model over the samples' columns, and how often.

    None as a model is the linear judge, over the GAN's features.
    """

    name: str
    model: Any
    repeats: int


def classifiers_named(given: Any, shape: tuple[int, ...], seed: int) -> list[AskedClassifier]:
    """Those of names or scikit-learn models, one or several; InputError for unknown ones."""
    several = given if isinstance(given, list | tuple) else [given]
    found = [one_classifier(one, shape, seed) for one in several]
    names = [one.name for one in found]
    if not names or len(set(names)) < len(names):
        raise InputError(f"expected one classifier or several different ones, got {names}")
    return found


def one_classifier(given: Any, shape: tuple[int, ...], seed: int) -> AskedClassifier:
    """The classifier of a name, or a scikit-learn model over the samples' columns."""
    if not isinstance(given, str):
        if not hasattr(given, "fit") or not hasattr(given, "get_params"):
            raise InputTypeError(
                "expected a classifier of scikit-learn or one of "
                f"{', '.join(GATE_CLASSIFIERS)}, got {type(given).__name__}"
            )
        return AskedClassifier(type(given).__name__, given, ESTIMATOR_REPEATS)
    if given not in GATE_CLASSIFIERS:
        raise InputError(f"no classifier {given!r}: there are {', '.join(GATE_CLASSIFIERS)}")
    kind = GATE_CLASSIFIERS[given]
    return AskedClassifier(given, kind.make(shape, seed), kind.repeats)


def regressors_named(given: Any, seed: int) -> list[AskedClassifier]:
    """Those of names or scikit-learn models, one or several; InputError for those of classes."""
    several = given if isinstance(given, list | tuple) else [given]
    known = {name: kind for name, kind in GATE_CLASSIFIERS.items() if kind.regressor}
    found = []
    for one in several:
        if isinstance(one, str) and one in known:
            kind = known[one]
            found.append(
                AskedClassifier(one, kind.regressor and kind.regressor(seed), kind.repeats)
            )
        elif isinstance(one, str) or not is_regressor(one):
            name = one if isinstance(one, str) else type(one).__name__
            raise InputError(
                f"{name!r} does not predict numbers, the model does: give {', '.join(known)}, or a "
                "regressor of scikit-learn"
            )
        else:
            found.append(AskedClassifier(type(one).__name__, one, ESTIMATOR_REPEATS))
    if len({one.name for one in found}) < max(len(found), 1):
        raise InputError(f"expected one regressor or several different ones, got {several}")
    return found


def default_regressors(codec: Codec) -> tuple[Sequence[str], str]:
    """Names of those that suit such samples, and why they do."""
    if len(codec.shape) > 1:
        return ("linear",), "a linear head over the GAN's features is judged by, in seconds"
    second = "boosting" if codec.shape[0] <= MAX_COLUMNS else "forest"
    return ("linear", second), (
        f"a linear head over the GAN's features and {second} over the columns are judged by: the "
        "smooth and the stepwise regression that are usual"
    )


def default_classifiers(codec: Codec) -> tuple[Sequence[str], str]:
    """Names of those that suit such samples, and why they do."""
    rows = len(codec.shape) == 1
    second = "boosting" if codec.shape[0] <= MAX_COLUMNS else "forest"
    if not rows:
        return ("linear",), (
            "a linear head over the GAN's features is judged by, which takes seconds; a "
            "convolutional network takes minutes and has to be asked for"
        )
    return ("logistic", second), (
        f"logistic regression and {second} are judged by: the smooth and the stepwise classifier "
        "that are usual for rows of columns"
    )
