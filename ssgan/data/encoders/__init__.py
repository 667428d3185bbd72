"""Frozen networks of the user's own below a GAN: samples become the rows that they make of them.

    data = encoded(read("photos/", size=224), "resnet.pt2")
    codec = fit_codec(data)          # its `pack` encodes samples, each once

What each module is for:

    loading               an encoder as the user names it, and named again for a run
    fitting               samples under an encoder, and the codec of its rows
    encoder, forms        the encoder; what is done to samples before its network sees them
    programs              networks from files
    sentences, bert       networks of texts, from a directory
    cache                 the rows that were made
    captions              texts that say what samples show, and their encoder
"""

from ssgan.data.encoders.encoder import Encoder
from ssgan.data.encoders.fitting import (
    encode_samples,
    encoded,
    fit_encoded,
    reading_size,
    without_files,
)
from ssgan.data.encoders.loading import Given, embedded_files, load_encoder, with_encoder

__all__ = [
    "Encoder",
    "Given",
    "embedded_files",
    "encode_samples",
    "encoded",
    "fit_encoded",
    "load_encoder",
    "reading_size",
    "with_encoder",
    "without_files",
]
