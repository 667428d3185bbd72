"""The runner of every benchmark: the cells of a suite, each a row of a CSV, resumable cell by cell.

A suite says which cells there are, what each needs to have been made before, and how it is solved.
The runner knows nothing of few labels, generators or augmentation.
"""

import dataclasses
import itertools
import time
import traceback
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import torch

from ssgan.benchmark import measuring
from ssgan.benchmark.problems import data_of
from ssgan.benchmark.results import Row, Value, append_row, as_text, read_rows
from ssgan.data import Data

UNUSED = -1  # of a number of a cell: its suite has no such column
SHORT_FORM = "-quick"  # what the name of a short form ends with


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The key of a row: a method on a data set with its seeds.

    Of the other columns a suite fills those that it needs, the same ones in all of its cells.

    Parameters
    ----------
    data : str, default=""
        Name of the data set.
    league : str, default=""
        Rows of different leagues are never compared.
    labels : int, default=UNUSED
        Number of labels in all.
    method : str
        Name of the method.
    gan_seed, label_seed, seed : int, default=UNUSED
        Of the GAN, of the split, and of a trial that has but one.
    steps : int, default=UNUSED
        Updates of the method.

    Examples
    --------
    >>> str(Cell(data="digits", labels=100, method="auto", label_seed=0))
    'data digits, labels 100, method auto, label_seed 0'
    """

    data: str = ""
    league: str = ""  # rows of different leagues are never compared
    labels: int = UNUSED  # in all
    method: str
    gan_seed: int = UNUSED
    label_seed: int = UNUSED  # which samples are labelled
    seed: int = UNUSED  # of a trial that has but one
    steps: int = UNUSED

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in key_of(self).items())


def grid(**columns: Iterable[Any]) -> tuple[Cell, ...]:
    """A cell for each combination of the values of columns, those of the last one side by side.

    Parameters
    ----------
    **columns : iterable
        Values of the fields of `Cell`, by name.

    Returns
    -------
    tuple of Cell
        As many as the product of the numbers of values.

    Examples
    --------
    >>> [cell.label_seed for cell in grid(method=["auto", "probe"], label_seed=range(2))]
    [0, 1, 0, 1]
    """
    return tuple(
        Cell(**dict(zip(columns, values, strict=True)))
        for values in itertools.product(*columns.values())
    )


@dataclass(frozen=True)
class Place:
    """Where a benchmark finds its data and keeps what cells share.

    Parameters
    ----------
    work : Path
        The directory of what cells share.
    data_dir : Path, default=None
        The directory of named data sets; None is the default one.
    reader : callable, default=data_of
        It gives the data set of a name and of `data_dir`.

    Examples
    --------
    >>> len(Place(Path("work")).read("digits").x)
    1000
    """

    work: Path
    data_dir: Path | None = None
    reader: Callable[[str, Path | None], Data] = data_of

    def read(self, name: str) -> Data:
        """A data set with a test part."""
        return self.reader(name, self.data_dir)


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A table that can be made: its cells and what solves one.

    `solve(cell, place)` gives the values of a row, among them `measure`; "seconds" too where only a
    part of its time counts. `needs(cell)` names what cells share (a pretrained GAN), or None, and
    `prepare(need, place)` makes it in the directory `place.work` once, before the cells. Both are
    called in other processes and may raise: such a cell has no row, the others go on.
    """

    name: str = ""  # results go to NAME.csv
    about: str = ""  # one line for people
    cells: tuple[Cell, ...]
    solve: Callable[[Cell, Place], Mapping[str, Value]]
    measure: str  # the column that is compared
    lower: bool = False  # whether less of it is better
    by: tuple[str, ...] = ("method",)  # columns of the key that a line of the report stands for
    needs: Callable[[Cell], Hashable] = lambda cell: None
    prepare: Callable[[Any, Place], None] = lambda need, place: None
    timed: Callable[[Cell], bool] = lambda cell: False  # runs alone, with all threads


@dataclass(frozen=True)
class Benchmark:
    """What `ssgan benchmark NAME` makes: a suite, or its short form that takes minutes."""

    name: str
    about: str  # one line for people
    make: Callable[[bool], Suite]  # given whether the short form is wanted

    def suite(self, short: bool = False) -> Suite:
        """The suite under its name."""
        about = f"a short form: {self.about}" if short else self.about
        name = self.name + SHORT_FORM * short
        return dataclasses.replace(self.make(short), name=name, about=about)


@dataclass(frozen=True)
class Job:
    """A cell to solve, or what cells need to make."""

    what: Any
    work: Callable[[], Mapping[str, Value] | None]
    alone: bool


@dataclass(frozen=True)
class Outcome:
    """What became of a job: the values of a row, or why there are none.

    Parameters
    ----------
    what : Cell or hashable
        The cell that was solved, or what cells need.
    values : mapping, default={}
        Values of the row by column; of a failed job none.
    why : str, default=""
        One sentence where it failed.
    trace : str, default=""
        The traceback of the failure.

    Examples
    --------
    >>> Outcome(Cell(method="auto"), {"accuracy": 0.9}).why
    ''
    """

    what: Any
    values: Mapping[str, Value] = field(default_factory=dict)
    why: str = ""  # one sentence where it failed
    trace: str = field(default="", repr=False)


def results(suite: Suite, out: Path) -> Path:
    """The CSV of a suite in a directory.

    Parameters
    ----------
    suite : Suite
        Its name is that of the file.
    out : Path
        The directory.

    Returns
    -------
    Path
        It need not be there.

    Examples
    --------
    >>> from ssgan.benchmark import suite
    >>> results(suite("digits"), Path("out")).name
    'digits.csv'
    """
    return out / f"{suite.name}.csv"


