"""Objectives that estimate the Wasserstein-1 distance of real and generated samples."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ssgan.config import InputError, check_numbers
from ssgan.objectives.critics import (
    Critic,
    check_updates,
    distance_from_1,
    uniform_a_sample,
)
from ssgan.randomness import Rng
from ssgan.runtime import Terms, to_float32


@dataclass(frozen=True, kw_only=True)
class Wasserstein:
    """WGAN: D(G(z)) - D(x), for a critic whose weights stay in [-clip, clip].

    The critic's loss is minus its estimate of the distance: positive for long, it has failed. The
    schedule of the critic's updates is that of the authors' code.

    Attributes
    ----------
    clip : float
        Largest weight, above 0.
    updates : int
        Critic updates a generator update, from 1.
    first : int
        The same for the first 25 generator updates and for every 500th.

    References
    ----------
    Arjovsky et al. 2017, "Wasserstein GAN", Alg. 1.

    Examples
    --------
    >>> import torch
    >>> from ssgan.randomness import Rng
    >>> critic = lambda x: x.sum(1)  # its slope is the root of 2 everywhere
    >>> real, fake = torch.ones(4, 2), torch.zeros(4, 2)
    >>> terms = Wasserstein().critic_loss(critic, real, fake, Rng((0,)))
    >>> {name: round(term.item(), 3) for name, term in terms.items()}
    {'critic': -2.0}
    """

    name: ClassVar[str] = "wgan"

    clip: float = 0.01
    updates: int = 5  # critic updates a generator update
    first: int = 100  # the same for the first 25 generator updates and for every 500th

    penalises = False

    def __post_init__(self) -> None:
        check_updates(self.updates)
        check_updates(self.first)
        check_numbers(self)
        if not self.clip > 0:
            raise InputError(f"expected clip above 0, got {self.clip}: weights of 0 learn nothing")

    def critic_steps(self, step: int) -> int:
        return self.first if step < 25 or step % 500 == 0 else self.updates

    def critic_loss(self, critic: Critic, real: Tensor, fake: Tensor, rng: Rng) -> Terms:
        return {"critic": to_float32(critic(fake)).mean() - to_float32(critic(real)).mean()}

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor, rng: Rng) -> Terms:
        return {"generator": -to_float32(critic(fake)).mean()}

    @torch.no_grad()
    def constrain(self, parameters: Iterable[nn.Parameter]) -> None:
        """Clip; give it no gain of a normalisation layer, which would be clipped to next to 0."""
        for parameter in parameters:
            parameter.clamp_(-self.clip, self.clip)


@dataclass(frozen=True, kw_only=True)
class WassersteinGP:
    """WGAN-GP: D(G(z)) - D(x), with a slope of 1 asked for between real and generated samples.

    The penalty is (|dD/dx| - 1)^2 at x + a (G(z) - x), every sample with its own uniform a.

    Attributes
    ----------
    penalty : float
        Weight of the penalty, from 0.
    updates : int
        Critic updates a generator update, from 1.

    References
    ----------
    Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", eq. 3 and Alg. 1.

    Examples
    --------
    >>> import torch
    >>> from ssgan.randomness import Rng
    >>> critic = lambda x: x.sum(1)  # its slope is the root of 2 everywhere
    >>> real, fake = torch.ones(4, 2), torch.zeros(4, 2)
    >>> terms = WassersteinGP().critic_loss(critic, real, fake, Rng((0,)))
    >>> {name: round(term.item(), 3) for name, term in terms.items()}
    {'critic': -2.0, 'penalty': 1.716}
    """

    name: ClassVar[str] = "wgan-gp"

    penalty: float = 10.0
    updates: int = 5  # critic updates a generator update

    def __post_init__(self) -> None:
        check_updates(self.updates)

    @property
    def penalises(self) -> bool:
        return self.penalty > 0

    def critic_steps(self, step: int) -> int:
        return self.updates

    def critic_loss(self, critic: Critic, real: Tensor, fake: Tensor, rng: Rng) -> Terms:
        between = real + uniform_a_sample(len(real), real, rng("interpolation")) * (fake - real)
        return {
            "critic": to_float32(critic(fake)).mean() - to_float32(critic(real)).mean(),
            "penalty": self.penalty * distance_from_1(critic, between),
        }

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor, rng: Rng) -> Terms:
        return {"generator": -to_float32(critic(fake)).mean()}

    def constrain(self, parameters: Iterable[nn.Parameter]) -> None:
        """Nothing: the penalty bounds the slope."""


OBJECTIVES = (Wasserstein, WassersteinGP)
