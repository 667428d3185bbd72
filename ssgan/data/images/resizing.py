"""Images of any size made one size: scaled until they cover it, then cropped around the middle."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps

from ssgan.codecs.arrays import as_tensor
from ssgan.codecs.codec import Array
from ssgan.codecs.image import image_layout
from ssgan.config import InputError

RESIZED = 1000  # images resized at once
LARGEST = 4096  # pixels a side: more is a typing error


def height_and_width(size: int | Sequence[int]) -> tuple[int, int]:
    """(height, width) of a size given as one side or as both; InputError for others."""
    sides = (size, size) if isinstance(size, int) else tuple(size)
    if len(sides) != 2 or not all(isinstance(s, int) and 0 < s <= LARGEST for s in sides):
        raise InputError(
            f"expected a size of 1 to {LARGEST} pixels, or (height, width), got {size!r}"
        )
    return int(sides[0]), int(sides[1])


def scale_and_crop(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A picture of (height, width) pixels from one of any size."""
    return ImageOps.fit(image, (size[1], size[0]), Image.Resampling.BICUBIC)


def resize(images: Array, size: tuple[int, int]) -> Array:
    """Images (N, H, W) or (N, H, W, C) at (height, width), in their dtype and range."""
    layout = image_layout(images.shape[1:], "numpy")
    axes = {"hw": (0, 1, 2), "hwc": (0, 3, 1, 2), "chw": (0, 1, 2, 3)}[layout]
    if tuple(images.shape[1 + layout.index("h") :][:2]) == size:
        return images
    planes = images.transpose(axes)
    planes = planes[:, None] if layout == "hw" else planes  # (N, C, H, W)
    top, left, height, width = middle_window(planes.shape[2:], size)
    planes = planes[:, :, top : top + height, left : left + width]
    resized = np.empty((*planes.shape[:2], *size), images.dtype)
    for start in range(0, len(planes), RESIZED):
        chunk = as_tensor(planes[start : start + RESIZED].astype(np.float32))
        smooth = F.interpolate(chunk, size, mode="bicubic", antialias=True, align_corners=False)
        smooth = torch.minimum(smooth, chunk.amax()).maximum(chunk.amin())
        whole = images.dtype.kind in "biu"
        resized[start : start + RESIZED] = (smooth.round() if whole else smooth).numpy()
    if layout == "hw":
        return resized[:, 0]
    return resized.transpose(0, 2, 3, 1) if layout == "hwc" else resized


def middle_window(shape: Sequence[int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """(top, left, height, width) of the largest middle part with the proportions of `size`."""
    height, width = shape
    scale = min(height / size[0], width / size[1])
    inner = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    return (height - inner[0]) // 2, (width - inner[1]) // 2, *inner
