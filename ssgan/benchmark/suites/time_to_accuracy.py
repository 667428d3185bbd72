"""Time to accuracy: the same trainings of more and more steps, from the GAN and from first weights.

Each length is a training of its own with its own schedule, as `--steps` gives it, so that no point
is an evaluation of an unfinished one.
"""

import functools
from collections.abc import Mapping
from dataclasses import replace

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.fewlabel import (
    Table,
    cells_of,
    is_timed,
    make_shared,
    shared_by,
    solve_cell,
)
from ssgan.benchmark.methods import CONTENDERS
from ssgan.benchmark.results import Value
from ssgan.benchmark.suites.fewlabel import MNIST_100

LENGTHS = (100, 250, 600, 1500)  # steps
TRAINED = (  # methods
    "GAN off: graph and consistency",
    "graph and consistency",
    "GAN off: student and consistency",
    "student and consistency",
)
SHORT_LENGTHS = (20, 100)


def lengthened(table: Table, lengths: tuple[int, ...]) -> tuple[Cell, ...]:
    """Every length of every cell of a table of few labels, the short ones first."""
    return tuple(replace(cell, steps=steps) for steps in lengths for cell in cells_of(table))


def solve_length(table: Table, cell: Cell, place: Place) -> Mapping[str, Value]:
    """Solve a cell of a table after the steps that the cell says."""
    way = CONTENDERS[cell.method].way or ""
    fields = {**table.settings.get(way, {}), "steps": cell.steps}
    return solve_cell(replace(table, settings={**table.settings, way: fields}), cell, place)


def lengths_of(table: Table, lengths: tuple[int, ...]) -> Suite:
    """The suite on the data, labels and GAN of a table."""
    return Suite(
        cells=lengthened(table, lengths),
        solve=functools.partial(solve_length, table),
        measure="accuracy",
        by=("steps", "method"),
        needs=functools.partial(shared_by, table),
        prepare=functools.partial(make_shared, table),
        timed=functools.partial(is_timed, table),
    )


def time_to_accuracy(short: bool) -> Suite:
    """The suite: three draws of MNIST's 100 labels."""
    table = replace(MNIST_100, draws=MNIST_100.draws[:3], methods=TRAINED, without=())
    if short:
        gan = replace(table.gan, steps=500)
        return lengths_of(replace(table, gan=gan, draws=table.draws[:1]), SHORT_LENGTHS)
    return lengths_of(table, LENGTHS)


BENCHMARKS = (
    Benchmark(
        "time-to-accuracy",
        "accuracy by time: 100 to 1,500 steps on MNIST, 100 labels, 3 draws",
        time_to_accuracy,
    ),
)
