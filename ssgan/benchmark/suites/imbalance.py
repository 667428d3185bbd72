"""Classes of unequal size: what helps a plain classifier to find the rare ones.

Images: classes become rarer along an exponential (Cui et al. 2019), in an order that the seed
draws; the test part has all of them as it comes. The network, its steps and its rate are the same
in every row, only what it learns from differs. "unlabeled rows too" is a league of its own: its
GAN also sees the training rows that are left, without labels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score, recall_score
from torch import Tensor

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.results import Value
from ssgan.codecs.codec import Array
from ssgan.codecs.image import MOVES
from ssgan.data import Codec, Data, fit_codec
from ssgan.metrics.scores import small_network
from ssgan.models.config import GANConfig
from ssgan.models.gan import GAN
from ssgan.models.pretraining import pretrain
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune
from ssgan.prediction.predictor import Predictor
from ssgan.randomness import Rng, seeded
from ssgan.runtime import Runtime
from ssgan.synthesis import Context, Plan, Synthetic, assess, sample_classes, smote, synthesise
from ssgan.training.optim import adam, cosine, set_rate
from ssgan.training.step import descend
from ssgan.transforms.batch import Augmentation
from ssgan.transforms.views import Views

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
    predictor: PredictorConfig = PredictorConfig(method="propagation", calibrate=False)


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


@dataclass(frozen=True)
class RareClasses:
    """Labelled rows of unequal classes."""

    data: Data
    rows: Array  # of data.x
    y: Array  # their class indices
    codec: Codec
    shape: Shape
    seed: int

    @property
    def x(self) -> Array:
        """The raw labelled samples."""
        return np.asarray(self.data.x)[self.rows]

    @property
    def counts(self) -> Array:
        """How many of each class there are."""
        return np.bincount(self.y)

    @property
    def missing(self) -> Array:
        """How many rows every class has fewer than the most frequent one."""
        counts: Array = self.counts.max() - self.counts
        return counts

    @property
    def predictor_config(self) -> PredictorConfig:
        """How the predictor is finetuned."""
        return replace(self.shape.predictor, seed=self.seed)

    @property
    def labels(self) -> Array:
        """The raw labels."""
        return np.asarray(self.data.y)[self.rows]


@dataclass(frozen=True)
class TrainingSet:
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


def rare_classes(data: Data, shape: Shape, seed: int) -> RareClasses:
    """The labelled rows of a seed."""
    rng, y = Rng(("imbalance", seed)), np.asarray(data.y)
    classes, coded = np.unique(y, return_inverse=True)
    counts = profile(len(classes), shape.most, shape.ratio, rng)
    counts = np.minimum(counts, np.bincount(coded))
    order = rng("rows").permutation(len(y)).numpy()
    rows = np.concatenate([order[coded[order] == k][:count] for k, count in enumerate(counts)])
    return RareClasses(data, rows, coded[rows], fit_codec(data), shape, seed)


def gan_for(few: RareClasses, league: str, place: Place) -> GAN:
    """The GAN of a league: conditional on the labelled rows, or of all rows; trained once."""
    home = place.work / f"{few.data.source}-{league.split()[0]}-{few.seed}"
    if league == ALONE:
        config, labels = replace(few.shape.gan, seed=few.seed), few.labels
        return pretrain(few.x, config, labels=labels, run=home, device="cpu")
    return pretrain(few.data, replace(few.shape.unlabeled, seed=few.seed), run=home, device="cpu")


def real_alone(few: RareClasses, place: Place | None = None) -> TrainingSet:
    """The real rows, without any others."""
    return TrainingSet(few.codec.expand(few.codec.pack(few.x)), torch.from_numpy(few.y))


def with_added(few: RareClasses, x: Tensor, y: Array) -> TrainingSet:
    """The labelled rows with encoded others and their class indices below."""
    real = real_alone(few)
    return TrainingSet(torch.cat([real.x, x.float()]), torch.cat([real.y, torch.from_numpy(y)]))


def with_smote(few: RareClasses, place: Place) -> TrainingSet:
    """With rows between neighbours, pixel by pixel."""
    real = real_alone(few, place).x
    flat = real.flatten(1).numpy().astype(np.float64)
    x, y = smote(flat, few.y, few.missing, Rng(("imbalance smote", few.seed)))
    return with_added(few, torch.from_numpy(x).reshape(-1, *real.shape[1:]), y)


def with_conditional(few: RareClasses, place: Place, judge: bool = True) -> TrainingSet:
    """With samples of a conditional GAN that saw the labelled rows alone."""
    gan = gan_for(few, ALONE, place)
    classes = gan.classes or ()
    counts = {name: int(n) for name, n in zip(classes, few.missing, strict=True)}
    x, labels = sample_classes(gan, sum(counts.values()), counts=counts, seed=few.seed)
    training_set = with_added(
        few, few.codec.expand(few.codec.pack(x)), np.searchsorted(classes, labels)
    )
    return (
        replace(training_set, helps=gate_says_yes(few, gan, None, x, labels))
        if judge
        else training_set
    )


def with_labelled(few: RareClasses, place: Place, judge: bool = True) -> TrainingSet:
    """With samples of a GAN that saw all rows, labelled by its finetuned discriminator."""
    gan = gan_for(few, TOO, place)
    model = finetune(gan, few.x, few.labels, few.predictor_config)
    x, y = synthesise(gan, model, few.missing, few.seed)
    training_set = with_added(few, few.codec.expand(few.codec.pack(x)), y)
    if not judge:
        return training_set
    return replace(training_set, helps=gate_says_yes(few, gan, model, x, model.targets.decode(y)))


def where_gate_says_yes(
    make: Callable[[RareClasses, Place], TrainingSet], few: RareClasses, place: Place
) -> TrainingSet:
    """What `make` gives if the gate finds that it helps, else the labelled rows alone."""
    training_set = make(few, place)
    return (
        training_set
        if training_set.helps
        else replace(real_alone(few, place), helps=training_set.helps)
    )


def own_discriminator(few: RareClasses, place: Place) -> Predictor:
    """The finetuned discriminator that labels those samples, in the classifier's place."""
    gan = gan_for(few, TOO, place)
    return finetune(gan, few.x, few.labels, few.predictor_config)


