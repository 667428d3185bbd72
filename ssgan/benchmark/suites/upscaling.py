"""Super-resolution: Set5 and Set14 by networks that learnt from 200 photographs of BSDS500.

PSNR and SSIM of the luma without a border of as many pixels as the scale, as papers have them. How
near 32 x 32 patches are to those of real pictures is a Fréchet distance of random features. The
twin without a critic is the same training, all of whose steps are regression; what is in between is
one run's slider.
"""

import time
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import torch

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.results import Value
from ssgan.codecs.codec import Array
from ssgan.data.named import data_directory
from ssgan.metrics.generation import frechet_distance
from ssgan.metrics.pictures import luma, psnr, ssim
from ssgan.metrics.spaces import space_of
from ssgan.models.superresolution.config import UpscaleConfig
from ssgan.models.superresolution.photographs import (
    Picture,
    crop_to_multiple,
    read_pictures,
    resize_picture,
    shrink,
)
from ssgan.models.superresolution.training import load_upscaler, train_upscaler
from ssgan.runs.run import Run

SETS = ("set5", "set14")
PHOTOGRAPHS = "bsds500"
BICUBIC = "bicubic"
REGRESSION, JUDGED = "network, no critic", "network and critic"
BLENDS = {"in between, a quarter": 0.25, "in between, a half": 0.5, JUDGED: 1.0}
PATCH, APART = 32, 16  # sides of patches, and how far apart they lie
STEPS, SHORT_STEPS = 3000, 200


def config_of(cell: Cell, steps: int) -> UpscaleConfig:
    """How a cell's network is trained; None for bicubic interpolation."""
    judge = 0.0 if cell.method == REGRESSION else UpscaleConfig().judge
    scale = int(cell.league.removeprefix("x"))
    return UpscaleConfig(scale=scale, steps=steps, judge=judge, seed=cell.seed)


def needed_config(steps: int, cell: Cell) -> UpscaleConfig | None:
    """The config of the network that a cell asks; None where it needs none."""
    return None if cell.method == BICUBIC else config_of(cell, steps)


def run_of(config: UpscaleConfig, place: Place) -> Path:
    """The run directory of such a network."""
    kind = "judge" if config.judge else "plain"
    return place.work / f"upscale-x{config.scale}-{kind}-{config.steps}-{config.seed}"


def prepare_upscaler(config: UpscaleConfig, place: Place) -> None:
    """Train such a network."""
    folder = data_directory(place.data_dir) / PHOTOGRAPHS
    train_upscaler(folder, config, run=run_of(config, place), device="cpu")


@lru_cache(maxsize=4)
def pictures_of(name: str, data_dir: Path | None) -> tuple[Picture, ...]:
    """The pictures of a set in the data directory."""
    return tuple(read_pictures(data_directory(data_dir) / name).values())


def patches(pictures: list[Array]) -> torch.Tensor:
    """Patches (N, 1, 32, 32) of the luma of pictures, in [-1, 1]."""
    parts = []
    for picture in pictures:
        windows = np.lib.stride_tricks.sliding_window_view(luma(picture), (PATCH, PATCH))
        parts.append(windows[::APART, ::APART].reshape(-1, PATCH, PATCH))
    return torch.from_numpy(np.concatenate(parts)).float()[:, None] / 127.5 - 1


def solve_upscaling(steps: int, cell: Cell, place: Place) -> dict[str, Value]:
    """The measures of a method on a set of pictures."""
    config = config_of(cell, steps)
    whole = [
        crop_to_multiple(picture, config.scale)
        for picture in pictures_of(cell.data, place.data_dir)
    ]
    began = time.perf_counter()
    if cell.method == BICUBIC:
        enlarged = [
            resize_picture(shrink(image, config.scale), *image.shape[:2]) for image in whole
        ]
    else:
        upscaler = load_upscaler(run_of(config, place), "cpu")
        blend = BLENDS.get(cell.method, 1.0)
        enlarged = [upscaler(shrink(image, config.scale), blend) for image in whole]
    seconds = time.perf_counter() - began
    pairs = list(zip(whole, enlarged, strict=True))
    real = patches(whole)
    space = space_of(real)
    return {
        "psnr": round(float(np.mean([psnr(*pair, config.scale) for pair in pairs])), 3),
        "ssim": round(float(np.mean([ssim(*pair, config.scale) for pair in pairs])), 4),
        "patches": round(frechet_distance(space(real), space(patches(enlarged))), 4),
        "seconds": round(seconds, 2),
        "training_seconds": 0.0 if cell.method == BICUBIC else spent(run_of(config, place)),
    }


def spent(run: Path) -> float:
    """Seconds of a training that was not stopped."""
    return round(float(Run.open(run).metrics()[-1]["seconds"]), 1)


def upscaling(short: bool, steps: int | None = None) -> Suite:
    """Both scales on both sets; bicubic interpolation, the network without and with a critic.

    `steps` of a training: 3,000, or 200 in the short form.
    """
    steps = steps or (SHORT_STEPS if short else STEPS)
    seeds = 1 if short else 3
    methods = (BICUBIC, REGRESSION, *BLENDS)
    cells = tuple(
        Cell(data=data, league=f"x{scale}", method=method, seed=seed)
        for scale in (2, 4)
        for seed in range(seeds)
        for data in SETS
        for method in methods
        if seed == 0 or method != BICUBIC
    )
    return Suite(
        cells=cells,
        solve=partial(solve_upscaling, steps),
        measure="psnr",
        by=("league", "data", "method"),
        needs=partial(needed_config, steps),
        prepare=prepare_upscaler,
    )


BENCHMARKS = (
    Benchmark("upscaling", "super-resolution of Set5 and Set14, twice and 4 times", upscaling),
)
