"""The sampler: real rows as they are, then synthetic ones of the rarer classes."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin
from sklearn.utils.multiclass import type_of_target

from ssgan.config import InputError
from ssgan.estimators.inputs import (
    checked_predictor,
    classes_of,
    gan_or_config,
    labels_of,
    learn_predictor,
    samples_of,
    seed_of,
    train_gan,
)
from ssgan.estimators.nested import NestedConfigs
from ssgan.synthesis import Context, Plan, Synthetic, assess, strategy_counts, synthesise

try:
    from imblearn.base import BaseSampler
except ImportError:

    class BaseSampler(OneToOneFeatureMixin, BaseEstimator):  # type: ignore[no-redef]
        """What imbalanced-learn's class of that name is to its pipelines, where it is missing."""

        _estimator_type = "sampler"


class GANSampler(NestedConfigs, BaseSampler):
    """A sampler that adds rows made by a GAN and labelled by a predictor that was finetuned on it.

    The rows of X come first and as they were, then the synthetic ones, class by class. Rows
    without a label (-1, NaN, None or "" in y) stay too: the GAN and the predictor learn from
    them, but they are no class that could be rare. Fields of the configs are parameters too, as
    `gan__steps` and `predictor__steps`.

    Parameters
    ----------
    gan : GANConfig, GAN, Run, path or None, default=None
        How to train a GAN on X, or one that is trained already.
    predictor : PredictorConfig or None, default=None
        How to finetune.
    sampling_strategy : float, str, dict or callable, default="auto"
        In imbalanced-learn's words for over-sampling: the ratio of two classes, "minority",
        "not minority", "not majority" (as "auto"), "all", a dict with the number of rows that
        each class shall have, or a function that gives one for y.
    image_shape : tuple (H, W) or (H, W, C), default=None
        Rows of X are flat images of this shape. A GAN that is trained already knows its own.
    judge : {"report", "enforce"} or None, default="report"
        Whether the synthetic rows are judged by the gate: "report" leaves the verdict in
        `verdict_` and returns the balanced rows whatever it says, "enforce" returns the real
        rows alone unless it says "helps", None does not judge. In each of its folds the gate
        labels synthetic rows anew: the predictor, and a conditional GAN, saw all labels.
    device : str, default=None
        "cpu", "cuda" or "cuda:1" to train or load on; the best there is by default.
    random_state : int, RandomState or None, default=None
        The seed; with None those of the configs, so that a second call gives the same.

    Attributes
    ----------
    sampling_strategy_ : dict from class to the number of synthetic rows
    gan_ : GAN, after fit_resample
    predictor_ : Predictor, after fit_resample
    verdict_ : Verdict or None, whose `answer` is "helps", "no evidence" or "hurts"
    n_features_in_ : int
    feature_names_in_ : ndarray of str, where X has column names

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> from ssgan.estimators import GANSampler
    >>> x = np.random.default_rng(0).normal(size=(40, 3))
    >>> gan = ssgan.pretrain(x, ssgan.GANConfig(steps=2, batch=8, width=2, latent=4))
    >>> X = gan.sample(40)
    >>> y = (X[:, 2] > np.quantile(X[:, 2], 0.75)).astype(int)  # 30 rows of class 0, 10 of 1
    >>> sampler = GANSampler(gan, judge=None).set_params(
    ...     predictor__method="probe", predictor__calibrate=False
    ... )
    >>> more, labels = sampler.fit_resample(X, y)
    >>> len(more), np.bincount(labels).tolist(), bool((more[:40] == X).all())
    (60, [30, 30], True)
    """

    _sampling_type = "over-sampling"

    def __init__(
        self,
        gan=None,
        predictor=None,
        sampling_strategy="auto",
        image_shape=None,
        device=None,
        random_state=None,
        judge="report",
    ):
        self.gan = gan
        self.predictor = predictor
        self.sampling_strategy = sampling_strategy
        self.image_shape = image_shape
        self.device = device
        self.random_state = random_state
        self.judge = judge

    def fit(self, X, y):
        """Check X and y and count what is missing; `fit_resample` is what makes rows.

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
            For what is not to be had by over-sampling.
        """
        self._check(X, y, gan_or_config(self.gan, self.device))
        return self

    def _check(self, X, y, gan):
        """Samples, labels and coded labels as they are used; InputError for settings that cannot
        be.
        """
        checked_predictor(self.predictor)
        if self.judge not in ("report", "enforce", None):
            raise InputError(f"expected judge to be report, enforce or None, got {self.judge!r}")
        samples = samples_of(self, X, gan, reset=True)
        labels = one_column(self, y)
        coded = classes_of(labels, samples)
        classes = coded.decode(np.arange(len(coded.classes or ())))
        counts = np.bincount(coded.values[coded.labeled], minlength=len(classes))
        known = labels[coded.labeled]
        self.sampling_strategy_ = strategy_counts(
            self.sampling_strategy, dict(zip(classes.tolist(), counts.tolist(), strict=True)), known
        )
        return samples, labels, coded

    def fit_resample(self, X, y):
        """
        Parameters
        ----------
        X : array-like, (n_samples, ...)
            Samples.
        y : array-like, (n_samples,)
            Classes; -1, NaN, None and "" are "no label".

        Returns
        -------
        tuple of X and y
            Of m_samples >= n_samples rows, in the containers of the input.

        Raises
        ------
        and y with synthetic rows below.
        InputError
            For what cannot be learnt or is not to be had by over-sampling.
        """
        return self._fit_resample(X, y)

    def _fit_resample(self, X, y):
        seed = seed_of(self.random_state)
        gan = gan_or_config(self.gan, self.device)
        samples, labels, coded = self._check(X, y, gan)
        self.gan_ = train_gan(self, gan, samples, seed)
        self.predictor_ = learn_predictor(self, self.gan_, samples, coded, seed)
        counts = np.array([self.sampling_strategy_.get(label, 0) for label in coded.classes or ()])
        more, indices = synthesise(self.gan_, self.predictor_, counts, seed or 0)
        self.verdict_ = self._verdict(samples, coded, more, indices, seed or 0)
        if self.judge == "enforce" and self.verdict_ and self.verdict_.answer != "helps":
            more, indices = self.gan_.sample(0), indices[:0]
        return append_rows(X, more), labels_below(y, labels, coded.decode(indices))

    def _verdict(self, samples, coded, more, indices, seed):
        """What the gate says of the rows made; None where there are none or none is asked for."""
        if self.judge is None or len(indices) == 0:
            return None
        classes = tuple(coded.classes)
        context = Context(self.gan_, classes, self.predictor_, samples, coded.values)
        candidates = {"gan": Synthetic(more, coded.decode(indices))}
        plan = Plan(repeats=2, metric="balanced accuracy", seed=seed)
        return assess(context, candidates, plan=plan, ratios=(None,))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.estimator_type = "sampler"
        tags.target_tags.required = True
        tags.input_tags.sparse = False
        tags.input_tags.three_d_array = True
        return tags


