"""The models that a careful person would use instead, each of few rows and one parameter.

    models     logistic regression, nearest neighbours, support vector machine, gradient boosting,
               a forest; ridge regression in place of the first
    folds      repeated, stratified, the same for all that are compared
    choice     the simplest within one standard error of the best

Scores are in points, higher is better: 100 times the accuracy, or 100 times what is missing of the
root mean squared error to that of a constant guess.
"""

from ssgan.codecs.codec import Array
from ssgan.prediction.baselines.choice import (
    FEWEST,
    FEWEST_NUMBERS,
    Choice,
    Measured,
    choose,
    cross_validate,
    score_in_points,
    too_few,
)
from ssgan.prediction.baselines.folds import Folds, foldable, stratified
from ssgan.prediction.baselines.models import (
    CANDIDATES,
    Baseline,
    FitPredict,
    Kind,
    fit_baseline,
    fit_predicts,
    flat_rows,
    suitable_kinds,
    tune,
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
    "choose",
    "cross_validate",
    "fit_baseline",
    "fit_predicts",
    "flat_rows",
    "foldable",
    "score_in_points",
    "stratified",
    "suitable_kinds",
    "too_few",
    "tune",
]
