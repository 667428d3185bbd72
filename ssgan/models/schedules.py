"""What a config says of a step: its objective, the decay of averages; and the optimizers."""

from dataclasses import replace

import torch
from torch import nn

from ssgan.config import InputError
from ssgan.models.config import GANConfig, penalties
from ssgan.objectives import Objective
from ssgan.training.optim import adam, cosine, rmsprop


def scheduled(config: GANConfig, step: int) -> Objective:
    """The objective with the penalties of this step."""
    if config.penalty_final == 1:
        return config.objective
    now = {
        name: cosine(step, config.steps, weight, weight * config.penalty_final)
        for name, weight in penalties(config.objective).items()
    }
    return replace(config.objective, **now)  # type: ignore[type-var]


def decay(config: GANConfig, step: int) -> float:
    """Of the averages at this step."""
    first = config.ema if config.ema_first is None else config.ema_first
    return cosine(step, config.steps, first, config.ema)


def optimizer(network: nn.Module, config: GANConfig) -> torch.optim.Optimizer:
    """That of a network; InputError for settings that it does not use."""
    if config.optimizer == "rmsprop":
        for name in ("beta1", "beta2"):
            if getattr(config, name) != (usual := getattr(GANConfig, name)):
                raise InputError(
                    f"{name} is for Adam, the optimizer 'rmsprop' does not use it: leave it at "
                    f"{usual}, or take 'adam'"
                )
        return rmsprop(network, config.rate, config.l2)
    return adam(network, config.rate, (config.beta1, config.beta2), l2=config.l2)
