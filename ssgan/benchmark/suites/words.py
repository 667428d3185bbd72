"""Words to pictures: emoji of 64 pixels from their names, and of names that were never trained on.

A tenth of the names is held out with its pictures. Of a picture that a method makes of such a name,
a judge says which of 100 held-out names it shows: kernel ridge regression, fitted to the real pairs
of training, from a picture to the row that a frozen encoder makes of its name. A picture is judged
by one that has not seen the training picture nearest to it, or a copy would pass as right.
"Real pictures" is what judges reach at best; "nearest name's picture" copies the training picture
whose name is nearest; "other names" asks the same GAN for the names of others.
"""

import time
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.results import Value
from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.encoders.captions import text_encoder
from ssgan.data.named import data_directory
from ssgan.metrics.generation import precision_recall, squared_distances
from ssgan.metrics.spaces import Space, space_of
from ssgan.models.config import GANConfig
from ssgan.models.gan import GAN
from ssgan.models.pretraining import load, pretrain
from ssgan.models.sampler import generate
from ssgan.models.tasks.stackgan import REDUCTION
from ssgan.randomness import Rng
from ssgan.runs.run import Run

DATA = "emoji"
TENTH, AMONG, EACH = 10, 100, 4  # of names one is held out, those to choose from, pictures of one
REAL, COPY, OTHER = "real pictures", "nearest name's picture", "other names"
STACKGAN, FIRST = "stackgan", "stage 1, scaled up"
ASKED = (STACKGAN, FIRST, OTHER)
STEPS, SHORT_STEPS = 1500, 100
JUDGES = 5
SMALL = 4  # pixels a side of a cell that the judge sees as one


@dataclass(frozen=True)
class Pairs:
    """Pictures uint8 (N, H, W, C), their names, the rows of these (N, K), and their groups."""

    x: Array
    names: Array
    rows: Array
    groups: Array

    def __getitem__(self, index: Array) -> "Pairs":
        return Pairs(self.x[index], self.names[index], self.rows[index], self.groups[index])


@lru_cache(maxsize=2)
def emoji(directory: Path) -> Pairs:
    """All pairs of the data directory."""
    path = directory / f"{DATA}.npz"
    if not path.is_file():
        raise InputError(f"there is no {path}: expected x_train, captions and groups")
    with np.load(path) as file:
        x, names, groups = (file[name] for name in ("x_train", "captions", "groups"))
    return Pairs(x, names, text_encoder().rows(names.astype(object)), groups)


def split_pairs(place: Place, seed: int) -> tuple[Pairs, Pairs]:
    """Pairs to learn from, and those that are held out."""
    pairs = emoji(data_directory(place.data_dir))
    order = Rng(("words", seed)).numpy().permutation(len(pairs.x))
    size = len(order) // TENTH
    return pairs[np.sort(order[size:])], pairs[np.sort(order[:size])]


def words_config(steps: int, seed: int) -> GANConfig:
    """How the GAN of a seed is trained."""
    return GANConfig(model="stackgan", steps=steps, width=16, batch=32, latent=128, seed=seed)


def needed_gan(steps: int, cell: Cell) -> GANConfig | None:
    """The config of the GAN that a cell asks; None where it needs none."""
    return words_config(steps, cell.seed) if cell.method in ASKED else None


def words_run(config: GANConfig, place: Place) -> Path:
    """The run directory of such a GAN."""
    return place.work / f"words-{config.steps}-{config.seed}"


def train_words(config: GANConfig, place: Place) -> None:
    """Train it on the pairs of its seed."""
    train, _ = split_pairs(place, config.seed)
    captions = train.names.tolist()
    pretrain(train.x, config, captions=captions, run=words_run(config, place), device="cpu")


class Judges:
    """They tell which name a picture shows, and which group; fitted to parts of the real pairs."""

    def __init__(self, train: Pairs) -> None:
        self.space: Space = space_of(as_tensor(train.x))
        self.known, self.center = self.space(as_tensor(train.x)), train.rows.mean(0)
        raw = self.raw(train.x)
        self.mean, self.scale = raw.mean(0), raw.std(0) + 1e-6
        seen = self.features(train.x)
        self.fold = np.arange(len(seen)) % JUDGES
        self.names, self.groups = [], []
        for fold in range(JUDGES):
            others = self.fold != fold
            ridge = KernelRidge(kernel="rbf", gamma=1.0, alpha=0.1)
            self.names.append(ridge.fit(seen[others], train.rows[others] - self.center))
            regression = LogisticRegression(C=10.0, max_iter=2000)
            self.groups.append(regression.fit(seen[others], train.groups[others]))

    def raw(self, x: Array) -> Array:
        """Coarse pixels of pictures and their random convolutional features."""
        images = as_tensor(x)
        coarse = F.avg_pool2d(images, SMALL).flatten(1)
        features: Array = torch.cat([coarse, self.space(images)], 1).numpy()
        return features

    def features(self, x: Array) -> Array:
        """The same of deviation 1 in training, of about the length 1."""
        rows: Array = (self.raw(x) - self.mean) / self.scale / len(self.mean) ** 0.5
        return rows

    def predictions(self, judges: list[Any], x: Array) -> Array:
        """What each picture is taken for by the judge that may judge it."""
        folds = self.fold[squared_distances(self.space(as_tensor(x)), self.known).argmin(1).numpy()]
        by_judge, seen = [judge.predict(self.features(x)) for judge in judges], np.arange(len(x))
        chosen: Array = np.stack(by_judge)[folds, seen]
        return chosen

    def right_names(self, x: Array, names: Array, among: Array, seed: int) -> float:
        """How often a picture's own row is the nearest of AMONG rows (N, K); `names` is its own."""
        predicted, rows = self.predictions(self.names, x), among - self.center
        close = (predicted / norm(predicted)) @ (rows / norm(rows)).T
        draw, right = Rng(("words", "among", seed)).numpy(), []
        for scores, name in zip(close, names, strict=True):
            others = draw.permutation(np.delete(np.arange(len(rows)), name))[: AMONG - 1]
            right.append(scores[name] > scores[others].max())
        return float(np.mean(right))

    def right_groups(self, x: Array, groups: Array) -> float:
        """How often a picture is taken for one of the group of its name."""
        return float((self.predictions(self.groups, x) == groups).mean())


