"""What the tasks of generative models share: plain functions, and what they are functions of."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ssgan.codecs.codec import Codec
from ssgan.models.condition import Condition, one_of_each
from ssgan.models.config import GANConfig, resolve_architecture
from ssgan.models.domain import Domain
from ssgan.models.health import GRID, MEASURES, MOST, Evaluator, evaluator_of
from ssgan.models.inference import apply
from ssgan.models.pooling import Readout, pooled
from ssgan.models.sampler import Conditions, Sampler, generate
from ssgan.networks import Discriminator, build
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime
from ssgan.training.batches import BatchSource
from ssgan.training.loop import Task
from ssgan.training.optim import cosine, set_rate
from ssgan.training.ranks import sharded
from ssgan.training.schedule import Step
from ssgan.training.step import Stepped

Batch = tuple[Tensor, Conditions]  # samples (N, *shape) as networks see them, their conditions
CriticSteps = tuple[Batch, Stepped]  # the last batch, and the terms of its step
# Samples (n, *shape) of a generator, from noise of an rng, with conditions.
GenerateSamples = Callable[[nn.Module, int, Rng, Conditions], Tensor]
PREVIEW = 64  # samples kept at every checkpoint


@dataclass(frozen=True)
class Networks:
    """What is used of a trained model: averages, in the form in which they are used."""

    generator: nn.Module
    readout: Readout
    discriminator: nn.Module | None = None  # scores; a VAE has none
    encoder: nn.Module | None = None  # what features are read from where it is another network


@dataclass(frozen=True, eq=False)
class Players:
    """Networks in training whose health is measured, and the average of the generator."""

    generator: nn.Module
    mean_generator: nn.Module
    critic: nn.Module | None = None


@dataclass(frozen=True, eq=False)
class TaskSetting:
    """What a task of a generative model is given: its config, samples to calibrate by, a device."""

    config: GANConfig
    calibration: Domain
    runtime: Runtime

    @property
    def codec(self) -> Codec:
        """Of the samples."""
        return self.calibration.codec

    @property
    def rng(self) -> Rng:
        """The randomness of all steps."""
        return Rng(("pretrain", self.config.seed), self.runtime.device)

    @property
    def sampler(self) -> Sampler:
        """What the generator makes samples of."""
        return sampler_of(self.config, self.calibration.condition)

    @cached_property
    def evaluator(self) -> Evaluator | None:
        """What generated samples are compared with."""
        return evaluator_of(self.codec.expand(self.calibration.samples[:MOST]))

    def batch(self, batches: BatchSource, step: Step, k: int = 0) -> Batch:
        """The k-th batch of real samples at a step, of several captions with one that is drawn."""
        x, conditions = real_batch(batches, step.number, k, self.codec, self.runtime)
        rng = step.rng(self.rng)("captions", k)
        return x, tuple(one_of_each(condition, rng) for condition in conditions)

    def generate(
        self, generator: nn.Module, n: int, rng: Rng, conditions: Conditions = ()
    ) -> Tensor:
        """Samples (n, *shape) as networks see them, of noise from `rng`."""
        inputs = self.sampler.inputs(n, rng("noise"), conditions)
        return generate(sharded(generator), inputs, self.codec, self.runtime, rng("activation"))


class GenerativeModel(Protocol):
    """A kind of generative model, as the table `MODELS` has it: a class of tasks."""

    def __call__(self, config: GANConfig, domains: Mapping[str, Domain], on: Runtime) -> Task:
        """The task; `domains` are a part of each domain's samples, to calibrate by."""

    def untrained(self, config: GANConfig, codec: Codec, condition: int) -> dict[str, nn.Module]:
        """The networks that are used after training, by the names of a checkpoint's parts."""

    def networks(self, parts: Mapping[str, Any]) -> Networks:
        """Those networks in the form in which they are used."""


def untrained_pair(
    config: GANConfig, codec: Codec, condition: int = 0, rng: Rng | None = None
) -> tuple[nn.Module, Discriminator]:
    """Generator and discriminator of a config; `condition`: columns of a condition."""
    rng = rng or Rng(("pretrain", config.seed))
    with seeded(rng("networks")):
        return build(
            codec.shape,
            architecture=resolve_architecture(config, codec),
            width=config.width,
            depth=config.depth,
            latent=config.latent,
            condition=condition,
        )


