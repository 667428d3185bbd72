"""Which method for my data: the best of each table, by what a user would wait for.

The best is the one with the best mean on the test part. What a user of `auto` gets, who does not
know it, is beside it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import glance
from ssgan.benchmark import Line, Suite, suite

METHODS = {  # row of a table: what a user types
    "simple model that the folds choose": "`baseline`",
    "linear probe, discriminator": "`probe`",
    "k-NN, discriminator": "`knn`",
    "label spreading on its features": "`graph`",
    "finetuned discriminator": "`propagation`",
    "consistency": "`consistency`",
    "graph and consistency": "`consistency+propagation`",
    "K + 1": "`k-plus-one`",
    "linear probe, distilled student": "`probe`, student",
    "k-NN, distilled student": "`knn`, student",
    "label spreading, distilled student": "`graph`, student",
    "finetuned student": "`propagation`, student",
    "student and consistency": "`consistency+propagation`, student",
}
WAITS = (10, 100, float("inf"))  # seconds of finetuning, beside those of the GAN
HEADER = ["data, labels", "no GAN", "10 s", "100 s", "any time", "`auto`", "GAN's seconds"]
TABLES = (
    *glance.AIMS,
    ("fashion-100-large", "100"),
    ("fashion-1000-large", "1000"),
)
LARGER = ", larger network"
OURS = ("auto", "student and consistency")  # whose GAN's seconds are shown
UNITS = {"accuracy": "", "mae": "°", "rmse": " (RMSE)"}


def lines(results: Path) -> Sequence[Sequence[str]]:
    """The lines under HEADER; a suite without results has none."""
    made = []
    for name, labels in TABLES:
        table, by_method = suite(name), glance.by_method(results, name, labels)
        if not by_method:
            continue
        simple = next(iter(METHODS))
        cells = [best_of({simple: by_method[simple]}, table) if simple in by_method else "-"]
        cells += [best_of(within(by_method, seconds), table) for seconds in WAITS]
        auto = score(by_method.get("auto"), table.measure)
        gan = gan_seconds(by_method, table)
        data = table.cells[0].data + (LARGER if name.endswith("-large") else "")
        made.append([f"{data}, {labels}", *cells, auto, f"{gan:.0f}"])
    return made


def gan_seconds(by_method: Mapping[str, Line], table: Suite) -> float:
    """Those of `auto` or of the long training; of the best method where a suite has no such."""
    ours = next((by_method[method] for method in OURS if method in by_method), None)
    line = ours or best(list(within(by_method, WAITS[-1]).values()), table.lower)
    return line.gan_seconds if line else 0.0


def within(by_method: Mapping[str, Line], seconds: float) -> dict[str, Line]:
    """The methods that a user can name and that take at most so many seconds."""
    return {m: by_method[m] for m in METHODS if m in by_method and by_method[m].seconds <= seconds}


def best_of(by_method: Mapping[str, Line], table: Suite) -> str:
    """The best of some methods with its score; "-" of none."""
    line = best(list(by_method.values()), table.lower)
    if line is None:
        return "-"
    return f"{METHODS[line.group[-1]]} {score(line, table.measure)}"


def best(candidates: Sequence[Line], lower: bool) -> Line | None:
    """The line with the best mean; None of none."""
    choose = min if lower else max
    return choose(candidates, key=lambda line: line.mean, default=None)


def score(line: Line | None, measure: str) -> str:
    """A mean in the unit of the measure; "-" where nothing was measured."""
    if line is None:
        return "-"
    return f"{line.mean:.{1 if measure == 'mae' else 3}f}{UNITS[measure]}"
