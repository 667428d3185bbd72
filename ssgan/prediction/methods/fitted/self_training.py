"""Logistic regression on the features that learns from its own surest predictions, by quotas."""

import torch

from ssgan.models.gan import GAN
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.heads import linear_of
from ssgan.prediction.labels import Labeled
from ssgan.prediction.method import Method, linear_layer
from ssgan.prediction.network import Network, initial_network
from ssgan.prediction.self_training import POOL, Pool, self_trained


def fit(gan: GAN, config: PredictorConfig, rows: Labeled) -> tuple[Network, None]:
    """A linear head of labelled rows and of unlabeled ones with the labels that it gives them."""
    network, count = initial_network(gan, 1, config.seed), len(rows.packed)
    every = torch.cat([rows.packed, rows.few(POOL)])
    features = gan.apply(network.features, every).numpy()
    pool = Pool.of(features[count:], rows)
    labels = rows.values.numpy()
    weight, bias = self_trained(features[:count], labels, pool, config.seed, config.search)
    network.head = linear_of(weight, bias)
    return network, None


METHOD = Method(fit=fit, head=linear_layer, reads=POOL, numbers=False)
