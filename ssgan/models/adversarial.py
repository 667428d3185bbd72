"""The task of pretraining: critic and generator against each other, both averaged."""

from collections.abc import Mapping
from functools import cached_property
from itertools import count
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ssgan.codecs.codec import Codec
from ssgan.config import InputError
from ssgan.models.config import GANConfig, decay, optimizer, scheduled
from ssgan.models.domain import Domain
from ssgan.models.health import MOST, Evaluator, evaluator_of
from ssgan.models.players import (
    Given,
    Networks,
    fit_readout,
    health,
    pictures,
    real_batch,
    sampler_of,
    set_rates,
    untrained_pair,
)
from ssgan.models.sampler import generate
from ssgan.networks import constrainable, flatten_maps, normalises, reestimate
from ssgan.networks.readout import Readout, width
from ssgan.objectives import Critic, Objective, Terms, name_of
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime
from ssgan.training.batches import BatchSource
from ssgan.training.ema import average, averaged
from ssgan.training.optim import cosine
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import descend
from ssgan.transforms.batch import Augmentation, augment_batch

ADAPTED = 4  # steps between two looks of the adaptive augmentation
Share = float | Tensor | None  # the probability of augmentation


class Overfitting(nn.Module):
    """What adaptive augmentation keeps: its probability and the last signal that moved it."""

    probability: Tensor
    signal: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("probability", torch.zeros(()))
        self.register_buffer("signal", torch.zeros(()))

    @torch.no_grad()
    def follow(self, real: Tensor, fake: Tensor, given: Augmentation) -> None:
        """Take scores (N,) of both into account, ADAPTED batches of which were seen.

        The signal is the mean sign of D(x) - median D(G(z)): 0 where the critic cannot tell, 1
        where it knows all real samples. Relativistic scores have no zero to compare with.
        """
        self.signal.copy_((real.float() - fake.float().median()).sign().mean())
        move = (self.signal - given.target).sign() * (ADAPTED * len(real) / given.images)
        self.probability.copy_((self.probability + move).clamp(0.0, given.share))


