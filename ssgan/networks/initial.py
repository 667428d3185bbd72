"""First weights."""

from torch import nn


def initialise(network: nn.Module) -> None:
    """Weights that keep the scale of activations through leaky rectifiers (He et al. 2015)."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.modules.conv._ConvNd):
            nn.init.kaiming_normal_(layer.weight, a=0.2, mode="fan_in", nonlinearity="leaky_relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
