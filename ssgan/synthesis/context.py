"""What filters and the gate look at: generated samples, and the real rows and networks beside them.

Context     the GAN, the predictor, and real rows with their classes
Generated   samples on their way through the filters
Synthetic   samples that came out of them, with their labels
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.models.gan import GAN
from ssgan.models.inference import apply
from ssgan.prediction.predictor import Predictor
from ssgan.randomness import Rng

MAX_SCORED = 10_000  # real rows whose scores are compared with those of samples
SKETCH_BLOCK = 2000  # rows whose features are in memory at once
SKETCH_WIDTH = 256  # random directions: distances along them are right to about 5 %


@dataclass(frozen=True)
class Context:
    """What filters and the gate may ask of.

    Parameters
    ----------
    gan : GAN
        It made the samples.
    classes : tuple
        The K classes, in the order of their indices; empty for regression.
    model : Predictor or None, default=None
        It labels the samples.
    samples : array or DataFrame (R, ...), default=None
        Real rows, raw.
    indices : ndarray of int (R,), default=None
        Their class indices, -1 where unknown.
    numbers : ndarray of float (R,), default=None
        Of a regression, their labels, NaN where unknown.
    sketch_width : int, default=256
        Near-duplicates are sought along that many random directions of the features.

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> from ssgan.synthesis import Context
    >>> x = np.random.default_rng(0).normal(size=(40, 3))
    >>> gan = ssgan.pretrain(x, ssgan.GANConfig(steps=2, batch=8, width=2, latent=4))
    >>> context = Context(gan, ("a", "b"), samples=x[:2], indices=np.array([0, -1]))
    >>> context.labels(np.array([1, 0])).tolist(), context.places(np.array(["b"])).tolist()
    (['b', 'a'], [1])
    """

    gan: GAN
    classes: tuple[Any, ...]
    model: Predictor | None = None
    samples: Any = None
    indices: Array | None = None
    sketch_width: int = SKETCH_WIDTH
    numbers: Array | None = None

    @cached_property
    def rows(self) -> Tensor:
        """Packed real rows, each once: `samples`, and those that the GAN learnt from if at hand.

        Raises InputError for fewer than 2.
        """
        packed = None if self.samples is None else self.gan.codec.pack(self.samples)
        parts = [part for part in (self.gan.training_samples(), packed) if part is not None]
        rows = distinct(torch.cat(parts)) if parts else torch.empty(0)
        if len(rows) < 2:
            raise InputError("this filter compares with real rows: give 2 or more different ones")
        return rows

    @cached_property
    def sketches(self) -> Array:
        """All real rows as sketches: 60,000 take 60 MB, their features ten times that."""
        return self.sketch(self.rows)

    def sketch(self, packed: Tensor) -> Array:
        """Features of packed rows, along random directions where there are many.

        Random directions keep distances (Johnson and Lindenstrauss 1984), so that near rows can be
        sought among many without the memory and the time that features of all depths would take.

        Parameters
        ----------
        packed : Tensor, (N, ...)
            Packed rows.

        Returns
        -------
        array, (N, F)
        """
        parts = []
        for block in torch.split(packed, SKETCH_BLOCK):
            features = self.gan.apply(self.gan.encode, block)
            if features.shape[1] > self.sketch_width:
                axes = Rng(("sketched",)).normal(features.shape[1], self.sketch_width)
                features = features @ (axes / self.sketch_width**0.5)
            parts.append(features)
        return torch.cat(parts).numpy()

    @property
    def by_class(self) -> bool:
        """Whether the critic scores rows as rows of their classes.

        The scores that a GAN with classes gives without one need not mean anything.
        """
        labelled = self.indices is not None and int((self.indices >= 0).sum()) > 1
        return bool(self.gan.classes) and labelled

    @cached_property
    def scores(self) -> Array:
        """How real the critic finds real rows, (R,); of a GAN with classes, labelled ones."""
        if self.by_class and self.indices is not None:
            rows = np.flatnonzero(self.indices >= 0)[:MAX_SCORED]
            packed = self.gan.codec.pack(self.samples)[torch.from_numpy(rows)]
            return critic_scores(self.gan, packed, self.labels(self.indices[rows]))
        order = Rng(("scored",)).permutation(len(self.rows))[:MAX_SCORED]
        return critic_scores(self.gan, self.rows[order])

    def labels(self, indices: Array) -> Array:
        """Class indices as labels.

        Parameters
        ----------
        indices : array of int, (N,)
            Indices.

        Returns
        -------
        array, (N,)
        """
        return np.array(self.classes)[indices]

    def places(self, labels: Array) -> Array:
        """Labels as class indices.

        Parameters
        ----------
        labels : array, (N,)
            Labels.

        Returns
        -------
        array of int, (N,)
        """
        index = {label: place for place, label in enumerate(self.classes)}
        return np.array([index[label] for label in np.asarray(labels).tolist()], np.int64)

    @cached_property
    def labeled(self) -> tuple[Array, Array]:
        """Features (R, F) and class indices (R,) of the real rows that have a label."""
        if self.samples is None or self.indices is None or (self.indices >= 0).sum() < 2:
            raise InputError("this filter compares with labelled rows: give 2 or more of them")
        rows = np.flatnonzero(self.indices >= 0)
        return self.gan.features(self.samples)[rows], self.indices[rows]


@dataclass(frozen=True)
class Generated:
    """Encoded samples (M, ...) and class indices (M,); what others see in them is computed once."""

    x: Tensor
    indices: Array
    context: Context
    predicted: Array | None = field(default=None, repr=False)  # probabilities (M, K), if known

    @cached_property
    def samples(self) -> Any:
        return self.context.gan.codec.decode(self.x)

    @cached_property
    def packed(self) -> Tensor:
        """The samples, packed."""
        return self.context.gan.codec.pack(self.samples)

    @cached_property
    def features(self) -> Array:
        """What the GAN reads of them, (M, F)."""
        return self.context.gan.apply(self.context.gan.encode, self.packed).numpy()

    @cached_property
    def scores(self) -> Array:
        """How real the critic finds them, (M,), by class where `Context.scores` is."""
        labels = self.context.labels(self.indices) if self.context.by_class else None
        return critic_scores(self.context.gan, self.packed, labels)

    @cached_property
    def probabilities(self) -> Array:
        """(M, K) by the predictor; InputError where there is none."""
        if self.predicted is not None:
            return self.predicted
        if self.context.model is None:
            raise InputError("this filter asks a classifier: give a finetuned predictor")
        return self.context.model.predict_proba(self.samples)

    def where(self, keep: Array) -> "Generated":
        """Those of a mask (M,)."""
        rows = torch.from_numpy(np.flatnonzero(keep))
        predicted = None if self.predicted is None else self.predicted[keep]
        return Generated(self.x[rows], self.indices[keep], self.context, predicted)


@dataclass(frozen=True)
class Synthetic:
    """Raw samples (N, ...) with labels (N,), and what the filters dropped on the way.

    Parameters
    ----------
    samples : array or DataFrame (N, ...)
    labels : ndarray (N,)
    dropped : mapping of str to mapping of class to int, default={}
        How many samples of each class each filter dropped.
    examples : mapping of str to array or DataFrame, default={}
        The first samples that each filter dropped, raw.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.synthesis import Synthetic
    >>> made = Synthetic(np.zeros((2, 3)), np.array(["a", "b"]))
    >>> made.labels.tolist(), dict(made.dropped)
    (['a', 'b'], {})
    """

    samples: Any
    labels: Array
    dropped: Mapping[str, Mapping[Any, int]] = field(default_factory=dict)
    examples: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Filter(Protocol):
    """`apply` returns the samples, changed or not, and a mask (M,) of those that stay.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.synthesis import Synthetic
    >>> class Bright:
    ...     def apply(self, drawn, rng):
    ...         return drawn, drawn.samples.mean((1, 2)) > 100
    >>> keep = Bright().apply(Synthetic(np.full((2, 8, 8), 200), np.array([0, 1])), None)[1]
    >>> keep.tolist()
    [True, True]
    """

    def apply(self, drawn: Generated, rng: Rng) -> tuple[Generated, Array]:
        """Which samples are kept.

        Parameters
        ----------
        drawn : Generated
            Samples with class indices.
        rng : Rng
            Keyed randomness.

        Returns
        -------
        tuple of Generated and array of bool
            The samples, perhaps moved, and whether each is kept.
        """


def check_fraction(name: str, share: float) -> None:
    """InputError for a share that is not from 0 to 1."""
    if not 0 <= share <= 1:
        raise InputError(f"expected {name} from 0 to 1, got {share}")


def distinct(packed: Tensor) -> Tensor:
    """Rows (N, ...) that are equal to the bit, once, in the order in which they first come."""
    flat = np.ascontiguousarray(packed.reshape(len(packed), -1).numpy())
    _, first = np.unique(flat.view(f"V{flat.itemsize * flat.shape[1]}")[:, 0], return_index=True)
    return packed[torch.from_numpy(np.sort(first))]


def critic_scores(gan: GAN, packed: Tensor, labels: Array | None = None) -> Array:
    """How real the critic finds packed rows (N, ...), as samples of the labels (N,): float64."""
    conditions = None if labels is None else gan.encode_labels(labels, len(packed))
    return apply(gan.critic, packed, gan.codec, gan.runtime, conditions).double().numpy()
