"""GAN-BERT's objective: K + 1 classes over encoded rows, and a generator of such rows from noise.

Croce et al. 2020, "GAN-BERT: Generative Adversarial Learning for Robust Text Classification with a
Bunch of Labeled Examples", section 3, with the networks of the authors' code. What is theirs: the
discriminator, a hidden layer as wide as the rows under K + 1 outputs; the generator, from 100
uniform numbers through a hidden layer as wide; all terms of both losses. What is not: the encoder
stays as it is, nothing is dropped out, the two players step in turn, and outputs start at 0, as
from random ones few labels leave some classes below chance. Batch, rate, decay and average are
those of the config. Without unlabeled samples (`unlabeled=0`) the same discriminator learns from
the labels alone: its twin.
"""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.models.gan import GAN
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.labels import Labeled
from ssgan.prediction.method import Method, Tensors, every_stream, own_ratio
from ssgan.prediction.network import Network, initial_network
from ssgan.prediction.task import BETAS, BatchLoss, Learner, Opponent
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Terms, to_float32
from ssgan.training.batches import BatchSource, Stream
from ssgan.training.optim import adam
from ssgan.training.ranks import sharded
from ssgan.training.state import Part

NOISE = 100  # numbers from 0 to 1 that a row is made from
SLOPE = 0.2  # of rectifiers below 0
SMALL = 1e-8  # beside probabilities whose logarithm is taken


def keep_scale(layer: nn.Linear) -> None:
    """First weights that keep the scale of what goes through (He et al. 2015)."""
    nn.init.kaiming_normal_(layer.weight, a=SLOPE, nonlinearity="leaky_relu")
    nn.init.zeros_(layer.bias)


class RowJudge(nn.Module):
    """Features (N, F) to K outputs: those of the classes among K + 1, the last for "generated"."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(features, features)
        self.out = nn.Linear(features, classes + 1)
        keep_scale(self.hidden)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def both(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden units (N, F) and all outputs (N, K + 1)."""
        hidden = F.leaky_relu(self.hidden(features), SLOPE)
        return hidden, self.out(hidden)

    def forward(self, features: Tensor) -> Tensor:
        outputs: Tensor = self.both(features)[1][:, :-1]
        return outputs


class RowGenerator(nn.Module):
    """Noise (N, NOISE) to features (N, F)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.hidden, self.out = nn.Linear(NOISE, features), nn.Linear(features, features)
        keep_scale(self.hidden)
        keep_scale(self.out)

    def forward(self, noise: Tensor) -> Tensor:
        rows: Tensor = self.out(F.leaky_relu(self.hidden(noise), SLOPE))
        return rows


def real_and_fake(outputs: Tensor, reals: int) -> Terms:
    """What telling real from generated rows costs by outputs (N, K + 1), the real ones first.

    Examples
    --------
    >>> terms = real_and_fake(torch.zeros(2, 4), 1)
    >>> {name: round(float(term.exp()), 3) for name, term in terms.items()}
    {'real': 1.333, 'fake': 4.0}
    """
    generated = outputs.softmax(1)[:, -1]
    return {
        "real": -(1 - generated[:reals] + SMALL).log().mean(),
        "fake": -(generated[reals:] + SMALL).log().mean(),
    }


def fooling(outputs: Tensor, hidden: Tensor, target: Tensor) -> Terms:
    """The generator's loss by outputs (N, K + 1) and hidden units (N, F) of its rows, and the mean
    hidden units (F,) of real ones: to be taken for real, and to match them."""
    generated = outputs.softmax(1)[:, -1]
    return {
        "fooling": -(1 - generated + SMALL).log().mean(),
        "matching": (hidden.mean(0) - target).square().mean(),
    }


class GanBert:
    """The losses of both players."""

    trainable = None

    def __init__(self, config: PredictorConfig, learner: Learner, gan: GAN, rows: Labeled) -> None:
        self.config, self.network, self.gan, self.rows = config, learner.network, gan, rows
        on = gan.runtime
        with seeded(Rng(("generator of rows", config.seed))):
            self.generator = on.place(RowGenerator(len(gan.readout.center)).train())
        self.optimizer = adam(self.generator, config.rate, BETAS)

    @property
    def streams(self) -> Mapping[str, Stream]:
        return every_stream(self.config, self.rows, self.gan.runtime)

    @property
    def parts(self) -> Mapping[str, Part]:
        return {"generator": self.generator, "generator_optimizer": self.optimizer}

    def discriminator(self) -> RowJudge:
        """The head, which judges rows."""
        head: RowJudge = self.network.head  # type: ignore[assignment]
        return head

    def fake(self, n: int, rng: Rng) -> Tensor:
        """Generated features (n, F)."""
        rows: Tensor = self.generator(rng.uniform(n, NOISE).to(self.gan.runtime.device))
        return to_float32(rows)

    def batch_and_loss(self, batches: BatchSource, step: int, rng: Rng) -> BatchLoss:
        (packed,) = batches("every", step, 0)
        with torch.no_grad():
            fake = self.fake(len(packed), rng("fake"))

        def terms(features: Tensor, outputs: Tensor) -> Terms:
            _, every = self.discriminator().both(torch.cat([features, fake.to(features.dtype)]))
            adversarial = real_and_fake(to_float32(every), len(features))
            return {name: self.config.unlabeled * term for name, term in adversarial.items()}

        return self.gan.codec.expand(packed), terms

    @property
    def opponent(self) -> Opponent:
        """The generator of rows."""
        return Opponent(self.optimizer, self.fooled)

    def fooled(
        self, batches: BatchSource, step: int, rng: Rng
    ) -> tuple[Tensor, Callable[[Tensor], Terms]]:
        """The mean hidden units of real rows, and what the generator loses beside them."""
        on, count = self.gan.runtime, self.config.ratio * self.config.batch
        (packed,) = batches("every", step, 0)
        with torch.no_grad(), on.autocast():
            features = sharded(self.network.features)(on.batch(self.gan.codec.expand(packed)))
            target = to_float32(self.discriminator().both(features)[0]).mean(0)

        def loss(target: Tensor) -> Terms:
            hidden, outputs = self.discriminator().both(self.fake(count, rng("fooling")))
            return fooling(to_float32(outputs), to_float32(hidden), target)

        return target, loss

    def complete(self) -> None:
        return None

    def result(self, head: nn.Module) -> nn.Module:
        return head


def start(gan: GAN, outputs: int, seed: int) -> Network:
    """The discriminator, untrained, over what the GAN reads."""
    network = initial_network(gan, outputs, seed)
    with seeded(Rng(("discriminator of rows", seed))):
        network.head = RowJudge(len(gan.readout.center), outputs).to(gan.runtime.device)
    return network


def head(state: Tensors, features: int, facts: object) -> nn.Module:
    """The discriminator without its weights."""
    return RowJudge(features, len(state["out.bias"]) - 1)


METHOD = Method(
    loss=GanBert,
    start=start,
    head=head,
    steps=400,
    ratio=own_ratio,
    uses=("unlabeled", "ratio"),
    readout="samples",
    numbers=False,
)
