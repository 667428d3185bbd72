"""Only samples whose class the predictor is confident of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ssgan.randomness import Rng
from ssgan.synthesis.context import Generated, check_fraction


@dataclass(frozen=True)
class Confidence:
    """Keeps samples to whose class the predictor gives a probability of `threshold` or more.

    Parameters
    ----------
    threshold : float, default=0.8
        A probability, from 0 to 1.

    Raises
    ------
    InputError
        For a threshold that is not from 0 to 1, and where there is no predictor.

    Examples
    --------
    >>> from ssgan.synthesis import Confidence
    >>> Confidence(0.95)
    Confidence(threshold=0.95)
    """

    threshold: float = 0.8

    def __post_init__(self) -> None:
        check_fraction("threshold", self.threshold)

    def apply(self, drawn: Generated, rng: Rng) -> tuple[Generated, NDArray[np.bool_]]:
        rows = np.arange(len(drawn.indices))
        return drawn, drawn.probabilities[rows, drawn.indices] >= self.threshold


FILTER = Confidence
