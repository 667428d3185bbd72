"""Which model is used: cross-validation of all on the same folds, a choice, and the gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


def cross_validated(answer: FitPredict, labels: Array, classes: int, folds: Folds) -> Measured:
    """Fit on all but one fold and score the answers for it, logits (m, K) or numbers (m,), in turn.

    Raises ValueError for answers that are not finite.
    """
    repeats, count = folds.of.shape
    outputs = np.empty((repeats, count, classes) if classes else (repeats, count))
    scores = []
    for repeat, train, test in folds:
        said = np.asarray(answer(train, test), np.float64)
        if said.shape != outputs[repeat, test].shape or not np.isfinite(said).all():
            raise InputError(
                f"expected finite answers {outputs[repeat, test].shape}, got {said.shape}: "
                "the model has diverged or answers for something else"
            )
        outputs[repeat, test] = said
        scores.append(points(labels[test], said, float(np.std(labels)) if not classes else 0.0))
    return Measured(np.array(scores), outputs)


def points(true: Array, said: Array, deviation: float) -> float:
    """Of logits (m, K), or of numbers (m,) among labels of that deviation; 100 is perfect."""
    if said.ndim == 2:
        return 100 * float((said.argmax(1) == true).mean())
    return 100 * (1 - float(np.sqrt(np.mean((said - true) ** 2))) / deviation)


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
    told = (
        f"{name} is simpler than {best} and within one standard error of it: {means[name]:.1f} "
        f"against {means[best]:.1f} points, error {errors[name]:.1f}"
    )
    return Choice(name, means[name], errors[name], told)


@dataclass(frozen=True, kw_only=True, eq=False)
class Verdict:
    """Which model is used, and why."""

    chosen: str
    deep: bool  # whether it is the deep one
    reason: str  # a sentence
    abstained: bool = False  # nothing was compared
    simple: Choice | None = None  # of the simple models
    gain: float | None = None  # points that the deep model is ahead
    error: float | None = None  # standard error of that
    means: Mapping[str, float] | None = None  # points of every model

    def to_json(self) -> dict[str, Any]:
        simple = None if self.simple is None else vars(self.simple)
        return {**vars(self), "simple": simple, "means": dict(self.means or {})}


def gate(simple: Mapping[str, Array], deep: Mapping[str, Array], folds: Folds) -> Verdict:
    """The deep model where it gains more than a standard error over the simple choice, in points.

    `simple` and `deep` are scores (R * F,) of the same folds, the simplest first. A deep model
    that is u standard errors worse passes with a probability of about Phi(-1 - u), so that what
    is lost on average is at most 0.034 of them: below 1 point up to an error of 30.
    """
    plain, best = choose(simple, folds), choose(deep, folds)
    gains = deep[best.name] - simple[plain.name]
    gain, error = float(gains.mean()), folds.error(gains)
    helps = gain > error
    reason = (
        f"{best.name} is {abs(gain):.1f} points {'ahead of' if gain >= 0 else 'behind'} "
        f"{plain.name} on the same {len(gains)} folds, with a standard error of {error:.1f}"
    )
    if gain > 0 and not helps:
        reason += ": too little to give up the simpler model"
    return Verdict(
        chosen=best.name if helps else plain.name,
        deep=helps,
        reason=reason,
        simple=plain,
        gain=gain,
        error=error,
        means={name: float(values.mean()) for name, values in {**simple, **deep}.items()},
    )


def too_few(labels: Array, classes: int) -> str | None:
    """Why labels (n,) are too few to compare models on; None where they are not."""
    if not classes:
        enough = len(labels) >= FEWEST_NUMBERS
        return None if enough else f"there are {len(labels)} labels, fewer than {FEWEST_NUMBERS}"
    counts = np.bincount(labels, minlength=classes)
    few = int((counts < FEWEST).sum())
    return f"{few} of {classes} classes have fewer than {FEWEST} labels" if few else None


def select(
    labels: Array,
    classes: int,
    simple: Mapping[str, FitPredict],
    deep: Mapping[str, FitPredict],
    folds: Folds | None,
) -> tuple[Verdict, dict[str, Measured]]:
    """Cross-validate all on the same folds and let the gate decide; also what each one gave.

    Where the labels are `too_few` nothing is fitted and the first of `deep` is used, unjudged.
    `folds` are only needed elsewhere.
    """
    reason = too_few(labels, classes)
    if reason or folds is None:
        name = next(iter(deep))
        told = f"{name} is not compared with simple models: {reason or 'there are no folds'}"
        return Verdict(chosen=name, deep=True, abstained=True, reason=told), {}
    every = {**simple, **deep}
    found = {n: cross_validated(fit, labels, classes, folds) for n, fit in every.items()}
    scores = {name: measured.scores for name, measured in found.items()}
    of = [{name: scores[name] for name in group} for group in (simple, deep)]
    return gate(of[0], of[1], folds), found
