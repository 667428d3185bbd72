"""What filters look at: samples that were drawn, and the real rows and networks beside them."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ssgan.config import InputError
from ssgan.models.gan import GAN
from ssgan.models.inference import apply
from ssgan.prediction.predictor import Predictor
from ssgan.randomness import Rng

Array = NDArray[Any]
SCORED = 10_000  # real rows whose scores are compared with those of samples
BLOCK = 2000  # rows whose features are in memory at once
AXES = 256  # random directions of features: distances along them are right to about 5 %


@dataclass(frozen=True)
class Known:
    """What filters may ask: the GAN, the predictor if any, real rows and their class indices."""

    gan: GAN
    classes: tuple[Any, ...]
    model: Predictor | None = None
    samples: Any = None  # real rows (R, ...), raw
    indices: Array | None = None  # their classes (R,), -1 where unknown

    @cached_property
    def rows(self) -> Tensor:
        """Packed real rows, each once: `samples`, and those that the GAN learnt from if at hand.

        Raises ValueError for fewer than 2.
        """
        given = None if self.samples is None else self.gan.codec.pack(self.samples)
        found = [part for part in (self.gan.rows(), given) if part is not None]
        rows = distinct(torch.cat(found)) if found else torch.empty(0)
        if len(rows) < 2:
            raise InputError("this filter compares with real rows: give 2 or more different ones")
        return rows

    @cached_property
    def sketches(self) -> Array:
        """All real rows, `sketched`: 60,000 of them take 60 MB, their features ten times that."""
        return sketched(self.gan, self.rows)

    @property
    def by_class(self) -> bool:
        """Whether the critic is asked about rows as rows of their classes.

        What that of a GAN with classes says without one need not mean anything.
        """
        labelled = self.indices is not None and int((self.indices >= 0).sum()) > 1
        return bool(self.gan.classes) and labelled

    @cached_property
    def scores(self) -> Array:
        """How real the critic finds real rows, (R,); of a GAN with classes, labelled ones."""
        if self.by_class and self.indices is not None:
            rows = np.flatnonzero(self.indices >= 0)[:SCORED]
            packed = self.gan.codec.pack(self.samples)[torch.from_numpy(rows)]
            return scored(self.gan, packed, self.labels(self.indices[rows]))
        order = Rng(("scored",)).permutation(len(self.rows))[:SCORED]
        return scored(self.gan, self.rows[order])

    def labels(self, indices: Array) -> Array:
        """Class indices (N,) as labels (N,)."""
        return np.array(self.classes)[indices]

    @cached_property
    def labeled(self) -> tuple[Array, Array]:
        """Features (R, F) and class indices (R,) of the given rows that have a label."""
        if self.samples is None or self.indices is None or (self.indices >= 0).sum() < 2:
            raise InputError("this filter compares with labelled rows: give 2 or more of them")
        rows = np.flatnonzero(self.indices >= 0)
        return self.gan.features(self.samples)[rows], self.indices[rows]


@dataclass(frozen=True)
class Drawn:
    """Encoded samples (M, ...), class indices (M,), and what they are when read."""

    x: Tensor
    indices: Array
    known: Known
    chances: Array | None = field(default=None, repr=False)  # (M, K) by the predictor

    @cached_property
    def samples(self) -> Any:
        return self.known.gan.codec.decode(self.x)

    @cached_property
    def packed(self) -> Tensor:
        return self.known.gan.codec.pack(self.samples)

    @cached_property
    def features(self) -> Array:
        return self.known.gan.features(self.samples)

    @cached_property
    def scores(self) -> Array:
        """How real the critic finds them, (M,), asked as `Known.scores` asks."""
        labels = self.known.labels(self.indices) if self.known.by_class else None
        return scored(self.known.gan, self.packed, labels)

    @cached_property
    def probabilities(self) -> Array:
        """(M, K) by the predictor; ValueError where there is none."""
        if self.chances is not None:
            return self.chances
        if self.known.model is None:
            raise InputError("this filter asks a classifier: give a finetuned predictor")
        return self.known.model.predict_proba(self.samples)

    def take(self, keep: Array) -> "Drawn":
        rows = torch.from_numpy(np.flatnonzero(keep))
        chances = None if self.chances is None else self.chances[keep]
        return Drawn(self.x[rows], self.indices[keep], self.known, chances)


def distinct(packed: Tensor) -> Tensor:
    """Rows (N, ...) that are equal to the bit, once, in the order in which they first come."""
    flat = np.ascontiguousarray(packed.reshape(len(packed), -1).numpy())
    _, first = np.unique(flat.view(f"V{flat.itemsize * flat.shape[1]}")[:, 0], return_index=True)
    return packed[torch.from_numpy(np.sort(first))]


def sketched(gan: GAN, packed: Tensor) -> Array:
    """Features of packed rows (N, ...), more than AXES of them along AXES random directions.

    Those keep distances (Johnson and Lindenstrauss 1984), so that near rows can be sought among
    many without the memory and the time that features of all depths would take.
    """
    parts = []
    for block in torch.split(packed, BLOCK):
        features = gan.apply(gan.encode, block)
        if features.shape[1] > AXES:
            axes = Rng(("sketched",)).normal(features.shape[1], AXES)
            features = features @ (axes / AXES**0.5)
        parts.append(features)
    return torch.cat(parts).numpy()


def scored(gan: GAN, packed: Tensor, labels: Array | None = None) -> Array:
    """How real the critic finds packed rows (N, ...), as samples of the labels (N,): float64."""
    told = None if labels is None else gan.asked(labels, len(packed))
    return apply(gan.discriminator, packed, gan.codec, gan.runtime, told).double().numpy()
