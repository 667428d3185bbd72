"""Domains: samples of one kind, and what is known of each of them.

A task has domains by name. Most have one, "unlabeled"; one that translates has two.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from torch import Tensor

from ssgan.codecs.codec import Codec
from ssgan.models.condition import Condition
from ssgan.models.inference import blocks
from ssgan.networks.size import check_batch
from ssgan.randomness import Rng
from ssgan.runtime import Runtime
from ssgan.training.batches import Stream

CALIBRATION = 2000  # samples that readouts are fitted to and generated ones are compared with


@dataclass(frozen=True)
class Domain:
    """N packed samples of one kind, and their conditions where a generator is to know any."""

    codec: Codec
    samples: Tensor  # packed (N, ...)
    conditions: Tensor | None = None  # (N, C), or of several captions (N, M, C)
    condition: Condition | None = None  # what the conditions say

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def width(self) -> int:
        """Columns of the conditions; 0 without."""
        return 0 if self.conditions is None else self.conditions.shape[-1]

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """What a batch has of every sample."""
        return (self.samples,) if self.conditions is None else (self.samples, self.conditions)

    def calibration(self, seed: int) -> "Domain":
        """A part of it to calibrate by, the same for the same seed, with one condition each."""
        return self.part(Rng(("reference", seed)).permutation(len(self))[:CALIBRATION])

    def part(self, order: Tensor) -> "Domain":
        """These samples with one condition each, the first."""
        conditions = None if self.conditions is None else self.conditions[order]
        if conditions is not None and conditions.dim() == 3:
            conditions = conditions[:, 0]
        return replace(self, samples=self.samples[order], conditions=conditions)

    def stream(self, size: int, on: Runtime) -> Stream:
        """Batches of `size` samples; InputError for more than memory holds."""
        check_batch(size, self.codec.shape)
        return Stream(tuple(tensor.to(on.device) for tensor in self.tensors), size)

    def encoded(self, on: Runtime, n: int | None = None) -> tuple[Tensor, ...]:
        """The first n samples, or all, as networks see them, and their conditions."""
        x, *conditions = (tensor[:n].to(on.device) for tensor in self.tensors)
        return on.batch(self.codec.expand(x)), *conditions

    def blocks(self, on: Runtime) -> Iterator[tuple[Tensor, ...]]:
        """All samples as `encoded`, in blocks to take statistics of."""
        for parts in zip(*map(blocks, self.tensors), strict=True):
            yield Domain(self.codec, *parts).encoded(on)
