"""What an architecture is: a trunk and the generator that goes with it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """How to make and to initialise the two networks of an architecture."""

    name: str
    trunk: Callable[..., Any]  # (shape, width, depth)
    generator: Callable[..., nn.Module]  # (shape, width, depth, latent, condition)
    initialise: Callable[[nn.Module], None]
    axes: tuple[int, ...] = (1, 2, 3)  # how many axes of cells samples may have beside channels
    student: Callable[..., Any] | None = None  # (shape, width, depth); None: the trunk once more


def each_depth(layers: Iterable[nn.Module], x: Tensor) -> list[Tensor]:
    """What every layer makes of the one before, LeakyReLU .2 and all."""
    maps = []
    for layer in layers:
        x = nn.functional.leaky_relu(layer(x), 0.2)
        maps.append(x)
    return maps
