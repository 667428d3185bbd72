"""Batches of samples: which ones a step sees is a function of (seed, restart, step, stream, k).

There is no loader state, so a resumed training sees what an uninterrupted one does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor

from ssgan.randomness import Rng

BatchSource = Callable[[str, int, int], tuple[Tensor, ...]]  # (stream, step, k) -> aligned tensors


@dataclass(frozen=True)
class Stream:
    """Aligned tensors of N rows, given out `size` rows at a time, each row once an epoch."""

    tensors: tuple[Tensor, ...]
    size: int


@lru_cache(maxsize=16)
def _epoch(rng: Rng, n: int, epoch: int, device: torch.device) -> Tensor:
    """The order of an epoch, where the rows are: a step that copies waits for the device."""
    return rng(epoch).permutation(n).to(device, non_blocking=True)


@dataclass(frozen=True)
class Batches:
    """Batches by index from streams that lie on one device."""

    streams: Mapping[str, Stream]
    rng: Rng

    def again(self, attempt: int) -> "Batches":
        """The same streams in the orders of another attempt; those of attempt 0 are the first."""
        return replace(self, rng=self.rng("attempt", attempt)) if attempt else self

    def __call__(self, stream: str, step: int, k: int = 0) -> tuple[Tensor, ...]:
        source = self.streams[stream]
        n, first, taken = len(source.tensors[0]), step * source.size, 0
        picks = []
        while taken < source.size:  # a batch may span epochs: few labels, large batches
            epoch, start = divmod(first + taken, n)
            count = min(source.size - taken, n - start)
            order = _epoch(self.rng("rows", stream, k), n, epoch, source.tensors[0].device)
            picks.append(order[start : start + count])
            taken += count
        index = torch.cat(picks)
        return tuple(tensor[index] for tensor in source.tensors)
