"""Residual networks without batch norm for signals, images and volumes.

Blocks x + conv(leaky(conv(leaky(x)))) (He et al. 2016) at every resolution, average pooling and
repetition between them, as the ablation of Huang et al. 2024 has them: no norm, no strided
convolutions inside, no skips to the output. Plain 3 x 3 blocks stand in for their grouped inverted
bottlenecks, which cost half as much again on a processor for the same number of operations. A
strided convolution, and its transpose, is the layer that touches pixels, as in "conv".

The last convolution of a branch starts small enough that all branches together at most multiply
the variance of the stream by e (after Zhang et al. 2019, "Fixup"): depth alone does not let
activations or slopes explode.
"""

from math import prod

from torch import Tensor, nn

from ssgan.networks import initial
from ssgan.networks.architecture import Architecture
from ssgan.networks.conditional import join_condition
from ssgan.networks.conv import CONV, SMALLEST, UP, halvings

MEAN_POOL = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}


def leaky(x: Tensor) -> Tensor:
    """LeakyReLU .2."""
    return nn.functional.leaky_relu(x, 0.2)


class ResidualBlock(nn.Module):
    """Maps (N, channels, ...) to maps of the same shape."""

    def __init__(self, channels: int, axes: int) -> None:
        super().__init__()
        self.first = CONV[axes](channels, channels, 3, 1, 1)
        self.last = CONV[axes](channels, channels, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.last(leaky(self.first(leaky(x))))
        return x + changed


def residual_blocks(channels: int, axes: int, depth: int | None) -> nn.Sequential:
    """As many blocks one after the other as a resolution has."""
    return nn.Sequential(*(ResidualBlock(channels, axes) for _ in range(depth or 1)))


class ResidualTrunk(nn.Module):
    """Samples (N, C, ...) to the feature maps of every resolution and of the end, finest first."""

    def __init__(self, shape: tuple[int, ...], width: int, depth: int | None = None) -> None:
        super().__init__()
        axes, levels = len(shape) - 1, halvings(shape[1:])
        channels = [width * 2**level for level in range(levels)]
        sides = [side >> levels for side in shape[1:]]
        ends = 2 if min(sides) > SMALLEST else 1  # pooled once more above 4 cells
        self.stem = CONV[axes](shape[0], width, 4, 2, 1)
        self.stages = nn.ModuleList([residual_blocks(c, axes, depth) for c in channels])
        # Pooled first: the same result as pooling what the 1 x 1 convolution makes, for less.
        self.pools = nn.ModuleList([MEAN_POOL[axes](2)] * (levels - 1))
        self.pools.append(MEAN_POOL[axes](ends, ceil_mode=True))
        self.mixes = nn.ModuleList([CONV[axes](c, 2 * c, 1) for c in channels])
        self.features = 2 * channels[-1] * prod(-(-side // ends) for side in sides)

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = []
        x = self.stem(x)
        for stage, pool, mix in zip(self.stages, self.pools, self.mixes, strict=True):
            maps.append(leaky(stage(x)))
            x = mix(pool(maps[-1]))
        return [*maps, leaky(x)]


class ResidualGenerator(nn.Module):
    """Noise (N, latent) to raw samples (N, C, ...), before the codec's activation."""

    def __init__(
        self, shape: tuple[int, ...], width: int, depth: int | None, latent: int, condition: int = 0
    ) -> None:
        super().__init__()
        axes, levels = len(shape) - 1, halvings(shape[1:])
        channels = [width * 2**level for level in reversed(range(levels))]
        pairs = zip(channels, channels[1:], strict=False)
        self.condition = condition
        self.start = (*(side >> levels for side in shape[1:]), channels[0])  # channels last
        self.project = nn.Linear(latent + condition, prod(self.start))
        self.stages = nn.ModuleList([residual_blocks(c, axes, depth) for c in channels])
        self.mixes = nn.ModuleList([CONV[axes](i, o, 1) for i, o in pairs])
        self.out = UP[axes](channels[-1], shape[0], 4, 2, 1)

    def maps(self, z: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        """The maps (N, C, ...) of every resolution, coarsest first; the last are the samples."""
        x = self.project(join_condition(z, condition, self.condition))
        x = x.unflatten(1, self.start).movedim(-1, 1)
        maps = []
        for stage, mix in zip(self.stages, self.mixes, strict=False):
            maps.append(leaky(stage(x)))
            x = nn.functional.interpolate(mix(maps[-1]), scale_factor=2.0, mode="nearest")
        maps.append(leaky(self.stages[-1](x)))
        return [*maps, self.out(maps[-1])]

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.maps(z, condition)[-1]


def initialise_residual(network: nn.Module) -> None:
    """He's weights, the last convolution of each of B branches divided by the root of B."""
    initial.initialise(network)
    branches = [block for block in network.modules() if isinstance(block, ResidualBlock)]
    for block in branches:
        block.last.weight.data /= len(branches) ** 0.5


ARCHITECTURE = Architecture(
    name="residual",
    trunk=ResidualTrunk,
    generator=ResidualGenerator,
    initialise=initialise_residual,
)
