"""What training gives: it makes pictures larger, a part at a time.

Only the luma goes through the network; colours are interpolated. Both networks are kept, and any
one between them (Wang et al. 2018, section 3.4): the first is nearer to the picture that was, the
last looks more like one.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.metrics.pictures import luma
from ssgan.models.superresolution.config import UpscaleConfig
from ssgan.models.superresolution.photographs import Picture, resize_picture
from ssgan.runtime import Runtime
from ssgan.training.ema import averaged

TILE = 256  # pixels a side of a part of a small picture that goes through the network at once


@dataclass(frozen=True)
class Upscaler:
    """What training gives: it makes pictures `config.scale` times as large.

    Attributes
    ----------
    config : UpscaleConfig
        How it was trained.
    content, judged : torch.nn.Module
        The network before the critic came in, and at the end; the same where there was none.
    runtime : Runtime
        Device and precision.

    Examples
    --------
    >>> import numpy, ssgan
    >>> photos = numpy.random.default_rng(0).integers(256, size=(3, 32, 32, 3), dtype=numpy.uint8)
    >>> larger = ssgan.train_upscaler(photos, steps=2, width=2, depth=1, batch=2, side=16)
    >>> larger(photos[0]).shape
    (64, 64, 3)
    """

    config: UpscaleConfig
    content: nn.Module
    judged: nn.Module
    runtime: Runtime

    def __call__(self, picture: Picture, blend: float = 1.0, tile: int = TILE) -> Picture:
        """A picture uint8 (H, W) or (H, W, 3), larger; see `blended` for `blend`."""
        return enlarge(self.blended(blend), picture, self.config.scale, self.runtime, tile)

    def blended(self, blend: float) -> nn.Module:
        """The network with weights between both.

        Parameters
        ----------
        blend : float
            0 is the network without the critic, 1 the one with it.

        Returns
        -------
        torch.nn.Module

        Raises
        ------
        InputError
            For a blend that is not from 0 to 1.
        """
        if not 0 <= blend <= 1:
            raise InputError(f"expected blend from 0 (no critic) to 1, got {blend!r}")
        mixed = averaged(self.content)
        with torch.no_grad():
            for weight, judged_weight in zip(
                mixed.parameters(), self.judged.parameters(), strict=True
            ):
                weight.lerp_(judged_weight, blend)
        return mixed


@torch.inference_mode()
def enlarge(
    network: nn.Module, picture: Picture, scale: int, on: Runtime, tile: int = TILE
) -> Picture:
    """A picture made larger, `tile` small pixels a side at a time with what surrounds them."""
    if (
        picture.dtype != np.uint8
        or picture.ndim not in (2, 3)
        or picture.shape[2:] not in ((), (3,))
    ):
        raise InputError(
            f"expected a picture of bytes (H, W) or (H, W, 3), got {picture.dtype} {picture.shape}"
        )
    height, width = picture.shape[:2]
    small = torch.from_numpy(luma(picture) / 255).float()[None, None]
    large = np.empty((scale * height, scale * width))
    reach = int(getattr(network, "reach", 0))
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            first = max(0, top - reach), max(0, left - reach)
            part = small[..., first[0] : top + tile + reach, first[1] : left + tile + reach]
            larger = network(on.batch(part)).float().cpu().numpy()[0, 0] * 255
            rows = slice(scale * top, scale * min(top + tile, height))
            columns = slice(scale * left, scale * min(left + tile, width))
            inner = (
                slice(rows.start - scale * first[0], rows.stop - scale * first[0]),
                slice(columns.start - scale * first[1], columns.stop - scale * first[1]),
            )
            large[rows, columns] = larger[inner]
    return with_luma(large, resize_picture(picture, *large.shape))


def with_luma(bright: Array, picture: Picture) -> Picture:
    """A picture with another luma (16 to 235), which moves all its colours alike."""
    change = (bright - luma(picture)) * (255 / 219)
    moved = picture + (change if picture.ndim == 2 else change[..., None])
    return np.rint(moved).clip(0, 255).astype(np.uint8)