def key_of(cell: Cell) -> Row:
    """The columns that name a cell."""
    used = {k: v for k, v in dataclasses.asdict(cell).items() if v not in ("", UNUSED)}
    return {name: as_text(value) for name, value in used.items()}


def stale(row: Row) -> bool:
    """Whether other code than that at hand made the row, or what it rests on."""
    made = {row.get("source", ""), row.get("gan_source") or measuring.source()}
    return made != {measuring.source()}


def latest(suite: Suite, rows: Iterable[Row]) -> dict[Cell, Row]:
    """The last row of every cell of the suite that has one, in the order of the cells."""
    keys = {frozenset(key_of(cell).items()): cell for cell in suite.cells}
    names = key_of(suite.cells[0]) if suite.cells else {}
    rows_by_cell = {}
    for row in rows:
        key = frozenset((name, row.get(name, "")) for name in names)
        if key in keys:
            rows_by_cell[keys[key]] = row
    return {cell: rows_by_cell[cell] for cell in suite.cells if cell in rows_by_cell}


def missing(suite: Suite, rows: Iterable[Row], renew: bool = False) -> list[Cell]:
    """The cells without a row.

    Parameters
    ----------
    suite : Suite
        Its cells are asked for.
    rows : iterable of dict
        Rows of its CSV.
    renew : bool, default=False
        Whether a row that other code made counts as none.

    Returns
    -------
    list of Cell
        In the order of the suite.

    Examples
    --------
    >>> from ssgan.benchmark import suite
    >>> found = suite("digits")
    >>> len(missing(found, [])) == len(found.cells)
    True
    """
    there = latest(suite, rows)
    return [cell for cell in suite.cells if cell not in there or (renew and stale(there[cell]))]


def run(
    suite: Suite,
    out: Path,
    *,
    work: Path,
    data_dir: Path | None = None,
    jobs: int = 1,
    renew: bool = False,
) -> Generator[Row, None, list[Outcome]]:
    """Make the missing rows of a suite; yields each when it is on disk, returns what failed.

    Cells run in `jobs` processes, one thread each, then the timed ones one by one in this process
    with all the threads that torch has now. joblib's parallel_config spreads the processes over
    machines. KeyboardInterrupt leaves the rows that are there; the same call goes on with them.
    Rows that are renewed rest on what the code at hand makes, in a folder of `work` of its own.
    """
    path = results(suite, out)
    left = missing(suite, read_rows(path), renew)
    place = Place(work / measuring.source() if renew else work, data_dir)
    place.work.mkdir(parents=True, exist_ok=True)
    free = [cell for cell in left if suite.needs(cell) is None and not suite.timed(cell)]
    failed = yield from solve_cells(suite, free, path, (place, jobs))
    made = outcomes(preparations(suite, left, place), jobs)
    broken = {done.what: done for done in made if done.why}
    for cell in left:
        if suite.needs(cell) in broken:
            failed.append(dataclasses.replace(broken[suite.needs(cell)], what=cell))
    rest = [cell for cell in left if cell not in free and suite.needs(cell) not in broken]
    return failed + (yield from solve_cells(suite, rest, path, (place, jobs)))


def solve_cells(
    suite: Suite, cells: Sequence[Cell], path: Path, where: tuple[Place, int]
) -> Generator[Row, None, list[Outcome]]:
    """Solve cells; yields each row when it is on disk, returns what failed."""
    place, jobs = where
    todo = [Job(c, partial(suite.solve, c, place), suite.timed(c)) for c in cells]
    failed = []
    for done in outcomes(todo, jobs):
        if done.why:
            failed.append(done)
        else:
            yield append_row(path, {**key_of(done.what), **done.values})
    return failed


def preparations(suite: Suite, cells: Sequence[Cell], place: Place) -> list[Job]:
    """What the cells need, each once; alone where a timed cell counts the seconds of it."""
    timed = {suite.needs(cell) for cell in cells if suite.timed(cell)}
    needs = [need for need in dict.fromkeys(map(suite.needs, cells)) if need is not None]
    return [Job(need, partial(suite.prepare, need, place), need in timed) for need in needs]


def outcomes(todo: Sequence[Job], processes: int) -> Iterator[Outcome]:
    """Do jobs, first those that may run side by side, and give what became of each as it ends."""
    threads = torch.get_num_threads()
    try:
        beside = [joblib.delayed(do_job)(job, 1) for job in todo if not job.alone]
        yield from joblib.Parallel(n_jobs=processes, batch_size=1, return_as="generator_unordered")(
            beside
        )
        yield from (do_job(job, threads) for job in todo if job.alone)
    finally:
        torch.set_num_threads(threads)


def do_job(job: Job, threads: int) -> Outcome:
    """Do one job; whatever it raises is its outcome, so that the others go on."""
    torch.set_num_threads(threads)
    about = measuring.stamps()  # now, before anybody edits the code that is at work
    measuring.forget_peak()
    began, worked = time.perf_counter(), time.process_time()
    try:
        values = job.work() or {}
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        return Outcome(job.what, why=why, trace=traceback.format_exc())
    spent = {
        "seconds": round(time.perf_counter() - began, 2),
        "cpu_seconds": round(time.process_time() - worked, 2),  # of all threads, others' work aside
    }
    return Outcome(job.what, spent | dict(values) | measuring.peaks() | about)
