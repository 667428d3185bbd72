"""How samples are prepared for a frozen network: pictures, texts, and numbers as they come."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.codecs.arrays import as_array, container_of, finite_rows
from ssgan.codecs.codec import Array
from ssgan.codecs.image import image_layout, with_channels
from ssgan.codecs.text import as_texts
from ssgan.config import InputError, InputTypeError
from ssgan.data.encoders.programs import Program, Shape

PIXELS = {  # mean and deviation of each channel of pixels from 0 to 1
    "unit": ((0.0,) * 3, (1.0,) * 3),
    "signed": ((0.5,) * 3, (0.5,) * 3),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}

Call = Callable[[Any], Any]  # tensors (N, ...) or texts to rows (N, F)


class Form(Protocol):
    """What is done to samples of one kind before a network sees them."""

    def samples(self, raw: Any, name: str) -> Array:
        """Raw samples as an array (N, ...), refused where the encoder `name` takes others."""
        ...

    def order(self, samples: Array) -> Array:
        """The order (N,) in which samples are encoded: those that cost alike are together."""
        ...

    def call(self, program: Call, samples: Array, name: str) -> Any:
        """What the program makes of a block of samples."""
        ...


@dataclass(frozen=True)
class Numbers:
    """Arrays of numbers, given as float32 and otherwise as they come."""

    kind: str = "vectors"

    def samples(self, raw: Any, name: str) -> Array:
        array = as_array(raw)
        if array.dtype.kind not in "biuf":
            raise InputTypeError(
                f"the encoder {name!r} takes {self.kind}, got {array.dtype} {array.shape}"
            )
        finite_rows(array, "samples")
        return array

    def order(self, samples: Array) -> Array:
        return np.arange(len(samples))

    def call(self, program: Call, samples: Array, name: str) -> Any:
        return in_batches(program, self.prepared(samples), name)

    def prepared(self, samples: Array) -> Tensor:
        """Samples as the program takes them."""
        return torch.from_numpy(np.ascontiguousarray(samples, np.float32))


@dataclass(frozen=True)
class Pictures(Numbers):
    """Pictures (N, H, W) or (N, H, W, C): scaled, with so many channels, and standardised."""

    kind: str = "images"
    size: tuple[int, int] | None = None
    channels: int | None = None
    pixels: str = "unit"

    def samples(self, raw: Any, name: str) -> Array:
        array = super().samples(raw, name)
        first = image_layout(array.shape[1:], container_of(raw)) == "chw"
        return np.moveaxis(array, 1, -1) if first else array

    def prepared(self, samples: Array) -> Tensor:
        x = torch.from_numpy(unit_pixels(samples))
        x = (x[:, None] if x.dim() == 3 else x.movedim(-1, 1)) * 2 - 1
        x = with_channels(x, self.channels or x.shape[1])
        if self.size is not None and tuple(x.shape[2:]) != self.size:
            x = F.interpolate(x, self.size, mode="bilinear", antialias=True).clamp(-1, 1)
        x, (mean, deviation) = (x + 1) / 2, PIXELS[self.pixels]
        colours = zip(x[:, :3].unbind(1), mean, deviation, strict=False)
        parts = [(colour - m) / d for colour, m, d in colours]
        return torch.stack([*parts, *x[:, 3:].unbind(1)], 1)


@dataclass(frozen=True)
class Texts:
    """Texts (N,), given as a list; those of one length together, which need no padding."""

    def samples(self, raw: Any, name: str) -> Array:
        texts = as_texts(raw)
        if texts is None:
            raise InputTypeError(f"the encoder {name!r} takes texts, other samples came")
        return texts

    def order(self, samples: Array) -> Array:
        return np.argsort([len(text) for text in samples], kind="stable")

    def call(self, program: Call, samples: Array, name: str) -> Any:
        return program(samples.tolist())


def in_batches(program: Any, x: Tensor, name: str) -> Any:
    """The program's output for x (N, ...), in batches of the size that it takes."""
    x = x.to(device_of(program))
    at_once = (shape_of(program) or (None,))[0]
    missing = -len(x) % (at_once or 1)
    padded = torch.cat([x, x[-1:].expand(missing, *x.shape[1:])])
    try:
        parts = [one_tensor(program(part), name) for part in torch.split(padded, at_once or len(x))]
    except InputError:
        raise
    except Exception as error:  # whatever a program of others stumbles over
        raise InputError(
            f"the encoder {name!r} does not take samples of shape {tuple(x.shape[1:])}: "
            f"{' '.join(str(error).split())[:200] or type(error).__name__}"
        ) from error
    return torch.cat(parts)[: len(x)]


def one_tensor(output: Any, name: str) -> Tensor:
    """The one tensor that a program makes."""
    if isinstance(output, list | tuple) and len(output) == 1:
        output = output[0]
    if isinstance(output, np.ndarray):
        output = torch.from_numpy(output)
    if not isinstance(output, Tensor):
        several = isinstance(output, list | tuple | dict)
        description = f"{len(output)} tensors" if several else type(output).__name__
        raise InputError(
            f"the encoder {name!r} makes {description}, expected one tensor of rows (N, F)"
        )
    return output


def unit_pixels(samples: Array) -> Array:
    """Pixels as float32 from 0 to 1."""
    if samples.dtype == np.uint8:
        return samples.astype(np.float32) / 255
    if samples.dtype.kind == "f" and samples.min() >= 0 and samples.max() <= 1:
        return samples.astype(np.float32)
    raise InputError(
        f"an encoder takes pixels from 0 to 255 as uint8, or from 0 to 1, got {samples.dtype} "
        f"from {samples.min():g} to {samples.max():g}: convert them"
    )


def shape_of(program: Any) -> Shape | None:
    """What a program says of the shape of what it takes."""
    return program.shape if isinstance(program, Program) else None


def device_of(program: Any) -> torch.device:
    """Where a module has its weights; other programs run on the processor."""
    tensors = program.parameters() if isinstance(program, nn.Module) else ()
    return next((tensor.device for tensor in tensors), torch.device("cpu"))
