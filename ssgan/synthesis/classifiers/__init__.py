"""Classifiers that added rows are to help, a file each, and which of them are asked.

A new one is a module here whose constant CLASSIFIER is a `ClassifierKind`; its name is that of the
module.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.base import is_regressor

from ssgan.codecs.codec import Codec
from ssgan.config import InputError, InputTypeError, constants_in, there_are
from ssgan.synthesis.gate.judges import ClassifierKind

MAX_COLUMNS = 256  # that boosting looks through in seconds
ESTIMATOR_REPEATS = 4  # of folds, for a classifier of one's own
GATE_CLASSIFIERS: dict[str, ClassifierKind] = constants_in(__name__, __path__, "CLASSIFIER")


@dataclass(frozen=True)
class NamedClassifier:
    """A classifier by its name: its model over the samples' columns, and how often it is tried.

    None as a model is the linear judge, over the GAN's features.
    """

    name: str
    model: Any
    repeats: int


def classifiers_named(
    models_wanted: Any, shape: tuple[int, ...], seed: int
) -> list[NamedClassifier]:
    """Those of names or scikit-learn models, one or several; InputError for unknown ones."""
    several = models_wanted if isinstance(models_wanted, list | tuple) else [models_wanted]
    classifiers = [one_classifier(model, shape, seed) for model in several]
    names = [model.name for model in classifiers]
    if not names or len(set(names)) < len(names):
        raise InputError(f"expected one classifier or several different ones, got {names}")
    return classifiers


def one_classifier(wanted: Any, shape: tuple[int, ...], seed: int) -> NamedClassifier:
    """The classifier of a name, or a scikit-learn model over the samples' columns."""
    if not isinstance(wanted, str):
        if not hasattr(wanted, "fit") or not hasattr(wanted, "get_params"):
            raise InputTypeError(
                "expected a classifier of scikit-learn or one of "
                f"{', '.join(GATE_CLASSIFIERS)}, got {type(wanted).__name__}"
            )
        return NamedClassifier(type(wanted).__name__, wanted, ESTIMATOR_REPEATS)
    if wanted not in GATE_CLASSIFIERS:
        raise InputError(f"no classifier {wanted!r}{there_are(wanted, GATE_CLASSIFIERS)}")
    kind = GATE_CLASSIFIERS[wanted]
    return NamedClassifier(wanted, kind.make(shape, seed), kind.repeats)


def regressors_named(models_wanted: Any, seed: int) -> list[NamedClassifier]:
    """Those of names or scikit-learn models, one or several; InputError for those of classes."""
    several = models_wanted if isinstance(models_wanted, list | tuple) else [models_wanted]
    known = {name: kind for name, kind in GATE_CLASSIFIERS.items() if kind.regressor}
    regressors = []
    for model in several:
        if isinstance(model, str) and model in known:
            kind = known[model]
            regressors.append(
                NamedClassifier(model, kind.regressor and kind.regressor(seed), kind.repeats)
            )
        elif isinstance(model, str) or not is_regressor(model):
            name = model if isinstance(model, str) else type(model).__name__
            raise InputError(
                f"{name!r} does not predict numbers, the model does: give {', '.join(known)}, or a "
                "regressor of scikit-learn"
            )
        else:
            regressors.append(NamedClassifier(type(model).__name__, model, ESTIMATOR_REPEATS))
    if len({model.name for model in regressors}) < max(len(regressors), 1):
        raise InputError(f"expected one regressor or several different ones, got {several}")
    return regressors


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
