"""Implicit augmentation: adversarial terms for a torch training of your own.

    adversary = Implicit(gan)
    loss = cross_entropy(net(x), y) + real_or_fake(net(x), net(adversary.fakes(64, step)))

Samples are encoded, as `gan.codec.expand(gan.codec.pack(images))` gives them. The GAN is frozen:
its weights never change, gradients only pass through.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ssgan.config import InputError
from ssgan.models.gan import GAN


@dataclass(frozen=True)
class Implicit:
    """The terms that a trained GAN adds to a user's loss; scalars with gradients."""

    gan: GAN
    seed: int = 0

    def fakes(self, n: int, step: int = 0) -> Tensor:
        """The encoded samples (n, *shape) of a step, without gradients; others at other steps."""
        if n < 1:
            raise InputError(f"expected a number of samples of 1 or more, got {n}")
        return self.gan.generate(n, self.seed, start=step * n).clone()

    def realism(self, x: Tensor) -> Tensor:
        """How fake the discriminator finds samples (N, *shape), on average: softplus(-D(x)).

        The loss of a generator (Goodfellow et al. 2014, section 3) for a decoder, an augmenting
        network or a generator of your own, through which its gradient passes.
        """
        if tuple(x.shape[1:]) != tuple(self.gan.codec.shape):
            raise InputError(
                f"expected encoded samples (N, {', '.join(map(str, self.gan.codec.shape))}), "
                f"got {tuple(x.shape)}: encode them with the GAN's codec"
            )
        # The parameters take part without gradients, so a user's optimiser cannot reach them.
        frozen = {k: v.detach() for k, v in self.gan.discriminator.named_parameters()}
        scores = torch.func.functional_call(self.gan.discriminator, frozen, (x,))
        return F.softplus(-scores.float()).mean()


def real_or_fake(real: Tensor, fake: Tensor) -> Tensor:
    """A classifier's logits (N, K) as real against fake: a class K + 1 whose logit is 0.

    D = sum exp / (1 + sum exp) (Salimans et al. 2016, "Improved techniques", section 5).
    """
    told, made = real.logsumexp(1), fake.logsumexp(1)
    return (F.softplus(-told).mean() + F.softplus(made).mean()) / 2


def unsure(fake: Tensor) -> Tensor:
    """How far a classifier's answers (N, K) on fakes are from knowing nothing: KL from uniform."""
    logs = fake.log_softmax(1)
    return -logs.mean() - torch.tensor(float(fake.shape[1])).log()