class Adversarial:
    """The task of pretraining: critic and generator against each other, both averaged."""

    def __init__(self, config: GANConfig, domains: Mapping[str, Domain], on: Runtime) -> None:
        """`domains`: a part of the samples, "unlabeled", to calibrate by."""
        self.config, self.runtime, self.some = config, on, domains["unlabeled"]
        self.codec = codec = self.some.codec
        self.sampler = sampler_of(config, self.some.condition)
        generator, critic = untrained_pair(config, codec, self.some.width)
        refuse_unfit(config, codec, critic, len(self.some))
        self.readout = Readout(width(critic.trunk, codec.shape)).to(on.device)
        self.generator, self.critic = on.place(generator), on.place(critic)
        self.mean_generator, self.mean_critic = averaged(self.generator), averaged(self.critic)
        self.overfitting = Overfitting().to(on.device)
        self.heads: nn.Module = nn.Identity()
        if config.selfsupervision:
            with seeded(Rng(("pretrain", config.seed))("heads")):
                self.heads = config.selfsupervision.heads(self.critic.features).to(on.device)
        self.generator_optimizer = optimizer(self.generator, config)
        self.critic_optimizer = optimizer(nn.ModuleList([self.critic, self.heads]), config)
        self.calibrate()  # so that a run which is stopped early has a fitted readout too

    @staticmethod
    def untrained(config: GANConfig, codec: Codec, condition: int) -> dict[str, nn.Module]:
        """The networks that are used after training, by the names of a checkpoint's parts."""
        generator, critic = untrained_pair(config, codec, condition)
        readout = Readout(width(critic.trunk, codec.shape))
        return {"mean_generator": generator, "mean_critic": critic, "readout": readout}

    @staticmethod
    def networks(parts: Mapping[str, Any]) -> Networks:
        """The averages, as they are used."""
        return Networks(parts["mean_generator"], parts["mean_critic"], parts["readout"])

    @property
    def rng(self) -> Rng:
        """The randomness of all steps."""
        return Rng(("pretrain", self.config.seed), self.runtime.device)

    @property
    def parts(self) -> dict[str, Part]:
        """What a checkpoint keeps."""
        names = ["generator", "critic", "mean_generator", "mean_critic", "readout"]
        names += ["generator_optimizer", "critic_optimizer"]
        names += ["heads"] if self.config.selfsupervision else []
        given = self.config.augmentation
        names += ["overfitting"] if given and given.schedule == "adaptive" else []
        return {name: getattr(self, name) for name in names}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        """Some steps of the critic and one of the generator."""
        config, number, rng, refused = self.config, step.number, step.rng(self.rng), []
        terms: Terms = {}
        now, share = scheduled(config, number), self.share(number)
        set_rates(config, step, self.generator_optimizer, self.critic_optimizer)
        for k in range(now.critic_steps(number)):
            real, given = real_batch(batches, number, k, self.codec, self.runtime)
            terms, bad = self.critic_step(now, real, given, rng(k), share)
            refused.append(bad)
        more, bad = self.generator_step(now, real, given, rng, share)
        average(self.mean_generator, self.generator, decay(config, number), number)
        average(self.mean_critic, self.critic, decay(config, number), number)
        if step.saved:
            self.calibrate()
        measures = {"not_finite": torch.stack([*refused, bad]).amax()}
        return terms | more, measures | self.adapted(real, given, step)

    def critic_step(
        self, now: Objective, real: Tensor, given: Given, rng: Rng, share: Share
    ) -> tuple[Terms, Tensor]:
        """`now`: the objective of this step; fakes get the conditions of their real partners."""
        more = self.config.selfsupervision
        with torch.no_grad():
            fake = self.fake(len(real), rng("critic"), given)
        score = self.scoring(given, share, rng("critic"), detached=bool(more and more.detached))

        def loss(real: Tensor, fake: Tensor) -> Terms:
            terms = now.critic_loss(score, real, fake, rng("critic loss"))
            if more:
                args = self.trunk, self.heads, real, fake, rng("critic self-supervision")
                terms = terms | more.critic_terms(*args)
            return terms

        kept = list(self.critic.buffers())
        stepped = descend(loss, (real, fake), self.critic_optimizer, self.runtime, kept)
        now.constrain(constrainable(self.critic))
        return stepped

    def generator_step(
        self, now: Objective, real: Tensor, given: Given, rng: Rng, share: Share
    ) -> tuple[Terms, Tensor]:
        """One step of the generator, against the critic as it is."""
        more = self.config.selfsupervision
        score = self.scoring(given, share, rng("generator"))

        def loss(real: Tensor) -> Terms:
            fake = self.fake(len(real), rng("generator"), given)
            terms = now.generator_loss(score, real, fake, rng("generator loss"))
            if more:
                args = self.trunk, self.heads, real, fake, rng("generator self-supervision")
                terms = terms | more.generator_terms(*args)
            return terms

        kept = [*self.generator.buffers(), *self.critic.buffers()]
        return descend(loss, (real,), self.generator_optimizer, self.runtime, kept)

    def scoring(self, given: Given, share: Share, rng: Rng, detached: bool = False) -> Critic:
        """The critic as objectives see it: it knows the conditions and sees augmented samples."""
        calls = count()

        def score(x: Tensor) -> Tensor:
            if share is not None and self.config.augmentation:
                kinds = self.config.augmentation.kinds
                x = augment_batch(x, kinds, share, rng("augmentation", next(calls)))
            return headed(self.critic, x, given) if detached else self.critic(x, *given)

        return score

    def trunk(self, x: Tensor) -> Tensor:
        """What self-supervision works on: the features (N, F) under the critic's head."""
        return flatten_maps(self.critic.trunk(x)[-1])

    def fake(self, n: int, rng: Rng, given: Given = ()) -> Tensor:
        """Samples of the generator in training."""
        return self.made(self.generator, n, rng, given)

    def made(self, generator: nn.Module, n: int, rng: Rng, given: Given = ()) -> Tensor:
        """Samples (n, *shape) as networks see them, of noise from `rng`."""
        inputs = self.sampler.inputs(n, rng("noise"), given)
        return generate(generator, inputs, self.codec, self.runtime, rng("activation"))

    def share(self, step: int) -> Share:
        """The probability of augmentation; None without one."""
        given = self.config.augmentation
        if given is None:
            return None
        if given.schedule == "fixed":
            return given.share
        if given.schedule == "cosine":
            return cosine(step, self.config.steps, given.share, 0.0)
        return self.overfitting.probability

    @torch.no_grad()
    def adapted(self, real: Tensor, given: Given, step: Step) -> Terms:
        """Measures of the augmentation, once it has seen how far the critic overfits."""
        augmentation = self.config.augmentation
        if augmentation is None or augmentation.schedule != "adaptive":
            return {}
        if step.number % ADAPTED == 0:
            rng = step.rng(self.rng)("adapted")
            score = self.scoring(given, self.share(step.number), rng)
            fake = self.fake(len(real), rng, given)
            with self.runtime.autocast():
                scores = score(real), score(fake)
            self.overfitting.follow(*scores, augmentation)
        return dict(self.overfitting.named_buffers())

    @torch.no_grad()
    def calibrate(self) -> None:
        """Fit what comes after training to the averages: batch norm if any, and the readout."""
        if normalises(self.mean_critic):
            samples = ((x,) for x, *_ in self.some.blocks(self.runtime))
            reestimate(self.mean_critic, samples)
        if normalises(self.mean_generator):
            rng = Rng(("batch norm", self.config.seed), self.runtime.device)
            blocks = enumerate(self.some.blocks(self.runtime))
            inputs = (
                self.sampler.inputs(len(x), rng(k), tuple(given)) for k, (x, *given) in blocks
            )
            reestimate(self.mean_generator, inputs)
        fit_readout(self.readout, self.mean_critic.trunk, self.some, self.runtime)

    @cached_property
    def evaluator(self) -> Evaluator | None:
        """What generated samples are compared with."""
        return evaluator_of(self.codec.expand(self.some.samples[:MOST]))

    def health(self, step: int) -> dict[str, float]:
        """Measures of `players.health`."""
        return health(self, self.critic)

    def pictures(self, step: int) -> dict[str, bytes]:
        """A few samples."""
        return pictures(self, step)


