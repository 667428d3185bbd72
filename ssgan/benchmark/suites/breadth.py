"""The board: ordinary models, ours and `auto` on data sets that no method was developed on.

A cell is a method with the labels of one draw. It keeps its held-out and test predictions, so that
a decision rule is judged without fitting again (`ssgan.benchmark.judging`). A GAN serves all draws
of its data set, and so does a student.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from scipy.special import log_softmax

from ssgan import metrics
from ssgan.benchmark import fewlabel
from ssgan.benchmark.board import BOARD, PROPORTION, BoardSet, in_proportion, read_set
from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.fewlabel import Shared, Table, make_shared, shared_by, start_of
from ssgan.benchmark.inner import PREFIX, candidate_outputs
from ssgan.benchmark.methods import CONTENDERS, Fields, config_for
from ssgan.benchmark.ordinary import MOST_UNLABELED, ORDINARY, OrdinaryTask, raw_features
from ssgan.benchmark.problems import Problem, choose_labelled
from ssgan.benchmark.results import Value
from ssgan.benchmark.stored import Outputs, keep
from ssgan.codecs.codec import Array
from ssgan.data import Data, targets
from ssgan.models.config import GANConfig
from ssgan.models.gan import GAN
from ssgan.models.student.config import StudentConfig
from ssgan.prediction.baselines import Folds, cross_validate, foldable, score_in_points, stratified
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.fitting import with_readout
from ssgan.prediction.heldout.crossvalidation import (
    held_out_outputs,
    labeled_outputs,
    make_folds,
    short_training,
)
from ssgan.prediction.labels import Labeled, labeled
from ssgan.prediction.predictor import Predictor
from ssgan.prediction.resolve import resolve_config
from ssgan.randomness import Rng
from ssgan.training.runner import finish

DRAWS = 3
LONG_STEPS = 1200  # of the long training, and of the one that "auto" may take
IMAGE_STEPS = 2000  # of a GAN of images
CALIBRATION_BINS = 15
REPEATS, REPEAT_LABELS = 3, 120  # folds are drawn again where labels are few: held-out ones in all
AUTO = ("auto", "GAN off: auto")
INNER = "candidates of auto"  # no row of its own: what `auto` weighs, for the rules
EVERYWHERE = (
    "linear probe, discriminator",
    "label spreading on its features",
    "finetuned discriminator",
)
OF_STUDENTS = (
    "linear probe, distilled student",
    "label spreading, distilled student",
    "finetuned student",
)
LONG_TRAININGS = {
    True: "student and consistency",
    False: "consistency",
}  # whether the samples are images
SETTINGS: Fields = {
    "auto": {"steps": LONG_STEPS, "calibrate": True},
    "consistency": {"steps": LONG_STEPS},
    "consistency+propagation": {"steps": LONG_STEPS},
}
QUICK = ("digits", "wine", "breast-cancer", "diabetes")  # sets of the short form
QUICK_METHODS = (
    "logistic or ridge regression",
    "random forest",
    "linear probe, discriminator",
    "label spreading on its features",
    "auto",
)
QUICK_STEPS = 200  # of every training of it


@dataclass(frozen=True)
class Board:
    """Data sets, what runs on them and for how long."""

    sets: Mapping[str, BoardSet]
    methods: tuple[str, ...] | None = None  # None: all that suit a set
    draws: int = DRAWS
    tuning: bool = False  # draw 0 is one more, that rules are chosen on: `auto` is not judged there
    gan_steps: int | None = None  # None: IMAGE_STEPS, or GANConfig's own
    student: StudentConfig = StudentConfig()
    settings: Fields = field(default_factory=lambda: SETTINGS)
    reader: Callable[[str, Path | None], Data] = read_set

    def table(self, data: str) -> Table:
        """The settings of the package's own methods on a data set."""
        images = self.sets[data].kind == "images"
        steps = self.gan_steps or (IMAGE_STEPS if images else GANConfig().steps)
        return Table(
            name="breadth",
            about="",
            data=data,
            labels=self.sets[data].labels,
            draws=tuple((0, draw) for draw in range(self.draws + self.tuning)),
            measure="rmse" if self.sets[data].regression else "accuracy",
            gan=GANConfig(steps=steps),
            student=self.student if images else None,
            settings=self.settings,
            timed=False,
            device="cpu",
            flops=None,
        )

    def methods_for(self, data: str) -> tuple[str, ...]:
        """The rows of a data set, ordinary ones first."""
        board_set = self.sets[data]
        usual = [n for n, m in ORDINARY.items() if m.regressor or not board_set.regression]
        images = board_set.kind == "images"
        methods = [*EVERYWHERE, *(OF_STUDENTS if images else ())]
        methods += [LONG_TRAININGS[images]] if board_set.long else []
        rows = (*usual, *methods, INNER, *AUTO)
        rows_wanted = rows if self.methods is None else self.methods
        return tuple(name for name in rows if name in rows_wanted and name not in board_set.without)

    def cells(self) -> tuple[Cell, ...]:
        """Every method on every draw of the labels, those of a data set side by side."""
        return tuple(
            Cell(data=data, league=league, labels=n, method=name, gan_seed=0, label_seed=draw)
            for data, board_set in self.sets.items()
            for league in board_set.leagues
            for n in board_set.labels
            for draw in range(self.draws + self.tuning)
            for name in self.methods_for(data)
            if not self.tuning or name not in (AUTO if draw == 0 else (INNER,))
        )


