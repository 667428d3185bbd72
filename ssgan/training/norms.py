"""Batch norm: whether a network has it, and where its statistics come from."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

BATCH_NORMS = (nn.modules.batchnorm._BatchNorm,)


def normalises(network: nn.Module) -> bool:
    """Whether batch norm makes what it gives for a sample depend on the whole batch."""
    return any(isinstance(layer, BATCH_NORMS) for layer in network.modules())


@torch.no_grad()
def reestimate(network: nn.Module, batches: Iterable[tuple[Tensor, ...]]) -> None:
    """Take the means and variances of batch norm from `batches` of the network's arguments.

    Averaged weights need statistics of their own, and DCGAN's features are read with those of the
    training set (Radford et al. 2016, their code). The mode of the network is as it was before.
    """
    norms = [layer for layer in network.modules() if isinstance(layer, BATCH_NORMS)]
    before = [(layer.training, layer.momentum) for layer in norms]
    for layer in norms:
        layer.reset_running_stats()
        layer.train()
        layer.momentum = None  # all batches count the same
    for batch in batches:
        network(*batch)
    for layer, (training, momentum) in zip(norms, before, strict=True):
        layer.train(training)
        layer.momentum = momentum
