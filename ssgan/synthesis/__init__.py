"""Synthetic labelled samples: made, filtered, and judged before they are used.

generation   exact counts of every class, by a conditional GAN or a GAN and a predictor
filters      what is kept of what was drawn
features     a GAN over features, for the training set of a head
gate         whether any of it helps a classifier
implicit     adversarial terms for a training of your own
"""

from ssgan.synthesis.arms import assess
from ssgan.synthesis.features import FeatureGAN, augment_features, features_of
from ssgan.synthesis.filters import (
    FILTERS,
    Agreement,
    Centroid,
    Confidence,
    Filter,
    Filtered,
    Known,
    Langevin,
    NearDuplicates,
    Rejection,
    filtered,
)
from ssgan.synthesis.gate import Plan, Verdict, chosen, judge, linear_judge, sklearn_judge
from ssgan.synthesis.generation import (
    ROUND,
    augment,
    conditional,
    selected,
    stream,
    surest,
    synthesised,
)
from ssgan.synthesis.implicit import Implicit, real_or_fake, unsure
from ssgan.synthesis.requests import counts_for, wanted
from ssgan.synthesis.smote import smote

__all__ = [
    "FILTERS",
    "ROUND",
    "Agreement",
    "Centroid",
    "Confidence",
    "FeatureGAN",
    "Filter",
    "Filtered",
    "Implicit",
    "Known",
    "Langevin",
    "NearDuplicates",
    "Plan",
    "Rejection",
    "Verdict",
    "assess",
    "augment",
    "augment_features",
    "chosen",
    "conditional",
    "counts_for",
    "features_of",
    "filtered",
    "judge",
    "linear_judge",
    "real_or_fake",
    "selected",
    "sklearn_judge",
    "smote",
    "stream",
    "surest",
    "synthesised",
    "unsure",
    "wanted",
]
