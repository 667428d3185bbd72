"""Benchmarks: suites of cells, each a row of a CSV, and the tables that they make.

found = suite("digits", short=True)
rows = list(run(found, Path("results"), work=Path("runs"), jobs=2))     # goes on where it was
summarise(rows, found)         # a line for every method: mean, deviation, worst, n
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
