"""Batches of samples: which ones a step sees is a function of (seed, restart, step, stream, k).

There is no loader state, so a resumed training sees what an uninterrupted one does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import torch
from torch import Tensor

from ssgan.randomness import Rng
from ssgan.training.schedule import of_restart

BatchSource = Callable[[str, int, int], tuple[Tensor, ...]]  # (stream, step, k) -> aligned tensors


class Samples(Protocol):
    """N samples that need not lie in memory: those of any index can be taken."""

    def __len__(self) -> int: ...

    def take(self, index: Tensor) -> Tensor:
        """The samples (n, ...) of an index (n,), on the device where networks want them."""


@dataclass(frozen=True)
class Stream:
    """Aligned tensors, or other `Samples`, of N rows; `size` at a time, each row once an epoch."""

    tensors: tuple[Tensor | Samples, ...]
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

    def again(self, restarts: int) -> "Batches":
        """The same streams in the orders of a training that was begun again so often."""
        return replace(self, rng=of_restart(self.rng, restarts)) if restarts else self

    def __call__(self, stream: str, step: int, k: int = 0) -> tuple[Tensor, ...]:
        """The k-th batch of a stream at a step."""
        index = self.index(stream, step, k)
        return tuple(take(tensor, index) for tensor in self.streams[stream].tensors)

    def index(self, stream: str, step: int, k: int = 0) -> Tensor:
        """Which rows (size,) of a stream are in its k-th batch at a step."""
        source = self.streams[stream]
        first = source.tensors[0]
        device = first.device if isinstance(first, Tensor) else torch.device("cpu")
        n, start, filled = len(first), step * source.size, 0
        picks = []
        while filled < source.size:  # a batch may span epochs: few labels, large batches
            epoch, begin = divmod(start + filled, n)
            count = min(source.size - filled, n - begin)
            order = _epoch(self.rng("rows", stream, k), n, epoch, device)
            picks.append(order[begin : begin + count])
            filled += count
        return torch.cat(picks)


def take(samples: Tensor | Samples, index: Tensor) -> Tensor:
    """The samples of an index (n,)."""
    return samples[index] if isinstance(samples, Tensor) else samples.take(index)
