"""The task of finetuning, and the graph from which unlabeled rows get their labels."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import sqrt
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.config import InputError, check_numbers, from_settings
from ssgan.data import Codec
from ssgan.models.gan import GAN, apply
from ssgan.models.student import check_readout
from ssgan.networks.readout import Readout
from ssgan.objectives import Terms
from ssgan.prediction.graph import Neighbours, Votes, condensed, neighbourhood, shares_over
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime
from ssgan.training.batches import BatchSource
from ssgan.training.ema import average, averaged
from ssgan.training.optim import adam, cosine, set_rate
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import descend
from ssgan.transforms.views import TRANSFORMS, Views

FITTED = ("probe", "svm", "spread", "knn", "simple")  # methods that are fitted at once
LEARNT = ("finetune", "consistency", "joint")  # those that take steps; "+" puts them together
BETAS = (0.9, 0.99)
UNLABELED_SHARE = 2  # rows of the graph in a step for every labelled one
FADED = 0.3  # share of the steps after which teachers alone label what the graph did at first
LEAST = {"batch": 1, "ratio": 1, "student_batch": 6, "student_views": 2}
Lesson = tuple[Tensor, Callable[[Tensor, Tensor], Terms]]  # samples; costs of features and outputs


@dataclass(frozen=True, kw_only=True)
class PredictorConfig:
    """What the result of finetuning depends on, besides the GAN and the labels."""

    method: str = "finetune"  # "auto", one of FITTED, or some of LEARNT with "+" between them
    steps: int | None = None  # updates, of LEARNT only; None is the method's own number
    batch: int = 32  # labelled rows an update
    ratio: int = 4  # unlabeled rows an update for every labelled one, of consistency and joint
    rate: float = 2e-3  # learning rate at the start; falls along a cosine
    decay: float = 0.01  # of the weights, towards 0, a step at rate 1
    transforms: tuple[str, ...] | None = None  # that keep a label (see `views`); None finds them
    warp: float = 1.0  # strength of random turns, stretches and shifts of images; 0 for none
    unlabeled: float = 1.0  # weight of the loss on unlabeled rows; 0 learns from labels only
    ema: float = 0.98  # decay of the average of the weights
    calibrate: bool = True  # by short courses on folds of the labels: intervals, temperature
    mix: bool = False  # strong views in pairs, of consistency, and what the teacher says of them
    align: bool = False  # what a teacher says to how labels are distributed
    simple: str | None = None  # for method "simple": which model; None lets folds of labels choose
    readout: str | None = None  # of READOUTS (see `encoder`); None is the method's own
    student_steps: int = 1000  # updates of a student, for that readout only; 0: its first weights
    student_batch: int = 96  # real samples an update of it
    student_views: int = 2  # of each of them
    seed: int = 0

    def __post_init__(self) -> None:
        once = len(set(self.learns)) == len(self.learns)
        if not (self.method in ("auto", *FITTED) or (set(self.learns) <= set(LEARNT) and once)):
            known = ", ".join(("auto", *FITTED, *LEARNT))
            raise InputError(
                f"no method {self.method!r}; there are {known}, the last three also "
                "together, as in consistency+joint"
            )
        check_numbers(self, least=LEAST)
        if self.readout is not None:
            check_readout(self.readout)
        if self.steps is not None and (type(self.steps) is not int or self.steps < 1):
            raise InputError(f"expected steps to be a whole number from 1 on, got {self.steps!r}")
        if self.transforms is not None:
            object.__setattr__(self, "transforms", tuple(self.transforms))  # JSON has lists
            if unknown := set(self.transforms) - set(TRANSFORMS):
                known = ", ".join(TRANSFORMS)
                raise InputError(f"no transform {unknown.pop()!r}; there are {known}")

    @property
    def learns(self) -> tuple[str, ...]:
        """What of LEARNT it takes its steps by; empty for the other methods."""
        return () if self.method in ("auto", *FITTED) else tuple(self.method.split("+"))

    def to_json(self) -> dict[str, Any]:
        fields = dataclasses.asdict(self)
        return fields | {"transforms": None if self.transforms is None else list(self.transforms)}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "PredictorConfig":
        """The config that `to_json` gave, or a part of one over the defaults."""
        return from_settings(cls, fields)


@dataclass(frozen=True)
class Graph:
    """Packed rows (M, ...) and their labels (M,): class indices, -1 where unlabeled, or numbers,
    NaN where unlabeled."""

    packed: Tensor
    labels: Tensor
    classes: int  # 0 for numbers


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


def new_head(features: int, outputs: int, rng: Rng) -> Head:
    with seeded(rng("head")):
        return Head(features, outputs)


def soft_cross_entropy(outputs: Tensor, shares: Tensor) -> Tensor:
    """Cross entropy (N,) of outputs (N, K) against shares (N, K), weighted by the largest share."""
    return -(shares * outputs.log_softmax(1)).sum(1) * shares.amax(1)


class Teacher(Protocol):
    """Something that unlabeled rows teach (see `semisupervised`)."""

    @property
    def parts(self) -> Mapping[str, Part]: ...

    @property
    def learnt(self) -> nn.Module | None:
        """What is trained beside the network, by its optimiser."""

    def lesson(self, rows: BatchSource, step: int, rng: Rng) -> Lesson: ...

    def after(self, rows: BatchSource, step: int, rng: Rng, rate: float) -> tuple[Terms, Tensor]:
        """What it learns itself, at the network's `rate`; 1 beside it if that was refused."""


