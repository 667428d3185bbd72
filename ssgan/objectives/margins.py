"""Objectives with targets and margins for scores."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.objectives.critics import Critic, check_updates
from ssgan.randomness import Rng
from ssgan.runtime import Terms, to_float32


@dataclass(frozen=True, kw_only=True)
class LeastSquares:
    """LSGAN: scores are drawn to 1 for real and to 0 for generated samples, the generator's to 1.

    Not `LossSensitive`, the LS-GAN.

    References
    ----------
    Mao et al. 2017, "Least Squares Generative Adversarial Networks", eq. 9: a = 0, b = c = 1.

    Examples
    --------
    >>> import torch
    >>> from ssgan.randomness import Rng
    >>> critic = lambda x: x.sum(1)  # its slope is the root of 2 everywhere
    >>> real, fake = torch.ones(4, 2), torch.zeros(4, 2)
    >>> terms = LeastSquares().critic_loss(critic, real, fake, Rng((0,)))
    >>> {name: round(term.item(), 3) for name, term in terms.items()}
    {'critic_real': 0.5, 'critic_fake': 0.0}
    """

    name: ClassVar[str] = "least-squares"
    penalises = False

    def critic_steps(self, step: int) -> int:
        return 1

    def critic_loss(self, critic: Critic, real: Tensor, fake: Tensor, rng: Rng) -> Terms:
        return {
            "critic_real": (to_float32(critic(real)) - 1).square().mean() / 2,
            "critic_fake": to_float32(critic(fake)).square().mean() / 2,
        }

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor, rng: Rng) -> Terms:
        return {"generator": (to_float32(critic(fake)) - 1).square().mean() / 2}

    def constrain(self, parameters: Iterable[nn.Parameter]) -> None:
        """Nothing: this objective is unconstrained."""


@dataclass(frozen=True, kw_only=True)
class LossSensitive:
    """LS-GAN: a real sample's loss L is to be lower than its generated partner's by a margin.

    The margin grows with their distance: relu(margin + L(x) - L(G(z))). Not `LeastSquares`, the
    LSGAN. The paper's network gives L >= 0 itself, low for real, by a rectifier behind it. Here
    critics score high for real, so L = (sqrt(D^2 + 4) - D) / 2, which is never negative. Its slope
    falls only like 1 / D^2: under a rectifier or a softplus, a critic that once scores everything
    high never learns again.

    Attributes
    ----------
    scale : float
        Margin for 1 of L1 distance where samples have 64 x 64 x 3 values.
    real : float
        Weight of the mean L(x) beside the comparison ("gamma").

    References
    ----------
    Qi 2017, "Loss-Sensitive Generative Adversarial Networks on Lipschitz Densities", eq. 6 and 7.

    Examples
    --------
    >>> import torch
    >>> from ssgan.randomness import Rng
    >>> critic = lambda x: x.sum(1)  # its slope is the root of 2 everywhere
    >>> real, fake = torch.ones(4, 2), torch.zeros(4, 2)
    >>> terms = LossSensitive().critic_loss(critic, real, fake, Rng((0,)))
    >>> {name: round(term.item(), 3) for name, term in terms.items()}
    {'critic': 1.872}
    """

    name: ClassVar[str] = "loss-sensitive"

    scale: float = 2e-4  # margin for 1 of L1 distance where samples have 64 x 64 x 3 values
    real: float = 0.0  # weight of the mean L(x) beside the comparison ("gamma")

    penalises = False

    def losses(self, critic: Critic, samples: Tensor) -> Tensor:
        """The loss L of samples, from 0.

        Parameters
        ----------
        critic : callable
            Samples (N, ...) to scores (N,).
        samples : Tensor, (N, ...)
            Real or generated samples.

        Returns
        -------
        Tensor, (N,)
        """
        scores = to_float32(critic(samples))
        root = (scores.square() + 4).sqrt()
        # The same twice: of high scores the difference has no digits left.
        return torch.where(scores > 0, 2 / (root + scores.clamp_min(0)), (root - scores) / 2)

    def margin(self, real: Tensor, fake: Tensor) -> Tensor:
        """`scale` times the L1 distance of partners as if they had 12,288 values.

        It is a constant: neither player learns through it.

        Parameters
        ----------
        real, fake : Tensor, (N, ...)
            Partners; values are taken to be in [-1, 1].

        Returns
        -------
        Tensor, (N,)
        """
        return (
            self.scale
            * 12288
            * (to_float32(real) - to_float32(fake)).detach().abs().flatten(1).mean(1)
        )

    def critic_steps(self, step: int) -> int:
        return 1

    def critic_loss(self, critic: Critic, real: Tensor, fake: Tensor, rng: Rng) -> Terms:
        real_losses = self.losses(critic, real)
        fake_losses = self.losses(critic, fake)
        excess = F.relu(self.margin(real, fake) + real_losses - fake_losses)
        terms = {"critic": excess.mean()}
        return terms | {"critic_real": self.real * real_losses.mean()} if self.real else terms

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor, rng: Rng) -> Terms:
        return {"generator": self.losses(critic, fake).mean()}

    def constrain(self, parameters: Iterable[nn.Parameter]) -> None:
        """Nothing: the margin bounds what the critic can gain."""


@dataclass(frozen=True, kw_only=True)
class Hinge:
    """relu(1 - D(x)) + relu(1 + D(G(z))); the generator raises D(G(z)).

    Attributes
    ----------
    updates : int
        Critic updates a generator update, from 1.

    References
    ----------
    Lim and Ye 2017, "Geometric GAN"; Miyato et al. 2018, "Spectral Normalization for Generative
    Adversarial Networks", eq. 16 and 17.

    Examples
    --------
    >>> import torch
    >>> from ssgan.randomness import Rng
    >>> critic = lambda x: x.sum(1)  # its slope is the root of 2 everywhere
    >>> real, fake = torch.ones(4, 2), torch.zeros(4, 2)
    >>> terms = Hinge().critic_loss(critic, real, fake, Rng((0,)))
    >>> {name: round(term.item(), 3) for name, term in terms.items()}
    {'critic_real': 0.0, 'critic_fake': 1.0}
    """

    name: ClassVar[str] = "hinge"

    updates: int = 1  # critic updates a generator update

    penalises = False

    def __post_init__(self) -> None:
        check_updates(self.updates)

    def critic_steps(self, step: int) -> int:
        return self.updates

    def critic_loss(self, critic: Critic, real: Tensor, fake: Tensor, rng: Rng) -> Terms:
        return {
            "critic_real": F.relu(1 - to_float32(critic(real))).mean(),
            "critic_fake": F.relu(1 + to_float32(critic(fake))).mean(),
        }

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor, rng: Rng) -> Terms:
        return {"generator": -to_float32(critic(fake)).mean()}

    def constrain(self, parameters: Iterable[nn.Parameter]) -> None:
        """Nothing: the original relies on spectral norm, which is a matter of the network."""


OBJECTIVES = (LeastSquares, LossSensitive, Hinge)
