"""The runner of every benchmark: the cells of a suite, each a row of a CSV, resumable cell by cell.

A suite says which cells there are, what each needs to have been made before, and how it is solved.
The runner knows nothing of few labels, generators or augmentation.
"""

import dataclasses
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import torch

from ssgan.benchmark import measuring
from ssgan.benchmark.cells import Cell, Place, Suite, key_of
from ssgan.benchmark.results import Row, Value, append_row, read_rows


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


def stale(row: Row) -> bool:
    """Whether other code than that at hand made the row, or what it rests on."""
    sources = {row.get("source", ""), row.get("gan_source") or measuring.code_hash()}
    return sources != {measuring.code_hash()}


def latest_rows(suite: Suite, rows: Iterable[Row]) -> dict[Cell, Row]:
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
    solved = latest_rows(suite, rows)
    return [cell for cell in suite.cells if cell not in solved or (renew and stale(solved[cell]))]


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

    Parameters
    ----------
    suite : Suite
        The cells and what solves them.
    out : Path
        The directory of its CSV.
    work : Path
        The directory of what cells share.
    data_dir : Path, optional
        Where named data sets lie.
    jobs : int, default=1
        Processes for what is not timed.
    renew : bool, default=False
        Solve again what other code has solved.

    Returns
    -------
    generator of Row
        It returns a list of `Outcome`: the cells that failed, and why.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from ssgan.benchmark import Suite, grid, run
    >>> def half(cell, place):
    ...     return {"accuracy": 0.5}
    >>> suite = Suite(
    ...     name="halves", cells=grid(method=("one",), seed=(0,)), solve=half, measure="accuracy"
    ... )
    >>> with tempfile.TemporaryDirectory() as out:
    ...     [row["accuracy"] for row in run(suite, Path(out), work=Path(out) / "work")]
    ['0.5']
    """
    path = results(suite, out)
    cells = missing(suite, read_rows(path), renew)
    place = Place(work / measuring.code_hash() if renew else work, data_dir)
    place.work.mkdir(parents=True, exist_ok=True)
    attempts = outcomes(preparations(suite, cells, place), jobs)
    broken = {attempt.what: attempt for attempt in attempts if attempt.why}
    failed = [
        dataclasses.replace(broken[suite.needs(cell)], what=cell)
        for cell in cells
        if suite.needs(cell) in broken
    ]
    rest = [cell for cell in cells if suite.needs(cell) not in broken]
    return failed + (yield from solve_cells(suite, rest, path, (place, jobs)))


def solve_cells(
    suite: Suite, cells: Sequence[Cell], path: Path, where: tuple[Place, int]
) -> Generator[Row, None, list[Outcome]]:
    """Solve cells; yields each row when it is on disk, returns what failed."""
    place, jobs = where
    todo = [Job(c, partial(suite.solve, c, place), suite.timed(c)) for c in cells]
    failed = []
    for outcome in outcomes(todo, jobs):
        if outcome.why:
            failed.append(outcome)
        else:
            yield append_row(path, {**key_of(outcome.what), **outcome.values})
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
        parallel = [joblib.delayed(do_job)(job, 1) for job in todo if not job.alone]
        yield from joblib.Parallel(n_jobs=processes, batch_size=1, return_as="generator_unordered")(
            parallel
        )
        yield from (do_job(job, threads) for job in todo if job.alone)
    finally:
        torch.set_num_threads(threads)


def do_job(job: Job, threads: int) -> Outcome:
    """Do one job; whatever it raises is its outcome, so that the others go on."""
    torch.set_num_threads(threads)
    stamps = measuring.stamps()  # now, before anybody edits the code that is at work
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
    return Outcome(job.what, spent | dict(values) | measuring.peaks() | stamps)