def headed(critic: nn.Module, x: Tensor, given: Given) -> Tensor:
    """Scores (N,) whose loss teaches the head alone, while their slope in `x` teaches all.

    Terms of self-supervision teach the trunk then (Jeong and Shin 2021, section 3.2); penalties
    are on the whole critic, so they reach it too.
    """
    trunk = {name: p for name, p in critic.named_parameters() if name.startswith("trunk.")}
    head = {name: p for name, p in critic.named_parameters() if name not in trunk}

    def frozen(which: dict[str, nn.Parameter], x: Tensor) -> Tensor:
        fixed = {name: p.detach() for name, p in which.items()}
        scores: Tensor = functional_call(critic, fixed, (x, *given))
        return scores

    if not x.requires_grad:
        return frozen(trunk, x)
    whole: Tensor = critic(x, *given)
    # The same values, so nothing changes but that the trunk's part in their gradient is taken away.
    through_trunk = frozen(head, x.detach())
    return whole - through_trunk + through_trunk.detach()


def refuse_batch_norm(objective: Objective, critic: nn.Module) -> None:
    """ValueError if `objective` penalises gradients in single samples and `critic` mixes them."""
    if objective.penalises and normalises(critic):
        raise InputError(
            f"objective {name_of(objective)!r} penalises the critic's gradient in each sample, but "
            "with batch norm a score depends on the whole batch: take an architecture without it "
            "('auto', 'residual', 'conv' or 'dense'), or an objective without a penalty"
        )


def refuse_unfit(config: GANConfig, codec: Codec, critic: nn.Module, n: int) -> None:
    """ValueError for settings that cannot work with `n` such samples or these networks."""
    refuse_batch_norm(config.objective, critic)
    if normalises(critic) and min(n, config.batch) < 2:
        raise InputError(
            f"batch norm takes statistics of at least 2 samples, there are {n} and batches of "
            f"{config.batch}: take larger batches, or an architecture without it ('auto', "
            "'residual', 'conv' or 'dense')"
        )
    if config.selfsupervision:
        config.selfsupervision.check(codec.shape, config.batch)
    if config.augmentation and not {*config.augmentation.kinds} <= {*codec.augmentations}:
        raise InputError(
            f"augmentation shifts, blanks and colours images; these are {codec.kind}, where no "
            "such change keeps a sample real: leave it out"
        )
