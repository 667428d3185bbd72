"""Optimisers that `step.descend` can stop on the device, and schedules of their rates."""

from math import cos, pi

import torch
from torch import Tensor, nn


def adam(
    network: nn.Module,
    rate: float,
    betas: tuple[float, float],
    decay: float = 0.0,
    l2: float = 0.0,
) -> torch.optim.Adam:
    """The fused optimiser that `descend` can stop on the device.

    `decay` is taken off the weights (Loshchilov and Hutter 2019), `l2` times them is added to their
    gradients, as older papers have it; not both.
    """
    kind, weight = (torch.optim.Adam, l2) if l2 else (torch.optim.AdamW, decay)
    return kind(network.parameters(), rate, betas=betas, weight_decay=weight, fused=True)


def rmsprop(network: nn.Module, rate: float, l2: float = 0.0) -> torch.optim.RMSprop:
    """The optimiser of WGAN's critic, without momentum (Arjovsky et al. 2017, algorithm 1).

    The paper names no decay; its authors' code has the 0.99 that is given here.
    """
    parameters = list(network.parameters())
    # The count of steps beside the weights, so that a refused one is not counted on a GPU either.
    return torch.optim.RMSprop(
        parameters,
        rate,
        alpha=0.99,
        weight_decay=l2,
        capturable=any(p.is_cuda for p in parameters),
    )


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give all parameters of an optimiser a learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def cosine(step: int, steps: int, first: float, last: float) -> float:
    """From `first` at step 0 to `last` at `steps` and after, along half a cosine."""
    progress = min(step / max(steps, 1), 1.0)
    return last + (first - last) * (1 + cos(pi * progress)) / 2


def laid_out_like(parameter: Tensor, values: Tensor) -> Tensor:
    """`values` in the memory layout of the parameter.

    The fused optimiser walks through memory whatever the strides say: a gradient or a moment in
    another layout would move other weights than its own.
    """
    if values.shape != parameter.shape or values.stride() == parameter.stride():
        return values
    return torch.empty_like(parameter, dtype=values.dtype).copy_(values)
