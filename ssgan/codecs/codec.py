"""What a codec is: a modality's way from raw samples to the tensors that networks see, and back.

method      from                        to
pack        raw samples                 the compact tensor that lives on the device (N, ...)
expand      packed samples              what networks see, float32 (N, *shape)
activate    a generator's output        samples as networks see them (N, *shape), differentiable
decode      samples as networks see     raw samples in the form of those that it was fitted on

modality    raw                             packed                  shape
images      (N, H, W) or (N, H, W, C)       uint8 (N, C, H, W)      (C, H', W'), sides padded
table       data frame, N rows              float32 (N, columns)    (F,)
vectors     (N, F) numbers                  float32 (N, F)          (F,)
volumes     (N, D, H, W) or with channels   uint8 (N, C, D, H, W)   (C, D', H', W'), sides padded
signals     (N, L) or (N, C, L) numbers     float32 (N, C, L)       (C, L'), ends padded
texts       (N,) texts, under an encoder    float32 (N, F)          (F,)
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from numpy.typing import NDArray
from torch import Tensor

from ssgan.randomness import Rng

Array = NDArray[Any]
Json = Any  # what json.dumps takes
ROW_TRANSFORMS = ("noise", "corrupt")  # of `ssgan.transforms`, for rows of numbers
VARIANCE_FLOOR = 1e-5  # half a step of an 8-bit pixel, squared, is 1.5e-5


class Codec(Protocol):
    """A fitted, frozen modality; equal codecs treat samples alike.

    A modality is one file in `ssgan.codecs` that names its class `CODEC`. All that other packages
    ask of a modality is here: none of them asks which one it is.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.codecs import codec_for
    >>> raw = np.arange(128, dtype=np.uint8).reshape(2, 8, 8)
    >>> codec = codec_for(raw)
    >>> x = codec.expand(codec.pack(raw))  # what networks see, float32 (2, 1, 8, 8) in [-1, 1]
    >>> bool((codec.decode(x) == raw).all())
    True
    """

    kind: ClassVar[str]  # the name of the modality, and of the samples: "images"
    form: ClassVar[str]  # the raw samples that it takes, as a refusal names them
    formats: ClassVar[tuple[str, ...]]  # suffixes of files for samples; "": a folder of pictures
    numeric: ClassVar[bool]  # raw samples are arrays of finite numbers
    resizable: ClassVar[bool]  # raw samples can be scaled to a size (`ssgan.data.images.resizing`)
    lengthened: ClassVar[bool]  # raw samples can be cut or padded to a length
    transforms: ClassVar[tuple[str, ...]]  # those of `ssgan.transforms` that samples can have
    symmetries: ClassVar[tuple[str, ...]]  # those of them that are natural if nobody can tell
    augmentations: ClassVar[tuple[str, ...]]  # kinds of `ssgan.transforms.Augmentation`
    telling: ClassVar[bool]  # encoded samples are features by themselves, beside those of a trunk
    repeated: ClassVar[int]  # last values of a flat encoded sample that the others say too

    @classmethod
    def claims(cls, raw: Any, shape: tuple[int, ...] | None = None) -> bool:
        """Whether raw samples are surely of this modality.

        Parameters
        ----------
        raw : array, Tensor or DataFrame
            Raw samples.
        shape : tuple of int, optional
            The shape of one sample where they come as flat rows.

        Returns
        -------
        bool
        """
        ...

    @classmethod
    def coerce(cls, raw: Any, shape: tuple[int, ...] | None = None) -> Any:
        """Raw samples that a user says are of this modality, in a form that `fit` takes.

        Parameters
        ----------
        raw : Any
            Raw samples.
        shape : tuple of int, optional
            The shape of one sample where they come as flat rows.

        Returns
        -------
        Any
            None where there is no such form.
        """
        ...

    @classmethod
    def fit(cls, raw: Any, shape: tuple[int, ...] | None = None) -> "Codec":
        """The codec of raw samples.

        Parameters
        ----------
        raw : array, Tensor or DataFrame
            Raw samples.
        shape : tuple of int, optional
            The shape of one sample where they come as flat rows.

        Returns
        -------
        Codec

        Raises
        ------
        InputError
            For samples that it cannot take.
        """
        ...

    @classmethod
    def from_json(cls, fields: Mapping[str, Json]) -> "Codec":
        """The codec that `to_json` described.

        Parameters
        ----------
        fields : mapping of str to JSON
            What `to_json` gave.

        Returns
        -------
        Codec
        """
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample as networks see it."""
        ...

    @property
    def raw_shape(self) -> tuple[int, ...]:
        """Of one raw sample."""
        ...

    @property
    def cell_axes(self) -> tuple[int, ...]:
        """Axes of a raw sample along which its cells lie side by side; () where there are none."""
        ...

    @property
    def architecture(self) -> str:
        """The default one of `ssgan.networks` for such samples; "auto" if their shape decides."""
        ...

    @property
    def natural(self) -> tuple[str, ...]:
        """Transforms that such samples most likely have, beside their symmetries."""
        ...

    def pack(self, raw: Any) -> Tensor:
        """Raw samples as one compact tensor on the CPU; its first axis counts them.

        Parameters
        ----------
        raw : array, Tensor or DataFrame
            Raw samples.

        Returns
        -------
        Tensor, (N, ...)

        Raises
        ------
        InputError
            For samples unlike those that it was fitted on, naming row or column.
        """
        ...

    def expand(self, packed: Tensor) -> Tensor:
        """Packed samples as networks see them.

        Parameters
        ----------
        packed : Tensor, (N, ...)
            What `pack` gave, or some of its rows.

        Returns
        -------
        Tensor of float32, (N, *shape)
            On the device of `packed`.
        """
        ...

    def decode(self, x: Tensor) -> Any:
        """Raw samples for any finite encoded ones, real or generated.

        Parameters
        ----------
        x : Tensor, (N, *shape)
            Encoded samples.

        Returns
        -------
        array or DataFrame, (N, ...)
            In the container, the columns, the dtypes and the ranges that it was fitted on.
        """
        ...

    def activate(self, output: Tensor, rng: Rng) -> Tensor:
        """The generator's last layer: its raw output as samples.

        Parameters
        ----------
        output : Tensor of float32, (N, *shape)
            What the generator gives.
        rng : Rng
            For modalities that draw here, as categories are.

        Returns
        -------
        Tensor of float32, (N, *shape)
        """
        ...

    def log_likelihood(self, output: Tensor, x: Tensor, rng: Rng) -> Tensor:
        """The log-likelihood of samples for a decoder's output, in nats.

        Parameters
        ----------
        output : Tensor, (N, *shape)
            What the decoder gives.
        x : Tensor, (N, *shape)
            Encoded samples.
        rng : Rng
            For modalities that draw here.

        Returns
        -------
        Tensor, (N,)
        """
        ...

    def pictures(self, raw: Any) -> Array | None:
        """Raw samples to look at.

        Parameters
        ----------
        raw : array or DataFrame
            Raw samples.

        Returns
        -------
        array of uint8, (N, H, W, C), or None
            None where they are no pictures.
        """
        ...

    def preview(self, raw: Any, columns: int = 8) -> tuple[str, bytes]:
        """A few raw samples as a small file: a sheet of pictures (".png") or the head of a table
        (".csv").

        Parameters
        ----------
        raw : array or DataFrame
            Raw samples.
        columns : int, default=8
            Pictures in a row.

        Returns
        -------
        tuple of str and bytes
            The suffix of the file and its content.
        """
        ...

    def to_json(self) -> dict[str, Json]:
        """The fitted codec as JSON, which `from_json` reads.

        Returns
        -------
        dict of str to JSON
        """


def gaussian(x: Tensor, mean: Tensor, variance: Tensor | None = None) -> Tensor:
    """log density, nats (N,), of x (N, ...) around `mean`, all values with one variance.

    The best for these samples if none is given: their mean squared error, but at least
    VARIANCE_FLOOR ("Optimal sigma-VAE", Rybkin et al. 2021, section 3.2). Whether it has a
    gradient makes no difference there, as it is at a minimum.
    """
    errors = (x - mean).square().flatten(1)
    if variance is None:
        variance = errors.detach().mean().clamp_min(VARIANCE_FLOOR)
    return -((errors / variance + (2 * math.pi * variance).log()).sum(1) / 2)
