"""Accuracy by time: the same courses of more and more steps, from the GAN and from first weights.

Each length is a course of its own with its own schedule, as `--steps` gives it, so that no point
is a look at an unfinished one.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ssgan.benchmark import fewlabel
from ssgan.benchmark.fewlabel import Table
from ssgan.benchmark.methods import METHODS
from ssgan.benchmark.results import Value
from ssgan.benchmark.runner import Suite

NAME = "time-to-accuracy"
LENGTHS = (100, 250, 600, 1500)  # steps
ROWS = (
    "GAN off: graph and consistency",
    "graph and consistency",
    "GAN off: student and consistency",
    "student and consistency",
)
DRAWS = 3
QUICK = (20, 100)  # steps of the short form
QUICK_GAN = 500


@dataclass(frozen=True, kw_only=True)
class Cell(fewlabel.Cell):
    """The key of a row: a method of so many steps on one draw."""

    steps: int


def cells(table: Table, lengths: tuple[int, ...]) -> tuple[Cell, ...]:
    """Every length of every cell of a table of few labels, the short ones first."""
    asked = fewlabel.cells(table)
    return tuple(Cell(**vars(cell), steps=steps) for steps in lengths for cell in asked)


def solve(table: Table, cell: Cell, work: Path) -> Mapping[str, Value]:
    way = METHODS[cell.method].way or ""
    given = {**table.settings.get(way, {}), "steps": cell.steps}
    return fewlabel.solve(replace(table, settings={**table.settings, way: given}), cell, work)


def time_to_accuracy(given: Table, short: bool, data_dir: Path | None) -> Suite:
    """The suite, on the data, labels and GAN of a table."""
    gan = replace(given.gan, steps=QUICK_GAN) if short else given.gan
    draws = given.draws[: 1 if short else DRAWS]
    table = replace(given, gan=gan, draws=draws, methods=ROWS, without=(), data_dir=data_dir)
    return Suite(
        name=f"{NAME}-quick" if short else NAME,
        about=ABOUT,
        cells=cells(table, QUICK if short else LENGTHS),
        solve=functools.partial(solve, table),
        measure="accuracy",
        by=("steps", "method"),
        needs=functools.partial(fewlabel.needs, table),
        prepare=functools.partial(fewlabel.prepare, table),
        timed=functools.partial(fewlabel.timed, table),
    )


ABOUT = "accuracy by time: courses of 100 to 1,500 steps on MNIST, 100 labels, 3 draws"
