"""A VAE with a critic: samples are compared by its features, and it learns to tell them apart.

Larsen et al. 2016, "Autoencoding beyond pixels using a learned similarity metric".
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ssgan.codecs.codec import Codec, gaussian
from ssgan.models.config import GANConfig
from ssgan.models.domain import Domain
from ssgan.models.players import (
    Batch,
    CriticSteps,
    Networks,
    set_rates,
    take_critic_steps,
    untrained_pair,
)
from ssgan.models.pooling import Readout, width
from ssgan.models.sampler import Conditions
from ssgan.models.schedules import decay, optimizer, scheduled
from ssgan.models.tasks.vae import VAE, encoder_on, kl, sample_posterior
from ssgan.networks import Discriminator, constrainable, flatten_maps
from ssgan.objectives import Critic, Objective, to_float32
from ssgan.randomness import Rng
from ssgan.runtime import Runtime, Terms
from ssgan.training.batches import BatchSource
from ssgan.training.ema import average, averaged
from ssgan.training.ranks import sharded
from ssgan.training.schedule import Step
from ssgan.training.state import Part
from ssgan.training.step import Stepped, descend


class VAEGAN(VAE):
    """A VAE whose bound is on a critic's features in place of values, and that critic against it.

    As in Larsen et al. 2016, algorithm 1: of the samples that the critic learns to refuse, half
    are made of noise and half are reconstructions; encoder and decoder reconstruct the features
    under the critic's head, Gaussian with the best single variance, and the decoder alone learns
    to be taken for real. The log has all parts per feature: one feature's likelihood weighs as
    much as the adversarial loss (their gamma is 1 / features here, as Adam takes no notice of the
    scale of the rest).
    """

    critic: Discriminator
    model = "vae-gan"
    plays = True

    def __init__(self, config: GANConfig, domains: Mapping[str, Domain], on: Runtime) -> None:
        super().__init__(config, domains, on)
        self.mean_critic = averaged(self.critic)
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
        """Decoder, readout, critic and encoder as they are used: the averages."""
        names = ("mean_generator", "readout", "mean_critic", "mean_encoder")
        return Networks(*(parts[name] for name in names))

    @property
    def parts(self) -> dict[str, Part]:
        """What a checkpoint keeps."""
        critics = {"critic": self.critic, "mean_critic": self.mean_critic}
        return super().parts | critics | {"critic_optimizer": self.critic_optimizer}

    def update(self, batches: BatchSource, step: Step) -> tuple[Terms, Terms]:
        """Some steps of the critic and one of encoder and decoder."""
        objective, rng = scheduled(self.config, step.number), step.rng(self.setting.rng)
        set_rates(self.config, step, self.optimizer, self.critic_optimizer)

        def take_one(k: int) -> CriticSteps:
            batch = self.setting.batch(batches, step, k)
            return batch, self.critic_step(objective, batch, rng(k, "critic"))

        batch, (terms, refused) = take_critic_steps(objective.critic_steps(step.number), take_one)
        more, bad = self.bound_step(objective, batch, rng("generator"))
        self.move_averages(step)
        return terms | more, {"not_finite": torch.stack([refused, bad]).amax()}

    def move_averages(self, step: Step) -> None:
        """Move the averages on, the critic's too."""
        average(self.mean_critic, self.critic, decay(self.config, step.number), step.number)
        super().move_averages(step)

    def score(self, conditions: Conditions) -> Critic:
        """The critic as objectives see it: it knows the conditions."""
        return lambda x: sharded(self.critic)(x, *conditions)

    def critic_step(self, objective: Objective, batch: Batch, rng: Rng) -> Stepped:
        """One step of the critic."""
        real, conditions = batch
        with torch.no_grad(), self.runtime.autocast():
            mean, log_variance = sharded(self.encoder.posterior)(real)
            z = sample_posterior(mean, log_variance, rng("posterior"))
            fake = self.half_noise(z, conditions, rng)

        def loss(real: Tensor, fake: Tensor) -> Terms:
            return objective.critic_loss(self.score(conditions), real, fake, rng("loss"))

        stepped = descend(loss, (real, fake), self.critic_optimizer, self.runtime)
        objective.constrain(constrainable(self.critic))
        return stepped

    def bound(self, objective: Objective, real: Tensor, conditions: Conditions, rng: Rng) -> Terms:
        """The bound on the critic's features, and the game against it, per feature."""
        mean, log_variance = sharded(self.encoder.posterior)(real)
        z = sample_posterior(mean, log_variance, rng("posterior"))
        rebuilt = self.codec.activate(self.output(z, conditions), rng("activation"))
        with torch.no_grad():
            target = to_float32(self.critic_features(real))
        likelihood = gaussian(target, to_float32(self.critic_features(rebuilt)))
        fake = self.half_noise(z.detach(), conditions, rng)  # the encoder has no part in the game
        parts = {"reconstruction": -likelihood.mean(), "kl": kl(mean, log_variance).mean()}
        return {name: part / self.critic.features for name, part in parts.items()} | (
            objective.generator_loss(self.score(conditions), real, fake, rng("loss"))
        )

    def critic_features(self, x: Tensor) -> Tensor:
        """The features (N, F) under the critic's head."""
        features: Tensor = sharded(lambda x: flatten_maps(self.critic.trunk(x)[-1]))(x)
        return features

    def half_noise(self, z: Tensor, conditions: Conditions, rng: Rng) -> Tensor:
        """Samples (N, *shape) of noise, the first half, and of z (N, latent), the others."""
        half = len(z) // 2
        noise = rng("noise").normal(half, z.shape[1])
        output = self.output(torch.cat([noise, z[half:]]), conditions)
        return self.codec.activate(output, rng("mixed"))


MODEL = VAEGAN
