"""What a suite is: its cells, and what solves one."""

import dataclasses
import itertools
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ssgan.benchmark.problems import data_of
from ssgan.benchmark.results import Row, Value, as_text
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
        """A data set with a test part.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        Data
        """
        return self.reader(name, self.data_dir)


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A table that can be made: its cells and what solves one.

    `solve(cell, place)` gives the values of a row, among them `measure`; "seconds" too where only a
    part of its time counts. `needs(cell)` names what cells share (a pretrained GAN), or None, and
    `prepare(need, place)` makes it in the directory `place.work` once, before the cells. Both are
    called in other processes and may raise: such a cell has no row, the others go on.

    Parameters
    ----------
    name : str
        Results go to NAME.csv.
    about : str
        One line for people.
    cells : tuple of Cell
        What is to be solved.
    solve : callable
        The values of a cell's row.
    measure : str
        The column that is compared.
    lower : bool, default=False
        Whether less of it is better.
    by : tuple of str, default=("method",)
        Columns of the key that a line of the report stands for.
    needs, prepare : callable
        What a cell needs to have been made before, and what makes it.
    timed : callable
        Whether a cell runs alone, with all threads.

    Examples
    --------
    >>> from ssgan.benchmark import Suite, grid
    >>> cells = grid(method=("one", "two"), seed=(0, 1))
    >>> suite = Suite(cells=cells, solve=lambda cell, place: {"accuracy": 0.5}, measure="accuracy")
    >>> len(suite.cells)
    4
    """

    name: str = ""
    about: str = ""
    cells: tuple[Cell, ...]
    solve: Callable[[Cell, Place], Mapping[str, Value]]
    measure: str
    lower: bool = False
    by: tuple[str, ...] = ("method",)
    needs: Callable[[Cell], Hashable] = lambda cell: None
    prepare: Callable[[Any, Place], None] = lambda need, place: None
    timed: Callable[[Cell], bool] = lambda cell: False


@dataclass(frozen=True)
class Benchmark:
    """What `ssgan benchmark NAME` makes: a suite, or its short form that takes minutes.

    Parameters
    ----------
    name : str
        As the command line calls it.
    about : str
        One line for people.
    make : callable
        The suite, given whether the short form is wanted.

    Examples
    --------
    >>> from ssgan.benchmark import SUITES
    >>> SUITES["digits"].suite(short=True).name
    'digits-quick'
    """

    name: str
    about: str
    make: Callable[[bool], Suite]

    def suite(self, short: bool = False) -> Suite:
        """The suite under its name.

        Parameters
        ----------
        short : bool, default=False
            Whether it is the quick one.

        Returns
        -------
        Suite
        """
        summary = f"a short form: {self.about}" if short else self.about
        name = self.name + SHORT_FORM * short
        return dataclasses.replace(self.make(short), name=name, about=summary)


def key_of(cell: Cell) -> Row:
    """The columns that name a cell."""
    used = {k: v for k, v in dataclasses.asdict(cell).items() if v not in ("", UNUSED)}
    return {name: as_text(value) for name, value in used.items()}
