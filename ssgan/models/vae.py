"""Pretraining with an encoder: the variational autoencoder and its marriage with a GAN.

    VAE       encoder and decoder under the evidence lower bound (Kingma and Welling 2014)
    VAEGAN    what is alike is told by a critic's features (Larsen et al. 2016)

Both are tasks beside `adversarial.Adversarial`. The generator is the decoder, and the trunk,
from which features are read and which is finetuned, is the encoder's. The prior of what the
decoder gets is the standard normal distribution, so samples are made as a GAN makes them.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from ssgan.codecs.codec import Codec, gaussian
from ssgan.config import InputError
from ssgan.models.config import GANConfig, decay, optimizer, scheduled
from ssgan.models.domain import Domain
from ssgan.models.health import MOST, Evaluator, evaluator_of
from ssgan.models.players import (
    Given,
    Networks,
    fit_readout,
    health,
    pictures,
    real_batch,
    sampler_of,
    set_rates,
    untrained_pair,
)
from ssgan.models.sampler import generate
from ssgan.networks import Discriminator, constrainable, flatten_maps
from ssgan.networks.readout import Readout, width
from ssgan.objectives import Critic, Objective, Terms, full
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime
from ssgan.training.batches import BatchSource
from ssgan.training.ema import average, averaged
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import descend


class Encoder(Discriminator):
    """A trunk under a head for the posterior of what a sample was made of; it gives no scores."""

    def __init__(self, below: nn.Module, features: int, latent: int) -> None:
        super().__init__(below, features, outputs=2 * latent)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (N, latent) of q(z | x), in float32, for samples (N, ...)."""
        mean, log_variance = full(self.head(flatten_maps(self.trunk(x)[-1]))).chunk(2, 1)
        return mean, log_variance

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        raise InputError(
            "a VAE has no critic that could score samples: pretrain with model 'gan' or 'vae-gan'"
        )


class Scored(nn.Module):
    """The trunk of an encoder, and the scores of the critic beside it."""

    def __init__(self, encoder: Encoder, critic: Discriminator) -> None:
        super().__init__()
        self.trunk, self.head, self.features = encoder.trunk, encoder.head, encoder.features
        self.critic, self.condition = critic, critic.condition

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        scores: Tensor = self.critic(x, condition)
        return scores


def encoder_on(trunk: Any, config: GANConfig) -> Encoder:
    """An encoder whose head is untrained."""
    with seeded(Rng(("pretrain", config.seed))("encoder", "head")):
        return Encoder(trunk, trunk.features, config.latent)


