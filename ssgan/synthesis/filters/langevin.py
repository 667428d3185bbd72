"""Discriminator-driven latent sampling: other samples of the same classes, with higher scores."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.models.gan import GAN
from ssgan.models.sampler import generate
from ssgan.randomness import Rng
from ssgan.synthesis.context import Context, Generated
from ssgan.synthesis.filters.rejection import log_odds

MOVED_AT_ONCE = 128  # samples whose noise is moved at once


@dataclass(frozen=True)
class Langevin:
    """Moves noise along the discriminator's gradient (DDLS); drops nothing.

    The energy of noise is |z|^2 / 2 - k D(G(z)), where k makes log odds of scores: it is 20 and
    more for critics that are held smooth. The samples are others than those that came, of the
    same classes, so it has to be the first filter.

    Parameters
    ----------
    steps : int, default=20
        Steps along the gradient, at least 1.
    size : float, default=0.02
        Their size: .1 and more drive digits away from real ones, .01 goes half the way.

    Raises
    ------
    InputError
        For fewer than 1 step, a size of 0 or less, and a GAN whose noise is not normal.

    References
    ----------
    Che et al. 2020, "Your GAN is Secretly an Energy-based Model", algorithm 2.

    Examples
    --------
    >>> from ssgan.synthesis import Langevin
    >>> Langevin(steps=10)
    Langevin(steps=10, size=0.02)
    """

    steps: int = 20
    size: float = 0.02

    def __post_init__(self) -> None:
        if self.steps < 1 or not self.size > 0:
            raise InputError(f"expected steps >= 1 and size > 0, got {self.steps}, {self.size}")

    def apply(self, drawn: Generated, rng: Rng) -> tuple[Generated, NDArray[np.bool_]]:
        gan, parts = drawn.context.gan, []
        if gan.config.noise != "normal":
            raise InputError("DDLS needs a GAN whose noise is normal: this one's is uniform")
        weight = log_odds(drawn)[1]
        for number, rows in enumerate(torch.split(torch.arange(len(drawn.x)), MOVED_AT_ONCE)):
            conditions = conditions_of(
                drawn.context, drawn.indices[rows.numpy()], rng("asked", number)
            )
            parts.append(self.move(gan, len(rows), conditions, weight, rng("block", number)))
        x = torch.cat(parts) if parts else drawn.x
        changed = replace(drawn, x=x, predicted=None)
        if gan.classes is None:
            predicted = changed.probabilities
            changed = replace(changed, indices=predicted.argmax(1), predicted=predicted)
        return changed, np.ones(len(x), bool)

    def move(
        self, gan: GAN, count: int, conditions: tuple[Tensor, ...], weight: float, rng: Rng
    ) -> Tensor:
        """Encoded samples of noise that went `steps` steps along the gradient.

        Parameters
        ----------
        gan : GAN
            Its generator makes the samples, its discriminator gives the gradient.
        count : int
            How many.
        conditions : tuple of Tensor
            What the samples are of.
        weight : float
            How much the score counts beside the prior of the noise.
        rng : Rng
            Keyed randomness.

        Returns
        -------
        Tensor, (count, ...)
        """
        on = Rng(rng.key, gan.runtime.device)
        precise = replace(gan.runtime, bfloat16=False)  # slopes need their digits

        def made(z: Tensor) -> Tensor:
            return generate(gan.generator, (z, *conditions), gan.codec, precise, on("activation"))

        z, *_ = gan.sampler.inputs(count, on("noise"))
        for step in range(self.steps):
            with torch.enable_grad():
                z = z.detach().requires_grad_()
                score = gan.critic(made(z), *conditions)
                energy = z.square().sum() / 2 - weight * score.float().sum()
                (slope,) = torch.autograd.grad(energy, z)
            kick = on("kick", step).normal(*z.shape)
            z = z.detach() - self.size / 2 * slope + self.size**0.5 * kick
        with torch.inference_mode():
            return made(z).cpu()


def conditions_of(context: Context, indices: Array, rng: Rng) -> tuple[Tensor, ...]:
    """The conditions of samples of these classes (M,), if the GAN has any."""
    gan = context.gan
    if gan.condition is None:
        return ()
    if gan.classes is None:
        conditions = gan.condition.sample(len(indices), rng)
    else:
        conditions = gan.encode_labels(context.labels(indices), len(indices))
    return (conditions.to(gan.runtime.device),)


FILTER = Langevin
