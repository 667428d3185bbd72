"""How sure classifiers are, and how sure they may be: calibration with and without a temperature.

One finetuning gives both figures of a row: its probabilities on the test part as they are, at the
temperature that folds of the labelled samples gave, and at 1.
"""

import functools
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import softmax

from ssgan import metrics
from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.fewlabel import (
    Shared,
    Table,
    cells_of,
    make_shared,
    problem_of,
    shared_by,
    start_of,
)
from ssgan.benchmark.methods import CONTENDERS, Fields
from ssgan.benchmark.results import Value
from ssgan.benchmark.suites.fewlabel import DIGITS, MNIST_100
from ssgan.config import InputError

CALIBRATED = (  # methods
    "simple model that the folds choose",
    "linear probe, discriminator",
    "margin probe, discriminator",
    "k-NN, discriminator",
    "label spreading on its features",
    "finetuned discriminator",
)
ON_DIGITS = ("consistency", "auto")  # there they take seconds
ON: Fields = {"": {"calibrate": True}}


def measure_calibration(tables: Sequence[Table], cell: Cell, place: Place) -> Mapping[str, Value]:
    """Measures of a method's probabilities, with its temperature and without."""
    table = table_of(tables, cell)
    start = start_of(table, cell, place)
    problem = problem_of(table, cell, place, start)
    began = time.perf_counter()
    answer = CONTENDERS[cell.method].answer(problem, table.settings, cell.label_seed)
    seconds = round(time.perf_counter() - began, 2)
    if answer.model is None:
        raise InputError(f"method {cell.method!r} has no probabilities")
    true = answer.model.targets.encode(problem.data.y_test)
    outputs, temperature = answer.model.outputs(problem.data.x_test), answer.model.temperature
    scaled = measures(true, outputs / temperature)
    plain = measures(true, outputs)
    scaled |= {f"{name}_plain": plain[name] for name in ("ece", "log_loss")}
    return {**scaled, "temperature": round(temperature, 4), "seconds": seconds}


def measures(
    true: "np.ndarray[tuple[int], np.dtype[np.int64]]", outputs: object
) -> dict[str, float]:
    """Calibration error and log loss of class indices (N,) under logits (N, K)."""
    values = metrics.predictions(true, softmax(np.asarray(outputs), axis=1))
    return {name: round(values[name], 5) for name in ("ece", "log_loss", "accuracy")}


def table_of(tables: Sequence[Table], cell: Cell | Shared) -> Table:
    """The table that a cell, or what it needs, belongs to."""
    return next(table for table in tables if table.data == cell.data)


def calibration_of(tables: Sequence[Table]) -> Suite:
    """The suite of tables of one data set each."""
    return Suite(
        cells=tuple(cell for table in tables for cell in cells_of(table)),
        solve=functools.partial(measure_calibration, tables),
        measure="ece",
        lower=True,
        by=("data", "labels", "method"),
        needs=functools.partial(need_of, tables),
        prepare=functools.partial(make_need, tables),
    )


def calibrated_part(table: Table, methods: tuple[str, ...] = CALIBRATED, draws: int = 3) -> Table:
    """The part of a few-label table that is part_of here."""
    settings = {**table.settings, "": {**table.settings.get("", {}), **ON[""]}}
    return replace(
        table,
        labels=table.labels[-1:],
        draws=table.draws[:draws],
        settings=settings,
        methods=methods,
        flops=None,
    )


def short_calibrated_part(table: Table, methods: tuple[str, ...], steps: int = 20) -> Table:
    """The same on one draw, after so many steps of everything."""
    part = calibrated_part(table, methods, draws=1)
    settings = {way: {**fields, "steps": steps} for way, fields in part.settings.items()}
    return replace(part, settings=settings, gan=replace(part.gan, steps=steps))


def need_of(tables: Sequence[Table], cell: Cell) -> Shared | None:
    """What a cell shares with others: a trained GAN, or nothing."""
    return shared_by(table_of(tables, cell), cell)


def make_need(tables: Sequence[Table], need: Shared, place: Place) -> None:
    """Train what cells share."""
    make_shared(table_of(tables, need), need, place)


def calibration(short: bool) -> Suite:
    """The suite: digits and MNIST, in the short form digits alone."""
    on_digits = (*CALIBRATED, *ON_DIGITS)
    if short:
        return calibration_of((short_calibrated_part(DIGITS, on_digits),))
    return calibration_of((calibrated_part(DIGITS, on_digits), calibrated_part(MNIST_100)))


BENCHMARKS = (
    Benchmark(
        "calibration",
        "calibration error of every classifier, with and without a temperature, 3 draws",
        calibration,
    ),
)
