"""Random changes of signals (N, C, L), all channels of one alike; every sample draws its own."""

import math

import torch
from torch import Tensor

from ssgan.randomness import Rng

SHIFT = 0.075  # share of the length, either way, at strength 1
WARP = 0.1  # most that each of the waves of a time warp quickens or slows down time
WAVES = 3  # of a time warp, with 1/2, 2/2 and 3/2 periods in a signal
SCALE = 0.3  # most that the logarithm of the amplitude moves
BAND = 0.2  # share of the frequencies that are blanked


def moved_in_time(x: Tensor, strength: float, rng: Rng, names: tuple[str, ...]) -> Tensor:
    """Signals after those of "shift", "time-warp" and "scale" that are named.

    At strength 1 a shift is up to 7.5 % of the length either way, ends repeated; time runs up to
    30 % faster or slower in places, ends held; and the amplitude is multiplied by .74 to 1.35.
    """
    n, _, length = x.shape
    at = torch.arange(length, device=x.device).expand(n, length).float()
    if "shift" in names:
        at = at + strength * SHIFT * length * (2 * rng("shift").uniform(n, 1) - 1).to(x.device)
    if "time-warp" in names:
        heights = (2 * rng("time-warp").uniform(n, WAVES, 1) - 1).to(x.device)
        waves = torch.arange(1, WAVES + 1, device=x.device)[:, None] * math.pi
        phase = torch.linspace(0, 1, length, device=x.device) * waves
        bent = (heights * phase.sin() / waves).sum(1)
        at = at + strength * WARP * length * bent
    if {"shift", "time-warp"} & {*names}:
        x = read_at(x, at)
    if "scale" in names:
        drawn = (2 * rng("scale").uniform(n, 1, 1) - 1).to(x.device)
        return x * (strength * SCALE * drawn).exp()
    return x


def read_at(x: Tensor, at: Tensor) -> Tensor:
    """Values of signals (N, C, L) at places (N, L) between their own, along straight lines."""
    at = at.clamp(0, x.shape[2] - 1)
    low = at.floor().clamp_max(x.shape[2] - 2)
    share = (at - low)[:, None].to(x.dtype)
    index = low.long()[:, None].expand(x.shape)
    values: Tensor = x.gather(2, index) * (1 - share) + x.gather(2, index + 1) * share
    return values


def spectral_masked(x: Tensor, rng: Rng) -> Tensor:
    """Signals without a fifth of their frequencies, a band that begins anywhere above the mean
    (after Park et al. 2019, "SpecAugment")."""
    spectrum = torch.fft.rfft(x.float())
    count = spectrum.shape[2] - 1
    wide = max(1, round(BAND * count))
    first = 1 + rng.integers(max(1, count - wide + 1), len(x), 1, 1).to(x.device)
    at = torch.arange(spectrum.shape[2], device=x.device)
    masked = spectrum.masked_fill((at >= first) & (at < first + wide), 0)
    changed: Tensor = torch.fft.irfft(masked, n=x.shape[2]).to(x.dtype)
    return changed
