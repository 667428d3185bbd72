"""What others make of few labelled signals: nearest neighbours, DTW, and random kernels (ROCKET).

Each is a function from a problem and a seed to predictions (N,) of the test signals.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch
from sklearn.linear_model import RidgeClassifierCV
from torch import Tensor

from ssgan.benchmark.problems import Problem
from ssgan.codecs.codec import Array
from ssgan.randomness import Rng

KERNELS = 10_000  # of ROCKET
LENGTHS = (7, 9, 11)  # of a kernel
ALPHAS = np.logspace(-3, 3, 10)  # of the ridge regression on them
BLOCK = 64  # test signals that are compared at once


def as_channels(x: Array) -> Array:
    """Signals as float32 (N, C, L)."""
    x = np.asarray(x, np.float32)
    return x[:, None] if x.ndim == 2 else x


def euclidean(problem: Problem, seed: int) -> Array:
    """The label of the nearest labelled signal."""
    x, y = problem.few
    rows, tests = (as_channels(part).reshape(len(part), -1) for part in (x, problem.data.x_test))
    gaps = torch.cdist(torch.from_numpy(tests), torch.from_numpy(rows))
    nearest: Array = np.asarray(y)[gaps.argmin(1).numpy()]
    return nearest


def time_warped(problem: Problem, seed: int) -> Array:
    """The label of the nearest labelled signal by dynamic time warping, without a window."""
    x, y = problem.few
    rows, tests = as_channels(x), as_channels(problem.data.x_test)
    nearest = [
        warping_costs(tests[start : start + BLOCK], rows).argmin(1)
        for start in range(0, len(tests), BLOCK)
    ]
    labels: Array = np.asarray(y)[np.concatenate(nearest)]
    return labels


def warping_costs(tests: Array, rows: Array) -> Array:
    """Costs (M, N) of the cheapest ways to align signals (M, C, L) with others (N, C, L).

    Sakoe and Chiba 1978: sums of squared differences; all channels are warped alike. Diagonal by
    diagonal, as all cells of one can be had at once from the two before.
    """
    length = tests.shape[2]
    before = np.full((len(tests), len(rows), length), np.inf, np.float32)
    earlier = before.copy()
    for diagonal in range(2 * length - 1):
        i = np.arange(max(0, diagonal - length + 1), min(diagonal, length - 1) + 1)
        gaps = tests[:, None, :, i] - rows[None, :, :, diagonal - i]
        here = np.full_like(before, np.inf)
        best = np.minimum(before[..., i], shifted(before)[..., i])
        best = np.minimum(best, shifted(earlier)[..., i])
        here[..., i] = (gaps**2).sum(2) + (0 if diagonal == 0 else best)
        earlier, before = before, here
    last: Array = before[..., length - 1]
    return last


def shifted(costs: Array) -> Array:
    """Costs by the first signal's place, of the place before."""
    moved = np.full_like(costs, np.inf)
    moved[..., 1:] = costs[..., :-1]
    return moved


def rocket(problem: Problem, seed: int) -> Array:
    """Ridge regression on 10,000 random kernels (Dempster et al. 2020, "ROCKET")."""
    x, y = problem.few
    rows, tests = as_channels(x), as_channels(problem.data.x_test)
    kernels = [*random_kernels(rows.shape[1], rows.shape[2], Rng(("rocket", seed)))]
    train, test = (convolved(torch.from_numpy(part), kernels) for part in (rows, tests))
    center, scale = train.mean(0), train.std(0) + 1e-8
    model = RidgeClassifierCV(alphas=ALPHAS).fit((train - center) / scale, y)
    return np.asarray(model.predict((test - center) / scale))


Kernels = tuple[Tensor, Tensor, int, int]  # weights (K, C, length), biases (K,), dilation, padding


def random_kernels(channels: int, length: int, rng: Rng) -> Iterator[Kernels]:
    """Kernels in groups that have length, dilation and padding in common; section 3.1."""
    random = rng.numpy()
    groups: dict[tuple[int, int, int], int] = {}
    for _ in range(KERNELS):
        size = int(random.choice(LENGTHS))
        most = math.log2((length - 1) / (size - 1)) if length > size else 0.0
        dilation = int(2 ** random.uniform(0, most))
        padding = (size - 1) * dilation // 2 * int(random.integers(2))
        if (size - 1) * dilation >= length:
            padding = (size - 1) * dilation // 2
        groups[size, dilation, padding] = groups.get((size, dilation, padding), 0) + 1
    for (size, dilation, padding), count in sorted(groups.items()):
        weights = random.normal(size=(count, channels, size))
        weights -= weights.mean((1, 2), keepdims=True)
        biases = random.uniform(-1, 1, count)
        yield (
            torch.from_numpy(weights).float(),
            torch.from_numpy(biases).float(),
            dilation,
            padding,
        )


@torch.inference_mode()
def convolved(x: Tensor, kernels: list[Kernels]) -> Array:
    """Of every kernel the largest value, and the share of values above 0: (N, 2 K)."""
    features = []
    for weights, biases, dilation, padding in kernels:
        maps = torch.nn.functional.conv1d(x, weights, biases, 1, padding, dilation)
        features += [maps.amax(2), (maps > 0).float().mean(2)]
    numbers: Array = torch.cat(features, 1).double().numpy()
    return numbers
