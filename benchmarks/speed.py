"""Speeds that the README states, measured on this machine.

    python -m benchmarks.speed      # needs mnist (see the README) and a machine left in peace

Writes benchmarks/results/speed.csv.
"""

import platform
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch
from torch.utils.flop_counter import FlopCounterMode

from ssgan.data import read
from ssgan.models.config import GANConfig
from ssgan.models.gan import GAN
from ssgan.models.pretraining import pretrain

RESULTS = Path(__file__).parent / "results"
STEPS = 400
REPEATS = 3


def mflop(network: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> float:
    """Million floating point operations of a forward pass, for each of the rows of `x`."""
    with FlopCounterMode(display=False) as counter:
        network(x)
    return counter.get_total_flops() / len(x) / 1e6


def reference_mflop() -> float:
    """Of a three-layer DCGAN discriminator of width 24, for a 28 x 28 image."""
    layers = torch.nn.Sequential(
        torch.nn.Conv2d(1, 24, 4, 2, 1),
        torch.nn.Conv2d(24, 48, 4, 2, 1),
        torch.nn.Conv2d(48, 96, 4, 2, 1),
    )
    return mflop(layers, torch.zeros(1, 1, 28, 28))


def matmul_ceiling(dtype: torch.dtype, size: int = 2048) -> float:
    """GFLOP/s of a square matrix product, the best of some."""
    a = torch.randn(size, size).to(dtype)
    best = 0.0
    for _ in range(8):
        began = time.perf_counter()
        a @ a
        best = max(best, 2 * size**3 / (time.perf_counter() - began) / 1e9)
    return best


def median_seconds(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))


def lines() -> list[tuple[str, str]]:
    """What was measured, and its value."""
    data = read("mnist")
    config = GANConfig(steps=STEPS)
    pretrain(data, replace(config, steps=20))  # warm
    idle = median_seconds(lambda: pretrain(data, replace(config, steps=0)))
    trained: list[GAN] = []
    busy = median_seconds(lambda: trained.append(pretrain(data, config)))
    gan = trained[-1]
    x = torch.zeros(8, *gan.codec.shape)
    critic = mflop(gan.critic, x)
    maker = mflop(gan.generator, torch.zeros(8, config.latent))
    features = median_seconds(lambda: gan.features(data.x[:10_000]))
    rate, threads = STEPS * config.batch / (busy - idle), torch.get_num_threads()
    machine = f"{platform.machine()}, {threads} threads, torch {torch.__version__}"
    return [
        ("pretraining MNIST, real images/s, R1 + R2 every step", f"{rate:.0f}"),
        ("features of 10,000 MNIST images, s", f"{features:.2f}"),
        ("sampling 10,000 images, s", f"{median_seconds(lambda: gan.sample(10_000)):.2f}"),
        ("discriminator, MFLOP an image", f"{critic:.2f}"),
        ("generator, MFLOP an image", f"{maker:.2f}"),
        ("three-layer DCGAN of width 24, MFLOP an image", f"{reference_mflop():.2f}"),
        ("matrix product in float32, GFLOP/s", f"{matmul_ceiling(torch.float32):.0f}"),
        ("matrix product in bfloat16, GFLOP/s", f"{matmul_ceiling(torch.bfloat16):.0f}"),
        ("machine", machine),
    ]


@click.command()
def main() -> None:
    """Measure and write the table of speeds."""
    frame = pd.DataFrame(lines(), columns=["what", "measured"])
    frame.to_csv(RESULTS / "speed.csv", index=False)
    click.echo(frame.to_string(index=False))


if __name__ == "__main__":
    main()
