"""Synthetic labelled samples: the generator makes them, a finetuned predictor labels them.

    more, labels = augment(gan, model, n=1000)

They are not yet judged: whether they help a classifier has to be seen on held-out real rows.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ssgan.gan import GAN
from ssgan.predictor import Predictor

Array = NDArray[Any]
ROUND = 1000  # samples that are drawn and labelled at a time
ROUNDS = 20  # more rounds than the count needs, before a class counts as one the GAN does not make
SPARE = 2  # samples that are drawn for every one kept: the surer half stays


def augment(
    gan: GAN,
    model: Predictor,
    n: int,
    *,
    counts: Mapping[Any, int] | None = None,
    balance: bool = False,
    seed: int = 0,
) -> tuple[Any, Array]:
    """Exactly `n` synthetic samples in raw form and their labels (n,), labelled by `model`.

    Twice as many are drawn, and for every class those stay of which the model is surest. Classes
    come as often as the generator makes them; with `balance` equally often, and `counts` says how
    often each (then n is their sum). Regression keeps every sample. The first are the same for
    the same seed. Raises ValueError for n < 1, unknown classes and counts that do not add up.
    """
    if n < 1:
        raise ValueError(f"expected a number of samples of 1 or more, got {n}")
    if model.classes is None:
        if counts is not None or balance:
            raise ValueError("counts and balance are for classes, the model predicts numbers")
        samples = gan.sample(n, seed)
        return samples, model.predict(samples)
    wanted = quotas(gan, model, n, counts, balance, seed)
    samples, indices = synthesised(gan, model, wanted, seed)
    return samples, model.targets.decode(indices)


def quotas(
    gan: GAN,
    model: Predictor,
    n: int,
    counts: Mapping[Any, int] | None,
    balance: bool,
    seed: int,
) -> Array:
    """How many samples of every class (K,) are wanted; they sum to `n`."""
    classes = list(model.classes or ())
    if counts is not None:
        if unknown := [label for label in counts if label not in classes]:
            raise ValueError(f"class {unknown[0]!r} is none of {', '.join(map(repr, classes))}")
        if sum(counts.values()) != n or min(counts.values()) < 0:
            raise ValueError(
                f"expected counts of 0 or more that sum to n = {n}, got {dict(counts)}"
            )
        return np.array([counts.get(label, 0) for label in classes])
    if balance:
        return np.array([n // len(classes) + (k < n % len(classes)) for k in range(len(classes))])
    likeliest = model.predict_proba(gan.sample(n, seed)).argmax(1)
    return np.bincount(likeliest, minlength=len(classes))


def synthesised(gan: GAN, model: Predictor, counts: Array, seed: int) -> tuple[Any, Array]:
    """Raw samples and class indices (n,), sorted by class: exactly `counts` (K,) of every class.

    Samples are drawn until SPARE times enough of every class are among them, or ROUNDS more rounds
    than that should take are over; the surest of a class are taken. Where there are too few, those
    to which the model gives it the greatest probability fill up, with a UserWarning.
    """
    if not counts.any():
        return gan.sample(0), np.empty(0, np.int64)
    drawn: list[Tensor] = []
    chances: list[Array] = []
    most = ROUNDS + -(-SPARE * int(counts.sum()) // ROUND)
    while len(drawn) < most:
        x = gan.generate(ROUND, seed, start=len(drawn) * ROUND).cpu()
        drawn.append(x)
        chances.append(model.predict_proba(gan.codec.decode(x)))
        found = np.bincount(np.concatenate(chances).argmax(1), minlength=len(counts))
        if (found >= SPARE * counts).all():
            break
    rows = surest(np.concatenate(chances), counts, model)
    samples = gan.codec.decode(torch.cat(drawn)[torch.from_numpy(rows)])
    return samples, np.repeat(np.arange(len(counts)), counts)


def surest(chances: Array, counts: Array, model: Predictor) -> Array:
    """Rows of `chances` (M, K) that are taken for every class, class by class."""
    likeliest, parts = chances.argmax(1), []
    for index, count in enumerate(counts):
        # Likeliest first, then by probability: a row whose likeliest class is another comes last.
        order = np.lexsort((-chances[:, index], likeliest != index))
        found = int((likeliest == index).sum())
        if found < count:
            name = (model.classes or ())[index]
            warnings.warn(
                f"of {len(chances)} synthetic samples {found} look like class {name!r}, "
                f"{count} were asked for: the nearest fill up; train the GAN for more steps",
                UserWarning,
                stacklevel=4,
            )
        if len(order) < count:
            raise ValueError(f"expected at most {len(order)} samples of a class, asked {count}")
        parts.append(order[:count])
    return np.concatenate(parts)
