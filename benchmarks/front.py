"""The one table of the front page: ten lines, each a data set with few labels.

The method is `auto` where it was measured, else the long training; the simple model is the best of
them on the test part, which is more than a user could know.
"""

from collections.abc import Sequence
from pathlib import Path

from benchmarks import glance
from ssgan.benchmark import Line, suite

ROWS = (  # suite and labels
    ("digits", "50"),
    ("digits", "100"),
    ("mnist-20", "20"),
    ("mnist-100", "100"),
    ("fashion-100", "100"),
    ("fashion-1000", "1000"),
    ("cifar10-40", "40"),
    ("cifar10-4000", "4000"),
    ("rotated-mnist", "50"),
    ("california", "100"),
)
OURS = ("auto", "student and consistency")
SIMPLE = (
    *("logistic regression", "RBF-SVM", "LabelSpreading, k = 7"),
    *("SelfTraining, logistic regression", "ridge regression", "gradient boosting"),
    *("nearest neighbours", "simple model that the folds choose"),
)
HEADER = ["data", "labels", "accuracy", "GAN off", "best simple model", "seconds + GAN's"]
UNITS = {"accuracy": "", "mae": "°", "rmse": " (RMSE)"}


def lines(results: Path) -> Sequence[Sequence[str]]:
    """The lines under HEADER; a suite without results has none."""
    made = []
    for name, labels in ROWS:
        table, by_method = suite(name), glance.by_method(results, name, labels)
        ours = next((method for method in OURS if method in by_method), None)
        if ours is None:
            continue
        off = by_method.get(f"GAN off: {ours}")
        simple = best([by_method[m] for m in SIMPLE if m in by_method], table.lower)
        shown = [score(line, table.measure) for line in (by_method[ours], off, simple)]
        seconds = f"{by_method[ours].seconds:.0f} + {by_method[ours].gan_seconds:.0f}"
        made.append([table.cells[0].data, labels, *shown, seconds])
    return made


def best(candidates: Sequence[Line], lower: bool) -> Line | None:
    """The line with the best mean; None of none."""
    choose = min if lower else max
    return choose(candidates, key=lambda line: line.mean, default=None)


def score(line: Line | None, measure: str) -> str:
    """A mean in the unit of the measure; "-" where nothing was measured."""
    if line is None:
        return "-"
    return f"{line.mean:.{1 if measure == 'mae' else 3}f}{UNITS[measure]}"
