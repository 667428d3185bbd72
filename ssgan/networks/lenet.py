"""The digit classifier of domain-adversarial training, with batch norm, for 1 to 3 axes.

Two 5 x 5 convolutions, each halved by the larger of two cells, and two layers of 100 units (Ganin
et al. 2016, "Domain-Adversarial Training of Neural Networks", figure 4a); batch norm after each, as
of Saito et al. 2018, "Maximum Classifier Discrepancy". Its batch norm makes it no critic: the
architecture pretrains the pair of "conv".
"""

from math import prod

import torch
from torch import Tensor, nn

from ssgan.config import InputError
from ssgan.networks.architecture import Architecture
from ssgan.networks.conv import CONV, ConvGenerator, ConvTrunk
from ssgan.networks.initial import initialise
from ssgan.networks.resnet import BATCH_NORM, MAX

UNITS = 100  # of a layer of the label predictor
KERNEL = 5  # cells a side
UNPADDED = 16  # cells a side from which on edges need no padding


class LenetTrunk(nn.Module):
    """Samples (N, C, ...) to two maps: that of the convolutions (N, F), which domains may be
    compared by, and the label predictor's (N, features)."""

    def __init__(self, shape: tuple[int, ...], width: int, depth: int | None = None) -> None:
        super().__init__()
        if depth is not None:
            raise InputError(f"'lenet' has two convolutions, got depth {depth}: leave depth out")
        axes = len(shape) - 1
        conv, norm, pool = CONV[axes], BATCH_NORM[axes], MAX[axes]
        edge = 0 if min(shape[1:]) >= UNPADDED else KERNEL // 2
        channels = (shape[0], width, width + width // 2)
        layers: list[nn.Module] = []
        for i, o in zip(channels, channels[1:], strict=False):
            layers += [conv(i, o, KERNEL, 1, edge), norm(o), nn.ReLU(), pool(2)]
        self.convolutions = nn.Sequential(*layers)
        sides = [((side + 2 * edge - 4) // 2 + 2 * edge - 4) // 2 for side in shape[1:]]
        rows: list[nn.Module] = []
        for i in (channels[-1] * prod(sides), UNITS):
            rows += [nn.Linear(i, UNITS), nn.BatchNorm1d(UNITS), nn.ReLU()]
        self.predictor = nn.Sequential(*rows)
        self.features = UNITS

    def forward(self, x: Tensor) -> list[Tensor]:
        features = torch.flatten(self.convolutions(x), 1)
        return [features, self.predictor(features)]


ARCHITECTURE = Architecture(
    name="lenet",
    trunk=ConvTrunk,
    generator=ConvGenerator,
    initialise=initialise,
    student=LenetTrunk,
)
