"""A residual classifier with batch norm that works at full resolution: what a student of the
architecture "resnet" is, for a GPU.

Two units and an identity beside them at every resolution, a unit with pooling between, after the
networks that learn CIFAR-10 in seconds (Page 2018, "How to train your ResNet"; Jordan 2024, "94% on
CIFAR-10 in 3.29 seconds on a single GPU"): few layers, wide ones, pooled before they are normed.
A critic cannot have it: batch norm makes what it says of a sample depend on the others.
"""

from typing import Any

from torch import Tensor, nn

from ssgan.networks.architecture import Architecture
from ssgan.networks.conv import CONV, halvings
from ssgan.networks.residual import ResidualGenerator, ResidualTrunk, initialise_residual

BATCH_NORM = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
MAX = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}


def conv_unit(inputs: int, outputs: int, axes: int, pool: bool = False) -> nn.Sequential:
    """Convolution, with `pool` the larger of two cells a side, norm and activation."""
    pools: list[Any] = [MAX[axes](2)] if pool else []
    conv = CONV[axes](inputs, outputs, 3, 1, 1, bias=False)
    return nn.Sequential(conv, *pools, BATCH_NORM[axes](outputs), nn.GELU())


class Branch(nn.Module):
    """Maps (N, C, ...) and what `depth` units make of them, added."""

    def __init__(self, channels: int, axes: int, depth: int) -> None:
        super().__init__()
        self.units = nn.Sequential(*(conv_unit(channels, channels, axes) for _ in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.units(x)
        return x + changed


class ResnetTrunk(nn.Module):
    """Samples (N, C, ...) to the feature maps of every resolution but the full one, finest first,
    the last of which is but its means (N, features)."""

    def __init__(self, shape: tuple[int, ...], width: int, depth: int | None = None) -> None:
        super().__init__()
        axes, levels = len(shape) - 1, halvings(shape[1:])
        stem = -(-width // 2)  # few, as what works at full resolution costs most
        channels = [stem, *(width * 2**level for level in range(1, levels + 1))]
        self.stem = conv_unit(shape[0], stem, axes)
        self.stages = nn.ModuleList(
            nn.Sequential(conv_unit(i, o, axes, pool=True), Branch(o, axes, depth or 2))
            for i, o in zip(channels, channels[1:], strict=False)
        )
        self.features = channels[-1]

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = [self.stem(x)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return [*maps[1:-1], maps[-1].flatten(2).mean(2)]


ARCHITECTURE = Architecture(
    name="resnet",
    trunk=ResidualTrunk,
    generator=ResidualGenerator,
    initialise=initialise_residual,
    student=ResnetTrunk,
)