def gate_says_yes(
    few: RareClasses, gan: GAN, model: Predictor | None, x: Array, labels: Array
) -> bool:
    """Whether the gate finds that the samples help."""
    classes = tuple(np.unique(few.labels).tolist())
    context = Context(gan, classes, model, few.x, few.y)
    plan = Plan(repeats=2, metric="balanced accuracy", seed=few.seed)
    verdict = assess(context, {"gan": Synthetic(x, labels)}, plan=plan, ratios=(None,))
    return verdict.answer == "helps"


@dataclass(frozen=True)
class Treatment:
    """What is learnt from, and how."""

    training_set: Callable[[RareClasses, Place], TrainingSet | Predictor]
    weighted: bool = False  # rare classes count for more
    moved: bool = False  # by transforms that are natural for such images
    league: str = ALONE


TREATMENTS = {
    "nothing": Treatment(real_alone),
    "class weights": Treatment(real_alone, weighted=True),
    "SMOTE": Treatment(with_smote),
    "transforms": Treatment(real_alone, moved=True),
    "class weights and transforms": Treatment(real_alone, weighted=True, moved=True),
    "SMOTE and transforms": Treatment(with_smote, moved=True),
    "ssgan": Treatment(with_conditional),
    "ssgan, where the gate says yes": Treatment(partial(where_gate_says_yes, with_conditional)),
    "ssgan and transforms": Treatment(partial(with_conditional, judge=False), moved=True),
    "ssgan, labelled by its discriminator": Treatment(with_labelled, league=TOO),
    "the same, where the gate says yes": Treatment(
        partial(where_gate_says_yes, with_labelled), league=TOO
    ),
    "the same and transforms": Treatment(
        partial(with_labelled, judge=False), moved=True, league=TOO
    ),
    "that discriminator itself": Treatment(own_discriminator, league=TOO),
}


