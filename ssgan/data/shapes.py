"""Arrays whose axes do not tell what they are: said, with the option that decides."""

import math
import warnings
from typing import Any

import numpy as np

from ssgan.codecs import CODECS, kind_of
from ssgan.codecs.arrays import as_array
from ssgan.codecs.signal import columns_in_order
from ssgan.config import InputError

LONG = 4  # times one side the other, from which images of bytes may be signals
UNEVEN = 2  # the same for images of other numbers, and for volumes
CHANNELS = 4  # an axis of so many may be channels or depth
FLAT = ("images", "volumes")  # that rows (N, F) may be
SQUARE = 8  # side of an image, from which whole rows may be flat images
LOOKED_AT = 100  # rows
SAYS_SO = "modality={0!r} (--modality {0}) says so"


def warn_ambiguous(x: Any, kind: str) -> None:
    """Say where axes and dtype do not tell whether samples are images, signals or volumes."""
    shape = tuple(np.shape(x))[1:]
    looked_at = x[:LOOKED_AT]
    bytes_ = not hasattr(x, "columns") and as_array(looked_at[:1]).dtype == np.uint8
    other = single_or_last(tuple(np.shape(x)), bytes_) or other_kind(shape, kind, bytes_)
    if kind in ("vectors", "table") and len(shape) == 1 and (flat := flat_shape(looked_at)):
        sides = ",".join(map(str, flat))
        other = f"flat images, image_shape={flat} (--image-shape {sides}) says so"
    if other:
        reading = {"vectors": "rows of numbers", "table": "a table"}.get(kind, kind)
        warnings.warn(
            f"samples of shape {shape} are taken for {reading}; if they are {other}, and "
            f"modality={kind.rstrip('s')!r} confirms {reading}",
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


def single_or_last(shape: tuple[int, ...], bytes_: bool) -> str:
    """What an array of bytes may be where its first axis does not count samples; or ""."""
    if not bytes_ or len(shape) < 2 or min(shape[:2]) < SQUARE:
        return ""
    square = shape[0] == shape[1]
    if (len(shape) == 2 and square) or shape[2:] in ((3,), (CHANNELS,)):
        return "a single image, x[None] is a set of one"
    if square and shape[-1] > shape[0] and shape[2:-1] in ((), (1,), (3,), (CHANNELS,)):
        return "images that the last axis counts, give np.moveaxis(x, -1, 0)"
    return ""


def other_than(kind: str, x: Any) -> InputError:
    """The refusal of samples that have no form of that kind, with what may bring them to it."""
    codec, axes = CODECS[kind], np.ndim(x)
    if hasattr(x, "columns"):
        description = "a data frame"
        how = "image_shape (--image-shape) makes images of columns" if kind == "images" else ""
    else:
        description = f"{CODECS[kind_of(x)].form}, of shape {tuple(np.shape(x))}"
        how = ""
        if kind in FLAT and axes == 2:
            how = "image_shape (--image-shape) says what flat ones are"
        elif axes > 1 and len(x) == 1 and codec.coerce(x[0]) is not None:
            how = "x[0] has an axis less"
        if codec.coerce(x[None]) is not None:
            how = f"{how}{'; ' if how else ''}x[None] is a set of one"
    return InputError(f"expected {codec.form}, got {description}: {how or 'name what they are'}")


def flat_rows(x: Any, image_shape: tuple[int, ...]) -> Any:
    """Samples of which a user says what flat ones are; a table's columns as pixels in their order.

    Raises InputError for samples with other axes of their own.
    """
    if not hasattr(x, "columns"):
        if (sides := tuple(np.shape(x))[1:]) != image_shape and len(sides) > 1:
            raise InputError(
                f"image_shape={image_shape} is that of flat images, samples of shape {sides} are "
                "none: leave it out"
            )
        return x
    pixels = columns_in_order(x, "pixels")
    bytes_ = (pixels == np.rint(pixels)).all() and pixels.min() >= 0 and 1 < pixels.max() <= 255
    return pixels.astype(np.uint8) if bytes_ else pixels


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
