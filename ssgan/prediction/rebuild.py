"""A network made again from the weights that a model directory holds."""

from typing import Any

from torch import Tensor

from ssgan.data import Codec
from ssgan.models.config import GANConfig, resolve_architecture
from ssgan.models.student import empty_student
from ssgan.networks import trunk
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.graph import Neighbours, Votes
from ssgan.prediction.method import Tensors, empty_readout
from ssgan.prediction.methods import METHODS
from ssgan.prediction.network import Network
from ssgan.randomness import Rng, seeded
from ssgan.training.state import fill


def rebuilt_network(
    codec: Codec, config: PredictorConfig, gan: GANConfig, tensors: Tensors, kept: Any = None
) -> Network:
    """The averaged network of a checkpoint, by a resolved config; `kept` is what the fit kept."""
    method, state = METHODS[config.method.split("+")[0]], beneath("mean/", tensors)
    if method.rebuild is not None:
        return method.rebuild(state, kept)
    features = len(state["readout.center"])
    with seeded(Rng(("rebuilt",))):
        made = empty_student if config.readout == "student" else trunk
        body = made(codec.shape, gan.width, resolve_architecture(gan, codec), gan.depth)
        head = method.head(beneath("head.", state), features)
    network = Network(body, empty_readout(method, config, features), head)
    fill(network, state)
    if votes := beneath("voters/", tensors):
        voters = Neighbours(len(votes["rows"]), features, votes["shares"].shape[1])
        voters.load_state_dict(votes)
        network.head = Votes(head, voters)
    return network.requires_grad_(False)


def beneath(first: str, tensors: Tensors) -> dict[str, Tensor]:
    """The tensors whose names begin so, by the rest of their names."""
    return {key.removeprefix(first): t for key, t in tensors.items() if key.startswith(first)}
