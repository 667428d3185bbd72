"""Data sets, labels and codecs.

data = read("digits")                # or a folder, a file, an array, a data frame
codec = fit_codec(data)
x = codec.expand(codec.pack(data.x))     # what networks see, float32 (N, *codec.shape)
codec.decode(x)                          # images, rows or a data frame again

What each module is for:

    reading, options      `read`, and what it may be told
    source, containers    the `Data` that comes out; samples in memory, of any library
    named                 data sets by name
    files, shapes         arrays from files, and what their axes mean
    many_files            folders in which each file is a sample
    selection             which samples of a data set are taken
    checks                `check`: what a data set holds, and what looks wrong in it

    tables                from text to a data frame
    images                from folders and files to arrays
    signals, volumes      sounds and series, or voxels
    texts                 folders of texts
    encoders              frozen networks that make rows of samples
    labels                read, coded, drawn and counted

Imports only `ssgan.runs`, `ssgan.codecs` and the single files of the package.
"""

from typing import Any

from ssgan.codecs import Codec, codec_for
from ssgan.codecs import from_json as codec_from_json
from ssgan.codecs.image import ImageCodec
from ssgan.codecs.table import TableCodec
from ssgan.codecs.text import TextCodec
from ssgan.codecs.vector import VectorCodec
from ssgan.data.checks import check
from ssgan.data.containers import stacked
from ssgan.data.encoders import Encoder, encoded, fit_encoded, load_encoder
from ssgan.data.labels.files import read_labels
from ssgan.data.labels.split import draw_split
from ssgan.data.labels.targets import Targets, targets
from ssgan.data.labels.values import digest, unlabeled
from ssgan.data.named import available
from ssgan.data.reading import read
from ssgan.data.signals.spectrograms import spectrograms
from ssgan.data.source import Data, from_memory

__all__ = [
    "Codec",
    "Data",
    "Encoder",
    "ImageCodec",
    "TableCodec",
    "Targets",
    "VectorCodec",
    "available",
    "check",
    "codec_from_json",
    "digest",
    "draw_split",
    "encoded",
    "fit_codec",
    "from_memory",
    "load_encoder",
    "read",
    "read_labels",
    "spectrograms",
    "targets",
    "unlabeled",
]


def fit_codec(
    raw: Any, kind: str | None = None, image_shape: tuple[int, ...] | None = None
) -> Codec:
    """The codec of raw samples or of a `Data`.

    Parameters
    ----------
    raw : array, Tensor, DataFrame, list of them, or Data
        Raw samples.
    kind : str, optional
        The modality, a key of `ssgan.codecs.CODECS`; told from the samples where it is not given.
    image_shape : tuple of int, optional
        (H, W) or (H, W, C): rows (N, H * W * C) are images.

    Returns
    -------
    Codec

    Raises
    ------
    InputError
        For samples that no codec takes, naming row or column.

    Examples
    --------
    >>> import numpy as np
    >>> fit_codec(np.zeros((5, 64)), image_shape=(8, 8)).shape
    (1, 8, 8)
    """
    if isinstance(raw, Data):
        if raw.encoder is not None or (kind or raw.kind) == TextCodec.kind:
            return fit_encoded(raw)
        kind = kind or raw.kind
        image_shape = image_shape or raw.options.get("image_shape")
        raw = raw.x
    return codec_for(stacked(raw), kind, tuple(image_shape) if image_shape else None)
