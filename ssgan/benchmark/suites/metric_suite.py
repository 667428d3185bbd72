"""What the measures of samples cost on 10,000 images, and that they agree with other people's code.

MNIST's images stand for real samples; others of them, moved a little and with noise, for generated
ones. The classification accuracy score trains a classifier and is left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite, grid
from ssgan.benchmark.results import Value
from ssgan.data import Data, fit_codec
from ssgan.metrics import (
    class_coverage,
    frechet_distance,
    kernel_distance,
    memorisation,
    precision_recall,
    samples,
    space_of,
    told_apart,
)
from ssgan.randomness import Rng

NOT_MEASURED = "not measured"  # a package is not there


@dataclass(frozen=True)
class SamplePair:
    """Encoded samples (N, *shape) and their features in one space."""

    real: Tensor
    classes: Tensor  # of the real ones
    held_out: Tensor
    fake: Tensor
    fake_classes: Tensor

    @property
    def features(self) -> tuple[Tensor, Tensor]:
        """Both sets in the space of the real one."""
        space = space_of(self.real)
        return space(self.real), space(self.fake)


def two_sides(data: Data, count: int, seed: int, noise: float = 0.2) -> SamplePair:
    """Three draws of as many rows, the last one moved by up to 2 pixels and with noise.

    `noise` is its standard deviation, of pixels in [-1, 1].
    """
    codec, rng = fit_codec(data), Rng(("metric suite", seed))
    order = rng("rows").permutation(len(data.x))[: 3 * count]
    x = codec.expand(codec.pack(data.x[order.numpy()]))
    y = torch.from_numpy(np.asarray(data.y)[order.numpy()].astype(np.int64))
    real, held_out, fake = x.chunk(3)
    fake = fake.roll(rng("move").integers(5, 2).sub(2).tolist(), dims=(2, 3))
    fake = fake + noise * rng("noise").normal(*fake.shape)
    fake = codec.expand(codec.pack(codec.decode(fake)))  # rounded as a generator's are
    ours, _, theirs = y.chunk(3)
    return SamplePair(real, ours, held_out, fake, theirs)


def coverage_by_class(x: SamplePair) -> object:
    """How much of each class is covered, for its time."""
    ours, theirs = x.features
    return class_coverage(ours, x.classes, theirs, x.fake_classes)


def all_measures(x: SamplePair) -> object:
    """All measures, as a user calls them one after another."""
    distances = samples(x.real, x.fake), told_apart(x.real, x.fake)
    return distances, memorisation(x.real, x.held_out, x.fake), coverage_by_class(x)


ALL = "all of these"
TIMED_MEASURES: dict[str, Callable[[SamplePair], object]] = {
    "features": lambda x: x.features,
    "Fréchet, kernel, precision, recall, density, coverage": lambda x: samples(x.real, x.fake),
    "two-sample test": lambda x: told_apart(x.real, x.fake),
    "memorisation": lambda x: memorisation(x.real, x.held_out, x.fake),
    "coverage by class": coverage_by_class,
    ALL: all_measures,
}
DISTANCES: dict[str, Callable[[Tensor, Tensor], object]] = {  # of features that are there
    "Fréchet distance": frechet_distance,
    "kernel distance": kernel_distance,
    "precision, recall, density, coverage": precision_recall,
}


def fidelity_frechet(x: Tensor, y: Tensor) -> float:
    """The Frechet distance of features (N, D) by torch-fidelity."""
    package: Any = import_module("torch_fidelity.metric_fid")
    ours, theirs = ({"mu": s.mean(0).numpy(), "sigma": s.T.cov().numpy()} for s in (x, y))
    metrics = package.fid_statistics_to_metric(ours, theirs, False)
    return float(metrics["frechet_inception_distance"])


def fidelity_kernel(x: Tensor, y: Tensor) -> float:
    """The kernel distance of features (N, D) by torch-fidelity."""
    package: Any = import_module("torch_fidelity.metric_kid")
    settings = {"kid_kernel": "poly", "kid_kernel_poly_degree": 3}
    settings |= {"kid_kernel_poly_gamma": None, "kid_kernel_poly_coef0": 1}
    return float(package.kernel_mmd(x.numpy(), y.numpy(), **settings))


def torchmetrics_frechet(x: Tensor, y: Tensor) -> float:
    """The Frechet distance of features (N, D) by torchmetrics."""
    package: Any = import_module("torchmetrics.image.fid")
    return float(package._compute_fid(x.mean(0), x.T.cov(), y.mean(0), y.T.cov()))


def torchmetrics_kernel(x: Tensor, y: Tensor) -> float:
    """The kernel distance of features (N, D) by torchmetrics."""
    package: Any = import_module("torchmetrics.image.kid")
    return float(package.poly_mmd(x, y))


Distance = Callable[[Tensor, Tensor], float]
PEERS: dict[str, tuple[Distance, Distance]] = {
    "Fréchet distance, torch-fidelity": (frechet_distance, fidelity_frechet),
    "kernel distance, torch-fidelity": (kernel_distance, fidelity_kernel),
    "Fréchet distance, torchmetrics": (frechet_distance, torchmetrics_frechet),
    "kernel distance, torchmetrics": (kernel_distance, torchmetrics_kernel),
}


def compare_code(
    ours: Distance, theirs: Distance, x: SamplePair, count: int = 2000
) -> dict[str, Value]:
    """How far two codes are apart on the same features, as a share of the distance.

    The features are those of `count` samples of each side at most.
    """
    features = [side[:count] for side in x.features]
    began = perf_counter()
    mine = ours(*features)
    seconds = round(perf_counter() - began, 3)
    try:
        difference: Value = float(f"{abs(mine / theirs(*features) - 1):.3g}")
    except ImportError:
        difference = NOT_MEASURED
    return {"seconds": seconds, "difference": difference}


def time_measure(method: str, x: SamplePair) -> dict[str, Value]:
    """How long a measure takes; those of DISTANCES are given their features."""
    features = x.features if method in DISTANCES else ()
    began = perf_counter()
    if method in DISTANCES:
        DISTANCES[method](*features)
    else:
        TIMED_MEASURES[method](x)
    return {"seconds": round(perf_counter() - began, 3)}


@lru_cache(maxsize=1)
def mnist_sides(place: Place, count: int, seed: int) -> SamplePair:
    """Two draws of MNIST as a pair to be compared."""
    return two_sides(place.read("mnist"), count, seed)


def measure_cost(count: int, cell: Cell, place: Place) -> Mapping[str, Value]:
    """What a measure of `count` samples costs, or how far it is from other people's."""
    x = mnist_sides(place, count, cell.seed)
    if cell.method in PEERS:
        return compare_code(*PEERS[cell.method], x)
    return time_measure(cell.method, x) | {"samples": len(x.real)}


def metric_suite(short: bool) -> Suite:
    """The suite."""
    timed = grid(seed=range(1 if short else 3), method=(*DISTANCES, *TIMED_MEASURES))
    return Suite(
        cells=(*timed, *grid(method=PEERS, seed=(0,))),
        solve=partial(measure_cost, 1000 if short else 10_000),
        measure="seconds",
        lower=True,
        timed=lambda cell: cell.method not in PEERS,
    )


BENCHMARKS = (
    Benchmark(
        "metric-suite",
        "measures of 10,000 samples: seconds, and agreement with torch-fidelity and torchmetrics",
        metric_suite,
    ),
)
