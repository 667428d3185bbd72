"""The classical transform of images, signals and volumes: shifts by up to an eighth of a side."""

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.randomness import Rng
from ssgan.synthesis.gate.labeled_rows import Augmenter, LabeledRows, add_copies

SHARE = 8  # a sample is shifted by up to a side / SHARE


def shift(samples: Array, rng: Rng, axes: tuple[int, ...] = (0, 1)) -> Array:
    """Samples (N, ...), each shifted along these axes of its own by a random number of cells,
    edges repeated."""
    samples, random = np.asarray(samples), rng.numpy()
    moved = np.empty_like(samples)
    for number, sample in enumerate(samples):
        for axis in axes:
            side = sample.shape[axis]
            by = int(random.integers(-side // SHARE, side // SHARE + 1))
            sample = np.take(sample, (np.arange(side) - by).clip(0, side - 1), axis)
        moved[number] = sample
    return moved


def shifted_copies(rows: LabeledRows) -> Augmenter | None:
    """The augmenter that adds a shifted copy of each row; None where shifts are not for them."""
    if rows.view is None or "shift" not in rows.transforms or not rows.cell_axes:
        return None
    moved = shift(rows.samples, Rng(("transforms", rows.seed)), rows.cell_axes)
    return add_copies(rows.view(moved), rows.classes)


BASELINE = shifted_copies
