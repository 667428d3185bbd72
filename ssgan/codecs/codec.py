"""What a codec is: a modality's way from raw samples to the tensors that networks see, and back.

method      from                        to
pack        raw samples                 the compact tensor that lives on the device (N, ...)
expand      packed samples              what networks see, float32 (N, *shape)
activate    a generator's output        samples as networks see them (N, *shape), differentiable
decode      samples as networks see     raw samples in the form of those that it was fitted on

modality    raw                             packed                  shape
images      (N, H, W) or (N, H, W, C)       uint8 (N, C, H, W)      (C, H', W'), sides padded
table       data frame, N rows              float32 (N, columns)    (F,)
vectors     (N, F) numbers                  float32 (N, F)          (F,)
"""

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ssgan.config import InputError
from ssgan.randomness import Rng

Array = NDArray[Any]
Json = Any  # what json.dumps takes


class Codec(Protocol):
    """A fitted, frozen modality; equal codecs treat samples alike."""

    @property
    def kind(self) -> str:
        """ "images", "table" or "vectors"."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample as networks see it."""
        ...

    def pack(self, raw: Any) -> Tensor:
        """Raw samples as one compact tensor on the CPU; its first axis counts them.

        Raises ValueError for samples unlike those that it was fitted on, naming row or column.
        """
        ...

    def expand(self, packed: Tensor) -> Tensor:
        """Packed samples as networks see them, float32 (N, *shape), on the device of `packed`."""
        ...

    def decode(self, x: Tensor) -> Any:
        """Raw samples for any finite x (N, *shape), real or generated.

        They have the container, columns, dtypes and value ranges of what it was fitted on.
        """
        ...

    def activate(self, output: Tensor, rng: Rng) -> Tensor:
        """The generator's last layer: raw output to samples, both float32 (N, *shape)."""
        ...

    def to_json(self) -> dict[str, Json]: ...


def as_array(raw: Any) -> Array:
    """A numpy array or a torch tensor of any device, as a numpy array (bfloat16 as float32)."""
    if isinstance(raw, Tensor):
        return (raw.float() if raw.dtype == torch.bfloat16 else raw).detach().cpu().numpy()
    return np.asarray(raw)


def as_tensor(array: Array) -> Tensor:
    """An array as a tensor, without copying where the array may be written to."""
    array = np.ascontiguousarray(array)
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def container_of(raw: Any) -> str:
    return "torch" if isinstance(raw, Tensor) else "numpy"


def contain(array: Array, container: str) -> Any:
    """`array` in the container, "numpy" or "torch", in which the samples came."""
    return as_tensor(array) if container == "torch" else array


def finite_rows(array: Array, what: str) -> None:
    """Raise ValueError that names the first row with NaN or infinity; integers always pass."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    row = int(np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(1))[0])
    value = "NaN" if np.isnan(array[row]).any() else "infinity"
    raise InputError(f"expected finite {what}, row {row} holds {value}: repair or leave it out")


def encoded(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """x checked to be finite samples of `shape`, as float32 on the CPU."""
    if tuple(x.shape[1:]) != shape:
        raise InputError(f"expected encoded samples of shape {shape}, got {tuple(x.shape[1:])}")
    x = x.detach().float().cpu()
    finite_rows(x.numpy(), "encoded samples")
    return x
