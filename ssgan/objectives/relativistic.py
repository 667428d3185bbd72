"""Objectives that compare a real sample with a generated one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.objectives.critics import Critic, scores_and_penalty
from ssgan.randomness import Rng
from ssgan.runtime import Terms, to_float32


@dataclass(frozen=True, kw_only=True)
class Relativistic:
    """Each real score against its fake partner's: softplus(D(G(z)) - D(x)), with R1 and R2.

    Attributes
    ----------
    r1 : float
        Weight of |dD/dx|^2 / 2 at real samples, from 0.
    r2 : float
        The same at generated samples.

    References
    ----------
    Jolicoeur-Martineau 2019, "The Relativistic Discriminator"; Huang et al. 2024, "The GAN is dead;
    long live the GAN!", eq. 4.

    Examples
    --------
    >>> import torch
    >>> from ssgan.randomness import Rng
    >>> critic = lambda x: x.sum(1)  # its slope is the root of 2 everywhere
    >>> real, fake = torch.ones(4, 2), torch.zeros(4, 2)
    >>> terms = Relativistic().critic_loss(critic, real, fake, Rng((0,)))
    >>> {name: round(term.item(), 3) for name, term in terms.items()}
    {'critic': 0.127, 'r1': 1.0, 'r2': 1.0}
    """

    name: ClassVar[str] = "relativistic"

    r1: float = 1.0  # weight of |dD/dx|^2 / 2 at real samples
    r2: float = 1.0  # the same at generated samples

    @property
    def penalises(self) -> bool:
        return self.r1 > 0 or self.r2 > 0

    def critic_steps(self, step: int) -> int:
        return 1

    def critic_loss(self, critic: Critic, real: Tensor, fake: Tensor, rng: Rng) -> Terms:
        real_scores, r1 = scores_and_penalty(critic, real, "r1", self.r1)
        fake_scores, r2 = scores_and_penalty(critic, fake, "r2", self.r2)
        return {"critic": F.softplus(fake_scores - real_scores).mean()} | r1 | r2

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor, rng: Rng) -> Terms:
        with torch.no_grad():  # the generator has no part in them
            real_scores = to_float32(critic(real))
        return {"generator": F.softplus(real_scores - to_float32(critic(fake))).mean()}

    def constrain(self, parameters: Iterable[nn.Parameter]) -> None:
        """Nothing: the penalties keep the critic smooth."""


OBJECTIVES = (Relativistic,)
