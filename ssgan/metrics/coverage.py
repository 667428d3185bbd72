"""Which classes a generator neglects: coverage class by class, beside that of real samples."""

from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor

from ssgan.config import InputError
from ssgan.metrics.generation import (
    PAIRED_ROWS,
    REACH_NEIGHBOURS,
    finite_features,
    squared_distances,
    squared_reach,
)
from ssgan.randomness import Rng

BOUND = 0.5  # share of the real samples' own coverage below which there is an alarm


@dataclass(frozen=True, kw_only=True)
class ClassCoverage:
    """Coverage by class, what real samples reach, and the classes that fall behind.

    Attributes
    ----------
    coverage, real : dict of int to float
        Of each class, from 0 to 1, higher is better: of real samples by generated ones, and of one
        half of the real samples by the other.
    alarms : tuple of int
        The neglected classes.
    minority : float
        The lowest coverage of a class, relative to that of real samples: about 1 is as good.
    warning : str or None
        One sentence that names the neglected classes.

    Examples
    --------
    >>> found = ClassCoverage(coverage={0: 0.9, 1: 0.2}, real={0: 0.9, 1: 0.8}, alarms=(1,))
    >>> found.minority
    0.25
    >>> found.warning
    'generated samples cover too little of class 1 (0.20, real 0.80)'
    """

    coverage: dict[int, float]
    real: dict[int, float]  # one half of the real samples by the other
    alarms: tuple[int, ...]

    @property
    def minority(self) -> float:
        """The lowest coverage of a class, relative to that of real samples."""
        return min(self.coverage[c] / self.real[c] for c in self.coverage if self.real[c] > 0)

    @property
    def warning(self) -> str | None:
        """One sentence that names the neglected classes; None if there are none."""
        if not self.alarms:
            return None
        parts = (f"{c} ({self.coverage[c]:.2f}, real {self.real[c]:.2f})" for c in self.alarms)
        return f"generated samples cover too little of class {', '.join(parts)}"


def class_coverage(
    real: Tensor,
    real_y: Tensor,
    fake: Tensor,
    fake_y: Tensor,
    *,
    k: int = REACH_NEIGHBOURS,
    bound: float = BOUND,
) -> ClassCoverage:
    """Which classes a generator neglects: coverage class by class, beside that of real samples.

    Half of a class's real samples are to be covered: by at most as many generated ones, and by the
    other half.

    Parameters
    ----------
    real, fake : Tensor, shapes (N, D) and (M, D)
        Features of one space.
    real_y, fake_y : Tensor of int, shapes (N,) and (M,)
        Their classes.
    k : int
        Which neighbour says how far a real sample reaches.
    bound : float
        Share of the real samples' own coverage, below which a class is in `alarms`.

    Returns
    -------
    ClassCoverage

    Raises
    ------
    InputError
        For a class of fewer than 2 (k + 1) real samples, and for generated samples of a class
        without any.

    References
    ----------
    Naeem et al. 2020, eq. 4, within each class.

    Examples
    --------
    >>> import torch
    >>> real, y = torch.arange(16.0)[:, None], torch.arange(16) // 8
    >>> class_coverage(real, y, real[:8], y[:8], k=1).alarms  # none of class 1 was generated
    (1,)
    """
    real, fake = finite_features(real, fake)
    check_coverage(real, real_y, fake, fake_y, k, bound)
    rng = Rng(("class coverage",))
    covered, usual = {}, {}
    for c in sorted(set(real_y.tolist())):
        ours, theirs = real[real_y == c], fake[fake_y == c]
        ours = ours[rng("real", c).permutation(len(ours))]
        half = len(ours) // 2
        theirs = theirs[rng("fake", c).permutation(len(theirs))[:half]]
        covered[c] = share_covered(ours[:half], theirs, k)
        usual[c] = share_covered(ours[:half], ours[half : 2 * half], k)
    alarms = tuple(c for c in covered if covered[c] < bound * usual[c])
    return ClassCoverage(coverage=covered, real=usual, alarms=alarms)


def check_coverage(
    real: Tensor, real_y: Tensor, fake: Tensor, fake_y: Tensor, k: int, bound: float
) -> None:
    """InputError for samples that coverage cannot be measured of."""
    if len(real) != len(real_y) or len(fake) != len(fake_y):
        raise InputError(
            f"expected a label for every sample, got {len(real_y)} labels of {len(real)} real and "
            f"{len(fake_y)} of {len(fake)} generated ones"
        )
    if k < 1 or not 0 < bound <= 1:
        raise InputError(f"expected k from 1 and a bound in (0, 1], got {k} and {bound}")
    counts = Counter(real_y.tolist())
    if not counts:
        raise InputError("expected at least one real sample, got none")
    fewest = min(counts, key=counts.__getitem__)
    if counts[fewest] < 2 * (k + 1):
        raise InputError(
            f"{k} neighbours need at least {2 * (k + 1)} real samples of each class, class "
            f"{fewest} has {counts[fewest]}: take fewer neighbours"
        )
    unknown = sorted(set(fake_y.tolist()) - set(counts))
    if unknown:
        raise InputError(
            f"generated samples have class {unknown[0]}, of which there is no real one"
        )


def share_covered(real: Tensor, fake: Tensor, k: int) -> float:
    """The share of real rows with a generated one as near as their k-th neighbour."""
    if not len(fake):
        return 0.0
    reaches = squared_reach(real, k)
    within = torch.zeros(len(real), dtype=torch.bool)
    for rows in torch.split(fake, PAIRED_ROWS):
        within |= (squared_distances(rows, real) <= reaches).any(0)
    return float(within.double().mean())
