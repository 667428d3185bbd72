"""What unlabeled rows teach while a network is finetuned: teachers for the task of finetuning.

    Consistency    an average of the network labels a row, the network says so of a changed view
    Joint          the network tells real rows from the generator's, which learns beside it

A teacher gives a lesson for every step, a batch and what the network's answers cost, and may learn
something of its own after it. Several teach in one step.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.models.config import noise
from ssgan.models.gan import GAN
from ssgan.objectives import Terms
from ssgan.prediction.finetuning import Lesson, Network, PredictorConfig
from ssgan.randomness import Rng, seeded
from ssgan.training.batches import BatchSource
from ssgan.training.optim import adam, set_rate
from ssgan.training.state import Part
from ssgan.training.step import descend
from ssgan.transforms.batch import mixed
from ssgan.transforms.views import Views

KEPT = 0.99  # of the running averages that thresholds come from, a step
EVEN = 0.01  # weight of the classes being taught about as often as they are labelled
APART = 0.5  # deviations of the teacher's numbers, from which it is sure which one is greater
STEEP = 4.0  # how fast a difference of numbers becomes a sure order
RISE = 0.2  # share of the steps in which the teacher of numbers gains its full weight
SLOWER = 0.2  # the generator's rate, as a share of the network's: it is trained already
BETAS = (0.0, 0.99)  # of the generator, as in pretraining


class Thresholds(nn.Module):
    """From which probability on the teacher's label of a class is believed (FreeMatch).

    The more sure the teacher is on the whole, and the more often it names a class, the higher
    (Wang et al. 2023, "FreeMatch: Self-adaptive Thresholding for Semi-supervised Learning", eq. 5
    to 8); all start at 1 / K, so that every row counts at first.
    """

    sure: Tensor
    shares: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.register_buffer("sure", torch.tensor(1 / classes))
        self.register_buffer("shares", torch.full((classes,), 1 / classes))

    @torch.no_grad()
    def believed(self, chances: Tensor, prior: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The likeliest class and 1 or 0 for each row of probabilities (N, K), after counting.

        With `prior` (K,), the shares of classes to be expected, a class that is named more often
        than that is taken for less likely (distribution alignment, Berthelot et al. 2020,
        "ReMixMatch", section 3.1).
        """
        self.shares.lerp_(chances.mean(0), 1 - KEPT)
        if prior is not None:
            chances = F.normalize(chances * prior / self.shares, p=1.0, dim=1)
        best, guesses = chances.max(1)
        self.sure.lerp_(best.mean(), 1 - KEPT)
        needed = self.sure * self.shares / self.shares.max()
        return guesses, (best >= needed[guesses]).float()


@dataclass
class Consistency:
    """Mean teacher (Tarvainen and Valpola 2017) with FixMatch's views (Sohn et al. 2020).

    Classes: the teacher's label of a weakly changed row, where it is sure enough, is the target for
    the strongly changed one. Numbers: its number is, and the order of two rows too, where it is
    sure of it (after RankUp, Huang et al. 2024). With `mix` changed rows are mixed in pairs, and so
    is what they should be (Verma et al. 2019, "Interpolation Consistency Training").
    """

    config: PredictorConfig
    mean: Network  # the average of the network that is taught
    gan: GAN
    views: Views
    classes: int  # 0 for numbers
    prior: Tensor  # of the labelled rows: shares of the classes (K,), or numbers in order (N,)

    def __post_init__(self) -> None:
        self.thresholds = Thresholds(max(self.classes, 1)).to(self.gan.runtime.device)

    @property
    def parts(self) -> dict[str, Part]:
        return {"thresholds": self.thresholds}

    @property
    def learnt(self) -> nn.Module | None:
        return None

    def lesson(self, rows: BatchSource, step: int, rng: Rng) -> Lesson:
        (packed,) = rows("every", step, 0)
        x, on = self.gan.codec.expand(packed), self.gan.runtime
        with torch.no_grad(), on.autocast():
            said = self.mean(on.batch(self.views.weak(x, rng("weak")))).float()
        changed = self.views.strong(x, rng("strong"))
        shares = self.shares(len(x), rng("mix"))
        changed = together(changed, shares)
        if self.classes:
            prior = self.prior if self.config.align else None
            guesses, believed = self.thresholds.believed(said.softmax(1), prior)
            targets = believed[:, None] * F.one_hot(guesses, self.classes)
            return changed, partial(self.named, together(targets, shares))
        weight = self.config.unlabeled * min(1.0, step / max(1, RISE * (self.config.steps or 1)))
        return changed, partial(self.measured, together(self.told(said.squeeze(1)), shares), weight)

    def told(self, said: Tensor) -> Tensor:
        """The teacher's numbers (N,) within those of the labels, beyond which orders would drive
        them; with `align` each is the number that has its rank among these."""
        if not self.config.align:
            return said.clamp(self.prior[0], self.prior[-1])
        ranks = said.argsort().argsort().float()
        return torch.quantile(self.prior, (ranks + 0.5) / len(said))

    def shares(self, n: int, rng: Rng) -> Tensor | None:
        """How much of each of n mixed rows is its own, the larger part as in MixMatch (Berthelot et
        al. 2019, section 3.3): from 0.5 to 1; None where none are."""
        return 1 - rng.uniform(n) / 2 if self.config.mix else None

    def named(self, targets: Tensor, features: Tensor, outputs: Tensor) -> Terms:
        """Cross entropy with what is believed (N, K), 0 for rows that are not; little where
        classes are taught as often as the labelled rows have them."""
        costs = -(targets * outputs.log_softmax(1)).sum(1)
        weights = targets.sum(1) / targets.sum().clamp_min(1)
        shares = (outputs.softmax(1) * weights[:, None]).sum(0)
        uneven = (shares * (shares.clamp_min(1e-6) / self.prior).log()).sum()
        return {
            "consistency": self.config.unlabeled * costs.mean(),
            "uneven": self.config.unlabeled * EVEN * uneven,
        }

    def measured(self, said: Tensor, weight: float, features: Tensor, outputs: Tensor) -> Terms:
        numbers = outputs.squeeze(1)
        gaps, sure = numbers - numbers.roll(1), (said - said.roll(1)).abs() > APART
        orders = F.binary_cross_entropy_with_logits(
            STEEP * gaps, (said > said.roll(1)).float(), reduction="none"
        )
        return {
            "consistency": weight * F.mse_loss(numbers, said),
            "ranking": weight * (sure * orders).mean() / STEEP,
        }

    def after(self, rows: BatchSource, step: int, rng: Rng, rate: float) -> tuple[Terms, Tensor]:
        return {}, torch.zeros(())


