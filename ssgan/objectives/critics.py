"""What an objective is, and what several of them ask of a critic."""

from collections.abc import Callable, Iterable
from numbers import Integral
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn

from ssgan.config import InputError
from ssgan.randomness import Rng
from ssgan.runtime import Terms, to_float32

Critic = Callable[[Tensor], Tensor]


class Objective(Protocol):
    """Both players' losses; a frozen dataclass, so that it is its own configuration.

    Attributes
    ----------
    name : str
        By which a config names it.
    penalises : bool
        Whether the critic's gradient in single samples is part of its loss, which batch norm
        forbids.

    Notes
    -----
    `critic_steps(step)` says how many critic updates come before generator update `step`.
    `critic_loss` and `generator_loss` take a critic, real and generated samples (N, ...) and keyed
    randomness, and return named scalars whose sum is the loss. `constrain(parameters)` forces the
    critic's weights back into the allowed set, in place, after its update.

    Examples
    --------
    >>> from ssgan.objectives import Wasserstein
    >>> Wasserstein().critic_steps(0), Wasserstein().critic_steps(30)
    (100, 5)
    """

    name: ClassVar[str]  # by which a config names it

    @property
    def penalises(self) -> bool:
        """Whether the critic's gradient in single samples is part of its loss."""

    def critic_steps(self, step: int) -> int:
        """Critic updates before a generator update.

        Parameters
        ----------
        step : int
            The number of the generator update.

        Returns
        -------
        int
        """

    def critic_loss(self, critic: Critic, real: Tensor, fake: Tensor, rng: Rng) -> Terms:
        """What the critic minimises.

        Parameters
        ----------
        critic : callable
            Samples (N, ...) to scores (N,), high means real.
        real, fake : Tensor, (N, ...)
            Samples of the data and of the generator.
        rng : Rng
            Keyed randomness.

        Returns
        -------
        dict of str to Tensor
            Named scalars, whose sum is the loss.
        """

    def generator_loss(self, critic: Critic, real: Tensor, fake: Tensor, rng: Rng) -> Terms:
        """What the generator minimises.

        Parameters
        ----------
        critic : callable
            Samples (N, ...) to scores (N,), high means real.
        real, fake : Tensor, (N, ...)
            Samples of the data and of the generator.
        rng : Rng
            Keyed randomness.

        Returns
        -------
        dict of str to Tensor
            Named scalars, whose sum is the loss.
        """

    def constrain(self, parameters: Iterable[nn.Parameter]) -> None:
        """Force the critic's weights back into the allowed set, in place, after its update.

        Parameters
        ----------
        parameters : iterable of torch.nn.Parameter
            The weights that may be clipped.
        """


def scores_and_slopes(critic: Critic, samples: Tensor) -> tuple[Tensor, Tensor]:
    """Scores of samples and the squared norm of their gradient in each sample.

    Scores of a sample must not depend on the others, or their gradients would be mixed in.

    Parameters
    ----------
    critic : callable
        Samples (N, ...) to scores (N,).
    samples : Tensor, shape (N, ...)
        Where the slope is taken.

    Returns
    -------
    scores, slopes : Tensor, shape (N,)
        The norm is over all axes of a sample; gradients flow through both.

    Examples
    --------
    >>> import torch
    >>> scores, slopes = scores_and_slopes(lambda x: x @ torch.tensor([3.0, 4.0]), torch.ones(1, 2))
    >>> scores.item(), slopes.item()
    (7.0, 25.0)
    """
    samples = samples.detach().requires_grad_(True)
    scores = to_float32(critic(samples))
    (gradient,) = torch.autograd.grad(scores.sum(), samples, create_graph=True)
    return scores, to_float32(gradient).flatten(1).square().sum(1)


def scores_and_penalty(
    critic: Critic, samples: Tensor, name: str, weight: float
) -> tuple[Tensor, Terms]:
    """Scores (N,), and `weight` / 2 times the mean squared slope under `name` if there is one."""
    if not weight:
        return to_float32(critic(samples)), {}
    scores, slopes = scores_and_slopes(critic, samples)
    return scores, {name: weight / 2 * slopes.mean()}


def distance_from_1(critic: Critic, samples: Tensor) -> Tensor:
    """Mean of (|dD/dx| - 1)^2 at `samples` (Gulrajani et al. 2017, eq. 3)."""
    _, slopes = scores_and_slopes(critic, samples)
    # A square root has no gradient at 0; so little leaves a slope of 5 at exactly 5.
    return ((slopes + 1e-12).sqrt() - 1).square().mean()


def uniform_a_sample(n: int, samples: Tensor, rng: Rng) -> Tensor:
    """Uniform numbers in [0, 1), one a sample, that multiply `samples` (N, ...)."""
    return rng.uniform(n).to(samples).view(-1, *[1] * (samples.dim() - 1))


def check_updates(updates: int) -> None:
    """InputError for updates of the critic that are no whole number from 1 on."""
    if not isinstance(updates, Integral) or isinstance(updates, bool) or updates < 1:
        raise InputError(f"expected 1 or more critic updates a generator update, got {updates!r}")
