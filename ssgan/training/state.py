"""What a checkpoint keeps of a task: its parts as named tensors and JSON, and back again."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ssgan.config import InputError
from ssgan.training.optim import laid_out_like

Part = nn.Module | torch.optim.Optimizer | dict[str, float]  # numbers: filled in place
Parts = Mapping[str, Part]
KERNELS = ("fused", "foreach", "capturable")  # settings of an optimiser that belong to a device


def pack_parts(parts: Parts) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors by name, and the rest as JSON, of networks, optimisers and numbers."""
    tensors: dict[str, Tensor] = {}
    rest: dict[str, Any] = {}
    for name, part in parts.items():
        if isinstance(part, dict):
            rest[name] = dict(part)
        elif isinstance(part, nn.Module):
            tensors |= {f"{name}/{key}": value for key, value in part.state_dict().items()}
        else:
            state = part.state_dict()
            rest[name] = state["param_groups"]
            tensors |= {
                f"{name}/{index}/{slot}": value
                for index, slots in state["state"].items()
                for slot, value in slots.items()
                if isinstance(value, Tensor)  # SGD without momentum names one that is None
            }
    return tensors, rest


def load_weights(network: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Give a network its weights; InputError if they are those of another one."""
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise InputError(
            "the weights in this checkpoint are those of another network than its config names: "
            "it was written by another version of ssgan, train again"
        ) from error


def unpack_parts(parts: Parts, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]) -> None:
    """Fill `parts` with what `pack_parts` gave, on whatever device they are."""
    for name, part in parts.items():
        start = f"{name}/"
        part_tensors = {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
        if isinstance(part, dict):
            part.clear()
            part.update(rest[name])
        elif isinstance(part, nn.Module):
            load_weights(part, part_tensors)
        else:
            fill_optimizer(part, part_tensors, rest[name])


def fill_optimizer(
    optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor], groups: list[dict[str, Any]]
) -> None:
    """Give an optimiser its moments ("0/exp_avg": ...) and settings; its kernels stay its own."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, slot = key.split("/")
        value = laid_out_like(parameters[int(index)], value)
        state.setdefault(int(index), {})[slot] = value
    param_groups = []
    for saved, held in zip(groups, optimizer.param_groups, strict=True):
        kernels = {name: held[name] for name in KERNELS if name in held}
        pairs = {"betas": tuple(saved["betas"])} if "betas" in saved else {}  # JSON has lists only
        param_groups.append({**saved, **pairs, **kernels})
    optimizer.load_state_dict({"state": state, "param_groups": param_groups})


@dataclass(frozen=True)
class State:
    """All that the next step of a task depends on, copied."""

    step: int
    tensors: Mapping[str, Tensor]
    rest: Mapping[str, Any]


def snapshot(parts: Parts, step: int) -> State:
    """A copy of the parts as they are after `step` steps."""
    tensors, rest = pack_parts(parts)
    return State(step, {name: value.clone() for name, value in tensors.items()}, deepcopy(rest))


def restore(parts: Parts, state: State) -> None:
    """Bring the parts to a state, which stays as it is: optimisers would take its tensors."""
    tensors = {name: value.clone() for name, value in state.tensors.items()}
    unpack_parts(parts, tensors, deepcopy(state.rest))
