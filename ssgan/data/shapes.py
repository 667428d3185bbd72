"""Arrays whose axes do not tell what they are: said, with the option that decides."""

import math
import warnings
from typing import Any

import numpy as np

from ssgan.codecs.codec import as_array

LONG = 4  # times one side the other, from which images of bytes may be signals
UNEVEN = 2  # the same for images of other numbers, and for volumes
CHANNELS = 4  # an axis of so many may be channels or depth
SQUARE = 8  # side of an image, from which whole rows may be flat images
LOOKED_AT = 100  # rows
SAYS_SO = "modality={0!r} (--modality {0}) says so"


def warn_ambiguous(x: Any, kind: str) -> None:
    """Say where axes and dtype do not tell whether samples are images, signals or volumes."""
    shape = tuple(np.shape(x))[1:]
    looked_at = x[:LOOKED_AT]
    other = other_kind(shape, kind, as_array(looked_at[:1]).dtype == np.uint8)
    if kind in ("vectors", "table") and len(shape) == 1 and (flat := flat_shape(looked_at)):
        array = "give their array (.npy) and " if kind == "table" else ""
        other = f"flat images, {array}image_shape={flat} says so"
    if other:
        taken = {"vectors": "rows of numbers", "table": "a table"}.get(kind, kind)
        warnings.warn(
            f"samples of shape {shape} are taken for {taken}; if they are {other}, and "
            f"modality={kind.rstrip('s')!r} confirms {taken}",
            UserWarning,
            stacklevel=4,
        )


def other_kind(shape: tuple[int, ...], kind: str, bytes_: bool) -> str:
    """What samples with axes of their own may be as well, and how a user says so; or ""."""
    uneven = len(shape) > 1 and max(shape) > (LONG if bytes_ else UNEVEN) * min(shape)
    if kind == "images" and len(shape) == 2 and uneven:
        return f"signals, {SAYS_SO.format('signal')}"
    if kind == "images" and len(shape) == 3 and CHANNELS in (shape[0], shape[-1]) and not bytes_:
        return f"volumes, {SAYS_SO.format('volume')}"
    if kind == "volumes" and len(shape) == 3 and uneven:
        return "images of other than 1, 3 or 4 channels or films, take some of them"
    return ""


def flat_shape(rows: Any) -> tuple[int, ...] | None:
    """The shape of square images whose bytes rows (N, F) may be; None if they are not."""
    values = rows.to_numpy() if hasattr(rows, "to_numpy") else as_array(rows)
    if values.dtype.kind not in "iuf":
        return None
    for channels in (1, 3):
        side = math.isqrt(values.shape[1] // channels)
        if side >= SQUARE and channels * side * side == values.shape[1]:
            whole = np.array_equal(values, np.rint(values))
            fits = whole and values.min() >= 0 and 1 < values.max() <= 255
            return ((side, side) if channels == 1 else (side, side, 3)) if fits else None
    return None
