"""Random changes of whole batches on their device; every sample draws its own."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ssgan.randomness import Draw

TURN = 0.35  # radians (20 degrees), at strength 1
STRETCH = 0.15  # share of the scale, each axis its own
SLANT = 0.2  # shear
SHIFT = 0.075  # share of the side


def warp(images: Tensor, strength: float, draw: Draw) -> Tensor:
    """Images (N, C, H, W) turned, stretched, slanted and shifted a little, edges repeated.

    `strength` 1 is up to 20 degrees, 15 % of scale and 7.5 % of the side either way. Samples of
    other shapes come back as they are: they have no such symmetries.
    """
    if images.dim() != 4 or strength == 0:
        return images
    turn, stretch_x, stretch_y, slant, x, y = (
        strength * (2 * draw("warp").uniform(6, len(images)) - 1)
    ).to(images.device)
    turn = TURN * turn
    rows = [
        torch.stack(
            [(1 + STRETCH * stretch_x) * turn.cos(), SLANT * slant - turn.sin(), SHIFT * x]
        ),
        torch.stack([turn.sin(), (1 + STRETCH * stretch_y) * turn.cos(), SHIFT * y]),
    ]
    moves = torch.stack(rows).permute(2, 0, 1)  # (N, 2, 3)
    grid = F.affine_grid(moves, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)
