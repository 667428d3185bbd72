"""Randomness as a pure function of a key: a resumed run draws what an uninterrupted one does.

No generator state is kept anywhere: whoever needs noise at step 7 asks `rng("noise", 7)`, and
gets the same numbers in every process that asks with the same seed.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Rng:
    """Random numbers that depend only on `key`; calling it gives a child with a longer key."""

    key: tuple[int | str, ...]
    device: str = "cpu"

    def __call__(self, *purpose: int | str) -> "Rng":
        return Rng(self.key + purpose, self.device)

    def entropy(self) -> int:
        """63 bits that name this key; a number of numpy names what Python's does."""
        key = tuple(int(part) if isinstance(part, np.integer) else part for part in self.key)
        return int.from_bytes(hashlib.blake2b(repr(key).encode()).digest()[:8], "big") >> 1

    def generator(self) -> torch.Generator:
        """torch's generator of this key, always from its beginning."""
        return torch.Generator(self.device).manual_seed(self.entropy())

    def numpy(self) -> np.random.Generator:
        """numpy's generator of this key, always from its beginning."""
        return np.random.default_rng(self.entropy())

    def normal(self, *shape: int) -> Tensor:
        """Numbers from the standard normal distribution, float32."""
        return torch.randn(shape, generator=self.generator(), device=self.device)

    def uniform(self, *shape: int) -> Tensor:
        """Floats in [0, 1)."""
        return torch.rand(shape, generator=self.generator(), device=self.device)

    def integers(self, high: int, *shape: int) -> Tensor:
        """Integers in [0, high)."""
        return torch.randint(high, shape, generator=self.generator(), device=self.device)

    def permutation(self, n: int) -> Tensor:
        """The numbers from 0 to n - 1 in random order."""
        return torch.randperm(n, generator=self.generator(), device=self.device)


@contextmanager
def seeded(rng: Rng) -> Iterator[None]:
    """Initialise modules from `rng`; the caller's random state is as it was afterwards."""
    before = torch.get_rng_state()
    torch.default_generator.manual_seed(rng.entropy())
    try:
        yield
    finally:
        torch.set_rng_state(before)
