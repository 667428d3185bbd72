"""Long trainings on skewed samples with balanced labels, beside the graph that they start from.

The second half of the classes is thinned to a tenth among the samples to learn from and to test on.
PneumoniaMNIST is skewed as it comes. A training that drifts from a right start falls below it.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ssgan.benchmark.board import BOARD, BoardSet, read_set
from ssgan.benchmark.cells import Benchmark, Suite
from ssgan.benchmark.suites.breadth import QUICK_STEPS, Board, board_suite
from ssgan.benchmark.suites.shares import thinned
from ssgan.data import Data
from ssgan.models.student.config import StudentConfig

RATIO = 10
THIN = f", 1 : {RATIO}"  # ends the names of sets that are thinned
LABELS = {"digits": 50, "notmnist": 50, "fashion-mnist": 100}
START, LONG = "label spreading, distilled student", "student and consistency"


def read_thinned(name: str, data_dir: Path | None) -> Data:
    """A data set of the board, thinned where its name says so."""
    data = read_set(name.removesuffix(THIN), data_dir)
    return thinned(data, RATIO) if name.endswith(THIN) else data


def skewed_sets() -> Mapping[str, BoardSet]:
    """The sets of images, with balanced labels only."""
    thin = {
        name + THIN: replace(BOARD[name], labels=(labels,), long=True)
        for name, labels in LABELS.items()
    }
    return {**thin, "pneumonia": replace(BOARD["pneumonia"], skewed=False)}


def drift(short: bool) -> Suite:
    """Start and long training on every set; short: on digits, of few steps."""
    sets, steps = skewed_sets(), QUICK_STEPS
    board = Board(sets, (START, LONG), reader=read_thinned)
    if short:
        board = replace(
            board,
            sets={"digits" + THIN: sets["digits" + THIN]},
            draws=1,
            gan_steps=steps,
            student=StudentConfig(steps=steps),
            settings={"": {"steps": steps, "student": {"steps": steps}}},
        )
    suite = board_suite(board)
    return replace(suite, measure="accuracy", by=("data", "labels", "method"))


ABOUT = "long trainings on samples 1 : 10 with balanced labels, beside the graph they start from"
BENCHMARKS = (Benchmark("drift", ABOUT, drift),)
