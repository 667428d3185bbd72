"""Only samples that are no copies of real rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from ssgan.config import InputError
from ssgan.randomness import Rng
from ssgan.synthesis.context import Generated

MAX_PROBED = 1000  # real rows that say how far apart rows lie


@dataclass(frozen=True)
class NearDuplicates:
    """Drops samples that lie much nearer to a real row than real rows lie to each other.

    Real rows are all that the GAN learnt from, labelled or not, where they can be had, and those
    that are given.

    Parameters
    ----------
    below : float, default=0.25
        A share, of 0 or more, of the median distance of a real row to its nearest other one.

    Raises
    ------
    InputError
        For a share below 0, and where there are fewer than 2 different real rows.

    Examples
    --------
    >>> from ssgan.synthesis import NearDuplicates
    >>> NearDuplicates(below=0.5)
    NearDuplicates(below=0.5)
    """

    below: float = 0.25

    def __post_init__(self) -> None:
        if not self.below >= 0:
            raise InputError(f"expected below to be 0 or more, got {self.below}")

    def apply(self, drawn: Generated, rng: Rng) -> tuple[Generated, NDArray[np.bool_]]:
        real = drawn.context.sketches
        near = NearestNeighbors(n_neighbors=1).fit(real)
        probed = Rng(("probed",)).permutation(len(real))[:MAX_PROBED].numpy()
        apart = near.kneighbors(real[probed], 2)[0][:, 1]  # the first is the row itself
        distances = near.kneighbors(drawn.context.sketch(drawn.packed))[0][:, 0]
        return drawn, distances > self.below * np.median(apart)


FILTER = NearDuplicates
