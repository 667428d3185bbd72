"""Generators, and discriminators that are a trunk under a head.

The trunk is what the project is for: it gives its feature maps at every depth, and fine-tuning
puts the same trunk under another head. The shape of a sample picks the body:
(F,) dense; (C, L), (C, H, W) and (C, D, H, W) the same convolutional code.
"""

from torch import Tensor, nn

from ssgan.networks.conv import ConvGenerator, ConvTrunk
from ssgan.networks.dense import DenseGenerator, DenseTrunk
from ssgan.randomness import Draw, seeded

DENSE_DEPTH = 3  # hidden layers of a dense body
DENSE_FACTOR = 8  # a dense layer has this many units for every channel of `width`


def flat(maps: Tensor) -> Tensor:
    """Feature maps (N, C, ...) as rows (N, F), channels varying fastest.

    Channels last is how convolutions lay them out in memory, so this copies nothing and the
    gradient comes back in the layout that is fastest for the layer below.
    """
    return maps.movedim(1, -1).flatten(1)


class Discriminator(nn.Module):
    """A trunk under a linear head: samples (N, ...) to `outputs` scores, (N,) if that is one."""

    def __init__(self, trunk: nn.Module, features: int, outputs: int = 1) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = nn.Linear(features, outputs)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.head(flat(self.trunk(x)[-1]))
        return scores.squeeze(1) if self.head.out_features == 1 else scores


def trunk(shape: tuple[int, ...], width: int) -> ConvTrunk | DenseTrunk:
    """An untrained trunk for samples of `shape`; draws from torch's current random state."""
    if len(shape) == 1:
        return DenseTrunk(shape[0], DENSE_FACTOR * width, DENSE_DEPTH)
    return ConvTrunk(shape, width)


def generator(shape: tuple[int, ...], width: int, latent: int) -> ConvGenerator | DenseGenerator:
    """An untrained generator of samples of `shape`."""
    if len(shape) == 1:
        return DenseGenerator(shape[0], DENSE_FACTOR * width, DENSE_DEPTH, latent)
    return ConvGenerator(shape, width, latent)


def initialise(network: nn.Module) -> None:
    """Weights that keep the scale of activations through leaky rectifiers (He et al. 2015)."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.modules.conv._ConvNd):
            nn.init.kaiming_normal_(layer.weight, a=0.2, mode="fan_in", nonlinearity="leaky_relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def build(
    shape: tuple[int, ...], *, width: int, latent: int, draw: Draw
) -> tuple[nn.Module, Discriminator]:
    """An untrained generator (N, latent) -> (N, *shape) and discriminator (N, *shape) -> (N,).

    `width` is the number of channels after the first convolution. The global random state is left
    as it was.
    """
    with seeded(draw("networks")):
        body = trunk(shape, width)
        critic = Discriminator(body, body.features)
        maker = generator(shape, width, latent)
        initialise(critic)
        initialise(maker)
    return maker, critic
