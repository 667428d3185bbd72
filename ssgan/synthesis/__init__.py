"""Synthetic labelled samples: made, filtered, and judged before they are used.

What each module is for:

    augment               make, filter, judge: `augment`, and what the command line writes
    requests, blocks      how many of which class, and their samples block by block
    generation, sampling  samples with labels: exact counts of every class; samples alone
    filters               a file for each: which samples are kept
    context               what filters and the gate may look at

    gate                  whether rows help, by a paired test over folds
    baselines             a file for each: what adds rows without a GAN
    classifiers           a file for each classifier that may gain

    features              a GAN over features, for the training set of a head
    implicit              adversarial terms for a training of your own

Imports only `ssgan.adaptation` and what lies below it.
"""

from ssgan.synthesis.augment import JudgedSamples, augment
from ssgan.synthesis.baselines import BASELINES
from ssgan.synthesis.baselines.smote import smote
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
from ssgan.synthesis.gate.candidates import assess, assess_features
from ssgan.synthesis.gate.classification import judge, preselect
from ssgan.synthesis.gate.judges import linear_judge, sklearn_judge
from ssgan.synthesis.gate.labeled_rows import LabeledRows
from ssgan.synthesis.gate.plan import Plan
from ssgan.synthesis.gate.regression import judge_numbers
from ssgan.synthesis.gate.verdict import Comparison, Verdict
from ssgan.synthesis.generation import sample_classes, select_samples, synthesise
from ssgan.synthesis.implicit import Implicit, real_or_fake, unsure
from ssgan.synthesis.requests import Request, counts_for, strategy_counts

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
