"""How close generated samples are to real ones.

frechet    distance between the Gaussians of both, from 0 (Heusel et al. 2017)
kernel     unbiased squared distance between both, around 0 for the same (Bińkowski et al. 2018)
precision  share of generated samples that lie among real ones (Kynkäänniemi et al. 2019)
recall     share of real samples that lie among generated ones
density    how densely real samples lie around generated ones, around 1 (Naeem et al. 2020)
coverage   share of real samples with a generated one nearby: falls when the generator collapses

The last four take the distance to the k-th neighbour as the reach of a sample.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ssgan.config import InputError
from ssgan.metrics.spaces import Space, place_in_space
from ssgan.randomness import Rng

MOST_SAMPLES = 10_000  # samples of a side: pairs are quadratic
PAIRED_ROWS = 512  # whose distances to all others are held at once: more leave the cache
REACH_NEIGHBOURS = 5  # as in Naeem et al. 2020
ROUNDING = 1e-12  # of squared distances, relative to the largest squared lengths


def samples(
    real: Tensor,
    fake: Tensor,
    seed: int = 0,
    *,
    reference: str = "real",
    space: Space | None = None,
) -> dict[str, float]:
    """All measures of generated against real samples: the table of `ssgan.metrics.generation`.

    Generated ones should have gone through `decode`, `pack` and `expand` of the codec, so that both
    are rounded alike. As many of each side are taken as the smaller has, at most 10,000.

    Parameters
    ----------
    real, fake : Tensor, shapes (N, *shape) and (M, *shape)
        Encoded samples, as networks see them.
    seed : int
        Draws the samples that are taken.
    reference : str
        What the real samples are called in the names: "real", "test".
    space : Space, optional
        Where they are compared; `space_of` the real ones by default.

    Returns
    -------
    dict of str to float
        "frechet" and "kernel" (lower is better), "precision", "recall", "density" and "coverage"
        (higher is better), each with the space, the number of samples and the reference in its
        name: "frechet_randconv_5000_test". Numbers under different names cannot be compared.

    Raises
    ------
    InputError
        For fewer than 2 samples a feature, and as `space_of`.

    Examples
    --------
    >>> import torch
    >>> x = torch.linspace(-1, 1, 40).reshape(20, 2)
    >>> sorted(samples(x, x))[:2]
    ['coverage_encoded_20_real', 'density_encoded_20_real']
    """
    n = min(len(real), len(fake), MOST_SAMPLES)
    rng = Rng(("metrics", seed))
    real, fake = (
        x.cpu()[rng(side, len(x)).permutation(len(x))[:n]]
        for side, x in (("real", real), ("fake", fake))
    )
    space, ours = (space, space(real)) if space else place_in_space(real)
    theirs = space(fake)
    measures = {
        "frechet": frechet_distance(ours, theirs),
        "kernel": kernel_distance(ours, theirs),
        **precision_recall(ours, theirs),
    }
    suffix = f"_{space.name}_{n}_{reference}"
    return {name + suffix: value for name, value in measures.items()}


def frechet_distance(real: Tensor, fake: Tensor) -> float:
    """Squared Fréchet distance between the Gaussians of two sets of features.

    |m - m'|^2 + tr(S + S' - 2 (S S')^1/2) for means m and covariances S.

    Parameters
    ----------
    real, fake : Tensor, shapes (N, D) and (M, D)
        Features of one space.

    Returns
    -------
    float
        From 0, lower is better. Fewer samples give larger values: compare equal numbers.

    Raises
    ------
    InputError
        For fewer than 2 D samples of a side: their covariance would be mostly noise.

    References
    ----------
    Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
    Equilibrium", eq. 6.

    Examples
    --------
    >>> import torch
    >>> x = torch.tensor([[0.0], [2.0], [4.0]])
    >>> round(frechet_distance(x, x + 3), 6)
    9.0
    """
    real, fake = finite_features(real, fake)
    dimension, fewest = real.shape[1], min(len(real), len(fake))
    if fewest < max(2 * dimension, 2):
        raise InputError(
            f"a Fréchet distance in {dimension} dimensions needs at least {2 * dimension} samples "
            f"of each side, got {fewest}: give more, or take ssgan.metrics.kernel_distance, which "
            "needs 2"
        )
    ours, theirs = real.T.cov().reshape(dimension, -1), fake.T.cov().reshape(dimension, -1)
    # The trace of (A B)^1/2 by two symmetric problems, whose eigenvalues are real and exact.
    values, vectors = torch.linalg.eigh(ours)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    shared = torch.linalg.eigvalsh(root @ theirs @ root).clamp_min(0).sqrt().sum()
    means = (real.mean(0) - fake.mean(0)).square().sum()
    return max(0.0, float(means + ours.trace() + theirs.trace() - 2 * shared))


def kernel_distance(real: Tensor, fake: Tensor) -> float:
    """Unbiased squared maximum mean discrepancy of features, with the kernel (x y / D + 1)^3.

    Parameters
    ----------
    real, fake : Tensor, shapes (N, D) and (M, D)
        Features of one space.

    Returns
    -------
    float
        Around 0, so at times below, for samples of one distribution; lower is better.

    Raises
    ------
    InputError
        For fewer than 2 samples of a side.

    References
    ----------
    Bińkowski et al. 2018, "Demystifying MMD GANs", section 2.1 and eq. 4.

    Examples
    --------
    >>> import torch
    >>> round(kernel_distance(torch.zeros(4, 1), torch.ones(4, 1)), 6)  # 1 + 8 - 2
    7.0
    """
    real, fake = finite_features(real, fake)
    if min(len(real), len(fake)) < 2:
        raise InputError("a kernel distance needs at least 2 samples of each side")
    across = sum(kernel_sum(rows, fake) for rows in torch.split(real, PAIRED_ROWS))
    return kernel_within(real) + kernel_within(fake) - 2 * across / len(real) / len(fake)


def kernel_within(x: Tensor) -> float:
    """The mean kernel over pairs of distinct rows, each of which is looked at once."""
    total = -float(((x.square().sum(1) / x.shape[1] + 1) ** 3).sum())
    for start, rows in zip(range(0, len(x), PAIRED_ROWS), torch.split(x, PAIRED_ROWS), strict=True):
        total += kernel_sum(rows, rows) + 2 * kernel_sum(rows, x[start + PAIRED_ROWS :])
    return total / len(x) / (len(x) - 1)


def kernel_sum(a: Tensor, b: Tensor) -> float:
    """The sum of the cubic kernel over all pairs of rows (N, D) and (M, D)."""
    kernel = (a @ b.T).div_(a.shape[1]).add_(1)
    return float((kernel * kernel).mul_(kernel).sum())  # a power takes many times as long


def precision_recall(real: Tensor, fake: Tensor, k: int = REACH_NEIGHBOURS) -> dict[str, float]:
    """Precision, recall, density and coverage, by the reach of the k-th neighbour.

    A sample lies within reach of another if it is not farther than the other's k-th neighbour on
    its own side.

    Parameters
    ----------
    real, fake : Tensor, shapes (N, D) and (M, D)
        Features of one space.
    k : int
        Which neighbour says how far a sample reaches.

    Returns
    -------
    dict of str to float
        "precision", the share of generated samples among real ones; "recall", the share of real
        samples among generated ones; "density", how densely real ones lie around generated ones
        (from 0, around 1 where both are alike); "coverage", the share of real samples with a
        generated one nearby. Higher is better; all but density are from 0 to 1.

    Raises
    ------
    InputError
        Unless there are more than k samples of each side.

    References
    ----------
    Kynkäänniemi et al. 2019, "Improved Precision and Recall Metric for Assessing Generative
    Models"; Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models".

    Examples
    --------
    >>> import torch
    >>> x = torch.arange(8.0)[:, None]
    >>> found = precision_recall(x, x[:4] + 0.25, k=1)  # the upper half is missing
    >>> found["precision"], found["recall"], found["coverage"]
    (1.0, 0.625, 0.625)
    """
    real, fake = finite_features(real, fake)
    if k < 1 or min(len(real), len(fake)) <= k:
        raise InputError(
            f"{k} neighbours need at least {k + 1} samples of each side, "
            f"got {len(real)} and {len(fake)}: take more samples or fewer neighbours"
        )
    reach_real, reach_fake = squared_reach(real, k), squared_reach(fake, k)
    among, density = [], []
    recalled = torch.zeros(len(real), dtype=torch.bool)
    covered = recalled.clone()
    for rows, reaches in zip(
        torch.split(fake, PAIRED_ROWS), torch.split(reach_fake, PAIRED_ROWS), strict=True
    ):
        apart = squared_distances(rows, real)
        within = apart <= reach_real
        among.append(within.any(1))
        density.append(within.sum(1))
        covered |= within.any(0)
        recalled |= (apart <= reaches[:, None]).any(0)
    return {
        "precision": float(torch.cat(among).double().mean()),
        "recall": float(recalled.double().mean()),
        "density": float(torch.cat(density).double().mean() / k),
        "coverage": float(covered.double().mean()),
    }


def squared_reach(x: Tensor, k: int) -> Tensor:
    """Squared distance (N,) of every sample to its k-th neighbour."""
    farthest = [
        squared_distances(rows, x).topk(k + 1, largest=False).values[:, k]  # the first is itself
        for rows in torch.split(x, PAIRED_ROWS)
    ]
    return torch.cat(farthest)


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """(N, M) for (N, D) and (M, D); exactly 0 for equal rows, which rounding would hide."""
    ours, theirs = a.square().sum(1), b.square().sum(1)
    apart = torch.addmm(theirs, a, b.T, alpha=-2).add_(ours[:, None])
    return F.threshold(apart, ROUNDING * float(ours.max() + theirs.max()), 0.0, inplace=True)


def finite_features(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Both as float64 on the CPU; InputError unless they are finite (N, D) and (M, D)."""
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1]:
        raise InputError(
            "expected features (N, D) and (M, D) of one space, "
            f"got {tuple(real.shape)} and {tuple(fake.shape)}"
        )
    if not (real.isfinite().all() and fake.isfinite().all()):
        raise InputError("expected finite features: samples or their space are not")
    return real.detach().double().cpu(), fake.detach().double().cpu()
