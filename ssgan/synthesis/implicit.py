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
    """The terms that a trained GAN adds to a loss of your own; scalars with gradients.

    Parameters
    ----------
    gan : GAN
        A trained GAN, which is frozen.
    seed : int, default=0
        Of its samples.

    Examples
    --------
    >>> import numpy as np, ssgan
    >>> from ssgan.synthesis import Implicit
    >>> x = np.random.default_rng(0).normal(size=(40, 3))
    >>> gan = ssgan.pretrain(x, ssgan.GANConfig(steps=2, batch=8, width=2, latent=4))
    >>> adversary = Implicit(gan)
    >>> samples = adversary.fakes(4, step=1).requires_grad_()
    >>> adversary.realism(samples).backward()
    >>> samples.grad.shape
    torch.Size([4, 3])
    """

    gan: GAN
    seed: int = 0

    def fakes(self, n: int, step: int = 0) -> Tensor:
        """Encoded samples of a step, without gradients; others at other steps.

        Parameters
        ----------
        n : int
            How many.
        step : int, default=0
            The number of the step.

        Returns
        -------
        Tensor, (n, *shape)
        """
        if n < 1:
            raise InputError(f"expected a number of samples of 1 or more, got {n}")
        return self.gan.generate(n, self.seed, start=step * n).clone()

    def realism(self, x: Tensor) -> Tensor:
        """How fake the discriminator finds samples, on average: softplus(-D(x)).

        The loss of a generator (Goodfellow et al. 2014, section 3) for a decoder, an augmenting
        network or a generator of your own, through which its gradient passes.

        Parameters
        ----------
        x : Tensor, (N, *shape)
            Encoded samples.

        Returns
        -------
        Tensor, ()
        """
        if tuple(x.shape[1:]) != tuple(self.gan.codec.shape):
            raise InputError(
                f"expected encoded samples (N, {', '.join(map(str, self.gan.codec.shape))}), "
                f"got {tuple(x.shape)}: encode them with the GAN's codec"
            )
        # The parameters take part without gradients, so a user's optimiser cannot reach them.
        frozen = {k: v.detach() for k, v in self.gan.critic.named_parameters()}
        scores = torch.func.functional_call(self.gan.critic, frozen, (x,))
        return F.softplus(-scores.float()).mean()


def real_or_fake(real: Tensor, fake: Tensor) -> Tensor:
    """The loss of a classifier as a critic of real against fake: a class K + 1 with the logit 0.

    Parameters
    ----------
    real, fake : Tensor (N, K)
        Logits of the classifier for real and for generated samples.

    Returns
    -------
    Tensor ()
        0 or more; log 2 where the critic knows nothing.

    References
    ----------
    Salimans et al. 2016, "Improved Techniques for Training GANs", section 5:
    D = sum exp / (1 + sum exp).

    Examples
    --------
    >>> import torch
    >>> from ssgan.synthesis import real_or_fake
    >>> sure = torch.tensor([[30.0, 0.0]])
    >>> round(real_or_fake(sure, -sure - 30).item(), 6)
    0.0
    """
    high, low = real.logsumexp(1), fake.logsumexp(1)
    return (F.softplus(-high).mean() + F.softplus(low).mean()) / 2


def unsure(fake: Tensor) -> Tensor:
    """How far a classifier's answers on fakes are from knowing nothing.

    Parameters
    ----------
    fake : Tensor (N, K)
        Logits for generated samples.

    Returns
    -------
    Tensor ()
        The Kullback-Leibler divergence from equal probabilities, 0 or more.

    Examples
    --------
    >>> import torch
    >>> from ssgan.synthesis import unsure
    >>> unsure(torch.zeros(2, 3)).abs().item() < 1e-6
    True
    """
    logs = fake.log_softmax(1)
    return -logs.mean() - torch.tensor(float(fake.shape[1])).log()
