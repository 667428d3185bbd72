"""Signals and spectra of one length, standardised channel by channel."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from ssgan.codecs.arrays import (
    as_array,
    as_tensor,
    contain,
    container_of,
    encoded,
    finite_rows,
    how_to_match,
    in_dtype,
    sheet_of,
)
from ssgan.codecs.codec import Array, Json, gaussian
from ssgan.codecs.grids import without_border
from ssgan.codecs.ranges import LARGEST
from ssgan.config import InputError, InputTypeError
from ssgan.randomness import Rng

SHORTEST = 8  # values that a signal is padded to, and that halving leaves of it, at least
PLOT = (48, 96)  # height and width of the picture of a signal, pixels
REACH = 4.0  # deviations either side of the mean that a picture shows
COLOURS = ((31, 78, 161), (200, 80, 32), (40, 130, 70), (140, 60, 150), (90, 90, 90))
STATISTICS = ("mean", "deviation", "low", "high")


@dataclass(frozen=True, kw_only=True)
class SignalCodec:
    """Signals of one length, such as sounds, sensors' curves or spectra; see `Codec`.

    Every channel is standardised by one mean and one deviation, so that shapes stay what they are.
    Decoded values stay in the range seen in fitting, and are rounded where all values were whole.

    Attributes
    ----------
    length, channels : int
        Values of a channel, and how many channels there are.
    flat : bool
        Whether raw signals are rows (N, L) of one channel.
    container : str
        "numpy" or "torch".
    dtype : str
        Of the raw values, a numpy name.
    mean, deviation, low, high : tuple of float
        Of each channel; the deviation of a constant one is 1.
    whole : bool
        Whether all values were whole numbers.

    Examples
    --------
    >>> import numpy as np
    >>> codec = SignalCodec.fit(np.random.default_rng(0).normal(size=(5, 100)))
    >>> codec.shape, codec.raw_shape, codec.architecture
    ((1, 104), (100,), 'wave')
    """

    length: int
    channels: int
    flat: bool  # raw signals are rows (N, L)
    container: str  # "numpy" or "torch"
    dtype: str  # of the raw values, a numpy name
    mean: tuple[float, ...]  # (C,), like all that follow
    deviation: tuple[float, ...]  # 1 for constant channels
    low: tuple[float, ...]
    high: tuple[float, ...]
    whole: bool  # all values were whole numbers

    kind: ClassVar[str] = "signals"
    form: ClassVar[str] = "signals (N, L) or (N, C, L)"
    formats: ClassVar[tuple[str, ...]] = (".npz", ".npy", ".csv", ".parquet")
    numeric: ClassVar[bool] = True
    resizable: ClassVar[bool] = False
    lengthened: ClassVar[bool] = True
    transforms: ClassVar[tuple[str, ...]] = (
        *("shift", "time-warp", "scale", "spectral-mask"),
        *("flip", "cutout", "noise"),
    )
    symmetries: ClassVar[tuple[str, ...]] = ()
    augmentations: ClassVar[tuple[str, ...]] = ()
    telling: ClassVar[bool] = False
    repeated: ClassVar[int] = 0

    @classmethod
    def claims(cls, raw: Any, shape: tuple[int, ...] | None = None) -> bool:
        """Never: rows may be vectors, and rows of channels images. A user has to say so."""
        return False

    @classmethod
    def coerce(cls, raw: Any, shape: tuple[int, ...] | None = None) -> Any:
        if hasattr(raw, "columns"):
            raw = columns_in_order(raw, "signals")
        if np.ndim(raw) not in (2, 3) or as_array(raw[:0]).dtype.kind not in "biuf":
            return None
        return without_gaps(raw)

    @classmethod
    def fit(cls, raw: Any, shape: tuple[int, ...] | None = None) -> "SignalCodec":
        return fit_signals(raw)

    @property
    def shape(self) -> tuple[int, int]:
        return self.channels, self.length + sum(self.border)

    @property
    def border(self) -> tuple[int, int]:
        """Values added before and after, so that the length can be halved k times.

        k = floor(log2(length / 8)), at least 1: what is left in the end is 8 to 15 values long.
        """
        halvings = max(1, (max(self.length, SHORTEST) // SHORTEST).bit_length() - 1)
        missing = max(SHORTEST, -(-self.length // 2**halvings) * 2**halvings) - self.length
        return missing // 2, missing - missing // 2

    @property
    def raw_shape(self) -> tuple[int, ...]:
        return (self.length,) if self.flat else (self.channels, self.length)

    @property
    def cell_axes(self) -> tuple[int, ...]:
        return (0,) if self.flat else (1,)

    @property
    def architecture(self) -> str:
        return "wave"

    @property
    def natural(self) -> tuple[str, ...]:
        return ("shift", "time-warp", "scale", "noise")

    def of_channels(self, name: str) -> Array:
        """A statistic of the channels, as it goes with signals (N, C, L)."""
        return np.array(getattr(self, name), np.float64)[:, None]

    def pack(self, raw: Any) -> Tensor:
        signals = as_array(raw)
        if signals.ndim == 2 and self.channels == 1:
            signals = signals[:, None]
        elif signals.ndim == 2 and signals.shape[1] == self.channels * self.length:
            signals = signals.reshape(-1, self.channels, self.length)
        if signals.shape[1:] != (self.channels, self.length) or signals.dtype.kind not in "biuf":
            how = f"cut or pad them to that length (--length {self.length})"
            if np.shape(raw)[1:-1] != self.raw_shape[:-1]:
                how = f"they have {self.channels} channels, an axis after the first"
            how = how_to_match(np.shape(raw), self.raw_shape, how)
            raise InputError(
                f"expected signals of shape {self.raw_shape}, got {signals.dtype} "
                f"{np.shape(raw)[1:]}: {how}"
            )
        finite_rows(signals, "signals")
        with np.errstate(over="ignore"):
            rows = (signals - self.of_channels("mean")) / self.of_channels("deviation")
        return as_tensor(rows.clip(-LARGEST, LARGEST).astype(np.float32))  # (N, C, L)

    def expand(self, packed: Tensor) -> Tensor:
        return F.pad(packed.float(), self.border) if any(self.border) else packed.float()

    def decode(self, x: Tensor) -> Any:
        x = without_border(encoded(x, self.shape), self.border)
        values = x.double().numpy() * self.of_channels("deviation") + self.of_channels("mean")
        if self.whole:
            values = np.rint(values)
        values = values.clip(self.of_channels("low"), self.of_channels("high"))
        values = in_dtype(values, self.dtype)
        return contain(values[:, 0] if self.flat else values, self.container)

    def activate(self, output: Tensor, rng: Rng) -> Tensor:
        """The output as it is, as standardised values have no bounds; both ends are the mean."""
        x = without_border(output.float(), self.border)
        return F.pad(x, self.border) if any(self.border) else x

    def log_likelihood(self, output: Tensor, x: Tensor, rng: Rng) -> Tensor:
        """Gaussian with the best single variance of the batch."""
        return gaussian(without_border(x, self.border), without_border(output.float(), self.border))

    def pictures(self, raw: Any) -> Array:
        """Signals drawn as curves, uint8 (N, 48, 96, 3), a colour for each channel."""
        return draw_curves(self.pack(raw).numpy())

    def preview(self, raw: Any, columns: int = 8) -> tuple[str, bytes]:
        return ".png", sheet_of(self.pictures(raw), columns)

    def to_json(self) -> dict[str, Json]:
        names = ("length", "channels", "flat", "container", "dtype", "whole")
        fields = {name: getattr(self, name) for name in names}
        return {"kind": self.kind, **fields, **{s: list(getattr(self, s)) for s in STATISTICS}}

    @classmethod
    def from_json(cls, fields: Mapping[str, Json]) -> "SignalCodec":
        arguments = {name: value for name, value in fields.items() if name != "kind"}
        return cls(**arguments | {name: tuple(arguments[name]) for name in STATISTICS})


def columns_in_order(frame: Any, title: str) -> Array:
    """The columns of a table as the values of signals or images (N, L), in their order."""
    if unusable := [str(name) for name, dtype in frame.dtypes.items() if dtype.kind not in "biuf"]:
        raise InputError(
            f"{title} are numbers, column {unusable[0]!r} is none: name the column of labels with "
            "--target, and leave others out with --drop"
        )
    values: Array = frame.to_numpy(np.float64, na_value=np.nan)
    return values


def without_gaps(raw: Any) -> Any:
    """Signals whose missing values lie on a line between their neighbours; a warning says so.

    Before the first and after the last value of a channel that value goes on. Raises InputError
    for a channel without any value.
    """
    signals = as_array(raw)
    missing = np.isnan(signals) if signals.dtype.kind == "f" else np.zeros(signals.shape, bool)
    if not missing.any():
        return raw
    filled = signals.copy().reshape(-1, signals.shape[-1])
    gaps = missing.reshape(filled.shape)
    channels = filled.shape[0] // len(signals)
    at = np.arange(filled.shape[1])
    for number in np.flatnonzero(gaps.any(1)):
        if gaps[number].all():
            raise InputError(f"signal {number // channels} holds no value: leave it out")
        known = ~gaps[number]
        filled[number, ~known] = np.interp(at[~known], at[known], filled[number, known])
    count = int(missing.reshape(len(signals), -1).any(1).sum())
    warnings.warn(
        f"{count:,} of {len(signals):,} signals have gaps, {int(missing.sum()):,} values in all: "
        "they were filled by straight lines between their neighbours",
        UserWarning,
        stacklevel=5,
    )
    return contain(filled.reshape(signals.shape), container_of(raw))


def draw_curves(signals: Array) -> Array:
    """Standardised signals (N, C, L) as pictures (N, 48, 96, 3): each channel a line on white."""
    height, width = PLOT
    n, channels, length = signals.shape
    each = max(1, -(-length // width))
    at = np.linspace(0, length - 1, each * width + 1)
    low = np.floor(at).astype(int).clip(0, max(0, length - 2))
    share = (at - low).astype(np.float32)
    points = signals[..., low] * (1 - share) + signals[..., np.minimum(low + 1, length - 1)] * share
    rows = (REACH - points.clip(-REACH, REACH)) / (2 * REACH) * (height - 1)
    windows = np.lib.stride_tricks.sliding_window_view(rows, each + 1, -1)[..., ::each, :]
    top, bottom = np.floor(windows.min(-1)), np.ceil(windows.max(-1))
    row = np.arange(height)[:, None]
    pictures = np.full((n, height, width, 3), 255, np.uint8)
    for channel in reversed(range(channels)):
        drawn = (row >= top[:, channel, None]) & (row <= bottom[:, channel, None])
        pictures[drawn] = COLOURS[channel % len(COLOURS)]
    return pictures


def fit_signals(raw: Any) -> SignalCodec:
    """The codec of an array or tensor of signals; InputError for what is none."""
    signals = as_array(raw)
    if signals.ndim not in (2, 3) or not signals.size:
        raise InputError(
            f"expected signals (N, L) or (N, C, L), at least one, got shape {signals.shape}"
        )
    if signals.dtype.kind not in "biuf":
        raise InputTypeError(f"expected signals that are numbers, got {signals.dtype}")
    if signals.ndim == 3 and signals.shape[1] > signals.shape[2]:
        warnings.warn(
            f"signals of shape {signals.shape[1:]} are {signals.shape[1]} channels of "
            f"{signals.shape[2]} values: give x.transpose(0, 2, 1) if it is the other way round",
            UserWarning,
            stacklevel=4,
        )
    finite_rows(signals, "signals (name modality 'signal' in reading to have gaps filled)")
    flat = signals.ndim == 2
    values = (signals[:, None] if flat else signals).astype(np.float64)
    mean, deviation = values.mean((0, 2)), values.std((0, 2))
    low, high = values.min((0, 2)), values.max((0, 2))
    constant = (low == high) | (deviation <= 1e-12 * np.abs(mean))
    return SignalCodec(
        length=values.shape[2],
        channels=values.shape[1],
        flat=flat,
        container=container_of(raw),
        dtype=signals.dtype.name,
        mean=tuple(mean.tolist()),
        deviation=tuple(np.where(constant, 1.0, deviation).tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        whole=bool((values == np.rint(values)).all()),
    )


CODEC = SignalCodec
