"""Tiny data of every kind with labels that can be learnt, and a GAN for each."""

from functools import cache

import numpy as np
import pandas as pd
import torch

from ssgan.models.config import GANConfig
from ssgan.models.pretraining import pretrain
from ssgan.models.student.config import StudentConfig
from ssgan.networks import build
from ssgan.prediction.config import PredictorConfig, SearchConfig
from ssgan.prediction.names import FITTED
from ssgan.randomness import seeded
from ssgan.runs.run import Run
from ssgan.training.schedule import TrainOptions

SMALL = GANConfig(steps=4, batch=6, width=2, latent=4)
OFTEN = TrainOptions(log_every=2)  # a line of the log, and a checkpoint, every 2 steps
SELDOM = TrainOptions(log_every=2, checkpoints=1)  # a line as often, no checkpoint before the end
FAST = SearchConfig(folds=3, repeats=1, values=3, trees=10, tolerance=0.02)
BRIEF = StudentConfig(steps=2, batch=6)
N = 24
LABELS = np.arange(N) % 2
NUMBERS = np.linspace(-1.0, 2.0, N)


def images(seed=0):
    """uint8 (N, 8, 8), bright above or below."""
    x = np.random.default_rng(seed).integers(0, 90, (N, 8, 8))
    x[LABELS == 0, :4] += 160
    x[LABELS == 1, 4:] += 160
    return x.astype(np.uint8)


def table(seed=0):
    """Numbers, text and what is missing."""
    draw = np.random.default_rng(seed)
    age = draw.normal(40, 3, N) + 20 * LABELS
    age[3] = np.nan
    return pd.DataFrame({"age": age, "job": draw.choice(["cook", "smith"], N), "no": NUMBERS})


def vectors(seed=0):
    """float64 (N, 3), apart in the first column, the second is the number to predict."""
    x = np.random.default_rng(seed).normal(size=(N, 3))
    x[:, 0] += 6 * LABELS
    x[:, 1] = NUMBERS
    return x


KINDS = {"images": images, "table": table, "vectors": vectors}


@cache
def trained(kind):
    """A GAN after a few steps on that kind; it never changes, so all tests share it."""
    return pretrain(KINDS[kind](), SMALL)


def built(shape, rng, **design):
    """An untrained generator and discriminator, whose weights `rng` draws."""
    with seeded(rng("networks")):
        return build(shape, **design)


def quick(method="propagation", **fields):
    """A config that tries little on folds of the labels; steps are for methods that take them."""
    if method in FITTED:
        fields = {name: value for name, value in fields.items() if name not in ("steps", "batch")}
    return PredictorConfig(method=method, **{"search": FAST, "student": BRIEF, **fields})


def same(a, b):
    """Whether two raw samples or labels are equal to the bit, dtypes included."""
    if isinstance(a, pd.DataFrame):
        return a.equals(b)
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def course(run):
    """What a training left: its last checkpoint, and its log without the seconds."""
    found = Run.open(run).load()
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in Run.open(run).metrics()]
    return found, rows


def assert_same_course(one, other):
    """Both runs ended with the same bits and told the same on the way."""
    (a, rows), (b, others) = course(one), course(other)
    assert (a.step, a.state, rows) == (b.step, b.state, others)
    assert a.tensors.keys() == b.tensors.keys()
    different = [name for name, t in a.tensors.items() if not torch.equal(t, b.tensors[name])]
    assert different == []
