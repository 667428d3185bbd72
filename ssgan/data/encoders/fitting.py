"""Samples under an encoder: what it takes is fitted to them, and a codec to its rows."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ssgan.codecs import Codec
from ssgan.codecs.embedding import EmbeddingCodec, fit_embedding
from ssgan.codecs.image import CHANNELS
from ssgan.codecs.text import TextCodec
from ssgan.config import InputError
from ssgan.data.containers import stacked
from ssgan.data.encoders.encoder import Encoder
from ssgan.data.encoders.forms import shape_of
from ssgan.data.encoders.loading import Given, cached, load_encoder
from ssgan.data.encoders.programs import Program
from ssgan.data.encoders.sentences import SentenceModel, packaged_model
from ssgan.data.source import Data


def encoded(data: Data, given: Given) -> Data:
    """A data set whose samples are encoded by a frozen network.

    Parameters
    ----------
    data : Data
        Pictures, arrays of numbers, or texts.
    given : str, Path, torch.nn.Module, callable or Encoder
        As `load_encoder` takes it.

    Returns
    -------
    Data
        The same samples; `fit_codec` gives the codec that encodes them.

    Raises
    ------
    InputError
        For samples and encoders that do not go together.

    Examples
    --------
    >>> import numpy as np
    >>> from ssgan.data import fit_codec, from_memory
    >>> data = encoded(from_memory(np.eye(9)), lambda x: x[:, :2])
    >>> fit_codec(data).shape
    (2,)
    """
    encoder = load_encoder(given)
    if data.kind == "table":
        raise InputError(
            "an encoder takes pictures, texts or arrays of numbers, a table came: name its column "
            "of texts (text, --text), or leave the encoder out"
        )
    named_texts = isinstance(encoder.program, SentenceModel)
    programs = isinstance(encoder.program, SentenceModel | Program)
    if programs and named_texts != (data.kind == "texts"):
        takes = "texts" if named_texts else "no texts"
        raise InputError(f"the encoder {encoder.name!r} takes {takes}, the samples are {data.kind}")
    encoder = replace(encoder, takes=data.kind)
    if data.kind == "images":
        encoder = fitting_channels(fitting_pictures(encoder), data.x[:1])
    return replace(data, encoder=cached(encoder))


def fitting_pictures(encoder: Encoder) -> Encoder:
    """The encoder with the size and the channels that its program says it takes."""
    shape = shape_of(encoder.program)
    if shape is None:
        return encoder
    if len(shape) != 4 or shape[1] not in (None, *CHANNELS):
        raise InputError(f"the encoder {encoder.name!r} takes {shape}, expected (N, C, H, W)")
    _, channels, height, width = shape
    if height is not None and width is not None:
        if encoder.size not in (None, (height, width)):
            raise InputError(
                f"the encoder {encoder.name!r} takes pictures of {height} x {width}, not of "
                f"{encoder.size[0]} x {encoder.size[1]}: leave the size out"
            )
        encoder = replace(encoder, size=(height, width))
    return replace(encoder, channels=channels or encoder.channels)


def fitting_channels(encoder: Encoder, images: Any) -> Encoder:
    """The encoder with the channels that its program takes, tried where it does not say them."""
    for channels in (None, 3, 1) if encoder.channels is None else ():
        tried = replace(encoder, channels=channels)
        try:
            tried.run(tried.form.samples(images, tried.name))
        except InputError:
            continue
        return tried
    return encoder


def fit_encoded(data: Data) -> EmbeddingCodec:
    """The codec of a data set with an encoder; texts without one have that of the package."""
    if data.encoder is None:
        data = encoded(data, packaged_model())
    kind = TextCodec if data.kind == "texts" else EmbeddingCodec
    return fit_embedding(kind, stacked(data.x), data.encoder)


def without_files(data: Data) -> Data:
    """A data set whose encoder, where it has one, writes no rows."""
    if data.kind == "texts" and data.encoder is None:
        data = encoded(data, packaged_model())
    if data.encoder is None:
        return data
    cache = replace(data.encoder.cache, writes=False)
    return replace(data, encoder=replace(data.encoder, cache=cache))


def encode_samples(codec: Codec, samples: Any) -> Any:
    """Samples in the form of generated ones: encoded where they have an encoder."""
    return codec.encode(samples) if isinstance(codec, EmbeddingCodec) else samples


def reading_size(source: Any, encoder: Encoder) -> dict[str, Any]:
    """How the pictures of a folder are read for an encoder: in the size that it takes."""
    if not isinstance(source, str | Path) or not Path(source).is_dir():
        return {}
    pictures = len(shape_of(encoder.program) or ()) in (0, 4)
    size = fitting_pictures(encoder).size if pictures else None
    return {} if size is None else {"size": size}
