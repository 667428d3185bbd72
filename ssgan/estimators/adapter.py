"""The estimator of two domains."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from ssgan.adaptation.adapt import adapt
from ssgan.adaptation.config import AdaptConfig
from ssgan.config import InputError, InputTypeError
from ssgan.data import from_memory, unlabeled
from ssgan.data.selection import take_samples
from ssgan.estimators.inputs import holds_text_or_gaps, labels_of, seed_of, with_seed
from ssgan.estimators.nested import NestedConfigs


class DomainAdapter(NestedConfigs, ClassifierMixin, BaseEstimator):
    """A classifier of a target domain, from the labels of a source domain.

    `sample_domain` says where each sample comes from, by its sign as in skada: positive is the
    source, negative the target. Labels of samples of the target are never read. Without it, samples
    that have a label are the source, the others the target. Fields of the config are parameters
    too, as `adapt__steps`.

    Parameters
    ----------
    adapt : AdaptConfig or None, default=None
        How to adapt.
    image_shape : tuple (H, W) or (H, W, C), default=None
        Rows of X are flat images of this shape.
    device : str, default=None
        "cpu", "cuda" or "cuda:1" to train on; the best there is by default.
    random_state : int, RandomState or None, default=None
        The seed; with None that of the config, so that a second fit gives the same.

    Attributes
    ----------
    classes_ : ndarray (K,), sorted
    predictor_ : Predictor
    n_features_in_ : int
    feature_names_in_ : ndarray of str, where X has column names

    See Also
    --------
    GANClassifier : Few labels and unlabeled samples of one domain.

    Notes
    -----
    Both domains lie in one X, so their samples have one shape; `ssgan.adapt` takes others.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.estimators import DomainAdapter
    >>> y = np.arange(80) % 2
    >>> X = np.random.default_rng(0).normal(size=(80, 2)) + 9 * y[:, None]
    >>> domain = np.where(np.arange(80) < 40, 1, -1)
    >>> X[domain < 0] += 20
    >>> model = DomainAdapter().set_params(
    ...     adapt__method="statistics", adapt__steps=40, adapt__width=2
    ... )
    >>> model.fit(X, y, sample_domain=domain).score(X[domain < 0], y[domain < 0])
    1.0
    """

    def __init__(self, adapt=None, image_shape=None, device=None, random_state=None):
        self.adapt = adapt
        self.image_shape = image_shape
        self.device = device
        self.random_state = random_state

    def fit(self, X, y, sample_domain=None):
        """Learn from labelled samples of one domain and unlabeled ones of the other.

        Parameters
        ----------
        X : array-like, (n_samples, ...)
            Samples of both domains.
        y : array-like, (n_samples,)
            Labels; those of the target are not read.
        sample_domain : array-like of int, (n_samples,), optional
            Positive for the source, negative for the target.

        Returns
        -------
        self

        Raises
        ------
        InputError
            For what cannot be learnt from.
        """
        config = AdaptConfig() if self.adapt is None else self.adapt
        if not isinstance(config, AdaptConfig):
            kind = type(config).__name__
            raise InputTypeError(f"expected adapt to be an AdaptConfig or None, got {kind}")
        X = self._samples(X, reset=True)
        labels = labels_of(self, y)
        check_consistent_length(X, labels)
        source = np.flatnonzero(source_mask(sample_domain, labels))
        target = np.setdiff1d(np.arange(len(labels)), source)
        if not len(source) or not len(target):
            raise InputError(
                f"expected samples of both domains, got {len(source)} of the source and "
                f"{len(target)} of the target: say which are which with sample_domain"
            )
        shape = {} if self.image_shape is None else {"image_shape": tuple(self.image_shape)}
        labelled = from_memory(take_samples(X, source), labels[source], **shape)
        unlabelled = from_memory(take_samples(X, target), **shape)
        config = with_seed(config, seed_of(self.random_state))
        self.predictor_ = adapt(
            labelled, None, unlabelled, config=config, task="classification", device=self.device
        )
        known = self.predictor_.targets
        self.classes_ = known.decode(np.arange(len(known.classes or ())))
        return self

    def _samples(self, X, reset):
        """X as scikit-learn checks it; text and gaps of a data frame stay as they are."""
        if holds_text_or_gaps(X):
            validate_data(self, X, reset=reset, skip_check_array=True)
            return X
        return validate_data(self, X, reset=reset, allow_nd=True)

    def predict(self, X, sample_domain=None):
        """The most probable class of every sample of the target.

        Parameters
        ----------
        X : array-like, (n_samples, ...)
            Samples as in `fit`.
        sample_domain : ignored
            For scikit-learn's signature.

        Returns
        -------
        array, (n_samples,)
            In the dtype of y.
        """
        check_is_fitted(self)
        return self.predictor_.predict(self._samples(X, reset=False))

    def predict_proba(self, X, sample_domain=None):
        """The probability of every class.

        Parameters
        ----------
        X : array-like, (n_samples, ...)
            Samples as in `fit`.
        sample_domain : ignored
            For scikit-learn's signature.

        Returns
        -------
        array, (n_samples, n_classes)
            In the order of `classes_`; rows sum to 1.
        """
        check_is_fitted(self)
        return self.predictor_.predict_proba(self._samples(X, reset=False))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def source_mask(sample_domain, labels):
    """Which samples (N,) are of the source."""
    if sample_domain is None:
        return ~unlabeled(labels)
    domain = np.asarray(sample_domain)
    if domain.shape != labels.shape or domain.dtype.kind not in "iuf" or (domain == 0).any():
        raise InputError(
            f"expected sample_domain with a number for each of {len(labels)} samples, positive for "
            f"the source and negative for the target, got {domain.dtype} {domain.shape}"
        )
    return domain > 0
