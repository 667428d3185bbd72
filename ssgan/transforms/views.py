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

from ssgan.config import InputError
from ssgan.metrics.spaces import space_of
from ssgan.randomness import Rng
from ssgan.transforms.batch import (
    GREY,
    MOVES,
    coloured,
    corrupted,
    cropped,
    cut_out,
    translated,
    warp,
)

TRANSFORMS = (*MOVES, "crop", "zoom", "flip", "colour", "cutout", "noise", "corrupt")
OF_COLOURS = (*MOVES, "crop", "zoom", "colour", "cutout")
OF_ROWS = ("noise", "corrupt")  # what can be done to rows of numbers
WEAK = 0.3  # strength of moves, against that of other views
CORRUPTION = 0.3  # share of the values of a row
NOISE = 0.1  # deviation, where samples lie in [-1, 1]
ALIKE = 0.55  # how often mirrored images are told from others, up to which they count as natural
ROWS = 1000  # images of each kind that this is asked of
LIT = 16  # pixels a side from which on images may be lighter or darker: in fewer, greys are shapes


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


def check(transforms: tuple[str, ...], shape: tuple[int, ...]) -> None:
    """ValueError for unknown transforms and for those that samples of `shape` cannot have."""
    if unknown := [name for name in transforms if name not in TRANSFORMS]:
        raise InputError(f"no transform {unknown[0]!r}; there are {', '.join(TRANSFORMS)}")
    known = OF_ROWS if len(shape) == 1 else tuple(t for t in TRANSFORMS if t != "corrupt")
    if wrong := [name for name in transforms if name not in known]:
        kind = "rows of numbers" if len(shape) == 1 else "images"
        raise InputError(f"{kind} have no transform {wrong[0]!r}; they have {', '.join(known)}")


def natural(samples: Tensor, seed: int = 0) -> tuple[str, ...]:
    """Transforms that samples (N, *shape) like these most likely have, found without a label.

    Images: all moves, from 16 pixels a side on "colour", where there are colours crop, zoom, colour
    and cutout too, and "flip" if mirrored images cannot be told from others: digits and letters can
    be. Rows: "corrupt".
    """
    if samples.dim() == 2:
        return ("corrupt",)
    if samples.dim() != 4:
        return ("noise",)
    lit = (*MOVES, "colour") if min(samples.shape[2:]) >= LIT else MOVES
    found = lit if samples.shape[1] == 1 else OF_COLOURS
    return (*found, "flip") if told_mirrored(samples, seed) <= ALIKE else found


def told_mirrored(images: Tensor, seed: int = 0) -> float:
    """How often a logistic regression tells mirrored images from others, 0.5 being chance.

    It sees random convolutional features; of every image only one of both is shown.
    """
    order = Rng(("mirrored", seed)).permutation(len(images))[: 2 * ROWS]
    images = images[order].float().cpu()
    half = len(images) // 2
    if half < 10:
        return 1.0  # too few to say so
    shown = torch.cat([images[:half], images[half : 2 * half].flip(3)])
    features = space_of(images)(shown).numpy()
    features = features / (features.std(0) + 1e-6)
    model = LogisticRegression(C=0.01, max_iter=1000)
    scores = cross_val_score(model, features, np.repeat([0, 1], half), cv=5)
    return float(scores.mean())
