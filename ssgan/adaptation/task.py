"""The task: the labels of the source, and beside them what a method learns from the target.

Both domains go through the network one after the other, each standardised by the statistics of its
own batch: batch norm of mixed ones would tell the domains apart. The statistics that are kept are
the target's.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.descent import Descent
from ssgan.adaptation.domains import Domains, calibration_samples
from ssgan.models.domain import Domain
from ssgan.models.student.network import Student
from ssgan.prediction.network import Network
from ssgan.prediction.task import Learner, supervised_loss
from ssgan.randomness import Rng
from ssgan.runtime import Runtime, Terms
from ssgan.training.batches import BatchSource, Stream
from ssgan.training.ema import average
from ssgan.training.norms import BATCH_NORMS, reestimate
from ssgan.training.optim import set_rate
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import descend
from ssgan.transforms.views import Views


@dataclass(frozen=True)
class NetworkOutputs:
    """What a network makes of the samples of one domain."""

    extracted: Tensor  # (N, F), what domains are compared by
    features: Tensor  # (N, D), what the head reads
    outputs: Tensor  # (N, K), or (N, 1) for numbers

    def first(self, n: int) -> "NetworkOutputs":
        """The first n samples."""
        return NetworkOutputs(self.extracted[:n], self.features[:n], self.outputs[:n])


@dataclass(frozen=True)
class LabeledBatch:
    """Encoded samples of one domain with their labels, and how much each counts."""

    x: Tensor  # (N, ...)
    labels: Tensor  # (N,)
    weights: Tensor | None = None  # (N,), None where all count alike

    def loss(self, outputs: Tensor) -> Tensor:
        """The supervised loss of outputs (N, K) for these samples."""
        if self.weights is None:
            return supervised_loss(outputs, self.labels)
        return weighted_loss(outputs, self.labels, self.weights)


Complete = Callable[["Adaptation"], None]  # what is done with the network after the last step


class DomainLoss(Protocol):
    """What a method learns from samples of the target, beside those of the source."""

    @property
    def parts(self) -> Mapping[str, Part]:
        """What a checkpoint keeps of it."""

    @property
    def trainable(self) -> nn.Module | None:
        """What is trained beside the network, by its optimiser."""

    def prepare(self, x: Tensor, step: int, rng: Rng) -> tuple[Tensor, ...]:
        """Of encoded samples of the target (N, ...) those to learn from, and what goes along."""

    def terms(
        self,
        step: int,
        source: NetworkOutputs,
        target: NetworkOutputs,
        prepared: tuple[Tensor, ...],
    ) -> Terms:
        """Terms of what the network makes of a batch of each domain; `prepared` went along."""


class Adaptation:
    """The task of an adaptation; what comes out of it is the average of its learner."""

    def __init__(
        self,
        config: AdaptConfig,
        domains: Domains,
        learner: Learner,
        descent: Descent,
        loss: DomainLoss | None,
        complete: Complete,
    ) -> None:
        """`loss` is what is learnt from the target; `complete` is done after the last step."""
        self.config, self.domains, self.learner, self.descent = config, domains, learner, descent
        self.loss, self.complete = loss, complete
        self.rng = Rng(("adapt", config.seed), learner.runtime.device)
        trainable = [] if loss is None or loss.trainable is None else [loss.trainable]
        self.optimizer = descent.optimizer(nn.ModuleList([learner.network, *trainable]), config)

    @property
    def parts(self) -> dict[str, Part]:
        parts: dict[str, Part] = {"network": self.learner.network, "mean": self.learner.mean}
        return parts | {"optimizer": self.optimizer} | dict(self.loss.parts if self.loss else {})

    def streams(self, weights: Tensor | None = None) -> dict[str, Stream]:
        """What its batches are drawn from; `weights` (N,): how much samples of the source count."""
        on, size = self.learner.runtime, self.config.batch
        drawn_from = labeled_streams(self.domains, size, on, weights)
        if self.loss:
            drawn_from["target"] = self.domains.target.stream(size, on)
        return drawn_from

    def health(self, step: int) -> dict[str, float]:
        """Nothing to measure without labels: only numbers that are not finite are guarded."""
        return {}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        config, learner, number = self.config, self.learner, step.number
        rng, steps = step.rng(self.rng), config.steps or 1
        set_rate(self.optimizer, step.rate * self.descent.rate(config, number / steps))
        packed, labels, weights = batches("source", number, 0)
        x = source_views(learner.views, self.domains.source.codec.expand(packed), rng("source"))
        source = LabeledBatch(x, labels, weights)
        prepared: tuple[Tensor, ...] = ()
        if self.loss:
            (packed,) = batches("target", number, 0)
            prepared = self.loss.prepare(self.domains.codec.expand(packed), number, rng("target"))
        few = None
        if self.domains.few is not None:
            packed, labels = batches("few", number, 0)
            x = learner.views.light(self.domains.codec.expand(packed), rng("few"))
            few = LabeledBatch(x, labels)
        loss = partial(self.terms, number, source, few)
        norms = list(learner.network.buffers())
        terms, refused = descend(loss, prepared, self.optimizer, learner.runtime, norms)
        average(learner.mean, learner.network, config.ema, number)
        if number + 1 == steps:
            self.complete(self)
        return terms, {"not_finite": refused}

    def terms(
        self,
        step: int,
        known: LabeledBatch,
        few: LabeledBatch | None,
        target: Tensor | None = None,
        *prepared: Tensor,
    ) -> Terms:
        """The terms of a batch of the source with its labels, of a few of the target with theirs,
        and of samples of the target, with what the loss has prepared beside them."""
        samples = [x for x in (target, few.x if few else None) if x is not None]
        if not samples:
            return {"supervised": known.loss(self.outputs_of(known.x).outputs)}
        with without_running_statistics(self.learner.network):
            source = self.outputs_of(known.x)
        others = self.outputs_of(torch.cat(samples))
        terms = {"supervised": known.loss(source.outputs)}
        if few:
            terms["few"] = few.loss(others.outputs[-len(few.x) :])
        if self.loss is None or target is None:
            return terms
        return terms | self.loss.terms(step, source, others.first(len(target)), prepared)

    def outputs_of(self, x: Tensor) -> NetworkOutputs:
        """What the network makes of encoded samples."""
        learner = self.learner
        return network_outputs(learner.network, learner.runtime.batch(x))

    def take_statistics(self, domain: Domain) -> None:
        """Take those of the averaged network from samples of a domain as they are."""
        samples = calibration_samples(domain, self.config.seed)
        on = self.learner.runtime
        with on.autocast():
            reestimate(self.learner.mean, samples.blocks(on))


def labeled_streams(
    domains: Domains, size: int, on: Runtime, weights: Tensor | None = None
) -> dict[str, Stream]:
    """Batches of the source, with labels and how much each sample counts, and of the few labelled
    samples of the target where there are any."""
    weights = torch.ones(len(domains.source)) if weights is None else weights
    source = (domains.source.samples, domains.values, weights)
    streams = {"source": Stream(tuple(tensor.to(on.device) for tensor in source), size)}
    if domains.few is not None and domains.few_values is not None:
        few = (domains.few.samples.to(on.device), domains.few_values.to(on.device))
        streams["few"] = Stream(few, max(2, size // 2))
    return streams


def source_views(views: Views, x: Tensor, rng: Rng) -> Tensor:
    """Samples of the source as they are learnt from: half of them changed as strongly as those of
    the target may be."""
    if not views.transforms:
        return views.light(x, rng)
    half = len(x) // 2
    strong = views.strong(x[half:], rng("strong"))
    return torch.cat([views.light(x[:half], rng), strong.to(x)])


def use_source_statistics(task: Adaptation) -> None:
    """Keep the statistics of the source."""
    task.take_statistics(task.domains.source)


def use_target_statistics(task: Adaptation) -> None:
    """Keep the statistics of the target."""
    task.take_statistics(task.domains.target)


def weighted_loss(outputs: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """`supervised_loss`, each sample counting by its weight (N,)."""
    if labels.is_floating_point():
        costs = F.mse_loss(outputs.squeeze(1), labels, reduction="none")
    else:
        costs = F.cross_entropy(outputs, labels, reduction="none")
    return (weights * costs).mean()


def network_outputs(network: Network, x: Tensor) -> NetworkOutputs:
    """What a network makes of samples as networks see them.

    Domains are compared by the first map of a classifier that has a label predictor of its own,
    else by the features.
    """
    body = network.trunk
    maps = body.trunk(x) if isinstance(body, Student) else body(x)
    features = network.readout(body.squeezed(maps) if isinstance(body, Student) else maps)
    split = len(maps) == 2 and maps[0].dim() == 2
    extracted = maps[0] if split else features
    return NetworkOutputs(extracted.float(), features, network.head(features).float())


@contextmanager
def without_running_statistics(network: nn.Module) -> Iterator[None]:
    """Batch norm by the batch alone: what passes leaves no trace in the running statistics."""
    norms: list[Any] = [layer for layer in network.modules() if isinstance(layer, BATCH_NORMS)]
    before = [(layer.training, layer.momentum) for layer in norms]
    for layer in norms:
        layer.train()
        layer.momentum = 0.0
    try:
        yield
    finally:
        for layer, (training, momentum) in zip(norms, before, strict=True):
            layer.train(training)
            layer.momentum = momentum
