"""Training on labels that were propagated over a graph of nearest neighbours, for classes.

The first graph is made of the GAN's features or of the samples. After the last step another one is
made of the finetuned features, and votes beside the head. Other methods soon know better than the
first graph: its labels are where they start from, and fade. They stay where the classes have other
shares among the samples than among the labels: what learns from balanced labels alone would drift
towards those shares.
"""

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor, nn

from ssgan.models.gan import GAN
from ssgan.models.inference import apply
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.graph import Neighbours, Votes, first_shares
from ssgan.prediction.labels import Labeled
from ssgan.prediction.method import Method
from ssgan.prediction.task import BatchLoss, Learner
from ssgan.randomness import Rng
from ssgan.runtime import Terms
from ssgan.training.batches import BatchSource, Stream
from ssgan.training.optim import cosine
from ssgan.training.state import Part

RATIO = 2  # samples of the graph in a step for every labelled one
FADED = 0.3  # share of the steps after which its labels have faded
SKEWED = 0.1  # total variation between shares of samples and of labels, from which they stay


class Propagation:
    """The cross entropy of a network with the soft labels of a graph."""

    trainable = None
    opponent = None

    def __init__(self, config: PredictorConfig, learner: Learner, gan: GAN, rows: Labeled) -> None:
        self.config, self.learner, self.rows = config, learner, rows.graph()
        self.codec, device = gan.codec, gan.runtime.device
        _, shares = first_shares(gan, self.rows, config.search)
        by_default = float("inf") if is_skewed(shares, rows.values) else FADED
        self.faded = by_default if config.faded is None else config.faded
        tensors = (self.rows.packed.to(device), shares.to(device))
        self.streams: Mapping[str, Stream] = {"unlabeled": Stream(tensors, RATIO * config.batch)}
        features = len(learner.network.readout.center)
        self.voters = Neighbours(len(self.rows.packed), features, rows.classes).to(device)

    @property
    def parts(self) -> Mapping[str, Part]:
        return {"voters": self.voters}

    def weight(self, step: int) -> float:
        """The weight of the graph's labels at a step."""
        config = self.config
        if len(config.learns) == 1 or self.faded == float("inf"):
            return config.unlabeled
        last = round(self.faded * (config.steps or 1))
        return config.unlabeled * cosine(step, last, 1.0, 0.0)

    def batch_and_loss(self, batches: BatchSource, step: int, rng: Rng) -> BatchLoss | None:
        if not (weight := self.weight(step)):
            return None
        packed, shares = batches("unlabeled", step, 0)
        x = self.learner.views.light(self.codec.expand(packed), rng)
        return x, partial(propagated, weight, shares)

    def complete(self) -> None:
        """Fit the neighbours that vote to what the average reads."""
        read, on = self.learner.mean.features, self.learner.runtime
        features = apply(read, self.rows.packed, self.codec, on)
        self.voters.fit(features.numpy(), self.rows.labels.numpy(), self.config.search)

    def result(self, head: nn.Module) -> nn.Module:
        return Votes(head, self.voters)


def is_skewed(shares: Tensor, labels: Tensor) -> bool:
    """Whether classes are other shares of a graph's samples (M, K) than of the labels (N,).

    A sample counts as of its likeliest class: soft shares lean towards those of the labels.

    Examples
    --------
    >>> is_skewed(torch.tensor([[0.6, 0.4], [0.7, 0.3]]), torch.tensor([0, 1]))
    True
    """
    classes = shares.shape[1]
    samples = torch.bincount(shares.argmax(1), minlength=classes) / len(shares)
    labeled = torch.bincount(labels, minlength=classes) / len(labels)
    return bool((samples - labeled).abs().sum() / 2 > SKEWED)


def propagated(weight: float, shares: Tensor, features: Tensor, outputs: Tensor) -> Terms:
    """The term of soft labels (N, K)."""
    return {"unlabeled": weight * soft_cross_entropy(outputs, shares).mean()}


def soft_cross_entropy(outputs: Tensor, shares: Tensor) -> Tensor:
    """Cross entropy (N,) of outputs (N, K) against shares (N, K), weighted by the largest share."""
    return -(shares * outputs.log_softmax(1)).sum(1) * shares.amax(1)


def ratio(config: PredictorConfig) -> float:
    """Unlabeled samples for each labelled one in a step, on average."""
    faded = FADED if config.faded is None else config.faded
    return RATIO * (min(faded, 1.0) if len(config.learns) > 1 else 1)


METHOD = Method(
    loss=Propagation,
    steps=400,
    ratio=ratio,
    uses=("unlabeled", "faded"),
    key="unlabeled",
    numbers=False,
)
