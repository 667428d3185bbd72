"""StackGAN: pictures of what is asked for, in two stages, as of a caption.

Zhang et al. 2017, "StackGAN: Text to Photo-realistic Image Synthesis with Stacked Generative
Adversarial Networks". What is asked for becomes a distribution of codes, kept near N(0, 1)
(section 3.2). Critics see pairs of a picture and of what was asked for: right ones, generated ones,
and real pictures of something else, which they refuse too (section 3.3). Stage 2 makes a larger
picture of that of stage 1 (section 3.4). Theirs learn one after the other, these in the same steps;
and what is no right pair is half of a batch of its own size, not a batch of each.
"""

from collections.abc import Mapping
from itertools import count
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.codecs.codec import Codec
from ssgan.config import InputError
from ssgan.models.config import GANConfig, resolve_architecture
from ssgan.models.domain import Domain
from ssgan.models.players import Batch
from ssgan.models.tasks.gan import Adversarial, Share
from ssgan.models.tasks.vae import kl
from ssgan.networks import Discriminator, build
from ssgan.networks.stacked import Code, Refiner, StackedGenerator
from ssgan.objectives import Critic, Objective, to_float32
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime, Terms
from ssgan.training.ranks import sharded
from ssgan.training.state import Part

REDUCTION = 2  # of the sides of stage 1's pictures
LEAST = 16  # pixels a side that stage 2 makes
KL = 2.0  # weight of the divergence, per number of a code


