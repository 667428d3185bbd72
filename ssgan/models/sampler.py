"""Samples of a generator: what it makes them of, and the one way from there to samples."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from ssgan.codecs.codec import Codec
from ssgan.models.condition import Condition
from ssgan.objectives import to_float32
from ssgan.randomness import Rng
from ssgan.runtime import Runtime

CHUNK = 1000  # samples of a list that are generated at once
Conditions = tuple[Tensor, ...]  # conditions (N, C), or nothing
NOISES: dict[str, Callable[[Rng, int, int], Tensor]] = {  # noise (n, latent)
    "normal": lambda rng, n, latent: rng.normal(n, latent),
    "uniform": lambda rng, n, latent: 2 * rng.uniform(n, latent) - 1,
    "unit": lambda rng, n, latent: rng.uniform(n, latent),
}


@dataclass(frozen=True)
class Sampler:
    """What a generator makes samples of: noise (N, latent), and conditions (N, C) if it has any."""

    latent: int
    noise: str = "normal"  # of NOISES; uniform is in [-1, 1), unit in [0, 1)
    condition: Condition | None = None

    def inputs(self, n: int, rng: Rng, conditions: Conditions = ()) -> tuple[Tensor, ...]:
        """The generator's arguments for n samples: noise from `rng`, then conditions."""
        return NOISES[self.noise](rng, n, self.latent), *conditions

    def chunk(self, number: int, rng: Rng, conditions: Conditions = ()) -> tuple[Tensor, ...]:
        """The arguments for CHUNK samples of the endless list that `rng` names.

        Conditions come as often as in training where none are given.
        """
        conditions = conditions or self.conditions(CHUNK, rng("condition", number))
        return self.inputs(CHUNK, rng("noise", number), conditions)

    def conditions(self, n: int, rng: Rng) -> Conditions:
        """Conditions as often as they came in training, to be given to `inputs`; () without."""
        return () if self.condition is None else (self.condition.sample(n, rng),)


def generate(
    network: Callable[..., Tensor],
    inputs: tuple[Tensor, ...],
    codec: Codec,
    on: Runtime,
    rng: Rng,
) -> Tensor:
    """Samples (N, *shape) as networks see them, that `network` makes of its arguments."""
    with on.autocast():
        output = network(*inputs)
    return codec.activate(to_float32(output), rng)


def generate_maps(
    network: Any, inputs: tuple[Tensor, ...], codec: Codec, on: Runtime, rng: Rng
) -> list[Tensor]:
    """The maps of all depths of a generator that has `maps`; the last are its samples."""
    maps: list[Tensor] = []

    def last(*inputs: Tensor) -> Tensor:
        maps.extend(network.maps(*inputs))
        return maps.pop()

    samples = generate(last, inputs, codec, on, rng)
    return [*maps, samples]
