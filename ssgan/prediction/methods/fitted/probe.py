"""Logistic or ridge regression on the standardised features."""

from ssgan.models.gan import GAN
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.heads import linear_head
from ssgan.prediction.labels import Labeled
from ssgan.prediction.method import Method, linear_layer
from ssgan.prediction.network import Network, initial_network


def fit(gan: GAN, config: PredictorConfig, rows: Labeled) -> tuple[Network, None]:
    """A linear head on standardised features."""
    network = initial_network(gan, 1, config.seed)
    features = gan.apply(network.features, rows.packed).double().numpy()
    network.head = linear_head(features, rows.values.numpy(), rows.classes or None, config.search)
    return network, None


METHOD = Method(fit=fit, head=linear_layer)
