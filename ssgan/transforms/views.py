"""Views of samples to learn from: what may be done to one without changing its label.

    turn, stretch, slant, shift    moves of images, a little (`transforms.warp`)
    crop                           shifts by whole pixels, mirrored at the edges; where an image has
                                   these, moves are for strong views, and for half of them
    zoom                           a part of an image in full size, a fifth of them without their
                                   colours: the views of a student, instead of the others'
    flip                           mirror images
    colour                         brightness and contrast of images, saturation of colours
    cutout                         a square that is blanked
    noise                          a little of it on every cell
    corrupt                        values of rows that come from other rows (SCARF)

Which of them a data set has is stated by its user, or found by `natural`.
"""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from torch import Tensor

from ssgan.codecs import Codec
from ssgan.codecs.image import MOVES
from ssgan.config import InputError
from ssgan.metrics.spaces import space_of
from ssgan.randomness import Rng
from ssgan.transforms.batch import (
    GREY,
    coloured,
    corrupted,
    cropped,
    cut_out,
    translated,
    warp,
)

TRANSFORMS = (*MOVES, "crop", "zoom", "flip", "colour", "cutout", "noise", "corrupt")
WEAK = 0.3  # strength of moves, against that of other views
CORRUPTION = 0.3  # share of the values of a row
NOISE = 0.1  # deviation, where samples lie in [-1, 1]
MIRRORS = {"flip": 3}  # the axis of a batch that a symmetry turns round
ALIKE = 0.55  # how often mirrored images are told from others, up to which they count as natural
MIRRORED_ROWS = 1000  # images of each kind that this is asked of


@dataclass(frozen=True)
class Views:
    """How samples may change, and how much."""

    transforms: tuple[str, ...]
    strength: float = 1.0  # of moves

    @property
    def moves(self) -> tuple[str, ...]:
        return tuple(move for move in MOVES if move in self.transforms)

    def of(self, x: Tensor, rng: Rng, strength: float = 1.0) -> Tensor:
        """Samples (N, ...) moved and mirrored: what labelled ones go through."""
        x = self.mirrored(x, rng)
        if x.dim() == 4 and "crop" in self.transforms:
            return translated(x, rng("crop"), "reflect")
        return warp(x, strength * self.strength, rng, self.moves)

    def mirrored(self, x: Tensor, rng: Rng) -> Tensor:
        """Half of the samples, where they are images that may be."""
        if x.dim() != 4 or "flip" not in self.transforms:
            return x
        chosen = rng("flip").uniform(len(x), 1, 1, 1).to(x.device) < 0.5
        return torch.where(chosen, x.flip(3), x)

    def weak(self, x: Tensor, rng: Rng) -> Tensor:
        """Samples hardly changed: what a teacher labels."""
        return self.of(x, rng, WEAK)

    def strong(self, x: Tensor, rng: Rng) -> Tensor:
        """Samples changed as far as they can be told: what has to be learnt from the teacher."""
        x = self.of(x, rng)
        if x.dim() == 4 and "crop" in self.transforms and self.moves:
            # Moved images are a little blurred: the others show what the edges of things are like.
            moved = rng("moved").uniform(len(x), 1, 1, 1).to(x.device) < 0.5
            x = torch.where(moved, warp(x, self.strength, rng("move"), self.moves), x)
        if x.dim() == 4 and "colour" in self.transforms:
            x = coloured(x, rng("colour")).clamp(-1, 1)
        if x.dim() == 4 and "cutout" in self.transforms:
            x = cut_out(x, rng("cutout"))
        if "noise" in self.transforms:
            x = x + NOISE * rng("noise").normal(*x.shape).to(x.device)
        if x.dim() == 2 and "corrupt" in self.transforms:
            x = corrupted(x, CORRUPTION, rng("corrupt"))
        return x

    def far(self, x: Tensor, rng: Rng) -> Tensor:
        """Samples of which a student learns what two views have in common: strong ones, or where
        there is "zoom" parts of images, some of them without colours (as of SimCLR)."""
        if x.dim() != 4 or "zoom" not in self.transforms:
            return self.strong(x, rng)
        x = cropped(self.mirrored(x, rng), rng("zoom"))
        if "colour" in self.transforms:
            x = coloured(x, rng("colour")).clamp(-1, 1)
        grey = rng("grey").uniform(len(x), 1, 1, 1).to(x.device) < GREY
        return torch.where(grey, x.mean(1, keepdim=True), x)


def check_transforms(transforms: tuple[str, ...], codec: Codec) -> None:
    """InputError for unknown transforms and for those that samples of `codec` cannot have."""
    if unknown := [name for name in transforms if name not in TRANSFORMS]:
        raise InputError(f"no transform {unknown[0]!r}; there are {', '.join(TRANSFORMS)}")
    if wrong := [name for name in transforms if name not in codec.transforms]:
        raise InputError(
            f"samples of kind {codec.kind!r} have no transform {wrong[0]!r}; they have "
            f"{', '.join(codec.transforms)}"
        )


def movable(codec: Codec) -> bool:
    """Whether samples can be moved a little, which most likely keeps their class."""
    return bool({*MOVES} & {*codec.transforms})


def natural(codec: Codec, samples: Tensor, seed: int = 0) -> tuple[str, ...]:
    """Transforms that samples (N, *shape) like these most likely have, found without a label.

    Those that their codec names, and its symmetries if nobody can tell samples that went through
    them: mirrored digits and letters can be told, mirrored photographs cannot.
    """
    told = {name: told_mirrored(samples, MIRRORS[name], seed) for name in codec.symmetries}
    return (*codec.natural, *(name for name in told if told[name] <= ALIKE))


def told_mirrored(samples: Tensor, axis: int, seed: int = 0) -> float:
    """How often a logistic regression tells samples mirrored along an axis, 0.5 being chance.

    It sees random convolutional features; of every sample only one of both is shown.
    """
    order = Rng(("mirrored", seed)).permutation(len(samples))[: 2 * MIRRORED_ROWS]
    samples = samples[order].float().cpu()
    half = len(samples) // 2
    if half < 10:
        return 1.0  # too few to say so
    shown = torch.cat([samples[:half], samples[half : 2 * half].flip(axis)])
    features = space_of(samples)(shown).numpy()
    features = features / (features.std(0) + 1e-6)
    model = LogisticRegression(C=0.01, max_iter=1000)
    scores = cross_val_score(model, features, np.repeat([0, 1], half), cv=5)
    return float(scores.mean())
