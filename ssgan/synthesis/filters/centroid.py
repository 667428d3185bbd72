"""Only samples that lie near the centre of their class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ssgan.randomness import Rng
from ssgan.synthesis.context import Generated, check_fraction


@dataclass(frozen=True)
class Centroid:
    """Keeps samples that lie nearest to the centre of their class in feature space, and near it.

    Parameters
    ----------
    within : float, default=0.95
        Near is the distance below which this share of the class's real rows lies, from 0 to 1.

    Raises
    ------
    InputError
        For a share that is not from 0 to 1, and where there are fewer than 2 labelled rows.

    Examples
    --------
    >>> from ssgan.synthesis import Centroid
    >>> Centroid(within=0.5)
    Centroid(within=0.5)
    """

    within: float = 0.95

    def __post_init__(self) -> None:
        check_fraction("within", self.within)

    def apply(self, drawn: Generated, rng: Rng) -> tuple[Generated, NDArray[np.bool_]]:
        features, indices = drawn.context.labeled
        keep = np.zeros(len(drawn.indices), bool)
        present = np.unique(indices)
        centers = np.stack([features[indices == k].mean(0) for k in present])
        far = np.linalg.norm(drawn.features[:, None] - centers[None], axis=2)
        for place, index in enumerate(present):
            distances = np.linalg.norm(features[indices == index] - centers[place], axis=1)
            mine = drawn.indices == index
            near = far[:, place] <= np.quantile(distances, self.within)
            keep |= mine & near & (far.argmin(1) == place)
        return drawn, keep


FILTER = Centroid
