"""Random changes of whole batches on their device; every sample draws its own.

`warp` gives views of images to learn from. `augment_batch` is what both players' samples go through
before the critic sees them, so that it cannot memorise few images (Zhao et al. 2020,
"Differentiable Augmentation for Data-Efficient GAN Training"): gradients flow through it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi

import torch
import torch.nn.functional as F
from torch import Tensor

from ssgan.codecs.image import MOVES
from ssgan.config import InputError, check_listed, check_numbers, there_are
from ssgan.randomness import Rng

TURN = 0.35  # radians (20 degrees), at strength 1
STRETCH = 0.15  # share of the scale, each axis its own
SLANT = 0.2  # shear
SHIFT = 0.075  # share of the side
TRANSLATION = 0.125  # share of the side, either way
CUTOUT = 0.5  # side of the square that is blanked, as a share of the image's
LEAST_AREA = 0.2  # smallest share of an image's area that a view shows (Chen et al. 2020)
GREY = 0.2  # share of the colour views that lose their colour
TEXTURES = (1, 3, 5, 7)  # cells a side of random convolutions


def warp(images: Tensor, strength: float, rng: Rng, moves: tuple[str, ...] = MOVES) -> Tensor:
    """Images (N, C, H, W) turned, stretched, slanted and shifted a little, edges repeated.

    `strength` 1 is up to 20 degrees, 15 % of scale and 7.5 % of the side either way; only the
    `moves` named are made. Samples of other shapes come back as they are: they have no such
    symmetries.
    """
    if images.dim() != 4 or strength == 0 or not moves:
        return images
    shifts = (strength * (2 * rng("warp").uniform(6, len(images)) - 1)).to(images.device)
    kinds = ("turn", "stretch", "stretch", "slant", "shift", "shift")
    turn, stretch_x, stretch_y, slant, x, y = (
        row if kind in moves else torch.zeros_like(row)
        for kind, row in zip(kinds, shifts, strict=True)
    )
    turn = TURN * turn
    rows = [
        torch.stack(
            [(1 + STRETCH * stretch_x) * turn.cos(), SLANT * slant - turn.sin(), SHIFT * x]
        ),
        torch.stack([turn.sin(), (1 + STRETCH * stretch_y) * turn.cos(), SHIFT * y]),
    ]
    affine = torch.stack(rows).permute(2, 0, 1)  # (N, 2, 3)
    grid = F.affine_grid(affine, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


Probability = float | Tensor
SCHEDULES: dict[str, Callable[[float, float, Probability], Probability]] = {
    "fixed": lambda share, progress, adapted: share,
    "cosine": lambda share, progress, adapted: share * (1 + cos(pi * progress)) / 2,
    "adaptive": lambda share, progress, adapted: adapted,
}


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """What real and generated images go through before the critic, and how often.

    Each kind changes a sample with the probability of the moment. "fixed": `share` throughout.
    "cosine": from `share` at the first step to 0 at the last. "adaptive": from 0 on, up while the
    critic overfits and down while it does not (Karras et al. 2020, "Training Generative
    Adversarial Networks with Limited Data", section 3), at most to `share`.
    """

    kinds: tuple[str, ...] = ("colour", "translation", "cutout")  # in this order
    schedule: str = "fixed"
    share: float = 1.0  # probability, 0 to 1
    target: float = 0.6  # adaptive: share of reals above the median fake, less that below
    images: int = 100_000  # adaptive: real images in which the probability can go from 0 to 1

    @property
    def adaptive(self) -> bool:
        """Whether the probability follows how far the critic overfits."""
        return self.schedule == "adaptive"

    def at(self, progress: float, adapted: Probability) -> Probability:
        """The probability after that share of the training; `adapted`: where overfitting has it."""
        return SCHEDULES[self.schedule](self.share, progress, adapted)

    def __post_init__(self) -> None:
        check_listed(self, "kinds", KINDS)
        check_numbers(self, least={"images": 1})
        if not self.kinds:
            raise InputError(f"expected kinds of augmentation out of {', '.join(KINDS)}, got none")
        if self.schedule not in SCHEDULES:
            raise InputError(f"no schedule {self.schedule!r}{there_are(self.schedule, SCHEDULES)}")
        for name in ("share", "target"):
            if getattr(self, name) > 1:
                raise InputError(f"expected {name} from 0 to 1, got {getattr(self, name)!r}")


def augment_batch(
    images: Tensor, kinds: tuple[str, ...], probability: float | Tensor, rng: Rng
) -> Tensor:
    """Images (N, C, H, W) in [-1, 1] after each of the `kinds`, each with that probability."""
    for kind in kinds:
        kind_rng = rng(kind)
        changed = KINDS[kind](images, kind_rng("how"))
        chosen = kind_rng("whether").uniform(len(images), 1, 1, 1).to(images.device) < probability
        images = torch.where(chosen, changed, images)
    return images


def translated(images: Tensor, rng: Rng, edges: str = "constant") -> Tensor:
    """Shifted by up to an eighth of the side either way, along both axes; 0 comes in, or with
    `edges` "reflect" what lies at the edge, mirrored."""
    n, _, height, width = images.shape
    reach = [max(1, round(TRANSLATION * side)) for side in (height, width)]
    padded = F.pad(images, (reach[1], reach[1], reach[0], reach[0]), mode=edges)
    rows, columns = (
        torch.arange(side, device=images.device)
        + rng(axis).integers(2 * most + 1, n, 1).to(images.device)
        for axis, (side, most) in enumerate(zip((height, width), reach, strict=True))
    )
    sample = torch.arange(n, device=images.device)[:, None, None]
    moved: Tensor = padded.movedim(1, -1)[sample, rows[:, :, None], columns[:, None, :]]
    return moved.movedim(-1, 1)


def cut_out(samples: Tensor, rng: Rng) -> Tensor:
    """A square of half the side becomes 0, anywhere, also partly outside; a cube or an interval
    where samples are volumes or signals (N, C, ...)."""
    n, _, *sides = samples.shape
    inside = torch.ones((), dtype=torch.bool, device=samples.device)
    for axis, side in enumerate(sides):
        half = max(1, round(CUTOUT * side)) / 2
        centre = rng(axis).integers(side + 1, n, 1).to(samples.device)
        cells = torch.arange(side, device=samples.device) + 0.5
        covered = (cells - centre).abs() < half
        ones = [1] * (len(sides) - axis - 1)
        inside = inside & covered.view(n, 1, *[1] * axis, side, *ones)
    return samples.masked_fill(inside, 0.0)


def colour_jitter(images: Tensor, rng: Rng) -> Tensor:
    """Brightness by up to 0.5 either way, saturation by 0 to 2, contrast by 0.5 to 1.5."""
    brightness, saturation, contrast = rng.uniform(3, len(images), 1, 1, 1).to(images.device)
    images = images + brightness - 0.5
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * 2 * saturation
    mean = images.mean((1, 2, 3), keepdim=True)
    contrasted: Tensor = mean + (images - mean) * (contrast + 0.5)
    return contrasted


def textured(images: Tensor, rng: Rng) -> Tensor:
    """Through a random convolution of its own, and that mixed with the image as it was.

    Other textures and colours, the same shapes (Xu et al. 2021, "Robust and Generalizable Visual
    Representation Learning via Random Convolutions", section 3, with mixing): weights of variance
    1 / (k k C), one k of 1, 3, 5 and 7 for the batch.
    """
    n, channels = images.shape[:2]
    side = TEXTURES[int(rng("side").integers(len(TEXTURES), 1))]
    weights = rng("weights").normal(n * channels, channels, side, side).to(images)
    weights = weights / (side * side * channels) ** 0.5
    stacked = images.reshape(1, n * channels, *images.shape[2:])
    changed = F.conv2d(stacked, weights, padding=side // 2, groups=n).view_as(images)
    share = rng("share").uniform(n, 1, 1, 1).to(images)
    return share * images + (1 - share) * changed


def mixed(values: Tensor, shares: Tensor) -> Tensor:
    """Each row (N, ...) times its share (N,), and the row before it times what is left of 1.

    Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization".
    """
    weight = shares.view(-1, *[1] * (values.dim() - 1))
    return weight * values + (1 - weight) * values.roll(1, 0)


KINDS: dict[str, Callable[[Tensor, Rng], Tensor]] = {
    "translation": translated,
    "cutout": cut_out,
    "colour": colour_jitter,
}


def cropped(images: Tensor, rng: Rng) -> Tensor:
    """A part of each image (N, C, H, W), of 0.2 to 1 of its area and 3:4 to 4:3 in its sides,
    in full size, as of SimCLR (Chen et al. 2020, appendix A)."""
    area, ratio, x, y = rng.uniform(4, len(images)).to(images.device)
    area, ratio = LEAST_AREA + (1 - LEAST_AREA) * area, (4 / 3) ** (2 * ratio - 1)
    wide, high = (area * ratio).sqrt().clamp_max(1), (area / ratio).sqrt().clamp_max(1)
    zero = torch.zeros_like(area)
    rows = [
        torch.stack([wide, zero, (1 - wide) * (2 * x - 1)]),
        torch.stack([zero, high, (1 - high) * (2 * y - 1)]),
    ]
    moves = torch.stack(rows).permute(2, 0, 1)  # (N, 2, 3)
    grid = F.affine_grid(moves, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def corrupted(rows: Tensor, share: float, rng: Rng) -> Tensor:
    """Rows (N, F) in which that share of the values comes from other rows of the batch, each value
    from a row of its own (Bahri et al. 2022, "SCARF", algorithm 1).

    A one-hot block is corrupted value by value, so that it can name two states or none. Both views
    are corrupted, and fakes alike, so that this tells nothing.
    """
    n = len(rows)
    donors = rng("others").integers(n, *rows.shape).to(rows.device)
    replaced = rng("chosen").uniform(*rows.shape).to(rows.device) < share
    return torch.where(replaced, rows.gather(0, donors), rows)
