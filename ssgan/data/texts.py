"""Folders of texts: each file is a sample."""

from pathlib import Path
from typing import Any

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.codecs.text import TextCodec
from ssgan.data.files import RawParts
from ssgan.data.many_files import read_samples

TEXT_SUFFIXES = (".txt",)


def texts_in(samples: Any) -> Array | None:
    """Texts (N,) that samples in memory are; None for others."""
    texts: Array | None = TextCodec.coerce(samples) if TextCodec.claims(samples) else None
    return texts


def read_texts(root: Path) -> RawParts:
    """The texts of a folder, with the labels of its layout (see `layouts`)."""

    def read(path: Path) -> Array:
        return np.array(path.read_text("utf-8-sig").strip(), dtype=object)

    return read_samples(root, TEXT_SUFFIXES, read, lambda texts: texts) | {"modality": "text"}
