"""Shares of the classes among the samples that will be predicted, where labels have others.

Labels are often drawn as many of every class, and the samples are not. A classifier that has learnt
from labels of shares `labels` is right for samples of shares `shares` when its probabilities are
multiplied by shares / labels and sum to 1 again (Saerens et al. 2002, eq. 2.4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.neighbors import NearestNeighbors

from ssgan.codecs.codec import Array
from ssgan.config import InputError, there_are
from ssgan.prediction.search import DEFAULT_SHARES, SharesConfig

WORDS = ("labels", "estimated", "equal")
NAMED = 'a share of every class by its name, as {"yes": 0.1, "no": 0.9}'
ROUNDS, SETTLED = 500, 1e-7  # of expectation and maximisation, and a change that ends them
TINY = 1e-6  # share that no class falls below: its predictions stay finite
SUMS = 1e-6  # by which stated shares may miss 1


@dataclass(frozen=True)
class ClassShares:
    """Shares of the classes among the labels, and among the samples that are predicted.

    Parameters
    ----------
    labels, samples : tuple of float
        In the order of the classes, each sums to 1.
    origin : str
        Where the latter come from: "estimated", "equal" or "stated".

    Examples
    --------
    >>> ClassShares((0.5, 0.5), (0.9, 0.1), "stated").shift.round(2)
    array([ 0.59, -1.61])
    """

    labels: tuple[float, ...]
    samples: tuple[float, ...]
    origin: str

    @property
    def shift(self) -> Array:
        """What is added to log-probabilities (N, K) that assume the shares of the labels."""
        return np.asarray(np.log(self.samples) - np.log(self.labels))


def estimated_shares(probabilities: Array, labels: Array, held: float = 20.0) -> Array:
    """The shares of the classes among samples, from probabilities that assume other shares.

    Expectation and maximisation after Saerens, Latinne and Decaestecker 2002, "Adjusting the
    outputs of a classifier to new a priori probabilities", eq. 2.9, with a Dirichlet prior at the
    shares of the labels.

    Parameters
    ----------
    probabilities : array of shape (M, K)
        Calibrated, of unlabeled samples.
    labels : array of shape (K,)
        The shares that these probabilities assume: those of the labels.
    held : float, default=20
        How many samples the prior counts as.

    Returns
    -------
    array of shape (K,)
        Above 0; they sum to 1.

    Examples
    --------
    >>> import numpy as np
    >>> sure = np.repeat([[0.99, 0.01], [0.01, 0.99]], [900, 100], axis=0)
    >>> estimated_shares(sure, np.array([0.5, 0.5])).round(2)
    array([0.9, 0.1])
    """
    check_outputs(probabilities, labels)
    shares = labels = np.maximum(np.asarray(labels, np.float64), TINY)
    for _ in range(ROUNDS):
        corrected = probabilities * (shares / labels)
        corrected = corrected / corrected.sum(1, keepdims=True)
        new = (corrected.sum(0) + held * labels) / (len(corrected) + held)
        if np.abs(new - shares).max() < SETTLED:
            break
        shares = new
    return floored(new)


def trusted_shares(
    probabilities: Array, labels: Array, count: int, config: SharesConfig = DEFAULT_SHARES
) -> Array:
    """The same, held the more to the shares of the labels the fewer labels a class have taught.

    An estimate that is near them changes nothing: a classifier that few labels have taught is off
    by as much.

    Parameters
    ----------
    probabilities, labels : array
        As for `estimated_shares`.
    count : int
        Labels that taught the classifier.
    config : SharesConfig, default=SharesConfig()
        How much they are held.

    Returns
    -------
    array of shape (K,)
        Above 0; they sum to 1.

    Examples
    --------
    >>> import numpy as np
    >>> sure = np.repeat([[0.99, 0.01], [0.01, 0.99]], [600, 400], axis=0)
    >>> labels = np.array([0.5, 0.5])
    >>> trusted_shares(sure, labels, 10), trusted_shares(sure, labels, 1000).round(2)
    (array([0.5, 0.5]), array([0.6, 0.4]))
    """
    each = count / len(labels)
    estimate = estimated_shares(probabilities, labels, config.weight(each, len(probabilities)))
    return estimate if np.abs(estimate - labels).max() > config.within(each) else floored(labels)


def check_outputs(probabilities: Array, labels: Array) -> None:
    """InputError where probabilities and shares are not of the same classes."""
    if probabilities.ndim != 2 or not len(probabilities) or len(labels) != probabilities.shape[1]:
        raise InputError(
            "expected probabilities (M, K) of one sample or more and K shares, got "
            f"{probabilities.shape} and {np.shape(labels)}"
        )


def as_stated(shares: Any) -> str | tuple[tuple[str, float], ...]:
    """What a config may say of shares: a word, or the share of every class by its name.

    Raises
    ------
    InputError
        For another word, and for what is neither.

    Examples
    --------
    >>> as_stated({"yes": 0.1, "no": 0.9})
    (('yes', 0.1), ('no', 0.9))
    """
    if isinstance(shares, str):
        if shares not in WORDS:
            raise InputError(f"no shares {shares!r}{there_are(shares, WORDS)}, or {NAMED}")
        return shares
    try:
        return tuple((str(name), float(share)) for name, share in dict(shares).items())
    except (TypeError, ValueError) as error:
        raise InputError(f"expected shares {', '.join(WORDS)}, or {NAMED}") from error


def stated_shares(stated: Mapping[str, float] | Sequence[float], classes: Sequence[Any]) -> Array:
    """The shares (K,) that somebody states, by the names of classes or in their order.

    Raises
    ------
    InputError
        For a class that is not there or left out, a share below 0, and a sum that is not 1.

    Examples
    --------
    >>> stated_shares({"yes": 0.1, "no": 0.9}, ("no", "yes"))
    array([0.9, 0.1])
    """
    names = [str(name) for name in classes]
    if isinstance(stated, Mapping):
        if set(map(str, stated)) != set(names):
            raise InputError(
                f"expected a share of each of the classes {', '.join(names)}, got those of "
                f"{', '.join(map(str, stated)) or 'none'}"
            )
        by_name = {str(name): share for name, share in stated.items()}
        stated = [by_name[name] for name in names]
    values: Array = np.asarray(stated, np.float64)
    if values.shape != (len(names),):
        raise InputError(f"expected {len(names)} shares, one a class, got {values.size}")
    if not (values >= 0).all() or abs(values.sum() - 1) > SUMS:
        raise InputError(
            f"expected shares from 0 on that sum to 1, got {', '.join(f'{x:g}' for x in values)}, "
            f"which sum to {values.sum():g}: divide each by that"
        )
    return floored(values)


def floored(shares: Array) -> Array:
    """Shares of which none is 0."""
    positive: Array = np.maximum(shares, TINY)
    return np.asarray(positive / positive.sum())


def label_shares(classes: Array, count: int) -> Array:
    """The shares (K,) of class indices (n,)."""
    return floored(np.bincount(classes, minlength=count) / len(classes))


def drawn_by_class(classes: Array, count: int) -> bool:
    """Whether as many of every class are labelled, so that labels say nothing of shares.

    Examples
    --------
    >>> import numpy as np
    >>> drawn_by_class(np.array([0, 1, 0, 1]), 2), drawn_by_class(np.array([0, 0, 0, 1]), 2)
    (True, False)
    """
    counts = np.bincount(classes, minlength=count)
    return bool(counts.max() - counts.min() <= 1)


def reweighed(probabilities: Array, shares: Array, labels: Array) -> Array:
    """Probabilities (N, K) for samples of these shares, of some that assume those of the labels.

    Examples
    --------
    >>> import numpy as np
    >>> reweighed(np.array([[0.5, 0.5]]), np.array([0.9, 0.1]), np.array([0.5, 0.5]))
    array([[0.9, 0.1]])
    """
    shift = ClassShares(tuple(labels), tuple(shares), "stated").shift
    return np.asarray(softmax(np.log(probabilities) + shift, axis=1))


def unlike_any_class(
    labeled: Array, unlabeled: Array, weights: Array | None = None
) -> tuple[float, float]:
    """The share of unlabeled samples (M, F) that lie off all labelled ones (n, F), and its error.

    Half of the samples of the labelled classes are no farther from the nearest labelled sample than
    the median of labelled samples from the nearest other one. What is missing to that half is the
    share of others, as Storey 2002 estimates the share of true hypotheses at the threshold .5.
    `weights` (n,) of the labelled samples make their classes as frequent as among the others. The
    standard error is 1 / sqrt(n), of as many samples as the weights are worth. The share is 0 from
    fewer than two labels.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> known, other = rng.normal(size=(2000, 2)), 50 + rng.normal(size=(1000, 2))
    >>> share, error = unlike_any_class(known[:400], np.concatenate([known[400:], other]))
    >>> abs(share - 1000 / 2600) < 3 * error
    True
    """
    if len(labeled) < 2 or not len(unlabeled):
        return 0.0, 1.0
    near = NearestNeighbors(n_neighbors=1).fit(labeled)
    among_labelled = near.kneighbors()[0][:, 0]
    to_labelled = near.kneighbors(unlabeled)[0][:, 0]
    weights = np.ones(len(labeled)) if weights is None else weights
    order = np.argsort(among_labelled)
    half = among_labelled[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)]
    worth = weights.sum() ** 2 / (weights**2).sum()
    inside = float((to_labelled <= half).mean())
    return max(0.0, 1 - inside / 0.5), float(1 / worth**0.5)
