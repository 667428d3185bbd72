"""Random changes of volumes (N, C, D, H, W); every sample draws its own."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ssgan.randomness import Rng
from ssgan.transforms.batch import SHIFT, STRETCH, TURN


def warp_volumes(x: Tensor, strength: float, rng: Rng, names: tuple[str, ...]) -> Tensor:
    """Volumes after those of "turn", "stretch" and "shift" that are named, edges repeated.

    At strength 1 up to 20 degrees about each axis, 15 % of scale along each and 7.5 % of the side
    either way.
    """
    drawn = (strength * (2 * rng("warp").uniform(9, len(x)) - 1)).to(x.device)
    turns, stretches, shifts = (
        group if name in names else torch.zeros_like(group)
        for name, group in zip(("turn", "stretch", "shift"), torch.split(drawn, 3), strict=True)
    )
    matrix = torch.diag_embed(1 + STRETCH * stretches.T)
    for axis in range(3):
        matrix = rotation_matrices(TURN * turns[axis], axis) @ matrix
    affine = torch.cat([matrix, SHIFT * shifts.T[..., None]], 2)  # (N, 3, 4)
    grid = F.affine_grid(affine, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def rotation_matrices(angles: Tensor, axis: int) -> Tensor:
    """Rotations (N, 3, 3) by angles (N,) in radians about one of the axes."""
    cosine, sine = angles.cos(), angles.sin()
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = torch.eye(3, device=angles.device).repeat(len(angles), 1, 1)
    matrix[:, first, first], matrix[:, first, second] = cosine, -sine
    matrix[:, second, first], matrix[:, second, second] = sine, cosine
    return matrix


def quarter_turned(x: Tensor, plane: tuple[int, int], rng: Rng) -> Tensor:
    """Volumes after 0 to 3 quarter turns in a plane; half turns where its sides differ."""
    step = 1 if x.shape[plane[0]] == x.shape[plane[1]] else 2
    turns = step * rng.integers(4 // step, len(x)).to(x.device)
    turned = x
    for number in range(step, 4, step):
        turned_here = (turns == number).view(-1, *[1] * (x.dim() - 1))
        turned = torch.where(turned_here, x.rot90(number, plane), turned)
    return turned
