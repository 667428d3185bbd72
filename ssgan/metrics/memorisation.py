"""Whether a generator returns the rows it learnt from instead of new ones.

All of it rests on rows of the same distribution that the generator never saw: without memorising,
generated samples lie no nearer to training rows than to those.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ssgan.config import InputError
from ssgan.metrics.generation import ROUNDING, finite_features
from ssgan.metrics.spaces import place_in_space
from ssgan.randomness import Rng

SOUGHT_ROWS = 500  # whose distances to all others are held at once
PERMUTATIONS = 9999  # the smallest p is 1e-4
LEVEL = 0.01  # p below which a generator is said to memorise
CELLS = 10  # of C_T
FEWEST_IN_CELL = 20  # samples of either side in a cell, for the normal law of its ranks


@dataclass(frozen=True, kw_only=True)
class Memorisation:
    """What `memorises` found.

    Attributes
    ----------
    ratio : float
        Mean distance to training rows over that to as many held-out rows; 1 is no nearer, 0 copies.
    ct : float
        z of distances to training rows, generated against held-out; far below 0 is copies.
    authenticity : float
        Share of samples farther off than the nearest row's own neighbour; a half or more where
        nothing is copied.
    p : float
        Of so many samples nearer to training rows, if these were as any other; from 1e-4.
    verdict : bool
        Whether p is below 0.01: the generator memorises.

    Examples
    --------
    >>> Memorisation(ratio=1.0, ct=0.0, authenticity=0.5, p=0.5, verdict=False).verdict
    False
    """

    ratio: float  # mean distance to training rows / to as many held-out rows; 1: no nearer
    ct: float  # z of distances to training rows, generated - held-out; far below 0: copies
    authenticity: float  # share of samples farther off than the nearest row's own neighbour
    p: float  # of so many samples nearer to training rows, if these were as any other, >= 1e-4
    verdict: bool


def memorises(train: Tensor, held_out: Tensor, fake: Tensor, seed: int = 0) -> Memorisation:
    """Whether generated features copy training rather than held-out ones.

    The verdict comes from a permutation test: every sample votes for its nearest row of both sets,
    and rows change sets at random. Samples that crowd around a few rows move together, so that a
    collapsed generator is not accused for it. The other three numbers describe.

    Parameters
    ----------
    train, held_out, fake : Tensor, shapes (N, D), (H, D) and (M, D)
        Features of one space: of rows that the generator saw, of rows of the same distribution that
        it did not, and of its samples.
    seed : int
        Draws the permutations.

    Returns
    -------
    Memorisation

    Raises
    ------
    InputError
        For fewer than 2 training rows or no rows of another side.

    References
    ----------
    Meehan et al. 2020, "A Non-Parametric Test to Detect Data-Copying in Generative Models" (C_T,
    eq. 4, over 10 cells, NaN without a cell of 20 samples a side); Alaa et al. 2022, "How Faithful
    is your Synthetic Data?" (authenticity).

    Examples
    --------
    >>> import torch
    >>> x = torch.arange(200.0)[:, None]
    >>> train, held_out = x[::2], x[1::2]
    >>> found = memorises(train, held_out, train)  # a generator that copies
    >>> found.ratio, found.authenticity, found.verdict
    (0.0, 0.0, True)
    """
    checked = [finite_features(train, side)[1] for side in (train, held_out, fake)]
    if len(train) < 2 or not len(held_out) or not len(fake):
        raise InputError(
            "memorisation needs at least 2 training rows, 1 held-out row and 1 generated sample, "
            f"got {len(train)}, {len(held_out)} and {len(fake)}"
        )
    center = checked[0].mean(0)  # float32 is then exact enough, and twice as fast
    train, held_out, fake = ((side - center).float() for side in checked)
    rng = Rng(("memorisation", seed))
    train = train[rng("train").permutation(len(train))]
    held_out = held_out[rng("held out").permutation(len(held_out))]
    fewer = min(len(train), len(held_out))
    to_train, nearest = neighbours(fake, train)
    ratio = neighbours(fake, train[:fewer])[0].double().mean()
    apart = neighbours(fake, held_out[:fewer])[0].double().mean()
    among_train, _ = neighbours(train, train, itself=False)
    p = permutation_p(train, held_out, fake, rng)
    held_to_train, _ = neighbours(held_out, train)
    return Memorisation(
        ratio=float(ratio / apart) if apart > 0 else 1.0 if ratio == 0 else float("inf"),
        ct=copying_score(train, (held_out, held_to_train), (fake, to_train), rng),
        authenticity=float((to_train >= among_train[nearest]).double().mean()),
        p=p,
        verdict=p < LEVEL,
    )


def memorisation(
    train: Tensor, held_out: Tensor, fake: Tensor, seed: int = 0
) -> dict[str, float | bool]:
    """`memorises` of encoded samples, named: "memorised_p_randconv_5000_train".

    Parameters
    ----------
    train, held_out, fake : Tensor, shapes (N, *shape), (H, *shape) and (M, *shape)
        Encoded samples, as networks see them.
    seed : int
        Draws the permutations.

    Returns
    -------
    dict of str to float or bool
        "neighbour_ratio", "ct", "authenticity", "memorised_p" and "memorised", the fields of
        `Memorisation`, with the space of the training rows and the number of generated samples.

    Raises
    ------
    InputError
        As `memorises` and `space_of`.

    Examples
    --------
    >>> import torch
    >>> x = torch.arange(200.0)[:, None]
    >>> memorisation(x[::2], x[1::2], x[::2])["memorised_encoded_100_train"]
    True
    """
    space, ours = place_in_space(train)
    result = memorises(ours, space(held_out), space(fake), seed)
    suffix = f"_{space.name}_{len(fake)}_train"
    return {
        f"neighbour_ratio{suffix}": result.ratio,
        f"ct{suffix}": result.ct,
        f"authenticity{suffix}": result.authenticity,
        f"memorised_p{suffix}": result.p,
        f"memorised{suffix}": result.verdict,
    }


def neighbours(x: Tensor, rows: Tensor, itself: bool = True) -> tuple[Tensor, Tensor]:
    """Distance (N,) to the nearest of `rows`, and its index; not `itself`: x is `rows`."""
    theirs, nearest = rows.square().sum(1), []
    for start in range(0, len(x), SOUGHT_ROWS):
        chunk = x[start : start + SOUGHT_ROWS]
        ours = chunk.square().sum(1)
        apart = torch.addmm(theirs, chunk, rows.T, alpha=-2).add_(ours[:, None])
        if not itself:
            index = torch.arange(len(chunk))
            apart[index, index + start] = torch.inf
        nearest.append(apart.min(1))
    index = torch.cat([block.indices for block in nearest])
    # Again from the differences: near copies cancel in the product above.
    near = torch.cat(
        [
            (a - rows[b]).norm(dim=1)
            for a, b in zip(
                torch.split(x, SOUGHT_ROWS), torch.split(index, SOUGHT_ROWS), strict=True
            )
        ]
    )
    scale = float(theirs.max().sqrt())
    return torch.where(near <= ROUNDING * scale, 0.0, near), index


def permutation_p(train: Tensor, held_out: Tensor, fake: Tensor, rng: Rng) -> float:
    """Share of relabellings of the rows under which as many samples are nearest to training."""
    pool = torch.cat([train, held_out])
    order = rng("pool").permutation(len(pool))  # equal rows of both sets: either may win
    _, nearest = neighbours(fake, pool[order])
    votes = torch.bincount(order[nearest], minlength=len(pool)).numpy()
    value, rows = np.unique(votes, return_counts=True)
    # Rows of equal votes are alike: how many of each kind are called training is all that counts.
    drawn = rng("labels").numpy()
    relabelled = drawn.multivariate_hypergeometric(
        rows, len(train), size=PERMUTATIONS, method="marginals"
    )
    observed = votes[: len(train)].sum()
    return float(1 + (relabelled @ value >= observed).sum()) / (1 + PERMUTATIONS)


def copying_score(
    train: Tensor, held_out: tuple[Tensor, Tensor], fake: tuple[Tensor, Tensor], rng: Rng
) -> float:
    """C_T (Meehan et al. 2020, eq. 4): mean z of the ranks in cells, by the held-out rows there.

    `held_out` and `fake` are features with their distances to the nearest training row.
    """
    from scipy.stats import rankdata
    from sklearn.cluster import KMeans

    cells = min(
        CELLS, max(1, len(held_out[0]) // (2 * FEWEST_IN_CELL)), len(torch.unique(train, dim=0))
    )
    means = KMeans(cells, n_init=1, random_state=rng("cells").entropy() % 2**32)
    means.fit(train[:10_000].numpy())
    ours, theirs = (means.predict(side[0].numpy()) for side in (held_out, fake))
    total = weight = 0.0
    for cell in range(cells):
        a, b = held_out[1].numpy()[ours == cell], fake[1].numpy()[theirs == cell]
        if min(len(a), len(b)) < FEWEST_IN_CELL:
            continue
        ranks = rankdata(np.concatenate([a, b]))
        spread = np.sqrt(len(a) * len(b) / (len(a) + len(b)) / (len(a) + len(b) - 1))
        # of the sum of ranks, with ties: sqrt(n m / (N (N - 1)) sum (r - mean r)^2)
        spread *= np.sqrt(np.square(ranks - ranks.mean()).sum())
        off = ranks[len(a) :].sum() - len(b) * ranks.mean()
        total += len(a) * (off / spread if spread > 0 else 0.0)
        weight += len(a)
    return float(total / weight) if weight else float("nan")
