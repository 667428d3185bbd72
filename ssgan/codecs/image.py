"""Images of one size: up to 256 levels a channel, padded to sides that can be halved."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ssgan.codecs.arrays import (
    as_array,
    as_tensor,
    axes_and_dtype,
    contain,
    container_of,
    encoded,
    finite_rows,
    how_to_match,
    sheet_of,
)
from ssgan.codecs.codec import Array, Json
from ssgan.codecs.grids import (
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

CHANNELS = (1, 3, 4)  # grey, colour, colour with transparency
MODE_OF_CHANNELS = {1: "grey", 3: "rgb", 4: "rgba"}  # how `ssgan.data` names them
MOVES = ("turn", "stretch", "slant", "shift")  # transforms that move what an image shows
OF_COLOURS = (*MOVES, "crop", "zoom", "colour", "cutout")  # natural where there are colours
LIT = 16  # pixels a side from which on images may be lighter or darker: in fewer, greys are shapes


@dataclass(frozen=True, kw_only=True)
class ImageCodec:
    """Images of one size and number of channels; see `Codec` for the methods.

    uint8 pixels are kept as they are. Others are quantised to 256 levels over the range seen in
    fitting, or to the whole numbers in it where all pixels are whole: integers come back exactly.

    Attributes
    ----------
    height, width : int
        Pixels a side.
    channels : int
        1, 3 or 4.
    layout : str
        Axes of one image: "hw", "hwc" or "chw".
    flat : bool
        Whether raw images are rows (N, H * W * C).
    container : str
        "numpy" or "torch".
    dtype : str
        Of the raw pixels, a numpy name.
    low, high : float
        Darkest and brightest pixel.
    levels : int
        Steps from low to high, at most 255.
    frame : tuple of int or None
        Channels, height and width that networks see, where another domain has more of them.
    scaled : tuple of int or None
        Height and width that images are scaled to in that frame.

    Examples
    --------
    >>> import numpy as np
    >>> codec = ImageCodec.fit(np.zeros((5, 28, 28), np.uint8))
    >>> codec.shape, codec.layout, codec.architecture
    ((1, 28, 28), 'hw', 'auto')
    """

    height: int  # pixels
    width: int  # pixels
    channels: int  # 1, 3 or 4
    layout: str  # axes of one image: "hw", "hwc" or "chw"
    flat: bool  # raw images are rows (N, H * W * C)
    container: str  # "numpy" or "torch"
    dtype: str  # of the raw pixels, a numpy name
    low: float  # darkest pixel
    high: float  # brightest pixel
    levels: int  # steps from low to high, at most 255
    frame: tuple[int, int, int] | None = None  # channels, height and width that networks see
    scaled: tuple[int, int] | None = None  # height and width that images have in it

    kind: ClassVar[str] = "images"
    form: ClassVar[str] = "images (N, H, W) or (N, H, W, C)"
    formats: ClassVar[tuple[str, ...]] = ("", ".npz", ".npy")
    numeric: ClassVar[bool] = True
    resizable: ClassVar[bool] = True
    lengthened: ClassVar[bool] = False
    transforms: ClassVar[tuple[str, ...]] = (
        *(*MOVES, "crop", "zoom", "flip"),
        *("colour", "texture", "cutout", "noise"),
    )
    symmetries: ClassVar[tuple[str, ...]] = ("flip",)
    augmentations: ClassVar[tuple[str, ...]] = ("colour", "translation", "cutout")
    telling: ClassVar[bool] = False
    repeated: ClassVar[int] = 0

    @classmethod
    def claims(cls, raw: Any, shape: tuple[int, ...] | None = None) -> bool:
        if hasattr(raw, "columns"):
            return False
        if shape is not None:
            return len(shape) == 2 or (len(shape) == 3 and holds_channels(shape))
        axes = axes_and_dtype(raw)[0]
        return axes == 3 or (axes == 4 and holds_channels(tuple(raw.shape[1:])))

    @classmethod
    def coerce(cls, raw: Any, shape: tuple[int, ...] | None = None) -> Any:
        return raw if cls.claims(raw) or cls.claims(raw, shape) else None

    @classmethod
    def fit(cls, raw: Any, shape: tuple[int, ...] | None = None) -> "ImageCodec":
        return fit_images(raw, tuple(shape) if shape else None)

    @property
    def shape(self) -> tuple[int, int, int]:
        (left, right, top, bottom), (height, width) = self.border, self.content
        channels = self.frame[0] if self.frame else self.channels
        return channels, height + top + bottom, width + left + right

    @property
    def content(self) -> tuple[int, int]:
        """Height and width of an image without its border."""
        return self.scaled or (self.height, self.width)

    @cached_property
    def border(self) -> tuple[int, int, int, int]:
        """Pixels added left, right, above and below, so that both sides can be halved k times.

        k = floor(log2(shorter side / 4)), at least 1: the last feature map is 4 to 7 cells wide.
        """
        whole = self.frame[1:] if self.frame else (self.height, self.width)
        left, right, top, bottom = border_of(self.content, whole)
        return left, right, top, bottom

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Of one raw image that is not flat."""
        sizes = {"h": self.height, "w": self.width, "c": self.channels}
        return tuple(sizes[axis] for axis in self.layout)

    @property
    def raw_shape(self) -> tuple[int, ...]:
        return (math.prod(self.image_shape),) if self.flat else self.image_shape

    @property
    def cell_axes(self) -> tuple[int, ...]:
        return () if self.flat else tuple(self.layout.index(axis) for axis in "hw")

    @property
    def architecture(self) -> str:
        return "auto"

    @property
    def natural(self) -> tuple[str, ...]:
        """All moves, and colours where there are some, or enough pixels to show things in light."""
        if self.shape[0] > 1:
            return OF_COLOURS
        return (*MOVES, "colour") if min(self.shape[1:]) >= LIT else MOVES

    def pack(self, raw: Any) -> Tensor:
        images = self._checked(as_array(raw))
        if self.dtype != "uint8" or images.dtype != np.uint8:
            images = quantised(images, self.low, self.high, self.levels)
        images = channels_moved(images, self.layout)
        return as_tensor(images)  # (N, C, H, W)

    def _checked(self, images: Array) -> Array:
        """Raw images (N, *image_shape), refused where they are unlike the fitted ones."""
        if self.flat and images.ndim == 2 and images.shape[1] == math.prod(self.image_shape):
            images = images.reshape(-1, *self.image_shape)
        if images.shape[1:] != self.image_shape:
            refuse_channels(self.image_shape, images.shape[1:])
            how = how_to_match(images.shape, self.raw_shape, "resize them")
            how = how_to_match(images.shape, self.image_shape, how)
            raise InputError(
                f"expected images of shape {self.raw_shape}, got {images.shape[1:]}: {how}"
            )
        if images.dtype.name != "uint8" or self.dtype != "uint8":
            self._check_range(images)
        return images

    def _check_range(self, images: Array) -> None:
        """Refuse pixels of another scale; those a little out of range will be clipped."""
        finite_rows(images, "pixels")
        if self.dtype == "uint8" and images.dtype.kind == "f":
            raise InputError(
                f"expected uint8 pixels from 0 to 255, got {images.dtype}: "
                "convert them, or pretrain on pixels like these"
            )
        refuse_other_range(images, self.low, self.high, "pixels")

    def expand(self, packed: Tensor) -> Tensor:
        x = packed.float() * (2 / max(self.levels, 1)) - 1
        if self.scaled:
            x = F.interpolate(x, self.scaled, mode="bilinear", antialias=True)
        if self.frame:
            x = with_channels(x, self.frame[0])
        return F.pad(x, self.border, value=-1.0) if any(self.border) else x

    def decode(self, x: Tensor) -> Any:
        x = with_channels(without_border(encoded(x, self.shape), self.border), self.channels).clamp(
            -1, 1
        )
        if self.scaled:
            x = F.interpolate(x, (self.height, self.width), mode="bilinear", antialias=True)
        images = from_levels(x, self.low, self.high, self.levels, self.dtype)
        images = channels_back(images, self.layout)
        if self.flat:
            images = images.reshape(len(images), -1)
        return contain(np.ascontiguousarray(images), self.container)

    def activate(self, output: Tensor, rng: Rng) -> Tensor:
        """Pixels by tanh; the border is black as around real images, so it gives nothing away."""
        x = without_border(output.float(), self.border).tanh()
        return F.pad(x, self.border, value=-1.0) if any(self.border) else x

    def log_likelihood(self, output: Tensor, x: Tensor, rng: Rng) -> Tensor:
        """Pixels are light or dark with their grey as the probability, which for values between is
        a cross-entropy and no density (Kingma and Welling 2014, appendix C.1).

        tanh of the output, from -1 to 1, is twice the logistic of twice the output, less 1.
        """
        light = (x + 1) / 2
        entropy = F.binary_cross_entropy_with_logits(2 * output, light, reduction="none")
        return -entropy.flatten(1).sum(1)

    def pictures(self, raw: Any) -> Array:
        """Raw images to look at, uint8 (N, H, W, C), whatever their dtype and range."""
        grey = self.pack(raw).double() * (255 / max(self.levels, 1))
        return grey.round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()

    def preview(self, raw: Any, columns: int = 8) -> tuple[str, bytes]:
        return ".png", sheet_of(self.pictures(raw), columns)

    def to_json(self) -> dict[str, Json]:
        known_fields = {
            name: value for name, value in dataclasses.asdict(self).items() if value is not None
        }
        return {"kind": self.kind, **known_fields}

    @classmethod
    def from_json(cls, fields: Mapping[str, Json]) -> "ImageCodec":
        arguments = {name: value for name, value in fields.items() if name != "kind"}
        for name in {"frame", "scaled"} & arguments.keys():
            arguments[name] = tuple(arguments[name])  # JSON has lists
        return cls(**arguments)


