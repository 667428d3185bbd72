"""Whether a classifier can tell generated samples from real ones (Lopez-Paz & Oquab 2017)."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ssgan.config import InputError
from ssgan.metrics.generation import finite_features
from ssgan.metrics.spaces import Space, place_in_space
from ssgan.randomness import Rng

SIDE = 5000  # samples of a side
FEWEST_OF_SIDE = 20  # for the normal law of the accuracy


@dataclass(frozen=True, kw_only=True)
class TwoSample:
    """Whether a classifier could tell generated from real samples.

    Attributes
    ----------
    accuracy : float
        On `held_out` samples, half of them real: 0.5 means that they cannot be told apart, 1
        always. Lower is better.
    p : float
        Probability of such an accuracy or a higher one, if it were a coin's (one-sided).
    held_out : int
        Samples that were judged.

    Examples
    --------
    >>> TwoSample(accuracy=0.5, p=0.5, held_out=100).accuracy
    0.5
    """

    accuracy: float  # 0.5 = cannot be told apart, 1 = always
    p: float  # one-sided
    held_out: int


def two_sample(real: Tensor, fake: Tensor, seed: int = 0) -> TwoSample:
    """A classifier two-sample test: logistic regression, learnt on half, tested on the other.

    As many of each side are taken, at most 5,000. Copies of one sample must not lie on both sides:
    give distinct rows.

    Parameters
    ----------
    real, fake : Tensor, shapes (N, D) and (M, D)
        Features of one space.
    seed : int
        Draws the samples and the halves.

    Returns
    -------
    TwoSample

    Raises
    ------
    InputError
        For fewer than 20 samples of a side, or than 2 D: the regression would find its own noise
        and call what differs alike.

    References
    ----------
    Lopez-Paz and Oquab 2017, "Revisiting Classifier Two-Sample Tests".

    Examples
    --------
    >>> import torch
    >>> x = torch.linspace(0, 1, 40)[:, None]
    >>> two_sample(x, x + 9).accuracy
    1.0
    """
    real, fake = finite_features(real, fake)
    dimension, n = real.shape[1], min(len(real), len(fake), SIDE) // 2 * 2
    if n < (least := max(FEWEST_OF_SIDE, 2 * dimension)):
        raise InputError(
            f"a two-sample test in {dimension} dimensions needs at least "
            f"{least} samples of each side, got {len(real)} and {len(fake)}: "
            f"give more, at most {SIDE} are taken, or a space of fewer dimensions"
        )
    rng = Rng(("two sample", seed))
    real = real[rng("real").permutation(len(real))[:n]]
    fake = fake[rng("fake").permutation(len(fake))[:n]]
    train, test = (
        torch.cat([side[part] for side in (real, fake)])
        for part in (slice(n // 2), slice(n // 2, None))
    )
    y = (torch.arange(n) >= n // 2).long()
    accuracy = float((fit_logistic(train, y)(test) == y).double().mean())
    z = (accuracy - 0.5) * math.sqrt(n) / 0.5
    return TwoSample(accuracy=accuracy, p=math.erfc(z / math.sqrt(2)) / 2, held_out=n)


def fit_logistic(x: Tensor, y: Tensor) -> Callable[[Tensor], Tensor]:
    """Logistic regression of standardised features (N, D): features (M, D) to classes (M,)."""
    from sklearn.linear_model import LogisticRegression

    center, scale = x.mean(0), x.std(0)
    scale = torch.where(scale > 1e-6 * scale.max(), scale, torch.inf)  # constant ones say nothing
    model = LogisticRegression(max_iter=1000, tol=1e-3)
    model.fit(((x - center) / scale).numpy(), y.numpy())
    return lambda rows: torch.from_numpy(model.predict(((rows - center) / scale).numpy()))


def told_apart(
    real: Tensor,
    fake: Tensor,
    seed: int = 0,
    *,
    reference: str = "real",
    space: Space | None = None,
) -> dict[str, float]:
    """`two_sample` of encoded samples, named as in `samples`.

    Parameters
    ----------
    real, fake : Tensor, shapes (N, *shape) and (M, *shape)
        Encoded samples, as networks see them.
    seed, reference, space
        As in `samples`.

    Returns
    -------
    dict of str to float
        "c2st_logistic_randconv_5000_real", the accuracy (0.5 to 1, lower is better), and
        "c2st_p_logistic_randconv_5000_real", its p.

    Raises
    ------
    InputError
        As `two_sample` and `space_of`.

    Examples
    --------
    >>> import torch
    >>> x = torch.linspace(-1, 1, 40)[:, None]
    >>> told_apart(x, x + 9)["c2st_logistic_encoded_40_real"]
    1.0
    """
    space, ours = (space, space(real)) if space else place_in_space(real)
    result = two_sample(ours, space(fake), seed)
    suffix = f"_logistic_{space.name}_{result.held_out}_{reference}"
    return {f"c2st{suffix}": result.accuracy, f"c2st_p{suffix}": result.p}