def one_column(estimator, y):
    """Labels (N,) of y, which may have a column for every class."""
    array = np.asarray(y)
    if array.ndim != 2 or array.shape[1] == 1:
        return labels_of(estimator, array.ravel() if array.ndim == 2 else y)
    if type_of_target(array) != "multilabel-indicator" or (array.sum(1) > 1).any():
        raise InputError("Multilabel and multioutput targets are not supported.")
    return array.argmax(1)


def append_rows(X, more):
    """X with the rows `more` below, in the container and dtypes of X."""
    if isinstance(X, pd.DataFrame):
        if not isinstance(more, pd.DataFrame):
            more = pd.DataFrame(more, columns=X.columns)
        return pd.concat([X, more[X.columns].astype(X.dtypes)], ignore_index=True)
    array = np.asarray(X)
    more = np.asarray(more).reshape(-1, *array.shape[1:]).astype(array.dtype)
    rows = np.concatenate([array, more])
    return rows.tolist() if isinstance(X, list) else rows


def labels_below(y, labels, more):
    """y with `more` labels below, in its container; `labels` are y's own as an array (N,)."""
    if isinstance(y, pd.DataFrame) and y.shape[1] == 1:
        return labels_below(y.iloc[:, 0], labels, more).to_frame()
    if isinstance(y, pd.Series):
        return pd.concat([y, pd.Series(more, name=y.name).astype(y.dtype)], ignore_index=True)
    array = np.asarray(y)
    if array.ndim == 2 and array.shape[1] > 1:
        columns = np.eye(array.shape[1], dtype=array.dtype)[more]
        rows = np.concatenate([array, columns])
        return pd.DataFrame(rows, columns=y.columns) if isinstance(y, pd.DataFrame) else rows
    rows = np.concatenate([labels, more.astype(labels.dtype)])
    return rows.tolist() if isinstance(y, list) else rows
