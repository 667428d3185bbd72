"""A mean teacher: pseudo-labels from an average of the network, learnt on changed views.

Mean teacher (Tarvainen and Valpola 2017) with the views of FixMatch (Sohn et al. 2020) and the
thresholds of FreeMatch (Wang et al. 2023).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.models.gan import GAN
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.labels import Labeled
from ssgan.prediction.method import Method, every_stream, own_ratio
from ssgan.prediction.task import BatchLoss, Learner
from ssgan.randomness import Rng
from ssgan.runtime import Terms, to_float32
from ssgan.training.batches import BatchSource, Stream
from ssgan.training.ranks import sharded
from ssgan.training.state import Part
from ssgan.transforms.batch import mixed


@dataclass(frozen=True)
class Belief:
    """Which pseudo-labels of the teacher count."""

    momentum: float = 0.99  # of the running averages that thresholds come from, a step
    balance: float = 0.01  # weight of the class-balance regulariser
    apart: float = 0.5  # deviations of numbers, from which it is sure which one is greater
    steep: float = 4.0  # how fast a difference of numbers becomes a sure order
    rise: float = 0.2  # share of the steps in which a teacher of numbers gains its full weight


BELIEF = Belief()


class Thresholds(nn.Module):
    """From which probability on a pseudo-label of a class counts (FreeMatch).

    The more sure the teacher is on the whole, and the more often it names a class, the higher
    (Wang et al. 2023, "FreeMatch: Self-adaptive Thresholding for Semi-supervised Learning", eq. 5
    to 8); all start at 1 / K, so that every row counts at first.
    """

    sure: Tensor
    shares: Tensor

    def __init__(self, classes: int, momentum: float = BELIEF.momentum) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("sure", torch.tensor(1 / classes))
        self.register_buffer("shares", torch.full((classes,), 1 / classes))

    @torch.no_grad()
    def pseudo_labels(
        self, probabilities: Tensor, prior: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The likeliest class and 1 or 0 for each row of probabilities (N, K), after counting.

        With `prior` (K,), the shares of classes to be expected, a class that is named more often
        than that is taken for less likely (distribution alignment, Berthelot et al. 2020,
        "ReMixMatch", section 3.1).
        """
        self.shares.lerp_(probabilities.mean(0), 1 - self.momentum)
        if prior is not None:
            probabilities = F.normalize(probabilities * prior / self.shares, p=1.0, dim=1)
        best, labels = probabilities.max(1)
        self.sure.lerp_(best.mean(), 1 - self.momentum)
        needed = self.sure * self.shares / self.shares.max()
        return labels, (best >= needed[labels]).float()


class Consistency:
    """Pseudo-labels of weak views, as targets of strong ones.

    Classes: the teacher's label of a weakly changed sample, where it is sure enough, is the target
    for the strongly changed one. Numbers: its number is, and the order of two samples too, where it
    is sure of it (after RankUp, Huang et al. 2024). With `mix` changed samples are mixed in pairs,
    and so are their targets (Verma et al. 2019, "Interpolation Consistency Training").
    """

    trainable = None
    opponent = None

    def __init__(
        self,
        config: PredictorConfig,
        learner: Learner,
        gan: GAN,
        rows: Labeled,
        belief: Belief = BELIEF,
    ) -> None:
        self.config, self.mean, self.gan, self.rows = config, learner.mean, gan, rows
        self.belief = belief
        self.views = learner.views
        self.classes = rows.classes  # 0 for numbers
        device = gan.runtime.device
        self.prior = rows.prior().to(device)  # shares of classes (K,), or numbers in order (N,)
        self.thresholds = Thresholds(max(self.classes, 1), belief.momentum).to(device)

    @property
    def streams(self) -> Mapping[str, Stream]:
        return every_stream(self.config, self.rows, self.gan.runtime)

    @property
    def parts(self) -> Mapping[str, Part]:
        return {"thresholds": self.thresholds}

    def batch_and_loss(self, batches: BatchSource, step: int, rng: Rng) -> BatchLoss:
        (packed,) = batches("every", step, 0)
        x, on = self.gan.codec.expand(packed), self.gan.runtime
        with torch.no_grad(), on.autocast():
            weak = on.batch(self.views.weak(x, rng("weak")))
            outputs = to_float32(sharded(self.mean)(weak))
        changed, shares = self.views.strong(x, rng("strong")), self.shares(len(x), rng("mix"))
        changed = mix_pairs(changed, shares)
        if self.classes:
            prior = self.prior if self.config.align else None
            labels, confident = self.thresholds.pseudo_labels(outputs.softmax(1), prior)
            targets = confident[:, None] * F.one_hot(labels, self.classes)
            return changed, partial(self.class_terms, mix_pairs(targets, shares))
        rise = max(1, self.belief.rise * (self.config.steps or 1))
        weight = self.config.unlabeled * min(1.0, step / rise)
        targets = mix_pairs(self.number_targets(outputs.squeeze(1)), shares)
        return changed, partial(self.number_terms, targets, weight)

    def number_targets(self, outputs: Tensor) -> Tensor:
        """The teacher's numbers (N,) within those of the labels, beyond which orders would drive
        them; with `align` each is the number that has its rank among these."""
        if not self.config.align:
            return outputs.clamp(self.prior[0], self.prior[-1])
        ranks = outputs.argsort().argsort().float()
        return torch.quantile(self.prior, (ranks + 0.5) / len(outputs))

    def shares(self, n: int, rng: Rng) -> Tensor | None:
        """How much of each of n mixed rows is its own, the larger part as in MixMatch (Berthelot et
        al. 2019, section 3.3): from 0.5 to 1; None where none are."""
        return 1 - rng.uniform(n) / 2 if self.config.mix else None

    def class_terms(self, targets: Tensor, features: Tensor, outputs: Tensor) -> Terms:
        """Cross entropy with pseudo-labels (N, K), 0 for rows without one; little where
        classes are taught as often as the labelled rows have them."""
        costs = -(targets * outputs.log_softmax(1)).sum(1)
        weights = targets.sum(1) / targets.sum().clamp_min(1)
        shares = (outputs.softmax(1) * weights[:, None]).sum(0)
        balance = (shares * (shares.clamp_min(1e-6) / self.prior).log()).sum()
        return {
            "consistency": self.config.unlabeled * costs.mean(),
            "class_balance": self.config.unlabeled * self.belief.balance * balance,
        }

    def number_terms(
        self, targets: Tensor, weight: float, features: Tensor, outputs: Tensor
    ) -> Terms:
        """The terms of numbers: how far they are from the teacher's, and whether pairs are in its
        order.
        """
        numbers = outputs.squeeze(1)
        gaps, sure = (
            numbers - numbers.roll(1),
            (targets - targets.roll(1)).abs() > self.belief.apart,
        )
        orders = F.binary_cross_entropy_with_logits(
            self.belief.steep * gaps, (targets > targets.roll(1)).float(), reduction="none"
        )
        return {
            "consistency": weight * F.mse_loss(numbers, targets),
            "ranking": weight * (sure * orders).mean() / self.belief.steep,
        }

    def complete(self) -> None:
        return None

    def result(self, head: nn.Module) -> nn.Module:
        return head


def mix_pairs(values: Tensor, shares: Tensor | None) -> Tensor:
    """Samples (N, ...) mixed in pairs, or as they are."""
    return values if shares is None else mixed(values, shares.to(values.device))


USES = ("unlabeled", "ratio", "mix", "align")


METHOD = Method(loss=Consistency, steps=5000, ratio=own_ratio, uses=USES)
