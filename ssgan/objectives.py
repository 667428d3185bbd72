"""What each player minimises, given only a critic and samples.

A critic maps samples (N, ...) to scores (N,), high for real. It is any callable: conditioning,
augmentation and class heads are closures around a network, so no objective knows of them. Losses
return named scalars whose sum is the loss; they never call `backward`, step an optimiser or log.

    symbol   x real samples, G(z) generated ones, D the critic
    R1       mean of |dD/dx|^2 at real samples, R2 at generated ones (Mescheder et al. 2018)
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.randomness import Draw

Critic = Callable[[Tensor], Tensor]
Terms = dict[str, Tensor]


class Objective(Protocol):
    """Both players' losses; a frozen dataclass, so that it is its own configuration."""

    def critic_steps(self, step: int) -> int:
        """Critic updates before generator update `step`."""

    def critic_loss(self, critic: Critic, real: Tensor, fake: Tensor, draw: Draw) -> Terms: ...

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor, draw: Draw) -> Terms: ...

    def constrain(self, parameters: Iterable[nn.Parameter]) -> None:
        """Force the critic's weights back into the allowed set, in place, after its update."""


def scores_and_slopes(critic: Critic, samples: Tensor) -> tuple[Tensor, Tensor]:
    """Scores of `samples` and the squared norm of their gradient in the samples, both (N,)."""
    samples = samples.detach().requires_grad_(True)
    scores = critic(samples)
    (gradient,) = torch.autograd.grad(scores.sum(), samples, create_graph=True)
    return scores, gradient.float().flatten(1).square().sum(1)


@dataclass(frozen=True, kw_only=True)
class Relativistic:
    """Each real score against its fake partner's: softplus(D(G(z)) - D(x)), with R1 and R2
    (Jolicoeur-Martineau 2019; Huang et al. 2024, "The GAN is dead; long live the GAN!", eq. 4).
    """

    r1: float = 1.0  # weight of |dD/dx|^2 / 2 at real samples
    r2: float = 1.0  # the same at generated samples

    def critic_steps(self, step: int) -> int:
        return 1

    def critic_loss(self, critic: Critic, real: Tensor, fake: Tensor, draw: Draw) -> Terms:
        real_scores, real_slopes = scores_and_slopes(critic, real)
        fake_scores, fake_slopes = scores_and_slopes(critic, fake)
        return {
            "critic": F.softplus(fake_scores - real_scores).mean(),
            "r1": self.r1 / 2 * real_slopes.mean(),
            "r2": self.r2 / 2 * fake_slopes.mean(),
        }

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor, draw: Draw) -> Terms:
        with torch.no_grad():  # the generator has no part in them
            real_scores = critic(real)
        return {"generator": F.softplus(real_scores - critic(fake)).mean()}

    def constrain(self, parameters: Iterable[nn.Parameter]) -> None:
        """Nothing: the penalties keep the critic smooth."""


@dataclass(frozen=True, kw_only=True)
class NonSaturating:
    """The generator's -log D(G(z)) of the first GAN paper (Goodfellow et al. 2014, section 3),
    with R1 on real samples as an option (Mescheder et al. 2018, eq. 9)."""

    r1: float = 0.0  # weight of |dD/dx|^2 / 2 at real samples

    def critic_steps(self, step: int) -> int:
        return 1

    def critic_loss(self, critic: Critic, real: Tensor, fake: Tensor, draw: Draw) -> Terms:
        fakes = {"critic_fake": F.softplus(critic(fake)).mean()}
        if not self.r1:
            return {"critic_real": F.softplus(-critic(real)).mean()} | fakes
        scores, slopes = scores_and_slopes(critic, real)
        reals = {"critic_real": F.softplus(-scores).mean(), "r1": self.r1 / 2 * slopes.mean()}
        return reals | fakes

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor, draw: Draw) -> Terms:
        return {"generator": F.softplus(-critic(fake)).mean()}

    def constrain(self, parameters: Iterable[nn.Parameter]) -> None:
        """Nothing: this objective is unconstrained."""


OBJECTIVES: dict[str, type[Objective]] = {
    "relativistic": Relativistic,
    "non-saturating": NonSaturating,
}
