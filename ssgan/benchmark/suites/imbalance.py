"""Classes of unequal size: what helps a plain classifier to find the rare ones.

Images: classes become rarer along an exponential (Cui et al. 2019), in an order that the seed
draws; the test part has all of them as it comes. The network, its steps and its rate are the same
in every row, only what it learns from differs. "unlabeled rows too" is a league of its own: its
GAN also sees the training rows that are left, without labels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score, recall_score
from torch import Tensor

from ssgan.benchmark.problems import Array, data_of
from ssgan.benchmark.results import Value
from ssgan.benchmark.runner import Suite
from ssgan.codecs.image import MOVES
from ssgan.data import Codec, Data, fit_codec
from ssgan.metrics.scores import small_network
from ssgan.models.gan import GAN, GANConfig, pretrain
from ssgan.prediction.finetuning import PredictorConfig
from ssgan.prediction.predictor import Predictor, finetune
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime
from ssgan.synthesis import Filtered, Known, Plan, assess, conditional, smote, synthesised
from ssgan.training.optim import adam, cosine, set_rate
from ssgan.training.step import descend
from ssgan.transforms.batch import Augmentation
from ssgan.transforms.views import Views

RATE, BATCH = 2e-3, 64
RUNTIME = Runtime("cpu", bfloat16=False)
RARE = 3  # classes whose recall is shown
ALONE, TOO = "labelled rows alone", "unlabeled rows too"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How unequal the classes of a data set are, and for how many steps all learn."""

    most: int  # rows of the most frequent class
    ratio: int  # how many times fewer the rarest has
    steps: int  # of the classifier
    transforms: tuple[str, ...]  # as people use them for such images
    gan: GANConfig  # of the labelled rows alone
    unlabeled: GANConfig  # of all rows


