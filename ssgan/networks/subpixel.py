"""A small network that makes pictures larger: residual convolutions on the small picture.

As SRGAN's generator without batch norm (Lim et al. 2017, "EDSR"): pairs of convolutions that are
added to what they got, then one to a pixel of the large picture in each channel (Shi et al. 2016,
"ESPCN"). What it gives is added to the picture that bicubic interpolation makes, so that it learns
what that lacks.
"""

import torch
from torch import Tensor, nn

RESIDUE = 0.1  # scale of first weights of the last layer, so that it begins near bicubic


class UpscaleBlock(nn.Module):
    """Maps (N, width, H, W) to maps of the same shape."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, 1, 1)
        self.last = nn.Conv2d(width, width, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.last(nn.functional.leaky_relu(self.first(x), 0.2))
        return x + changed


class Subpixel(nn.Module):
    """Pictures (N, 1, H, W) to pictures (N, 1, scale H, scale W)."""

    def __init__(self, scale: int, width: int, depth: int) -> None:
        super().__init__()
        self.scale = scale
        self.reach = 2 * depth + 4  # pixels around one that its own depend on
        self.enter = nn.Conv2d(1, width, 3, 1, 1)
        self.blocks = nn.Sequential(*(UpscaleBlock(width) for _ in range(depth)))
        self.leave = nn.Conv2d(width, scale**2, 3, 1, 1)
        self.shuffle = nn.PixelShuffle(scale)
        with torch.no_grad():
            self.leave.weight.mul_(RESIDUE)
            self.leave.bias.zero_()  # type: ignore[union-attr]

    def forward(self, x: Tensor) -> Tensor:
        maps = self.blocks(self.enter(x))
        missing = self.shuffle(self.leave(maps)).float()
        bicubic = nn.functional.interpolate(
            x.float(), scale_factor=self.scale, mode="bicubic", align_corners=False
        )
        larger: Tensor = bicubic + missing
        return larger
