"""A classifier of rows with batch norm: hidden layers of 8 units for every channel of the width.

Its batch norm makes it no critic: the architecture pretrains the pair of "dense".
"""

from math import prod

from torch import Tensor, nn

from ssgan.networks.architecture import Architecture
from ssgan.networks.dense import FACTOR, dense_generator, dense_trunk, initialise_dense

LAYERS = 2  # hidden ones


class PerceptronTrunk(nn.Module):
    """Samples (N, ...) to the features (N, units) of every depth."""

    def __init__(self, shape: tuple[int, ...], width: int, depth: int | None = None) -> None:
        super().__init__()
        self.features = FACTOR * width
        sizes = [prod(shape)] + [self.features] * (depth or LAYERS)
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Linear(i, o), nn.BatchNorm1d(o), nn.ReLU())
            for i, o in zip(sizes, sizes[1:], strict=False)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        maps, x = [], x.flatten(1)
        for layer in self.layers:
            x = layer(x)
            maps.append(x)
        return maps


ARCHITECTURE = Architecture(
    name="perceptron",
    trunk=dense_trunk,
    generator=dense_generator,
    initialise=initialise_dense,
    axes=(0, 1, 2, 3),
    student=PerceptronTrunk,
)
