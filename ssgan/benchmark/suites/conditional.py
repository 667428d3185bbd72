"""Images by class: what the samples of a conditional GAN are worth.

It learns from all training rows with their labels, then gives as many samples of each class as
there are rows. A small network that learns from samples alone is tested on the test part (Ravuri
and Vinyals 2019), beside one that learns from as many real rows; a linear classifier of random
features tries to tell samples from test rows. "real rows" are training rows in the place of
samples: the best that a sample could be, and the worst case of memorising.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ssgan.benchmark.problems import Array, data_of
from ssgan.benchmark.results import Value
from ssgan.benchmark.runner import Suite
from ssgan.data import Data, fit_codec
from ssgan.metrics import (
    accuracy_scores,
    class_coverage,
    frechet_distance,
    memorises,
    precision_recall,
    space_of,
    two_sample,
)
from ssgan.metrics.scores import Labelled
from ssgan.models.gan import GANConfig, pretrain
from ssgan.randomness import Rng

LEARNT = 20_000  # samples that the classifier learns from
JUDGED = 10_000  # samples that are compared with test rows
STEPS = 5000
QUICK = 500  # steps of the short form, which takes a tenth of the samples
REAL, CONDITIONAL = "real rows", "conditional GAN"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The key of a row."""

    data: str
    method: str  # REAL or CONDITIONAL
    gan_seed: int


def solve(short: bool, data_dir: Path | None, cell: Cell, work: Path) -> Mapping[str, Value]:
    data, seed = data_of(cell.data, data_dir), cell.gan_seed
    config = GANConfig(seed=seed, steps=QUICK if short else STEPS)
    learnt, most = (n // 10 if short else n for n in (LEARNT, JUDGED))
    began, rng = time.perf_counter(), Rng(("conditional", seed))
    like, rows = (rng(name).permutation(len(data.y)).numpy()[:learnt] for name in ("like", "rows"))
    if cell.method == REAL:
        codec, config = fit_codec(data), replace(config, steps=0)
        fake = codec.pack(np.asarray(data.x)[like])
    else:
        gan = pretrain(data, config, np.asarray(data.y))
        codec = gan.codec
        fake = codec.pack(gan.sample(learnt, seed=seed, labels=np.asarray(data.y)[like]))
    seconds = round(time.perf_counter() - began, 1)
    made = codec.expand(fake), classes_of(data, like)
    real = codec.expand(codec.pack(np.asarray(data.x)[rows])), classes_of(data, rows)
    test = codec.expand(codec.pack(data.x_test))[:most], classes_of(data)[:most]
    return {
        **worth(real, test, made, seed),
        **likeness(real[0], test, (made[0][:most], made[1][:most]), seed),
        **{"gan_seconds": seconds, "steps": config.steps, "samples": learnt},
    }


def classes_of(data: Data, rows: Array | None = None) -> Tensor:
    """Indices of the classes of training rows, or of the test part."""
    y = data.y_test if rows is None else np.asarray(data.y)[rows]
    return torch.from_numpy(np.searchsorted(np.unique(data.y), y))


def worth(real: Labelled, test: Labelled, made: Labelled, seed: int) -> dict[str, float]:
    """What is learnt from samples, and from as many real rows: `metrics.accuracy_scores`."""
    found = accuracy_scores(real, test, made, "cnn", seed=seed)
    return {name.split("_")[0]: round(value, 5) for name, value in found.items()}


def likeness(train: Tensor, test: Labelled, made: Labelled, seed: int) -> dict[str, float]:
    """How near samples are to test rows in random features, and whether they copy training rows."""
    space = space_of(test[0])
    ours, theirs = space(test[0]), space(made[0])
    cover = class_coverage(ours, test[1], theirs, made[1])
    found = {
        "c2st": two_sample(ours, theirs, seed).accuracy,
        "frechet": frechet_distance(ours, theirs),
        **precision_recall(ours, theirs),
        "least_coverage": cover.minority,
        "memorised_p": memorises(space(train), ours, theirs, seed).p,
    }
    return {name: round(value, 5) for name, value in found.items()} | {"alarms": len(cover.alarms)}


def conditional(name: str, data: str, short: bool, data_dir: Path | None) -> Suite:
    """The suite of that name over a data set."""
    seeds = {CONDITIONAL: 1 if short else 3, REAL: 1}
    return Suite(
        name=f"{name}-quick" if short else name,
        about=about(data),
        cells=tuple(
            Cell(data=data, method=method, gan_seed=seed)
            for method, count in seeds.items()
            for seed in range(count)
        ),
        solve=partial(solve, short, data_dir),
        measure="cas",
    )


def about(data: str) -> str:
    return f"classifiers that learn from samples of a conditional GAN, {data}, 3 seeds"
