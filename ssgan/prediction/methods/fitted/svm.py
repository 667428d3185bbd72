"""DCGAN's own probe: every depth max-pooled to 4 x 4, under a linear support vector machine.

Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks", section 5.1.
"""

from ssgan.models.domain import CALIBRATION
from ssgan.models.gan import GAN
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.heads import margin_head
from ssgan.prediction.labels import Labeled
from ssgan.prediction.method import Method, empty_readout, linear_layer
from ssgan.prediction.network import Network, initial_network


def fit(gan: GAN, config: PredictorConfig, rows: Labeled) -> tuple[Network, None]:
    """A linear head of the largest margin on max-pooled maps."""
    network, device = initial_network(gan, 1, config.seed), gan.runtime.device
    network.readout = empty_readout(METHOD, config, len(gan.readout.center)).to(device)
    sample = rows.packed if rows.unlabeled is None else rows.few()[:CALIBRATION]
    maps = gan.apply(lambda x: network.readout.pooled(network.trunk(x)), sample)
    network.readout.fit(maps.to(device))
    features = gan.apply(network.features, rows.packed).double().numpy()
    network.head = margin_head(features, rows.values.numpy(), rows.classes, config.search)
    return network, None


METHOD = Method(fit=fit, head=linear_layer, numbers=False, pooling="max")
