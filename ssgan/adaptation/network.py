"""The network of an adapted model, and how its directory describes it."""

from typing import Any

from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.domains import Domains
from ssgan.models.config import Body
from ssgan.models.pooling import Readout
from ssgan.models.readouts import empty_trunk
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.network import Network, new_head
from ssgan.randomness import Rng, seeded

CLASSIFIERS = {True: "perceptron", False: "lenet"}  # of samples that are rows, of others


def body_for(domains: Domains, config: AdaptConfig, readout: str = "student") -> Body:
    """What the trunk is made by, which the directory of a model says: where it is no student's,
    the trunk of a critic."""
    architecture = config.architecture
    if architecture == "auto" and readout == "student":
        architecture = CLASSIFIERS[len(domains.codec.shape) == 1]
    return Body(architecture=architecture, width=config.width)


def network_config(config: AdaptConfig, readout: str = "student") -> PredictorConfig:
    """How a model directory says that its network was trained, by which it is loaded again."""
    return PredictorConfig(
        method="supervised",
        steps=config.steps,
        batch=config.batch,
        transforms=config.transforms,
        warp=config.warp,
        unlabeled=0.0,
        ema=config.ema,
        calibrate=False,
        readout=readout,
        seed=config.seed,
    )


def untrained_classifier(domains: Domains, config: AdaptConfig) -> Network:
    """An untrained classifier whose features are read as they are."""
    rng = Rng(("adapt", config.seed, "network"))
    with seeded(rng):
        trunk: Any = empty_trunk("student", domains.codec, body_for(domains, config))
    width = int(trunk.squeeze.out_features if trunk.squeeze else trunk.trunk.features)
    return Network(trunk, Readout(width), new_head(width, domains.classes or 1, rng))