class VAE:
    """Encoder and decoder, both averaged, under the evidence lower bound.

    The log has its two parts in nats a sample: "reconstruction", -log p(x | z), and "kl", of
    q(z | x) from the prior. What p(x | z) is for a modality, its codec says: `log_likelihood`.
    A condition is told to the decoder alone: the bound holds for any q.
    """

    model = "vae"
    players: tuple[str, ...] = ("generator", "encoder")

    def __init__(self, config: GANConfig, domains: Mapping[str, Domain], on: Runtime) -> None:
        """`domains`: a part of the samples, "unlabeled", to calibrate by."""
        refuse_unfit_vae(config, self.model)
        self.config, self.runtime, self.some = config, on, domains["unlabeled"]
        self.codec, self.sampler = self.some.codec, sampler_of(config, self.some.condition)
        self.readout: Readout
        self.generator: nn.Module
        self.encoder: Encoder
        self.mean_generator: nn.Module
        self.mean_encoder: Encoder
        for name, network in self.untrained(config, self.codec, self.some.width).items():
            setattr(self, name, on.place(network))
        for player in self.players:
            network = getattr(self, f"mean_{player}")
            setattr(self, player, network)
            setattr(self, f"mean_{player}", averaged(network))
        self.optimizer = optimizer(nn.ModuleList([self.generator, self.encoder]), config)
        fit_readout(self.readout, self.mean_encoder.trunk, self.some, on)

    @staticmethod
    def untrained(config: GANConfig, codec: Codec, condition: int) -> dict[str, nn.Module]:
        """The networks that are used after training, by the names of a checkpoint's parts."""
        generator, critic = untrained_pair(config, codec, condition)
        encoder = encoder_on(critic.trunk, config)
        readout = Readout(width(encoder.trunk, codec.shape))
        return {"mean_generator": generator, "mean_encoder": encoder, "readout": readout}

    @staticmethod
    def networks(parts: Mapping[str, Any]) -> Networks:
        """Decoder, encoder and readout as they are used: the averages."""
        return Networks(parts["mean_generator"], parts["mean_encoder"], parts["readout"])

    @property
    def rng(self) -> Rng:
        """The randomness of all steps."""
        return Rng(("pretrain", self.config.seed), self.runtime.device)

    @property
    def parts(self) -> dict[str, Part]:
        """What a checkpoint keeps."""
        names = (*self.players, *(f"mean_{name}" for name in self.players))
        return {name: getattr(self, name) for name in (*names, "readout", "optimizer")}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        """One step of encoder and decoder."""
        set_rates(self.config, step, self.optimizer)
        real, given = real_batch(batches, step.number, 0, self.codec, self.runtime)
        terms, refused = self.descended(self.config.objective, real, given, step.rng(self.rng))
        self.averages(step)
        return terms, {"not_finite": refused}

    def descended(
        self, now: Objective, real: Tensor, given: Given, rng: Rng
    ) -> tuple[Terms, Tensor]:
        """One step of encoder and decoder."""

        def loss(real: Tensor) -> Terms:
            return self.bound(now, real, given, rng)

        return descend(loss, (real,), self.optimizer, self.runtime)

    def bound(self, now: Objective, real: Tensor, given: Given, rng: Rng) -> Terms:
        """The parts of the negative bound for samples (N, *shape), means over them."""
        mean, log_variance = self.encoder.posterior(real)
        output = self.output(sampled(mean, log_variance, rng("posterior")), given)
        likelihood = self.codec.log_likelihood(output, real, rng("activation"))
        return {"reconstruction": -likelihood.mean(), "kl": kl(mean, log_variance).mean()}

    def output(self, z: Tensor, given: Given) -> Tensor:
        """The decoder's output before the codec's activation, float32 (N, *shape)."""
        return full(self.generator(z, *given))

    def made(self, generator: nn.Module, n: int, rng: Rng, given: Given = ()) -> Tensor:
        """Samples (n, *shape) as networks see them, of noise from `rng`."""
        inputs = self.sampler.inputs(n, rng("noise"), given)
        return generate(generator, inputs, self.codec, self.runtime, rng("activation"))

    def averages(self, step: Step) -> None:
        """Move the averages on, and fit the readout to them where a checkpoint follows."""
        mean = decay(self.config, step.number)
        for name in self.players:
            average(getattr(self, f"mean_{name}"), getattr(self, name), mean, step.number)
        if step.saved:
            fit_readout(self.readout, self.mean_encoder.trunk, self.some, self.runtime)

    @cached_property
    def evaluator(self) -> Evaluator | None:
        """What generated samples are compared with."""
        return evaluator_of(self.codec.expand(self.some.samples[:MOST]))

    def health(self, step: int) -> dict[str, float]:
        """Measures of `players.health`, without a critic's."""
        return health(self)

    def pictures(self, step: int) -> dict[str, bytes]:
        """A few samples."""
        return pictures(self, step)


