"""Benchmarks: suites of cells, each a row of a CSV, and the tables that they make.

found = suite("digits", short=True)
rows = list(run(found, Path("results"), work=Path("runs"), jobs=2))     # goes on where it was
report(rows, found)            # a line for every method: mean, deviation, worst, n
"""

from ssgan.benchmark.reporting import Line, leagues, paired, report
from ssgan.benchmark.results import read_rows
from ssgan.benchmark.runner import Outcome, Suite, missing, results, run
from ssgan.benchmark.story import demo, demo_suite
from ssgan.benchmark.suites import ABOUT, SUITES, suite

__all__ = [
    "ABOUT",
    "SUITES",
    "Line",
    "Outcome",
    "Suite",
    "demo",
    "demo_suite",
    "leagues",
    "missing",
    "paired",
    "read_rows",
    "report",
    "results",
    "run",
    "suite",
]
