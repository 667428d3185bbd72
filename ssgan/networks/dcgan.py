"""The networks of DCGAN (Radford et al. 2016), as in the authors' code, for 1 to 3 axes.

5 x 5 kernels with stride 2, batch norm and no biases but for the discriminator's input and the
generator's output, LeakyReLU .2 in the discriminator and ReLU in the generator, noise that is
projected and reshaped. The code scales a convolution up from 4 cells a side; samples whose sides
are no power of two times 4 start at up to 7. Deviations: the head, which all discriminators share,
has a bias; batch norm has torch's epsilon, 1e-5 for 1e-8.
"""

from math import prod

from torch import Tensor, nn

from ssgan.config import InputError
from ssgan.networks.architecture import Architecture
from ssgan.networks.conditional import join_condition
from ssgan.networks.conv import CONV, UP, halvings

NORM = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
DEVIATION = 0.02  # of first weights, and of first gains around 1


def refuse_depth(depth: int | None) -> None:
    """InputError for a depth that this architecture does not have."""
    if depth not in (None, 1):
        raise InputError(
            f"the architecture 'dcgan' has one convolution at every resolution, got depth {depth}: "
            "leave depth out, or take 'conv' or 'residual'"
        )


class DcganTrunk(nn.Module):
    """Samples (N, C, ...) to the feature maps of every depth, finest first."""

    def __init__(self, shape: tuple[int, ...], width: int, depth: int | None = None) -> None:
        super().__init__()
        refuse_depth(depth)
        axes, levels = len(shape) - 1, halvings(shape[1:])
        channels = [shape[0], *(width * 2**level for level in range(levels))]
        pairs = list(zip(channels, channels[1:], strict=False))
        self.layers = nn.ModuleList([CONV[axes](i, o, 5, 2, 2, bias=False) for i, o in pairs])
        norms = [nn.Identity(), *(NORM[axes](o) for _, o in pairs[1:])]
        self.norms = nn.ModuleList(norms)
        self.features = channels[-1] * prod(side >> levels for side in shape[1:])

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = []
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = nn.functional.leaky_relu(norm(layer(x)), 0.2)
            maps.append(x)
        return maps


class DcganGenerator(nn.Module):
    """Noise (N, latent), uniform in [-1, 1] in the paper, to raw samples (N, C, ...)."""

    def __init__(
        self, shape: tuple[int, ...], width: int, depth: int | None, latent: int, condition: int = 0
    ) -> None:
        super().__init__()
        refuse_depth(depth)
        axes, levels = len(shape) - 1, halvings(shape[1:])
        channels = [*(width * 2**level for level in reversed(range(levels))), shape[0]]
        pairs = list(zip(channels, channels[1:], strict=False))
        self.condition = condition
        self.start = (*(side >> levels for side in shape[1:]), channels[0])  # channels last
        self.project = nn.Linear(latent + condition, prod(self.start), bias=False)
        ups = [UP[axes](i, o, 5, 2, 2, output_padding=1, bias=False) for i, o in pairs]
        self.layers = nn.ModuleList(ups)
        # The projection has a gain and a mean for every unit, as in the authors' code.
        norms = [nn.BatchNorm1d(prod(self.start)), *(NORM[axes](i) for i, _ in pairs[1:])]
        self.norms = nn.ModuleList(norms)

    def maps(self, z: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        """The maps (N, C, ...) of every depth, coarsest first; the last are the samples."""
        first, *norms = self.norms
        x = first(self.project(join_condition(z, condition, self.condition)))
        x = nn.functional.relu(x).view(len(x), *self.start).movedim(-1, 1)
        maps = [x, self.layers[0](x)]
        for layer, norm in zip(list(self.layers)[1:], norms, strict=True):
            maps.append(layer(nn.functional.relu(norm(maps[-1]))))
        return maps

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.maps(z, condition)[-1]


def initialise_dcgan(network: nn.Module) -> None:
    """Weights from N(0, .02), gains from N(1, .02), means 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.modules.conv._ConvNd):
            nn.init.normal_(layer.weight, 0.0, DEVIATION)
        elif isinstance(layer, nn.modules.batchnorm._BatchNorm):
            nn.init.normal_(layer.weight, 1.0, DEVIATION)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


ARCHITECTURE = Architecture(
    name="dcgan", trunk=DcganTrunk, generator=DcganGenerator, initialise=initialise_dcgan
)
