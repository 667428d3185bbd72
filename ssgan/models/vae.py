"""Pretraining with an encoder: the variational autoencoder and its marriage with a GAN.

    VAE       encoder and decoder under the evidence lower bound (Kingma and Welling 2014)
    VAEGAN    what is alike is told by a critic's features (Larsen et al. 2016)

Both are tasks as `adversarial.Adversarial` is one. The generator is the decoder, and the trunk,
from which features are read and which is finetuned, is the encoder's. The prior of what the
decoder gets is the standard normal distribution, so samples are made as a GAN makes them.
"""

import torch
from torch import Tensor, nn

from ssgan.codecs.codec import Codec, gaussian
from ssgan.config import InputError
from ssgan.models.adversarial import Adversarial, Share
from ssgan.models.config import GANConfig, decay, optimizer, resolve_architecture, scheduled
from ssgan.models.inference import apply
from ssgan.networks import Design, Discriminator, build, constrainable, flat
from ssgan.networks.readout import Readout, pooled
from ssgan.objectives import Objective, Terms, full
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime
from ssgan.training.batches import BatchSource
from ssgan.training.ema import average, averaged
from ssgan.training.optim import cosine, set_rate
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import descend


class Encoder(Discriminator):
    """A trunk under a head for the posterior of what a sample was made of; it gives no scores."""

    def __init__(self, below: nn.Module, features: int, latent: int) -> None:
        super().__init__(below, features, outputs=2 * latent)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (N, latent) of q(z | x), in float32, for samples (N, ...)."""
        mean, log_variance = full(self.head(flat(self.trunk(x)[-1]))).chunk(2, 1)
        return mean, log_variance

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        raise InputError(
            "a VAE has no critic that could score samples: pretrain with model 'gan' or 'vae-gan'"
        )


class Scored(Discriminator):
    """The trunk of an encoder, and the scores of the critic beside it."""

    def __init__(self, encoder: Encoder, critic: Discriminator) -> None:
        nn.Module.__init__(self)
        self.trunk, self.head, self.features = encoder.trunk, encoder.head, encoder.features
        self.critic, self.condition = critic, critic.condition

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        scores: Tensor = self.critic(x, condition)
        return scores


class VAE(Adversarial):
    """Encoder and decoder, both averaged, under the evidence lower bound.

    The log has its two parts in nats a sample: "reconstruction", -log p(x | z), and "kl", of
    q(z | x) from the prior. What p(x | z) is for a modality, its codec says: `log_likelihood`.
    A condition is told to the decoder alone: the bound holds for any q.
    """

    model = "vae"
    players: tuple[str, ...] = ("generator", "encoder")

    def __init__(
        self,
        config: GANConfig,
        codec: Codec,
        on: Runtime,
        reference: Tensor,
        condition_width: int = 0,
    ) -> None:
        refuse_unfit(config, self.model)
        super().__init__(config, codec, on, reference, condition_width)
        rng = Rng(("pretrain", config.seed))("encoder")
        below = self.below(rng)
        with seeded(rng("head")):
            encoder = Encoder(below, self.critic.features, config.latent)
        self.encoder = on.place(encoder)
        self.mean_encoder = averaged(self.encoder)
        self.optimizer = optimizer(nn.ModuleList([self.generator, self.encoder]), config)

    def below(self, rng: Rng) -> nn.Module:
        """The encoder's trunk, untrained."""
        trunk: nn.Module = self.critic.trunk  # there is nothing else for it to do here
        return trunk

    @property
    def parts(self) -> dict[str, Part]:
        names = (*self.players, *(f"mean_{name}" for name in self.players))
        return {name: getattr(self, name) for name in (*names, "readout", "optimizer")}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        self.set_rate(self.optimizer, step)
        real, told = self.real(batches, step.number, 0)
        terms, refused = self.descended(self.config.objective, real, told, step.rng(self.rng))
        self.averages(step)
        return terms, {"not_finite": refused}

    def descended(
        self, now: Objective, real: Tensor, told: Tensor | None, rng: Rng
    ) -> tuple[Terms, Tensor]:
        """One step of encoder and decoder."""

        def loss(real: Tensor) -> Terms:
            return self.bound(now, real, told, rng)

        return descend(loss, (real,), self.optimizer, self.runtime)

    def bound(self, now: Objective, real: Tensor, told: Tensor | None, rng: Rng) -> Terms:
        """The parts of the negative bound for samples (N, *shape), means over them."""
        mean, log_variance = self.encoder.posterior(real)
        output = self.output(sampled(mean, log_variance, rng("posterior")), told)
        likelihood = self.codec.log_likelihood(output, real, rng("activation"))
        return {"reconstruction": -likelihood.mean(), "kl": kl(mean, log_variance).mean()}

    def output(self, z: Tensor, told: Tensor | None) -> Tensor:
        """The decoder's output before the codec's activation, float32 (N, *shape)."""
        return full(self.generator(z) if told is None else self.generator(z, told))

    def set_rate(self, which: torch.optim.Optimizer, step: Step) -> None:
        config = self.config
        rate = cosine(step.number, config.steps, config.rate, config.rate * config.final)
        set_rate(which, rate * step.rate)

    def averages(self, step: Step) -> None:
        """Move the averages on, and fit the readout to them where a checkpoint follows."""
        mean = decay(self.config, step.number)
        for name in self.players:
            average(getattr(self, f"mean_{name}"), getattr(self, name), mean, step.number)
        if step.saved:
            self.fit_readout()

    def health(self, step: int) -> dict[str, float]:
        """As `Adversarial.health`, without the gap of scores that it does not have."""
        return {name: v for name, v in super().health(step).items() if name != "score_gap"}

    @torch.no_grad()
    def fit_readout(self) -> None:
        trunk = self.mean_encoder.trunk
        rows = apply(lambda x: pooled(trunk(x)), self.reference, self.codec, self.runtime)
        self.readout.fit(rows.to(self.readout.center.device))

    def result_networks(self) -> tuple[nn.Module, Discriminator, Readout]:
        """Decoder, encoder and readout as they are used: the averages."""
        return self.mean_generator, self.mean_encoder, self.readout


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

    def below(self, rng: Rng) -> nn.Module:
        config = self.config
        design = Design(
            architecture=resolve_architecture(config, self.codec),
            width=config.width,
            depth=config.depth,
            latent=config.latent,
        )
        _, other = build(self.codec.shape, rng=rng, **design)
        trunk: nn.Module = other.trunk
        return trunk

    @property
    def parts(self) -> dict[str, Part]:
        return super().parts | {"critic_optimizer": self.critic_optimizer}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        number, rng = step.number, step.rng(self.rng)
        now, refused = scheduled(self.config, number), []
        terms: Terms = {}
        self.set_rate(self.optimizer, step)
        self.set_rate(self.critic_optimizer, step)
        for k in range(now.critic_steps(number)):
            real, told = self.real(batches, number, k)
            terms, bad = self.critic_step(now, real, told, rng(k, "critic"), None)
            refused.append(bad)
        more, bad = self.descended(now, real, told, rng("generator"))
        self.averages(step)
        return terms | more, {"not_finite": torch.stack([*refused, bad]).amax()}

    def critic_step(
        self, now: Objective, real: Tensor, told: Tensor | None, rng: Rng, share: Share
    ) -> tuple[Terms, Tensor]:
        with torch.no_grad(), self.runtime.autocast():
            z = sampled(*self.encoder.posterior(real), rng("posterior"))
            fake = self.mixed(z, told, rng)
        score = self.scoring(told, share, rng)

        def loss(real: Tensor, fake: Tensor) -> Terms:
            return now.critic_loss(score, real, fake, rng("loss"))

        stepped = descend(loss, (real, fake), self.critic_optimizer, self.runtime)
        now.constrain(constrainable(self.critic))
        return stepped

    def bound(self, now: Objective, real: Tensor, told: Tensor | None, rng: Rng) -> Terms:
        mean, log_variance = self.encoder.posterior(real)
        z = sampled(mean, log_variance, rng("posterior"))
        rebuilt = self.codec.activate(self.output(z, told), rng("activation"))
        with torch.no_grad():
            seen = full(self.trunk(real))
        likelihood = gaussian(seen, full(self.trunk(rebuilt)))
        fake = self.mixed(z.detach(), told, rng)  # the encoder has no part in the game
        score = self.scoring(told, None, rng)
        parts = {"reconstruction": -likelihood.mean(), "kl": kl(mean, log_variance).mean()}
        return {name: part / self.critic.features for name, part in parts.items()} | (
            now.generator_loss(score, real, fake, rng("loss"))
        )

    def mixed(self, z: Tensor, told: Tensor | None, rng: Rng) -> Tensor:
        """Samples (N, *shape) of noise, the first half, and of z (N, latent), the others."""
        half = len(z) // 2
        noise = rng("noise").normal(half, z.shape[1])
        return self.codec.activate(self.output(torch.cat([noise, z[half:]]), told), rng("mixed"))

    def health(self, step: int) -> dict[str, float]:
        return Adversarial.health(self, step)

    def result_networks(self) -> tuple[nn.Module, Discriminator, Readout]:
        """Decoder, encoder with the critic's scores, and readout: the averages."""
        return self.mean_generator, Scored(self.mean_encoder, self.mean_critic), self.readout


def refuse_unfit(config: GANConfig, model: str) -> None:
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
    if config.body == "dcgan":
        raise InputError(
            "the body 'dcgan' has batch norm, with which what a sample is made of depends on the "
            f"whole batch: the model {model!r} needs 'auto', 'residual', 'conv' or 'dense'"
        )


def sampled(mean: Tensor, log_variance: Tensor, rng: Rng) -> Tensor:
    """One draw (N, latent) of each posterior (Kingma and Welling 2014, section 2.4)."""
    return mean + (log_variance / 2).exp() * rng.normal(*mean.shape).to(mean)


def kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Of each posterior from the standard normal, nats (N,) (Kingma and Welling, appendix B)."""
    return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