def together(values: Tensor, shares: Tensor | None) -> Tensor:
    """Samples (N, ...) mixed in pairs, or as they are."""
    return values if shares is None else mixed(values, shares.to(values.device))


@dataclass
class Joint:
    """The discriminator's second task, kept while it is finetuned (Salimans et al. 2016, sec. 5).

    With K classes the log-sum-exp of their outputs is the score for "real"; with numbers a linear
    critic on the features is (SR-GAN, Olmschenk et al. 2019, contrasts features by a loss of its
    own; see US patent 11003995). The generator matches the mean of the features: a weak one on
    purpose, whose samples lie between the classes (Dai et al. 2017, "Good semi-supervised learning
    that requires a bad GAN").
    """

    config: PredictorConfig
    network: Network  # the one that is taught
    gan: GAN
    views: Views
    classes: int  # 0 for numbers

    def __post_init__(self) -> None:
        on = self.gan.runtime
        self.generator = on.place(deepcopy(self.gan.generator).requires_grad_(True).train())
        self.optimizer = adam(self.generator, self.config.rate * SLOWER, BETAS)
        features = len(self.network.readout.center)
        with seeded(Rng(("joint", self.config.seed))):
            self.critic = nn.Linear(features, 1).to(on.device)
        nn.init.zeros_(self.critic.weight)
        nn.init.zeros_(self.critic.bias)

    @property
    def parts(self) -> dict[str, Part]:
        parts: dict[str, Part] = {"generator": self.generator, "critic": self.critic}
        return parts | {"generator_optimizer": self.optimizer}

    @property
    def learnt(self) -> nn.Module | None:
        return None if self.classes else self.critic

    def lesson(self, rows: BatchSource, step: int, rng: Rng) -> Lesson:
        real = self.real(rows, step, rng)
        with torch.no_grad():
            fake = self.fake(len(real), rng("fake"))
        return torch.cat([real, fake]), partial(self.told_apart, len(real))

    def real(self, rows: BatchSource, step: int, rng: Rng) -> Tensor:
        (packed,) = rows("every", step, 1)
        return self.views.of(self.gan.codec.expand(packed), rng("real"))

    def fake(self, n: int, rng: Rng) -> Tensor:
        z = noise(self.gan.config, n, rng("noise"))
        told = (self.gan.condition.sample(n, rng("told")),) if self.gan.condition else ()
        with self.gan.runtime.autocast():
            output = self.generator(z, *told)
        return self.gan.codec.activate(output.float(), rng("activation"))

    def told_apart(self, reals: int, features: Tensor, outputs: Tensor) -> Terms:
        scores = outputs.logsumexp(1) if self.classes else self.critic(features).float().squeeze(1)
        weight = self.config.unlabeled / 2
        return {
            "real": weight * F.softplus(-scores[:reals]).mean(),
            "fake": weight * F.softplus(scores[reals:]).mean(),
        }

    def after(self, rows: BatchSource, step: int, rng: Rng, rate: float) -> tuple[Terms, Tensor]:
        """One step of the generator, whose mean features move towards those of real rows."""
        config, on = self.config, self.gan.runtime
        set_rate(self.optimizer, SLOWER * rate)
        with torch.no_grad(), on.autocast():
            wanted = self.network.features(on.batch(self.real(rows, step, rng))).float().mean(0)

        def loss(wanted: Tensor) -> Terms:
            fake = self.fake(config.batch * config.ratio, rng("fooling"))
            found = self.network.features(on.batch(fake)).float().mean(0)
            return {"matching": (found - wanted).square().mean()}

        return descend(loss, (wanted,), self.optimizer, on)


TEACHERS: dict[str, Callable[..., Consistency | Joint]] = {
    "consistency": lambda config, network, mean, *rest: Consistency(config, mean, *rest),
    "joint": lambda config, network, mean, *rest: Joint(config, network, *rest[:-1]),
}
