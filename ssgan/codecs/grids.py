"""Cells side by side, pixels or voxels: how values become levels, and sides that can be halved."""

import math
from collections.abc import Collection
from typing import Any

import numpy as np
from torch import Tensor

from ssgan.codecs.arrays import finite_rows
from ssgan.codecs.codec import Array
from ssgan.config import InputError, InputTypeError

LEVELS = 255  # steps between dark and bright that a packed cell can take
MOST_CHANNELS = 4  # that a sample has at one end of its axes


def holds_channels(shape: tuple[int, ...]) -> bool:
    """Whether one end of the axes of a sample may be its channels."""
    return min(shape[0], shape[-1]) <= MOST_CHANNELS


def grid_layout(
    shape: tuple[int, ...], container: str, cells: str, channels: Collection[int]
) -> str | None:
    """The axes of one sample of `shape`: those of its `cells`, as "hw", alone or beside "c".

    Where both ends could be the channels, a torch tensor has them first and an array last. None
    for a shape that is neither.
    """
    if min(shape, default=0) < 1:
        return None
    if len(shape) == len(cells):
        return cells
    if len(shape) != len(cells) + 1:
        return None
    layouts = [(f"c{cells}", shape[0]), (f"{cells}c", shape[-1])]
    layouts = layouts if container == "torch" else layouts[::-1]
    return next((layout for layout, count in layouts if count in channels), None)


def border_of(sides: tuple[int, ...], whole: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """Cells added before and after each side, the last one first as `torch.nn.functional.pad` has
    them, so that all sides can be halved k times.

    k = floor(log2(shortest side / 4)), at least 1: the last feature map is 4 to 7 cells wide.
    `whole`: sides to which they are brought before that, where those are others.
    """
    whole = sides if whole is None else whole
    halvings = max(1, math.floor(math.log2(max(min(whole), 4) / 4)))
    border = []
    for side, content in zip(whole[::-1], sides[::-1], strict=True):
        missing = max(8, -(-side // 2**halvings) * 2**halvings) - content
        border += [missing // 2, missing - missing // 2]
    return tuple(border)


def without_border(x: Tensor, border: tuple[int, ...]) -> Tensor:
    """Samples (N, C, ...) without their border."""
    for axis, (before, after) in enumerate(zip(border[::2], border[1::2], strict=True), start=1):
        x = x.narrow(-axis, before, x.shape[-axis] - before - after)
    return x


def value_range(values: Array, name: str) -> tuple[float, float, int]:
    """Smallest and largest value, and how many steps to tell apart between them.

    uint8 values are kept as they are. Others get 255 steps over the range seen, or those of the
    whole numbers in it where all values are whole.
    """
    if values.dtype.kind not in "biuf":
        raise InputTypeError(f"expected {name} that are numbers, got {values.dtype}")
    if values.dtype == np.uint8:
        return 0.0, 255.0, LEVELS
    finite_rows(values, name)
    low, high = float(values.min()), float(values.max())
    if values.dtype.kind != "f" or np.array_equal(values, np.rint(values)):
        return low, high, int(min(LEVELS, high - low))
    return low, high, LEVELS if high > low else 0


def quantised(values: Array, low: float, high: float, levels: int) -> Array:
    """Values as their levels from 0 to `levels`, uint8; those out of range are clipped."""
    scale = levels / (high - low) if levels else 0.0
    away = (values.astype(np.float64) - low) * scale
    steps: Array = np.rint(away).clip(0, levels).astype(np.uint8)
    return steps


def from_levels(x: Tensor, low: float, high: float, levels: int, dtype: str) -> Array:
    """Values in [-1, 1] as numbers of `dtype` from low to high, each on one of the levels."""
    steps = ((x.clamp(-1, 1).double() + 1) / 2 * levels).round().numpy()
    values = low + steps * ((high - low) / max(levels, 1))
    if np.dtype(dtype).kind in "iu":
        values = np.rint(values)
    numbers: Array = values.clip(low, high).astype(dtype)
    return numbers


def refuse_other_range(values: Array, low: float, high: float, name: str) -> None:
    """Refuse values of another scale; those a little out of range will be clipped."""
    finite_rows(values, name)
    if not values.size:
        return
    least, most, reach = float(values.min()), float(values.max()), high - low
    if least < low - reach or most > high + reach:
        raise InputError(
            f"expected {name} from {low:g} to {high:g}, got {least:g} to {most:g}: scale them alike"
        )


def channels_moved(values: Any, layout: str) -> Array:
    """Raw samples of a layout, as "hw" or "dhwc", with their channels first: (N, C, ...)."""
    with_axis: Array = np.asarray(values)
    if "c" not in layout:
        return with_axis[:, None]
    moved: Array = np.moveaxis(with_axis, 1 + layout.index("c"), 1)
    return moved


def channels_back(values: Array, layout: str) -> Array:
    """(N, C, ...) in the layout of the raw samples."""
    if "c" not in layout:
        return values[:, 0]
    return np.moveaxis(values, 1, 1 + layout.index("c"))
