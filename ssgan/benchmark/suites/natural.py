"""CIFAR-10's images, made without classes and by class: for a GPU, on which each takes minutes.

Samples are compared with the test part in a space that needs no download, and by Inception's
features too (FID and KID) where torch-fidelity's weights lie beside the data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from ssgan.benchmark.problems import data_of
from ssgan.benchmark.results import Value
from ssgan.benchmark.runner import Suite
from ssgan.benchmark.suites.gaussians import Array, spent
from ssgan.data.named import data_directory
from ssgan.metrics import inception, samples
from ssgan.models.gan import GANConfig, pretrain

DATA = "cifar10"
JUDGED = 10_000  # samples that are compared with as many test images
STEPS = 20_000
QUICK = 200  # the same in the short form
METHODS = ("without classes", "by class")
WEIGHTS = "weights-inception-2015-12-05-6726825d.pth"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The key of a row."""

    method: str  # of METHODS
    gan_seed: int


def solve(steps: int, data_dir: Path | None, cell: Cell, work: Path) -> Mapping[str, Value]:
    data, config = data_of(DATA, data_dir), GANConfig(steps=steps, seed=cell.gan_seed)
    y = np.asarray(data.y)
    gan = pretrain(data, config, y if cell.method == METHODS[1] else None)
    n = min(JUDGED, len(data.x_test))
    real, fake = np.asarray(data.x_test)[:n], np.asarray(gan.sample(n, seed=cell.gan_seed))
    ours, theirs = (gan.codec.expand(gan.codec.pack(x)) for x in (real, fake))
    found = samples(ours, theirs, cell.gan_seed) | fid(real, fake, data_dir)
    short = {name.removesuffix(f"_randconv_{n}_real"): value for name, value in found.items()}
    return {
        **{name: round(value, 5) for name, value in short.items()},
        **{"steps": steps, "batch": config.batch, "real_samples": spent(config)},
    }


def fid(real: Array, fake: Array, data_dir: Path | None) -> dict[str, float]:
    """FID and KID of images (N, H, W, 3) of bytes; {} without the weights."""
    weights = data_directory(data_dir) / WEIGHTS
    if not weights.is_file():
        return {}
    ours, theirs = (torch.from_numpy(np.moveaxis(x, 3, 1).copy()) for x in (real, fake))
    found = inception(ours, theirs, weights)
    return {"_".join(name.split("_")[:2]): value for name, value in found.items()}


def generation(short: bool, data_dir: Path | None) -> Suite:
    """The suite: both methods on three seeds."""
    return Suite(
        name="cifar10-generation-quick" if short else "cifar10-generation",
        about=ABOUT,
        cells=tuple(
            Cell(method=method, gan_seed=seed)
            for method in METHODS
            for seed in range(1 if short else 3)
        ),
        solve=partial(solve, QUICK if short else STEPS, data_dir),
        measure="frechet",
        lower=True,
    )


ABOUT = "Fréchet distance on CIFAR-10, with classes and without, 3 seeds; for a GPU"
