"""Sounds as pictures of what they are made of."""

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError

QUIETEST = 60.0  # decibels below the loudest cell, where a picture is black


def spectrograms(
    signals: Array, rate: int, bands: int = 32, window: int = 256, hop: int = 128
) -> Array:
    """Log-mel spectrograms: images of sounds, whose rows are bands of pitch and columns moments.

    Parameters
    ----------
    signals : ndarray, shape (N, L) or (N, 1, L)
        Sounds of one channel.
    rate : int
        Samples a second.
    bands : int, default=32
        Rows of the image, the highest pitch first; they are equally far apart in mel.
    window, hop : int, default=256 and 128
        Samples of which a column is made, and from one column to the next.

    Returns
    -------
    ndarray of uint8, shape (N, bands, 1 + (L - window) // hop)
        Decibels: 255 is the loudest cell of the sound, 0 is 60 dB below it.

    Raises
    ------
    InputError
        For several channels, and sounds that are shorter than a window.

    References
    ----------
    Davis and Mermelstein 1980, for bands in mel.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(2048) / 8000)[None]
    >>> image = spectrograms(tone, rate=8000)
    >>> image.shape, int(image[0, :, 5].argmax())  # 1,000 Hz is the 18th band from above
    ((1, 32, 15), 17)
    """
    signals = np.asarray(signals, np.float32)
    if signals.ndim == 3 and signals.shape[1] == 1:
        signals = signals[:, 0]
    if signals.ndim != 2:
        raise InputError(f"expected sounds (N, L) of one channel, got shape {signals.shape}")
    if signals.shape[1] < window:
        raise InputError(
            f"expected sounds of at least {window} samples, got {signals.shape[1]}: give a smaller "
            "window"
        )
    frames = np.lib.stride_tricks.sliding_window_view(signals, window, 1)[:, ::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(window).astype(np.float32), axis=2)) ** 2
    mel = np.einsum("nfk,bk->nbf", power, mel_bands(bands, window, rate))
    loudest = np.maximum(mel.max((1, 2), keepdims=True), 1e-12)
    decibels = 10 * np.log10(np.maximum(mel / loudest, 1e-12))
    levels = (decibels / QUIETEST + 1).clip(0, 1) * 255
    images: Array = np.rint(levels).astype(np.uint8)[:, ::-1].copy()
    return images


def mel_bands(bands: int, window: int, rate: int) -> Array:
    """Triangles (bands, window // 2 + 1) over the frequencies, half overlapping, lowest first."""
    frequencies = np.fft.rfftfreq(window, 1 / rate)
    ends = np.linspace(0, 2595 * np.log10(1 + rate / 2 / 700), bands + 2)
    edges = 700 * (10 ** (ends / 2595) - 1)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (frequencies - low) / (middle - low)
    falling = (high - frequencies) / (high - middle)
    triangles: Array = np.minimum(rising, falling).clip(0, None)
    # A narrow band may lie between two frequencies: it takes the nearest.
    empty = np.flatnonzero(triangles.sum(1) == 0)
    nearest = np.abs(frequencies - middle[empty]).argmin(1)
    triangles[empty, nearest] = 1.0
    return triangles
