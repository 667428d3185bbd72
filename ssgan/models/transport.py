"""Trained objects on their way to another process, as joblib sends them to its workers.

A frozen dataclass that holds networks gives its state to `pack` and takes it back from `unpack`.
What travels is free of devices and of torch's own pickles: a network goes as its skeleton, which
has shapes but no values, beside its values as safetensors. Nothing of it is a way to keep things:
runs are that.
"""

import copy
from dataclasses import dataclass
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from ssgan.runtime import Runtime


@dataclass(frozen=True)
class Parcel:
    """A network, or a tensor, without its device."""

    skeleton: nn.Module | None  # on the meta device; None for a tensor
    values: bytes  # safetensors


def pack(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of an object, networks and tensors among them as parcels."""
    carried = nn.Module | Tensor
    return {name: parcel(v) if isinstance(v, carried) else v for name, v in fields.items()}


def unpack(thing: Any, state: dict[str, Any]) -> None:
    """Give a new object the fields that `pack` made; networks are placed on its `runtime`.

    A GPU that is not there becomes the processor.
    """
    on = usable_device(state["runtime"])
    for name, value in {**state, "runtime": on}.items():
        opened = parcel_content(value, on) if isinstance(value, Parcel) else value
        object.__setattr__(thing, name, opened)  # it is frozen for everyone else


def usable_device(on: Runtime) -> Runtime:
    """`on`, or a processor in float32 where this machine has no such device."""
    usable = on.device == "cpu" or torch.cuda.is_available()
    return on if usable else Runtime("cpu", bfloat16=False)


def parcel(value: nn.Module | Tensor) -> Parcel:
    """The network or the tensor without its device."""
    if isinstance(value, Tensor):
        return Parcel(None, tensor_bytes({"value": value}))
    return Parcel(copy.deepcopy(value).to("meta"), tensor_bytes(value.state_dict()))


def tensor_bytes(tensors: dict[str, Tensor]) -> bytes:
    """Tensors as the bytes of a safetensors file."""
    # A copy each: names may share memory (tied weights), which safetensors refuses.
    copies = {k: t.detach().to("cpu", copy=True).contiguous() for k, t in tensors.items()}
    return safetensors.torch.save(copies)


def parcel_content(sent: Parcel, on: Runtime) -> nn.Module | Tensor:
    """What a parcel holds, networks on the device of `on`, tensors on the processor."""
    tensors = safetensors.torch.load(sent.values)
    if sent.skeleton is None:
        return tensors["value"]
    network = sent.skeleton.to_empty(device="cpu")
    network.load_state_dict(tensors)
    return on.place(network)