def sampler_of(config: GANConfig, condition: Condition | None) -> Sampler:
    """What the generator of a config makes samples of."""
    return Sampler(config.latent, config.noise, condition)


def real_batch(batches: BatchSource, step: int, k: int, codec: Codec, on: Runtime) -> Batch:
    """A batch of real samples (N, *shape) as networks see them, and their conditions."""
    packed, *conditions = batches("unlabeled", step, k)
    x = on.batch(codec.expand(packed))
    return x, tuple(condition.to(x.device) for condition in conditions)


WITHOUT_BATCH_NORM = "'auto', 'residual', 'conv' or 'dense'"  # architectures to take instead


def set_rates(
    config: GANConfig,
    step: Step,
    *optimizers: torch.optim.Optimizer,
    first: float | None = None,
) -> None:
    """The learning rate of this step, along a cosine from `first`, or that of the config."""
    first = config.rate if first is None else first
    rate = cosine(step.number, config.steps, first, first * config.final)
    for optimizer in optimizers:
        set_rate(optimizer, rate * step.rate)


@torch.no_grad()
def fit_readout(readout: Readout, trunk: nn.Module, calibration: Domain, on: Runtime) -> None:
    """Standardise what is read of a trunk by the calibration samples."""
    features = apply(lambda x: pooled(trunk(x)), calibration.samples, calibration.codec, on)
    readout.fit(features.to(readout.center.device))


def take_critic_steps(n: int, take_one: Callable[[int], tuple[Batch, Stepped]]) -> CriticSteps:
    """Take n >= 1 steps of the critic, each on a batch of its own, by `take_one(k)`.

    Returns the last batch, the terms of its step, and 1 if any step was refused.
    """
    results = [take_one(k) for k in range(n)]
    batch, (terms, _) = results[-1]
    return batch, (terms, torch.stack([refused for _, (_, refused) in results]).amax())


@torch.no_grad()
def measure_health(
    setting: TaskSetting, players: Players, generate_samples: GenerateSamples
) -> dict[str, float]:
    """How a training does; {} without two samples that differ.

    Measures of `Evaluator.measures`, and with a critic "score_gap", its mean score of real samples
    less that of generated ones. Spread and gap are those of the networks in training, as averages
    would be late to tell; the others those of the average. NaN if samples are not finite.
    """
    if setting.evaluator is None:
        return {}
    codec, critic, on = setting.codec, players.critic, setting.runtime
    real, *conditions = setting.calibration.encoded(on, MOST)
    rng = Rng(("checkup", setting.config.seed), on.device)
    with evaluating(players.generator):
        fakes = [
            generate_samples(network, len(real), rng, tuple(conditions))
            for network in (players.generator, players.mean_generator)
        ]
    if not all(fake.isfinite().all() for fake in fakes):
        names = MEASURES if critic is None else ("score_gap", *MEASURES)
        return dict.fromkeys(names, float("nan"))
    measures = {}
    if critic is not None:
        with on.autocast(), evaluating(critic):
            scores = [critic(x, *conditions).float().mean() for x in (real, fakes[0])]
        measures["score_gap"] = float(scores[0] - scores[1])
    grid, fake = (codec.expand(codec.pack(codec.decode(f))) for f in fakes)
    return measures | setting.evaluator.measures(fake, grid[:GRID])


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Batch norm with its statistics of before, which stay as they are."""
    network.eval()
    try:
        yield
    finally:
        network.train()


@torch.no_grad()
def draw_samples(setting: TaskSetting, generator: nn.Module, step: int) -> dict[str, bytes]:
    """A few samples after so many steps, of the same noise at every step: a file of a run."""
    codec, on = setting.codec, setting.runtime
    rng = Rng(("samples", setting.config.seed), on.device)
    inputs = setting.sampler.chunk(0, rng)
    x = generate(generator, inputs, codec, on, rng("activation", 0))
    suffix, content = codec.preview(codec.decode(x[:PREVIEW].cpu()))
    return {f"samples/step-{step:08d}{suffix}": content}