def board_suite(board: Board) -> Suite:
    """The suite of a board."""
    return Suite(
        cells=board.cells(),
        solve=partial(solve_method, board),
        measure="points",
        by=("data", "league", "labels", "method"),
        needs=partial(network_for, board),
        prepare=partial(make_network, board),
    )


def network_for(board: Board, cell: Cell) -> Shared | None:
    """The trained GAN or student that a cell shares with others."""
    cell = replace(cell, method=AUTO[0]) if cell.method == INNER else cell
    return None if cell.method in ORDINARY else shared_by(board.table(cell.data), cell)


def make_network(board: Board, need: Shared, place: Place) -> None:
    """Train what cells share."""
    make_shared(board.table(need.data), need, replace(place, reader=board.reader))


def solve_method(board: Board, cell: Cell, place: Place) -> dict[str, Value]:
    """Fit a method, keep what it predicts, and score that on the test samples."""
    place, table = replace(place, reader=board.reader), board.table(cell.data)
    data = place.read(cell.data)
    choose = in_proportion if cell.league == PROPORTION else choose_labelled
    problem = Problem(data, choose(data, cell.labels, cell.label_seed))
    few = targets(data.y)
    truth = replace(few, values=few.values[problem.labeled])
    y_test = few.encode(data.y_test)
    if cell.method in ORDINARY:
        outputs, scores = ordinary_outputs(cell, problem, truth.values, len(few.classes or ()))
        outputs_by_name = {cell.method: outputs}
    elif cell.method == INNER:
        problem = replace(problem, start=start_of(table, replace(cell, method=AUTO[0]), place))
        outputs_by_name, scores = auto_outputs(table, cell, problem)
    else:
        problem = replace(problem, start=start_of(table, cell, place))
        outputs, scores = own_outputs(table, cell, problem)
        outputs_by_name, scores = (
            {cell.method: outputs},
            scores | pretraining_seconds(table, cell, place),
        )
    for name, each in outputs_by_name.items():
        keep(place.work, replace(cell, method=name), each, truth.values, y_test)
    common: dict[str, Value] = {"test": len(y_test), "gan_seconds": 0.0, "gan_source": ""}
    points = {} if cell.method == INNER else scored(outputs.test, y_test)
    return points | common | scores