class StackGAN(Adversarial):
    """Two stages of a generator, each against a critic of pairs."""

    generator: StackedGenerator

    def __init__(self, config: GANConfig, domains: Mapping[str, Domain], on: Runtime) -> None:
        refuse_unstackable(config, domains["unlabeled"])
        super().__init__(config, domains, on)

    @staticmethod
    def pair(config: GANConfig, codec: Codec, condition: int) -> tuple[nn.Module, Discriminator]:
        """Both stages of the generator, and the critic of the second."""
        code, small = Code(condition - 1, config.latent // 2), smaller(codec.shape)
        with seeded(Rng(("pretrain", config.seed))("networks")):
            noise = config.latent - code.size
            first, _ = build(small, **design(config, codec), latent=noise, condition=code.size + 1)
            refiner = Refiner(codec.shape[0], config.width, config.depth, code.size)
            critic = critic_for(codec.shape, config, codec, condition)
            nn.init.normal_(code.layer.weight, 0.0, 0.02)  # as in the authors' code
            nn.init.zeros_(code.layer.bias)
        return StackedGenerator(code, first, refiner), critic

    def further_critics(self) -> tuple[Discriminator, ...]:
        """The critic of stage 1."""
        shape, width = smaller(self.codec.shape), self.calibration.width
        with seeded(Rng(("pretrain", self.config.seed))("small critic")):
            return (self.runtime.place(critic_for(shape, self.config, self.codec, width)),)

    @property
    def parts(self) -> dict[str, Part]:
        """What a checkpoint keeps."""
        return super().parts | {"small_critic": self.critics[1]}

    def critic_terms(
        self, objective: Objective, batch: Batch, fake: Tensor, rng: Rng, share: Share
    ) -> Terms:
        """What the critics of both stages lose on right pairs and on others."""
        real, (condition,) = batch
        with torch.no_grad():
            small, _ = self.both_stages(len(real), rng("critic small"), condition)
        wrong_condition, is_wrong = mismatched(condition, rng("mismatched"))
        terms: Terms = {}
        for stage, (x, generated) in enumerate(((real, fake), (half_size(real), small))):
            pictures = torch.where(is_wrong.view(-1, *[1] * (x.dim() - 1)), x, generated)
            pairs = pair_rows(x, condition), pair_rows(pictures, wrong_condition)
            stage_rng = rng("critic", stage)
            score = self.pair_score(stage, x.shape[1:], stage_rng, share)
            losses = objective.critic_loss(score, *pairs, stage_rng("loss"))
            terms |= named(stage, losses)
        return terms

    def pair_score(self, stage: int, shape: torch.Size, rng: Rng, share: Share) -> Critic:
        """The critic of a stage as objectives see it: of rows of a picture and its condition.

        It has no slope in the condition, so that penalties are those of pictures.
        """
        calls, size, more = count(), prod(shape), self.config.selfsupervision
        detached = bool(more and more.detached and not stage)

        def score(rows: Tensor) -> Tensor:
            x = self.runtime.batch(rows[:, :size].reshape(-1, *shape))
            critic, call_rng = self.critics[stage], rng("call", next(calls))
            return self.scoring((rows[:, size:].detach(),), share, call_rng, detached, critic)(x)

        return score

    def generator_terms(
        self, objective: Objective, batch: Batch, rng: Rng, share: Share
    ) -> tuple[Terms, Tensor]:
        """What both stages lose, with the divergence of their codes; pictures of stage 2."""
        real, (condition,) = batch
        small, fake = self.both_stages(len(real), rng("generator"), condition)
        terms: Terms = {}
        for stage, (x, generated) in enumerate(((real, fake), (half_size(real), small))):
            stage_rng = rng("generator", stage)
            score = self.scoring((condition,), share, stage_rng, critic=self.critics[stage])
            terms |= named(stage, objective.generator_loss(score, x, generated, stage_rng("loss")))
        mean, log_deviation = map(to_float32, self.generator.code(condition))
        divergence = kl(mean, 2 * log_deviation).mean() / self.generator.code.size
        return terms | {"kl": KL * divergence}, fake

    def both_stages(self, n: int, rng: Rng, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (n, C, H, W) of stage 1 and of stage 2 in training."""
        inputs = self.setting.sampler.inputs(n, rng("noise"), (condition,))
        with self.runtime.autocast():
            small, large = map(to_float32, sharded(self.generator.stages)(*inputs))
        return small.tanh(), self.codec.activate(large, rng("activation"))


def refuse_unstackable(config: GANConfig, domain: Domain) -> None:
    """InputError for samples and settings of which no StackGAN can be made."""
    shape = domain.codec.shape
    if domain.codec.kind != "images" or min(shape[1:]) < LEAST or any(s % 4 for s in shape[1:]):
        raise InputError(
            f"model 'stackgan' makes pictures whose sides are multiples of 4 from {LEAST} on, got "
            f"{domain.codec.kind} of shape {shape}: resize them (size, --size), or take model 'gan'"
        )
    if not domain.width:
        raise InputError(
            "model 'stackgan' makes pictures of what is asked for: give captions (captions, "
            "--captions) or labels (labels, --conditional), or take model 'gan'"
        )
    if config.latent < 2:
        raise InputError(
            f"model 'stackgan' needs noise of 2 numbers or more, half of it to vary the code, got "
            f"latent {config.latent}"
        )


def smaller(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape (C, H, W) of stage 1's pictures."""
    return shape[0], *(side // REDUCTION for side in shape[1:])


def half_size(x: Tensor) -> Tensor:
    """Pictures (N, C, H, W) in the size of stage 1."""
    return F.avg_pool2d(x, REDUCTION)


def design(config: GANConfig, codec: Codec) -> dict[str, Any]:
    """Of the networks of both stages."""
    architecture = resolve_architecture(config, codec)
    return {"architecture": architecture, "width": config.width, "depth": config.depth}


def critic_for(
    shape: tuple[int, ...], config: GANConfig, codec: Codec, condition: int
) -> Discriminator:
    """An untrained critic of pictures of a shape."""
    return build(shape, **design(config, codec), latent=1, condition=condition)[1]


def mismatched(condition: Tensor, rng: Rng) -> tuple[Tensor, Tensor]:
    """What is asked for beside pictures that are no right pair (N, C); where these are real (N,).

    In the second half of a batch a row gets what another asked for, if both ask for something and
    not for the same; the others keep their own, and are to be generated.
    """
    n, known = len(condition), condition[:, -1] > 0
    differs = (condition[:, None] != condition[None]).any(2)
    fits = differs & known[:, None] & known[None]
    partner = rng.uniform(n, n).masked_fill(~fits, -1.0).argmax(1)
    second = torch.arange(n, device=condition.device) >= (n + 1) // 2
    is_wrong = second & fits.any(1)
    return torch.where(is_wrong[:, None], condition[partner], condition), is_wrong


def pair_rows(x: Tensor, condition: Tensor) -> Tensor:
    """Pictures (N, ...) and conditions (N, C) side by side, as one row each."""
    return torch.cat([x.flatten(1), condition.to(x)], 1)


def named(stage: int, terms: Terms) -> Terms:
    """The terms of a stage: those of the first, whose pictures are smaller, say so."""
    return {f"small_{name}": term for name, term in terms.items()} if stage else terms


MODEL = StackGAN