class Finetune:
    """The task: labelled rows, and unlabeled ones with the shares that a graph gave them.

    With a graph of classes it is laid anew at the end, in the space of the finetuned features, and
    votes beside the head. What else unlabeled rows teach comes from `teachers`, who soon know
    better than the first graph: its labels are where they start from, and fade.
    """

    def __init__(
        self, config: PredictorConfig, network: Network, codec: Codec, on: Runtime, rows: Graph
    ) -> None:
        self.config, self.codec, self.runtime, self.rows = config, codec, on, rows
        self.network = on.place(network.requires_grad_(True).train())
        self.mean = averaged(self.network)
        self.views = Views(config.transforms or (), config.warp)
        self.rng = Rng(("finetune", config.seed), on.device)
        self.spreads = bool(config.unlabeled and rows.classes) and "finetune" in config.learns
        features = len(network.readout.center)
        self.voters = Neighbours(len(rows.packed), features, rows.classes).to(on.device)
        self.learn_from(())

    def learn_from(self, teachers: Sequence[Teacher]) -> None:
        """Have `teachers` give lessons; before the first step."""
        self.teachers = tuple(teachers)
        beside = [t.learnt for t in teachers if t.learnt is not None]
        learnt = nn.ModuleList([self.network, *beside])
        self.optimizer = adam(learnt, self.config.rate, BETAS, self.config.decay)

    @property
    def parts(self) -> dict[str, Part]:
        parts: dict[str, Part] = {"network": self.network, "mean": self.mean}
        parts["optimizer"] = self.optimizer
        if self.spreads:
            parts["voters"] = self.voters
        for teacher in self.teachers:
            parts |= teacher.parts
        return parts

    @property
    def result(self) -> Network:
        """The averaged network, the neighbours' votes counted in where there are any."""
        head = Votes(self.mean.head, self.voters) if self.spreads else self.mean.head
        return Network(self.mean.trunk, self.mean.readout, head)

    def health(self, step: int) -> dict[str, float]:
        """Nothing to measure without labels: only numbers that are not finite are guarded."""
        return {}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        config, steps = self.config, self.config.steps or 1
        rng, number = step.rng(self.rng), step.number
        first = config.rate * step.rate
        rate = cosine(number, steps, first, first / 50)
        set_rate(self.optimizer, rate)
        lessons = [self.labeled(batches, number, rng("labeled"))]
        if self.spreads and (weight := self.trust(number)):
            lessons.append(self.spread(batches, number, rng("unlabeled"), weight))
        lessons += [
            teacher.lesson(batches, number, rng("lesson", k))
            for k, teacher in enumerate(self.teachers)
        ]
        batch = self.runtime.batch(torch.cat([x for x, _ in lessons]))
        terms, refused = descend(
            partial(self.costs, lessons), (batch,), self.optimizer, self.runtime
        )
        average(self.mean, self.network, config.ema, number)
        for k, teacher in enumerate(self.teachers):
            more, bad = teacher.after(batches, number, rng("after", k), rate)
            terms, refused = terms | more, torch.maximum(refused, bad)
        if self.spreads and number + 1 == steps:
            encoded = apply(self.mean.features, self.rows.packed, self.codec, self.runtime)
            self.voters.fit(encoded.numpy(), self.rows.labels.numpy())
        return terms, {"not_finite": refused}

    def labeled(self, rows: BatchSource, step: int, rng: Rng) -> Lesson:
        packed, labels = rows("labeled", step, 0)
        x = self.views.of(self.codec.expand(packed), rng)
        return x, lambda features, outputs: {"supervised": supervised(outputs, labels)}

    def trust(self, step: int) -> float:
        """The weight of the graph's labels at a step."""
        last = round(FADED * (self.config.steps or 1))
        return self.config.unlabeled * (cosine(step, last, 1.0, 0.0) if self.teachers else 1.0)

    def spread(self, rows: BatchSource, step: int, rng: Rng, weight: float) -> Lesson:
        packed, shares = rows("unlabeled", step, 0)

        def cost(features: Tensor, outputs: Tensor) -> Terms:
            return {"unlabeled": weight * soft_cross_entropy(outputs, shares).mean()}

        return self.views.of(self.codec.expand(packed), rng), cost

    def costs(self, lessons: Sequence[Lesson], batch: Tensor) -> Terms:
        """The terms of all lessons, whose samples go through the network side by side."""
        features = self.network.features(batch)
        outputs = self.network.head(features).float()
        sizes = [len(x) for x, _ in lessons]
        parts = zip(lessons, torch.split(features, sizes), torch.split(outputs, sizes), strict=True)
        terms: Terms = {}
        for (_, cost), seen, given in parts:
            terms |= cost(seen, given)
        return terms


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
    encoders = {"features": gan.encode, "samples": lambda x: x.flatten(1)}
    found = {}
    for name, encode in encoders.items():
        links = neighbourhood(condensed(gan.apply(encode, rows.packed).numpy())[0])
        found[name] = shares_over(links, rows.labels.numpy(), rows.classes)
    best = min(found, key=lambda name: found[name][1])
    return best, torch.from_numpy(found[best][0])