SHAPES = {
    "fashion-mnist": Shape(
        most=1000,
        ratio=100,
        steps=600,
        transforms=("shift", "flip"),
        gan=GANConfig(steps=1500, augmentation=Augmentation()),
        unlabeled=GANConfig(steps=2000),
    ),
    "digits": Shape(
        most=100,
        ratio=10,
        steps=600,
        transforms=MOVES,
        gan=GANConfig(steps=600, augmentation=Augmentation()),
        unlabeled=GANConfig(steps=400),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The key of a row."""

    data: str  # of SHAPES
    league: str  # ALONE or TOO
    method: str  # of METHODS
    gan_seed: int


@dataclass(frozen=True)
class Few:
    """Labelled rows of unequal classes."""

    data: Data
    rows: Array  # of data.x
    y: Array  # their class indices
    codec: Codec
    shape: Shape
    seed: int

    @property
    def x(self) -> Array:
        return np.asarray(self.data.x)[self.rows]

    @property
    def counts(self) -> Array:
        return np.bincount(self.y)

    @property
    def missing(self) -> Array:
        """How many rows every class has fewer than the most frequent one."""
        counts: Array = self.counts.max() - self.counts
        return counts

    @property
    def labels(self) -> Array:
        return np.asarray(self.data.y)[self.rows]


@dataclass(frozen=True)
class Lesson:
    """What the classifier learns from."""

    x: Tensor  # encoded (N, *shape)
    y: Tensor  # class indices (N,)
    helps: bool | None = None  # what the gate says of rows that were added


def profile(classes: int, most: int, ratio: int, rng: Rng) -> Array:
    """Rows of every class (K,): `most` in one, `ratio` times fewer in another, between along an
    exponential (Cui et al. 2019, section 5.1); the order is drawn."""
    share = np.arange(classes) / (classes - 1)
    order = rng("order").permutation(classes).numpy()
    counts: Array = np.rint(most * float(ratio) ** -share).astype(int)[order]
    return counts


def few_of(data: Data, shape: Shape, seed: int) -> Few:
    """The labelled rows of a seed."""
    rng, y = Rng(("imbalance", seed)), np.asarray(data.y)
    classes, coded = np.unique(y, return_inverse=True)
    counts = profile(len(classes), shape.most, shape.ratio, rng)
    counts = np.minimum(counts, np.bincount(coded))
    order = rng("rows").permutation(len(y)).numpy()
    rows = np.concatenate([order[coded[order] == k][:count] for k, count in enumerate(counts)])
    return Few(data, rows, coded[rows], fit_codec(data), shape, seed)


def gan_of(few: Few, league: str, work: Path) -> GAN:
    """The GAN of a league: conditional on the labelled rows, or of all rows; trained once."""
    home = work / f"{few.data.source}-{league.split()[0]}-{few.seed}"
    if league == ALONE:
        config, labels = replace(few.shape.gan, seed=few.seed), few.labels
        return pretrain(few.x, config, labels, run=home, device="cpu")
    return pretrain(few.data, replace(few.shape.unlabeled, seed=few.seed), run=home, device="cpu")


def plain(few: Few, work: Path) -> Lesson:
    return Lesson(few.codec.expand(few.codec.pack(few.x)), torch.from_numpy(few.y))


def below(few: Few, x: Tensor, y: Array) -> Lesson:
    """The labelled rows with encoded others and their class indices below."""
    real = plain(few, Path())
    return Lesson(torch.cat([real.x, x.float()]), torch.cat([real.y, torch.from_numpy(y)]))


def smoted(few: Few, work: Path) -> Lesson:
    """With rows between neighbours, pixel by pixel."""
    real = plain(few, work).x
    flat = real.flatten(1).numpy().astype(np.float64)
    x, y = smote(flat, few.y, few.missing, Rng(("imbalance smote", few.seed)))
    return below(few, torch.from_numpy(x).reshape(-1, *real.shape[1:]), y)


def by_class(few: Few, work: Path, judge: bool = True) -> Lesson:
    """With samples of a conditional GAN that saw the labelled rows alone."""
    gan = gan_of(few, ALONE, work)
    classes = gan.classes or ()
    counts = {name: int(n) for name, n in zip(classes, few.missing, strict=True)}
    x, labels = conditional(gan, sum(counts.values()), counts=counts, seed=few.seed)
    lesson = below(few, few.codec.expand(few.codec.pack(x)), np.searchsorted(classes, labels))
    return replace(lesson, helps=judged(few, gan, None, x, labels)) if judge else lesson


def labelled(few: Few, work: Path, judge: bool = True) -> Lesson:
    """With samples of a GAN that saw all rows, labelled by its finetuned discriminator."""
    gan = gan_of(few, TOO, work)
    model = finetune(gan, few.x, few.labels, PredictorConfig(seed=few.seed, calibrate=False))
    x, y = synthesised(gan, model, few.missing, few.seed)
    lesson = below(few, few.codec.expand(few.codec.pack(x)), y)
    if not judge:
        return lesson
    return replace(lesson, helps=judged(few, gan, model, x, model.targets.decode(y)))


def allowed(make: Callable[[Few, Path], Lesson], few: Few, work: Path) -> Lesson:
    """What `make` gives if the gate finds that it helps, else the labelled rows alone."""
    lesson = make(few, work)
    return lesson if lesson.helps else replace(plain(few, work), helps=lesson.helps)


def itself(few: Few, work: Path) -> Predictor:
    """The finetuned discriminator that labels those samples, in the classifier's place."""
    gan = gan_of(few, TOO, work)
    return finetune(gan, few.x, few.labels, PredictorConfig(seed=few.seed, calibrate=False))


def judged(few: Few, gan: GAN, model: Predictor | None, x: Array, labels: Array) -> bool:
    """Whether the gate finds that the samples help."""
    classes = tuple(np.unique(few.labels).tolist())
    known = Known(gan, classes, model, few.x, few.y)
    plan = Plan(repeats=2, metric="balanced accuracy", seed=few.seed)
    verdict = assess(known, {"gan": Filtered(x, labels, {})}, plan=plan, ratios=(None,))
    return verdict.answer == "helps"


@dataclass(frozen=True)
class Method:
    """What is learnt from, and how."""

    lesson: Callable[[Few, Path], Lesson | Predictor]
    weighted: bool = False  # rare classes count for more
    moved: bool = False  # by transforms that are natural for such images
    league: str = ALONE


METHODS = {
    "nothing": Method(plain),
    "class weights": Method(plain, weighted=True),
    "SMOTE": Method(smoted),
    "transforms": Method(plain, moved=True),
    "class weights and transforms": Method(plain, weighted=True, moved=True),
    "SMOTE and transforms": Method(smoted, moved=True),
    "ssgan": Method(by_class),
    "ssgan, where the gate says yes": Method(partial(allowed, by_class)),
    "ssgan and transforms": Method(partial(by_class, judge=False), moved=True),
    "ssgan, labelled by its discriminator": Method(labelled, league=TOO),
    "the same, where the gate says yes": Method(partial(allowed, labelled), league=TOO),
    "the same and transforms": Method(partial(labelled, judge=False), moved=True, league=TOO),
    "that discriminator itself": Method(itself, league=TOO),
}


def learnt(lesson: Lesson, method: Method, shape: Shape, seed: int) -> Callable[[Tensor], Tensor]:
    """A small convolutional network after its updates: encoded samples to class indices."""
    steps, moves = shape.steps, shape.transforms
    rng, classes = Rng(("imbalance classifier", seed)), int(lesson.y.max()) + 1
    with seeded(rng("weights")):
        network = small_network(lesson.x.shape[1], classes)
    optimizer = adam(network, RATE, (0.9, 0.999), 1e-4)
    counts = torch.bincount(lesson.y, minlength=classes).clamp_min(1)
    weight = len(lesson.y) / classes / counts if method.weighted else None
    views = Views(moves if method.moved else ())

    def loss(x: Tensor, y: Tensor) -> dict[str, Tensor]:
        return {"cross_entropy": F.cross_entropy(network(x), y, weight)}

    for step in range(steps):
        index = rng("rows", step).integers(len(lesson.y), BATCH)
        x = lesson.x[index]
        x = views.of(x, rng("views", step)) if method.moved else x
        set_rate(optimizer, cosine(step, steps, RATE, 0.0))
        descend(loss, (x, lesson.y[index]), optimizer, RUNTIME)
    network.eval()

    @torch.inference_mode()
    def guess(x: Tensor) -> Tensor:
        return torch.cat([network(part).argmax(1) for part in torch.split(x, 1000)])

    return guess


def found(few: Few, guesses: Array) -> dict[str, float]:
    """How well test rows of all classes, and of the rarest, are found."""
    true = np.searchsorted(np.unique(few.data.y), np.asarray(few.data.y_test))
    each = recall_score(true, guesses, average=None, zero_division=0)
    rare = np.argsort(few.counts, kind="stable")[:RARE]
    return {
        "macro_f1": round(float(f1_score(true, guesses, average="macro")), 5),
        "rare_recall": round(float(each[rare].mean()), 5),
        "accuracy": round(float((true == guesses).mean()), 5),
    }


def solve(
    shapes: Mapping[str, Shape], data_dir: Path | None, cell: Cell, work: Path
) -> Mapping[str, Value]:
    method, shape = METHODS[cell.method], shapes[cell.data]
    few = few_of(data_of(cell.data, data_dir), shape, cell.gan_seed)
    lesson = method.lesson(few, work)
    if isinstance(lesson, Predictor):
        guesses = lesson.targets.encode(lesson.predict(few.data.x_test))
        return {**found(few, guesses), "helps": "", "rows": len(few.y)}
    guess = learnt(lesson, method, shape, cell.gan_seed)
    guesses = guess(few.codec.expand(few.codec.pack(few.data.x_test))).numpy()
    helps = "" if lesson.helps is None else int(lesson.helps)
    return {**found(few, guesses), "helps": helps, "rows": len(lesson.y)}


@dataclass(frozen=True, kw_only=True)
class Need:
    """The GAN that cells share."""

    data: str
    league: str
    gan_seed: int


def needs(cell: Cell) -> Need | None:
    if METHODS[cell.method].lesson in (plain, smoted):
        return None
    return Need(data=cell.data, league=cell.league, gan_seed=cell.gan_seed)


def prepare(shapes: Mapping[str, Shape], data_dir: Path | None, need: Need, work: Path) -> None:
    few = few_of(data_of(need.data, data_dir), shapes[need.data], need.gan_seed)
    gan_of(few, need.league, work)


def quick(shape: Shape) -> Shape:
    """The same with a tenth of the training."""
    gan, unlabeled = (replace(c, steps=c.steps // 10) for c in (shape.gan, shape.unlabeled))
    return replace(shape, steps=shape.steps // 4, gan=gan, unlabeled=unlabeled)


def imbalance(short: bool, data_dir: Path | None) -> Suite:
    """The suite of images."""
    shapes = {name: quick(shape) if short else shape for name, shape in SHAPES.items()}
    seeds = {"fashion-mnist": 1 if short else 3, "digits": 2 if short else 5}
    return Suite(
        name="imbalance-quick" if short else "imbalance",
        about=ABOUT,
        cells=tuple(
            Cell(data=data, league=method.league, method=name, gan_seed=seed)
            for data, count in seeds.items()
            for name, method in METHODS.items()
            for seed in range(count)
        ),
        solve=partial(solve, shapes, data_dir),
        measure="macro_f1",
        by=("data", "league", "method"),
        needs=needs,
        prepare=partial(prepare, shapes, data_dir),
    )


ABOUT = "macro-F1 with rare classes: Fashion-MNIST 1:100, digits 1:10"
