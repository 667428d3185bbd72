"""Filters, a file each: which generated samples are kept, and which are dropped.

    filter_samples(samples, indices, [NearDuplicates(), Confidence(0.8)], context)

A filter maps generated samples to what they become (all but `Langevin`, which has to come first,
leave them as they are) and a mask of those that stay. Filters are applied in order, each to what
the ones before it kept. A new one is a module here whose constant FILTER is its class; its name is
that of the module. They may import everything of `synthesis.context` and below.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ssgan.codecs.codec import Array
from ssgan.config import InputError, constants_in, there_are
from ssgan.randomness import Rng
from ssgan.synthesis.context import Context, Filter, Generated, Synthetic
from ssgan.synthesis.filters.langevin import Langevin

MAX_EXAMPLES = 16  # samples that are kept of those that a filter dropped

FILTERS: dict[str, type[Filter]] = constants_in(__name__, __path__, "FILTER")


def filter_named(name: str) -> Filter:
    """The filter of that name with its defaults.

    Parameters
    ----------
    name : str
        Of `FILTERS`.

    Returns
    -------
    Filter

    Raises
    ------
    InputError
        For a name that is not in `FILTERS`.

    Examples
    --------
    >>> from ssgan.synthesis import filter_named
    >>> filter_named("near-duplicates")
    NearDuplicates(below=0.25)
    """
    if name not in FILTERS:
        raise InputError(f"no filter {name!r}{there_are(name, FILTERS)}")
    return FILTERS[name]()


def filter_name(each: Filter) -> str:
    """The name of a filter in FILTERS; that of its class where it is not among them."""
    known = [name for name, kind in FILTERS.items() if type(each) is kind]
    return known[0] if known else type(each).__name__


@dataclass
class Dropped:
    """What filters dropped so far: by filter and class how many, and the first few samples."""

    classes: tuple[Any, ...]
    counts: dict[str, dict[Any, int]] = field(default_factory=dict)
    first: dict[str, list[Tensor]] = field(default_factory=dict)  # encoded

    def add(self, name: str, lost: Generated) -> None:
        """Count samples that a filter has dropped, and keep the first ones."""
        counts = self.counts.setdefault(name, dict.fromkeys(self.classes, 0))
        for index in lost.indices:
            counts[self.classes[index]] += 1
        examples = self.first.setdefault(name, [])
        examples.extend(lost.x[: MAX_EXAMPLES - len(examples)])

    def examples(self, context: Context) -> dict[str, Any]:
        """Raw samples that each filter dropped, MAX_EXAMPLES at most."""
        return {
            name: context.gan.codec.decode(torch.stack(held))
            for name, held in self.first.items()
            if held
        }


def apply_filters(
    drawn: Generated, filters: Sequence[Filter], rng: Rng, dropped: Dropped
) -> Generated:
    """The samples that pass all filters; `dropped` counts the others.

    Raises InputError for a `Langevin` that is not the first.
    """
    if any(isinstance(each, Langevin) for each in filters[1:]):
        raise InputError(
            "langevin makes other samples than those that filters before it chose: put it first"
        )
    for place, each in enumerate(filters):
        keep = np.ones(0, bool)
        if len(drawn.indices):
            drawn, keep = each.apply(drawn, rng("filter", place))
        dropped.add(filter_name(each), drawn.where(~keep))
        drawn = drawn.where(keep)
    return drawn


def filter_samples(
    samples: Any, indices: Array, filters: Sequence[Filter], context: Context, seed: int = 0
) -> Synthetic:
    """The raw samples that pass all filters, in their order.

    Parameters
    ----------
    samples : array or DataFrame (N, ...)
        Raw samples, in the form of the GAN's data.
    indices : ndarray of int (N,)
        Their class indices, from 0 on.
    filters : sequence of Filter
        Applied in order.
    context : Context
        The GAN and what else the filters compare with.
    seed : int, default=0
        The same seed, the same samples.

    Returns
    -------
    Synthetic
        With the labels of those that stay, and what each filter dropped.

    Raises
    ------
    InputError
        For other than one index of a class for each sample, and a filter that lacks what it
        compares with.

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> from ssgan.synthesis import Context, NearDuplicates, filter_samples
    >>> x = np.random.default_rng(0).normal(size=(40, 3))
    >>> gan = ssgan.pretrain(x, ssgan.GANConfig(steps=2, batch=8, width=2, latent=4))
    >>> context = Context(gan, ("a", "b"))
    >>> kept = filter_samples(x, np.arange(40) % 2, [NearDuplicates()], context)
    >>> len(kept.samples), dict(kept.dropped)
    (0, {'near-duplicates': {'a': 20, 'b': 20}})
    """
    codec, indices = context.gan.codec, np.asarray(indices)
    x = codec.expand(codec.pack(samples))
    last = len(context.classes) - 1
    if indices.shape != (len(x),) or indices.dtype.kind not in "iu":
        raise InputError(
            f"expected a whole number for each of {len(x)} samples, the index of its class, got "
            f"{indices.dtype} of shape {indices.shape}"
        )
    if len(x) and (indices.min() < 0 or indices.max() > last):
        wrong = indices[(indices < 0) | (indices > last)][0]
        raise InputError(
            f"expected indices of classes from 0 to {last}, got {wrong}: leave out samples "
            "without a class"
        )
    dropped = Dropped(context.classes)
    passing = apply_filters(
        Generated(x, indices, context), filters, Rng(("filters", seed)), dropped
    )
    labels = context.labels(passing.indices)
    return Synthetic(passing.samples, labels, dropped.counts, dropped.examples(context))
