"""scikit-learn's transformer: what a discriminator sees in samples."""

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted

from ssgan.estimators.inputs import (
    gan_or_config,
    samples_of,
    seed_of,
    train_gan,
    with_seed,
)
from ssgan.estimators.nested import NestedConfigs
from ssgan.models.readouts import check_readout, read_out, readout_of
from ssgan.models.student.config import StudentConfig


class GANFeatures(NestedConfigs, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Features of a GAN's discriminator, standardised.

    Fields of the configs are parameters too, as `gan__steps` and `student__steps`.

    Parameters
    ----------
    gan : GANConfig, GAN, Run, path or None, default=None
        How to train a GAN on X, or one that is trained already.
    image_shape : tuple (H, W) or (H, W, C), default=None
        Rows of X are flat images of this shape. A GAN that is trained already knows its own.
    device : str, default=None
        "cpu", "cuda" or "cuda:1" to train or load on; the best there is by default.
    random_state : int, RandomState or None, default=None
        The seed; with None that of the config, so that a second fit gives the same.
    readout : {"all", "last", "samples", "samples+all", "student"}, default="all"
        Features of all its depths, of the last, the standardised samples alone or beside all
        depths, or of a student that learns from both networks and X.
    student : StudentConfig or None, default=None
        How a student learns, for that readout only.

    Attributes
    ----------
    gan_ : GAN
    n_features_in_ : int
    feature_names_in_ : ndarray of str, where X has column names

    See Also
    --------
    GANClassifier, GANRegressor : They finetune the discriminator on labels.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.estimators import GANFeatures
    >>> X = np.random.default_rng(0).normal(size=(40, 3))
    >>> features = GANFeatures().set_params(gan__steps=2, gan__width=2)
    >>> Z = features.fit_transform(X)
    >>> len(Z), Z.dtype
    (40, dtype('float32'))
    """

    def __init__(
        self,
        gan=None,
        image_shape=None,
        device=None,
        random_state=None,
        readout="all",
        student=None,
    ):
        self.gan = gan
        self.image_shape = image_shape
        self.device = device
        self.random_state = random_state
        self.readout = readout
        self.student = student

    def fit(self, X, y=None):
        """Train a GAN, unless there is one.

        Parameters
        ----------
        X : array-like, (n_samples, ...)
            Samples.
        y : ignored
            For scikit-learn's signature.

        Returns
        -------
        self

        Raises
        ------
        InputError
            For what cannot be learnt from.
        """
        check_readout(self.readout)
        gan, seed = gan_or_config(self.gan, self.device), seed_of(self.random_state)
        samples = samples_of(self, X, gan, reset=True)
        gan = train_gan(self, gan, samples, seed)
        readout = readout_of(gan) if self.readout == "all" else self.readout  # a student stays
        config = with_seed(self.student or StudentConfig(), seed)
        self.gan_ = read_out(gan, readout, gan.codec.pack(samples), config)
        self._n_features_out = self.gan_.features(samples[:1]).shape[1]
        return self

    def transform(self, X):
        """Features; those of a row do not depend on the others.

        Parameters
        ----------
        X : array-like, (n_samples, ...)
            Samples as in `fit`.

        Returns
        -------
        array of float32, (n_samples, n_features)
        """
        check_is_fitted(self)
        return self.gan_.features(samples_of(self, X, self.gan_, reset=False))

    def get_feature_names_out(self, input_features=None):
        """The names of the features: "ssgan_0", "ssgan_1" and so on.

        Parameters
        ----------
        input_features : array-like of str, optional
            Only compared with the names in `fit`.

        Returns
        -------
        array of str, (n_features,)
        """
        names = super().get_feature_names_out(input_features)
        return np.array([f"ssgan_{i}" for i in range(len(names))], dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
