"""Codecs: the way of each modality from raw samples to the tensors that networks see, and back.

A modality is one file of this folder, which names its class `CODEC`. Imports only the single files
of the package.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from ssgan.codecs.codec import Codec, Json, axes_and_dtype
from ssgan.config import InputError, InputTypeError

__all__ = ["CODECS", "Codec", "Json", "codec_for", "from_json", "kind_of"]

CODECS: dict[str, type[Codec]] = {}
for _found in iter_modules(__path__):
    _codec = getattr(import_module(f"{__name__}.{_found.name}"), "CODEC", None)
    if _codec is not None:
        CODECS[_codec.kind] = _codec


def kind_of(raw: Any, shape: tuple[int, ...] | None = None) -> str:
    """The modality of raw samples, told by container, axes and dtype: a key of `CODECS`.

    `shape` is that of one sample where they come as flat rows. Raises TypeError for what holds
    neither numbers nor columns, ValueError for axes that no modality or several have.
    """
    claimed = [kind for kind, codec in CODECS.items() if codec.claims(raw, shape)]
    if len(claimed) == 1:
        return claimed[0]
    if claimed:
        raise InputError(f"such samples may be {' or '.join(claimed)}: name one as their kind")
    axes, dtype = axes_and_dtype(raw)
    if axes == 2 and dtype not in "biufOUT":
        raise InputTypeError(f"expected numbers or text, got {raw.dtype}")
    forms = ", ".join(codec.form for codec in CODECS.values())
    raise InputError(f"expected {forms}, got an array of shape {tuple(getattr(raw, 'shape', ()))}")


def codec_for(raw: Any, kind: str | None = None, shape: tuple[int, ...] | None = None) -> Codec:
    """The codec of raw samples: an array, a tensor or a data frame.

    `kind` None tells the modality from the samples; `shape` is that of one sample where they come
    as flat rows. Raises ValueError or TypeError, naming row or column, for samples that no codec
    takes.
    """
    kind = kind or kind_of(raw, shape)
    if kind not in CODECS:
        raise InputError(f"expected kind {', '.join(CODECS)}, got {kind!r}")
    return CODECS[kind].fit(raw, shape)


def from_json(fields: Mapping[str, Json]) -> Codec:
    """The codec that `to_json` described."""
    kind = fields.get("kind")
    if kind not in CODECS:
        raise InputError(f"expected a codec of kind {', '.join(CODECS)}, got {kind!r}")
    return CODECS[kind].from_json(fields)
