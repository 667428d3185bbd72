"""Shapes of things: ModelNet10 at 16 voxels a side, what its critic's features are worth.

With all labels, a linear support vector machine on the 512 main axes of features: raw voxels, an
untrained critic, one trained without labels, and a supervised network of the same trunk. With few
labels, `auto`. 69 shapes of the test part are bit for bit in the training part too: a column counts
the others alone.
"""

import time
from dataclasses import replace
from functools import partial
from hashlib import sha256

import numpy as np
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.fewlabel import (
    Shared,
    Table,
    make_shared,
    pretraining_cost,
    problem_of,
    shared_by,
    start_of,
)
from ssgan.benchmark.methods import CONTENDERS
from ssgan.benchmark.problems import Problem
from ssgan.benchmark.results import Value
from ssgan.codecs.codec import Array
from ssgan.data import Data
from ssgan.models.config import GANConfig
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.finetune import finetune

SHAPES = "modelnet10-16"
ALL = 3991  # labels
MAIN_AXES = 512
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1)  # of the support vector machine
SUPERVISION = PredictorConfig(
    method="propagation", unlabeled=0.0, calibrate=False, steps=1500, transforms=()
)
# Things stand on the floor and have a front: no turn about a level axis keeps them what they are.
VIEWS = ("turn", "stretch", "shift", "noise")
RAW = "raw voxels, linear SVM"
SUPERVISED = "same network, supervised"
PROBES = {
    "untrained critic, linear SVM": "linear probe, random trunk",
    "critic, linear SVM": "linear probe, discriminator",
    "distilled student, linear SVM": "linear probe, distilled student",
}
FEW = ("simple model that the folds choose", "GAN off: auto", "auto")
TABLE = Table(
    name="shapes",
    about="",
    data=SHAPES,
    labels=(ALL, 100),
    draws=(),
    gan=GANConfig(steps=1500, width=24),
    settings={"": {"transforms": VIEWS}},
    timed=False,
    device="cpu",
    flops=None,
)


def shape_names(x: Array) -> Array:
    """What tells whether two shapes are the same to the bit."""
    return np.array([sha256(shape.tobytes()).hexdigest() for shape in x])


def leaked(data: Data) -> Array:
    """Which test shapes (M,) are in the training part too."""
    return np.isin(shape_names(data.x_test), shape_names(data.x))


def as_contender(cell: Cell) -> Cell:
    """The cell of the few-label table whose network a probe of this one reads."""
    return replace(cell, method=PROBES.get(cell.method, cell.method))


def shared(table: Table, cell: Cell) -> Shared | None:
    """What a cell shares with others: a trained GAN, or nothing."""
    known = as_contender(cell).method
    return shared_by(table, as_contender(cell)) if known in CONTENDERS else None


def probed(train: Array, labels: Array, test: Array, seed: int) -> Array:
    """Predictions (M,) of a linear support vector machine on the main axes of features."""
    split = StratifiedShuffleSplit(1, test_size=0.2, random_state=seed)
    search = GridSearchCV(LinearSVC(random_state=seed), {"C": list(STRENGTHS)}, cv=split)
    axes = PCA(min(MAIN_AXES, len(train) - 1), svd_solver="randomized", random_state=seed)
    model = make_pipeline(StandardScaler(), axes, StandardScaler(with_mean=False), search)
    return np.asarray(model.fit(train, labels).predict(test))


def shape_features(problem: Problem, cell: Cell) -> tuple[Array, Array]:
    """Of the training and the test shapes, (N, F) and (M, F)."""
    data = problem.data
    if cell.method == RAW or problem.start is None:
        rows = [np.asarray(x, np.float32).reshape(len(x), -1) for x in (data.x, data.x_test)]
        return rows[0], rows[1]
    return problem.start.features(data.x), problem.start.features(data.x_test)


def predictions_of(table: Table, cell: Cell, problem: Problem) -> Array:
    """Of a cell's method, for the test shapes."""
    if cell.method in CONTENDERS:
        return CONTENDERS[cell.method].answer(problem, table.settings, cell.label_seed).predictions
    if cell.method == SUPERVISED and problem.start is not None:
        fields = {"seed": cell.label_seed, **table.settings.get(SUPERVISED, {})}
        config = SUPERVISION.changed(fields)
        model = finetune(problem.start, problem.data.x, problem.data.y, config)
        return model.predict(problem.data.x_test)
    rows = shape_features(problem, cell)
    return probed(rows[0], problem.data.y, rows[1], cell.label_seed)


def solve_shape(table: Table, cell: Cell, place: Place) -> dict[str, Value]:
    """The accuracy of a cell on all test shapes, and on those that are not in the training part."""
    known, need = as_contender(cell), shared(table, cell)
    data = place.read(table.data)
    if known.method in CONTENDERS:
        start = start_of(table, known, place)
    else:
        scratch = replace(cell, method="linear probe, random trunk")
        start = None if cell.method == RAW else start_of(table, scratch, place)
    problem = Problem(data, np.arange(len(data)), start)
    if cell.labels < len(data):
        problem = problem_of(table, known, place, start)
    began = time.perf_counter()
    right = predictions_of(table, cell, problem) == data.y_test
    seconds = time.perf_counter() - began
    cost = pretraining_cost(table, cell, place) if need and need.trained else {}
    return {
        "accuracy": round(float(right.mean()), 5),
        "without_leaks": round(float(right[~leaked(data)].mean()), 5),
        "seconds": round(seconds, 2),
        "gan_seconds": round(float(cost.get("seconds", 0.0)), 1),
    }


def shapes(short: bool) -> Suite:
    """The suite: probes with all labels, and methods with 10 labels a class."""
    table, draws = TABLE, 1 if short else 5
    if short:
        few = {"steps": 100, "student_steps": 100}
        settings = {"": {**TABLE.settings[""], **few}, SUPERVISED: {"steps": 100}}
        table = replace(TABLE, gan=replace(TABLE.gan, steps=100), settings=settings)
    with_all = (RAW, *PROBES, SUPERVISED)
    cells = [
        Cell(data=SHAPES, labels=count, method=method, gan_seed=draw, label_seed=draw)
        for draw in range(draws)
        for count, methods in ((ALL, with_all), (100, FEW if draw < 3 else ()))
        for method in methods
    ]
    return Suite(
        cells=tuple(cells),
        solve=partial(solve_shape, table),
        measure="accuracy",
        by=("labels", "method"),
        needs=partial(shared, table),
        prepare=partial(make_shared, table),
    )


BENCHMARKS = (
    Benchmark(
        "shapes",
        "ModelNet10 at 16 voxels a side: features of an unlabeled critic, 10 labels a class",
        shapes,
    ),
)
