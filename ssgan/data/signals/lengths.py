"""Signals of several lengths."""

from collections.abc import Sequence

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError

CUT = "give length=... (--length) to cut longer ones and to pad shorter ones"


def of_length(signals: Array, length: int) -> Array:
    """Signals (..., L) cut at their end to `length` values, or going on with their last one."""
    short = length - signals.shape[-1]
    if short <= 0:
        return signals[..., :length]
    return np.concatenate([signals, np.repeat(signals[..., -1:], short, -1)], -1)


def equal_lengths(signals: Sequence[Array], length: int | None) -> Array:
    """Signals of several lengths as one array, brought to `length`; InputError without one."""
    lengths = sorted({signal.shape[-1] for signal in signals})
    if length is not None:
        signals = [of_length(signal, length) for signal in signals]
    elif len(lengths) > 1:
        raise InputError(f"signals have lengths from {lengths[0]} to {lengths[-1]}: {CUT}")
    if len({signal.shape[:-1] for signal in signals}) > 1:
        raise InputError("expected signals of as many channels each: leave out those that differ")
    return np.stack(signals)
