"""The share of test samples that lie in the 90 % intervals of `auto`, on ten splits of the labels.

It chooses, weighs and calibrates on the same few labels. Intervals that forgot one of the three
would be too narrow.
"""

from dataclasses import replace

from ssgan.benchmark.board import BOARD
from ssgan.benchmark.cells import Benchmark, Suite
from ssgan.benchmark.suites.breadth import QUICK_STEPS, Board, board_suite

DRAWS = 10
SETS = {name: board_set for name, board_set in BOARD.items() if board_set.regression}


def intervals(short: bool) -> Suite:
    """`auto` on the regressions of the board; short: on one, twice."""
    board = Board(SETS, ("auto",), draws=DRAWS)
    if short:
        shorter = {"diabetes": replace(SETS["diabetes"], labels=SETS["diabetes"].labels[:1])}
        board = replace(board, sets=shorter, draws=2, gan_steps=QUICK_STEPS)
    suite = board_suite(board)
    return replace(suite, measure="interval_coverage", by=("data", "labels", "method"))


ABOUT = f"90 % intervals of auto on three regressions, two label counts, {DRAWS} splits"
BENCHMARKS = (Benchmark("intervals", ABOUT, intervals),)
