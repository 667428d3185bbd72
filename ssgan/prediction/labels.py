"""The rows that a predictor learns from: which are labelled, and what the labels mean."""

import warnings
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ssgan.codecs.codec import Array
from ssgan.codecs.ranges import mean_and_std
from ssgan.config import InputError
from ssgan.data import Targets, digest, targets
from ssgan.models.gan import GAN
from ssgan.prediction.graph import Graph
from ssgan.randomness import Rng

GRAPH = 10_000  # unlabeled rows that the labels are spread over, at most


@dataclass(frozen=True)
class Labeled:
    """The rows that a predictor learns from, packed, and what their labels mean."""

    packed: Tensor  # (N, ...)
    values: Tensor  # (N,) int64 class indices, or float32 standardised numbers
    targets: Targets  # without values
    scale: tuple[float, float]  # mean and deviation of the numbers
    unlabeled: Tensor | None  # packed rows (M, ...)
    seed: int  # which of the unlabeled rows the graph takes
    raw: Array  # (N,) class indices, or numbers in the unit of the labels
    first: int | None = None  # from which of `unlabeled` on they are those of the GAN
    shares: Tensor | None = None  # of the classes among the samples (K,); None: as among the labels

    @property
    def classes(self) -> int:
        """Number of classes; 0 for numbers."""
        return len(self.targets.classes or ())

    def prior(self) -> Tensor:
        """Shares of classes to be expected, (K,): by default those among the labelled rows, as if
        each had one more. Or their numbers in order, (N,)."""
        if self.shares is not None:
            return self.shares
        if not self.classes:
            return self.values.sort().values
        counts = torch.bincount(self.values, minlength=self.classes) + 1
        return counts / counts.sum()

    def part(self, rows: Tensor) -> "Labeled":
        """Only the labels of these rows; all others are unlabeled here."""
        hidden = torch.ones(len(self.packed), dtype=torch.bool)
        hidden[rows] = False
        parts = [self.packed[hidden]] + ([] if self.unlabeled is None else [self.unlabeled])
        return replace(
            self,
            packed=self.packed[rows],
            values=self.values[rows],
            unlabeled=torch.cat(parts),
            raw=self.raw[rows.numpy()],
            first=None,
        )

    def few(self, most: int = GRAPH) -> Tensor:
        """At most so many of the unlabeled rows."""
        if self.unlabeled is None:
            return self.packed[:0]
        order = Rng(("graph", self.seed)).permutation(len(self.unlabeled))[:most]
        return self.unlabeled[order]

    def graph(self, most: int = GRAPH) -> Graph:
        """Labelled rows and few of the others, whose labels are unknown."""
        parts = self.few(most)
        unknown = torch.full((len(parts),), -1 if self.classes else torch.nan)
        labels = torch.cat([self.values, unknown.to(self.values.dtype)])
        return Graph(torch.cat([self.packed, parts]), labels, self.classes)

    def every(self) -> Tensor:
        """All packed rows, with and without label."""
        if self.unlabeled is None:
            return self.packed
        return torch.cat([self.packed, self.unlabeled])

    def metadata(self) -> dict[str, Any]:
        """What a model directory says of its labels."""
        return {
            "task": self.targets.task,
            "classes": self.targets.classes,
            "dtype": self.targets.dtype,
            "scale": self.scale,
            "count": len(self.values),
            "unlabeled": None if self.unlabeled is None else digest(self.few().numpy()),
            "fingerprint": digest(self.packed.numpy()) + digest(self.values.numpy()),
        }


def warn_unlike(packed: Tensor, trained_on: Tensor, few: int = 40) -> None:
    """A UserWarning where rows (N, F) are on another scale than those of the GAN (M, F).

    That is where most columns are 3 times as wide, or a third, or 3 deviations away.
    """
    if packed.dim() != 2 or min(len(packed), len(trained_on)) < few:
        return
    mine, theirs = packed.double(), trained_on[:GRAPH].double()
    width, seen = mine.std(0), theirs.std(0)
    varied = (seen > 0) & (width > 0)
    ratio = width[varied] / seen[varied]
    away = (mine.mean(0) - theirs.mean(0))[varied].abs() > 3 * seen[varied]
    unlike = (ratio < 1 / 3) | (ratio > 3) | away
    if int(unlike.sum()) > packed.shape[1] / 2:
        warnings.warn(
            "the samples are on another scale than those that the GAN was trained on: so are "
            f"{int(unlike.sum())} of {packed.shape[1]} columns, which vary "
            f"{float(ratio.nanmedian()):.2g} times as much: give them as in pretraining, or "
            "pretrain on them as they are here",
            UserWarning,
            stacklevel=2,
        )


def labeled(gan: GAN, samples: Any, labels: Any, unlabeled: Any, seed: int) -> Labeled:
    """Sort out what is labelled and what is not; see `finetune`."""
    encoded = labels if isinstance(labels, Targets) else targets(labels)
    packed = gan.codec.pack(samples)
    if len(packed) != len(encoded.values):
        raise InputError(f"{len(packed)} samples but {len(encoded.values)} labels: one label a row")
    mine = torch.from_numpy(encoded.labeled)
    values = torch.from_numpy(encoded.values[encoded.labeled])
    scale = (0.0, 1.0)
    if encoded.classes is None:
        scale = (float(values.mean()), float(values.std(correction=0)))
        if not isfinite(scale[1]) or scale[1] == 0:  # too large or too small to be squared
            center, std = mean_and_std(values.double().numpy())
            scale = (float(center), float(std))
        if scale[1] == 0:
            raise InputError(
                f"all {len(values)} labels are {scale[0]:g}: there is nothing to learn from them, "
                "give labels that differ"
            )
        values = ((values - scale[0]) / scale[1]).float()
    unlabeled_rows = np.setdiff1d(np.arange(len(packed)), encoded.labeled)
    more = gan.codec.pack(unlabeled) if unlabeled is not None else gan.training_samples()
    if unlabeled is None and more is not None:
        warn_unlike(packed, more)
    parts = [packed[torch.from_numpy(unlabeled_rows)]] + ([] if more is None else [more])
    rows = torch.cat(parts)
    meaning = Targets(values=encoded.values[:0], classes=encoded.classes, dtype=encoded.dtype)
    return Labeled(
        packed=packed[mine],
        values=values,
        targets=meaning,
        scale=scale,
        unlabeled=rows if len(rows) else None,
        seed=seed,
        raw=encoded.values[encoded.labeled],
        first=None if more is None or unlabeled is not None else len(unlabeled_rows),
    )
