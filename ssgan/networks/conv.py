"""Convolutional bodies for signals (C, L), images (C, H, W) and volumes (C, D, H, W).

The networks of DCGAN (Radford et al. 2016) without batch norm, which a penalised critic must not
have: strided convolutions down to 4 to 8 cells a side, doubling the channels, and the mirror image
up again. One more convolution ends the trunk, strided too where more than 4 cells are left, or
begins the generator; another works at full resolution where samples are so small that they can be
halved only once. `depth` convolutions work at every resolution: one of them changes it.
"""

from math import log2, prod

from torch import Tensor, nn

from ssgan.config import InputError
from ssgan.networks.architecture import Architecture, each_depth
from ssgan.networks.conditional import join_condition
from ssgan.networks.initial import initialise

CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
SMALLEST = 4  # cells a side, below which nothing is halved
UP = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}


def halvings(sides: tuple[int, ...]) -> int:
    """How often all sides can be halved so that the shortest keeps at least 4 cells."""
    most = int(log2(min(sides) / 4)) if min(sides) >= 8 else 0
    while most > 0 and any(side % 2**most for side in sides):
        most -= 1
    if most < 1:
        raise InputError(
            f"samples of {' x '.join(map(str, sides))} cannot be halved down to 4 cells a side; "
            "sides must be even and at least 8: pad or resize them"
        )
    return most


class ConvTrunk(nn.Module):
    """Samples (N, C, ...) to the feature maps of every depth, finest first."""

    def __init__(self, shape: tuple[int, ...], width: int, depth: int | None = None) -> None:
        super().__init__()
        conv, levels = CONV[len(shape) - 1], halvings(shape[1:])
        stem = [conv(shape[0], width, 3, 1, 1)] if levels == 1 else []
        channels = [width if stem else shape[0]]
        channels += [width * 2**level for level in range(len(stem), len(stem) + levels)]
        steps: list[nn.Module] = []
        for i, o in zip(channels, channels[1:], strict=False):
            steps += [conv(i, o, 4, 2, 1), *(conv(o, o, 3, 1, 1) for _ in range((depth or 1) - 1))]
        last = 2 * channels[-1]
        sides = [side >> levels for side in shape[1:]]
        stride = 2 if min(sides) > SMALLEST else 1
        self.layers = nn.ModuleList([*stem, *steps, conv(channels[-1], last, 3, stride, 1)])
        self.features = last * prod(-(-side // stride) for side in sides)

    def forward(self, x: Tensor) -> list[Tensor]:
        return each_depth(self.layers, x)


class ConvGenerator(nn.Module):
    """Noise (N, latent) to raw samples (N, C, ...), before the codec's activation."""

    def __init__(
        self, shape: tuple[int, ...], width: int, depth: int | None, latent: int, condition: int = 0
    ) -> None:
        super().__init__()
        conv, up, levels = CONV[len(shape) - 1], UP[len(shape) - 1], halvings(shape[1:])
        channels = [width * 2**level for level in reversed(range(levels))] + [shape[0]]
        first, self.condition = 2 * channels[0], condition
        self.start = (*(side >> levels for side in shape[1:]), first)  # channels last
        self.project = nn.Linear(latent + condition, prod(self.start))
        layers: list[nn.Module] = [conv(first, channels[0], 3, 1, 1)]
        for i, o in zip(channels, channels[1:], strict=False):
            layers += [*(conv(i, i, 3, 1, 1) for _ in range((depth or 1) - 1)), up(i, o, 4, 2, 1)]
        self.layers = nn.ModuleList(layers)

    def maps(self, z: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        """The maps (N, C, ...) of every depth, coarsest first; the last are the samples."""
        x = self.project(join_condition(z, condition, self.condition))
        maps = [x.unflatten(1, self.start).movedim(-1, 1)]
        for layer in self.layers:
            maps.append(layer(nn.functional.leaky_relu(maps[-1], 0.2)))
        return maps

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.maps(z, condition)[-1]


ARCHITECTURE = Architecture(
    name="conv", trunk=ConvTrunk, generator=ConvGenerator, initialise=initialise
)
