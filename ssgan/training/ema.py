"""Exponential moving averages of a network's weights."""

import copy

import torch
from torch import nn

from ssgan.runtime import Network


def averaged(network: Network) -> Network:
    """A copy that `average` keeps as the exponential moving average of the network's weights."""
    return copy.deepcopy(network).requires_grad_(False).eval()


@torch.no_grad()
def average(mean: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Move `mean` towards `network`; in the first steps faster, as there is little to average."""
    weight = 1 - min(decay, (1 + step) / (10 + step))
    torch._foreach_lerp_(list(mean.parameters()), list(network.parameters()), weight)
    pairs = list(zip(mean.buffers(), network.buffers(), strict=True))
    for kind in {old.dtype for old, _ in pairs}:  # each at once
        alike = [pair for pair in pairs if pair[0].dtype == kind]
        torch._foreach_copy_([old for old, _ in alike], [new for _, new in alike])
