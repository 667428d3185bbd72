"""Benchmarks: suites of cells, each a row of a CSV, and the tables that they make.

found = suite("digits", short=True)
rows = list(run(found, Path("results"), work=Path("runs"), jobs=2))     # goes on where it was
summarise(rows, found)         # a line for every method: mean, deviation, worst, n
"""

from ssgan.benchmark.reporting import Line, leagues, paired, summarise
from ssgan.benchmark.results import read_rows
from ssgan.benchmark.runner import (
    Benchmark,
    Cell,
    Outcome,
    Place,
    Suite,
    grid,
    missing,
    results,
    run,
)
from ssgan.benchmark.story import (
    RECOMMENDED,
    Versus,
    compare_on_split,
    compare_twins,
    demo_suite,
    run_demo,
)
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
    "Versus",
    "compare_on_split",
    "compare_twins",
    "demo_suite",
    "grid",
    "leagues",
    "missing",
    "paired",
    "read_rows",
    "results",
    "run",
    "run_demo",
    "suite",
    "summarise",
]
