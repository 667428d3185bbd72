"""How sure classifiers are, and how sure they may be: calibration with and without a temperature.

One finetuning gives both figures of a row: its probabilities on the test part as they are, at the
temperature that folds of the labelled rows told, and at 1.
"""

import functools
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.special import softmax

from ssgan import metrics
from ssgan.benchmark.fewlabel import Cell, Need, Table, cells, needs, prepare, problem_of, start_of
from ssgan.benchmark.methods import METHODS, Settings
from ssgan.benchmark.results import Value
from ssgan.benchmark.runner import Suite
from ssgan.config import InputError

NAME = "calibration"
ROWS = (
    "simple model that the folds choose",
    "linear probe, discriminator",
    "margin probe, discriminator",
    "k-NN, discriminator",
    "label spreading on its features",
    "finetuned discriminator",
)
MORE = ("consistency", "auto")  # on the small data set
DRAWS = 3
ON: Settings = {"": {"calibrate": True}}
QUICK = 20  # steps of the short form, of the GAN too


def solve(tables: Sequence[Table], cell: Cell, work: Path) -> Mapping[str, Value]:
    table = table_of(tables, cell)
    start = start_of(table, cell, work)
    problem = problem_of(table, cell, start)
    began = time.perf_counter()
    answer = METHODS[cell.method].answer(problem, table.settings, cell.label_seed)
    seconds = round(time.perf_counter() - began, 2)
    if answer.model is None:
        raise InputError(f"method {cell.method!r} has no probabilities")
    true = answer.model.targets.encode(problem.data.y_test)
    outputs, warmth = answer.model.outputs(problem.data.x_test), answer.model.temperature
    found = measures(true, outputs / warmth)
    plain = measures(true, outputs)
    found |= {f"{name}_plain": plain[name] for name in ("ece", "log_loss")}
    return {**found, "temperature": round(warmth, 4), "seconds": seconds}


def measures(
    true: "np.ndarray[tuple[int], np.dtype[np.int64]]", outputs: object
) -> dict[str, float]:
    """Calibration error and log loss of class indices (N,) under logits (N, K)."""
    found = metrics.predictions(true, softmax(np.asarray(outputs), axis=1))
    return {name: round(found[name], 5) for name in ("ece", "log_loss", "accuracy")}


def table_of(tables: Sequence[Table], cell: Cell | Need) -> Table:
    """The table that a cell, or what it needs, belongs to."""
    return next(table for table in tables if table.data == cell.data)


def calibration(given: Sequence[Table], short: bool, data_dir: Path | None) -> Suite:
    """The suite, on tables of one data set each; the short form takes the first."""
    tables = tuple(part(table, small=k == 0, short=short) for k, table in enumerate(given))
    tables = tuple(replace(table, data_dir=data_dir) for table in tables[: 1 if short else None])
    return Suite(
        name=f"{NAME}-quick" if short else NAME,
        about=ABOUT,
        cells=tuple(cell for table in tables for cell in cells(table)),
        solve=functools.partial(solve, tables),
        measure="ece",
        lower=True,
        by=("data", "labels", "method"),
        needs=functools.partial(need_of, tables),
        prepare=functools.partial(make, tables),
    )


def part(table: Table, small: bool, short: bool) -> Table:
    """The rows of a few-label table that are calibrated here."""
    settings = {**table.settings, "": {**table.settings.get("", {}), **ON[""]}}
    if short:
        settings = {way: {**kept, "steps": QUICK} for way, kept in settings.items()}
        table = replace(table, gan=replace(table.gan, steps=QUICK))
    return replace(
        table,
        labels=table.labels[-1:],
        draws=table.draws[: 1 if short else DRAWS],
        settings=settings,
        methods=(*ROWS, *(MORE if small else ())),
        flops=False,
    )


def need_of(tables: Sequence[Table], cell: Cell) -> Need | None:
    return needs(table_of(tables, cell), cell)


def make(tables: Sequence[Table], need: Need, work: Path) -> None:
    prepare(table_of(tables, need), need, work)


ABOUT = "calibration error of every classifier, with and without a temperature, 3 draws"
