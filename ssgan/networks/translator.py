"""Networks that make images of images: those of CycleGAN, for small ones.

Zhu et al. 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
appendix 7.2: convolutions down, residual blocks, and up again, all with instance norm; a critic of
patches. Deviations: 16 channels at first for 64, 4 blocks for 6, and a critic of patches of 16
pixels for 70, as images are 28 to 32 pixels wide for 256.
"""

from itertools import pairwise

from torch import Tensor, nn

from ssgan.networks.conv import halvings

DEVIATION = 0.02  # of first weights
HALVED = 2  # times, at most, before the residual blocks


class Translator(nn.Module):
    """Images (N, C, H, W) to raw images of the same shape, before the codec's activation."""

    def __init__(self, shape: tuple[int, ...], width: int, blocks: int) -> None:
        super().__init__()
        channels, times = shape[0], min(HALVED, halvings(shape[1:]))
        widths = [width * 2**level for level in range(times + 1)]
        down = [layer(o, nn.Conv2d(i, o, 3, 2, 1)) for i, o in pairwise(widths)]
        up = [
            layer(o, nn.ConvTranspose2d(i, o, 3, 2, 1, output_padding=1))
            for i, o in pairwise(widths[::-1])
        ]
        first = nn.Conv2d(channels, width, 7, 1, 3, padding_mode="reflect")
        self.encoder = nn.ModuleList([layer(width, first), *down])
        self.blocks = nn.ModuleList([Block(widths[-1]) for _ in range(blocks)])
        last = nn.Conv2d(width, channels, 7, 1, 3, padding_mode="reflect")
        self.decoder = nn.Sequential(*up, last)
        initialise_normal(self)

    def maps(self, x: Tensor) -> list[Tensor]:
        """Its images and what it makes of them, up to the middle of its blocks."""
        depths = [x]
        for part in self.encoder:
            depths.append(part(depths[-1]))
        x = depths[-1]
        for block in list(self.blocks)[: (len(self.blocks) + 1) // 2]:
            x = block(x)
        return [*depths, x]

    def forward(self, x: Tensor) -> Tensor:
        for part in (*self.encoder, *self.blocks):
            x = part(x)
        images: Tensor = self.decoder(x)
        return images


class Block(nn.Module):
    """Maps (N, channels, H, W) to maps of the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        first, last = (
            nn.Conv2d(channels, channels, 3, 1, 1, padding_mode="reflect") for _ in range(2)
        )
        self.changed = nn.Sequential(layer(channels, first), last, nn.InstanceNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.changed(x)
        return x + changed


class PatchCritic(nn.Module):
    """Images (N, C, H, W) to a score of each of their patches (N, 1, h, w)."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, 1, 1),
            nn.InstanceNorm2d(2 * width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 1, 4, 1, 1),
        )
        initialise_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.layers(x)
        return scores


def layer(outputs: int, conv: nn.Module) -> nn.Sequential:
    """A convolution with its norm and rectifier."""
    return nn.Sequential(conv, nn.InstanceNorm2d(outputs), nn.ReLU())


def initialise_normal(network: nn.Module) -> None:
    """Weights from N(0, .02), biases 0."""
    for part in network.modules():
        if isinstance(part, nn.modules.conv._ConvNd):
            nn.init.normal_(part.weight, 0.0, DEVIATION)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
