"""A student as a network: it starts as the trunk, and the architecture "resnet" has its own."""

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ssgan.models.config import resolve_architecture
from ssgan.models.gan import GAN
from ssgan.networks import architecture_of, flatten_maps, trunk
from ssgan.networks.size import check_depth, check_size

SQUEEZED = 128  # features of a student
COMPARED = 1024  # numbers that a student with a network of its own is compared by


class Squeeze(nn.Module):
    """Rows (N, features) to hidden ones and on to what two networks are compared by, (N, size)."""

    def __init__(self, features: int, size: int = SQUEEZED) -> None:
        super().__init__()
        self.squeeze = nn.Linear(features, size)
        self.norm = nn.BatchNorm1d(size)
        self.project = nn.Linear(size, size)

    def forward(self, rows: Tensor) -> Tensor:
        compared: Tensor = self.project(activation(self.norm(self.squeeze(rows))))
        return compared

    @torch.no_grad()
    def layer(self) -> nn.Linear:
        """`squeeze` and `norm` with its statistics as one layer."""
        norm = self.norm.state_dict()
        gain = norm["weight"] * (norm["running_var"] + self.norm.eps).rsqrt()
        layer = copy.deepcopy(self.squeeze)
        layer.weight.mul_(gain[:, None])
        layer.bias.copy_((layer.bias - norm["running_mean"]) * gain + norm["bias"])
        return layer


class StudentInTraining(nn.Module):
    """The student while it learns: samples (N, ...) to what is compared, (N, size)."""

    def __init__(self, below: Any, size: int) -> None:
        super().__init__()
        self.trunk, self.head = below, Squeeze(below.features, size)

    def forward(self, x: Tensor) -> Tensor:
        compared: Tensor = self.head(flatten_maps(self.trunk(x)[-1]))
        return compared


class Student(nn.Module):
    """A trunk whose last map is squeezed to few features: samples (N, ...) to one map (N, 128).

    Without `squeeze` that map is given as it is.
    """

    def __init__(self, below: nn.Module, squeeze: nn.Linear | None) -> None:
        super().__init__()
        self.trunk, self.squeeze = below, squeeze

    def forward(self, x: Tensor) -> list[Tensor]:
        return self.squeezed(self.trunk(x))

    def squeezed(self, maps: list[Tensor]) -> list[Tensor]:
        """What it makes of the maps of its trunk."""
        features = flatten_maps(maps[-1])
        return [features if self.squeeze is None else activation(self.squeeze(features))]


def activation(x: Tensor) -> Tensor:
    """LeakyReLU .2, as in all networks here."""
    return F.leaky_relu(x, 0.2)


def empty_student(
    shape: tuple[int, ...], width: int, architecture: str, depth: int | None
) -> Student:
    """A student to be filled with weights; draws from torch's current random state."""
    architecture_student = architecture_of(shape, architecture).student
    if architecture_student is not None:
        check_depth(depth)
        make = partial(architecture_student, shape, width, depth)
        check_size(f"a student of width {width:,}", shape, (width, depth or 1), make)
        return Student(make(), None)
    below = trunk(shape, width, architecture, depth)
    return Student(below, nn.Linear(below.features, SQUEEZED))


def own_student(gan: GAN) -> Callable[..., Any] | None:
    """The network of a student where the architecture has one of its own."""
    return architecture_of(gan.codec.shape, resolve_architecture(gan.config, gan.codec)).student


def first_trunk(gan: GAN) -> tuple[Any, int]:
    """What a student starts as, the discriminator's trunk or the architecture's own network, and
    how many numbers it is compared by; draws from torch's current random state."""
    config = gan.config
    architecture_student = own_student(gan)
    if architecture_student is None:
        return copy.deepcopy(gan.pretrained_trunk), SQUEEZED
    return architecture_student(gan.codec.shape, config.width, config.depth), COMPARED
