"""The task: a network that makes squares of pictures larger, and a critic of them.

First it learns to give what was there (L1); then, with `judge`, also to please a critic that tells
its pictures from real ones, as SRGAN (Ledig et al. 2017, section 2.2: weight 1e-3) with pairs of a
relativistic critic (Wang et al. 2018, "ESRGAN", section 3.2). A critic before the content has been
learnt makes nothing of it.
"""

from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from ssgan.models.superresolution.config import UpscaleConfig
from ssgan.models.superresolution.photographs import Crops
from ssgan.networks import Discriminator, trunk
from ssgan.networks.size import check_depth, check_size
from ssgan.networks.subpixel import Subpixel
from ssgan.objectives import Relativistic, Terms
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime
from ssgan.training.batches import BatchSource
from ssgan.training.ema import average, averaged
from ssgan.training.optim import adam, cosine, set_rate
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import descend

EMA = 0.999
CRITIC_RATE = 1e-3


class SuperResolution:
    """The task: a network that makes squares of pictures larger, and a critic of them."""

    def __init__(self, config: UpscaleConfig, crops: Crops, on: Runtime) -> None:
        self.config, self.crops, self.runtime = config, crops, on
        self.rng = Rng(("upscale", config.seed), on.device)
        self.network, self.critic = (on.place(part) for part in untrained(config))
        self.mean = averaged(self.network)
        self.content = averaged(self.network)  # as it was before the critic came in
        self.optimizer = adam(self.network, config.rate, (0.9, 0.99))
        self.critic_optimizer = adam(self.critic, CRITIC_RATE, (0.0, 0.99))
        self.objective = Relativistic()

    @property
    def parts(self) -> dict[str, Part]:
        """What a checkpoint keeps."""
        names = ["network", "mean", "optimizer"]
        names += ["content", "critic", "critic_optimizer"] if self.config.judge else []
        return {name: getattr(self, name) for name in names}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        """A step of the network, and before it one of the critic where it has come in."""
        config, rng, on = self.config, step.rng(self.rng), self.runtime
        small, large = (
            on.batch(x)
            for x in self.crops.draw(config.batch, replace(rng("squares"), device="cpu"))
        )
        judged = step.number >= config.content_steps
        rate = cosine(step.number, config.steps, config.rate, config.rate / 100)
        set_rate(self.optimizer, rate * step.rate)
        terms: Terms = {}
        refused = torch.zeros((), device=on.device)
        if judged:
            set_rate(self.critic_optimizer, CRITIC_RATE * step.rate)
            terms, refused = self.critic_step(small, large, rng)

        def loss(small: Tensor, large: Tensor) -> Terms:
            enlarged = self.network(small)
            costs = {"content": (enlarged - large).abs().mean()}
            if judged:
                pleased = self.objective.generator_loss(
                    self.critic, to_critic_range(large), to_critic_range(enlarged), rng
                )
                costs["judge"] = config.judge * pleased["generator"]
            return costs

        more, bad = descend(loss, (small, large), self.optimizer, on)
        average(self.mean, self.network, EMA, step.number)
        if step.number < config.content_steps:
            average(self.content, self.network, EMA, step.number)
        return terms | more, {"not_finite": torch.maximum(refused, bad)}

    def critic_step(self, small: Tensor, large: Tensor, rng: Rng) -> tuple[Terms, Tensor]:
        """One step of the critic, on large squares and on what the network makes of small ones."""
        with torch.no_grad(), self.runtime.autocast():
            enlarged = self.network(small)

        def loss(real: Tensor, fake: Tensor) -> Terms:
            return self.objective.critic_loss(self.critic, real, fake, rng("critic"))

        return descend(
            loss,
            (to_critic_range(large), to_critic_range(enlarged)),
            self.critic_optimizer,
            self.runtime,
        )


def to_critic_range(x: Tensor) -> Tensor:
    """Pixels of [0, 1] in [-1, 1], as critics see them."""
    return 2 * x - 1


def untrained(config: UpscaleConfig) -> tuple[Subpixel, Discriminator]:
    """The network and its critic with their first weights."""
    make = partial(Subpixel, config.scale, config.width, config.depth)
    check_depth(config.depth)
    sizes = (config.width, config.depth)
    check_size(f"a network of width {config.width:,}", (1, config.side, config.side), sizes, make)
    with seeded(Rng(("upscale", config.seed))("networks")):
        network = make()
        below = trunk((1, config.side, config.side), 16, "conv")
        return network, Discriminator(below, below.features)
