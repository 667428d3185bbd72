"""Rows of a suite as a table: mean, deviation, worst and number of rows of every method."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ssgan.benchmark.results import Row
from ssgan.benchmark.runner import Suite, key_of, stale

ELSEWHERE = "pretrained elsewhere"  # the league of networks that have seen other people's data


@dataclass(frozen=True, kw_only=True)
class Line:
    """What the rows of a method say together."""

    group: tuple[str, ...]  # the values of the columns of `Suite.by`
    mean: float
    deviation: float  # of a sample; 0 of a single row
    worst: float
    n: int  # rows
    seeds: dict[str, int]  # how many distinct values each seed column has
    seconds: float  # mean
    gan_seconds: float  # mean, of what the rows rest on: a GAN's pretraining
    stale: int  # rows that other code made


def leagues(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows that may be compared with each other; under "" those of the data's own, if any."""
    found: dict[str, list[Row]] = {"": []}
    for row in rows:
        league = ELSEWHERE if row.get("league") == ELSEWHERE else ""
        found.setdefault(league, []).append(row)
    return found


def summarise(rows: Iterable[Row], suite: Suite) -> list[Line]:
    """A line for every group of rows, in the order of the suite's cells, others after them.

    Of rows with one key the last counts. `seconds` are those of a method alone.
    """
    keys = [name for name in key_of(suite.cells[0]) if name] if suite.cells else []
    last = {tuple(row.get(name, "") for name in keys): row for row in rows}
    groups: dict[tuple[str, ...], list[Row]] = {
        tuple(key_of(cell)[name] for name in suite.by): [] for cell in suite.cells
    }
    for row in last.values():
        groups.setdefault(tuple(row.get(name, "") for name in suite.by), []).append(row)
    return [line(group, mine, suite) for group, mine in groups.items() if mine]


def line(group: tuple[str, ...], rows: Sequence[Row], suite: Suite) -> Line:
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
    return np.array([float(row.get(column) or 0) for row in rows])


def paired(
    rows: Iterable[Row], measure: str, ours: str, theirs: str, draw: str = "label_seed"
) -> tuple[float, float]:
    """Mean difference of a measure, ours - theirs, and half of its 95 % interval.

    Paired over draws (Student's t), each the mean over its GANs. NaN where both share fewer than
    two draws.
    """
    of: dict[str, dict[str, list[float]]] = {ours: {}, theirs: {}}
    for row in rows:
        if row["method"] in of:
            of[row["method"]].setdefault(row[draw], []).append(float(row[measure]))
    shared = [name for name in of[ours] if name in of[theirs]]
    gaps = np.array([np.mean(of[ours][name]) - np.mean(of[theirs][name]) for name in shared])
    if len(gaps) < 2:
        return float("nan"), float("nan")
    reach = stats.t.ppf(0.975, len(gaps) - 1) * gaps.std(ddof=1) / np.sqrt(len(gaps))
    return float(gaps.mean()), float(reach)
