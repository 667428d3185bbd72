"""Discriminator rejection sampling: a sample stays the likelier, the more real its score."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ssgan.codecs.codec import Array
from ssgan.randomness import Rng
from ssgan.synthesis.context import Generated, check_fraction


@dataclass(frozen=True)
class Rejection:
    """Keeps a sample with a probability that grows with its score.

    Scores become log odds by a logistic regression on real against generated scores, so that any
    objective will do.

    Parameters
    ----------
    share : float, default=0.8
        The percentile of F that sets gamma (equation 8), from 0 to 1; more is stricter.

    Raises
    ------
    InputError
        For a share that is not from 0 to 1.

    References
    ----------
    Azadi et al. 2019, "Discriminator Rejection Sampling".

    Examples
    --------
    >>> from ssgan.synthesis import Rejection
    >>> Rejection(share=0.9)
    Rejection(share=0.9)
    """

    share: float = 0.8

    def __post_init__(self) -> None:
        check_fraction("share", self.share)

    def apply(self, drawn: Generated, rng: Rng) -> tuple[Generated, NDArray[np.bool_]]:
        logits, _ = log_odds(drawn)
        keep = rng("rejection").numpy().random(len(logits)) < acceptance(logits, self.share)
        return drawn, keep


def log_odds(drawn: Generated) -> tuple[Array, float]:
    """Log odds that samples are real, (M,), and what a point of the critic's score adds.

    Only few objectives give scores that are log odds; a logistic regression of real against
    generated ones makes them such for any. InputError where there are no real rows.
    """
    real, fake = drawn.context.scores, drawn.scores
    scores = np.concatenate([real, fake])
    scale = float(scores.std()) or 1.0
    odds = LogisticRegression(class_weight="balanced").fit(
        scores[:, None] / scale, np.arange(len(scores)) < len(real)
    )
    return odds.decision_function(fake[:, None] / scale), float(odds.coef_[0, 0]) / scale


def acceptance(logits: Array, share: float) -> Array:
    """The probability (M,) that each sample stays, from log density ratios (M,) (equation 8)."""
    apart = np.minimum(logits - logits.max(), -1e-8)
    odds = apart - np.log(-np.expm1(apart))
    accepted: Array = 1 / (1 + np.exp(-np.clip(odds - np.quantile(odds, share), -50, 50)))
    return accepted


FILTER = Rejection
