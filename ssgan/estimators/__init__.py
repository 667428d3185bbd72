"""scikit-learn's and imbalanced-learn's words for `pretrain`, `finetune` and `augment`.

    GANFeatures      transformer: what a discriminator sees in samples
    GANClassifier    classifier: -1 (or NaN, None, "") marks a row without a label
    GANRegressor     regressor: NaN (or None, "") marks a row without a label
    GANSampler       sampler: synthetic rows of the rarer classes after the real ones
    DomainAdapter    classifier of a target domain: `sample_domain` is positive for the source
    LabeledSplit     folds that keep unlabeled rows in every training part

Those with a GAN in their name take `gan`, one of

    None or a GANConfig    a GAN is trained on the rows that `fit` is given
    a GAN                  it is used as it is: one serves a whole search, `clone` shares it
    a Run or its path      the GAN of that run is loaded

and X as rows (N, F), images (N, H, W) or (N, H, W, C), flat images with `image_shape`, or a data
frame, whose columns may hold text, categories, times and missing values. Fields of the configs are
parameters too: `GridSearchCV(GANClassifier(), {"predictor__steps": [20, 30]})`.

What each module is for:

    features, learners   the transformer; the classifier and the regressor
    sampler, adapter     the sampler; the classifier of a target domain
    nested               fields of configs as parameters of an estimator
    inputs               what scikit-learn hands over, as the package wants it
    splitters            folds for labels that are partly missing

It imports from `synthesis` and all below.
"""

from ssgan.estimators.adapter import DomainAdapter
from ssgan.estimators.features import GANFeatures
from ssgan.estimators.learners import GANClassifier, GANRegressor
from ssgan.estimators.sampler import GANSampler
from ssgan.estimators.splitters import LabeledSplit

__all__ = [
    "DomainAdapter",
    "GANClassifier",
    "GANFeatures",
    "GANRegressor",
    "GANSampler",
    "LabeledSplit",
]
