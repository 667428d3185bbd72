"""Data sets, labels and codecs.

data = read("digits")                # or a folder, a file, an array, a data frame
codec = fit_codec(data)
x = codec.expand(codec.pack(data.x))     # what networks see, float32 (N, *codec.shape)
codec.decode(x)                          # images, rows or a data frame again
"""

from collections.abc import Mapping
from typing import Any

from ssgan.codecs.codec import Codec
from ssgan.codecs.image import ImageCodec, fit_images
from ssgan.codecs.table import TableCodec, fit_table
from ssgan.codecs.vector import VectorCodec, fit_vectors
from ssgan.config import InputError
from ssgan.data.checks import check
from ssgan.data.label_files import read_labels
from ssgan.data.labels import Targets, digest, draw_split, targets, unlabeled
from ssgan.data.named import available
from ssgan.data.reading import read
from ssgan.data.source import Data, from_memory, kind_of, stacked

__all__ = [
    "Codec",
    "Data",
    "ImageCodec",
    "TableCodec",
    "Targets",
    "VectorCodec",
    "available",
    "check",
    "codec_from_json",
    "digest",
    "draw_split",
    "fit_codec",
    "from_memory",
    "read",
    "read_labels",
    "targets",
    "unlabeled",
]

KINDS = ("images", "table", "vectors")


def fit_codec(
    raw: Any, kind: str | None = None, image_shape: tuple[int, ...] | None = None
) -> Codec:
    """The codec of raw samples or of a `Data`; `kind` None tells the modality from the samples.

    `image_shape`, (H, W) or (H, W, C), says that rows (N, H * W * C) are images. Raises ValueError
    or TypeError, naming row or column, for samples that no codec takes.
    """
    if isinstance(raw, Data):
        kind = kind or raw.kind
        image_shape = image_shape or raw.options.get("image_shape")
        raw = raw.x
    raw = stacked(raw)
    kind = kind or kind_of(raw, image_shape)
    if kind == "images":
        return fit_images(raw, tuple(image_shape) if image_shape else None)
    if kind == "table":
        return fit_table(raw)
    if kind == "vectors":
        return fit_vectors(raw)
    raise InputError(f"expected kind {', '.join(KINDS)}, got {kind!r}")


def codec_from_json(fields: Mapping[str, Any]) -> Codec:
    """The codec that `to_json` described."""
    kind = fields.get("kind")
    if kind == "images":
        return ImageCodec.from_json(fields)
    if kind == "table":
        return TableCodec.from_json(fields)
    if kind == "vectors":
        return VectorCodec.from_json(fields)
    raise InputError(f"expected a codec of kind {', '.join(KINDS)}, got {kind!r}")
