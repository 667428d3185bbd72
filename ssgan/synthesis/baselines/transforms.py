"""The classical transform of images: shifts by up to an eighth of a side."""

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.randomness import Rng
from ssgan.synthesis.augmenter import Augmenter, LabeledRows, add_copies

SHARE = 8  # an image is shifted by up to a side / SHARE


def shift(images: Array, rng: Rng) -> Array:
    """Images (N, H, W, ...), each shifted by a random number of pixels, edges repeated."""
    images, random = np.asarray(images), rng.numpy()
    moved = np.empty_like(images)
    for number, image in enumerate(images):
        down, right = (int(random.integers(-s // SHARE, s // SHARE + 1)) for s in image.shape[:2])
        pad = [(abs(down),) * 2, (abs(right),) * 2, *[(0, 0)] * (image.ndim - 2)]
        wide = np.pad(image, pad, mode="edge")
        top, left = abs(down) - down, abs(right) - right
        moved[number] = wide[top : top + image.shape[0], left : left + image.shape[1]]
    return moved


def shifted_copies(rows: LabeledRows) -> Augmenter | None:
    """The augmenter that adds a shifted copy of each row; None where shifts are not for them."""
    if rows.view is None or "shift" not in rows.transforms or np.ndim(rows.samples) < 3:
        return None
    moved = shift(rows.samples, Rng(("transforms", rows.seed)))
    return add_copies(rows.view(moved), rows.classes)


BASELINE = shifted_copies
