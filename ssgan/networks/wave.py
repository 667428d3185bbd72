"""Convolutions for signals (C, L), after WaveGAN (Donahue et al. 2019).

25 values wide with stride 4, one of stride 2 where a factor of 2 is left, no batch norm, LeakyReLU
.2 in the critic and ReLU in the generator. Down to 8 to 15 values, as the paper's 16. Deviations:
channels double to 8 times the first at most, not 16; no phase shuffle, which is for periods of
sound; a layer at full resolution where there are fewer than two others, and one more at the end;
the generator's last activation is the codec's.
"""

from torch import Tensor, nn

from ssgan.config import InputError
from ssgan.networks.architecture import Architecture, each_depth
from ssgan.networks.conditional import join_condition
from ssgan.networks.initial import initialise

KERNELS = {4: 25, 2: 13}  # by stride
NARROW = 5  # values a kernel that keeps the resolution sees
LAST_CELLS = 8  # values that are left where nothing is halved any more, at least
WIDEST = 8  # times the first channels


def strides_of(length: int) -> list[int]:
    """Strides, the finest first, that leave at least 8 values; InputError where there are none."""
    halvings = 0
    while length % 2 == 0 and length >= 2 * LAST_CELLS:
        length, halvings = length // 2, halvings + 1
    if not halvings and length < LAST_CELLS:
        raise InputError(f"signals of {length} values are too short: pad them to 8 or more")
    return [4] * (halvings // 2) + [2] * (halvings % 2)


def channels_by_step(width: int, steps: int) -> list[int]:
    """Of every step, the finest first."""
    return [width * min(2**step, WIDEST) for step in range(steps)]


class WaveTrunk(nn.Module):
    """Samples (N, C, L) to the feature maps of every depth, finest first."""

    def __init__(self, shape: tuple[int, ...], width: int, depth: int | None = None) -> None:
        super().__init__()
        strides, more = strides_of(shape[1]), (depth or 1) - 1
        strides = [1] * (len(strides) < 2) + strides
        channels = [shape[0], *channels_by_step(width, len(strides))]
        layers: list[nn.Module] = []
        for stride, i, o in zip(strides, channels, channels[1:], strict=False):
            kernel = KERNELS.get(stride, NARROW)
            layers.append(nn.Conv1d(i, o, kernel, stride, kernel // 2))
            layers += [nn.Conv1d(o, o, NARROW, 1, NARROW // 2) for _ in range(more)]
        last = 2 * channels[-1]
        layers.append(nn.Conv1d(channels[-1], last, NARROW, 1, NARROW // 2))
        self.layers = nn.ModuleList(layers)
        cells = shape[1]
        for stride in strides:
            cells //= stride
        self.features = last * cells

    def forward(self, x: Tensor) -> list[Tensor]:
        return each_depth(self.layers, x)


class WaveGenerator(nn.Module):
    """Noise (N, latent) to raw samples (N, C, L), before the codec's activation."""

    def __init__(
        self, shape: tuple[int, ...], width: int, depth: int | None, latent: int, condition: int = 0
    ) -> None:
        super().__init__()
        strides, more = strides_of(shape[1]), (depth or 1) - 1
        channels = list(reversed(channels_by_step(width, max(1, len(strides))))) + [shape[0]]
        cells, first = shape[1], 2 * channels[0]
        for stride in strides:
            cells //= stride
        self.condition, self.start = condition, (cells, first)  # channels last
        self.project = nn.Linear(latent + condition, cells * first)
        layers: list[nn.Module] = [nn.Conv1d(first, channels[0], NARROW, 1, NARROW // 2)]
        for stride, i, o in zip(strides[::-1] or [1], channels[:-1], channels[1:], strict=True):
            layers += [nn.Conv1d(i, i, NARROW, 1, NARROW // 2) for _ in range(more)]
            layers.append(upsampling(i, o, stride))
        self.layers = nn.ModuleList(layers)

    def maps(self, z: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        """The maps (N, C, L) of every depth, coarsest first; the last are the samples."""
        x = self.project(join_condition(z, condition, self.condition))
        maps = [x.unflatten(1, self.start).movedim(-1, 1)]
        for layer in self.layers:
            maps.append(layer(nn.functional.relu(maps[-1])))
        return maps

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.maps(z, condition)[-1]


def upsampling(inputs: int, outputs: int, stride: int) -> nn.Module:
    """A layer that makes signals `stride` times as long."""
    if stride == 1:
        return nn.Conv1d(inputs, outputs, NARROW, 1, NARROW // 2)
    kernel = KERNELS[stride]
    padding = (kernel - stride + 1) // 2
    return nn.ConvTranspose1d(
        inputs, outputs, kernel, stride, padding, output_padding=stride - kernel + 2 * padding
    )


ARCHITECTURE = Architecture(
    name="wave", trunk=WaveTrunk, generator=WaveGenerator, initialise=initialise, axes=(1,)
)
