"""Dense networks: for vectors and tables (F,), and for samples of any shape, which they flatten."""

from math import prod

from torch import Tensor, nn

from ssgan.networks import initial
from ssgan.networks.architecture import Architecture, each_depth
from ssgan.networks.conditional import join_condition

DEPTH = 3  # hidden layers
FACTOR = 8  # a layer has this many units for every channel of `width`


class DenseTrunk(nn.Module):
    """Samples (N, ...) to the features (N, units) of every depth."""

    def __init__(self, inputs: int, units: int, depth: int) -> None:
        super().__init__()
        sizes = [inputs] + [units] * depth
        pairs = zip(sizes, sizes[1:], strict=False)
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in pairs])
        self.features = units

    def forward(self, x: Tensor) -> list[Tensor]:
        return each_depth(self.layers, x.flatten(1))


class DenseGenerator(nn.Module):
    """Noise (N, latent) to raw samples (N, *shape), before the codec's activation."""

    def __init__(
        self, shape: tuple[int, ...], units: int, depth: int, latent: int, condition: int = 0
    ) -> None:
        super().__init__()
        self.shape, self.condition = shape, condition
        self.body = DenseTrunk(latent + condition, units, depth)
        self.out = nn.Linear(units, prod(shape))

    def maps(self, z: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        """The features (N, units) of every depth; the last are the samples (N, *shape)."""
        depths = self.body(join_condition(z, condition, self.condition))
        out: Tensor = self.out(depths[-1])
        return [*depths, out.view(len(out), *self.shape)]

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.maps(z, condition)[-1]


def dense_trunk(shape: tuple[int, ...], width: int, depth: int | None = None) -> DenseTrunk:
    """The trunk over samples as flat rows."""
    return DenseTrunk(prod(shape), FACTOR * width, depth or DEPTH)


def dense_generator(
    shape: tuple[int, ...], width: int, depth: int | None, latent: int, condition: int
) -> DenseGenerator:
    """The generator that goes with `dense_trunk`."""
    return DenseGenerator(shape, FACTOR * width, depth or DEPTH, latent, condition)


def initialise_dense(network: nn.Module) -> None:
    """He's weights, and first biases in [-1, 1].

    Without biases a network of rectifiers is linear along every ray from the origin at first, so a
    critic of few columns tells modes at the same angle apart only after thousands of steps.
    """
    initial.initialise(network)
    for body in network.modules():
        if isinstance(body, DenseTrunk):
            first = next(layer for layer in body.layers if isinstance(layer, nn.Linear))
            nn.init.uniform_(first.bias, -1.0, 1.0)


ARCHITECTURE = Architecture(
    name="dense",
    trunk=dense_trunk,
    generator=dense_generator,
    initialise=initialise_dense,
    axes=(0, 1, 2, 3),
)
