"""The models that a careful person would use instead, and the gate that keeps them where they win.

    models of few rows      logistic regression, nearest neighbours, support vector machine,
                            gradient boosting; ridge regression in place of the first and third
    cross-validation        repeated, stratified, the same folds for all that are compared
    choose                  the simplest within one standard error of the best
    select                  the deep model only where it beats that choice by more than its error

Scores are in points, higher is better: 100 times the accuracy, or 100 times what is missing of the
root mean squared error to that of a constant guess.
"""

from ssgan.codecs.codec import Array
from ssgan.prediction.baselines.comparing import (
    FEWEST,
    FEWEST_NUMBERS,
    Choice,
    Measured,
    Verdict,
    choose,
    cross_validated,
    gate,
    points,
    select,
    too_few,
)
from ssgan.prediction.baselines.folds import Folds, foldable, stratified
from ssgan.prediction.baselines.models import (
    CANDIDATES,
    Baseline,
    FitPredict,
    Kind,
    candidates,
    fitted,
    flat,
    kinds,
    tuned,
)

__all__ = [
    "CANDIDATES",
    "FEWEST",
    "FEWEST_NUMBERS",
    "Array",
    "Baseline",
    "Choice",
    "FitPredict",
    "Folds",
    "Kind",
    "Measured",
    "Verdict",
    "candidates",
    "choose",
    "cross_validated",
    "fitted",
    "flat",
    "foldable",
    "gate",
    "kinds",
    "points",
    "select",
    "stratified",
    "too_few",
    "tuned",
]
