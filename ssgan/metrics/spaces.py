"""Spaces in which samples are compared: fixed random features, so nothing has to be downloaded.

name       of                   features
randconv   images (C, H, W)     mean activations of a random convolutional network, 120;
                                signals (C, L) and volumes (C, D, H, W) likewise, 72 and 264
encoded    up to 128 numbers    the encoded numbers themselves
randrelu   more numbers         128 random projections, cut at zero

Random features see noise, blur, misplaced parts and lost modes, and complement trained ones (Naeem
et al. 2020; arXiv:2208.09218). Every space is centred on the reference and scaled by one number, to
a mean variance of 1 there: a scale for each feature would blow up those that hardly ever vary.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ssgan.config import InputError
from ssgan.randomness import Rng

CONVOLVED_CHANNELS = (16, 32, 8)  # of the random convolutions
POOLED_CELLS = (1, 1, 3)  # cells a side over which each one's activations are averaged
MOST_NUMBERS = 128  # encoded numbers that are compared as they are
CONVOLUTIONS: dict[int, Any] = {
    1: (F.conv1d, F.adaptive_avg_pool1d),
    2: (F.conv2d, F.adaptive_avg_pool2d),
    3: (F.conv3d, F.adaptive_avg_pool3d),
}


@dataclass(frozen=True, kw_only=True)
class Space:
    """Features of encoded samples, centred and scaled on reference samples.

    Attributes
    ----------
    name : str
        Part of the names of the measures taken in it.
    embed : callable
        Encoded samples (N, *shape) to features (N, D).
    center : Tensor of float64, shape (D,)
        Mean over the reference.
    scale : float
        Square root of the mean variance over the reference.
    chunk : int
        Numbers of a sample times samples that are embedded at once.

    Examples
    --------
    >>> import torch
    >>> space = Space(name="half", embed=lambda x: x / 2, center=torch.ones(1), scale=2.0)
    >>> space(torch.tensor([[6.0]])).item()
    1.0
    """

    name: str  # part of the names of the measures taken in it
    embed: Callable[[Tensor], Tensor]  # encoded samples (N, *shape) to features (N, D)
    center: Tensor  # (D,) float64, mean over the reference
    scale: float  # square root of the mean variance over the reference
    chunk: int = 2**17  # numbers of a sample times samples that are embedded at once

    @property
    def dimension(self) -> int:
        """How many numbers a sample has in it."""
        return len(self.center)

    @torch.inference_mode()
    def __call__(self, x: Tensor) -> Tensor:
        """Features of encoded samples (N, *shape), float64 (N, D) on the CPU."""
        return (embedded(x, self.embed, self.chunk) - self.center) / self.scale


def space_of(
    reference: Tensor, name: str | None = None, embed: Callable[[Tensor], Tensor] | None = None
) -> Space:
    """The space in which samples like the reference are compared.

    Images, signals, volumes and numbers have the spaces of `ssgan.metrics.spaces`.

    Parameters
    ----------
    reference : Tensor, shape (N, *shape)
        Encoded samples, on which the space is centred and scaled.
    name, embed : str and callable, optional
        Another space, such as the features of a classifier: samples (N, *shape) to features (N, D).

    Returns
    -------
    Space

    Raises
    ------
    InputError
        For reference samples that are all one, and for NaN or infinity.

    References
    ----------
    Naeem et al. 2020, section 5 (random features); arXiv:2208.09218.

    Examples
    --------
    >>> import torch
    >>> space = space_of(torch.tensor([[0.0], [2.0]]))
    >>> space.name, space(torch.tensor([[3.0]])).item()
    ('encoded', 2.0)
    """
    return place_in_space(reference, name, embed)[0]


def place_in_space(
    reference: Tensor, name: str | None = None, embed: Callable[[Tensor], Tensor] | None = None
) -> tuple[Space, Tensor]:
    """`space_of`, and the features of the reference in it, which are looked at once for both."""
    if (name is None) != (embed is None):
        raise InputError("expected both a name and a function for a space of your own")
    if name is None or embed is None:
        name, embed = random_space(tuple(reference.shape[1:]))
    with torch.inference_mode():
        features = embedded(reference, embed)
        center = features.mean(0)
        scale = float((features - center).square().mean().sqrt())
    if not math.isfinite(scale):
        raise InputError(
            f"expected reference samples with finite features, the space {name!r} gives NaN or "
            "infinity for some: leave them out"
        )
    if scale == 0:
        raise InputError("the reference samples are all the same: there is nothing to compare with")
    space = Space(name=name, embed=embed, center=center, scale=scale)
    return space, (features - center) / scale


def random_space(shape: tuple[int, ...]) -> tuple[str, Callable[[Tensor], Tensor]]:
    """Name and features for samples of that shape; the same in every process."""
    if len(shape) - 1 in CONVOLUTIONS:
        return "randconv", convolutions(shape[0], len(shape) - 1)
    if len(shape) != 1:
        raise InputError(
            "expected samples of shape (F,), (C, L), (C, H, W) or (C, D, H, W), got "
            f"{shape}: flatten them"
        )
    if shape[0] <= MOST_NUMBERS:
        return "encoded", lambda x: x
    weight = Rng(("randrelu",)).normal(shape[0], MOST_NUMBERS) / math.sqrt(shape[0])
    return "randrelu", lambda x: (x @ weight).relu()


def convolutions(channels: int, axes: int) -> Callable[[Tensor], Tensor]:
    """Mean activations of a random network at its three depths, (N, C, H, W) to (N, 120).

    `axes` is 1 for signals, 2 for images and 3 for volumes.

    The first two depths say which strokes and textures there are, the third also where.
    """
    widths = pairwise((channels, *CONVOLVED_CHANNELS))
    kernels = [
        Rng(("randconv", depth)).normal(b, a, *[3] * axes) / math.sqrt(3**axes * a / 2)
        for depth, (a, b) in enumerate(widths)
    ]

    conv, mean = CONVOLUTIONS[axes]

    def embed(x: Tensor) -> Tensor:
        features = []
        for grid, kernel in zip(POOLED_CELLS, kernels, strict=True):
            x = conv(x, kernel, padding=1).relu()
            features.append(mean(x, grid).flatten(1))
            x = halve_sides(x) if min(x.shape[2:]) > 1 else x
        return torch.cat(features, 1)

    return embed


def halve_sides(x: Tensor) -> Tensor:
    """Means (N, C, H // 2, W // 2) of 2 x 2 cells; torch's own takes eight times as long."""
    axes = range(2, x.dim())
    for axis in axes:
        even = x.narrow(axis, 0, x.shape[axis] // 2 * 2).transpose(axis, -1)
        x = (even[..., ::2] + even[..., 1::2]).transpose(axis, -1)
    return x.mul_(0.5 ** len(axes))


def embedded(x: Tensor, embed: Callable[[Tensor], Tensor], chunk: int = Space.chunk) -> Tensor:
    """Features of samples (N, *shape), some at a time, float64 (N, D) on the CPU."""
    if not len(x):
        raise InputError("expected at least one sample, got none")
    parts = torch.split(x.detach().cpu().float(), max(1, chunk // math.prod(x.shape[1:])))
    return torch.cat([embed(part).double().cpu() for part in parts])