def auto_outputs(
    table: Table, cell: Cell, problem: Problem
) -> tuple[dict[str, Outputs], dict[str, Value]]:
    """What the candidates of `auto` give; none of them is a row, so nothing is scored."""
    if not isinstance(problem.start, GAN):
        raise TypeError(f"{cell.method} start from no GAN")
    config = config_for(CONTENDERS[AUTO[0]], table.settings, cell.label_seed)
    samples = labeled(problem.start, *problem.few, None, config.seed)
    config = resolve_config(config, problem.start, samples)
    began = perf_counter()
    outputs = candidate_outputs(problem.start, config, samples, problem.data.x_test)
    outputs_by_name = {PREFIX + name: each for name, each in outputs.items()}
    return outputs_by_name, {"seconds": round(perf_counter() - began, 2)}


def pretraining_seconds(table: Table, cell: Cell, place: Place) -> dict[str, Value]:
    """What the GAN of a cell, and the student that it shares, took, and which code began it."""
    if CONTENDERS[cell.method].needs != "gan":
        return {}
    cost = fewlabel.pretraining_cost(table, cell, place)
    shared, _ = fewlabel.distilling_cost(table, cell, place)
    seconds = round(float(cost["seconds"]) + shared, 1)
    return {"gan_seconds": seconds, "gan_source": str(cost["source"])}


