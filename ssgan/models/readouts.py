"""Readouts: what of a GAN, or of the samples themselves, features are read from.

    all           every depth of the discriminator's trunk
    last          its last depth alone
    samples       the encoded samples, standardised: columns of flat ones each by itself, after a
                  map that draws far values in; a grid by one scale
    samples+all   samples and all depths side by side, each with half of the total variance, so
                  that a trunk that says nothing does not hide what the samples say
    student       a network that has learnt from generator and discriminator what samples have in
                  common (see `student`)

A GAN that reads another readout keeps that of its pretraining (`GAN.own`): every readout can be had
from any GAN.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ssgan.config import InputError, there_are
from ssgan.data import Codec
from ssgan.models.config import Body, resolve_architecture
from ssgan.models.domain import CALIBRATION
from ssgan.models.gan import GAN
from ssgan.models.pooling import Readout, pooled
from ssgan.models.student.config import StudentConfig
from ssgan.models.student.network import empty_student
from ssgan.models.student.training import distilling, rows_of
from ssgan.networks import trunk
from ssgan.randomness import Rng
from ssgan.training.runner import Progress, finish

FARTHEST = 5.0  # deviations from the mean that a column of a flat sample may be
NORMAL = 1.4826  # deviations of a normal variable in its median absolute deviation
SELDOM = 1e-3  # of a deviation: a smaller median one is that of a column with one usual value
SMALLEST = 1e-6  # deviation of a column that is not constant


class SampleTrunk(nn.Module):
    """A trunk that learns nothing: samples (N, ...) as one standardised map (N, F).

    Columns of flat samples become asinh((x - median) / MAD), to mean 0 and deviation 1.
    """

    center: Tensor
    spread: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.flat = len(shape) == 1
        for name in ("center", "mean"):
            self.register_buffer(name, torch.zeros(prod(shape)))
        for name in ("spread", "deviation"):
            self.register_buffer(name, torch.ones(prod(shape)))

    @torch.no_grad()
    def fit(self, x: Tensor) -> None:
        """Take scales from encoded samples (N, ...)."""
        rows = x.float().flatten(1)
        if self.flat:
            usual = rows.std(0, correction=0)
            self.center.copy_(rows.median(0).values)
            near = NORMAL * (rows - self.center).abs().median(0).values
            spread = torch.where(near > SELDOM * usual, near, usual)
            self.spread.copy_(torch.where(spread > SMALLEST, spread, torch.ones_like(spread)))
        rows = self.with_near_values(rows)
        self.mean.copy_(rows.mean(0))
        variance = rows.var(0, correction=0)
        variance = (variance if self.flat else variance.mean().expand_as(variance)).sqrt()
        self.deviation.copy_(torch.where(variance > SMALLEST, variance, torch.ones_like(variance)))

    def with_near_values(self, rows: Tensor) -> Tensor:
        """Flat samples with their far values nearer; grids as they are."""
        return ((rows - self.center) / self.spread).asinh() if self.flat else rows

    def forward(self, x: Tensor) -> list[Tensor]:
        rows = (self.with_near_values(x.float().flatten(1)) - self.mean) / self.deviation
        return [rows.clamp(-FARTHEST, FARTHEST) if self.flat else rows]


class Beside(nn.Module):
    """The maps of `SampleTrunk` before those of a trunk."""

    def __init__(self, samples: SampleTrunk, below: nn.Module) -> None:
        super().__init__()
        self.samples, self.below = samples, below

    def forward(self, x: Tensor) -> list[Tensor]:
        return [*self.samples(x), *self.below(x)]


def reading_out(
    gan: GAN,
    readout: str,
    packed: Tensor | None = None,
    config: StudentConfig | None = None,
    *,
    run: str | Path | None = None,
) -> Generator[Progress, None, GAN]:
    """The GAN with one of READOUTS, step by step; what is trained for "student" as in `distil`.

    `packed` are rows (N, ...), by default those of the GAN. A GAN that has a student keeps it.
    """
    if readout_of(gan) == readout:
        return gan
    gan, read = with_all_depths(gan), READOUTS[readout].read
    if read is not None:
        return read(gan, packed)
    packed = rows_of(gan) if packed is None else packed
    return (yield from distilling(gan, packed, config, run=run))


def read_out(
    gan: GAN, readout: str, packed: Tensor | None = None, config: StudentConfig | None = None
) -> GAN:
    """`reading_out`, to its end."""
    return finish(reading_out(gan, readout, packed, config))


def readout_of(gan: GAN) -> str:
    """Which of READOUTS a GAN has."""
    if gan.student is not None:
        names = {SampleTrunk: "samples", Beside: "samples+all"}
        return names.get(type(gan.student), "student")
    return "last" if gan.readout.only_last else "all"


def check_readout(name: str) -> None:
    """InputError for one that there is not."""
    if name not in [*READOUTS]:  # a name of another kind may have no hash
        raise InputError(f"no readout {name!r}{there_are(name, READOUTS)}")


def with_all_depths(gan: GAN, packed: Tensor | None = None) -> GAN:
    """The same GAN, which reads all depths of its discriminator; `packed` is not needed."""
    return gan if gan.own is None else replace(gan, student=None, readout=gan.own, own=None)


def with_last_depth(gan: GAN, packed: Tensor | None = None) -> GAN:
    """The same GAN, whose features are those of the last depth alone; `packed` is not needed."""
    maps = gan.trunk(torch.zeros(1, *gan.codec.shape, device=gan.runtime.device))
    readout = gan.readout.of_last(pooled(maps[-1:]).shape[1])
    return replace(gan, readout=readout, own=gan.own or gan.readout)


def with_samples(gan: GAN, packed: Tensor | None, beside: bool) -> GAN:
    """The GAN that reads the samples, alone or `beside` all depths; scales are from packed rows."""
    packed = rows_of(gan) if packed is None else packed
    order = Rng(("reference", 0)).permutation(len(packed))[:CALIBRATION]
    reference, device, shape = packed[order], gan.runtime.device, gan.codec.shape
    samples, of_depths = SampleTrunk(shape), gan.readout
    samples.fit(gan.codec.expand(reference).cpu())
    network: nn.Module = Beside(samples, gan.trunk) if beside else samples
    readout = Readout(prod(shape) + (len(of_depths.center) if beside else 0))
    network = network.to(device).requires_grad_(False).eval()
    if beside:
        rows = gan.apply(lambda x: pooled(network(x)), reference)
        balance_variances(readout, of_depths, rows)
    return replace(gan, student=network, readout=readout.to(device), own=of_depths)


@torch.no_grad()
def balance_variances(readout: Readout, reference: Readout, rows: Tensor) -> None:
    """Give samples and depths, side by side in rows (N, S + F), half of the total variance each."""
    first = rows.shape[1] - len(reference.center)
    readout.center[first:], readout.scale[first:] = reference.center.cpu(), reference.scale.cpu()
    scaled = (rows - readout.center) / readout.scale
    for part in (slice(0, first), slice(first, None)):
        total = float(scaled[:, part].var(0, correction=0).sum())
        readout.scale[part] *= (2 * max(total, SMALLEST) / rows.shape[1]) ** 0.5


def empty_trunk(readout: str, codec: Codec, body: Body) -> nn.Module:
    """The trunk of a readout, to be filled with weights; draws from torch's current state."""
    architecture = resolve_architecture(body, codec)
    return READOUTS[readout].trunk(codec.shape, body.width, architecture, body.depth)


MakeTrunk = Callable[[tuple[int, ...], int, str, int | None], nn.Module]  # as `networks.trunk`


def sample_trunk(shape: tuple[int, ...], *_: Any) -> SampleTrunk:
    """A trunk that gives the samples themselves."""
    return SampleTrunk(shape)


def both_trunks(shape: tuple[int, ...], width: int, name: str, depth: int | None) -> Beside:
    """One that gives the samples beside the maps of all depths."""
    return Beside(SampleTrunk(shape), trunk(shape, width, name, depth))


@dataclass(frozen=True)
class ReadoutKind:
    """How a GAN comes to read it, and its trunk, to be filled with weights."""

    read: Callable[[GAN, Tensor | None], GAN] | None  # from packed rows; None: a student learns
    trunk: MakeTrunk


READOUTS = {
    "all": ReadoutKind(with_all_depths, trunk),
    "last": ReadoutKind(with_last_depth, trunk),
    "samples": ReadoutKind(partial(with_samples, beside=False), sample_trunk),
    "samples+all": ReadoutKind(partial(with_samples, beside=True), both_trunks),
    "student": ReadoutKind(None, empty_student),
}
