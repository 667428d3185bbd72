"""Where and in which precision things run; nothing of it changes a result beyond rounding."""

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from ssgan.config import InputError, refuse_empty

Network = TypeVar("Network", bound=nn.Module)
Terms = dict[str, Tensor]  # of a loss, by name: their sum is what a step of training descends
FLOAT32_CELLS = 16 * 16  # samples of so many cells or fewer are faster in float32 on a processor


@dataclass(frozen=True)
class Runtime:
    """A device and whether convolutions and products run in bfloat16 there."""

    device: str
    bfloat16: bool

    @property
    def kind(self) -> str:
        """ "cpu" or "cuda"."""
        return self.device.split(":")[0]

    def autocast(self) -> AbstractContextManager[None]:
        """The context in which networks compute: bfloat16 where the device has it."""
        if not self.bfloat16:
            return nullcontext()
        return torch.autocast(self.kind, torch.bfloat16)

    def place(self, network: Network) -> Network:
        """The network on the device, convolutions laid out channels last."""
        network = network.to(self.device)
        if any(isinstance(layer, nn.Conv2d) for layer in network.modules()):
            network = network.to(memory_format=torch.channels_last)
        return network

    def batch(self, x: Tensor) -> Tensor:
        """Samples on the device, images laid out channels last."""
        x = x.to(self.device)
        return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x


def runtime(device: str | None, shape: tuple[int, ...]) -> Runtime:
    """`device` ("cpu", "cuda", "cuda:1") or the best there is, and the precision that pays there.

    Raises InputError for a device that this machine does not have.
    """
    refuse_empty(device, "the device")
    name = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise InputError(f"no CUDA GPU can be used here, requested device {name!r}: use 'cpu'")
    if name.split(":")[0] not in ("cpu", "cuda"):
        raise InputError(f"expected device 'cpu' or 'cuda', got {name!r}")
    cells = torch.Size(shape[1:]).numel()
    if name == "cpu":
        fast = torch.cpu._is_avx512_bf16_supported()
        return Runtime(name, fast and len(shape) > 1 and cells > FLOAT32_CELLS)
    if name == "cuda" and "LOCAL_RANK" in os.environ:  # torchrun has started one process a GPU
        name = f"cuda:{os.environ['LOCAL_RANK']}"
    return Runtime(name, torch.cuda.is_bf16_supported(including_emulation=False))


def to_float32(values: Tensor) -> Tensor:
    """Values in float32 at least: differences and means of bfloat16 scores would lose digits.

    Parameters
    ----------
    values : Tensor
        Of any shape and floating dtype.

    Returns
    -------
    Tensor
        The same in float32; float64 stays.

    Examples
    --------
    >>> import torch
    >>> to_float32(torch.ones(2, dtype=torch.bfloat16)).dtype
    torch.float32
    """
    return values.to(torch.promote_types(values.dtype, torch.float32))
