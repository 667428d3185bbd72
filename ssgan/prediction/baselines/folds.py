"""Folds of few labelled rows, for all that is compared on them, and the error of a comparison."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.randomness import Rng

FOLDS, REPEATS = 5, 2


@dataclass(frozen=True, eq=False)
class Folds:
    """In which fold every labelled row is held out, in each repeat: (R, n) int64."""

    of: Array

    @property
    def count(self) -> int:
        """How many folds there are."""
        return int(self.of.max()) + 1

    def __iter__(self) -> Iterator[tuple[int, Array, Array]]:
        """(repeat, rows to fit on, rows that are held out)."""
        for repeat, fold_of in enumerate(self.of):
            for fold in range(self.count):
                yield repeat, np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)

    def error(self, gains: Array) -> float:
        """The standard error of the mean of paired gains (R * F,), in points.

        The variance is corrected for folds that share training rows (Nadeau and Bengio 2003, eq.
        8), and never finer than half a row of all: with few rows folds may agree by chance.
        """
        overlap = 1 / (self.count - 1)
        spread = float(gains.std(ddof=1)) * sqrt(1 / len(gains) + overlap)
        return max(spread, 100 / len(self.of[0]) / 2)


def foldable(labels: Array, classes: int) -> int:
    """The most folds for which every class that has labels is on both sides of each."""
    if not classes:
        return len(labels) // 2
    return int(np.unique(labels, return_counts=True)[1].min())


def stratified(
    labels: Array, classes: int, rng: Rng, *, folds: int = FOLDS, repeats: int = REPEATS
) -> Folds:
    """Folds with as many rows of every class, or of every part of the range of numbers (n,).

    There are at most as many as the rarest class has labels. Raises InputError for fewer than two.
    """
    folds = min(folds, foldable(labels, classes))
    if folds < 2:
        raise InputError(f"expected labels for at least two folds, got {len(labels)}: label more")
    fold_of = np.empty((repeats, len(labels)), np.int64)
    for repeat in range(repeats):
        random = rng("folds", repeat).numpy()
        order = np.lexsort((random.random(len(labels)), labels))
        blocks = -(-len(labels) // folds)
        dealt = np.tile(random.permutation(folds), blocks)
        if not classes:  # neighbours in size would always meet the same ones
            dealt = np.concatenate([random.permutation(folds) for _ in range(blocks)])
        fold_of[repeat, order] = dealt[: len(labels)]
    return Folds(fold_of)
