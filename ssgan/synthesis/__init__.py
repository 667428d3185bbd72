"""Synthetic labelled samples: made, filtered, and judged before they are used.

augmented    make, filter, judge: `augment`, and what the command line writes
generation   exact counts of every class, by a GAN and a predictor or by a conditional GAN
filters      which samples are kept, a file each
gate         whether they help a classifier: `classifiers` are those that may gain, candidates,
             baselines and adjustments (class weights, a threshold) what it compares
regression   the same for numbers: whether they lower the error of a regressor
verdict      what it found, and what to do about it
features     a GAN over features, for the training set of a head
implicit     adversarial terms for a training of your own
sampling     samples of a GAN, block by block

It imports from `prediction` and all below.
"""

from ssgan.synthesis.augment import JudgedSamples, augment
from ssgan.synthesis.baselines import BASELINES
from ssgan.synthesis.baselines.smote import smote
from ssgan.synthesis.candidates import assess, assess_features
from ssgan.synthesis.classifiers import GATE_CLASSIFIERS
from ssgan.synthesis.context import Context, Filter, Synthetic
from ssgan.synthesis.features import FeatureGAN, augment_features, features_of
from ssgan.synthesis.filters import FILTERS, filter_named, filter_samples
from ssgan.synthesis.filters.agreement import Agreement
from ssgan.synthesis.filters.centroid import Centroid
from ssgan.synthesis.filters.confidence import Confidence
from ssgan.synthesis.filters.langevin import Langevin
from ssgan.synthesis.filters.near_duplicates import NearDuplicates
from ssgan.synthesis.filters.rejection import Rejection
from ssgan.synthesis.gate import judge, preselect
from ssgan.synthesis.generation import sample_classes, select_samples, synthesise
from ssgan.synthesis.implicit import Implicit, real_or_fake, unsure
from ssgan.synthesis.judges import linear_judge, sklearn_judge
from ssgan.synthesis.labeled_rows import LabeledRows
from ssgan.synthesis.plan import Plan
from ssgan.synthesis.regression import judge_numbers
from ssgan.synthesis.requests import Request, counts_for, strategy_counts
from ssgan.synthesis.verdict import Comparison, Verdict

__all__ = [
    "BASELINES",
    "GATE_CLASSIFIERS",
    "FILTERS",
    "Agreement",
    "Centroid",
    "Comparison",
    "Confidence",
    "Context",
    "FeatureGAN",
    "Filter",
    "Implicit",
    "JudgedSamples",
    "LabeledRows",
    "Langevin",
    "NearDuplicates",
    "Plan",
    "Rejection",
    "Request",
    "Synthetic",
    "Verdict",
    "assess",
    "assess_features",
    "augment",
    "augment_features",
    "counts_for",
    "features_of",
    "filter_named",
    "filter_samples",
    "judge",
    "judge_numbers",
    "linear_judge",
    "preselect",
    "real_or_fake",
    "sample_classes",
    "select_samples",
    "sklearn_judge",
    "smote",
    "strategy_counts",
    "synthesise",
    "unsure",
]
