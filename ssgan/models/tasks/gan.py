"""The task of pretraining: critic and generator against each other, both averaged."""

from collections.abc import Mapping
from itertools import count
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ssgan.codecs.codec import Codec
from ssgan.config import InputError
from ssgan.models.config import GANConfig
from ssgan.models.domain import Domain
from ssgan.models.players import (
    WITHOUT_BATCH_NORM,
    Batch,
    CriticSteps,
    Networks,
    Players,
    TaskSetting,
    draw_samples,
    fit_readout,
    measure_health,
    set_rates,
    take_critic_steps,
    untrained_pair,
)
from ssgan.models.pooling import Readout, width
from ssgan.models.sampler import Conditions
from ssgan.models.schedules import decay, optimizer, scheduled
from ssgan.networks import Discriminator, constrainable, flatten_maps
from ssgan.objectives import Critic, Objective, name_of
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime, Terms
from ssgan.training.batches import BatchSource
from ssgan.training.ema import average, averaged
from ssgan.training.norms import normalises, reestimate
from ssgan.training.ranks import refuse_shared_norms, sharded
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import Stepped, descend
from ssgan.transforms.batch import Augmentation, augment_batch

ADAPTED = 4  # steps between two measures of the adaptive augmentation
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
    def follow(self, real: Tensor, fake: Tensor, augmentation: Augmentation) -> None:
        """Take scores (N,) of both into account, ADAPTED batches of which were seen.

        The signal is the mean sign of D(x) - median D(G(z)): 0 where the critic cannot tell, 1
        where it knows all real samples. Relativistic scores have no zero to compare with.
        """
        self.signal.copy_((real.float() - fake.float().median()).sign().mean())
        step = ADAPTED * len(real) / augmentation.images
        move = (self.signal - augmentation.target).sign() * step
        self.probability.copy_((self.probability + move).clamp(0.0, augmentation.share))


class Ceiling(nn.Module):
    """What share of real and generated samples the critic told apart in the last batch."""

    accuracy: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("accuracy", torch.zeros(()))

    @torch.no_grad()
    def follow(self, real: Tensor, fake: Tensor) -> None:
        """Take scores (N,) of both into account: real ones are to be above 0, others below."""
        right = torch.cat([real > 0, fake < 0])
        self.accuracy.copy_(right.float().mean())


