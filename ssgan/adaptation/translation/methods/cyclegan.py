"""Two networks, there and back, that undo each other.

Zhu et al. 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
equations 2 and 3 with least squares (section 4), the loss of identity (section 5.2) and a pool of
50 images. Batches of more than one image are ours.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from ssgan.adaptation.translation.config import TranslateConfig
from ssgan.adaptation.translation.method import Map, Sides, TranslationMethod, translating_map
from ssgan.adaptation.translation.pool import Pool
from ssgan.networks.translator import PatchCritic
from ssgan.randomness import seeded
from ssgan.runtime import Terms
from ssgan.training.batches import BatchSource
from ssgan.training.ema import average, averaged
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import descend

DOMAINS = ("source", "target")
Pair = tuple[Tensor, Tensor]  # images of the source, and of the target


class CycleGAN:
    """The task: `mean`, the average of the network from source to target, comes out of it."""

    def __init__(self, sides: Sides) -> None:
        self.sides, config, on = sides, sides.config, sides.runtime
        with seeded(sides.rng("networks")):
            self.there, self.back = on.place(sides.translator()), on.place(sides.translator())
            critics = [PatchCritic(sides.shape[0], config.width) for _ in DOMAINS]
        self.critics = on.place(nn.ModuleList(critics))
        self.pools = nn.ModuleList([Pool(sides.shape) for _ in DOMAINS]).to(on.device)
        self.mean = averaged(self.there)
        self.optimizer = sides.optimizer(self.there, self.back)
        self.critic_optimizer = sides.optimizer(self.critics)

    @property
    def parts(self) -> dict[str, Part]:
        """What a checkpoint keeps."""
        names = ("there", "back", "critics", "pools", "mean", "optimizer", "critic_optimizer")
        return {name: getattr(self, name) for name in names}

    def health(self, step: int) -> dict[str, float]:
        """Nothing to measure without pairs: only numbers that are not finite are guarded."""
        return {}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        """A step of both networks, and then of both critics on what they have made."""
        sides, on, rng = self.sides, self.sides.runtime, step.rng(self.sides.rng)
        sides.set_rates(step, self.optimizer, self.critic_optimizer)
        real = sides.real(batches, step.number)
        translations: list[Tensor] = []
        loss = partial(self.translator_terms, translations)
        terms, refused = descend(loss, real, self.optimizer, on)
        pooled = [
            pool(x.detach(), rng("pool", domain))
            for pool, x, domain in zip(self.pools, translations, DOMAINS, strict=True)
        ]
        critics = dict(zip(DOMAINS, self.critics, strict=True))
        loss = partial(critic_costs, critics, real)
        more, bad = descend(loss, (pooled[0], pooled[1]), self.critic_optimizer, on)
        average(self.mean, self.there, sides.config.ema, step.number)
        return terms | more, {"not_finite": torch.maximum(refused, bad)}

    def translator_terms(self, translations: list[Tensor], *real: Tensor) -> Terms:
        """What both networks lose on real images; what they make of these, into `translations`."""
        there = translating_map(self.there, self.sides.target.codec)
        back = translating_map(self.back, self.sides.source.codec)
        translations[:] = back(real[1]), there(real[0])
        fooled = {
            f"generator_{domain}": (critic(x).float() - 1).square().mean()
            for domain, critic, x in zip(DOMAINS, self.critics, translations, strict=True)
        }
        pair, images = (translations[0], translations[1]), (real[0], real[1])
        return fooled | way_costs(there, back, images, pair, self.sides.config)

    def pictures(self, step: int) -> Mapping[str, bytes]:
        """Images of the source, each beside its translation."""
        return self.sides.pictures(self.mean, step)


def way_costs(
    there: Map, back: Map, real: Pair, translations: Pair, config: TranslateConfig
) -> Terms:
    """How far images are from what they were after the way there and back, and how much those are
    changed that are of the domain already.

    `translations` are images of the source and of the target, made of `real` ones of the other.
    """
    cycled, same = (back(translations[1]), there(translations[0])), (back(real[0]), there(real[1]))
    terms: Terms = {}
    for side, domain in enumerate(DOMAINS):
        terms[f"cycle_{domain}"] = config.cycle * (cycled[side] - real[side]).abs().mean()
        terms[f"identity_{domain}"] = config.identity * (same[side] - real[side]).abs().mean()
    return terms


def critic_costs(critics: Mapping[str, Map], real: Sequence[Tensor], *fakes: Tensor) -> Terms:
    """Half of the squared distance of scores from 1 for real images and 0 for others."""
    terms: Terms = {}
    for (domain, critic), x, fake in zip(critics.items(), real, fakes, strict=True):
        terms[f"critic_real_{domain}"] = (critic(x).float() - 1).square().mean() / 2
        terms[f"critic_fake_{domain}"] = critic(fake).float().square().mean() / 2
    return terms


METHOD = TranslationMethod(task=CycleGAN, uses=("cycle", "identity"))
