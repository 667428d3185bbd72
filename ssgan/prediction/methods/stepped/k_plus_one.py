"""K + 1 classes: the network also tells real samples from the generator's, which learns beside it.

Salimans et al. 2016, "Improved Techniques for Training GANs", section 5.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.models.gan import GAN
from ssgan.models.sampler import generate
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.labels import Labeled
from ssgan.prediction.method import Method, every_stream, own_ratio
from ssgan.prediction.task import BatchLoss, Learner, Opponent
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Terms, to_float32
from ssgan.training.batches import BatchSource, Stream
from ssgan.training.optim import adam
from ssgan.training.ranks import sharded
from ssgan.training.state import Part

SLOWER = 0.2  # the generator's rate, as a share of the network's: it is trained already
GENERATOR_BETAS = (0.0, 0.99)  # of the generator, as in pretraining


class KPlusOne:
    """The discriminator's second task, kept while it is finetuned (Salimans et al. 2016, sec. 5).

    With K classes the log-sum-exp of their outputs is the score for "real"; with numbers a linear
    critic on the features is (SR-GAN, Olmschenk et al. 2019, contrasts features by a loss of its
    own; see US patent 11003995). The generator matches the mean of the features: a weak one on
    purpose, whose samples lie between the classes (Dai et al. 2017, "Good semi-supervised learning
    that requires a bad GAN").
    """

    def __init__(self, config: PredictorConfig, learner: Learner, gan: GAN, rows: Labeled) -> None:
        self.config, self.network, self.gan, self.rows = config, learner.network, gan, rows
        self.views, self.classes, on = learner.views, rows.classes, gan.runtime  # 0 for numbers
        self.generator = on.place(deepcopy(gan.generator).requires_grad_(True).train())
        self.optimizer = adam(self.generator, self.config.rate * SLOWER, GENERATOR_BETAS)
        with seeded(Rng(("joint", self.config.seed))):
            self.critic = nn.Linear(len(self.network.readout.center), 1).to(on.device)
        nn.init.zeros_(self.critic.weight)
        nn.init.zeros_(self.critic.bias)

    @property
    def streams(self) -> Mapping[str, Stream]:
        return every_stream(self.config, self.rows, self.gan.runtime)

    @property
    def parts(self) -> Mapping[str, Part]:
        parts: dict[str, Part] = {"generator": self.generator, "critic": self.critic}
        return parts | {"generator_optimizer": self.optimizer}

    @property
    def trainable(self) -> nn.Module | None:
        return None if self.classes else self.critic

    def batch_and_loss(self, batches: BatchSource, step: int, rng: Rng) -> BatchLoss:
        real = self.real(batches, step, rng)
        with torch.no_grad():
            fake = self.fake(len(real), rng("fake"))
        return torch.cat([real, fake]), partial(self.critic_terms, len(real))

    def real(self, batches: BatchSource, step: int, rng: Rng) -> Tensor:
        """Real samples of a step, in light views."""
        (packed,) = batches("every", step, 1)
        return self.views.light(self.gan.codec.expand(packed), rng("real"))

    def fake(self, n: int, rng: Rng) -> Tensor:
        """Samples of the generator."""
        gan = self.gan
        inputs = gan.sampler.inputs(n, rng("noise"), gan.sampler.conditions(n, rng("told")))
        return generate(sharded(self.generator), inputs, gan.codec, gan.runtime, rng("activation"))

    def critic_terms(self, reals: int, features: Tensor, outputs: Tensor) -> Terms:
        if self.classes:
            scores = outputs.logsumexp(1)
        else:
            scores = to_float32(self.critic(features)).squeeze(1)
        weight = self.config.unlabeled / 2
        return {
            "real": weight * F.softplus(-scores[:reals]).mean(),
            "fake": weight * F.softplus(scores[reals:]).mean(),
        }

    @property
    def opponent(self) -> Opponent:
        """The generator, whose mean features move towards those of real rows."""
        return Opponent(self.optimizer, self.matching, SLOWER)

    def matching(
        self, batches: BatchSource, step: int, rng: Rng
    ) -> tuple[Tensor, Callable[[Tensor], Terms]]:
        """The mean features of real rows, and how far those of generated ones are from them."""
        config, on = self.config, self.gan.runtime
        with torch.no_grad(), on.autocast():
            real = on.batch(self.real(batches, step, rng))
            target = to_float32(sharded(self.network.features)(real)).mean(0)

        def loss(target: Tensor) -> Terms:
            fake = self.fake(config.batch * config.ratio, rng("fooling"))
            mean = to_float32(sharded(self.network.features)(on.batch(fake))).mean(0)
            return {"matching": (mean - target).square().mean()}

        return target, loss

    def complete(self) -> None:
        return None

    def result(self, head: nn.Module) -> nn.Module:
        return head


METHOD = Method(loss=KPlusOne, steps=1500, ratio=own_ratio, uses=("unlabeled", "ratio"))
