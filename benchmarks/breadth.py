"""The board in Markdown: a line for every data set and label count, and what they say together.

Means over the draws: accuracy in points, or the RMSE of a regression. The best ordinary model and
the best row of the package are those with the best mean, which only the test part tells.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from ssgan.benchmark import Suite
from ssgan.benchmark.ordinary import ORDINARY
from ssgan.benchmark.runner import latest_rows
from ssgan.benchmark.suites.breadth import AUTO, LONG_TRAININGS

Rows = Callable[[Sequence[str], Sequence[Sequence[str]]], str]  # a table of a header and lines
LARGE = 1000  # test samples, from which on a calibration error says something
HEADER = [
    *("data", "labels", "draws", "best ordinary model", "best of the package", "long training"),
    *("`auto`", "GAN on - off", "regret", "rank", "seconds", "+ GAN seconds"),
]


def tables(found: Suite, cells: Sequence[Mapping[str, str]], rows: Rows) -> str:
    """All of it, from what was measured; groups without `auto` wait for it."""
    lines = judged(found, cells)
    if not lines:
        return "not measured"
    parts = [rows(["bar", "value"], together(lines)), rows(HEADER, [x.cells() for x in lines])]
    methods = list(dict.fromkeys(name for line in lines for name in line.means))
    every = [[*line.named, *(line.mean(name) for name in methods)] for line in lines]
    return "\n\n".join([*parts, rows(["data", "labels", *methods], every)])


def judged(found: Suite, cells: Sequence[Mapping[str, str]]) -> list["Group"]:
    """Every data set, league and label count that has what `auto` is compared with."""
    there = pd.DataFrame(latest_rows(found, [dict(row) for row in cells]).values())
    groups = there.groupby(["data", "league", "labels"], sort=False)
    return [line for key, mine in groups if (line := Group(key, mine)).judged]


class Group:
    """The rows of a data set, league and label count."""

    def __init__(self, key: Sequence[str], mine: pd.DataFrame) -> None:
        judged = mine.loc[mine["method"] == "auto", "label_seed"]
        mine = mine[mine["label_seed"].isin(judged)]  # not the draw that rules are chosen on
        self.key, self.rows = key, mine
        rmse = mine["rmse"] if "rmse" in mine else pd.Series("", mine.index)
        self.regression = bool((rmse.fillna("") != "").all())
        self.values = pd.to_numeric(mine["rmse" if self.regression else "points"])
        by_method = self.values.groupby(mine["method"], sort=False)
        means = by_method.mean()[by_method.count() == len(judged)]  # on all of these draws
        self.means = dict(means.round(6))  # so that a half is rounded alike by any pandas
        self.lower = -1 if self.regression else 1

    @property
    def judged(self) -> bool:
        """Whether there are an ordinary model, another row of the package, and `auto`."""
        kinds = {("ordinary" if n in ORDINARY else n if n in AUTO else "own") for n in self.means}
        return {"ordinary", "own", "auto"} <= kinds

    @property
    def named(self) -> list[str]:
        """The data set, with the league where there is another one, and the labels."""
        data, league, labels = self.key
        return [data if league == "balanced" else f"{data}, {league}", str(labels)]

    def best(self, ordinary: bool) -> str:
        """The method with the best mean, of one side."""
        names = [n for n in self.means if n not in AUTO and (n in ORDINARY) == ordinary]
        return max(names, key=lambda name: self.lower * self.means[name])

    def regret(self, other: str) -> float:
        """How far `auto` is behind a row: points, or per cent of its RMSE."""
        gap = self.lower * (self.means[other] - self.means["auto"])
        return float(100 * gap / self.means[other] if self.regression else gap)

    def gaps(self, method: str, other: str) -> pd.Series:
        """How far a method is ahead of another on every split where both ran: points, or per cent
        of the RMSE of the other."""
        mine, others = (
            self.values[ran].set_axis(self.rows.loc[ran, "label_seed"])
            for ran in (self.rows["method"] == method, self.rows["method"] == other)
        )
        ahead = (self.lower * (mine - others)).dropna()
        return 100 * ahead / others.mean() if self.regression else ahead

    @property
    def gain(self) -> str:
        """What the GAN gives `auto`, and on how many splits where not on all; "-" if on none."""
        gaps = self.gaps(*AUTO)
        if not len(gaps):
            return "-"
        count = (
            "" if len(gaps) == int((self.rows["method"] == AUTO[0]).sum()) else f" ({len(gaps)})"
        )
        return f"{gaps.mean():+.1f}{count}"

    @property
    def surely_behind(self) -> bool:
        """Whether `auto` is behind the best ordinary model by more than 2 points and by more than
        two standard errors over the splits; of one split, that is not known."""
        gaps = self.gaps(AUTO[0], self.best(True))
        return len(gaps) > 1 and bool(-gaps.mean() > max(2.0, 2 * gaps.sem()))

    @property
    def rank(self) -> float:
        """Of `auto` among all rows but the one without a GAN, ties shared; 1 is best."""
        others = [self.lower * self.means[n] for n in self.means if n not in AUTO]
        mine = self.lower * self.means["auto"]
        return 1 + sum(x > mine for x in others) + sum(x == mine for x in others) / 2

    def deviation(self, name: str) -> float:
        """Of a method over the splits; NaN of one."""
        values = self.values[self.rows["method"] == name]
        return float(values.std())

    def mean(self, name: str) -> str:
        """The mean of a method; "-" where it was not run."""
        if name not in self.means:
            return "-"
        return f"{self.means[name]:.3g}" if self.regression else f"{self.means[name]:.1f}"

    def of_auto(self, column: str) -> float:
        """The mean of a column of the rows of `auto`; NaN without one."""
        mine = self.rows[self.rows["method"] == "auto"]
        values = pd.to_numeric(mine.get(column, pd.Series(dtype=float)), errors="coerce")
        return float(values.mean())

    def cells(self) -> list[str]:
        """The line under HEADER."""
        ordinary, own = self.best(True), self.best(False)
        long = next((name for name in LONG_TRAININGS.values() if name in self.means), "")
        return [
            *self.named,
            str(int((self.rows["method"] == "auto").sum())),
            f"{self.mean(ordinary)} {ordinary}",
            f"{self.mean(own)} {own}",
            self.mean(long),
            self.mean("auto"),
            self.gain,
            f"{self.regret(ordinary):+.1f}",
            f"{self.rank:g} of {len(set(self.means) - set(AUTO)) + 1}",
            f"{self.of_auto('seconds'):.0f}",
            f"{self.of_auto('gan_seconds'):.0f}",
        ]


def together(lines: Sequence[Group]) -> list[list[str]]:
    """What all lines say of `auto`: rank, regrets, calibration, intervals."""
    regrets = {" ".join(x.named): x.regret(x.best(True)) for x in lines}
    own = [x.regret(x.best(False)) for x in lines]
    worst = max(regrets, key=lambda name: regrets[name])
    large = [
        x.of_auto("calibration_debiased")
        for x in lines
        if x.of_auto("test") >= LARGE and not x.regression
    ]
    covered = [x.of_auto("interval_coverage") for x in lines if x.regression]
    behind = [" ".join(x.named) for x in lines if x.surely_behind]
    gains = [gaps.mean() for x in lines if len(gaps := x.gaps(*AUTO))]
    made = [
        ["lines", str(len(lines))],
        ["mean rank of `auto`", f"{np.mean([x.rank for x in lines]):.1f}"],
        ["regret against the best ordinary model, mean", f"{np.mean(list(regrets.values())):+.2f}"],
        ["the same, worst line", f"{regrets[worst]:+.1f} ({worst})"],
        ["lines behind by more than 2 points and two standard errors", ", ".join(behind) or "0"],
        ["regret against the best row of the package, mean", f"{np.mean(own):+.2f}"],
    ]
    if gains:
        made.append([f"GAN on - off, mean of {len(gains)} lines", f"{np.mean(gains):+.2f}"])
    if large:
        made.append(
            [
                f"debiased calibration error, {LARGE:,} test samples or more, mean",
                f"{np.nanmean(large):.3f}",
            ]
        )
    if covered:
        made.append(["coverage of 90 % intervals, mean", f"{np.nanmean(covered):.3f}"])
    return made
