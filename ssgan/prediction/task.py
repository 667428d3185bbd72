"""The task of finetuning: a trunk and a head trained together on labelled and unlabeled samples."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.data import Codec
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.network import Network
from ssgan.randomness import Rng
from ssgan.runtime import Runtime, Terms, to_float32
from ssgan.training.batches import BatchSource, Stream
from ssgan.training.ema import average, averaged
from ssgan.training.optim import adam, cosine, set_rate
from ssgan.training.ranks import sharded
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import Stepped, descend
from ssgan.transforms.views import Views

BETAS = (0.9, 0.99)
Key = tuple[int | str, ...]  # of random numbers
BatchLoss = tuple[Tensor, Callable[[Tensor, Tensor], Terms]]  # samples; terms of features, outputs


@dataclass(frozen=True)
class Learner:
    """A network in training, its average, and what samples go through on their way to it."""

    network: Network
    mean: Network
    views: Views
    runtime: Runtime

    @classmethod
    def start(cls, network: Network, views: Views, on: Runtime) -> "Learner":
        """That of a network which has not been trained yet."""
        network = on.place(network.requires_grad_(True).train())
        return cls(network, averaged(network), views, on)


@dataclass(frozen=True)
class Opponent:
    """A network that learns against the learner's: it takes a step after each of its steps."""

    optimizer: torch.optim.Optimizer
    batch_and_loss: Callable[[BatchSource, int, Rng], tuple[Tensor, Callable[[Tensor], Terms]]]
    slower: float = 1.0  # its learning rate, as a share of the network's


class UnlabeledLoss(Protocol):
    """What unlabeled samples add to the loss of a step: a batch, and a loss of its outputs."""

    @property
    def parts(self) -> Mapping[str, Part]:
        """What a checkpoint keeps of it."""

    @property
    def streams(self) -> Mapping[str, Stream]:
        """What its batches come from."""

    @property
    def trainable(self) -> nn.Module | None:
        """What is trained beside the network, by its optimiser."""

    def batch_and_loss(self, batches: BatchSource, step: int, rng: Rng) -> BatchLoss | None:
        """Samples (N, ...) and the terms of their features and outputs; None: not in this step."""

    @property
    def opponent(self) -> Opponent | None:
        """The second player, where there is one."""

    def complete(self) -> None:
        """What is left to do with the trained network after the last step."""

    def result(self, head: nn.Module) -> nn.Module:
        """The head of the trained network, made from its averaged one."""


class Finetune:
    """The task: the supervised loss of a learner, and losses of unlabeled samples beside it."""

    def __init__(
        self,
        config: PredictorConfig,
        codec: Codec,
        learner: Learner,
        losses: Mapping[Key, UnlabeledLoss],
    ) -> None:
        """`losses` stand by the keys of their random numbers."""
        self.config, self.codec, self.learner, self.losses = config, codec, learner, losses
        self.rng = Rng(("finetune", config.seed), learner.runtime.device)
        trainables = [loss.trainable for loss in losses.values() if loss.trainable is not None]
        trainable = nn.ModuleList([learner.network, *trainables])
        self.optimizer = adam(trainable, config.rate, BETAS, config.decay)

    @property
    def parts(self) -> dict[str, Part]:
        parts: dict[str, Part] = {"network": self.learner.network, "mean": self.learner.mean}
        parts["optimizer"] = self.optimizer
        for loss in self.losses.values():
            parts |= loss.parts
        return parts

    @property
    def result(self) -> Network:
        """The averaged network, with what the losses add to its head."""
        mean = self.learner.mean
        head = mean.head
        for loss in self.losses.values():
            head = loss.result(head)
        return Network(mean.trunk, mean.readout, head)

    def health(self, step: int) -> dict[str, float]:
        """Nothing to measure without labels: only numbers that are not finite are guarded."""
        return {}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        config, learner = self.config, self.learner
        rng, number = step.rng(self.rng), step.number
        first = config.rate * step.rate
        rate = cosine(number, config.steps or 1, first, first / 50)
        set_rate(self.optimizer, rate)
        losses = [self.supervised(batches, number, rng("labeled"))]
        for key, loss in self.losses.items():
            more = loss.batch_and_loss(batches, number, rng(*key))
            losses += [] if more is None else [more]
        batch = learner.runtime.batch(torch.cat([x for x, _ in losses]))
        terms, refused = descend(
            partial(self.terms, losses), (batch,), self.optimizer, learner.runtime
        )
        average(learner.mean, learner.network, config.ema, number)
        for key, loss in self.losses.items():
            if loss.opponent is not None:
                more_rng = rng("after", *key[1:])
                measures, bad = self.answer(loss.opponent, batches, number, more_rng, rate)
                terms, refused = terms | measures, torch.maximum(refused, bad)
            if number + 1 == (config.steps or 1):
                loss.complete()
        return terms, {"not_finite": refused}

    def answer(
        self, opponent: Opponent, batches: BatchSource, step: int, rng: Rng, rate: float
    ) -> Stepped:
        """A step of the second player, where the network's rate is `rate`."""
        set_rate(opponent.optimizer, opponent.slower * rate)
        batch, loss = opponent.batch_and_loss(batches, step, rng)
        return descend(loss, (batch,), opponent.optimizer, self.learner.runtime)

    def supervised(self, batches: BatchSource, step: int, rng: Rng) -> BatchLoss:
        """The labelled samples of a step, and their loss."""
        packed, labels = batches("labeled", step, 0)
        x = self.learner.views.light(self.codec.expand(packed), rng)
        return x, lambda features, outputs: {"supervised": supervised_loss(outputs, labels)}

    def terms(self, losses: Sequence[BatchLoss], batch: Tensor) -> Terms:
        """The terms of all losses, whose samples go through the network side by side."""
        features = sharded(self.learner.network.features)(batch)
        outputs = to_float32(self.learner.network.head(features))
        sizes = [len(x) for x, _ in losses]
        parts = zip(losses, torch.split(features, sizes), torch.split(outputs, sizes), strict=True)
        terms: Terms = {}
        for (_, loss), own_features, own_outputs in parts:
            terms |= loss(own_features, own_outputs)
        return terms


def supervised_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of outputs (N, K) and class indices, squared error of (N, 1) and numbers."""
    if labels.is_floating_point():
        return F.mse_loss(outputs.squeeze(1), labels)
    return F.cross_entropy(outputs, labels)
