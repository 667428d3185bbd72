"""Volumes of voxels of one size: up to 256 levels a channel, padded to sides that can be halved."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from ssgan.codecs.arrays import (
    as_array,
    as_tensor,
    axes_and_dtype,
    contain,
    container_of,
    encoded,
    how_to_match,
    sheet_of,
)
from ssgan.codecs.codec import Array, Json
from ssgan.codecs.grids import (
    MOST_CHANNELS,
    border_of,
    channels_back,
    channels_moved,
    from_levels,
    grid_layout,
    holds_channels,
    quantised,
    refuse_other_range,
    value_range,
    without_border,
)
from ssgan.config import InputError
from ssgan.randomness import Rng

DIM = 0.35  # of its light, what the farthest voxel of the view from a corner has left
MOVES = ("turn", "stretch", "shift")  # transforms that move what a volume shows, a little
FLIPS = ("flip", "flip-height", "flip-depth")
QUARTERS = ("quarter-depth", "quarter-height", "quarter-width")
LAYOUTS = {3: ("dhw",), 4: ("dhwc", "cdhw")}


@dataclass(frozen=True, kw_only=True)
class VolumeCodec:
    """Volumes of one size, such as voxels of things or scans; see `Codec` for the methods.

    uint8 voxels are kept as they are. Others are quantised to 256 levels over the range seen in
    fitting, or to the whole numbers in it where all voxels are whole, as where they are 0 and 1.

    Attributes
    ----------
    sides : tuple of int
        Voxels a side: depth, height and width.
    channels : int
        1 to 4.
    layout : str
        Axes of one volume: "dhw", "dhwc" or "cdhw".
    container : str
        "numpy" or "torch".
    dtype : str
        Of the raw voxels, a numpy name.
    low, high : float
        Smallest and largest voxel.
    levels : int
        Steps from low to high, at most 255.

    Examples
    --------
    >>> import numpy as np
    >>> codec = VolumeCodec.fit(np.zeros((5, 16, 16, 12), bool))
    >>> codec.shape, codec.layout, codec.architecture
    ((1, 16, 16, 12), 'dhw', 'auto')
    """

    sides: tuple[int, int, int]  # voxels
    channels: int  # 1 to 4
    layout: str  # axes of one volume: "dhw", "dhwc" or "cdhw"
    container: str  # "numpy" or "torch"
    dtype: str  # of the raw voxels, a numpy name
    low: float  # smallest voxel
    high: float  # largest voxel
    levels: int  # steps from low to high, at most 255

    kind: ClassVar[str] = "volumes"
    form: ClassVar[str] = "volumes (N, D, H, W) or (N, D, H, W, C)"
    formats: ClassVar[tuple[str, ...]] = (".npz", ".npy")
    numeric: ClassVar[bool] = True
    resizable: ClassVar[bool] = False
    lengthened: ClassVar[bool] = False
    transforms: ClassVar[tuple[str, ...]] = (*MOVES, *FLIPS, *QUARTERS, "cutout", "noise")
    symmetries: ClassVar[tuple[str, ...]] = (*FLIPS, *QUARTERS)
    augmentations: ClassVar[tuple[str, ...]] = ()
    telling: ClassVar[bool] = False
    repeated: ClassVar[int] = 0

    @classmethod
    def claims(cls, raw: Any, shape: tuple[int, ...] | None = None) -> bool:
        if hasattr(raw, "columns"):
            return False
        if shape is not None:
            return len(shape) == 4 or (len(shape) == 3 and not holds_channels(shape))
        axes = axes_and_dtype(raw)[0]
        return axes == 5 or (axes == 4 and not holds_channels(tuple(raw.shape[1:])))

    @classmethod
    def coerce(cls, raw: Any, shape: tuple[int, ...] | None = None) -> Any:
        if hasattr(raw, "columns"):
            return None
        if shape is not None and np.ndim(raw) == 2 and len(shape) in LAYOUTS:
            return raw.reshape(len(raw), *shape)
        return raw if np.ndim(raw) - 1 in LAYOUTS else None

    @classmethod
    def fit(cls, raw: Any, shape: tuple[int, ...] | None = None) -> "VolumeCodec":
        return fit_volumes(raw if shape is None else cls.coerce(raw, shape))

    @property
    def shape(self) -> tuple[int, ...]:
        ends = reversed(list(zip(self.border[::2], self.border[1::2], strict=True)))
        padded = (side + sum(added) for side, added in zip(self.sides, ends, strict=True))
        return (self.channels, *padded)

    @cached_property
    def border(self) -> tuple[int, ...]:
        """Voxels added before and after width, height and depth, so that all can be halved."""
        return border_of(self.sides)

    @property
    def raw_shape(self) -> tuple[int, ...]:
        sizes = dict(zip("dhw", self.sides, strict=True)) | {"c": self.channels}
        return tuple(sizes[axis] for axis in self.layout)

    @property
    def cell_axes(self) -> tuple[int, ...]:
        return tuple(self.layout.index(axis) for axis in "dhw")

    @property
    def architecture(self) -> str:
        return "auto"

    @property
    def natural(self) -> tuple[str, ...]:
        return MOVES

    def pack(self, raw: Any) -> Tensor:
        volumes = as_array(raw)
        if volumes.ndim == 2 and volumes.shape[1] == math.prod(self.raw_shape):
            volumes = volumes.reshape(-1, *self.raw_shape)
        if volumes.shape[1:] != self.raw_shape:
            how = how_to_match(volumes.shape, self.raw_shape, "bring them to that size")
            raise InputError(
                f"expected volumes of shape {self.raw_shape}, got {volumes.shape[1:]}: {how}"
            )
        if self.dtype != "uint8" or volumes.dtype != np.uint8:
            refuse_other_range(volumes, self.low, self.high, "voxels")
            volumes = quantised(volumes, self.low, self.high, self.levels)
        return as_tensor(channels_moved(volumes, self.layout))  # (N, C, D, H, W)

    def expand(self, packed: Tensor) -> Tensor:
        x = packed.float() * (2 / max(self.levels, 1)) - 1
        return F.pad(x, self.border, value=-1.0) if any(self.border) else x

    def decode(self, x: Tensor) -> Any:
        x = without_border(encoded(x, self.shape), self.border)
        volumes = from_levels(x, self.low, self.high, self.levels, self.dtype)
        return contain(np.ascontiguousarray(channels_back(volumes, self.layout)), self.container)

    def activate(self, output: Tensor, rng: Rng) -> Tensor:
        """Voxels by tanh; the border is empty as around real volumes, so it gives nothing away."""
        x = without_border(output.float(), self.border).tanh()
        return F.pad(x, self.border, value=-1.0) if any(self.border) else x

    def log_likelihood(self, output: Tensor, x: Tensor, rng: Rng) -> Tensor:
        """Voxels are full or empty with their value as the probability, which for values between
        is a cross-entropy and no density; see `ImageCodec`."""
        full = (x + 1) / 2
        entropy = F.binary_cross_entropy_with_logits(2 * output, full, reduction="none")
        return -entropy.flatten(1).sum(1)

    def pictures(self, raw: Any) -> Array:
        """The brightest voxels seen from three sides, and from a corner: uint8 (N, H, W, C).

        Seen along depth, height and width; all of one size, and the view from a corner of twice
        that beside them, in which what is farther away is darker.
        """
        light = self.pack(raw).numpy().astype(np.float32) * (255 / max(self.levels, 1))
        light = light if self.channels == 3 else light.mean(1, keepdims=True)
        most = max(self.sides)
        views = np.zeros((*light.shape[:2], 2 * most, 4 * most), np.float32)
        for number, axis in enumerate((2, 3, 4)):
            seen = light.max(axis)
            top, left = most * (number // 2), most * (number % 2)
            views[..., top : top + seen.shape[2], left : left + seen.shape[3]] = seen
        views[..., 2 * most :] = view_from_corner(light, most)
        return np.rint(views).astype(np.uint8).transpose(0, 2, 3, 1)

    def preview(self, raw: Any, columns: int = 8) -> tuple[str, bytes]:
        return ".png", sheet_of(self.pictures(raw), max(1, columns // 2))

    def to_json(self) -> dict[str, Json]:
        fields = dataclasses.asdict(self) | {"sides": list(self.sides)}
        return {"kind": self.kind, **fields}

    @classmethod
    def from_json(cls, fields: Mapping[str, Json]) -> "VolumeCodec":
        arguments = {name: value for name, value in fields.items() if name != "kind"}
        return cls(**arguments | {"sides": tuple(arguments["sides"])})


def view_from_corner(light: Array, most: int) -> Array:
    """Volumes (N, C, D, H, W) as seen from their first corner, (N, C, 2 most, 2 most).

    An isometric view: depth goes up to the left, width up to the right, height down. Of the voxels
    behind each other the brightest is seen, after the farther ones have been darkened.
    """
    depth, height, width = np.meshgrid(*map(np.arange, light.shape[2:]), indexing="ij")
    far = (depth + height + width) / max(1, sum(light.shape[2:]) - 3)
    shaded = (light * (1 - (1 - DIM) * far).astype(np.float32)).reshape(*light.shape[:2], -1)
    column = (width - depth + most).clip(0, 2 * most - 1)
    row = (height + (2 * most - depth - width) // 2).clip(0, 2 * most - 1)
    place = (row * 2 * most + column).ravel()
    order = np.argsort(place, kind="stable")
    places, first = np.unique(place[order], return_index=True)
    seen = np.zeros((*light.shape[:2], (2 * most) ** 2), np.float32)
    seen[..., places] = np.maximum.reduceat(shaded[..., order], first, axis=-1)
    return seen.reshape(*light.shape[:2], 2 * most, 2 * most)


def volume_layout(shape: tuple[int, ...], container: str) -> str:
    """The axes of one volume of `shape`: "dhw", "dhwc", or "cdhw" as torch has them.

    Where both ends could be the channels, a torch tensor has them first and an array last. Raises
    InputError for a shape that is no volume's.
    """
    if layout := grid_layout(shape, container, "dhw", range(1, MOST_CHANNELS + 1)):
        return layout
    raise InputError(
        f"expected volumes (N, D, H, W) or (N, D, H, W, C) with 1 to {MOST_CHANNELS} channels, "
        f"got samples of shape {shape}"
    )


def fit_volumes(raw: Any) -> VolumeCodec:
    """The codec of an array or tensor of volumes; InputError for what is none."""
    volumes, container = as_array(raw), container_of(raw)
    layout = volume_layout(volumes.shape[1:], container)
    if not len(volumes):
        raise InputError("expected at least one volume, got none")
    sizes = dict(zip(layout, volumes.shape[1:], strict=True))
    low, high, levels = value_range(volumes, "voxels")
    return VolumeCodec(
        sides=(sizes["d"], sizes["h"], sizes["w"]),
        channels=sizes.get("c", 1),
        layout=layout,
        container=container,
        dtype=volumes.dtype.name,
        low=low,
        high=high,
        levels=levels,
    )


CODEC = VolumeCodec
