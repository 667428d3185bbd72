"""The task of pretraining: critic and generator against each other, both averaged."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import count

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ssgan.config import InputError
from ssgan.data import Codec
from ssgan.models.config import GANConfig, decay, noise, optimizer, resolve_architecture, scheduled
from ssgan.models.health import GRID, MEASURES, MOST, Yardstick, yardstick
from ssgan.models.inference import apply, blocks
from ssgan.networks import Discriminator, build, constrainable, flat, normalises, reestimate
from ssgan.networks.readout import Readout, pooled, width
from ssgan.objectives import Critic, Objective, Terms, name_of
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime
from ssgan.training.batches import BatchSource
from ssgan.training.ema import average, averaged
from ssgan.training.optim import cosine, set_rate
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import descend
from ssgan.transforms.batch import Augmentation, augment

__all__ = ["Adversarial", "GANConfig"]

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

    def __init__(
        self,
        config: GANConfig,
        codec: Codec,
        on: Runtime,
        reference: Tensor,
        condition_width: int = 0,
    ) -> None:
        """`reference`: packed rows for the readout's centre and scale, and to compare with."""
        self.config, self.codec, self.runtime, self.reference = config, codec, on, reference
        self.told: Tensor | None = None  # conditions (N, condition_width) of the reference
        first = Rng(("pretrain", config.seed))
        untrained = build(
            codec.shape,
            architecture=resolve_architecture(config, codec),
            width=config.width,
            depth=config.depth,
            latent=config.latent,
            condition=condition_width,
            rng=first,
        )
        refuse_unfit(config, codec, untrained[1], len(reference))
        self.readout = Readout(width(untrained[1].trunk, codec.shape)).to(on.device)
        self.generator, self.critic = on.place(untrained[0]), on.place(untrained[1])
        self.mean_generator, self.mean_critic = averaged(self.generator), averaged(self.critic)
        self.overfitting = Overfitting().to(on.device)
        self.heads: nn.Module = nn.Identity()
        if config.selfsupervision:
            with seeded(first("heads")):
                self.heads = config.selfsupervision.heads(self.critic.features).to(on.device)
        self.generator_optimizer = optimizer(self.generator, config)
        self.critic_optimizer = optimizer(nn.ModuleList([self.critic, self.heads]), config)

    @property
    def rng(self) -> Rng:
        return Rng(("pretrain", self.config.seed), self.runtime.device)

    @property
    def parts(self) -> dict[str, Part]:
        names = ["generator", "critic", "mean_generator", "mean_critic", "readout"]
        names += ["generator_optimizer", "critic_optimizer"]
        names += ["heads"] if self.config.selfsupervision else []
        given = self.config.augmentation
        names += ["overfitting"] if given and given.schedule == "adaptive" else []
        return {name: getattr(self, name) for name in names}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        config, number, rng, refused = self.config, step.number, step.rng(self.rng), []
        terms: Terms = {}
        now = scheduled(config, number)
        rate = step.rate * cosine(number, config.steps, config.rate, config.rate * config.final)
        set_rate(self.generator_optimizer, rate)
        set_rate(self.critic_optimizer, rate)
        share = self.share(number)
        for k in range(now.critic_steps(number)):
            real, told = self.real(batches, number, k)
            terms, bad = self.critic_step(now, real, told, rng(k), share)
            refused.append(bad)
        more, bad = self.generator_step(now, real, told, rng, share)
        average(self.mean_generator, self.generator, decay(config, number), number)
        average(self.mean_critic, self.critic, decay(config, number), number)
        if step.saved:
            self.fit_readout()
        measures = {"not_finite": torch.stack([*refused, bad]).amax()}
        return terms | more, measures | self.adapted(real, told, step)

    def critic_step(
        self, now: Objective, real: Tensor, told: Tensor | None, rng: Rng, share: Share
    ) -> tuple[Terms, Tensor]:
        """`now`: the objective of this step; fakes get the conditions of their real partners."""
        more = self.config.selfsupervision
        with torch.no_grad():
            fake = self.fake(len(real), rng("critic"), told)
        score = self.scoring(told, share, rng("critic"), detached=bool(more and more.detached))

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
        self, now: Objective, real: Tensor, told: Tensor | None, rng: Rng, share: Share
    ) -> tuple[Terms, Tensor]:
        more = self.config.selfsupervision
        score = self.scoring(told, share, rng("generator"))

        def loss(real: Tensor) -> Terms:
            fake = self.fake(len(real), rng("generator"), told)
            terms = now.generator_loss(score, real, fake, rng("generator loss"))
            if more:
                args = self.trunk, self.heads, real, fake, rng("generator self-supervision")
                terms = terms | more.generator_terms(*args)
            return terms

        kept = [*self.generator.buffers(), *self.critic.buffers()]
        return descend(loss, (real,), self.generator_optimizer, self.runtime, kept)

    def scoring(
        self, told: Tensor | None, share: Share, rng: Rng, detached: bool = False
    ) -> Critic:
        """The critic as objectives see it: it knows the conditions and sees augmented samples."""
        calls = count()

        def score(x: Tensor) -> Tensor:
            if share is not None and self.config.augmentation:
                kinds = self.config.augmentation.kinds
                x = augment(x, kinds, share, rng("augmentation", next(calls)))
            given = () if told is None else (told,)
            return headed(self.critic, x, given) if detached else self.critic(x, *given)

        return score

    def trunk(self, x: Tensor) -> Tensor:
        """What self-supervision works on: the features (N, F) under the critic's head."""
        return flat(self.critic.trunk(x)[-1])

    def real(self, batches: BatchSource, step: int, k: int) -> tuple[Tensor, Tensor | None]:
        """A batch of real samples and their conditions."""
        packed, *told = batches("unlabeled", step, k)
        x = self.runtime.batch(self.codec.expand(packed))
        return x, told[0].to(x.device) if told else None

    def fake(self, n: int, rng: Rng, told: Tensor | None = None) -> Tensor:
        return self.made(self.generator, n, rng, told)

    def made(self, generator: nn.Module, n: int, rng: Rng, told: Tensor | None) -> Tensor:
        """Samples (n, *shape) as networks see them, of noise from `rng`."""
        given = () if told is None else (told,)
        with self.runtime.autocast():
            output = generator(noise(self.config, n, rng("noise")), *given)
        return self.codec.activate(output.float(), rng("activation"))

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
    def adapted(self, real: Tensor, told: Tensor | None, step: Step) -> Terms:
        """Measures of the augmentation, once it has looked at what the critic knows by heart."""
        given = self.config.augmentation
        if given is None or given.schedule != "adaptive":
            return {}
        if step.number % ADAPTED == 0:
            rng = step.rng(self.rng)("adapted")
            score = self.scoring(told, self.share(step.number), rng)
            fake = self.fake(len(real), rng, told)
            with self.runtime.autocast():
                scores = score(real), score(fake)
            self.overfitting.follow(*scores, given)
        return dict(self.overfitting.named_buffers())

    @torch.no_grad()
    def fit_readout(self) -> None:
        """Fit what comes after training to the averages: the readout, and batch norm if any."""
        if normalises(self.mean_critic):
            parts = blocks(self.reference)
            reestimate(self.mean_critic, ((self.expanded(part),) for part in parts))
        if normalises(self.mean_generator):
            reestimate(self.mean_generator, self.inputs())
        trunk = self.mean_critic.trunk
        rows = apply(lambda x: pooled(trunk(x)), self.reference, self.codec, self.runtime)
        self.readout.fit(rows.to(self.readout.center.device))

    def inputs(self) -> Iterator[tuple[Tensor, ...]]:
        """Noise and conditions for the generator, as many as there are reference rows."""
        told = None if self.told is None else blocks(self.told)
        for number, part in enumerate(blocks(self.reference)):
            rng = Rng(("batch norm", self.config.seed), self.runtime.device)(number)
            given = () if told is None else (told[number].to(self.runtime.device),)
            yield noise(self.config, len(part), rng), *given

    def expanded(self, packed: Tensor) -> Tensor:
        return self.runtime.batch(self.codec.expand(packed.to(self.runtime.device)))

    @cached_property
    def yardstick(self) -> Yardstick | None:
        return yardstick(self.codec.expand(self.reference[:MOST]))

    @torch.no_grad()
    def health(self, step: int) -> dict[str, float]:
        """How the training does after `step` steps; {} without two samples that differ.

        Measures of `Yardstick.measures`, and "score_gap", the critic's mean score of real samples
        less that of generated ones. Spread and gap are those of the networks in training, as
        averages would be late to tell; the others those of the average. NaN if samples are not
        finite.
        """
        if self.yardstick is None:
            return {}
        n = min(len(self.reference), MOST)
        told = None if self.told is None else self.told[:n].to(self.runtime.device)
        rng = Rng(("checkup", self.config.seed), self.runtime.device)
        with evaluating(self.generator):
            fakes = [self.made(g, n, rng, told) for g in (self.generator, self.mean_generator)]
        if not all(fake.isfinite().all() for fake in fakes):
            return dict.fromkeys(("score_gap", *MEASURES), float("nan"))
        given, real = () if told is None else (told,), self.expanded(self.reference[:n])
        with self.runtime.autocast(), evaluating(self.critic):
            scores = [self.critic(x, *given).float().mean() for x in (real, fakes[0])]
        grid, fake = (self.codec.expand(self.codec.pack(self.codec.decode(f))) for f in fakes)
        return {
            "score_gap": float(scores[0] - scores[1]),
            **self.yardstick.measures(fake, grid[:GRID]),
        }

    def result_networks(self) -> tuple[nn.Module, Discriminator, Readout]:
        """Generator, discriminator and readout as they are used: the averages."""
        return self.mean_generator, self.mean_critic, self.readout


