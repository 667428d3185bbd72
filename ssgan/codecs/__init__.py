"""Codecs: the way of each modality from raw samples to the tensors that networks see, and back.

A modality is one file of this folder, which names its class `CODEC`. Beside them:

    codec           what a codec is
    arrays          raw samples as arrays, tables and tensors, and what is wrong with them
    embedding       rows of an encoder, for every codec that has one
    columns         the kinds of columns of a table, a file each
    places          which numbers are states of their own, and where the others lie
    differences     dates that follow others
    plain, dtypes   columns of others' types as plain ones, and dtypes as JSON
    ranges          what training did not see; numbers too large to be squared
    grids           how values become levels, and sides that can be halved

Imports only the single files of the package.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ssgan.codecs.arrays import axes_and_dtype
from ssgan.codecs.codec import Codec, Json
from ssgan.codecs.embedding import EmbeddingCodec
from ssgan.config import InputError, InputTypeError, constants_in

__all__ = ["CODECS", "Codec", "Json", "codec_for", "from_json", "kind_of"]

CODECS: dict[str, type[Codec]] = {
    codec.kind: codec for codec in constants_in(__name__, __path__, "CODEC", every=False).values()
}


def kind_of(raw: Any, shape: tuple[int, ...] | None = None) -> str:
    """The modality of raw samples, told by container, axes and dtype.

    Parameters
    ----------
    raw : ndarray, Tensor or DataFrame
        Raw samples.
    shape : tuple of int, optional
        Of one sample, where they come as flat rows.

    Returns
    -------
    str
        A key of `CODECS`.

    Raises
    ------
    InputError
        For axes that no modality or several have, and for what holds neither numbers nor columns
        (InputTypeError).

    Examples
    --------
    >>> import numpy as np
    >>> kind_of(np.zeros((5, 8, 8))), kind_of(np.zeros((5, 64))), kind_of(np.zeros((5, 64)), (8, 8))
    ('images', 'vectors', 'images')
    """
    claimed = [kind for kind, codec in CODECS.items() if codec.claims(raw, shape)]
    if len(claimed) == 1:
        return claimed[0]
    if claimed:
        raise InputError(f"such samples may be {' or '.join(claimed)}: name one as their kind")
    axes, dtype = axes_and_dtype(raw)
    if axes == 2 and dtype not in "biufOUT":
        raise InputTypeError(f"expected numbers or text, got {raw.dtype}: give a data frame")
    if axes == 1:
        raise InputError(
            f"expected samples along the first axis, got an array of shape {np.shape(raw)}: give "
            "x.reshape(-1, 1) where every sample is one number, x[None] where it is one sample, or "
            "a data frame"
        )
    forms = ", ".join(codec.form for codec in CODECS.values())
    raise InputError(f"expected {forms}, got an array of shape {tuple(getattr(raw, 'shape', ()))}")


def codec_for(raw: Any, kind: str | None = None, shape: tuple[int, ...] | None = None) -> Codec:
    """The codec of raw samples.

    Parameters
    ----------
    raw : ndarray, Tensor or DataFrame
        Raw samples.
    kind : str, optional
        A key of `CODECS`; told from the samples where it is not given.
    shape : tuple of int, optional
        Of one sample, where they come as flat rows.

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
    >>> codec_for(np.zeros((5, 9, 9), np.uint8)).shape  # the sides are padded
    (1, 10, 10)
    """
    kind = kind or kind_of(raw, shape)
    if kind not in CODECS:
        raise InputError(f"expected kind {', '.join(CODECS)}, got {kind!r}")
    return CODECS[kind].fit(raw, shape)


def from_json(fields: Mapping[str, Json]) -> Codec:
    """The codec that `to_json` described.

    Parameters
    ----------
    fields : mapping
        What `to_json` gave.

    Returns
    -------
    Codec

    Raises
    ------
    InputError
        For a kind that there is not.

    Examples
    --------
    >>> import numpy as np
    >>> codec = codec_for(np.eye(3))
    >>> from_json(codec.to_json()) == codec
    True
    """
    known: dict[str, type[Codec]] = {**CODECS, EmbeddingCodec.kind: EmbeddingCodec}
    kind = fields.get("kind")
    if kind not in known:
        raise InputError(f"expected a codec of kind {', '.join(known)}, got {kind!r}")
    return known[kind].from_json(fields)
