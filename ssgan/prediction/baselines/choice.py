"""The baseline that folds of the labels choose: all are scored on the same folds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.prediction.baselines.folds import Folds
from ssgan.prediction.baselines.models import FitPredict

FEWEST = 3  # labels of a class, below which nothing can be compared
FEWEST_NUMBERS = 10  # labels in all, likewise


@dataclass(frozen=True, eq=False)
class Measured:
    """What cross-validation gave for one model."""

    scores: Array  # (R * F,) points
    outputs: Array  # held-out logits (R, n, K) or numbers (R, n), for calibration


def cross_validate(fit_predict: FitPredict, labels: Array, classes: int, folds: Folds) -> Measured:
    """Fit on all but one fold and score the outputs for it, logits (m, K) or numbers (m,), in turn.

    Raises InputError for outputs that are not finite.
    """
    repeats, count = folds.of.shape
    outputs = np.empty((repeats, count, classes) if classes else (repeats, count))
    scores = []
    for repeat, train, test in folds:
        predicted = np.asarray(fit_predict(train, test), np.float64)
        if predicted.shape != outputs[repeat, test].shape or not np.isfinite(predicted).all():
            raise InputError(
                f"expected finite outputs {outputs[repeat, test].shape}, got {predicted.shape}: "
                "the model has diverged or predicts something else"
            )
        outputs[repeat, test] = predicted
        std = 0.0 if classes else float(np.std(labels))
        scores.append(score_in_points(labels[test], predicted, std))
    return Measured(np.array(scores), outputs)


def score_in_points(true: Array, predicted: Array, std: float) -> float:
    """Of logits (m, K), or of numbers (m,) among labels of that deviation; 100 is perfect."""
    if predicted.ndim == 2:
        return 100 * float((predicted.argmax(1) == true).mean())
    return 100 * (1 - float(np.sqrt(np.mean((predicted - true) ** 2))) / std)


@dataclass(frozen=True)
class Choice:
    """One of several models, and why."""

    name: str
    mean: float  # points
    error: float  # standard error of what the best of all is ahead; 0 for the best itself
    reason: str


def choose(scores: Mapping[str, Array], folds: Folds) -> Choice:
    """The first of `scores` (R * F,), simplest first, within one standard error of the best."""
    means = {name: float(values.mean()) for name, values in scores.items()}
    best = max(means, key=lambda name: means[name])
    errors = {name: folds.error(scores[best] - scores[name]) for name in scores}
    name = next(n for n in scores if n == best or means[best] - means[n] <= errors[n])
    if name == best:
        return Choice(name, means[name], 0.0, f"{name} scored best: {means[name]:.1f} points")
    reason = (
        f"{name} is simpler than {best} and within one standard error of it: {means[name]:.1f} "
        f"against {means[best]:.1f} points, error {errors[name]:.1f}"
    )
    return Choice(name, means[name], errors[name], reason)


def too_few(labels: Array, classes: int) -> str | None:
    """Why labels (n,) are too few to compare models on; None where they are not."""
    if not classes:
        enough = len(labels) >= FEWEST_NUMBERS
        return None if enough else f"there are {len(labels)} labels, fewer than {FEWEST_NUMBERS}"
    counts = np.bincount(labels, minlength=classes)
    few = int((counts < FEWEST).sum())
    return f"{few} of {classes} classes have fewer than {FEWEST} labels" if few else None
