"""Synthetic samples of a request, block by block: made, labelled and filtered."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.prediction.predictor import Predictor
from ssgan.randomness import Rng
from ssgan.synthesis.context import Context, Filter, Synthetic
from ssgan.synthesis.filters import filter_named, filter_samples
from ssgan.synthesis.generation import SPARE, select_samples, synthesise
from ssgan.synthesis.requests import Request

BLOCK_SAMPLES = 10_000  # samples that are in memory at once


@dataclass
class Tally:
    """What went past in blocks of synthetic samples: counts, and the first block."""

    kept: int = 0
    dropped: dict[str, dict[Any, int]] = field(default_factory=dict)  # by filter and class
    first: Synthetic | None = None

    def over(self, blocks: Iterable[Synthetic]) -> Iterator[Synthetic]:
        """The same blocks, counted."""
        for block in blocks:
            self.first = self.first or block
            self.kept += len(block.labels)
            for name, counts in block.dropped.items():
                mine = self.dropped.setdefault(name, {})
                for label, count in counts.items():
                    mine[label] = mine.get(label, 0) + count
            yield block

    def to_json(self) -> dict[str, Any]:
        """How many samples went past, and how many each filter dropped of which class."""
        named = {
            name: {str(label): count for label, count in counts.items()}
            for name, counts in self.dropped.items()
        }
        return {"kept": self.kept, "dropped": named}


def concatenate(parts: list[Any]) -> Any:
    """Raw samples below each other."""
    if isinstance(parts[0], pd.DataFrame):
        return pd.concat(parts, ignore_index=True)
    return np.concatenate(parts)


def filters_of(request: Request) -> list[Filter]:
    """What samples of a request have to pass, in order."""
    return [filter_named(entry) if isinstance(entry, str) else entry for entry in request.filters]


def samples_of_any_class(context: Context, request: Request, count: int) -> Synthetic:
    """Samples to judge by, SPARE times as many as are wanted, made regardless of their classes.

    The filters of the request are applied, each sample in the class that the model predicts.
    """
    if context.model is None:
        raise InputError("expected a finetuned model: it labels the samples")
    seed = Rng(("judged", request.seed)).entropy()
    samples = context.gan.sample(SPARE * count, seed)
    filters = filters_of(request)
    indices = context.model.predict_proba(samples).argmax(1)
    if not filters:
        return Synthetic(samples, context.labels(indices))
    passed = filter_samples(samples, indices, filters, context, request.seed)
    return passed if len(passed.labels) else Synthetic(samples, context.labels(indices))


def make_blocks(
    context: Context, request: Request, counts: Array | None, block: int | None = BLOCK_SAMPLES
) -> Iterator[Synthetic]:
    """The samples of a request, about `block` in memory at once; None: all.

    Each block has its share of `counts` (K,), or classes as the GAN makes them.
    """
    if context.model is None:
        raise InputError("expected a finetuned model: it labels the samples")
    filters = filters_of(request)
    if filters and not context.classes:
        raise InputError("filters are for classes, the model predicts numbers")
    total = request.total(counts)
    blocks = -(-total // (block or total))
    for number in range(blocks):
        seed = request.seed if number == 0 else Rng(("augment", request.seed, number)).entropy()
        size, part = total * (number + 1) // blocks - total * number // blocks, None
        if counts is not None:
            odd = np.arange(len(counts)) % blocks  # else all classes of one row were in one block
            part = (counts * (number + 1) + odd) // blocks - (counts * number + odd) // blocks
        yield make_block(context, context.model, filters, size, part, seed)


def make_block(
    context: Context,
    model: Predictor,
    filters: list[Filter],
    size: int,
    counts: Array | None,
    seed: int,
) -> Synthetic:
    """Samples of one block: `counts` (K,) of every class; None: `size` in all."""
    gan, targets = context.gan, model.targets
    if not context.classes:
        samples = gan.sample(size, seed)
        return Synthetic(samples, model.predict(samples))
    if not filters:
        samples, indices = synthesise(gan, model, counts, seed, size)
        return Synthetic(samples, targets.decode(indices))
    if counts is None:
        likeliest = model.predict_proba(gan.sample(size, seed)).argmax(1)
        counts = np.bincount(likeliest, minlength=len(context.classes))
    passed = select_samples(context, counts, filters, seed)
    return replace(passed, labels=passed.labels.astype(targets.dtype))
