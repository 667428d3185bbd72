"""What the nearest labelled samples have, in feature space."""

from typing import Any

from torch import nn

from ssgan.models.gan import GAN
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.heads import Nearest, nearest_head
from ssgan.prediction.labels import Labeled
from ssgan.prediction.method import Method, Tensors
from ssgan.prediction.network import Network, initial_network


def fit(gan: GAN, config: PredictorConfig, rows: Labeled) -> tuple[Network, None]:
    """The labelled features, as the head."""
    network = initial_network(gan, 1, config.seed)
    features = gan.apply(network.features, rows.packed).double().numpy()
    network.head = nearest_head(features, rows.values.numpy(), rows.classes or None)
    return network, None


def head(state: Tensors, features: int, facts: Any) -> nn.Module:
    """A head of so many rows, to be filled."""
    rows, outputs = state["values"].shape
    return Nearest(rows, features, outputs, classes=outputs > 1)


METHOD = Method(fit=fit, head=head)
