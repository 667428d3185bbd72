"""Synthetic features: a GAN over what a frozen network sees, for the training set of a head.

x, y = augment_features(gan.features(images), labels, n=500)
head.fit(np.concatenate([features, x]), np.concatenate([labels, y]))
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import nn

from ssgan.codecs.codec import Array
from ssgan.config import InputError, InputTypeError
from ssgan.data.labels.values import Label
from ssgan.models.config import GANConfig
from ssgan.models.gan import GAN
from ssgan.models.pretraining import pretrain
from ssgan.randomness import Rng
from ssgan.synthesis.requests import counts_for

MAIN_AXES = 64  # principal axes that are generated; the others keep their mean
BLOCK_ROWS = 128
MIN_ROWS = 20  # rows of which a GAN still learns: with 10 its training breaks down
CONFIG = GANConfig(architecture="dense", steps=1500, latent=16, width=16)


def features_of(module: nn.Module, x: torch.Tensor) -> Array:
    """Features that any frozen torch module gives, a block of inputs at a time.

    The module runs in evaluation mode, without gradients, and is left as it was.

    Parameters
    ----------
    module : torch.nn.Module
        Inputs (N, ...) to one tensor (N, ...).
    x : Tensor (N, ...)
        Its inputs, 1 or more, on its device.

    Returns
    -------
    ndarray of float32 (N, F)
        Its outputs, flattened.

    Raises
    ------
    InputError
        For no inputs.
    InputTypeError
        For a module that does not give one tensor.

    Examples
    --------
    >>> import torch
    >>> from ssgan.synthesis import features_of
    >>> features_of(torch.nn.Flatten(), torch.ones(2, 3, 4)).shape
    (2, 12)
    """
    if len(x) == 0:
        raise InputError("expected one input or more, got none: there is nothing to look at")
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        with torch.inference_mode():
            blocks = [feature_rows(module(block), module) for block in torch.split(x, BLOCK_ROWS)]
    finally:
        for part, mode in modes:  # some may be frozen on their own
            part.training = mode
    return torch.cat(blocks).numpy()


def feature_rows(output: Any, module: nn.Module) -> torch.Tensor:
    """What a module gave, as features (N, F)."""
    if not isinstance(output, torch.Tensor):
        raise InputTypeError(
            f"expected a module that gives one tensor, {type(module).__name__} gave a "
            f"{type(output).__name__}: wrap it in one that gives the features alone"
        )
    return output.float().flatten(1).cpu()


def augment_features(
    features: Array,
    labels: Any,
    n: int,
    *,
    counts: Mapping[Label, int] | None = None,
    config: GANConfig | None = None,
    seed: int = 0,
) -> tuple[Array, Array]:
    """Synthetic rows of features, by class, for the training set of a head.

    A conditional GAN learns the rows along their 64 main axes.

    Parameters
    ----------
    features : ndarray (N, F)
        Finite rows, 20 or more.
    labels : array (N,)
        Their classes; -1, NaN and None are unlabeled.
    n : int
        Synthetic rows, 1 or more.
    counts : mapping of class to int, default=None
        How many of every class, which sum to `n`; by default equally many.
    config : GANConfig, default=None
        How to train the GAN; by default 1,500 steps of a dense one.
    seed : int, default=0
        Of the samples; that of the training is `config.seed`.

    Returns
    -------
    features : ndarray (n, F)
        Class by class.
    labels : ndarray (n,)

    Raises
    ------
    InputError
        For n < 1, fewer than 20 rows, rows that are not finite, and counts that do not fit.

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> from ssgan.synthesis import augment_features
    >>> rows, labels = np.random.default_rng(0).normal(size=(30, 5)), np.arange(30) % 2
    >>> quick = ssgan.GANConfig(steps=2, batch=8, width=2, latent=4)
    >>> more, classes = augment_features(rows, labels, 4, config=quick)
    >>> more.shape, classes.tolist()
    ((4, 5), [0, 0, 1, 1])
    """
    generator = FeatureGAN.fit(features, labels, config)
    return generator.sample(n, counts=counts, seed=seed)


@dataclass(frozen=True)
class FeatureGAN:
    """A conditional GAN over the main axes of features, which never changes.

    Parameters
    ----------
    gan : GAN
        Over R main axes.
    axes : ndarray (R, F)
        Those axes.
    center : ndarray (F,)
        The mean of the features.

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> from ssgan.synthesis import FeatureGAN
    >>> rows, labels = np.random.default_rng(0).normal(size=(30, 5)), np.arange(30) % 2
    >>> quick = ssgan.GANConfig(steps=2, batch=8, width=2, latent=4)
    >>> generator = FeatureGAN.fit(rows, labels, quick)
    >>> more, classes = generator.sample(3, counts={1: 3})
    >>> more.shape, classes.tolist()
    ((3, 5), [1, 1, 1])
    """

    gan: GAN
    axes: Array  # (R, F)
    center: Array  # (F,)

    @classmethod
    def fit(
        cls,
        features: Array,
        labels: Any,
        config: GANConfig | None = None,
        device: str | None = None,
    ) -> "FeatureGAN":
        """Learn features and their labels.

        Parameters
        ----------
        features : array, (N, F)
            Rows of features.
        labels : array or sequence, (N,)
            Their classes.
        config : GANConfig, optional
            How to train.
        device : str, optional
            "cpu", "cuda" or "cuda:1"; by default the best that there is.

        Returns
        -------
        FeatureGAN

        Raises
        ------
        InputError
            For what cannot be learnt.
        """
        rows = np.asarray(features, np.float64)
        if rows.ndim != 2 or not np.isfinite(rows).all():
            raise InputError(
                f"expected finite features (N, F), got shape {rows.shape} or NaN or infinity in "
                "it: give a row for each sample, and repair or leave out those"
            )
        if len(rows) < MIN_ROWS:
            raise InputError(
                f"a GAN over features learns from {MIN_ROWS} rows or more, got {len(rows)}: give "
                "more, rows without a label too"
            )
        pca = PCA(min(MAIN_AXES, *rows.shape), svd_solver="randomized", random_state=0).fit(rows)
        gan = pretrain(pca.transform(rows), config or CONFIG, labels=labels, device=device)
        if gan.classes is None:
            raise InputError("features are made class by class: give labels that are classes")
        return cls(gan, pca.components_, pca.mean_)

    def sample(
        self, n: int, *, counts: Mapping[Label, int] | None = None, seed: int = 0
    ) -> tuple[Array, Array]:
        """New rows of features and their labels, class by class.

        Parameters
        ----------
        n : int
            How many.
        counts : mapping of label to int, optional
            How many of each class.
        seed : int, default=0
            The same seed gives the same rows.

        Returns
        -------
        tuple of array, (n, F) and (n,)
            Rows and labels.
        """
        condition = self.gan.condition
        if condition is None:
            raise InputError("expected a GAN with classes: use FeatureGAN.fit")
        class_counts = counts_for(condition.classes or (), n, counts)
        labels = condition.decode(np.repeat(np.arange(len(class_counts)), class_counts))
        return np.asarray(self.gan.sample(n, seed, labels)) @ self.axes + self.center, labels

    def make(self, counts: Array, rng: Rng) -> tuple[Array, Array]:
        """Rows for the gate.

        Parameters
        ----------
        counts : array of int, (K,)
            How many of every class.
        rng : Rng
            Keyed randomness.

        Returns
        -------
        tuple of array
            Rows, and class indices.
        """
        names = self.gan.classes or ()
        class_counts = {name: int(c) for name, c in zip(names, counts, strict=True)}
        total = int(sum(class_counts.values()))
        if total == 0:
            return np.empty((0, len(self.center))), np.empty(0, np.int64)
        x, _ = self.sample(total, counts=class_counts, seed=rng.entropy())
        return x, np.repeat(np.arange(len(counts)), counts)
