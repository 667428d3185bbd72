"""Rows of a suite as a table: mean, deviation, worst and number of rows of every method."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ssgan.benchmark.cells import Suite, key_of
from ssgan.benchmark.results import Row
from ssgan.benchmark.runner import stale

ELSEWHERE = "pretrained elsewhere"  # the league of networks that have seen other people's data


@dataclass(frozen=True, kw_only=True)
class Line:
    """What the rows of a method say together.

    Parameters
    ----------
    group : tuple of str
        The values of the columns of `Suite.by`.
    mean, deviation, worst : float
        Of what the suite measures; the deviation is that of a sample, 0 of a single row.
    n : int
        Number of rows.
    seeds : dict of str to int
        How many distinct values each seed column has.
    seconds, gan_seconds : float
        Mean of the rows, of the method alone and of the GAN's pretraining.
    stale : int
        Number of rows that other code made.

    Examples
    --------
    >>> from ssgan.benchmark import suite
    >>> row = {"data": "digits", "labels": "50", "method": "auto", "label_seed": "0"}
    >>> rows = [row | {"accuracy": ".9"}, row | {"label_seed": "1", "accuracy": ".8"}]
    >>> (line,) = summarise(rows, suite("digits"))
    >>> round(line.mean, 2), line.worst, line.n
    (0.85, 0.8, 2)
    """

    group: tuple[str, ...]
    mean: float
    deviation: float
    worst: float
    n: int
    seeds: dict[str, int]
    seconds: float
    gan_seconds: float
    stale: int


def leagues(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows that may be compared with each other.

    Parameters
    ----------
    rows : iterable of dict
        Rows of a CSV, as `read_rows` gives them.

    Returns
    -------
    dict of str to list of dict
        Under "" the rows of networks that saw the data of their row alone, and by the name of their
        league those of networks that were pretrained elsewhere.

    Examples
    --------
    >>> rows = [{"method": "auto"}, {"method": "DINO", "league": "pretrained elsewhere"}]
    >>> {name: len(by_league) for name, by_league in leagues(rows).items()}
    {'': 1, 'pretrained elsewhere': 1}
    """
    by_league: dict[str, list[Row]] = {"": []}
    for row in rows:
        league = ELSEWHERE if row.get("league") == ELSEWHERE else ""
        by_league.setdefault(league, []).append(row)
    return by_league


def summarise(rows: Iterable[Row], suite: Suite) -> list[Line]:
    """A line for every group of rows, in the order of the suite's cells, others after them.

    Parameters
    ----------
    rows : iterable of dict
        Rows of a CSV; of rows of the same cell the last counts.
    suite : Suite
        It says what is measured, and by which columns rows are grouped.

    Returns
    -------
    list of Line
        One for every group that has rows.

    Examples
    --------
    >>> from ssgan.benchmark import suite
    >>> row = {"data": "digits", "labels": "50", "method": "auto", "accuracy": ".5"}
    >>> [(line.group[-1], line.mean) for line in summarise([row], suite("digits"))]
    [('auto', 0.5)]
    """
    keys = [name for name in key_of(suite.cells[0]) if name] if suite.cells else []
    last = {tuple(row.get(name, "") for name in keys): row for row in rows}
    groups: dict[tuple[str, ...], list[Row]] = {
        tuple(key_of(cell)[name] for name in suite.by): [] for cell in suite.cells
    }
    for row in last.values():
        groups.setdefault(tuple(row.get(name, "") for name in suite.by), []).append(row)
    return [summary_line(group, mine, suite) for group, mine in groups.items() if mine]


def summary_line(group: tuple[str, ...], rows: Sequence[Row], suite: Suite) -> Line:
    """Mean, spread and cost of the rows of a group."""
    scores = column_of(rows, suite.measure)
    seeds = [name for name in key_of(suite.cells[0]) if name.endswith("seed")]
    return Line(
        group=group,
        mean=float(scores.mean()),
        deviation=float(scores.std(ddof=1)) if len(scores) > 1 else 0.0,
        worst=float(scores.max() if suite.lower else scores.min()),
        n=len(rows),
        seeds={name: len({row.get(name, "") for row in rows}) for name in seeds},
        seconds=float(column_of(rows, "seconds").mean()),
        gan_seconds=float(column_of(rows, "gan_seconds").mean()),
        stale=sum(map(stale, rows)),
    )


def column_of(rows: Sequence[Row], column: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """A column of rows as float64; 0 where a row has none."""
    return np.array([float(row.get(column) or 0) for row in rows])


def paired(
    rows: Iterable[Row], measure: str, ours: str, theirs: str, draw: str = "label_seed"
) -> tuple[float, float]:
    """Mean difference of a measure between two methods, paired over splits.

    Parameters
    ----------
    rows : iterable of dict
        Rows of a CSV.
    measure : str
        The column to compare.
    ours, theirs : str
        Names of the methods: the difference is ours - theirs.
    draw : str, default="label_seed"
        The column that names a split; several GANs of a split are averaged.

    Returns
    -------
    mean, reach : float
        The mean difference and half the width of its 95 % interval (Student's t); NaN where the
        methods share fewer than two splits.

    Examples
    --------
    >>> scores = {"auto": (0.9, 0.8), "probe": (0.7, 0.6)}
    >>> rows = [
    ...     {"method": method, "label_seed": str(split), "accuracy": str(score)}
    ...     for method, both in scores.items()
    ...     for split, score in enumerate(both)
    ... ]
    >>> mean, reach = paired(rows, "accuracy", "auto", "probe")
    >>> round(mean, 3), round(reach, 3)
    (0.2, 0.0)
    """
    values: dict[str, dict[str, list[float]]] = {ours: {}, theirs: {}}
    for row in rows:
        if row["method"] in values:
            values[row["method"]].setdefault(row[draw], []).append(float(row[measure]))
    shared = [name for name in values[ours] if name in values[theirs]]
    gaps = np.array(
        [np.mean(values[ours][name]) - np.mean(values[theirs][name]) for name in shared]
    )
    if len(gaps) < 2:
        return float("nan"), float("nan")
    reach = stats.t.ppf(0.975, len(gaps) - 1) * gaps.std(ddof=1) / np.sqrt(len(gaps))
    return float(gaps.mean()), float(reach)
