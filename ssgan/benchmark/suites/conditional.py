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

import numpy as np
import torch
from torch import Tensor

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.effort import IMAGE_SETS
from ssgan.benchmark.results import Value
from ssgan.codecs.codec import Array
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
from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain
from ssgan.randomness import Rng


@dataclass(frozen=True, kw_only=True)
class ConditionalAmounts:
    """How much of everything a cell takes."""

    steps: int = 5000  # of the GAN
    learnt: int = 20_000  # samples that the classifier learns from
    compared: int = 10_000  # samples that are compared with test rows


SHORT_AMOUNTS = ConditionalAmounts(steps=500, learnt=2000, compared=1000)
REAL, CONDITIONAL = "real rows", "conditional GAN"


def judge_classes(amounts: ConditionalAmounts, cell: Cell, place: Place) -> Mapping[str, Value]:
    """Measures of samples that a conditional GAN makes of each class."""
    data, seed = place.read(cell.data), cell.gan_seed
    config = GANConfig(seed=seed, steps=amounts.steps)
    train_size, most = amounts.learnt, amounts.compared
    began, rng = time.perf_counter(), Rng(("conditional", seed))
    like, rows = (
        rng(name).permutation(len(data.y)).numpy()[:train_size] for name in ("like", "rows")
    )
    if cell.method == REAL:
        codec, config = fit_codec(data), replace(config, steps=0)
        fake = codec.pack(np.asarray(data.x)[like])
    else:
        gan = pretrain(data, config, labels=np.asarray(data.y))
        codec = gan.codec
        fake = codec.pack(gan.sample(train_size, seed=seed, labels=np.asarray(data.y)[like]))
    seconds = round(time.perf_counter() - began, 1)
    generated = codec.expand(fake), class_indices(data, like)
    real = codec.expand(codec.pack(np.asarray(data.x)[rows])), class_indices(data, rows)
    test = codec.expand(codec.pack(data.x_test))[:most], class_indices(data)[:most]
    return {
        **worth(real, test, generated, seed),
        **likeness(real[0], test, (generated[0][:most], generated[1][:most]), seed),
        **{"gan_seconds": seconds, "steps": config.steps, "samples": train_size},
    }


def class_indices(data: Data, rows: Array | None = None) -> Tensor:
    """Indices of the classes of training rows, or of the test part."""
    y = data.y_test if rows is None else np.asarray(data.y)[rows]
    return torch.from_numpy(np.searchsorted(np.unique(data.y), y))


def worth(real: Labelled, test: Labelled, generated: Labelled, seed: int) -> dict[str, float]:
    """What is learnt from samples, and from as many real rows: `metrics.accuracy_scores`."""
    scores = accuracy_scores(real, test, generated, "cnn", seed=seed)
    return {name.split("_")[0]: round(value, 5) for name, value in scores.items()}


def likeness(train: Tensor, test: Labelled, generated: Labelled, seed: int) -> dict[str, float]:
    """How near samples are to test rows in random features, and whether they copy training rows."""
    space = space_of(test[0])
    ours, theirs = space(test[0]), space(generated[0])
    cover = class_coverage(ours, test[1], theirs, generated[1])
    measures = {
        "c2st": two_sample(ours, theirs, seed).accuracy,
        "frechet": frechet_distance(ours, theirs),
        **precision_recall(ours, theirs),
        "least_coverage": cover.minority,
        "memorised_p": memorises(space(train), ours, theirs, seed).p,
    }
    return {name: round(value, 5) for name, value in measures.items()} | {
        "alarms": len(cover.alarms)
    }


def by_class_on(data: str, short: bool) -> Suite:
    """The suite over a data set."""
    seeds = {CONDITIONAL: 1 if short else 3, REAL: 1}
    return Suite(
        cells=tuple(
            Cell(data=data, method=method, gan_seed=seed)
            for method, count in seeds.items()
            for seed in range(count)
        ),
        solve=partial(judge_classes, SHORT_AMOUNTS if short else ConditionalAmounts()),
        measure="cas",
    )


BENCHMARKS = tuple(
    Benchmark(
        f"conditional-{name}",
        f"classifiers that learn from samples of a conditional GAN, {data}, 3 seeds",
        partial(by_class_on, data),
    )
    for name, data in IMAGE_SETS.items()
)
