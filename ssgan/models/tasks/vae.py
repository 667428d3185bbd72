"""The variational autoencoder: encoder and decoder under the evidence lower bound.

Kingma and Welling 2014, "Auto-Encoding Variational Bayes". The generator is the decoder, and the
trunk, from which features are read and which is finetuned, is the encoder's. The prior of what the
decoder gets is the standard normal distribution, so samples are made as a GAN makes them.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from ssgan.codecs.codec import Codec
from ssgan.config import InputError
from ssgan.models.config import GANConfig
from ssgan.models.domain import Domain
from ssgan.models.players import (
    WITHOUT_BATCH_NORM,
    Batch,
    Networks,
    Players,
    TaskSetting,
    draw_samples,
    fit_readout,
    measure_health,
    set_rates,
    untrained_pair,
)
from ssgan.models.pooling import Readout, width
from ssgan.models.sampler import Conditions
from ssgan.models.schedules import decay, optimizer
from ssgan.networks import flatten_maps
from ssgan.objectives import Objective, to_float32
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime, Terms
from ssgan.training.batches import BatchSource
from ssgan.training.ema import average, averaged
from ssgan.training.norms import normalises
from ssgan.training.ranks import sharded
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import Stepped, descend


class Encoder(nn.Module):
    """A trunk under a head for the posterior of what a sample was made of."""

    def __init__(self, below: Any, latent: int) -> None:
        super().__init__()
        self.trunk = below
        self.head = nn.Linear(below.features, 2 * latent)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (N, latent) of q(z | x), in float32, for samples (N, ...)."""
        mean, log_variance = to_float32(self.head(flatten_maps(self.trunk(x)[-1]))).chunk(2, 1)
        return mean, log_variance


def encoder_on(trunk: Any, config: GANConfig) -> Encoder:
    """An encoder whose head is untrained."""
    with seeded(Rng(("pretrain", config.seed))("encoder", "head")):
        return Encoder(trunk, config.latent)


class VAE:
    """Encoder and decoder, both averaged, under the evidence lower bound.

    The log has its two parts in nats a sample: "reconstruction", -log p(x | z), and "kl", of
    q(z | x) from the prior. What p(x | z) is for a modality, its codec says: `log_likelihood`.
    The decoder alone gets a condition: the bound holds for any q.
    """

    model = "vae"
    plays = False  # whether a critic plays against it

    def __init__(self, config: GANConfig, domains: Mapping[str, Domain], on: Runtime) -> None:
        """`domains`: a part of the samples, "unlabeled", to calibrate by."""
        refuse_unfit_vae(config, self.model, self.plays)
        self.setting = TaskSetting(config, domains["unlabeled"], on)
        self.config, self.runtime, self.calibration = config, on, self.setting.calibration
        self.codec = self.setting.codec
        networks: Any = self.networks(self.untrained(config, self.codec, self.calibration.width))
        refuse_mixed_samples(networks, self.model)
        self.generator, self.readout = on.place(networks.generator), on.place(networks.readout)
        self.encoder: Encoder = on.place(networks.encoder)
        self.mean_generator, self.mean_encoder = averaged(self.generator), averaged(self.encoder)
        self.critic: Any = networks.discriminator and on.place(
            networks.discriminator
        )  # a VAE has none
        self.optimizer = optimizer(nn.ModuleList([self.generator, self.encoder]), config)
        fit_readout(self.readout, self.mean_encoder.trunk, self.calibration, on)

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
        encoder = parts["mean_encoder"]
        return Networks(parts["mean_generator"], parts["readout"], encoder=encoder)

    @property
    def parts(self) -> dict[str, Part]:
        """What a checkpoint keeps."""
        return {
            "generator": self.generator,
            "encoder": self.encoder,
            "mean_generator": self.mean_generator,
            "mean_encoder": self.mean_encoder,
            "readout": self.readout,
            "optimizer": self.optimizer,
        }

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        """One step of encoder and decoder."""
        set_rates(self.config, step, self.optimizer)
        batch, rng = self.setting.batch(batches, step), step.rng(self.setting.rng)
        terms, refused = self.bound_step(self.config.objective, batch, rng)
        self.move_averages(step)
        return terms, {"not_finite": refused}

    def bound_step(self, objective: Objective, batch: Batch, rng: Rng) -> Stepped:
        """One step of encoder and decoder."""
        real, conditions = batch

        def loss(real: Tensor) -> Terms:
            return self.bound(objective, real, conditions, rng)

        return descend(loss, (real,), self.optimizer, self.runtime)

    def bound(self, objective: Objective, real: Tensor, conditions: Conditions, rng: Rng) -> Terms:
        """The parts of the negative bound for samples (N, *shape), means over them."""
        mean, log_variance = sharded(self.encoder.posterior)(real)
        output = self.output(sample_posterior(mean, log_variance, rng("posterior")), conditions)
        likelihood = self.codec.log_likelihood(output, real, rng("activation"))
        return {"reconstruction": -likelihood.mean(), "kl": kl(mean, log_variance).mean()}

    def output(self, z: Tensor, conditions: Conditions) -> Tensor:
        """The decoder's output before the codec's activation, float32 (N, *shape)."""
        return to_float32(sharded(self.generator)(z, *conditions))

    def health(self, step: int) -> dict[str, float]:
        """Measures of `measure_health`."""
        players = Players(self.generator, self.mean_generator, self.critic)
        return measure_health(self.setting, players, self.setting.generate)

    def pictures(self, step: int) -> dict[str, bytes]:
        """A few samples."""
        return draw_samples(self.setting, self.mean_generator, step)

    def move_averages(self, step: Step) -> None:
        """Move the averages on, and fit the readout to them where a checkpoint follows."""
        share = decay(self.config, step.number)
        average(self.mean_generator, self.generator, share, step.number)
        average(self.mean_encoder, self.encoder, share, step.number)
        if step.saved:
            fit_readout(self.readout, self.mean_encoder.trunk, self.calibration, self.runtime)


def refuse_unfit_vae(config: GANConfig, model: str, plays: bool) -> None:
    """InputError for settings of a GAN that mean nothing to this model, which `plays` or not."""
    unused = {
        "augmentation": config.augmentation is not None,
        "selfsupervision": config.selfsupervision is not None,
        "critic_rate": config.critic_rate is not None,
        "critic_ceiling": config.critic_ceiling is not None,
        "noise": config.noise != "normal",  # the bound is on the normal prior
    }
    if not plays:
        unused["objective"] = config.objective != GANConfig().objective
        unused["penalty_final"] = config.penalty_final != 1
    if changes := [name for name, changed in unused.items() if changed]:
        raise InputError(
            f"the setting {changes[0]} has no meaning for the model {model!r}: leave it at its "
            "default, or take the model 'gan'"
        )


def refuse_mixed_samples(networks: Networks, model: str) -> None:
    """InputError for networks that make of a sample what depends on the whole batch."""
    if any(normalises(network) for network in (networks.generator, networks.encoder) if network):
        raise InputError(
            "the architecture has batch norm, with which what a sample is made of depends on the "
            f"whole batch: the model {model!r} needs {WITHOUT_BATCH_NORM}"
        )


def sample_posterior(mean: Tensor, log_variance: Tensor, rng: Rng) -> Tensor:
    """One draw (N, latent) of each posterior (Kingma and Welling 2014, section 2.4)."""
    return mean + (log_variance / 2).exp() * rng.normal(*mean.shape).to(mean)


def kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Of each posterior from the standard normal, nats (N,) (Kingma and Welling, appendix B)."""
    return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2


MODEL = VAE
