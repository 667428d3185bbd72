"""Labels propagated over a graph of nearest neighbours, of classes or numbers, and nothing else."""

from typing import Any

from torch import nn

from ssgan.models.gan import GAN
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.graph import Neighbours
from ssgan.prediction.labels import GRAPH, Labeled
from ssgan.prediction.method import Method, Tensors
from ssgan.prediction.network import Network, initial_network


def fit(gan: GAN, config: PredictorConfig, rows: Labeled) -> tuple[Network, None]:
    """A graph over labelled and unlabeled samples, as the head of the features."""
    network, over = initial_network(gan, 1, config.seed), rows.graph()
    network.head = Neighbours(len(over.packed), len(gan.readout.center), over.classes)
    features = gan.apply(network.features, over.packed).numpy()
    network.head.fit(features, over.labels.numpy(), config.search)
    return network, None


def head(state: Tensors, features: int, facts: Any) -> nn.Module:
    """A graph of that size, to be filled."""
    return Neighbours(len(state["rows"]), features, state["shares"].shape[1])


METHOD = Method(fit=fit, head=head, calibrated=True, reads=GRAPH)
