"""Few labels of signals: seven sets of the UCR archive, and spoken digits.

Beside the package's own methods stand nearest neighbours, dynamic time warping and ROCKET.
"""

from dataclasses import replace

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite
from ssgan.benchmark.fewlabel import (
    Shared,
    Table,
    cells_of,
    make_shared,
    seed_pairs,
    shared_by,
    solve_cell,
    suite_of,
)
from ssgan.benchmark.methods import OF_SIGNALS, Fields
from ssgan.benchmark.results import Value
from ssgan.models.config import GANConfig
from ssgan.models.student.config import StudentConfig

CLASSES = {
    "arrowhead": (3, (5,)),  # classes, and labels a class that every class has in the train part
    "ecg200": (2, (5, 20)),
    "gunpoint": (2, (5, 20)),
    "italypowerdemand": (2, (5, 20)),
    "plane": (7, (5,)),
    "syntheticcontrol": (6, (5, 20)),
    "trace": (4, (5, 20)),
}
ROWS = (
    "simple model that the folds choose",
    "linear probe, random trunk",
    "linear probe, discriminator",
    "GAN off: auto",
    "auto",
)
SIGNALS_GAN = GANConfig(steps=1000)
SPOKEN_GAN = GANConfig(steps=1000, architecture="conv")
# Of a spectrogram: time and loudness change, pitch and direction do not.
SPOKEN_VIEWS = ("shift", "stretch", "cutout", "noise")
SPOKEN: Fields = {"": {"transforms": SPOKEN_VIEWS}, "auto": {"steps": 1500}}
SPOKEN_ROWS = (
    "logistic regression",
    "RBF-SVM",
    "network from scratch, labels only",
    *ROWS[:3],
    "GAN off: linear probe, distilled student",
    "linear probe, distilled student",
    *ROWS[3:],
)
SHORT_STEPS = 100


def signals_table(name: str, short: bool, draws: int = 3) -> Table:
    """The table of one of the archive's sets."""
    classes, labels = CLASSES[name]
    return Table(
        name="signals",
        about="",
        data=f"{name}-signals",
        labels=tuple(classes * each for each in labels[: 1 if short else None]),
        draws=seed_pairs(None, 1 if short else draws),
        gan=replace(SIGNALS_GAN, steps=SHORT_STEPS) if short else SIGNALS_GAN,
        methods=(*OF_SIGNALS, *ROWS),
        settings={"": {"student_steps": SHORT_STEPS, "steps": SHORT_STEPS}} if short else {},
        timed=False,
        device="cpu",
        flops=None,
    )


def signals(short: bool) -> Suite:
    """All sets of the archive, in one table."""
    tables = {table.data: table for table in (signals_table(name, short) for name in CLASSES)}

    def solve(cell: Cell, place: Place) -> dict[str, Value]:
        return solve_cell(tables[cell.data], cell, place)

    def needs(cell: Cell) -> Shared | None:
        return shared_by(tables[cell.data], cell)

    def prepare(need: Shared, place: Place) -> None:
        make_shared(tables[need.data], need, place)

    return Suite(
        cells=tuple(cell for table in tables.values() for cell in cells_of(table)),
        solve=solve,
        measure="accuracy",
        by=("data", "labels", "method"),
        needs=needs,
        prepare=prepare,
    )


def spoken(short: bool) -> Suite:
    """Spoken digits as spectrograms."""
    table = Table(
        name="spoken-digits",
        about="",
        data="fsdd-spectrograms",
        labels=(50, 200),
        draws=seed_pairs(None, 3),
        gan=SPOKEN_GAN,
        student=StudentConfig(steps=1500, transforms=SPOKEN_VIEWS),
        methods=SPOKEN_ROWS,
        settings=SPOKEN,
        timed=False,
        device="cpu",
        flops=None,
    )
    if short:
        fewer = {"student_steps": SHORT_STEPS, "steps": SHORT_STEPS}
        table = replace(
            table,
            labels=(50,),
            draws=seed_pairs(None, 1),
            gan=replace(SPOKEN_GAN, steps=SHORT_STEPS),
            student=StudentConfig(steps=SHORT_STEPS, transforms=SPOKEN_VIEWS),
            settings={"": {**SPOKEN[""], **fewer}},
        )
    return suite_of(table)


BENCHMARKS = (
    Benchmark("signals", "7 sets of the UCR archive, 5 and 20 labels a class, 3 draws", signals),
    Benchmark("spoken-digits", "spoken digits (fsdd), 5 and 20 labels a class, 3 draws", spoken),
)
