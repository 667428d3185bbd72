"""A critic that tells domains apart, and the reversal of its gradient (Ganin et al. 2016)."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.descent import reversal_strength
from ssgan.adaptation.domains import Domains
from ssgan.adaptation.task import NetworkOutputs, network_outputs
from ssgan.prediction.task import Learner
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Terms
from ssgan.training.state import Part

UNITS = 100  # of the critic's hidden layer (figure 4a)


class Reversal(torch.autograd.Function):
    """The identity, whose gradient is multiplied by -strength (eq. 17 and 18)."""

    @staticmethod
    def forward(context: Any, x: Tensor, strength: float) -> Tensor:
        context.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -context.strength * gradient, None


def reversed_gradient(x: Tensor, strength: float) -> Tensor:
    """x itself, through which a gradient comes back times -strength."""
    unchanged: Tensor = Reversal.apply(x, strength)
    return unchanged


def domain_costs(critic: nn.Module, source: Tensor, target: Tensor, strength: float) -> Terms:
    """The critic's cross entropy, to whose descent the features give way by `strength`.

    The critic itself learns at its full rate: 1 is the source, 0 the target.
    """
    scores = critic(reversed_gradient(torch.cat([source, target]), strength)).squeeze(1)
    ones = torch.cat([torch.ones_like(scores[: len(source)]), scores.new_zeros(len(target))])
    costs = F.binary_cross_entropy_with_logits(scores, ones, reduction="none")
    return {
        "domain_source": costs[: len(source)].mean(),
        "domain_target": costs[len(source) :].mean(),
    }


@torch.no_grad()
def see_two_samples(learner: Learner, shape: tuple[int, ...]) -> NetworkOutputs:
    """What the averaged network, which keeps no statistics of them, makes of two empty samples."""
    return network_outputs(learner.mean, learner.runtime.batch(torch.zeros(2, *shape)))


class Adversary:
    """The loss of "dann" and, where it is `conditional`, of "cdan"."""

    def __init__(
        self, config: AdaptConfig, learner: Learner, domains: Domains, conditional: bool = False
    ) -> None:
        self.config, self.learner, self.conditional = config, learner, conditional
        example = see_two_samples(learner, domains.codec.shape)
        columns = self.compared(example).shape[1]
        with seeded(Rng(("adapt", config.seed, "critic"))):
            critic = nn.Sequential(nn.Linear(columns, UNITS), nn.ReLU(), nn.Linear(UNITS, 1))
        self.critic = critic.to(learner.runtime.device)

    @property
    def parts(self) -> Mapping[str, Part]:
        return {"critic": self.critic}

    @property
    def trainable(self) -> nn.Module:
        return self.critic

    def compared(self, network_outputs: NetworkOutputs) -> Tensor:
        """What the critic is given of samples: (N, F), or each of F times each class (N, F K)."""
        if not self.conditional:
            return network_outputs.extracted
        shares = network_outputs.outputs.detach().softmax(1)
        return (network_outputs.features.float()[:, :, None] * shares[:, None, :]).flatten(1)

    def prepare(self, x: Tensor, step: int, rng: Rng) -> tuple[Tensor, ...]:
        return (self.learner.views.light(x, rng),)

    def terms(
        self,
        step: int,
        source: NetworkOutputs,
        target: NetworkOutputs,
        prepared: tuple[Tensor, ...],
    ) -> Terms:
        config = self.config
        strength = config.weight * reversal_strength(step / (config.steps or 1))
        pair = self.compared(source), self.compared(target)
        with torch.autocast(self.learner.runtime.device.split(":")[0], enabled=False):
            return domain_costs(self.critic, *pair, strength)
