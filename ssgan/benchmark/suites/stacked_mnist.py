"""Stacked MNIST: three digits in the channels of an image, so that there are 1,000 modes.

As published, 25,600 samples are named by a classifier of digits; it is trained here, on MNIST's
training part, and kept beside the runs.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite, grid
from ssgan.benchmark.effort import real_samples, updates
from ssgan.benchmark.results import Value
from ssgan.codecs.codec import Array
from ssgan.metrics.scores import small_network
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain
from ssgan.objectives import NonSaturating, Objective, Relativistic
from ssgan.randomness import Rng, seeded
from ssgan.runs.storage import write_whole
from ssgan.runtime import Runtime
from ssgan.training.optim import adam, cosine, set_rate
from ssgan.training.step import descend

NAMED_SAMPLES = 25_600
CLASSIFIER = "mnist-classifier.safetensors"
STACKED_OBJECTIVES: dict[str, Objective] = {
    "default": Relativistic(),
    "plain": NonSaturating(),
    "R1 only": Relativistic(r2=0.0),
}
GPU_OBJECTIVES: dict[str, Objective] = {  # the other rows of Huang et al. 2024
    "plain, R1 only": NonSaturating(r1=1.0),
    "plain, R1 and R2": NonSaturating(r1=1.0, r2=1.0),
    "relativistic, no penalty": Relativistic(r1=0.0, r2=0.0),
}


def stack_digits(digits: Array, seed: int, n: int = 60_000) -> Array:
    """Images (n, 28, 28, 3) of three digits each, drawn from (N, 28, 28)."""
    chosen = np.random.default_rng([1000, seed]).integers(len(digits), size=(n, 3))
    return np.ascontiguousarray(np.moveaxis(digits[chosen], 1, 3))


def mode_counts(counts: Array) -> dict[str, float]:
    """The modes that were met, and the divergence of their shares from equal ones, in nats."""
    probabilities = counts[counts > 0] / counts.sum()
    kl = float((probabilities * np.log(probabilities * len(counts))).sum())
    return {"modes": int((counts > 0).sum()), "kl": round(kl, 5)}


def scale_digits(digits: Array) -> Tensor:
    """Digits (N, 28, 28) of bytes as a network sees them, (N, 1, 28, 28)."""
    return torch.from_numpy(np.asarray(digits)).float()[:, None] / 127.5 - 1


def train_classifier(digits: Array, labels: Array, steps: int = 2000) -> nn.Module:
    """A classifier of digits after `steps` batches of 64, the same every time."""
    rng, rate, on = Rng(("stacked classifier",)), 2e-3, Runtime("cpu", bfloat16=False)
    with seeded(rng("weights")):
        network = small_network(1, 10)
    optimizer = adam(network, rate, (0.9, 0.999))
    y = torch.from_numpy(np.asarray(labels)).long()

    def loss(x: Tensor, y: Tensor) -> dict[str, Tensor]:
        return {"cross_entropy": nn.functional.cross_entropy(network(x), y)}

    for step in range(steps):
        set_rate(optimizer, cosine(step, steps, rate, 0.0))
        rows = rng("rows", step).integers(len(y), 64)
        descend(loss, (scale_digits(digits[rows.numpy()]), y[rows]), optimizer, on)
    return network.eval()


def make_classifier(need: str, place: Place) -> None:
    """Train the classifier, if it is not there."""
    if not (place.work / need).exists():
        data = place.read("mnist")
        network = train_classifier(np.asarray(data.x).reshape(-1, 28, 28), np.asarray(data.y))
        write_whole(place.work / need, save(network.state_dict()))


@torch.inference_mode()
def modes_of(images: Array, classifier: nn.Module) -> Array:
    """The mode of images (N, 28, 28, 3) of bytes: the number of 0 to 999 that they show."""
    modes = np.zeros(len(images), np.int64)
    for channel in range(3):
        parts = torch.split(scale_digits(images[..., channel]), 1000)
        digits = torch.cat([classifier(part).argmax(1) for part in parts]).numpy()
        modes = 10 * modes + digits
    return modes


def count_modes(real: int, cell: Cell, place: Place) -> Mapping[str, Value]:
    """How many of the 1000 modes a GAN makes, and how evenly."""
    digits = np.asarray(place.read("mnist").x).reshape(-1, 28, 28)
    classifier = small_network(1, 10).eval()
    classifier.load_state_dict(load((place.work / CLASSIFIER).read_bytes()))
    config = GANConfig(
        objective=(STACKED_OBJECTIVES | GPU_OBJECTIVES)[cell.method],
        seed=cell.gan_seed,
        guard=False,
    )
    config = replace(config, steps=updates(config, real))
    gan = pretrain(stack_digits(digits, cell.gan_seed), config)
    modes = modes_of(np.asarray(gan.sample(NAMED_SAMPLES)), classifier)
    modes_covered = mode_counts(np.bincount(modes, minlength=1000))
    return {**modes_covered, "steps": config.steps, "real_samples": real_samples(config)}


def stacked_mnist(short: bool, gpu: bool | None = None) -> Suite:
    """The suite: three objectives on three seeds, all six where there is a GPU."""
    more = torch.cuda.is_available() if gpu is None else gpu
    methods = [*STACKED_OBJECTIVES, *(GPU_OBJECTIVES if more else ())]
    return Suite(
        cells=grid(method=methods, gan_seed=range(1 if short else 3)),
        solve=partial(count_modes, 16_000 if short else 500_000),
        measure="modes",
        needs=lambda cell: CLASSIFIER,
        prepare=make_classifier,
    )


BENCHMARKS = (
    Benchmark(
        "stacked-mnist",
        "stacked MNIST: how many of 1,000 modes, 3 objectives, 3 seeds",
        stacked_mnist,
    ),
)
