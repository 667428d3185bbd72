"""What the tasks of generative models share; each is a plain function of what it needs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ssgan.codecs.codec import Codec
from ssgan.models.condition import Condition
from ssgan.models.config import GANConfig, resolve_architecture
from ssgan.models.domain import Domain
from ssgan.models.health import GRID, MEASURES, MOST, Evaluator
from ssgan.models.inference import apply
from ssgan.models.sampler import Sampler, generate
from ssgan.networks import Discriminator, build
from ssgan.networks.readout import Readout, pooled
from ssgan.randomness import Rng
from ssgan.runtime import Runtime
from ssgan.training.batches import BatchSource
from ssgan.training.loop import Guarded
from ssgan.training.optim import cosine, set_rate
from ssgan.training.schedule import Step

Given = tuple[Tensor, ...]  # conditions (N, C), or nothing

PREVIEW = 64  # samples kept at every checkpoint


@dataclass(frozen=True)
class Networks:
    """What is used of a trained model: averages, in the form in which they are used."""

    generator: nn.Module
    discriminator: nn.Module  # with a `trunk`
    readout: Readout


class Generative(Guarded, Protocol):
    """A task that trains a generator."""

    config: GANConfig
    runtime: Runtime
    some: Domain  # a part of the training samples, to calibrate by

    @property
    def generator(self) -> nn.Module: ...

    @property
    def mean_generator(self) -> nn.Module: ...

    @property
    def evaluator(self) -> Evaluator | None: ...

    def made(
        self, generator: nn.Module, n: int, rng: Rng, given: tuple[Tensor, ...] = ()
    ) -> Tensor: ...


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


def real_batch(
    batches: BatchSource, step: int, k: int, codec: Codec, on: Runtime
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """A batch of real samples (N, *shape) as networks see them, and their conditions."""
    packed, *given = batches("unlabeled", step, k)
    x = on.batch(codec.expand(packed))
    return x, tuple(condition.to(x.device) for condition in given)


def set_rates(config: GANConfig, step: Step, *optimizers: torch.optim.Optimizer) -> None:
    """The learning rate of this step, along a cosine."""
    rate = cosine(step.number, config.steps, config.rate, config.rate * config.final)
    for optimizer in optimizers:
        set_rate(optimizer, rate * step.rate)


@torch.no_grad()
def fit_readout(readout: Readout, trunk: nn.Module, some: Domain, on: Runtime) -> None:
    """Standardise what is read of a trunk by some samples."""
    features = apply(lambda x: pooled(trunk(x)), some.samples, some.codec, on)
    readout.fit(features.to(readout.center.device))


@torch.no_grad()
def health(task: Generative, critic: nn.Module | None = None) -> dict[str, float]:
    """How a training does; {} without two samples that differ.

    Measures of `Evaluator.measures`, and with a critic "score_gap", its mean score of real samples
    less that of generated ones. Spread and gap are those of the networks in training, as averages
    would be late to tell; the others those of the average. NaN if samples are not finite.
    """
    if task.evaluator is None:
        return {}
    codec, on = task.some.codec, task.runtime
    real, *given = task.some.encoded(on, MOST)
    rng = Rng(("checkup", task.config.seed), on.device)
    with evaluating(task.generator):
        generators = task.generator, task.mean_generator
        fakes = [task.made(network, len(real), rng, tuple(given)) for network in generators]
    if not all(fake.isfinite().all() for fake in fakes):
        names = MEASURES if critic is None else ("score_gap", *MEASURES)
        return dict.fromkeys(names, float("nan"))
    found = {}
    if critic is not None:
        with on.autocast(), evaluating(critic):
            scores = [critic(x, *given).float().mean() for x in (real, fakes[0])]
        found["score_gap"] = float(scores[0] - scores[1])
    grid, fake = (codec.expand(codec.pack(codec.decode(f))) for f in fakes)
    return found | task.evaluator.measures(fake, grid[:GRID])


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Batch norm with its statistics of before, which stay as they are."""
    network.eval()
    try:
        yield
    finally:
        network.train()


@torch.no_grad()
def pictures(task: Generative, step: int) -> dict[str, bytes]:
    """A few samples after so many steps, of the same noise at every step: a file of a run."""
    config, some, on = task.config, task.some, task.runtime
    rng = Rng(("samples", config.seed), on.device)
    inputs = sampler_of(config, some.condition).chunk(0, rng)
    x = generate(task.mean_generator, inputs, some.codec, on, rng("activation", 0))
    suffix, content = some.codec.preview(some.codec.decode(x[:PREVIEW].cpu()))
    return {f"samples/step-{step:08d}{suffix}": content}
