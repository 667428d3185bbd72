"""Whole configurations as papers have them: objective, networks, optimiser and updates together.

A recipe is a function that gives a GANConfig; `recipe(name, ...)` gives it with changes. What
cannot be as in the paper is said at each. Common to all: the number of steps is the user's, the
output layer is the codec's (tanh for pixels), and rates that a paper lowers along a line fall along
half a cosine. The networks' averages are those of `ema`; 0 is none, as before 2016.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ssgan.config import InputError, there_are
from ssgan.models.config import GANConfig
from ssgan.objectives import (
    Dragan,
    Hinge,
    LeastSquares,
    LossSensitive,
    Minimax,
    NonSaturating,
    Relativistic,
    Wasserstein,
    WassersteinGP,
    refuse_ambiguous,
)


def r3gan() -> GANConfig:
    """Huang et al. 2024, "The GAN is dead; long live the GAN!": the default of this package.

    Smaller than theirs, with constant penalties, and with averages of both networks.
    """
    return GANConfig(objective=Relativistic())


def points() -> GANConfig:
    """Vectors of few numbers with many narrow modes, as 25 Gaussians; not from a paper.

    The slope between modes must be steep: R1 and R2 of 1 hold a critic of few columns too flat to
    tell them apart, and steeper ones at the end sharpen them (docs/notes/pretraining.md).
    """
    return GANConfig(
        objective=Relativistic(r1=0.05, r2=0.05),
        width=8,
        latent=8,
        steps=28_000,
        batch=256,
        rate=4e-3,
        final=0.02,
        penalty_final=0.002,
        ema=0.998,
    )


def table_recipe() -> GANConfig:
    """Rows of a table that are to be like real ones; not from a paper.

    Larger batches, more of them, and penalties that fall to a tenth (docs/benchmarks/tables.md).
    It takes ten times as long as the default.
    """
    return GANConfig(steps=12_000, batch=256, penalty_final=0.1)


def minimax() -> GANConfig:
    """Goodfellow et al. 2014: dense networks of 1200 units, 100 samples a batch.

    Adam in place of gradient descent with momentum, leaky rectifiers in place of maxout with
    dropout, and the game of eq. 1 itself.
    """
    return GANConfig(
        objective=Minimax(),
        architecture="dense",
        width=150,
        depth=2,
        latent=100,
        batch=100,
        rate=2e-4,
        beta1=0.5,
        beta2=0.999,
        final=1.0,
        ema=0.0,
    )


def dcgan() -> GANConfig:
    """Radford et al. 2016, from the authors' code (faces): batch norm, 128 channels, uniform noise,
    an L2 penalty of 1e-5 on all weights of both networks.
    """
    return GANConfig(
        objective=NonSaturating(),
        architecture="dcgan",
        width=128,
        latent=100,
        noise="uniform",
        batch=128,
        rate=2e-4,
        beta1=0.5,
        beta2=0.999,
        final=1.0,
        l2=1e-5,
        ema=0.0,
    )


def least_squares() -> GANConfig:
    """LSGAN, Mao et al. 2017, section 4: Adam at 1e-3 for scenes, DCGAN's momentum and networks.

    Theirs for scenes are like DCGAN's with more layers and a noise of 1024 numbers.
    """
    return replace(dcgan(), objective=LeastSquares(), width=64, batch=64, rate=1e-3, l2=0.0)


def loss_sensitive() -> GANConfig:
    """LS-GAN, Qi 2017, from the author's code: DCGAN's networks with 64 channels, Adam at 1e-4.

    Kernels are 5 x 5 as DCGAN's, not 4 x 4, and no rectifier makes L of the score.
    """
    return replace(dcgan(), objective=LossSensitive(), width=64, batch=64, rate=1e-4, l2=0.0)


def wgan() -> GANConfig:
    """Arjovsky et al. 2017, from the authors' code: DCGAN's networks, clipped, and RMSprop at 5e-5.

    Momentum destabilises a clipped critic. Gains and means of batch norm are not clipped, which
    the authors' code does. Kernels are 5 x 5 as DCGAN's, not 4 x 4.
    """
    return GANConfig(
        objective=Wasserstein(),
        architecture="dcgan",
        width=64,
        latent=100,
        batch=64,
        optimizer="rmsprop",
        rate=5e-5,
        final=1.0,
        ema=0.0,
    )


def wgan_gp() -> GANConfig:
    """Gulrajani et al. 2017, from the authors' code (CIFAR-10): residual networks of 128 channels.

    They double where an image is halved; the authors' stay 128. Without batch norm in the
    generator, and with as many samples for the generator as for the critic, not twice as many.
    architecture "auto" is convolutional below 32 cells a side.
    """
    return GANConfig(
        objective=WassersteinGP(),
        width=128,
        latent=128,
        batch=64,
        rate=2e-4,
        beta1=0.0,
        beta2=0.9,
        final=0.0,
        ema=0.0,
    )


def hinge() -> GANConfig:
    """The training of Miyato et al. 2018 (SNGAN), on residual networks WITHOUT spectral norm.

    So nothing bounds the critic: a row of a comparison, not a recommendation.
    """
    return replace(wgan_gp(), objective=Hinge(updates=5))


def dragan() -> GANConfig:
    """Kodali et al. 2017, from the authors' code: Adam at 1e-4 with betas .5 and .9, batch 128.

    Without batch norm, which makes the penalised slope that of a whole batch; architecture "auto".
    """
    return GANConfig(
        objective=Dragan(),
        width=64,
        latent=100,
        noise="uniform",
        batch=128,
        rate=1e-4,
        beta1=0.5,
        beta2=0.9,
        final=1.0,
        ema=0.0,
    )


def voxels() -> GANConfig:
    """3D-GAN, Wu et al. 2016, section 3.1: 200 uniform numbers, a critic that learns slowly, and
    not at all after a batch of which it told more than 80 %.

    Their code for training was never published. Kernels are 5 wide as DCGAN's, not 4, and the first
    layer has 64 channels for volumes of 64 voxels a side; smaller ones have fewer layers. Features:
    the method "svm" of `finetune` pools every depth to 4 cells a side, theirs three of them to 8, 4
    and 2.
    """
    return GANConfig(
        objective=NonSaturating(),
        architecture="dcgan",
        width=64,
        latent=200,
        noise="unit",
        batch=100,
        rate=2.5e-3,
        critic_rate=1e-5,
        critic_ceiling=0.8,
        beta1=0.5,
        beta2=0.999,
        final=1.0,
        ema=0.0,
    )


RECIPES: dict[str, Callable[[], GANConfig]] = {
    "r3gan": r3gan,
    "points": points,
    "table": table_recipe,
    "minimax": minimax,
    "dcgan": dcgan,
    "least-squares": least_squares,
    "loss-sensitive": loss_sensitive,
    "wgan": wgan,
    "wgan-gp": wgan_gp,
    "hinge": hinge,
    "dragan": dragan,
    "3d-gan": voxels,
}


def recipe(name: str, **changes: Any) -> GANConfig:
    """The recipe of that name with changed fields; InputError for a name that there is not."""
    refuse_ambiguous(name)
    if name not in RECIPES:
        raise InputError(f"no recipe {name!r}{there_are(name, RECIPES)}")
    return replace(RECIPES[name](), **changes)
