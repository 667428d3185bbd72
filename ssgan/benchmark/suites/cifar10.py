"""CIFAR-10's images, made without classes and by class: for a GPU, on which each takes minutes.

Samples are compared with the test part in a space that needs no download, and by Inception's
features too (FID and KID) where torch-fidelity's weights lie beside the data.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import torch

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite, grid
from ssgan.benchmark.effort import cost_of
from ssgan.benchmark.results import Value
from ssgan.codecs.codec import Array
from ssgan.data import Data
from ssgan.data.named import data_directory
from ssgan.metrics import inception, samples
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain

WITHOUT, BY_CLASS = "without classes", "by class"  # methods
INCEPTION = "weights-inception-2015-12-05-6726825d.pth"


def judge_natural(steps: int, cell: Cell, place: Place) -> Mapping[str, Value]:
    """Train on CIFAR-10, then compare 10,000 samples with as many test images."""
    data, config = place.read("cifar10"), GANConfig(steps=steps, seed=cell.gan_seed)
    gan = pretrain(data, config, labels=labels_for(cell.method, data))
    n = min(10_000, len(data.x_test))
    real, fake = np.asarray(data.x_test)[:n], np.asarray(gan.sample(n, seed=cell.gan_seed))
    ours, theirs = (gan.codec.expand(gan.codec.pack(x)) for x in (real, fake))
    measures = samples(ours, theirs, cell.gan_seed) | fid(
        real, fake, data_directory(place.data_dir) / INCEPTION
    )
    short = {name.removesuffix(f"_randconv_{n}_real"): value for name, value in measures.items()}
    return {
        **{name: round(value, 5) for name, value in short.items()},
        **cost_of(config),
    }


def labels_for(method: str, data: Data) -> Array | None:
    """The labels that a method labels_for on."""
    return np.asarray(data.y) if method == BY_CLASS else None


def fid(
    real: Array, fake: Array, weights: Path, compare: Callable[..., dict[str, float]] = inception
) -> dict[str, float]:
    """FID and KID of images (N, H, W, 3) of bytes; {} without the file of weights."""
    if not weights.is_file():
        return {}
    ours, theirs = (torch.from_numpy(np.moveaxis(x, 3, 1).copy()) for x in (real, fake))
    measures = compare(ours, theirs, weights)
    return {"_".join(name.split("_")[:2]): value for name, value in measures.items()}


def cifar10_generation(short: bool) -> Suite:
    """The suite: both methods on three seeds."""
    return Suite(
        cells=grid(method=(WITHOUT, BY_CLASS), gan_seed=range(1 if short else 3)),
        solve=partial(judge_natural, 200 if short else 20_000),
        measure="frechet",
        lower=True,
    )


BENCHMARKS = (
    Benchmark(
        "cifar10-generation",
        "Fréchet distance on CIFAR-10, with classes and without, 3 seeds; for a GPU",
        cifar10_generation,
    ),
)
