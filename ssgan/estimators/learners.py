"""scikit-learn's classifier and regressor."""

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
)
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from ssgan.data import unlabeled
from ssgan.estimators.inputs import (
    as_numbers,
    checked_predictor,
    classes_of,
    gan_or_config,
    labelled_only,
    labels_of,
    learn_predictor,
    samples_of,
    seed_of,
    train_gan,
)
from ssgan.estimators.nested import NestedConfigs


class GANClassifier(NestedConfigs, ClassifierMixin, BaseEstimator):
    """A classifier that learns from labelled and unlabeled rows.

    A GAN is trained on all rows of X, then its discriminator is finetuned on those that have a
    label: an entry of -1, NaN, None or "" in y means that there is none. Labels of text beside
    -1 need an array of objects. Fields of the configs are parameters too, as `gan__steps` and
    `predictor__steps`.

    Parameters
    ----------
    gan : GANConfig, GAN, Run, path or None, default=None
        How to train a GAN on X, or one that is trained already.
    predictor : PredictorConfig or None, default=None
        How to finetune.
    image_shape : tuple (H, W) or (H, W, C), default=None
        Rows of X are flat images of this shape. A GAN that is trained already knows its own.
    device : str, default=None
        "cpu", "cuda" or "cuda:1" to train or load on; the best there is by default.
    random_state : int, RandomState or None, default=None
        The seed; with None those of the configs, so that a second fit gives the same.

    Attributes
    ----------
    classes_ : ndarray (K,), sorted
    gan_ : GAN
    predictor_ : Predictor
    n_features_in_ : int
    feature_names_in_ : ndarray of str, where X has column names

    See Also
    --------
    LabeledSplit : Folds that keep unlabeled rows in every training part.

    Notes
    -----
    `score` leaves out unlabeled rows. A scorer of scikit-learn such as `scoring="accuracy"` does
    not know them: where they are in a test fold, it counts -1 as a class that is never predicted.
    Give `cv=LabeledSplit(5)` to `cross_val_score` and searches, and every scorer is right.

    A trained GAN as `gan` serves a whole search, but it has seen all rows it was trained on, those
    of test folds too; a GANConfig is trained on each training part.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.estimators import GANClassifier
    >>> y = np.arange(40) % 2
    >>> X = np.random.default_rng(0).normal(size=(40, 3)) + 8 * y[:, None]
    >>> few = np.where(np.arange(40) < 10, y, -1)  # 30 rows have no label
    >>> model = GANClassifier().set_params(
    ...     gan__steps=2, gan__width=2, predictor__method="probe", predictor__calibrate=False
    ... )
    >>> model.fit(X, few).score(X, y)
    1.0
    """

    def __init__(self, gan=None, predictor=None, image_shape=None, device=None, random_state=None):
        self.gan = gan
        self.predictor = predictor
        self.image_shape = image_shape
        self.device = device
        self.random_state = random_state

    def fit(self, X, y):
        """Learn from samples with labels and without.

        Parameters
        ----------
        X : array-like, (n_samples, ...)
            Samples.
        y : array-like, (n_samples,)
            Classes; -1, NaN, None and "" are "no label".

        Returns
        -------
        self

        Raises
        ------
        InputError
            For what cannot be learnt from.
        """
        gan, seed = gan_or_config(self.gan, self.device), seed_of(self.random_state)
        checked_predictor(self.predictor)  # before anything is trained
        samples = samples_of(self, X, gan, reset=True)
        coded = classes_of(labels_of(self, y), samples)
        self.gan_ = train_gan(self, gan, samples, seed)
        self.predictor_ = learn_predictor(self, self.gan_, samples, coded, seed)
        self.classes_ = coded.decode(np.arange(len(coded.classes or ())))
        return self

    def predict(self, X):
        """The most probable class of every row.

        Parameters
        ----------
        X : array-like, (n_samples, ...)
            Samples as in `fit`.

        Returns
        -------
        array, (n_samples,)
            In the dtype of y.
        """
        check_is_fitted(self)
        return self.predictor_.predict(samples_of(self, X, self.gan_, reset=False))

    def predict_proba(self, X):
        """The probability of every class.

        Parameters
        ----------
        X : array-like, (n_samples, ...)
            Samples as in `fit`.

        Returns
        -------
        array, (n_samples, n_classes)
            In the order of `classes_`; rows sum to 1.
        """
        check_is_fitted(self)
        return self.predictor_.predict_proba(samples_of(self, X, self.gan_, reset=False))

    def score(self, X, y, sample_weight=None):
        """The accuracy on the rows that have a label.

        Parameters
        ----------
        X : array-like, (n_samples, ...)
            Samples as in `fit`.
        y : array-like, (n_samples,)
            Labels; rows without one are left out.
        sample_weight : array-like, (n_samples,), optional
            Weights of the rows.

        Returns
        -------
        float
        """
        y = labels_of(self, y)
        rows, weight = labelled_only(unlabeled(y), sample_weight)
        return float(np.average(self.predict(X)[rows] == y[rows], weights=weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


class GANRegressor(NestedConfigs, RegressorMixin, BaseEstimator):
    """A regressor that learns from labelled and unlabeled rows.

    A GAN is trained on all rows of X, then its discriminator is finetuned on those that have a
    label: an entry of NaN, None or "" in y means that there is none. Fields of the configs are
    parameters too, as `gan__steps` and `predictor__steps`.

    Parameters
    ----------
    gan : GANConfig, GAN, Run, path or None, default=None
        How to train a GAN on X, or one that is trained already.
    predictor : PredictorConfig or None, default=None
        How to finetune; method "svm" is for classes only.
    image_shape : tuple (H, W) or (H, W, C), default=None
        Rows of X are flat images of this shape. A GAN that is trained already knows its own.
    device : str, default=None
        "cpu", "cuda" or "cuda:1" to train or load on; the best there is by default.
    random_state : int, RandomState or None, default=None
        The seed; with None those of the configs, so that a second fit gives the same.

    Attributes
    ----------
    gan_ : GAN
    predictor_ : Predictor
    n_features_in_ : int
    feature_names_in_ : ndarray of str, where X has column names

    See Also
    --------
    LabeledSplit : Folds that keep unlabeled rows in every training part.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.estimators import GANRegressor
    >>> X = np.random.default_rng(0).normal(size=(40, 3))
    >>> few = np.where(np.arange(40) < 20, X[:, 0], np.nan)  # 20 rows have no number
    >>> model = GANRegressor().set_params(
    ...     gan__steps=2, gan__width=2, predictor__method="probe", predictor__calibrate=False
    ... )
    >>> model.fit(X, few).predict(X).shape
    (40,)
    """

    def __init__(self, gan=None, predictor=None, image_shape=None, device=None, random_state=None):
        self.gan = gan
        self.predictor = predictor
        self.image_shape = image_shape
        self.device = device
        self.random_state = random_state

    def fit(self, X, y):
        """Learn from samples with labels and without.

        Parameters
        ----------
        X : array-like, (n_samples, ...)
            Samples.
        y : array-like, (n_samples,)
            Numbers; NaN and None are "no label".

        Returns
        -------
        self

        Raises
        ------
        InputError
            For what cannot be learnt from.
        """
        gan, seed = gan_or_config(self.gan, self.device), seed_of(self.random_state)
        checked_predictor(self.predictor)  # before anything is trained
        samples = samples_of(self, X, gan, reset=True)
        coded = as_numbers(labels_of(self, y), samples)
        self.gan_ = train_gan(self, gan, samples, seed)
        self.predictor_ = learn_predictor(self, self.gan_, samples, coded, seed)
        return self

    def predict(self, X):
        """A number for every row.

        Parameters
        ----------
        X : array-like, (n_samples, ...)
            Samples as in `fit`.

        Returns
        -------
        array of float64, (n_samples,)
        """
        check_is_fitted(self)
        return self.predictor_.predict(samples_of(self, X, self.gan_, reset=False))

    def score(self, X, y, sample_weight=None):
        """The coefficient of determination on the rows that have a label.

        Parameters
        ----------
        X : array-like, (n_samples, ...)
            Samples as in `fit`.
        y : array-like, (n_samples,)
            Labels; rows without one are left out.
        sample_weight : array-like, (n_samples,), optional
            Weights of the rows.

        Returns
        -------
        float
        """
        y = labels_of(self, y)
        rows, weight = labelled_only(unlabeled(y, "regression"), sample_weight)
        true = y[rows].astype(np.float64)
        return r2_score(true, self.predict(X)[rows], sample_weight=weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
