"""Raw samples as arrays, tables and tensors, what is wrong with them, and as files to look at."""

import io
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from ssgan.codecs.codec import Array
from ssgan.config import InputError, InputTypeError

HEAD_ROWS = 16  # of a table that is previewed


def sheet_of(pictures: Array, columns: int = 8) -> bytes:
    """uint8 pictures (N, H, W, C) as one PNG, one pixel apart, small ones enlarged."""
    n, height, width, channels = pictures.shape
    rows = -(-n // columns)
    cells = np.zeros((rows * columns, height + 1, width + 1, channels), np.uint8)
    cells[:n, :height, :width] = pictures
    cells = cells.reshape(rows, columns, height + 1, width + 1, channels)
    sheet = cells.transpose(0, 2, 1, 3, 4).reshape(rows * (height + 1), -1, channels)
    enlarge = max(1, 400 // sheet.shape[1])
    sheet = sheet.repeat(enlarge, 0).repeat(enlarge, 1)
    buffer = io.BytesIO()
    Image.fromarray(sheet[..., 0] if channels == 1 else sheet).save(buffer, "PNG")
    return buffer.getvalue()


def as_table(raw: Any) -> pd.DataFrame:
    """Raw samples as a table: a data frame itself, others a row each."""
    if isinstance(raw, pd.DataFrame):
        return raw
    rows = as_array(raw)
    return pd.DataFrame(rows.reshape(len(rows), -1))


def head_of(raw: Any) -> bytes:
    """The first raw samples as CSV, a row each."""
    return as_table(raw).head(HEAD_ROWS).to_csv(index=False).encode()


def as_array(raw: Any) -> Array:
    """A numpy array or a torch tensor of any device, as a numpy array (bfloat16 as float32).

    Masked numbers are NaN there, other masked entries None.
    """
    if isinstance(raw, np.ma.MaskedArray):
        if not raw.mask.any():
            return raw.data
        number = raw.dtype.kind in "biuf"
        masked: Any = raw.astype(np.float64 if number else object)
        return np.asarray(masked.filled(np.nan if number else None))
    if isinstance(raw, Tensor):
        try:
            return (raw.float() if raw.dtype == torch.bfloat16 else raw).detach().cpu().numpy()
        except TypeError as error:
            raise InputTypeError(
                f"expected numbers, got a tensor of {raw.dtype}: make it one of floats"
            ) from error
    return np.asarray(raw)


def in_dtype(values: Array, dtype: str) -> Array:
    """float64 values in another dtype; for whole numbers that it cannot hold its ends."""
    if np.dtype(dtype).kind in "iu":
        ends = np.iinfo(dtype)
        highest = float(ends.max)
        if highest > ends.max:  # float64 rounds up 2**63 - 1
            highest = np.nextafter(highest, 0)
        values = values.clip(float(ends.min), highest)
    return values.astype(dtype)


def as_tensor(array: Array) -> Tensor:
    """An array as a tensor, without copying where the array may be written to."""
    array = np.ascontiguousarray(array)
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def container_of(raw: Any) -> str:
    """The container of raw samples: "torch" or "numpy"."""
    return "torch" if isinstance(raw, Tensor) else "numpy"


def contain(array: Array, container: str) -> Any:
    """`array` in the container, "numpy" or "torch", in which the samples came."""
    return as_tensor(array) if container == "torch" else array


def finite_rows(array: Array, name: str) -> None:
    """Raise InputError that names the first row with NaN or infinity; integers always pass."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    row = int(np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(1))[0])
    value = "NaN" if np.isnan(array[row]).any() else "infinity"
    raise InputError(f"expected finite {name}, row {row} holds {value}: repair or leave it out")


def how_to_match(actual: tuple[int, ...], expected: tuple[int, ...], otherwise: str) -> str:
    """What to do with an array of shape `actual` where samples have the shape `expected`.

    `otherwise` is the advice where it is not a matter of axes.
    """
    if actual == expected:
        return "give x[None] where it is one sample"
    if actual[:1] == (1,) and actual[2:] == expected:
        return "give x[0]"
    if actual[:-1] == expected:
        return "give np.moveaxis(x, -1, 0) where the last axis counts them"
    if len(expected) > 1 and sorted(actual[1:]) == sorted(expected):
        axes = [0]
        for side in expected:
            axes.append(
                next(i for i in range(1, len(actual)) if i not in axes and actual[i] == side)
            )
        return f"give x.transpose({', '.join(map(str, axes))})"
    return otherwise


def encoded(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """x checked to be finite samples of `shape`, as float32 on the CPU."""
    if tuple(x.shape[1:]) != shape:
        raise InputError(f"expected encoded samples of shape {shape}, got {tuple(x.shape[1:])}")
    x = x.detach().float().cpu()
    finite_rows(x.numpy(), "encoded samples")
    return x


def axes_and_dtype(raw: Any) -> tuple[int, str]:
    """How many axes raw samples have and the kind of their dtype, as numpy names it; "" for none.

    Nothing is copied, wherever they lie.
    """
    axes = int(np.ndim(raw))
    return axes, as_array(raw[:0]).dtype.kind if axes else ""