def norm(rows: Array) -> Array:
    """The length of each row (N, 1)."""
    lengths: Array = np.linalg.norm(rows, axis=1, keepdims=True)
    return lengths


def as_tensor(x: Array) -> torch.Tensor:
    """Pictures as networks see them, (N, C, H, W) in [-1, 1]."""
    return torch.from_numpy(x).movedim(-1, 1).float() / 127.5 - 1


def ask(gan: GAN, names: Array, first: bool) -> Array:
    """A picture of each name; `first`: that of stage 1, scaled up."""
    if not first:
        samples: Array = gan.sample(len(names), prompt=names.tolist())
        return samples
    conditions = gan.encode_labels(names.tolist(), len(names))
    rng = Rng(("samples", 0), gan.runtime.device)
    inputs = gan.sampler.inputs(len(names), rng("noise", 0), (conditions,))

    def stage(*inputs: torch.Tensor) -> torch.Tensor:
        small, _ = gan.generator.stages(*inputs)  # type: ignore[operator]
        return F.interpolate(small, scale_factor=float(REDUCTION), mode="bilinear")

    with torch.inference_mode():
        images = generate(stage, inputs, gan.codec, gan.runtime, rng("activation"))
    scaled: Array = gan.codec.decode(images.cpu())
    return scaled


def made_by(cell: Cell, train: Pairs, test: Pairs, gan: GAN | None) -> Array:
    """EACH pictures of every held-out name by a method, (EACH * N, H, W, C); of REAL one."""
    if cell.method == REAL:
        return test.x
    if gan is None:
        near = test.rows / norm(test.rows) @ (train.rows / norm(train.rows)).T
        copied: Array = train.x[near.argmax(1)]
        return copied
    names = np.tile(test.names, EACH)
    names = np.roll(names, len(test.x) // 2) if cell.method == OTHER else names
    return ask(gan, names, cell.method == FIRST)


def solve_words(steps: int, cell: Cell, place: Place) -> dict[str, Value]:
    """The measures of a method on the held-out names of a seed."""
    train, test = split_pairs(place, cell.seed)
    config = needed_gan(steps, cell)
    gan = load(words_run(config, place), "cpu") if config else None
    began = time.perf_counter()
    x = made_by(cell, train, test, gan)
    seconds = time.perf_counter() - began
    names, judges = np.arange(len(x)) % len(test.x), Judges(train)
    fake, real = (judges.space(as_tensor(images)) for images in (x, test.x))
    return {
        "right_name": round(judges.right_names(x, names, test.rows, cell.seed), 4),
        "right_group": round(judges.right_groups(x, test.groups[names]), 4),
        "zero_shot": round(zero_shot(fake, real), 4) if cell.method != REAL else "",
        "coverage": round(precision_recall(real, fake)["coverage"], 4),
        "to_training": round(float(to_nearest(fake, judges.known).mean()), 4),
        "seconds": round(seconds, 2),
        "training_seconds": training_seconds_of(words_run(config, place)) if config else 0.0,
    }


def zero_shot(fake: torch.Tensor, real: torch.Tensor) -> float:
    """How often a real picture, features (N, D), is nearest to the mean of those of its own name.

    The names are classes that are known by words alone; `fake` (M * N, D) has M of each in turn.
    """
    means = fake.reshape(-1, *real.shape).mean(0)
    nearest = squared_distances(real, means).argmin(1)
    return float((nearest == torch.arange(len(real))).float().mean())


def to_nearest(rows: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """The distance of each row (N, D) to the nearest known one."""
    return squared_distances(rows, known).min(1).values.sqrt()


def training_seconds_of(run: Path) -> float:
    """Seconds of a training; a row counts them from where it was begun or taken up again."""
    counted = [float(row["seconds"]) for row in Run.open(run).metrics()]
    return round(
        sum(seconds for seconds, following in pairwise([*counted, 0.0]) if following < seconds), 1
    )


def words(short: bool, steps: int | None = None) -> Suite:
    """Every method on the held-out names of three seeds, or of one in the short form.

    `steps` of the training: 1,500, or 100 in the short form.
    """
    steps = steps or (SHORT_STEPS if short else STEPS)
    cells = tuple(
        Cell(data=DATA, method=method, seed=seed)
        for seed in range(1 if short else 3)
        for method in (REAL, COPY, OTHER, FIRST, STACKGAN)
    )
    return Suite(
        cells=cells,
        solve=partial(solve_words, steps),
        measure="right_name",
        needs=partial(needed_gan, steps),
        prepare=train_words,
    )


BENCHMARKS = (Benchmark("words", "emoji from names that were held out, in two stages", words),)