def with_channels(x: Tensor, channels: int) -> Tensor:
    """Images (N, C, H, W) in [-1, 1] of as many channels: greys repeated or averaged, transparency
    opaque where it is new."""
    if x.shape[1] == channels:
        return x
    colours = x[:, :3]
    if channels == 1:
        return colours.mean(1, keepdim=True)
    colours = colours.expand(-1, 3, -1, -1)
    opaque = torch.ones_like(colours[:, :1])
    return torch.cat([colours, opaque], 1) if channels == 4 else colours


def refuse_channels(expected: tuple[int, ...], actual: tuple[int, ...]) -> None:
    """Images of the right size with another number of channels are converted, not resized."""
    (size, channels), (actual_size, wrong) = (
        size_and_channels(expected),
        size_and_channels(actual),
    )
    if size == actual_size and channels != wrong:
        raise InputError(
            f"expected images of {channels} channels, got {wrong}: convert them; pictures are "
            f"read with mode={MODE_OF_CHANNELS[channels]!r} (--mode {MODE_OF_CHANNELS[channels]})"
        )


def size_and_channels(shape: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """(height, width) and the number of channels of an image, whichever axis has them."""
    if len(shape) == 3 and shape[-1] in CHANNELS:
        return shape[:-1], shape[-1]
    return (shape[1:], shape[0]) if len(shape) == 3 and shape[0] in CHANNELS else (shape, 1)


def image_layout(shape: tuple[int, ...], container: str) -> str:
    """The axes of one image of `shape`: "hw", "hwc", or "chw" as torch has them.

    Where both ends could be the channels, a torch tensor has them first and an array last. Raises
    InputError for a shape that is no image's.
    """
    if layout := grid_layout(shape, container, "hw", CHANNELS):
        return layout
    raise InputError(
        "expected images (N, H, W) or (N, H, W, C) with 1, 3 or 4 channels, "
        f"got samples of shape {shape}"
    )


def fit_images(raw: Any, image_shape: tuple[int, ...] | None = None) -> ImageCodec:
    """The codec of an array or tensor of images; `image_shape` is that of flat rows (N, H*W*C)."""
    images, container = as_array(raw), container_of(raw)
    flat = images.ndim == 2 and image_shape is not None
    if image_shape is not None and math.prod(image_shape) != math.prod(images.shape[1:]):
        raise InputError(
            f"an image of shape {tuple(image_shape)} has {math.prod(image_shape)} values, "
            f"the samples have {math.prod(images.shape[1:])}"
        )
    if images.ndim == 2 and image_shape is None:
        raise InputError("flat images need image_shape=(height, width) or (height, width, 3)")
    shape = tuple(image_shape) if flat and image_shape else images.shape[1:]
    layout = image_layout(shape, container)
    if not len(images):
        raise InputError("expected at least one image, got none")
    sizes = dict(zip(layout, shape, strict=True))
    low, high, levels = value_range(images, "pixels")
    return ImageCodec(
        height=sizes["h"],
        width=sizes["w"],
        channels=sizes.get("c", 1),
        layout=layout,
        flat=flat,
        container=container,
        dtype=images.dtype.name,
        low=low,
        high=high,
        levels=levels,
    )


CODEC = ImageCodec
