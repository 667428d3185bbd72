"""The task of finetuning, and the graph from which unlabeled rows get their labels."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from math import sqrt
from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.data import Codec
from ssgan.gan import GAN, apply
from ssgan.heads import (
    Neighbours,
    Votes,
    condensed,
    neighbourhood,
    shares_over,
    spread_accuracy,
)
from ssgan.networks.readout import Readout
from ssgan.objectives import Terms
from ssgan.randomness import Draw, seeded
from ssgan.runtime import Runtime
from ssgan.settings import check_numbers, from_settings
from ssgan.training import Part, Rows, adam, average, averaged, cosine, descend, set_rate
from ssgan.transforms import warp

Method = Literal["finetune", "probe", "svm", "spread"]
BETAS = (0.9, 0.99)
DECAY = 0.01  # of the weights, towards 0
UNLABELED_SHARE = 2  # unlabeled rows in a step for every labelled one


@dataclass(frozen=True, kw_only=True)
class PredictorConfig:
    """What the result of finetuning depends on, besides the GAN and the labels."""

    method: Method = "finetune"
    steps: int = 400  # updates; none for the methods that are fitted at once
    batch: int = 32  # labelled rows an update
    rate: float = 2e-3  # learning rate at the start; falls along a cosine
    warp: float = 1.0  # strength of random turns, stretches and shifts of images; 0 for none
    unlabeled: float = 1.0  # weight of the loss on unlabeled rows; 0 learns from labels only
    ema: float = 0.98  # decay of the average of the weights
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in get_args(Method):
            known = ", ".join(get_args(Method))
            raise ValueError(f"no method {self.method!r}; there are {known}")
        check_numbers(self, least={"steps": 1, "batch": 1})

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "PredictorConfig":
        """The config that `to_json` gave, or a part of one over the defaults."""
        return from_settings(cls, fields)


@dataclass(frozen=True)
class Graph:
    """Packed rows (M, ...) and their class indices (M,), -1 where unlabeled."""

    packed: Tensor
    labels: Tensor
    classes: int


class Head(nn.Module):
    """A linear head that starts at 0 and learns as fast for many features as for few."""

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, outputs)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.scale = 4 / sqrt(features)

    def forward(self, features: Tensor) -> Tensor:
        outputs: Tensor = self.linear(features * self.scale)
        return outputs


class Network(nn.Module):
    """The pretrained trunk under a new head: samples (N, ...) to outputs (N, K) or (N, 1)."""

    def __init__(self, trunk: nn.Module, readout: Readout, head: nn.Module) -> None:
        super().__init__()
        self.trunk, self.readout, self.head = trunk, readout, head

    def features(self, x: Tensor) -> Tensor:
        features: Tensor = self.readout(self.trunk(x))
        return features

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.head(self.features(x))
        return outputs


def new_head(features: int, outputs: int, draw: Draw) -> Head:
    with seeded(draw("head")):
        return Head(features, outputs)


def soft_cross_entropy(outputs: Tensor, shares: Tensor) -> Tensor:
    """Cross entropy (N,) of outputs (N, K) against shares (N, K), weighted by the largest share."""
    return -(shares * outputs.log_softmax(1)).sum(1) * shares.amax(1)


class Finetune:
    """The task: labelled rows, and unlabeled ones with the shares that a graph gave them.

    With unlabeled rows the graph is laid anew at the end, in the space of the finetuned features,
    and votes beside the head.
    """

    def __init__(
        self, config: PredictorConfig, network: Network, codec: Codec, on: Runtime, rows: Graph
    ) -> None:
        self.config, self.codec, self.runtime, self.rows = config, codec, on, rows
        self.network = on.place(network.requires_grad_(True).train())
        self.mean = averaged(self.network)
        self.optimizer = adam(self.network, config.rate, BETAS, DECAY)
        self.draw = Draw(("finetune", config.seed), on.device)
        features = len(network.readout.center)
        self.voters = Neighbours(len(rows.packed), features, rows.classes).to(on.device)

    @property
    def parts(self) -> dict[str, Part]:
        parts: dict[str, Part] = {"network": self.network, "mean": self.mean}
        parts["optimizer"] = self.optimizer
        if self.config.unlabeled:
            parts["voters"] = self.voters
        return parts

    @property
    def result(self) -> Network:
        """The averaged network, the neighbours' votes counted in where there are any."""
        head = Votes(self.mean.head, self.voters) if self.config.unlabeled else self.mean.head
        return Network(self.mean.trunk, self.mean.readout, head)

    def update(self, rows: Rows, step: int) -> tuple[Terms, Terms]:
        config, draw = self.config, self.draw(step)
        set_rate(self.optimizer, cosine(step, config.steps, config.rate, config.rate / 50))
        packed, labels = rows("labeled", step, 0)
        batch, loss = self.view(packed, draw("labeled")), partial(self.supervised, labels)
        if config.unlabeled:
            more, shares = rows("unlabeled", step, 0)
            batch = torch.cat([batch, self.view(more, draw("unlabeled"))])
            loss = partial(self.semisupervised, labels, shares)
        terms, refused = descend(loss, (batch,), self.optimizer, self.runtime)
        average(self.mean, self.network, config.ema, step)
        if config.unlabeled and step + 1 == config.steps:
            encoded = apply(self.mean.features, self.rows.packed, self.codec, self.runtime)
            self.voters.fit(encoded.numpy(), self.rows.labels.numpy())
        return terms, {"not_finite": refused}

    def view(self, packed: Tensor, draw: Draw) -> Tensor:
        x = self.codec.expand(packed)
        return self.runtime.batch(warp(x, self.config.warp, draw))

    def supervised(self, labels: Tensor, x: Tensor) -> Terms:
        return {"supervised": supervised(self.network(x).float(), labels)}

    def semisupervised(self, labels: Tensor, shares: Tensor, x: Tensor) -> Terms:
        outputs = self.network(x).float()
        mine, others = outputs[: len(labels)], outputs[len(labels) :]
        return {
            "supervised": supervised(mine, labels),
            "unlabeled": self.config.unlabeled * soft_cross_entropy(others, shares).mean(),
        }


def supervised(outputs: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of outputs (N, K) and class indices, squared error of (N, 1) and numbers."""
    if labels.is_floating_point():
        return F.mse_loss(outputs.squeeze(1), labels)
    return F.cross_entropy(outputs, labels)


def first_shares(gan: GAN, rows: Graph) -> tuple[str, Tensor]:
    """Where rows are near, "features" or "samples", and the shares (M, K) spread over them there.

    Whether rows are near is told by the GAN's features or by the samples themselves, whichever
    finds hidden labels better in cross-validation on the labelled rows; features where none can
    be hidden.
    """
    labels = rows.labels.numpy()
    encoders = {"features": gan.encode, "samples": lambda x: x.flatten(1)}
    links = {
        name: neighbourhood(condensed(gan.apply(encode, rows.packed).numpy())[0])
        for name, encode in encoders.items()
    }
    best = max(links, key=lambda name: spread_accuracy(links[name], labels, rows.classes))
    return best, torch.from_numpy(shares_over(links[best], labels, rows.classes))
