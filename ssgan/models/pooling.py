"""How the feature maps of all depths become one row of features.

Each depth is pooled to a coarse grid of cells, so that where something is still counts, the depths
are put side by side and every feature is brought to mean 0 and deviation 1. All depths together
read far more from a discriminator than the last alone (Yang et al. 2022, table 1: 77.6 against
63.8 on CIFAR-10).
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from ssgan.runtime import to_float32

Pooling = Literal["mean", "max"]
POOLED_SIDE = 4  # cells a side that a feature map is pooled to
POOLS: dict[tuple[str, int], Callable[[Tensor, int], Tensor]] = {
    ("mean", 1): nn.functional.adaptive_avg_pool1d,
    ("mean", 2): nn.functional.adaptive_avg_pool2d,
    ("mean", 3): nn.functional.adaptive_avg_pool3d,
    ("max", 1): nn.functional.adaptive_max_pool1d,
    ("max", 2): nn.functional.adaptive_max_pool2d,
    ("max", 3): nn.functional.adaptive_max_pool3d,
}


def pooled(maps: list[Tensor], pooling: Pooling = "mean") -> Tensor:
    """Feature maps (N, C_d, ...) of every depth as one row each (N, F), in float32 at least.

    "max" is DCGAN's own probe (Radford et al. 2016, section 5.1); maps (N, F_d) stay as they are.
    """
    rows = [cells(m, pooling) if m.dim() > 2 else m for m in maps]
    return torch.cat([to_float32(row).flatten(1) for row in rows], 1)


def cells(maps: Tensor, pooling: Pooling) -> Tensor:
    """A feature map (N, C, ...) pooled to POOLED_SIDE cells a side."""
    sides = maps.shape[2:]
    if all(side == POOLED_SIDE for side in sides):
        return maps
    if pooling == "mean" and len(sides) == 2 and all(side % POOLED_SIDE == 0 for side in sides):
        # The same cells: adaptive pooling is several times slower, backwards above all.
        return nn.functional.avg_pool2d(maps, [side // POOLED_SIDE for side in sides])
    return POOLS[pooling, len(sides)](maps, POOLED_SIDE)


class Readout(nn.Module):
    """Feature maps of all depths, or of the last, pooled and standardised by the rows that it was
    fitted on."""

    center: Tensor
    scale: Tensor

    def __init__(self, features: int, pooling: Pooling = "mean", last: bool = False) -> None:
        """`last`: only the last of the maps is read."""
        super().__init__()
        self.pooling: Pooling = pooling
        self.only_last = last
        self.register_buffer("center", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))

    @torch.no_grad()
    def fit(self, rows: Tensor) -> None:
        """Take centre and scale from pooled rows (N, F); a constant feature keeps its scale."""
        self.center.copy_(rows.mean(0))
        deviation = rows.std(0, correction=0)
        self.scale.copy_(torch.where(deviation > 1e-6, deviation, torch.ones_like(deviation)))

    def pooled(self, maps: list[Tensor]) -> Tensor:
        """What it reads of feature maps, (N, F), before it is standardised."""
        return pooled(maps[-1:] if self.only_last else maps, self.pooling)

    def forward(self, maps: list[Tensor]) -> Tensor:
        return (self.pooled(maps) - self.center) / self.scale

    def of_last(self, features: int) -> "Readout":
        """The readout of the last map alone, which gives the last `features` of this one's."""
        last = Readout(features, self.pooling, last=True).to(self.center.device)
        last.center.copy_(self.center[-features:])
        last.scale.copy_(self.scale[-features:])
        return last


def width(trunk: nn.Module, shape: tuple[int, ...]) -> int:
    """Number of features that all depths of `trunk` give together for samples of `shape`."""
    with torch.no_grad():
        return pooled(trunk(torch.zeros(1, *shape))).shape[1]
