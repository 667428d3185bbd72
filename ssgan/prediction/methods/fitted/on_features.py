"""One of the baselines' kinds of model on the features of the readout.

As "baseline" it keeps its few labelled samples and is fitted again when it is loaded.
"""

from typing import Any

import numpy as np
from torch import nn

from ssgan.config import InputError, there_are
from ssgan.models.gan import GAN
from ssgan.prediction.baselines import Baseline, suitable_kinds, tune
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.labels import Labeled
from ssgan.prediction.method import Method, Tensors
from ssgan.prediction.methods.fitted.baseline import BaselineHead
from ssgan.prediction.network import Network, initial_network


def fit(gan: GAN, config: PredictorConfig, rows: Labeled) -> tuple[Network, dict[str, Any]]:
    """The model that the config names, as the head of the features."""
    network = initial_network(gan, 1, config.seed)
    features = gan.apply(network.features, rows.packed).numpy()
    kinds = suitable_kinds(rows.classes, features.shape, usual=False)
    name = config.baseline or next(iter(kinds))
    if name not in kinds:
        raise InputError(f"no model {name!r} of such features{there_are(name, kinds)}")
    model = Baseline(
        name=name,
        rows=np.ascontiguousarray(features, np.float32),
        labels=rows.values.numpy().astype(np.int64 if rows.classes else np.float64),
        classes=rows.classes,
        value=0.0,
        seed=config.seed,
        trees=config.search.trees,
        total=True,
    )
    model = tune(model, config.search)
    network.head = BaselineHead(model)
    return network, model.to_json()


def head(state: Tensors, features: int, facts: Any) -> nn.Module:
    """That model from its rows and labels."""
    return BaselineHead(Baseline.from_tensors(state, facts))


METHOD = Method(fit=fit, head=head, uses=("baseline",))
