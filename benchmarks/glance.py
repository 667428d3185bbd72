"""The few-label results at a glance: a line for each data set and number of labels.

The columns are the same methods everywhere, so that no line shows what happened to be best on its
test part.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ssgan.benchmark import Line, leagues, read_rows, suite, summarise
from ssgan.benchmark.runner import latest_rows

AIMS = {  # suite and labels: what we set out for
    ("digits", "50"): ".955",
    ("digits", "100"): ".970",
    ("mnist-20", "20"): ".93",
    ("mnist-100", "100"): ".980",
    ("fashion-100", "100"): ".80",
    ("fashion-1000", "1000"): ".88",
    ("rotated-mnist", "50"): "supervised baseline - 30 %",
    ("california", "100"): "simple model + 1 %",
    ("cifar10-4000", "4000"): ".94",
    ("cifar10-250", "250"): ".90",
    ("cifar10-40", "40"): ".80",
}
COLUMNS = {
    "simple model": ("simple model that the folds choose",),
    "supervised baseline": (
        "network from scratch, labels only",
        "student's network from scratch, labels only",
    ),
    "probe": ("linear probe, discriminator",),
    "graph": ("label spreading on its features",),
    "long training, GAN off": ("GAN off: student and consistency",),
    "long training": ("student and consistency",),
    "`auto`": ("auto",),
}
CALLED = {"accuracy": "accuracy", "mae": "degrees", "rmse": "RMSE"}
HEADER = ["data, labels, measure", *COLUMNS, "seconds of `auto` + GAN", "aim"]


def score(found: Mapping[str, Line], methods: Sequence[str], digits: int) -> str:
    """Mean (worst split) of the first of the methods that a table has; "-" if it has none."""
    line = next((found[method] for method in methods if method in found), None)
    if line is None:
        return "-"
    return f"{line.mean:.{digits}f} ({line.worst:.{digits}f})"


def by_method(results: Path, name: str, labels: str) -> Mapping[str, Line]:
    """The lines of a suite from so many labels, by the name of their method; {} without results."""
    path, asked = results / f"{name}.csv", suite(name)
    if not path.exists():
        return {}
    own = leagues(latest_rows(asked, read_rows(path)).values())[""]
    held = [row for row in own if row["labels"] == labels]
    return {line.group[-1]: line for line in summarise(held, asked)}


def lines(results: Path) -> Sequence[Sequence[str]]:
    """The lines under HEADER, of the suites in AIMS that have results."""
    made = []
    for (name, labels), aim in AIMS.items():
        asked, found = suite(name), by_method(results, name, labels)
        if not found:
            continue
        digits = 2 if asked.measure == "mae" else 3
        scores = [score(found, methods, digits) for methods in COLUMNS.values()]
        auto = found.get("auto")
        took = f"{auto.seconds:.0f} + {auto.gan_seconds:.0f}" if auto else "-"
        data = asked.cells[0].data
        made.append([f"{data}, {labels}, {CALLED[asked.measure]}", *scores, took, aim])
    return made
