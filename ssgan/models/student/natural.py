"""Transforms that samples most likely have, found without a label."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from torch import Tensor

from ssgan.codecs.codec import Codec
from ssgan.metrics.spaces import space_of
from ssgan.randomness import Rng
from ssgan.transforms.views import FLIPS, QUARTERS

ALIKE = 0.55  # accuracy of telling mirrored samples from others, up to which they count as natural
MIRRORED_ROWS = 1000  # samples of each kind that this is measured on


def natural(codec: Codec, samples: Tensor, seed: int = 0) -> tuple[str, ...]:
    """Transforms that samples (N, *shape) like these most likely have, found without a label.

    Those that their codec names, and its symmetries if a changed sample cannot be recognised:
    mirrored digits and letters can be, mirrored photographs cannot.
    """
    accuracy = {
        name: recognition_rate(samples, SYMMETRIES[name], seed) for name in codec.symmetries
    }
    return (*codec.natural, *(name for name in accuracy if accuracy[name] <= ALIKE))


def quarter_turn(plane: tuple[int, int], x: Tensor) -> Tensor:
    """Samples after a quarter turn in a plane; a half turn where its sides differ."""
    return x.rot90(1 if x.shape[plane[0]] == x.shape[plane[1]] else 2, plane)


SYMMETRIES: dict[str, Callable[[Tensor], Tensor]] = {
    **{name: partial(torch.flip, dims=(axis,)) for name, axis in FLIPS.items()},
    **{name: partial(quarter_turn, plane) for name, plane in QUARTERS.items()},
}


def recognition_rate(samples: Tensor, change: Callable[[Tensor], Tensor], seed: int = 0) -> float:
    """How often a logistic regression recognises samples that were changed; 0.5 is chance.

    It sees random convolutional features; of every sample only one of both is shown.
    """
    order = Rng(("mirrored", seed)).permutation(len(samples))[: 2 * MIRRORED_ROWS]
    samples = samples[order].float().cpu()
    half = len(samples) // 2
    if half < 10:
        return 1.0  # too few to say so
    views = torch.cat([samples[:half], change(samples[half : 2 * half])])
    features = space_of(samples)(views).numpy()
    features = features / (features.std(0) + 1e-6)
    model = LogisticRegression(C=0.01, max_iter=1000)
    scores = cross_val_score(model, features, np.repeat([0, 1], half), cv=5)
    return float(scores.mean())
