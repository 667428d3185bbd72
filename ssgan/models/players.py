"""What the tasks of generative models share: a base class, and functions of what they need."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ssgan.codecs.codec import Codec
from ssgan.models.condition import Condition
from ssgan.models.config import GANConfig, resolve_architecture
from ssgan.models.domain import Domain
from ssgan.models.health import GRID, MEASURES, MOST, Evaluator, evaluator_of
from ssgan.models.inference import apply
from ssgan.models.sampler import Conditions, Sampler, generate
from ssgan.networks import Discriminator, build
from ssgan.networks.readout import Readout, pooled
from ssgan.objectives import Terms
from ssgan.randomness import Rng
from ssgan.runtime import Runtime
from ssgan.training.batches import BatchSource
from ssgan.training.optim import cosine, set_rate
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import Stepped

Batch = tuple[Tensor, Conditions]  # samples (N, *shape) as networks see them, their conditions
PREVIEW = 64  # samples kept at every checkpoint


@dataclass(frozen=True)
class Networks:
    """What is used of a trained model: averages, in the form in which they are used."""

    generator: nn.Module
    readout: Readout
    discriminator: nn.Module | None = None  # scores; a VAE has none
    encoder: nn.Module | None = None  # what features are read from where it is another network


class Generative:
    """A task that trains a generator, by what all such tasks have in common.

    A subclass makes its networks and takes the steps: `parts` and `update`.
    """

    generator: nn.Module
    mean_generator: nn.Module
    critic: nn.Module | None = None

    def __init__(self, config: GANConfig, domains: Mapping[str, Domain], on: Runtime) -> None:
        """`domains`: a part of the samples, "unlabeled", to calibrate by."""
        self.config, self.runtime, self.calibration = config, on, domains["unlabeled"]
        self.codec = self.calibration.codec
        self.sampler = sampler_of(config, self.calibration.condition)

    @property
    def parts(self) -> dict[str, Part]:
        """What a checkpoint keeps."""
        raise NotImplementedError

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        """Take a step; its terms and measures."""
        raise NotImplementedError

    @property
    def rng(self) -> Rng:
        """The randomness of all steps."""
        return Rng(("pretrain", self.config.seed), self.runtime.device)

    @cached_property
    def evaluator(self) -> Evaluator | None:
        """What generated samples are compared with."""
        return evaluator_of(self.codec.expand(self.calibration.samples[:MOST]))

    def batch(self, batches: BatchSource, step: Step, k: int = 0) -> Batch:
        """The k-th batch of real samples at a step."""
        return real_batch(batches, step.number, k, self.codec, self.runtime)

    def critic_steps(
        self, n: int, batches: BatchSource, step: Step, take: Callable[[Batch, int], Stepped]
    ) -> tuple[Batch, Stepped]:
        """Take n steps of the critic, each on a batch of its own, by `take(batch, k)`.

        Returns the last batch, the terms of its step, and 1 if any step was refused.
        """
        refused: list[Tensor] = []

        def take_one(k: int) -> tuple[Batch, Terms]:
            batch = self.batch(batches, step, k)
            terms, bad = take(batch, k)
            refused.append(bad)
            return batch, terms

        for k in range(n - 1):
            take_one(k)
        batch, terms = take_one(n - 1)
        return batch, (terms, torch.stack(refused).amax())

    def generate_samples(
        self, generator: nn.Module, n: int, rng: Rng, conditions: Conditions = ()
    ) -> Tensor:
        """Samples (n, *shape) as networks see them, of noise from `rng`."""
        inputs = self.sampler.inputs(n, rng("noise"), conditions)
        return generate(generator, inputs, self.codec, self.runtime, rng("activation"))

    def health(self, step: int) -> dict[str, float]:
        """Measures of `measure_health`."""
        return measure_health(self)

    def pictures(self, step: int) -> dict[str, bytes]:
        """A few samples."""
        return draw_samples(self, step)


class Model(Protocol):
    """A kind of generative model, as the table `MODELS` has it: a class of tasks."""

    def __call__(self, config: GANConfig, domains: Mapping[str, Domain], on: Runtime) -> Generative:
        """The task; `domains` are a part of each domain's samples, to calibrate by."""

    def untrained(self, config: GANConfig, codec: Codec, condition: int) -> dict[str, nn.Module]:
        """The networks that are used after training, by the names of a checkpoint's parts."""

    def networks(self, parts: Mapping[str, Any]) -> Networks:
        """Those networks in the form in which they are used."""


def untrained_pair(
    config: GANConfig, codec: Codec, condition: int = 0, rng: Rng | None = None
) -> tuple[nn.Module, Discriminator]:
    """Generator and discriminator of a config; `condition`: columns of a condition."""
    return build(
        codec.shape,
        architecture=resolve_architecture(config, codec),
        width=config.width,
        depth=config.depth,
        latent=config.latent,
        condition=condition,
        rng=rng or Rng(("pretrain", config.seed)),
    )


def sampler_of(config: GANConfig, condition: Condition | None) -> Sampler:
    """What the generator of a config makes samples of."""
    return Sampler(config.latent, config.noise, condition)


def real_batch(batches: BatchSource, step: int, k: int, codec: Codec, on: Runtime) -> Batch:
    """A batch of real samples (N, *shape) as networks see them, and their conditions."""
    packed, *conditions = batches("unlabeled", step, k)
    x = on.batch(codec.expand(packed))
    return x, tuple(condition.to(x.device) for condition in conditions)


def set_rates(config: GANConfig, step: Step, *optimizers: torch.optim.Optimizer) -> None:
    """The learning rate of this step, along a cosine."""
    rate = cosine(step.number, config.steps, config.rate, config.rate * config.final)
    for optimizer in optimizers:
        set_rate(optimizer, rate * step.rate)


@torch.no_grad()
def fit_readout(readout: Readout, trunk: nn.Module, calibration: Domain, on: Runtime) -> None:
    """Standardise what is read of a trunk by the calibration samples."""
    features = apply(lambda x: pooled(trunk(x)), calibration.samples, calibration.codec, on)
    readout.fit(features.to(readout.center.device))


@torch.no_grad()
def measure_health(task: Generative) -> dict[str, float]:
    """How a training does; {} without two samples that differ.

    Measures of `Evaluator.measures`, and with a critic "score_gap", its mean score of real samples
    less that of generated ones. Spread and gap are those of the networks in training, as averages
    would be late to tell; the others those of the average. NaN if samples are not finite.
    """
    if task.evaluator is None:
        return {}
    codec, critic, on = task.codec, task.critic, task.runtime
    real, *conditions = task.calibration.encoded(on, MOST)
    rng = Rng(("checkup", task.config.seed), on.device)
    with evaluating(task.generator):
        generators = task.generator, task.mean_generator
        fakes = [
            task.generate_samples(network, len(real), rng, tuple(conditions))
            for network in generators
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
    return measures | task.evaluator.measures(fake, grid[:GRID])


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Batch norm with its statistics of before, which stay as they are."""
    network.eval()
    try:
        yield
    finally:
        network.train()


@torch.no_grad()
def draw_samples(task: Generative, step: int) -> dict[str, bytes]:
    """A few samples after so many steps, of the same noise at every step: a file of a run."""
    codec, on = task.codec, task.runtime
    rng = Rng(("samples", task.config.seed), on.device)
    inputs = task.sampler.chunk(0, rng)
    x = generate(task.mean_generator, inputs, codec, on, rng("activation", 0))
    suffix, content = codec.preview(codec.decode(x[:PREVIEW].cpu()))
    return {f"samples/step-{step:08d}{suffix}": content}
