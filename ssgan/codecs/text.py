"""Texts, of which a frozen encoder makes rows."""

from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ssgan.codecs.arrays import as_array
from ssgan.codecs.codec import Array
from ssgan.codecs.embedding import EmbeddingCodec

KINDS_OF_TEXT = "UOT"  # of dtypes, as numpy names them


class TextCodec(EmbeddingCodec):
    """Texts, one a sample, that an encoder makes rows of F numbers of; see `EmbeddingCodec`.

    Examples
    --------
    >>> import numpy as np
    >>> TextCodec.claims(np.array(["a sentence", "another"])), TextCodec.claims(np.zeros(2))
    (True, False)
    """

    kind: ClassVar[str] = "texts"
    form: ClassVar[str] = "texts (N,)"
    numeric: ClassVar[bool] = False

    @classmethod
    def claims(cls, raw: Any, shape: tuple[int, ...] | None = None) -> bool:
        return not hasattr(raw, "columns") and shape is None and as_texts(raw) is not None

    @classmethod
    def coerce(cls, raw: Any, shape: tuple[int, ...] | None = None) -> Any:
        if hasattr(raw, "columns"):
            return as_texts(raw.iloc[:, 0]) if raw.shape[1] == 1 else None
        return as_texts(raw)


def as_texts(raw: Any) -> Array | None:
    """Texts (N,) as objects, a missing one empty; None for samples that are none."""
    raw = as_array(raw) if hasattr(raw, "__array__") else raw
    if np.ndim(raw) != 1:
        return None
    array = as_array(raw)
    if array.dtype.kind not in KINDS_OF_TEXT:
        return None
    texts = ["" if pd.isna(text) else text for text in array.tolist()]
    return np.array(texts, dtype=object) if all(isinstance(t, str) for t in texts) else None


CODEC = TextCodec
