"""Class shares in Markdown: a line for every data set and ratio, with three kinds of shares."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from ssgan.benchmark import Suite
from ssgan.benchmark.runner import latest_rows

Rows = Callable[[Sequence[str], Sequence[Sequence[str]]], str]  # a table of a header and lines
KINDS = ("labels", "estimated", "stated")
HEADER = [
    *("data", "samples", "labels", "splits"),
    *(f"accuracy, {kind}" for kind in KINDS),
    *(f"balanced accuracy, {kind}" for kind in KINDS),
    "error",
]


def tables(found: Suite, cells: Sequence[Mapping[str, str]], rows: Rows) -> str:
    """Means over the splits, the worst one in brackets."""
    there = pd.DataFrame(latest_rows(found, [dict(row) for row in cells]).values())
    lines = []
    for (data, league, labels), mine in there.groupby(["data", "league", "labels"], sort=False):
        ratio, drawn = str(league).split(", labels ")
        values = [
            in_per_cent(mine[f"{measure}_{kind}"])
            for measure in ("accuracy", "balanced_accuracy")
            for kind in KINDS
        ]
        error = f"{pd.to_numeric(mine['share_error']).mean():.2f}"
        lines.append([str(data), ratio, f"{labels}, {drawn}", str(len(mine)), *values, error])
    return rows(HEADER, lines)


def in_per_cent(column: "pd.Series[str]") -> str:
    """The mean and the worst of shares, in per cent."""
    numbers = 100 * pd.to_numeric(column)
    return f"{numbers.mean():.1f} ({numbers.min():.1f})"
