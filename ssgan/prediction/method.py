"""What a method of finetuning is: a file in `methods` makes one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from ssgan.models.gan import GAN
from ssgan.models.pooling import Pooling, Readout
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.labels import Labeled
from ssgan.prediction.network import Head, Network, initial_network
from ssgan.prediction.task import Learner, UnlabeledLoss
from ssgan.runtime import Runtime
from ssgan.training.batches import Stream

Tensors = Mapping[str, Tensor]
MakeLoss = Callable[[PredictorConfig, Learner, GAN, Labeled], UnlabeledLoss]
MakeHead = Callable[[Tensors, int, Any], nn.Module]  # saved weights, features, what a fit kept


def trained_head(state: Tensors, features: int, facts: Any) -> nn.Module:
    """The head of the methods that take steps."""
    return Head(features, len(state["linear.bias"]))


def linear_layer(state: Tensors, features: int, facts: Any) -> nn.Module:
    """The head of a linear model."""
    return nn.Linear(features, len(state["bias"]))


def no_unlabeled(config: PredictorConfig) -> float:
    """The ratio of a method that reads no unlabeled samples in its steps."""
    return 0.0


def own_ratio(config: PredictorConfig) -> float:
    """The ratio of a method that reads as many as the config says, as `every_stream` gives them."""
    return config.ratio


def every_stream(config: PredictorConfig, rows: Labeled, on: Runtime) -> dict[str, Stream]:
    """Batches of all samples, labelled or not: `config.ratio` for every labelled one of a step."""
    return {"every": Stream((rows.every().to(on.device),), config.ratio * config.batch)}


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way from a GAN and labels to a network: fitted at once, or by steps.

    A method with `fit` is fitted at once: it gives the network, and what more its `rebuild` needs
    as JSON. One with `loss` takes `steps`: it gives the loss of unlabeled samples that a task is
    trained with beside the supervised one; several such methods go together with "+".
    """

    fit: Callable[[GAN, PredictorConfig, Labeled], tuple[Network, Any]] | None = None
    loss: MakeLoss | None = None
    start: Callable[[GAN, int, int], Network] = initial_network  # outputs and a seed to what learns
    steps: int = 1  # where the config names none
    ratio: Callable[[PredictorConfig], float] = (
        no_unlabeled  # unlabeled samples of a step by labelled ones
    )
    uses: tuple[str, ...] = ()  # settings of the config, beside those that all methods share
    reads: int = 0  # unlabeled samples that a fit reads, at most
    key: str | None = None  # of its random numbers; such a loss comes before those without
    head: MakeHead = trained_head  # without its weights
    rebuild: Callable[[Tensors, Any], Network] | None = None  # of a network without a trunk
    numbers: bool = True  # whether numbers can be learnt by it, or classes alone
    calibrated: bool = False  # whether its probabilities need no temperature
    readout: str | None = None  # the only one that it has
    pooling: Pooling = "mean"  # of feature maps


def empty_readout(method: Method, config: PredictorConfig, features: int) -> Readout:
    """The readout of a network with so many features, to be fitted or filled."""
    return Readout(features, method.pooling, last=config.readout == "last")