def train_network(
    training_set: TrainingSet, method: Treatment, shape: Shape, seed: int, rate: float = 2e-3
) -> Callable[[Tensor], Tensor]:
    """A small convolutional network after its updates: encoded samples to class indices."""
    steps, moves = shape.steps, shape.transforms
    rng, classes = Rng(("imbalance classifier", seed)), int(training_set.y.max()) + 1
    runtime = Runtime("cpu", bfloat16=False)
    with seeded(rng("weights")):
        network = small_network(training_set.x.shape[1], classes)
    optimizer = adam(network, rate, (0.9, 0.999), 1e-4)
    counts = torch.bincount(training_set.y, minlength=classes).clamp_min(1)
    weight = len(training_set.y) / classes / counts if method.weighted else None
    views = Views(moves if method.moved else ())

    def loss(x: Tensor, y: Tensor) -> dict[str, Tensor]:
        return {"cross_entropy": F.cross_entropy(network(x), y, weight)}

    for step in range(steps):
        index = rng("rows", step).integers(len(training_set.y), 64)
        x = training_set.x[index]
        x = views.light(x, rng("views", step)) if method.moved else x
        set_rate(optimizer, cosine(step, steps, rate, 0.0))
        descend(loss, (x, training_set.y[index]), optimizer, runtime)
    network.eval()

    @torch.inference_mode()
    def guess(x: Tensor) -> Tensor:
        return torch.cat([network(part).argmax(1) for part in torch.split(x, 1000)])

    return guess


def scores_of(few: RareClasses, predictions: Array, rarest: int = 3) -> dict[str, float]:
    """How well test samples of all classes, and of the rarest ones, are recognised."""
    true = np.searchsorted(np.unique(few.data.y), np.asarray(few.data.y_test))
    each = recall_score(true, predictions, average=None, zero_division=0)
    rare = np.argsort(few.counts, kind="stable")[:rarest]
    return {
        "macro_f1": round(float(f1_score(true, predictions, average="macro")), 5),
        "rare_recall": round(float(each[rare].mean()), 5),
        "accuracy": round(float((true == predictions).mean()), 5),
    }


def train_imbalanced(shapes: Mapping[str, Shape], cell: Cell, place: Place) -> Mapping[str, Value]:
    """Scores of a network or model that a treatment trains on rare classes."""
    method, shape = TREATMENTS[cell.method], shapes[cell.data]
    few = rare_classes(place.read(cell.data), shape, cell.gan_seed)
    training_set = method.training_set(few, place)
    if isinstance(training_set, Predictor):
        predictions = training_set.targets.encode(training_set.predict(few.data.x_test))
        return {**scores_of(few, predictions), "helps": "", "rows": len(few.y)}
    guess = train_network(training_set, method, shape, cell.gan_seed)
    predictions = guess(few.codec.expand(few.codec.pack(few.data.x_test))).numpy()
    helps = "" if training_set.helps is None else int(training_set.helps)
    return {**scores_of(few, predictions), "helps": helps, "rows": len(training_set.y)}


@dataclass(frozen=True, kw_only=True)
class NeededGAN:
    """The GAN that cells share."""

    data: str
    league: str
    gan_seed: int


def gan_needed(cell: Cell) -> NeededGAN | None:
    """The GAN that a treatment asks; None where it needs none."""
    if TREATMENTS[cell.method].training_set in (real_alone, with_smote):
        return None
    return NeededGAN(data=cell.data, league=cell.league, gan_seed=cell.gan_seed)


def pretrain_needed(shapes: Mapping[str, Shape], need: NeededGAN, place: Place) -> None:
    """Train such a GAN."""
    few = rare_classes(place.read(need.data), shapes[need.data], need.gan_seed)
    gan_for(few, need.league, place)


def shorter(shape: Shape) -> Shape:
    """The same with a tenth of the training."""
    gan, unlabeled = (replace(c, steps=c.steps // 10) for c in (shape.gan, shape.unlabeled))
    return replace(shape, steps=shape.steps // 4, gan=gan, unlabeled=unlabeled)


def imbalance(short: bool) -> Suite:
    """The suite of images."""
    shapes = {name: shorter(shape) if short else shape for name, shape in SHAPES.items()}
    seeds = {"fashion-mnist": 1 if short else 3, "digits": 2 if short else 5}
    return Suite(
        cells=tuple(
            Cell(data=data, league=method.league, method=name, gan_seed=seed)
            for data, count in seeds.items()
            for name, method in TREATMENTS.items()
            for seed in range(count)
        ),
        solve=partial(train_imbalanced, shapes),
        measure="macro_f1",
        by=("data", "league", "method"),
        needs=gan_needed,
        prepare=partial(pretrain_needed, shapes),
    )


BENCHMARKS = (
    Benchmark(
        "imbalance", "macro-F1 with rare classes: Fashion-MNIST 1:100, digits 1:10", imbalance
    ),
)
