"""Views of samples to learn from: what may be done to one without changing its label.

    turn, stretch, slant, shift    moves of images, a little (`transforms.warp`)
    crop                           shifts by whole pixels, mirrored at the edges; where an image has
                                   these, moves are for strong views, and for half of them
    zoom                           a part of an image in full size, a fifth of them without their
                                   colours: the views of a student, instead of the others'
    flip                           mirror images
    colour                         brightness and contrast of images, saturation of colours
    texture                        random convolutions of images: other textures, the same shapes
    cutout                         a square that is blanked
    noise                          a little of it on every cell
    corrupt                        values of rows that come from other rows (SCARF)
    time-warp, scale               time and amplitude of signals; their shifts are in time
    spectral-mask                  a band of the frequencies of signals that is blanked
    flip-height, flip-depth        mirror images of volumes along their other axes
    quarter-depth, -height, -width quarter turns of volumes about an axis

Which of them a data set has is stated by its user, or found by `ssgan.models.student.natural`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from ssgan.codecs import Codec
from ssgan.codecs.image import MOVES
from ssgan.config import InputError, there_are
from ssgan.randomness import Rng
from ssgan.transforms.batch import (
    GREY,
    colour_jitter,
    corrupted,
    cropped,
    cut_out,
    textured,
    translated,
    warp,
)
from ssgan.transforms.signals import moved_in_time, spectral_masked
from ssgan.transforms.volumes import quarter_turned, warp_volumes

OF_SIGNALS = ("time-warp", "scale", "spectral-mask")
FLIPS = {"flip": -1, "flip-height": -2, "flip-depth": -3}  # axes
QUARTERS = {"quarter-depth": (-2, -1), "quarter-height": (-3, -1), "quarter-width": (-3, -2)}
TRANSFORMS = (
    *(*MOVES, "crop", "zoom", "flip", "colour", "texture", "cutout", "noise", "corrupt"),
    *(*OF_SIGNALS, *(name for name in FLIPS if name != "flip"), *QUARTERS),
)
WEAK = 0.3  # strength of moves, against that of other views
CORRUPTION = 0.3  # share of the values of a row
NOISE = 0.1  # deviation, where samples lie in [-1, 1]


def with_noise(x: Tensor, rng: Rng) -> Tensor:
    """Samples with normal noise on every cell."""
    return x + NOISE * rng.normal(*x.shape).to(x.device)


def with_other_colours(images: Tensor, rng: Rng) -> Tensor:
    """Images of other brightness, saturation and contrast, within their range."""
    return colour_jitter(images, rng).clamp(-1, 1)


def with_corruption(rows: Tensor, rng: Rng) -> Tensor:
    """Rows with values of other rows."""
    return corrupted(rows, CORRUPTION, rng)


# What strong views alone go through, in this order: the axes of batches that it is for, and it.
STRONG: dict[str, tuple[Collection[int], Callable[[Tensor, Rng], Tensor]]] = {
    "colour": ((4,), with_other_colours),
    "spectral-mask": ((3,), spectral_masked),
    "texture": ((4,), textured),
    "cutout": (range(3, 6), cut_out),
    "noise": (range(2, 6), with_noise),
    "corrupt": ((2,), with_corruption),
}


@dataclass(frozen=True)
class Views:
    """How samples may change, and how much."""

    transforms: tuple[str, ...]
    strength: float = 1.0  # of moves

    @property
    def moves(self) -> tuple[str, ...]:
        """The moves of images among its transforms."""
        return tuple(move for move in MOVES if move in self.transforms)

    def light(self, x: Tensor, rng: Rng, strength: float = 1.0) -> Tensor:
        """Samples (N, ...) moved and mirrored: what labelled ones go through."""
        x = self.mirrored(x, rng)
        if x.dim() == 4 and "crop" in self.transforms:
            return translated(x, rng("crop"), "reflect")
        strength *= self.strength
        if x.dim() == 3:
            return moved_in_time(x, strength, rng, self.transforms)
        if x.dim() == 5 and self.moves:
            return warp_volumes(x, strength, rng, self.moves)
        return warp(x, strength, rng, self.moves)

    def mirrored(self, x: Tensor, rng: Rng) -> Tensor:
        """Half of the samples, where they have axes along which they may be, and quarter turns."""
        for name, axis in FLIPS.items():
            if name in self.transforms and x.dim() + axis > 1:
                flipped = rng(name).uniform(len(x), *[1] * (x.dim() - 1)).to(x.device) < 0.5
                x = torch.where(flipped, x.flip(axis), x)
        for name, plane in QUARTERS.items():
            if name in self.transforms and x.dim() == 5:
                x = quarter_turned(x, plane, rng(name))
        return x

    def weak(self, x: Tensor, rng: Rng) -> Tensor:
        """Samples hardly changed: what a teacher labels."""
        return self.light(x, rng, WEAK)

    def strong(self, x: Tensor, rng: Rng) -> Tensor:
        """Samples changed as far as they can be told: what has to be learnt from the teacher."""
        x = self.light(x, rng)
        if x.dim() == 4 and "crop" in self.transforms and self.moves:
            # Moved images are a little blurred: the others show what the edges of things are like.
            moved = rng("moved").uniform(len(x), 1, 1, 1).to(x.device) < 0.5
            x = torch.where(moved, warp(x, self.strength, rng("move"), self.moves), x)
        for name, (axes, change) in STRONG.items():
            if name in self.transforms and x.dim() in axes:
                x = change(x, rng(name))
        return x

    def for_student(self, x: Tensor, rng: Rng) -> Tensor:
        """Samples of which a student learns what two views have in common: strong ones, or where
        there is "zoom" parts of images, some of them without colours (as of SimCLR)."""
        if x.dim() != 4 or "zoom" not in self.transforms:
            return self.strong(x, rng)
        x = cropped(self.mirrored(x, rng), rng("zoom"))
        if "colour" in self.transforms:
            x = with_other_colours(x, rng("colour"))
        grey = rng("grey").uniform(len(x), 1, 1, 1).to(x.device) < GREY
        return torch.where(grey, x.mean(1, keepdim=True), x)


def check_transforms(transforms: tuple[str, ...], codec: Codec) -> None:
    """InputError for unknown transforms and for those that samples of `codec` cannot have."""
    if unknown := [name for name in transforms if name not in TRANSFORMS]:
        raise InputError(f"no transform {unknown[0]!r}{there_are(unknown[0], TRANSFORMS)}")
    if wrong := [name for name in transforms if name not in codec.transforms]:
        raise InputError(
            f"samples of kind {codec.kind!r} have no transform {wrong[0]!r}; they have "
            f"{', '.join(codec.transforms)}"
        )


def movable(codec: Codec) -> bool:
    """Whether samples can be moved a little, which most likely keeps their class."""
    return bool({*MOVES} & {*codec.transforms})
