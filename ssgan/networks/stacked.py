"""Generators of StackGAN: a small picture of what is asked for, and a larger one made of it.

Zhang et al. 2017, "StackGAN: Text to Photo-realistic Image Synthesis with Stacked Generative
Adversarial Networks", sections 3.2 to 3.4. What is asked for becomes a normal distribution, of
which a code is drawn; both stages see the code, as in their second version, where theirs had one of
its own in each. Stage 1 is the generator of an architecture. Stage 2 begins as stage 1's picture
between whose pixels it interpolates, and learns what to change.
"""

import torch
from torch import Tensor, nn

from ssgan.networks.conditional import check_condition
from ssgan.networks.residual import initialise_residual, leaky, residual_blocks

BLOCKS = 2  # of stage 2, as in the authors' code


class Code(nn.Module):
    """Conditions (N, numbers + 1) to the normal distributions of their codes (N, size)."""

    def __init__(self, numbers: int, size: int) -> None:
        super().__init__()
        self.numbers, self.size = numbers, size
        self.layer = nn.Linear(numbers, 2 * size)

    def forward(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Means, and logarithms of deviations; both behind a LeakyReLU as in the authors' code."""
        values = condition[:, :-1] * self.numbers**0.5  # of deviation 1, as codes are to be
        mean, log_deviation = leaky(self.layer(values)).chunk(2, 1)
        return mean, log_deviation


class Refiner(nn.Module):
    """Raw pictures (N, C, H, W) and codes (N, size) to raw pictures twice as large."""

    def __init__(self, channels: int, width: int, depth: int | None, size: int) -> None:
        super().__init__()
        self.start = nn.Conv2d(channels, width, 3, 1, 1)
        self.down = nn.Conv2d(width, 2 * width, 4, 2, 1)
        self.join = nn.Linear(size, 2 * width)  # a code beside every cell, below a 1 x 1 layer
        self.low = residual_blocks(2 * width, 2, depth or BLOCKS)
        self.mix = nn.Conv2d(2 * width, width, 1)
        self.high = residual_blocks(width, 2, depth)
        self.out = nn.Conv2d(width, channels, 3, 1, 1)
        initialise_residual(self)
        nn.init.zeros_(self.out.weight)

    def maps(self, raw: Tensor, code: Tensor) -> list[Tensor]:
        """The maps of every resolution; the last are the pictures."""
        above = leaky(self.start(raw.tanh()))
        low = self.low(self.down(above) + self.join(code)[:, :, None, None])
        high = self.high(twice(self.mix(leaky(low))) + above)
        wide = nn.functional.interpolate(raw, scale_factor=2.0, mode="bilinear")
        return [low, high, wide + self.out(twice(leaky(high)))]


def twice(x: Tensor) -> Tensor:
    """Maps (N, C, H, W) twice as large, each cell four times."""
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


class StackedGenerator(nn.Module):
    """Noise (N, latent) and conditions (N, C) to raw pictures, by way of smaller ones.

    The first numbers of the noise vary the code, the others are those of stage 1. Nothing that
    stage 2 learns changes stage 1.
    """

    def __init__(self, code: Code, first: nn.Module, refiner: Refiner) -> None:
        super().__init__()
        self.code, self.first, self.refiner = code, first, refiner

    def inputs(self, z: Tensor, condition: Tensor | None) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The codes (N, size), and what stage 1 takes."""
        width = self.code.numbers + 1
        conditions = z.new_zeros(len(z), width) if condition is None else condition
        conditions = check_condition(conditions, width).to(z)
        (mean, log_deviation), size = self.code(conditions), self.code.size
        code = mean + log_deviation.exp() * z[:, :size]
        known = torch.cat([code / size**0.5, conditions[:, -1:]], 1)  # of about the length 1
        return code, (z[:, size:], known)

    def stages(self, z: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Raw pictures of both stages."""
        code, inputs = self.inputs(z, condition)
        small = self.first(*inputs)
        return small, self.refiner.maps(small.detach(), code)[-1]

    def maps(self, z: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        """The maps (N, C, ...) of every depth of both stages; the last are the pictures."""
        code, inputs = self.inputs(z, condition)
        maps: list[Tensor] = self.first.maps(*inputs)  # type: ignore[operator]
        return [*maps, *self.refiner.maps(maps[-1].detach(), code)]

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.stages(z, condition)[-1]
