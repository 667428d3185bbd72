"""Stacked MNIST: three digits in the channels of an image, so that there are 1,000 modes.

As published, 25,600 samples are named by a classifier of digits; it is trained here, on MNIST's
training part, and kept beside the runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from ssgan.benchmark.problems import data_of
from ssgan.benchmark.results import Value
from ssgan.benchmark.runner import Suite
from ssgan.benchmark.suites.gaussians import Array, spent, updates
from ssgan.metrics.scores import small_network
from ssgan.models.gan import GANConfig, pretrain
from ssgan.objectives import NonSaturating, Objective, Relativistic
from ssgan.randomness import Rng, seeded
from ssgan.runs.storage import write_whole
from ssgan.runtime import Runtime
from ssgan.training.optim import adam, cosine, set_rate
from ssgan.training.step import descend

ROWS = 60_000  # stacked images there are
JUDGED = 25_600
REAL = 500_000  # real images a cell
QUICK = 16_000  # the same in the short form
STEPS = 2000  # of the classifier, 64 digits each
CLASSIFIER = "mnist-classifier.safetensors"
METHODS: dict[str, Objective] = {
    "default": Relativistic(),
    "plain": NonSaturating(),
    "R1 only": Relativistic(r2=0.0),
}
MORE: dict[str, Objective] = {  # the other rows of Huang et al. 2024, where there is a GPU
    "plain, R1 only": NonSaturating(r1=1.0),
    "plain, R1 and R2": NonSaturating(r1=1.0, r2=1.0),
    "relativistic, no penalty": Relativistic(r1=0.0, r2=0.0),
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The key of a row."""

    method: str  # of METHODS or MORE
    gan_seed: int


def stack(digits: Array, seed: int, n: int = ROWS) -> Array:
    """Images (n, 28, 28, 3) of three digits each, drawn from (N, 28, 28)."""
    chosen = np.random.default_rng([1000, seed]).integers(len(digits), size=(n, 3))
    return np.ascontiguousarray(np.moveaxis(digits[chosen], 1, 3))


def spread(counts: Array) -> dict[str, float]:
    """The modes that were met, and the divergence of their shares from equal ones, in nats."""
    shares = counts[counts > 0] / counts.sum()
    kl = float((shares * np.log(shares * len(counts))).sum())
    return {"modes": int((counts > 0).sum()), "kl": round(kl, 5)}


def scaled(digits: Array) -> Tensor:
    """Digits (N, 28, 28) of bytes as a network sees them, (N, 1, 28, 28)."""
    return torch.from_numpy(np.asarray(digits)).float()[:, None] / 127.5 - 1


def trained(digits: Array, labels: Array) -> nn.Module:
    """A classifier of digits, the same whenever it is asked."""
    rng, rate, on = Rng(("stacked classifier",)), 2e-3, Runtime("cpu", bfloat16=False)
    with seeded(rng("weights")):
        network = small_network(1, 10)
    optimizer = adam(network, rate, (0.9, 0.999))
    y = torch.from_numpy(np.asarray(labels)).long()

    def loss(x: Tensor, y: Tensor) -> dict[str, Tensor]:
        return {"cross_entropy": nn.functional.cross_entropy(network(x), y)}

    for step in range(STEPS):
        set_rate(optimizer, cosine(step, STEPS, rate, 0.0))
        rows = rng("rows", step).integers(len(y), 64)
        descend(loss, (scaled(digits[rows.numpy()]), y[rows]), optimizer, on)
    return network.eval()


def prepare(data_dir: Path | None, need: str, work: Path) -> None:
    """Train the classifier, if it is not there."""
    if not (work / need).exists():
        data = data_of("mnist", data_dir)
        network = trained(np.asarray(data.x).reshape(-1, 28, 28), np.asarray(data.y))
        write_whole(work / need, save(network.state_dict()))


@torch.inference_mode()
def named(images: Array, classifier: nn.Module) -> Array:
    """The mode of images (N, 28, 28, 3) of bytes: the number of 0 to 999 that they show."""
    modes = np.zeros(len(images), np.int64)
    for channel in range(3):
        parts = torch.split(scaled(images[..., channel]), 1000)
        digits = torch.cat([classifier(part).argmax(1) for part in parts]).numpy()
        modes = 10 * modes + digits
    return modes


def solve(real: int, data_dir: Path | None, cell: Cell, work: Path) -> Mapping[str, Value]:
    digits = np.asarray(data_of("mnist", data_dir).x).reshape(-1, 28, 28)
    classifier = small_network(1, 10).eval()
    classifier.load_state_dict(load((work / CLASSIFIER).read_bytes()))
    config = GANConfig(objective=(METHODS | MORE)[cell.method], seed=cell.gan_seed, guard=False)
    config = replace(config, steps=updates(config, real))
    gan = pretrain(stack(digits, cell.gan_seed), config)
    modes = named(np.asarray(gan.sample(JUDGED)), classifier)
    found = spread(np.bincount(modes, minlength=1000))
    return {**found, "steps": config.steps, "real_samples": spent(config)}


def stacked_mnist(short: bool, data_dir: Path | None) -> Suite:
    """The suite: three objectives on three seeds, all six where there is a GPU."""
    seeds = range(1 if short else 3)
    methods = [*METHODS, *(MORE if torch.cuda.is_available() else ())]
    return Suite(
        name="stacked-mnist-quick" if short else "stacked-mnist",
        about=ABOUT,
        cells=tuple(Cell(method=name, gan_seed=seed) for name in methods for seed in seeds),
        solve=partial(solve, QUICK if short else REAL, data_dir),
        measure="modes",
        needs=lambda cell: CLASSIFIER,
        prepare=partial(prepare, data_dir),
    )


ABOUT = "stacked MNIST: how many of 1,000 modes, 3 objectives, 3 seeds"
