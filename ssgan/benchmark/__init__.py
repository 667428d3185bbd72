"""Benchmarks: suites of cells, each a row of a CSV, and the tables that they make.

found = suite("digits", short=True)
rows = list(run(found, Path("results"), work=Path("runs"), jobs=2))     # goes on where it was
summarise(rows, found)         # a line for every method: mean, deviation, worst, n

What each module is for:

    cells, suites         what a suite is, and a file for each of them
    runner                the cells of a suite, resumable one by one
    results, reporting    its CSV, and the table that is made of it
    measuring, effort     what a row cost and where; how long a generator is trained

    fewlabel, problems    the tables of few labels, and their data sets
    methods               ours, a line each
    baselines, ordinary   others' models of few labels: as they come, and chosen by folds
    series, sentences     others' models of signals, and of texts

    board                 the data sets of the board
    inner, stored         what candidates of "auto" predict there, and its files
    judging               decision rules on those

    story                 the demo
"""

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite, grid
from ssgan.benchmark.reporting import Line, leagues, paired, summarise
from ssgan.benchmark.results import read_rows
from ssgan.benchmark.runner import Outcome, missing, results, run
from ssgan.benchmark.story import RECOMMENDED
from ssgan.benchmark.suites import SUITES, suite

__all__ = [
    "RECOMMENDED",
    "SUITES",
    "Benchmark",
    "Cell",
    "Line",
    "Outcome",
    "Place",
    "Suite",
    "grid",
    "leagues",
    "missing",
    "paired",
    "read_rows",
    "results",
    "run",
    "suite",
    "summarise",
]
