"""Make labelled samples: the generator makes them, a finetuned predictor or the GAN labels them.

synthesise       exactly as many of every class as asked for, those that the predictor is surest of
select_samples   exactly as many of every class that pass filters
sample_classes   a conditional GAN labels its samples itself

Whether they help a classifier is for `ssgan.synthesis.gate`; `augment` does both.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.models.gan import GAN
from ssgan.prediction.predictor import Predictor
from ssgan.randomness import Rng
from ssgan.synthesis.context import Context, Filter, Generated, Synthetic
from ssgan.synthesis.filters import Dropped, apply_filters
from ssgan.synthesis.requests import counts_for

ROUND = 1000  # samples that are generated and labelled at a time
MORE_ROUNDS = 20  # than the count needs, before a class counts as one the GAN does not make
SPARE = 2  # samples that are generated for every one kept: the surer half stays


def synthesise(
    gan: GAN, model: Predictor, counts: Array | None, seed: int = 0, n: int | None = None
) -> tuple[Any, Array]:
    """Samples of every class of which the predictor is surest, class by class.

    Samples are generated until there are twice enough of every class, or 20 rounds of 1,000 more
    than that should take are over. Where a class has too few, those to which the predictor gives it
    the greatest probability fill up, with a UserWarning.

    Parameters
    ----------
    gan : GAN
        It makes the samples.
    model : Predictor
        A classifier that labels them.
    counts : ndarray of int (K,) or None
        How many of every class; None is as often as they come among the first `n`.
    seed : int, default=0
        The same seed, the same samples.
    n : int, default=None
        How many in all, where `counts` is None.

    Returns
    -------
    samples : array or DataFrame (n, ...)
        Raw.
    indices : ndarray of int (n,)
        Class indices, sorted.

    Raises
    ------
    InputError
        Where the GAN makes no sample of a class that is asked for.

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> from ssgan.synthesis import synthesise
    >>> x = np.random.default_rng(0).normal(size=(40, 3))
    >>> gan = ssgan.pretrain(x, ssgan.GANConfig(steps=2, batch=8, width=2, latent=4))
    >>> few = gan.sample(8)
    >>> y = (few[:, 2] > np.median(few[:, 2])).astype(int)
    >>> model = ssgan.finetune(gan, few, y, ssgan.PredictorConfig(method="probe", calibrate=False))
    >>> samples, indices = synthesise(gan, model, np.array([2, 1]))
    >>> samples.shape, indices.tolist()
    ((3, 3), [0, 0, 1])
    """
    if counts is not None and not counts.any():
        return gan.sample(0), np.empty(0, np.int64)
    total = int(n or 0) if counts is None else int(counts.sum())
    parts: list[Tensor] = []
    predicted: list[Array] = []
    for number in range(MORE_ROUNDS + -(-SPARE * total // ROUND)):
        x = gan.generate(ROUND, seed, start=number * ROUND).cpu()
        parts.append(x)
        predicted.append(model.predict_proba(gan.codec.decode(x)))
        likeliest = np.concatenate(predicted).argmax(1)
        if counts is None:
            if len(likeliest) < total:
                continue
            counts = np.bincount(likeliest[:total], minlength=predicted[0].shape[1])
        if (np.bincount(likeliest, minlength=len(counts)) >= SPARE * counts).all():
            break
    if counts is None:
        raise InputError(f"expected a number of samples of 1 or more, got {n}")
    rows = most_confident(np.concatenate(predicted), counts, model.classes or ())
    samples = gan.codec.decode(torch.cat(parts)[torch.from_numpy(rows)])
    return samples, np.repeat(np.arange(len(counts)), counts)


def most_confident(predicted: Array, counts: Array, classes: Sequence[Any]) -> Array:
    """Rows of probabilities (M, K) that are taken for every class, class by class."""
    likeliest, parts = predicted.argmax(1), []
    for index, count in enumerate(counts):
        # Likeliest first, then by probability: a row whose likeliest class is another comes last.
        order = np.lexsort((-predicted[:, index], likeliest != index))
        count_there = int((likeliest == index).sum())
        name = classes[index]
        if count_there == 0 < count:
            raise InputError(
                f"none of {len(predicted)} synthetic samples looks like class {name!r}, {count} "
                "were asked for: train the GAN for more steps, label more of it, or ask for none "
                "of it"
            )
        if count_there < count:
            warnings.warn(
                f"of {len(predicted)} synthetic samples {count_there} look like class {name!r}, "
                f"{count} were asked for: the nearest fill up; train the GAN for more steps",
                UserWarning,
                stacklevel=4,
            )
        if len(order) < count:
            raise InputError(f"expected at most {len(order)} samples of a class, asked {count}")
        parts.append(order[:count])
    return np.concatenate(parts)


def select_samples(
    context: Context, counts: Array, filters: Sequence[Filter], seed: int = 0
) -> Synthetic:
    """Samples that pass all filters, exactly as many of every class as asked for.

    A conditional GAN is asked for the classes that are missing. Whatever the GAN, the predictor
    says which class a sample is of; only without one are those of a conditional GAN what they were
    asked to be.

    Parameters
    ----------
    context : Context
        The GAN, the predictor, and what filters compare with.
    counts : ndarray of int (K,)
        How many of every class.
    filters : sequence of Filter
        Applied in order.
    seed : int, default=0
        The same seed, the same samples.

    Returns
    -------
    Synthetic
        Class by class.

    Raises
    ------
    InputError
        Where too few pass in 20 times the samples that would do without filters.

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> from ssgan.synthesis import Context, NearDuplicates, select_samples
    >>> x, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    >>> gan = ssgan.pretrain(x, ssgan.GANConfig(steps=2, batch=8, width=2, latent=4), labels=y)
    >>> select_samples(Context(gan, (0, 1)), np.array([2, 1]), [NearDuplicates()]).labels.tolist()
    [0, 0, 1]
    """
    rng, targets = Rng(("selected", seed)), np.asarray(counts)
    parts: list[Generated] = []
    dropped = Dropped(context.classes)
    have, rounds = np.zeros(len(targets), np.int64), MORE_ROUNDS * -(-int(targets.sum()) // ROUND)
    for number in range(rounds):
        if (have >= targets).all():
            break
        generated = generate_round(context, targets - have, number, seed)
        candidates = predict_classes(apply_filters(generated, filters, rng(number), dropped))
        passing = candidates.where(first_of_each(candidates.indices, targets - have))
        have += np.bincount(passing.indices, minlength=len(targets))
        parts.append(passing)
    if (have < targets).any():
        short = int(np.flatnonzero(have < targets)[0])
        raise InputError(
            f"of {rounds * ROUND} synthetic samples {have[short]} of class "
            f"{context.classes[short]!r} passed, {targets[short]} were asked for: loosen the "
            "filters or train the GAN for more steps"
        )
    return sort_by_class(parts, context, dropped)


def sort_by_class(parts: Sequence[Generated], context: Context, dropped: Dropped) -> Synthetic:
    """The parts below each other, sorted by class."""
    codec, examples = context.gan.codec, dropped.examples(context)
    if not parts:
        none = context.labels(np.empty(0, np.int64))
        return Synthetic(context.gan.sample(0), none, dropped.counts, examples)
    indices = np.concatenate([part.indices for part in parts])
    order = np.argsort(indices, kind="stable")
    samples = codec.decode(torch.cat([part.x for part in parts])[torch.from_numpy(order)])
    return Synthetic(samples, context.labels(indices[order]), dropped.counts, examples)


def generate_round(context: Context, missing: Array, number: int, seed: int) -> Generated:
    """ROUND samples with their classes: those that are missing, where the GAN can be asked."""
    gan, start = context.gan, number * ROUND
    if gan.classes is not None:
        open_ = np.flatnonzero(missing > 0)
        indices = open_[np.arange(ROUND) % len(open_)]
        labels = np.array([context.classes[k] for k in indices])
        x = gan.generate(ROUND, seed, start, labels).cpu()
        return predict_classes(Generated(x, indices, context))
    if context.model is None:
        raise InputError("this GAN knows no classes: give a finetuned predictor to label samples")
    x = gan.generate(ROUND, seed, start).cpu()
    return predict_classes(Generated(x, np.zeros(ROUND, np.int64), context))


def predict_classes(drawn: Generated) -> Generated:
    """The same with the classes that the predictor sees in them, if there is one.

    It has not seen yet what was just generated, nor what a filter made another sample of.
    """
    if drawn.context.model is None or drawn.predicted is not None or len(drawn.indices) == 0:
        return drawn
    predicted = drawn.probabilities
    return replace(drawn, indices=predicted.argmax(1), predicted=predicted)


def first_of_each(indices: Array, missing: Array) -> Array:
    """A mask (M,) of the first `missing` (K,) samples of every class."""
    keep = np.zeros(len(indices), bool)
    for index, count in enumerate(missing):
        keep[np.flatnonzero(indices == index)[: max(0, int(count))]] = True
    return keep


def sample_classes(
    gan: GAN, n: int, *, counts: Mapping[Any, int] | None = None, seed: int = 0
) -> tuple[Any, Array]:
    """Samples of a conditional GAN, class by class, and the labels that were its conditions.

    Parameters
    ----------
    gan : GAN
        One that was trained with classes.
    n : int
        How many, 1 or more.
    counts : mapping of class to int, default=None
        How many of every class, which sum to `n`; by default equally many.
    seed : int, default=0
        The same seed, the same samples.

    Returns
    -------
    samples : array or DataFrame (n, ...)
        Raw.
    labels : ndarray (n,)

    Raises
    ------
    InputError
        For a class that the GAN never saw, n < 1, and a GAN without classes.

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> from ssgan.synthesis import sample_classes
    >>> x, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    >>> gan = ssgan.pretrain(x, ssgan.GANConfig(steps=2, batch=8, width=2, latent=4), labels=y)
    >>> samples, labels = sample_classes(gan, 5, counts={0: 1, 1: 4})
    >>> samples.shape, labels.tolist()
    ((5, 3), [0, 1, 1, 1, 1])
    """
    if gan.classes is None or gan.condition is None:
        raise InputError("this GAN was trained without classes: label its samples by a predictor")
    class_counts = counts_for(gan.classes, n, counts)
    labels = gan.condition.decode(np.repeat(np.arange(len(class_counts)), class_counts))
    return gan.sample(n, seed, labels), labels
