"""A network made again from the weights that a model directory holds."""

from typing import Any

from torch import Tensor

from ssgan.data import Codec
from ssgan.models.config import Body
from ssgan.models.readouts import empty_trunk
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.ensemble import Ensemble, Model, ensemble_of
from ssgan.prediction.graph import Neighbours, Votes
from ssgan.prediction.method import Tensors, empty_readout
from ssgan.prediction.methods import METHODS
from ssgan.prediction.network import Network
from ssgan.randomness import Rng, seeded
from ssgan.training.state import load_weights


def rebuilt_network(
    codec: Codec, config: PredictorConfig, body: Body, tensors: Tensors, facts: Any = None
) -> Model:
    """The averaged network of a checkpoint, by a resolved config; `facts` is what the fit kept."""
    state = with_prefix("mean/", tensors)
    if config.members:
        return rebuilt_ensemble(codec, config, body, state, facts)
    method = METHODS[config.method.split("+")[0]]
    if method.rebuild is not None:
        return method.rebuild(state, facts)
    if voters := with_prefix("voters/", tensors):
        state = add_voters(state, voters)
    features = len(state["readout.center"])
    votes = with_prefix("head.neighbours.", state)
    with seeded(Rng(("rebuilt",))):
        trunk = empty_trunk(config.readout or "all", codec, body)
        head = method.head(with_prefix("head.head." if votes else "head.", state), features, facts)
    if votes:
        head = Votes(head, Neighbours(len(votes["rows"]), features, votes["shares"].shape[1]))
    network = Network(trunk, empty_readout(method, config, features), head)
    load_weights(network, state)
    return network.requires_grad_(False)


def add_voters(state: Tensors, voters: Tensors) -> dict[str, Tensor]:
    """The weights of a network whose head votes with neighbours, which a training keeps apart."""
    network = {f"head.{n}" if n.startswith("head.") else n: t for n, t in state.items()}
    return network | {f"head.neighbours.{name}": tensor for name, tensor in voters.items()}


def rebuilt_ensemble(
    codec: Codec, config: PredictorConfig, body: Body, state: Tensors, facts: Any
) -> Ensemble:
    """The members of an ensemble, each from its own part of the weights."""
    networks = []
    for place, member in enumerate(config.members):
        member_tensors = {
            f"mean/{n}": t for n, t in with_prefix(f"networks.{place}.", state).items()
        }
        networks.append(
            rebuilt_network(codec, member.config, body, member_tensors, facts["members"][place])
        )
    return ensemble_of(networks, config, facts["classes"])


def with_prefix(first: str, tensors: Tensors) -> dict[str, Tensor]:
    """The tensors whose names begin so, by the rest of their names."""
    return {key.removeprefix(first): t for key, t in tensors.items() if key.startswith(first)}
