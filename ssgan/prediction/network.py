"""The network of a predictor: a trunk, a readout of its feature maps, and a head."""

import copy
from math import sqrt
from typing import TypeVar

import torch
from torch import Tensor, nn

from ssgan.models.gan import GAN
from ssgan.models.pooling import Readout
from ssgan.randomness import Rng, seeded

Frozen = TypeVar("Frozen", bound=nn.Module)


class Head(nn.Module):
    """A linear head that starts at 0 and learns as fast for many features as for few."""

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, outputs)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.scale = 4 / sqrt(features)

    def forward(self, features: Tensor) -> Tensor:
        outputs: Tensor = self.linear(features * self.scale)
        return outputs


class Network(nn.Module):
    """A trunk under a head: samples (N, ...) to outputs (N, K), or (N, 1) for a regression."""

    def __init__(self, trunk: nn.Module, readout: Readout, head: nn.Module) -> None:
        super().__init__()
        self.trunk, self.readout, self.head = trunk, readout, head

    def features(self, x: Tensor) -> Tensor:
        """Standardised features (N, F)."""
        features: Tensor = self.readout(self.trunk(x))
        return features

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.head(self.features(x))
        return outputs


def new_head(features: int, outputs: int, rng: Rng) -> Head:
    """A head of initial weights; the caller's random state is left alone."""
    with seeded(rng("head")):
        return Head(features, outputs)


def initial_network(gan: GAN, outputs: int, seed: int) -> Network:
    """A copy of the GAN's trunk under an untrained head."""
    trunk, readout = copy.deepcopy(gan.trunk), copy.deepcopy(gan.readout)
    head = new_head(len(readout.center), outputs, Rng(("finetune", seed)))
    return Network(trunk, readout, head).to(gan.runtime.device)


def frozen(network: Frozen, device: str | torch.device) -> Frozen:
    """The network as it predicts: on a device, without gradients."""
    return network.to(device).requires_grad_(False).eval()
