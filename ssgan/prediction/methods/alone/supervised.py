"""Trunk and head trained together on the labels alone: what the unlabeled samples are worth is seen
beside it."""

from collections.abc import Mapping

from torch import nn

from ssgan.models.gan import GAN
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.labels import Labeled
from ssgan.prediction.method import Method
from ssgan.prediction.task import Learner
from ssgan.randomness import Rng
from ssgan.training.batches import BatchSource, Stream
from ssgan.training.state import Part


class Supervised:
    """No loss of unlabeled samples."""

    trainable = None
    opponent = None

    def __init__(self, config: PredictorConfig, learner: Learner, gan: GAN, rows: Labeled) -> None:
        self.parts: Mapping[str, Part] = {}
        self.streams: Mapping[str, Stream] = {}

    def batch_and_loss(self, batches: BatchSource, step: int, rng: Rng) -> None:
        return None

    def complete(self) -> None:
        return None

    def result(self, head: nn.Module) -> nn.Module:
        return head


METHOD = Method(loss=Supervised, steps=400)
