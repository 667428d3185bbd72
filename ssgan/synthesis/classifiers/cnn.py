"""A small convolutional network, trained from its first weights; for images alone."""

from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from torch import nn
from torch.nn import functional as F

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.randomness import Rng, seeded
from ssgan.synthesis.gate.judges import ClassifierKind, balanced_weights

CNN_BATCH = 64


class SmallCNN(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Two convolutions and a linear layer, for rows (N, F) that are images of a shape (C, H, W)."""

    def __init__(
        self,
        shape: tuple[int, ...] = (1, 8, 8),
        steps: int = 200,
        class_weight: str | None = None,
        seed: int = 0,
    ) -> None:
        self.shape, self.steps, self.class_weight, self.seed = shape, steps, class_weight, seed

    def fit(self, x: Array, y: Array) -> "SmallCNN":
        """Adam, on batches of rows as they come."""
        rng = Rng(("cnn", self.seed))
        self.classes_, index = np.unique(y, return_inverse=True)
        with seeded(rng("weights")):
            self.network_ = new_network(self.shape, len(self.classes_))
        each = np.ones(len(y)) if self.class_weight is None else balanced_weights(y)
        rows, classes, weights = self.images(x), torch.from_numpy(index), torch.from_numpy(each)
        optimizer = torch.optim.Adam(self.network_.parameters(), 3e-3)
        random = rng("batches").numpy()
        for _ in range(self.steps):
            at = torch.from_numpy(random.integers(len(rows), size=min(CNN_BATCH, len(rows))))
            losses = F.cross_entropy(self.network_(rows[at]), classes[at], reduction="none")
            optimizer.zero_grad()
            (losses * weights[at].float()).mean().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        return self

    def images(self, x: Array) -> torch.Tensor:
        """Rows (N, F) as images (N, C, H, W)."""
        return torch.from_numpy(np.asarray(x, np.float32)).reshape(len(x), *self.shape)

    def predict_proba(self, x: Array) -> Array:
        """Probabilities (N, K)."""
        with torch.inference_mode():
            outputs: Array = self.network_(self.images(x)).double().softmax(1).numpy()
        return outputs

    def predict(self, x: Array) -> Array:
        """The likeliest classes (N,)."""
        outputs: Array = self.classes_[self.predict_proba(x).argmax(1)]
        return outputs


def new_network(shape: tuple[int, ...], classes: int) -> nn.Module:
    """With first weights."""
    return nn.Sequential(
        nn.Conv2d(shape[0], 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
        nn.Linear(32 * 16, classes),
    )


def small_cnn(shape: tuple[int, ...], seed: int) -> Any:
    """For images; InputError for other samples."""
    if len(shape) != 3:
        raise InputError(
            f"a cnn is for images, samples here have shape {shape}: take logistic, forest or "
            "boosting"
        )
    return SmallCNN(shape, seed=seed)


CLASSIFIER = ClassifierKind(small_cnn, repeats=2)
