"""Samples of a GAN block by block, with the conditions that they were made under."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ssgan.config import InputError
from ssgan.models.gan import GAN

SAMPLES = 10_000  # that are in memory at once


@dataclass(frozen=True)
class ConditionList:
    """The condition of every sample, by the span: there may be more than fit in memory."""

    values: Any  # classes or prompts (A,) or numbers (A, K)
    count: int  # samples in all
    each: int | None  # so many of a value and then of the next; None: of each in turn
    prompts: bool = False  # whether the values are texts that ask for samples

    def of(self, start: int, stop: int) -> Any:
        """Those of samples from `start` up to `stop`, as the GAN takes them: (N,) or (N, K)."""
        places = np.arange(start, stop)
        picks = places % len(self.values) if self.each is None else places // self.each
        return self.values[picks]

    def labels(self, start: int, stop: int) -> Any:
        """The same as they are written: (N, 1) as (N,)."""
        labels = self.of(start, stop)
        return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels

    def counts(self) -> dict[Any, int]:
        """How many samples of each class there are, of those that come at all."""
        shares, remainder = divmod(self.count, len(self.values))
        counts: dict[Any, int] = {}
        for place, value in enumerate(self.values.tolist()):
            counts[value] = counts.get(value, 0) + (self.each or shares + (place < remainder))
        return {value: count for value, count in counts.items() if count}


def condition_list(
    gan: GAN, texts: Sequence[str], count: int | None, per_class: int | None
) -> ConditionList:
    """The conditions that `texts` name, or all classes: `count` in turn, or `per_class` of each."""
    if gan.condition is None:
        raise InputError(
            "the GAN was trained without labels, so it has no classes to choose from: train it "
            "with `ssgan pretrain --conditional`, or give -n alone"
        )
    if not texts and gan.classes is None:
        raise InputError("the GAN was trained on numbers, not classes: give --label, as 1.5")
    conditions = [gan.condition.parse(text) for text in texts] or list(gan.classes or ())
    if gan.classes is None:
        values = np.array(conditions)
    else:
        values = gan.condition.decode(np.array([gan.classes.index(label) for label in conditions]))
    total = count or 0 if per_class is None else per_class * len(conditions)
    return ConditionList(values, total, per_class)


def prompt_list(gan: GAN, prompts: Sequence[str], count: int) -> ConditionList:
    """The conditions that prompts ask for, in turn; their encoder is tried at once."""
    gan.encode_labels(gan.prompted([*prompts]), len(prompts))
    return ConditionList(np.array(prompts, dtype=object), count, None, prompts=True)


def sample_blocks(
    gan: GAN,
    count: int,
    seed: int = 0,
    conditions: ConditionList | None = None,
    block: int = SAMPLES,
    first: int = 0,
) -> Iterator[tuple[Any, Any]]:
    """Raw samples of a GAN from `first` up to `count` and their labels, or None; which block one
    is in does not change it."""
    for start in range(first, count, block):
        stop = min(start + block, count)
        part = conditions.of(start, stop) if conditions else None
        x = gan.generate(stop - start, seed, start, part)
        yield gan.codec.decode(x.cpu()), conditions and conditions.labels(start, stop)
