"""The demo: a GAN on the bundled digits, and what 10 labels a class give with it and without.

It is a short form of the table `digits`. What is fitted at once runs on five splits of the labels;
the recommended method runs on the first, with less training and fewer folds than usual.
"""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ssgan.benchmark.cells import Suite
from ssgan.benchmark.fewlabel import Table, seed_pairs, suite_of
from ssgan.benchmark.methods import CONTENDERS, twin_of
from ssgan.benchmark.reporting import Line, paired, summarise
from ssgan.benchmark.results import Row, read_rows
from ssgan.benchmark.runner import Outcome, results, run
from ssgan.benchmark.suites.fewlabel import DIGITS
from ssgan.config import InputError
from ssgan.data import read
from ssgan.models.pretraining import pretraining
from ssgan.training.runner import Progress

RECOMMENDED = "auto"
SHORT_AUTO = {
    "steps": 100,
    "ratio": 2,
    "student": {"steps": 200},
    "search": {"folds": 5, "repeats": 1, "steps": 40, "tolerance": 1e-3},
}
ON_FIRST_SPLIT = (RECOMMENDED, f"GAN off: {RECOMMENDED}")
DEMO = replace(
    DIGITS,
    name="cells",
    about="accuracy on held-out digits, 10 labels a class",
    labels=(100,),
    draws=seed_pairs((0,), 5),
    methods=(
        "logistic regression",
        "RBF-SVM",
        "LabelSpreading, k = 7",
        "linear probe, random trunk",
        "linear probe, discriminator",
        "label spreading, random trunk",
        "label spreading on its features",
        "GAN off: auto",
        RECOMMENDED,
    ),
    settings={**DIGITS.settings, "auto": SHORT_AUTO},
    home="gan",
    models={RECOMMENDED: "model"},
    flops=None,
)


@dataclass(frozen=True)
class Versus:
    """A method beside the same on networks that were never trained as a GAN, if it has such."""

    line: Line
    off: Line | None = None
    gain: tuple[float, float] = (float("nan"), float("nan"))  # see `paired`

    @property
    def method(self) -> str:
        """The name of the method."""
        return self.line.group[-1]

    @property
    def simple(self) -> bool:
        """Whether it is other people's code."""
        return CONTENDERS[self.method].settings is None


def demo_suite(seed: int, table: Table = DEMO) -> Suite:
    """The suite of the demo, whose GAN has this seed."""
    suite = suite_of(replace(table, draws=tuple((seed, draw) for _, draw in table.draws)))
    first = table.draws[0][1]
    cells = (c for c in suite.cells if c.method not in ON_FIRST_SPLIT or c.label_seed == first)
    return replace(suite, cells=tuple(cells))


def run_demo(out: Path, seed: int = 0, table: Table = DEMO) -> Generator[Progress, None, list[Row]]:
    """One GAN on the bundled digits, then every method of a table.

    Writes `out`/gan (a run), `out`/model (what the recommended method learnt) and `out`/cells.csv.
    """
    suite, config = demo_suite(seed, table), replace(table.gan, seed=seed)
    yield from pretraining(read("digits"), config, run=out / "gan", device=table.device)
    results(suite, out).unlink(missing_ok=True)
    failed = yield from shown(run(suite, out, work=out, jobs=2), suite)
    if failed:
        raise InputError(
            f"{failed[0].what} ended with: {failed[0].why}. If {out} is of another version of "
            "ssgan, remove it or name another directory"
        )
    return read_rows(results(suite, out))


def shown(
    rows: Generator[Row, None, list[Outcome]], suite: Suite
) -> Generator[Progress, None, list[Outcome]]:
    """The progress of cells that are solved one after the other; the outcomes that failed."""
    began, solved = time.perf_counter(), 0
    while True:
        try:
            row = next(rows)
        except StopIteration as end:
            return list(end.value)
        solved, spent = solved + 1, time.perf_counter() - began
        remaining = spent / solved * (len(suite.cells) - solved)
        measures = {"accuracy": float(row[suite.measure])}
        yield Progress(solved, len(suite.cells), measures, solved / spent, remaining)


def compare_twins(rows: Sequence[Row], suite: Suite) -> list[Versus]:
    """Every method of some rows, in their order; those without the GAN only beside their twins."""
    lines = {line.group[-1]: line for line in summarise(rows, suite)}
    twins = {name: twin_of(name) for name in lines}
    compared = []
    for name in (name for name in lines if name not in twins.values()):
        off = twins[name] or ""
        gain = paired(rows, suite.measure, name, off)
        compared.append(Versus(lines[name], lines.get(off), gain))
    return compared


def compare_on_split(rows: Sequence[Row], suite: Suite) -> list[Versus]:
    """The same on the split that all methods share."""
    first = suite.cells[0].label_seed
    return compare_twins([row for row in rows if row["label_seed"] == str(first)], suite)
