"""How a network is trained: an optimiser, and its learning rate by the share of the steps done."""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, exp, pi

import torch
from torch import nn

from ssgan.adaptation.config import AdaptConfig
from ssgan.training.optim import adam

BETAS = (0.9, 0.99)
GAN_BETAS = (0.5, 0.999)  # of Radford et al. 2016, section 4
MOMENTUM = 0.9  # of Ganin et al. 2016, section 5.2.2
STEEPNESS, POWER = 10.0, 0.75  # of the rate in the same place
LAST = 0.02  # of the first rate is left at the end of a cosine


@dataclass(frozen=True)
class Descent:
    """An optimiser of a network, and the rate at a share of the steps."""

    first: float  # the rate at the start where the config has none
    optimizer: Callable[[nn.Module, AdaptConfig], torch.optim.Optimizer]
    factor: Callable[[float], float]  # of the first rate, at a share of the steps

    def rate(self, config: AdaptConfig, progress: float) -> float:
        """The learning rate after that share of the steps."""
        return (config.rate or self.first) * self.factor(progress)


def cosine_factor(progress: float) -> float:
    """From 1 to 0.02 along half a cosine."""
    return LAST + (1 - LAST) * (1 + cos(pi * progress)) / 2


def annealed_factor(progress: float) -> float:
    """1 / (1 + 10 p)^.75, the rate of Ganin et al. 2016, section 5.2.2."""
    return float((1 + STEEPNESS * progress) ** -POWER)


def reversal_strength(progress: float) -> float:
    """2 / (1 + e^(-10 p)) - 1, their weight of the reversed gradient: from 0 to almost 1."""
    return 2 / (1 + exp(-STEEPNESS * progress)) - 1


def by_adam(network: nn.Module, config: AdaptConfig) -> torch.optim.Optimizer:
    """Adam at a rate of 1, which the schedule scales."""
    return adam(network, 1.0, BETAS, config.decay)


def by_sgd(network: nn.Module, config: AdaptConfig) -> torch.optim.Optimizer:
    """With momentum, on the whole as in the paper, which has no weight decay."""
    return torch.optim.SGD(network.parameters(), 1.0, MOMENTUM)


def by_adam_with_momentum(network: nn.Module, config: AdaptConfig) -> torch.optim.Optimizer:
    """As of Liu and Tuzel 2016, section 5, which have no weight decay."""
    return adam(network, 1.0, GAN_BETAS)


COSINE = Descent(2e-3, by_adam, cosine_factor)
ANNEALED = Descent(0.01, by_sgd, annealed_factor)
COUPLED = Descent(2e-4, by_adam_with_momentum, lambda done: 1.0)
