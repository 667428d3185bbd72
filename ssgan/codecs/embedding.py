"""Rows that a frozen network of others makes of samples: vectors, whatever the samples were."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from torch import Tensor

from ssgan.codecs.arrays import as_array, head_of
from ssgan.codecs.codec import ROW_TRANSFORMS, Array, Json
from ssgan.codecs.image import fit_images
from ssgan.codecs.vector import VectorCodec, fit_vectors
from ssgan.config import InputError
from ssgan.randomness import Rng


class Encodes(Protocol):
    """A frozen network with all that prepares samples for it."""

    def rows(self, raw: Any) -> Array:
        """Raw samples as rows (N, F) of float32; a row does not depend on the others."""
        ...

    def to_json(self) -> dict[str, Json]:
        """What is known of it, without the network."""
        ...


@dataclass(frozen=True)
class Unnamed:
    """An encoder of which only is known which one it was."""

    known: Mapping[str, Json]

    def rows(self, raw: Any) -> Array:
        raise InputError(
            f"these samples are encoded by {self.known.get('name')!r}, which is named again each "
            "time: give it as encoder (--encoder)"
        )

    def to_json(self) -> dict[str, Json]:
        return dict(self.known)


@dataclass(frozen=True, kw_only=True)
class EmbeddingCodec:
    """Samples that a frozen encoder makes rows of F numbers of; see `Codec` for the methods.

    Raw samples are encoded, rows (N, F) of floating-point numbers are taken for encoded ones. So
    what `decode` gives, rows, can be packed again. No sample comes back from a row.

    Attributes
    ----------
    rows : VectorCodec
        Of the encoded rows.
    encoder : object
        Its `rows` encodes raw samples.
    raw_shape : tuple of int
        Of one raw sample; () for a text.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.data import encoded, fit_codec, from_memory
    >>> images = np.arange(128, dtype=np.uint8).reshape(2, 8, 8)
    >>> codec = fit_codec(encoded(from_memory(images), lambda x: x.mean((2, 3))))
    >>> codec.shape, codec.raw, codec.pack(images).tolist()
    ((1,), 'images', [[-1.0], [1.0]])
    """

    rows: VectorCodec
    encoder: Encodes
    raw_shape: tuple[int, ...]

    kind: ClassVar[str] = "embeddings"
    form: ClassVar[str] = "rows (N, F) of an encoder"
    formats: ClassVar[tuple[str, ...]] = VectorCodec.formats
    numeric: ClassVar[bool] = True
    resizable: ClassVar[bool] = False
    lengthened: ClassVar[bool] = False
    transforms: ClassVar[tuple[str, ...]] = ROW_TRANSFORMS
    symmetries: ClassVar[tuple[str, ...]] = ()
    augmentations: ClassVar[tuple[str, ...]] = ()
    telling: ClassVar[bool] = True
    repeated: ClassVar[int] = 0

    @classmethod
    def claims(cls, raw: Any, shape: tuple[int, ...] | None = None) -> bool:
        return False

    @classmethod
    def coerce(cls, raw: Any, shape: tuple[int, ...] | None = None) -> Any:
        return None

    @classmethod
    def fit(cls, raw: Any, shape: tuple[int, ...] | None = None) -> "EmbeddingCodec":
        raise InputError("an encoder makes rows of samples: name it, as encoder or --encoder")

    @property
    def shape(self) -> tuple[int]:
        return self.rows.shape

    @property
    def raw(self) -> str:
        """The kind of the raw samples: "images"."""
        return str(self.encoder.to_json()["takes"])

    @property
    def cell_axes(self) -> tuple[int, ...]:
        return ()

    @property
    def architecture(self) -> str:
        return "auto"

    @property
    def natural(self) -> tuple[str, ...]:
        return self.rows.natural

    def encode(self, raw: Any) -> Array:
        """Raw samples, or rows that are encoded already, as rows (N, F) of float32."""
        if not hasattr(raw, "columns"):
            rows = as_array(raw)
            if rows.dtype.kind == "f" and rows.shape[1:] == self.shape:
                return rows.astype(np.float32, copy=False)
        return self.encoder.rows(raw) if len(raw) else np.empty((0, *self.shape), np.float32)

    def pack(self, raw: Any) -> Tensor:
        return self.rows.pack(self.encode(raw))

    def expand(self, packed: Tensor) -> Tensor:
        return self.rows.expand(packed)

    def decode(self, x: Tensor) -> Any:
        return self.rows.decode(x)

    def activate(self, output: Tensor, rng: Rng) -> Tensor:
        return self.rows.activate(output, rng)

    def log_likelihood(self, output: Tensor, x: Tensor, rng: Rng) -> Tensor:
        return self.rows.log_likelihood(output, x, rng)

    def pictures(self, raw: Any) -> Array | None:
        """Raw images to look at; None for rows, and for samples that are no images."""
        images = self.raw == "images" and np.ndim(raw) > 2
        return fit_images(raw).pictures(raw) if images else None

    def preview(self, raw: Any, columns: int = 8) -> tuple[str, bytes]:
        return ".csv", head_of(raw)

    def to_json(self) -> dict[str, Json]:
        metadata = {"kind": self.kind, "raw_shape": list(self.raw_shape)}
        return {**metadata, "encoder": self.encoder.to_json(), "rows": self.rows.to_json()}

    @classmethod
    def from_json(cls, fields: Mapping[str, Json]) -> "EmbeddingCodec":
        """The codec without its encoder, which a file may name but does not bring."""
        return cls(
            rows=VectorCodec.from_json(fields["rows"]),
            encoder=Unnamed(dict(fields["encoder"])),
            raw_shape=tuple(map(int, fields["raw_shape"])),
        )


def fit_embedding(kind: type[EmbeddingCodec], raw: Any, encoder: Encodes) -> EmbeddingCodec:
    """The codec of raw samples under an encoder."""
    shape = tuple(map(int, np.shape(raw)[1:]))
    rows = encoder.rows(raw)
    if shape == rows.shape[1:]:
        raise InputError(
            f"the encoder makes rows of {rows.shape[1]} numbers of rows of as many, so that no "
            "one could tell which are encoded: give the rows that it makes as samples"
        )
    return kind(rows=fit_vectors(rows), encoder=encoder, raw_shape=shape)