class Adversarial:
    """The task of pretraining: critic and generator against each other, both averaged."""

    generator: nn.Module
    critic: Discriminator

    def __init__(self, config: GANConfig, domains: Mapping[str, Domain], on: Runtime) -> None:
        """`domains`: a part of the samples, "unlabeled", to calibrate by."""
        self.setting = TaskSetting(config, domains["unlabeled"], on)
        self.config, self.runtime, self.calibration = config, on, self.setting.calibration
        self.codec = codec = self.setting.codec
        generator, critic = self.pair(config, codec, self.calibration.width)
        refuse_unfit(config, codec, critic, len(self.calibration))
        refuse_shared_norms(generator, critic)
        self.readout = Readout(width(critic.trunk, codec.shape)).to(on.device)
        self.generator, self.critic = on.place(generator), on.place(critic)
        self.critics = nn.ModuleList([self.critic, *self.further_critics()])
        self.mean_generator, self.mean_critic = averaged(self.generator), averaged(self.critic)
        self.overfitting, self.ceiling = Overfitting().to(on.device), Ceiling().to(on.device)
        self.heads: nn.Module = nn.Identity()
        if config.selfsupervision:
            with seeded(Rng(("pretrain", config.seed))("heads")):
                self.heads = config.selfsupervision.heads(self.critic.features).to(on.device)
        self.generator_optimizer = optimizer(self.generator, config)
        self.critic_optimizer = optimizer(nn.ModuleList([*self.critics, self.heads]), config)
        self.calibrate()  # so that a run which is stopped early has a fitted readout too

    @staticmethod
    def pair(config: GANConfig, codec: Codec, condition: int) -> tuple[nn.Module, Discriminator]:
        """Generator and critic, untrained."""
        return untrained_pair(config, codec, condition)

    def further_critics(self) -> tuple[Discriminator, ...]:
        """Critics that nobody needs after training; here there are none."""
        return ()

    @classmethod
    def untrained(cls, config: GANConfig, codec: Codec, condition: int) -> dict[str, nn.Module]:
        """The networks that are used after training, by the names of a checkpoint's parts."""
        generator, critic = cls.pair(config, codec, condition)
        readout = Readout(width(critic.trunk, codec.shape))
        return {"mean_generator": generator, "mean_critic": critic, "readout": readout}

    @staticmethod
    def networks(parts: Mapping[str, Any]) -> Networks:
        """The averages, as they are used."""
        return Networks(parts["mean_generator"], parts["readout"], parts["mean_critic"])

    @property
    def parts(self) -> dict[str, Part]:
        """What a checkpoint keeps."""
        names = ["generator", "critic", "mean_generator", "mean_critic", "readout"]
        names += ["generator_optimizer", "critic_optimizer"]
        names += ["heads"] if self.config.selfsupervision else []
        augmentation = self.config.augmentation
        names += [] if self.config.critic_ceiling is None else ["ceiling"]
        names += ["overfitting"] if augmentation and augmentation.adaptive else []
        return {name: getattr(self, name) for name in names}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        """Some steps of the critic and one of the generator."""
        config, number, rng = self.config, step.number, step.rng(self.setting.rng)
        objective, share = scheduled(config, number), self.share(number)
        set_rates(config, step, self.generator_optimizer)
        set_rates(config, step, self.critic_optimizer, first=config.critic_rate)

        def take_one(k: int) -> CriticSteps:
            batch = self.setting.batch(batches, step, k)
            return batch, self.critic_step(objective, batch, rng(k), share)

        batch, (terms, refused) = take_critic_steps(objective.critic_steps(number), take_one)
        more, bad = self.generator_step(objective, batch, rng, share)
        average(self.mean_generator, self.generator, decay(config, number), number)
        average(self.mean_critic, self.critic, decay(config, number), number)
        if step.saved:
            self.calibrate()
        measures = {"not_finite": torch.stack([refused, bad]).amax()}
        if config.critic_ceiling is not None:
            measures["critic_accuracy"] = self.ceiling.accuracy.clone()
        return terms | more, measures | self.follow_overfitting(batch, step)

    def critic_step(self, objective: Objective, batch: Batch, rng: Rng, share: Share) -> Stepped:
        """One step of the critic: fakes get the conditions of their real partners."""
        (real, conditions), more = batch, self.config.selfsupervision
        with torch.no_grad():
            fake = self.fake(len(real), rng("critic"), conditions)

        def loss(real: Tensor, fake: Tensor) -> Terms:
            terms = self.critic_terms(objective, (real, conditions), fake, rng, share)
            if more:
                args = self.trunk, self.heads, real, fake, rng("critic self-supervision")
                terms = terms | more.critic_terms(*args)
            return terms

        hold = self.hold_critic(real, fake, self.scoring(conditions, share, rng("held")))
        buffers = list(self.critics.buffers())
        stepped = descend(loss, (real, fake), self.critic_optimizer, self.runtime, buffers, hold)
        objective.constrain(constrainable(self.critics))
        return stepped

    def critic_terms(
        self, objective: Objective, batch: Batch, fake: Tensor, rng: Rng, share: Share
    ) -> Terms:
        """What the critic loses on real and generated samples."""
        (real, conditions), more = batch, self.config.selfsupervision
        score = self.scoring(conditions, share, rng("critic"), bool(more and more.detached))
        return objective.critic_loss(score, real, fake, rng("critic loss"))

    @torch.no_grad()
    def hold_critic(self, real: Tensor, fake: Tensor, score: Critic) -> Tensor | None:
        """1 where the critic told too much apart in the last batch, before it learns from this one
        (Wu et al. 2016, "3D-GAN", section 3.1)."""
        if self.config.critic_ceiling is None:
            return None
        hold = (self.ceiling.accuracy > self.config.critic_ceiling).float()
        with self.runtime.autocast():
            self.ceiling.follow(score(real), score(fake))
        return hold

    def generator_step(self, objective: Objective, batch: Batch, rng: Rng, share: Share) -> Stepped:
        """One step of the generator, against the critic as it is."""
        (real, conditions), more = batch, self.config.selfsupervision

        def loss(real: Tensor) -> Terms:
            terms, fake = self.generator_terms(objective, (real, conditions), rng, share)
            if more:
                args = self.trunk, self.heads, real, fake, rng("generator self-supervision")
                terms = terms | more.generator_terms(*args)
            return terms

        buffers = [*self.generator.buffers(), *self.critics.buffers()]
        return descend(loss, (real,), self.generator_optimizer, self.runtime, buffers)

    def generator_terms(
        self, objective: Objective, batch: Batch, rng: Rng, share: Share
    ) -> tuple[Terms, Tensor]:
        """What the generator loses, and the samples by which it does."""
        real, conditions = batch
        score = self.scoring(conditions, share, rng("generator"))
        fake = self.fake(len(real), rng("generator"), conditions)
        return objective.generator_loss(score, real, fake, rng("generator loss")), fake

    def scoring(
        self,
        conditions: Conditions,
        share: Share,
        rng: Rng,
        detached: bool = False,
        critic: nn.Module | None = None,
    ) -> Critic:
        """A critic as objectives see it: it knows the conditions and sees augmented samples."""
        calls, network = count(), critic or self.critic

        def score(x: Tensor) -> Tensor:
            if share is not None and self.config.augmentation:
                kinds = self.config.augmentation.kinds
                x = augment_batch(x, kinds, share, rng("augmentation", next(calls)))
            scores: Tensor
            if detached:
                return scores_for_head(network, x, conditions)
            scores = sharded(network)(x, *conditions)
            return scores

        return score

    def trunk(self, x: Tensor) -> Tensor:
        """What self-supervision works on: the features (N, F) under the critic's head."""
        features: Tensor = sharded(lambda x: flatten_maps(self.critic.trunk(x)[-1]))(x)
        return features

    def fake(self, n: int, rng: Rng, conditions: Conditions = ()) -> Tensor:
        """Samples of the generator in training."""
        return self.generate_samples(self.generator, n, rng, conditions)

    def generate_samples(
        self, generator: nn.Module, n: int, rng: Rng, conditions: Conditions = ()
    ) -> Tensor:
        """Samples (n, *shape) as networks see them, of noise from `rng`."""
        return self.setting.generate(generator, n, rng, conditions)

    def health(self, step: int) -> dict[str, float]:
        """Measures of `measure_health`."""
        players = Players(self.generator, self.mean_generator, self.critic)
        return measure_health(self.setting, players, self.generate_samples)

    def pictures(self, step: int) -> dict[str, bytes]:
        """A few samples."""
        return draw_samples(self.setting, self.mean_generator, step)

    def share(self, step: int) -> Share:
        """The probability of augmentation; None without one."""
        augmentation = self.config.augmentation
        if augmentation is None:
            return None
        return augmentation.at(step / max(self.config.steps, 1), self.overfitting.probability)

    @torch.no_grad()
    def follow_overfitting(self, batch: Batch, step: Step) -> Terms:
        """Measures of the augmentation, once it has seen how far the critic overfits."""
        (real, conditions), augmentation = batch, self.config.augmentation
        if augmentation is None or not augmentation.adaptive:
            return {}
        if step.number % ADAPTED == 0:
            rng = step.rng(self.setting.rng)("adapted")
            score = self.scoring(conditions, self.share(step.number), rng)
            fake = self.fake(len(real), rng, conditions)
            with self.runtime.autocast():
                scores = score(real), score(fake)
            self.overfitting.follow(*scores, augmentation)
        return dict(self.overfitting.named_buffers())

    @torch.no_grad()
    def calibrate(self) -> None:
        """Fit what comes after training to the averages: batch norm if any, and the readout."""
        if normalises(self.mean_critic):
            samples = ((x,) for x, *_ in self.calibration.blocks(self.runtime))
            reestimate(self.mean_critic, samples)
        if normalises(self.mean_generator):
            rng = Rng(("batch norm", self.config.seed), self.runtime.device)
            blocks = enumerate(self.calibration.blocks(self.runtime))
            inputs = (
                self.setting.sampler.inputs(len(x), rng(k), tuple(conditions))
                for k, (x, *conditions) in blocks
            )
            reestimate(self.mean_generator, inputs)
        fit_readout(self.readout, self.mean_critic.trunk, self.calibration, self.runtime)


