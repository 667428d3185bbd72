"""How good held-out outputs are, beside a constant guess and those of the best ordinary model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import from_settings
from ssgan.runs.run import Run
from ssgan.runs.storage import understood

COMPARISON = "comparison.json"
ON_SAMPLES = "on samples"  # how names of ordinary models end


@dataclass(frozen=True, kw_only=True)
class FoldScores:
    """Scores by folds, in points: 100 times the accuracy; or of numbers, 100 less the percentage
    that the root mean squared error is of the labels' deviation."""

    score: float
    constant: float  # of the most frequent class, or of the mean
    ordinary: str  # the best of the ordinary models
    best: float  # its score
    behind: float  # standard errors by which held-out labels cost more than with that
    classes: bool
    method: str = ""  # that the model was made by, where it is known
    error: float = 0.0  # the standard error of its score; 0: not known

    @property
    def line(self) -> str:
        """One line for people."""
        error = f" ± {self.error:.{1 if self.classes else 0}f}" if self.error else ""
        if self.classes:
            return (
                f"accuracy {self.score:.1f}{error} % on folds; the most frequent class "
                f"{self.constant:.1f} %, best ordinary model ({self.ordinary}) {self.best:.1f} %"
            )
        return (
            f"error {100 - self.score:.0f}{error} % of the labels' deviation on folds; "
            f"the mean 100 %, best ordinary model ({self.ordinary}) {100 - self.best:.0f} %"
        )

    @property
    def warning(self) -> str | None:
        """What is to be said where the model is worse than one of both; None where it is not."""
        if self.score < self.constant:
            worse = "the most frequent class" if self.classes else "the mean"
        elif self.behind > 1:
            worse = self.ordinary
        else:
            return None
        advice = "Label more" if self.method == "auto" else "Use method auto, or label more"
        return f"this model is worse than {worse}: {self.line}. {advice}"

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "FoldScores":
        return from_settings(cls, fields)


def compare(outputs: Array, ordinary: Mapping[str, Array], labels: Array) -> FoldScores:
    """Held-out outputs (R, n, K) or (R, n) of a model and of ordinary ones, for labels (n,)."""
    classes = outputs.ndim == 3
    costs = {name: costs_of(outputs_there, labels) for name, outputs_there in ordinary.items()}
    name = min(costs, key=lambda name: float(costs[name].mean()))
    model_costs = costs_of(outputs, labels)
    gaps = model_costs - costs[name]
    error = float(gaps.std()) / np.sqrt(len(gaps))
    frequent = 100 * float(np.bincount(labels).max()) / len(labels) if classes else 0.0
    return FoldScores(
        score=score(model_costs, labels, classes),
        constant=frequent,
        ordinary=name.removesuffix(f" {ON_SAMPLES}"),
        best=score(costs[name], labels, classes),
        behind=float(gaps.mean() / error) if error else 0.0,
        classes=classes,
        error=score_error(model_costs, labels, classes),
    )


def costs_of(outputs: Array, labels: Array) -> Array:
    """What each of n labels costs, (n,), in the mean of R times: 1 for a wrong class, or the
    squared error."""
    if outputs.ndim == 3:
        return np.asarray((outputs.argmax(2) != labels).mean(0))
    return np.asarray(((outputs - labels) ** 2).mean(0))


def score(costs: Array, labels: Array, classes: bool) -> float:
    """Points of costs (n,)."""
    if classes:
        return 100 * (1 - float(costs.mean()))
    return 100 * (1 - float(np.sqrt(costs.mean())) / float(labels.std()))


def score_error(costs: Array, labels: Array, classes: bool) -> float:
    """The standard error of the points of costs (n,).

    Of an accuracy with two right and two wrong labels added (Agresti and Coull 1998), so that no
    few labels look sure; of numbers by the delta method.
    """
    count = len(costs)
    if classes:
        share = (float(costs.sum()) + 2) / (count + 4)
        return 100 * float(np.sqrt(share * (1 - share) / (count + 4)))
    root = float(np.sqrt(costs.mean()))
    squares = float(costs.std()) / np.sqrt(count)
    return 100 * squares / (2 * root * float(labels.std())) if root else 0.0


def keep_comparison(run: Run, comparison: FoldScores | None) -> None:
    """Write a comparison to a model directory, if there is one."""
    if comparison:
        run.write(COMPARISON, json.dumps(comparison.to_json()))


def kept_comparison(run: Run) -> FoldScores | None:
    """The comparison that a model directory holds, if any."""
    if not run.has(COMPARISON):
        return None
    with understood(run.path / COMPARISON):
        return FoldScores.from_json(run.read_object(COMPARISON))