class VAEGAN(VAE):
    """A VAE whose bound is on a critic's features in place of values, and that critic against it.

    As in Larsen et al. 2016, algorithm 1: of the samples that the critic learns to refuse, half
    are made of noise and half are reconstructions; encoder and decoder reconstruct the features
    under the critic's head, Gaussian with the best single variance, and the decoder alone learns
    to be taken for real. The log has all parts per feature: one feature's likelihood weighs as
    much as the adversarial loss (their gamma is 1 / features here, as Adam takes no notice of the
    scale of the rest).
    """

    model = "vae-gan"
    players = ("generator", "encoder", "critic")

    def __init__(self, config: GANConfig, domains: Mapping[str, Domain], on: Runtime) -> None:
        self.critic: Discriminator
        super().__init__(config, domains, on)
        self.critic_optimizer = optimizer(self.critic, config)

    @staticmethod
    def untrained(config: GANConfig, codec: Codec, condition: int) -> dict[str, nn.Module]:
        """The networks that are used after training, by the names of a checkpoint's parts."""
        generator, critic = untrained_pair(config, codec, condition)
        rng = Rng(("pretrain", config.seed))("encoder")
        encoder = encoder_on(untrained_pair(config, codec, rng=rng)[1].trunk, config)
        readout = Readout(width(encoder.trunk, codec.shape))
        players = {"mean_generator": generator, "mean_encoder": encoder, "mean_critic": critic}
        return players | {"readout": readout}

    @staticmethod
    def networks(parts: Mapping[str, Any]) -> Networks:
        """Decoder, encoder with the critic's scores, and readout: the averages."""
        scored = Scored(parts["mean_encoder"], parts["mean_critic"])
        return Networks(parts["mean_generator"], scored, parts["readout"])

    @property
    def parts(self) -> dict[str, Part]:
        """What a checkpoint keeps."""
        return super().parts | {"critic_optimizer": self.critic_optimizer}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        """Some steps of the critic and one of encoder and decoder."""
        number, rng = step.number, step.rng(self.rng)
        now, refused = scheduled(self.config, number), []
        terms: Terms = {}
        set_rates(self.config, step, self.optimizer, self.critic_optimizer)
        for k in range(now.critic_steps(number)):
            real, given = real_batch(batches, number, k, self.codec, self.runtime)
            terms, bad = self.critic_step(now, real, given, rng(k, "critic"))
            refused.append(bad)
        more, bad = self.descended(now, real, given, rng("generator"))
        self.averages(step)
        return terms | more, {"not_finite": torch.stack([*refused, bad]).amax()}

    def score(self, given: Given) -> Critic:
        """The critic as objectives see it: it knows the conditions."""
        return lambda x: self.critic(x, *given)

    def critic_step(
        self, now: Objective, real: Tensor, given: Given, rng: Rng
    ) -> tuple[Terms, Tensor]:
        """One step of the critic."""
        with torch.no_grad(), self.runtime.autocast():
            z = sampled(*self.encoder.posterior(real), rng("posterior"))
            fake = self.mixed(z, given, rng)

        def loss(real: Tensor, fake: Tensor) -> Terms:
            return now.critic_loss(self.score(given), real, fake, rng("loss"))

        stepped = descend(loss, (real, fake), self.critic_optimizer, self.runtime)
        now.constrain(constrainable(self.critic))
        return stepped

    def bound(self, now: Objective, real: Tensor, given: Given, rng: Rng) -> Terms:
        """The bound on the critic's features, and the game against it, per feature."""
        mean, log_variance = self.encoder.posterior(real)
        z = sampled(mean, log_variance, rng("posterior"))
        rebuilt = self.codec.activate(self.output(z, given), rng("activation"))
        with torch.no_grad():
            seen = full(self.seen(real))
        likelihood = gaussian(seen, full(self.seen(rebuilt)))
        fake = self.mixed(z.detach(), given, rng)  # the encoder has no part in the game
        parts = {"reconstruction": -likelihood.mean(), "kl": kl(mean, log_variance).mean()}
        return {name: part / self.critic.features for name, part in parts.items()} | (
            now.generator_loss(self.score(given), real, fake, rng("loss"))
        )

    def seen(self, x: Tensor) -> Tensor:
        """The features (N, F) under the critic's head."""
        return flatten_maps(self.critic.trunk(x)[-1])

    def mixed(self, z: Tensor, given: Given, rng: Rng) -> Tensor:
        """Samples (N, *shape) of noise, the first half, and of z (N, latent), the others."""
        half = len(z) // 2
        noise = rng("noise").normal(half, z.shape[1])
        return self.codec.activate(self.output(torch.cat([noise, z[half:]]), given), rng("mixed"))

    def health(self, step: int) -> dict[str, float]:
        """Measures of `players.health`."""
        return health(self, self.critic)


def refuse_unfit_vae(config: GANConfig, model: str) -> None:
    """ValueError for settings of a GAN that mean nothing to this model."""
    unused = {
        "augmentation": config.augmentation is not None,
        "selfsupervision": config.selfsupervision is not None,
        "noise": config.noise != "normal",  # the bound is on the normal prior
    }
    if model == "vae":
        unused["objective"] = config.objective != GANConfig().objective
        unused["penalty_final"] = config.penalty_final != 1
    if given := [name for name, changed in unused.items() if changed]:
        raise InputError(
            f"the setting {given[0]} has no meaning for the model {model!r}: leave it at its "
            "default, or take the model 'gan'"
        )
    if config.architecture == "dcgan":
        raise InputError(
            "the architecture 'dcgan' has batch norm, with which what a sample is made of depends "
            f"on the whole batch: the model {model!r} needs 'auto', 'residual', 'conv' or 'dense'"
        )


def sampled(mean: Tensor, log_variance: Tensor, rng: Rng) -> Tensor:
    """One draw (N, latent) of each posterior (Kingma and Welling 2014, section 2.4)."""
    return mean + (log_variance / 2).exp() * rng.normal(*mean.shape).to(mean)


def kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Of each posterior from the standard normal, nats (N,) (Kingma and Welling, appendix B)."""
    return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
