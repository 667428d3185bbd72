"""Synthetic labelled samples: the generator makes them, a finetuned predictor labels them.

    more, labels = augment(gan, model, n=1000)

A conditional GAN labels them itself: `conditional(gan, n)`. They are not yet judged: whether they
help a classifier is for `ssgan.synthesis.gate`.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ssgan.config import InputError
from ssgan.models.gan import GAN
from ssgan.prediction.predictor import Predictor
from ssgan.randomness import Rng
from ssgan.synthesis.filters import Drawn, Filter, Filtered, Known, Sieve, sifted
from ssgan.synthesis.requests import counts_for, refuse_parts

Array = NDArray[Any]
ROUND = 1000  # samples that are drawn and labelled at a time
ROUNDS = 20  # more rounds than the count needs, before a class counts as one the GAN does not make
BLOCK = 10_000  # samples of a stream that are in memory at once
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
    refuse_parts({"n": n})
    if n < 1:
        raise InputError(f"expected a number of samples of 1 or more, got {n}")
    if model.classes is None:
        if counts is not None or balance:
            raise InputError("counts and balance are for classes, the model predicts numbers")
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
    if counts is not None or balance:
        return counts_for(classes, n, counts)
    likeliest = model.predict_proba(gan.sample(n, seed)).argmax(1)
    return np.bincount(likeliest, minlength=len(classes))


def synthesised(gan: GAN, model: Predictor, counts: Array, seed: int) -> tuple[Any, Array]:
    """Raw samples and class indices (n,), sorted by class: exactly `counts` (K,) of every class.

    Samples are drawn until SPARE times enough of every class are among them, or ROUNDS more rounds
    than that should take are over; the surest of a class are taken. Where there are too few, those
    to which the model gives it the greatest probability fill up, with a UserWarning. Raises
    ValueError where there are none at all.
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
        name = (model.classes or ())[index]
        if found == 0 < count:
            raise InputError(
                f"none of {len(chances)} synthetic samples looks like class {name!r}, {count} were "
                "asked for: train the GAN for more steps, label more of it, or ask for none of it"
            )
        if found < count:
            warnings.warn(
                f"of {len(chances)} synthetic samples {found} look like class {name!r}, "
                f"{count} were asked for: the nearest fill up; train the GAN for more steps",
                UserWarning,
                stacklevel=4,
            )
        if len(order) < count:
            raise InputError(f"expected at most {len(order)} samples of a class, asked {count}")
        parts.append(order[:count])
    return np.concatenate(parts)


def selected(
    known: Known,
    counts: Array,
    filters: Sequence[Filter],
    seed: int = 0,
) -> Filtered:
    """Exactly `counts` (K,) samples of every class that pass all filters, class by class.

    A conditional GAN is asked for the classes that are missing. Whatever the GAN, the predictor
    says which class a sample is of; only without one are those of a conditional GAN what they were
    asked to be. Raises ValueError where too few pass in ROUNDS times the draws that would do
    without filters.
    """
    rng, wanted = Rng(("selected", seed)), np.asarray(counts)
    parts: list[Drawn] = []
    sieve = Sieve(known.classes)
    have, most = np.zeros(len(wanted), np.int64), ROUNDS * -(-int(wanted.sum()) // ROUND)
    for number in range(most):
        if (have >= wanted).all():
            break
        found = drawn_round(known, wanted - have, number, seed)
        left = labelled(sifted(found, filters, rng(number), sieve))
        kept = left.take(needed(left.indices, wanted - have))
        have += np.bincount(kept.indices, minlength=len(wanted))
        parts.append(kept)
    if (have < wanted).any():
        short = int(np.flatnonzero(have < wanted)[0])
        raise InputError(
            f"of {most * ROUND} synthetic samples {have[short]} of class "
            f"{known.classes[short]!r} passed, {wanted[short]} were asked for: loosen the filters "
            "or train the GAN for more steps"
        )
    return gathered(parts, known, sieve)


def gathered(parts: Sequence[Drawn], known: Known, sieve: Sieve) -> Filtered:
    """The parts below each other, sorted by class."""
    names = np.array(known.classes)
    if not parts:
        return Filtered(known.gan.sample(0), names[:0], sieve.report, sieve.examples(known))
    indices = np.concatenate([part.indices for part in parts])
    order = np.argsort(indices, kind="stable")
    x = torch.cat([part.x for part in parts])[torch.from_numpy(order)]
    labels, dropped = names[indices[order]], sieve.examples(known)
    return Filtered(known.gan.codec.decode(x), labels, sieve.report, dropped)


def drawn_round(known: Known, missing: Array, number: int, seed: int) -> Drawn:
    """ROUND samples with their classes: those that are missing, where the GAN can be asked."""
    gan, start = known.gan, number * ROUND
    if gan.classes is not None:
        open_ = np.flatnonzero(missing > 0)
        indices = open_[np.arange(ROUND) % len(open_)]
        labels = np.array([known.classes[k] for k in indices])
        return labelled(Drawn(gan.generate(ROUND, seed, start, labels).cpu(), indices, known))
    if known.model is None:
        raise InputError("this GAN knows no classes: give a finetuned predictor to label samples")
    return labelled(Drawn(gan.generate(ROUND, seed, start).cpu(), np.zeros(ROUND, np.int64), known))


def labelled(drawn: Drawn) -> Drawn:
    """The same with the classes that the predictor sees in them, if there is one.

    It has not looked yet at what was just drawn, nor at what a filter made another sample of.
    """
    if drawn.known.model is None or drawn.chances is not None or len(drawn.indices) == 0:
        return drawn
    chances = drawn.probabilities
    return replace(drawn, indices=chances.argmax(1), chances=chances)


def needed(indices: Array, missing: Array) -> Array:
    """A mask (M,) of the first `missing` (K,) samples of every class."""
    keep = np.zeros(len(indices), bool)
    for index, count in enumerate(missing):
        keep[np.flatnonzero(indices == index)[: max(0, int(count))]] = True
    return keep


def conditional(
    gan: GAN, n: int, *, counts: Mapping[Any, int] | None = None, seed: int = 0
) -> tuple[Any, Array]:
    """Exactly `n` samples of a conditional GAN, class by class, and the labels asked for (n,).

    Classes come equally often, or as `counts` says. Raises ValueError for a class that the GAN
    never saw, n < 1, and a GAN without classes.
    """
    if gan.classes is None or gan.condition is None:
        raise InputError("this GAN was trained without classes: label its samples by a predictor")
    wanted = counts_for(gan.classes, n, counts)
    labels = gan.condition.decode(np.repeat(np.arange(len(wanted)), wanted))
    return gan.sample(n, seed, labels), labels


def stream(
    known: Known,
    counts: Array,
    filters: Sequence[Filter] = (),
    seed: int = 0,
    block: int = BLOCK,
) -> Iterator[Filtered]:
    """`counts` (K,) samples of every class in blocks of at most `block`: memory stays flat.

    Every block is drawn with a seed of its own, so that samples do not come twice.
    """
    ends = np.cumsum(counts)
    total = int(ends[-1])
    for number, first in enumerate(range(0, total, block)):
        last = min(first + block, total)
        part = np.diff(np.clip(ends, first, last), prepend=first)
        own = seed if number == 0 else Rng(("stream", seed, number)).entropy()
        yield selected(known, part, filters, own)