def scores_for_head(critic: nn.Module, x: Tensor, conditions: Conditions) -> Tensor:
    """Scores (N,) whose loss teaches the head alone, while their slope in `x` teaches all.

    Terms of self-supervision teach the trunk then (Jeong and Shin 2021, section 3.2); penalties
    are on the whole critic, so they reach it too.
    """
    trunk = {name: p for name, p in critic.named_parameters() if name.startswith("trunk.")}
    head = {name: p for name, p in critic.named_parameters() if name not in trunk}

    def frozen(weights: dict[str, nn.Parameter], x: Tensor) -> Tensor:
        fixed = {name: p.detach() for name, p in weights.items()}
        scores: Tensor = sharded(lambda *rows: functional_call(critic, fixed, rows))(x, *conditions)
        return scores

    if not x.requires_grad:
        return frozen(trunk, x)
    whole: Tensor = sharded(critic)(x, *conditions)
    # The same values, so nothing changes but that the trunk's part in their gradient is taken away.
    through_trunk = frozen(head, x.detach())
    return whole - through_trunk + through_trunk.detach()


def refuse_batch_norm(objective: Objective, critic: nn.Module) -> None:
    """InputError if `objective` penalises gradients in single samples and `critic` mixes them."""
    if objective.penalises and normalises(critic):
        raise InputError(
            f"objective {name_of(objective)!r} penalises the critic's gradient in each sample, but "
            "with batch norm a score depends on the whole batch: take an architecture without it "
            f"({WITHOUT_BATCH_NORM}), or an objective without a penalty"
        )


def refuse_unfit(config: GANConfig, codec: Codec, critic: nn.Module, n: int) -> None:
    """InputError for settings that cannot work with `n` such samples or these networks."""
    refuse_batch_norm(config.objective, critic)
    if normalises(critic) and min(n, config.batch) < 2:
        raise InputError(
            f"batch norm takes statistics of at least 2 samples, there are {n} and batches of "
            f"{config.batch}: take larger batches, or an architecture without it "
            f"({WITHOUT_BATCH_NORM})"
        )
    if config.selfsupervision:
        config.selfsupervision.check(codec.shape, config.batch)
    if config.augmentation and not {*config.augmentation.kinds} <= {*codec.augmentations}:
        raise InputError(
            f"augmentation shifts, blanks and colours images; these are {codec.kind}, where no "
            "such change keeps a sample real: leave it out"
        )


MODEL = Adversarial