def folds_for(labels: Array, classes: int, seed: int) -> Folds | None:
    """The folds that all methods which are fitted at once are held out on; None where none can be.

    They are those of `ssgan.prediction`, drawn again where labels are few.
    """
    if foldable(labels, classes) < 2:
        return None
    repeats = max(1, min(REPEATS, REPEAT_LABELS // len(labels)))
    return stratified(labels, classes, Rng(("board", seed)), repeats=repeats)


def no_folds(count: int, classes: int) -> tuple[Array, Array]:
    """Held-out outputs of no repeats, and their folds."""
    shape = (0, count, classes) if classes else (0, count)
    return np.empty(shape), np.empty((0, count), np.int64)


def ordinary_outputs(
    cell: Cell, problem: Problem, labels: Array, classes: int
) -> tuple[Outputs, dict[str, Value]]:
    """What an ordinary model gives, and its seconds."""
    rows, test = raw_features(problem.data)
    rest = np.setdiff1d(np.arange(len(rows)), problem.labeled)
    order = Rng(("board", "unlabeled")).numpy().permutation(len(rest))[:MOST_UNLABELED]
    task = OrdinaryTask(rows[problem.labeled], labels, classes, rows[rest[order]], cell.label_seed)
    began = perf_counter()
    predicted = task.fit_predict(cell.method, np.arange(len(labels)), test)
    seconds: dict[str, Value] = {"seconds": round(perf_counter() - began, 2)}
    folds = folds_for(labels, classes, cell.label_seed)
    if folds is None:
        oof, fold_of = no_folds(len(labels), classes)
        return Outputs(oof, predicted, fold_of), seconds

    def fit_predict(train: Array, test: Array) -> Array:
        return task.fit_predict(cell.method, train, task.rows[test])

    held_out = cross_validate(fit_predict, labels, classes, folds).outputs
    return Outputs(held_out, predicted, folds.of), seconds


def own_outputs(table: Table, cell: Cell, problem: Problem) -> tuple[Outputs, dict[str, Value]]:
    """What a method of the package gives, and its seconds; of "auto" also how sure it may be."""
    contender = CONTENDERS[cell.method]
    began = perf_counter()
    model = contender.answer(problem, table.settings, cell.label_seed).model
    columns: dict[str, Value] = {"seconds": round(perf_counter() - began, 2)}
    if model is None or not isinstance(problem.start, GAN):
        raise TypeError(f"{cell.method} gave no model of a GAN")
    x, test = problem.data.x_test, model_outputs(model, problem.data.x_test)
    columns["way"] = model.config.method
    if model.intervals is not None:
        true = np.asarray(problem.data.y_test, np.float64)
        columns["interval_coverage"] = metrics.interval_coverage(true, model.predict_interval(x))
    config = config_for(contender, table.settings, cell.label_seed)
    samples = labeled(problem.start, *problem.few, None, config.seed)
    labels, folds = samples.values.numpy(), None
    if cell.method not in AUTO:
        folds = folds_for(labels, samples.classes, cell.label_seed)
    if folds is None:
        oof, fold_of = no_folds(len(labels), samples.classes)
        return Outputs(oof, test, fold_of), columns
    oof, fold_of = hold_out(problem.start, config, samples, folds)
    return Outputs(oof, test, fold_of), columns


def model_outputs(model: Predictor, samples: Any) -> Array:
    """Log-probabilities (m, K), or numbers (m,)."""
    if model.classes is None:
        return model.numbers(samples)
    logs: Array = log_softmax(model.scores(samples), axis=1)
    return logs


def hold_out(
    gan: GAN, config: PredictorConfig, samples: Labeled, folds: Folds
) -> tuple[Array, Array]:
    """What a method gives for labelled samples when it learns from others, and on which folds.

    A training in steps is a short one, held out once on the folds of "auto".
    """
    config = resolve_config(config, gan, samples)
    gan = finish(with_readout(gan, config, samples))

    def fit_predict(train: Array, test: Array) -> Array:
        network, _ = finish(short_training(gan, config, samples, train))
        return labeled_outputs(gan, network, samples, test)

    if config.learns:
        folds = make_folds(samples, config)
        outputs = finish(held_out_outputs(gan, config, samples, folds, "comparison"))[None]
    else:
        labels = samples.values.numpy()
        outputs = cross_validate(fit_predict, labels, samples.classes, folds).outputs
    if samples.classes:
        return np.asarray(log_softmax(outputs, axis=-1)), folds.of
    center, scale = samples.scale
    return outputs * scale + center, folds.of


def scored(test: Array, true: Array) -> dict[str, Value]:
    """How good predictions of the test samples are; "points" are higher where they are better."""
    if test.ndim == 1:
        measures = metrics.regression(true, test)
        rmse = {"rmse": measures["rmse"], "mae": measures["mae"]}
        return {"points": score_in_points(true, test, float(np.std(true))), **rmse}
    probabilities = np.exp(test)
    probabilities /= probabilities.sum(1, keepdims=True)
    measures = metrics.predictions(true, probabilities)
    miscalibrated = debiased_calibration(true, probabilities)
    return {"points": 100 * measures["accuracy"], **measures, "calibration_debiased": miscalibrated}


def debiased_calibration(true: Array, probabilities: Array, bins: int = CALIBRATION_BINS) -> float:
    """By how much confidence misses accuracy, without what chance adds in bins of few samples.

    The debiased estimator of Kumar et al. 2019, "Verified uncertainty calibration": the root of the
    mean squared gap over bins of as many samples each, less the variance of a bin's accuracy; 0 if
    that is negative.
    """
    confidence, right = probabilities.max(1), probabilities.argmax(1) == true
    total = 0.0
    for rows in np.array_split(np.argsort(confidence, kind="stable"), min(bins, len(true) // 2)):
        accuracy = float(right[rows].mean())
        chance = accuracy * (1 - accuracy) / (len(rows) - 1)
        gap = float(confidence[rows].mean()) - accuracy
        total += len(rows) / len(true) * (gap**2 - chance)
    return float(np.sqrt(max(total, 0.0)))


def short_board(sets: Mapping[str, BoardSet]) -> Board:
    """A board of bundled sets and of few methods, in minutes on two cores."""
    few = {name: replace(sets[name], labels=sets[name].labels[:1]) for name in QUICK}
    steps = {"steps": QUICK_STEPS, "student": {"steps": QUICK_STEPS}}
    return Board(
        few, QUICK_METHODS, gan_steps=QUICK_STEPS, settings={"": steps, "auto": {"calibrate": True}}
    )


def breadth(short: bool) -> Suite:
    """The suite of all data sets, or its short form."""
    return board_suite(short_board(BOARD) if short else Board(BOARD, tuning=True))


ABOUT = f"{len(BOARD)} data sets of five kinds, two label counts each, {DRAWS} draws"
BENCHMARKS = (Benchmark("breadth", ABOUT, breadth),)