def headed(critic: nn.Module, x: Tensor, told: tuple[Tensor, ...]) -> Tensor:
    """Scores (N,) whose loss teaches the head alone, while their slope in `x` teaches all.

    Terms of self-supervision teach the trunk then (Jeong and Shin 2021, section 3.2); penalties
    are on the whole critic, so they reach it too.
    """
    trunk = {name: p for name, p in critic.named_parameters() if name.startswith("trunk.")}
    head = {name: p for name, p in critic.named_parameters() if name not in trunk}

    def frozen(which: dict[str, nn.Parameter], x: Tensor) -> Tensor:
        fixed = {name: p.detach() for name, p in which.items()}
        scores: Tensor = functional_call(critic, fixed, (x, *told))
        return scores

    if not x.requires_grad:
        return frozen(trunk, x)
    whole: Tensor = critic(x, *told)
    # The same values, so nothing changes but that the trunk's part in their gradient is taken away.
    through_trunk = frozen(head, x.detach())
    return whole - through_trunk + through_trunk.detach()


def refuse_batch_norm(objective: Objective, critic: nn.Module) -> None:
    """ValueError if `objective` penalises gradients in single samples and `critic` mixes them."""
    if objective.penalises and normalises(critic):
        raise InputError(
            f"objective {name_of(objective)!r} penalises the critic's gradient in each sample, but "
            "with batch norm a score depends on the whole batch: take a body without it "
            "('auto', 'residual', 'conv' or 'dense'), or an objective without a penalty"
        )


def refuse_unfit(config: GANConfig, codec: Codec, critic: nn.Module, n: int) -> None:
    """ValueError for settings that cannot work with `n` such samples or these networks."""
    refuse_batch_norm(config.objective, critic)
    if normalises(critic) and min(n, config.batch) < 2:
        raise InputError(
            f"batch norm takes statistics of at least 2 samples, there are {n} and batches of "
            f"{config.batch}: take larger batches, or a body without it ('auto', 'residual', "
            "'conv' or 'dense')"
        )
    if config.selfsupervision:
        config.selfsupervision.check(codec.shape, config.batch)
    if config.augmentation and not {*config.augmentation.kinds} <= {*codec.augmentations}:
        raise InputError(
            f"augmentation shifts, blanks and colours images; these are {codec.kind}, where no "
            "such change keeps a sample real: leave it out"
        )


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Batch norm with its statistics of before, which stay as they are."""
    network.eval()
    try:
        yield
    finally:
        network.train()
