"""A mean teacher: pseudo-labels of the target from an average of the network, learnt on strong
views.

Self-ensembling for visual domain adaptation (French et al. 2018) with the views of FixMatch (Sohn
et al. 2020). A pseudo-label is believed where the teacher is nearly as sure as it is, on the whole,
of samples of the source (Berthelot et al. 2022, "AdaMatch", section 3). The shares of classes in
the target are estimated by the way, not taken from the source.
"""

from collections.abc import Mapping
from math import cos, pi

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.descent import COSINE
from ssgan.adaptation.domains import Domains
from ssgan.adaptation.method import AdaptationMethod, training
from ssgan.adaptation.task import NetworkOutputs, without_running_statistics
from ssgan.prediction.task import Learner
from ssgan.randomness import Rng
from ssgan.runtime import Terms
from ssgan.training.state import Part


class Running(nn.Module):
    """What is averaged over the steps: how sure the network is of the source, and the shares of
    classes in the target."""

    sure: Tensor
    shares: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.register_buffer("sure", torch.tensor(1 / classes))
        self.register_buffer("shares", torch.full((classes,), 1 / classes))


class Teacher:
    """Pseudo-labels of weak views of the target, as targets of strong ones."""

    trainable = None

    def __init__(self, config: AdaptConfig, learner: Learner, domains: Domains) -> None:
        self.config, self.learner = config, learner
        self.running = Running(domains.classes).to(learner.runtime.device)

    @property
    def parts(self) -> Mapping[str, Part]:
        return {"running": self.running}

    @torch.no_grad()
    def prepare(self, x: Tensor, step: int, rng: Rng) -> tuple[Tensor, ...]:
        learner, running, teacher = self.learner, self.running, self.config.teacher
        on = learner.runtime
        with on.autocast(), without_running_statistics(learner.mean):
            weak = on.batch(learner.views.weak(x, rng("weak")))
            shares = learner.mean(weak).float().softmax(1)
        running.shares.lerp_(shares.mean(0), 1 - teacher.momentum)
        best, labels = shares.max(1)
        confident = (best >= teacher.sure * running.sure).float()
        return learner.views.strong(x, rng("strong")), labels, confident

    def terms(
        self,
        step: int,
        source: NetworkOutputs,
        target: NetworkOutputs,
        prepared: tuple[Tensor, ...],
    ) -> Terms:
        labels, confident = prepared
        config, running, teacher = self.config, self.running, self.config.teacher
        with torch.no_grad():
            sure = source.outputs.softmax(1).amax(1).mean()
            running.sure.lerp_(sure, 1 - teacher.momentum)
        weight = config.weight * ramp_up(step / (config.steps or 1), teacher.rise)
        costs = F.cross_entropy(target.outputs, labels, reduction="none")
        shares = target.outputs.softmax(1).mean(0)
        apart = (shares * (shares.clamp_min(1e-6) / running.shares.clamp_min(1e-6)).log()).sum()
        return {
            "consistency": weight * (confident * costs).mean(),
            "class_balance": weight * teacher.balance * apart,
        }


def ramp_up(progress: float, rise: float) -> float:
    """From 0 to 1 in the first share `rise` of the steps, along half a cosine."""
    return (1 - cos(pi * min(1.0, progress / rise))) / 2


METHOD = AdaptationMethod(
    learn=training(Teacher, descent=COSINE),
    steps=1500,
    numbers=False,
    uses=("weight", "teacher"),
)
