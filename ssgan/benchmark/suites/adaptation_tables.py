"""Tables of one group with labels and of another without: ages, countries, places, shares.

At most 5,000 rows a side. Half of the target's rows are seen without labels, the other half is the
test part. "label shift" draws even classes for the source and one of five for the target.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ssgan.adaptation.adapt import adapting
from ssgan.adaptation.config import AdaptConfig
from ssgan.adaptation.domains import make_domains
from ssgan.adaptation.methods import METHODS
from ssgan.adaptation.methods.auto import label_free_scores
from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite, grid
from ssgan.benchmark.results import Value
from ssgan.data import Data, from_memory
from ssgan.randomness import Rng
from ssgan.training.runner import finish

MOST = 5000  # rows of a side
PLAIN: Mapping[str, Any] = {"transforms": ()}
CONTENDERS: dict[str, Mapping[str, Any]] = {
    "source only": {"method": "source-only", **PLAIN},
    "statistics": {"method": "statistics", **PLAIN},
    "importance": {"method": "importance", **PLAIN},
    "label-shift": {"method": "label-shift", **PLAIN},
    "dann": {"method": "dann", **PLAIN},
    "consistency": {"method": "consistency"},
}
Sides = tuple[pd.DataFrame, pd.DataFrame]


def adult_by_age(frame: pd.DataFrame, rng: Rng) -> Sides:
    """Rows of people below 35, and of those from 50 on."""
    return frame[frame["age"] < 35], frame[frame["age"] >= 50]


def adult_by_country(frame: pd.DataFrame, rng: Rng) -> Sides:
    """Rows of people born in the United States, and of others."""
    home = frame["native-country"] == "United-States"
    frame = frame.drop(columns="native-country")
    return frame[home], frame[~home]


def adult_by_shares(frame: pd.DataFrame, rng: Rng) -> Sides:
    """Even classes, and one of five of the richer: the same people otherwise."""
    frame = frame.sample(frac=1, random_state=rng("shares").numpy()).reset_index(drop=True)
    rich, poor = (frame[(frame["income"] == ">50K") == side] for side in (True, False))
    even = min(MOST // 2, 3 * len(rich) // 4)  # of each class in the source
    few = min(MOST // 6, len(rich) - even, (len(poor) - even) // 5)  # of the richer in the target
    source = pd.concat([rich[:even], poor[:even]])
    return source, pd.concat([rich[even : even + few], poor[even : even + 5 * few]])


def california_by_latitude(frame: pd.DataFrame, rng: Rng) -> Sides:
    """Rows of the south, and of the north."""
    north = frame["Latitude"] > 36.0
    frame = frame.drop(columns=["Latitude", "Longitude"])
    return frame[~north], frame[north]


@dataclass(frozen=True)
class TableTask:
    """A table and how it falls into two domains."""

    table: str
    target: str  # the column to predict
    divide: Callable[[pd.DataFrame, Rng], Sides]


TASKS = {
    "Adult, under 35 to over 50": TableTask("adult", "income", adult_by_age),
    "Adult, USA to elsewhere": TableTask("adult", "income", adult_by_country),
    "Adult, even classes to 1 : 5": TableTask("adult", "income", adult_by_shares),
    "California, south to north": TableTask("california-housing", "target", california_by_latitude),
}


def sides_of(task: TableTask, place: Place, seed: int) -> tuple[Data, Data]:
    """The source with labels, and the target with a test part; at most MOST rows each."""
    rng, data = Rng(("adaptation tables", seed)), place.read(task.table)
    frame = data.x.assign(**{task.target: data.y}).reset_index(drop=True)
    source, target = (
        side.sample(frac=1, random_state=rng(name).numpy())[:MOST].reset_index(drop=True)
        for name, side in zip(("source", "target"), task.divide(frame, rng), strict=True)
    )
    half = len(target) // 2
    xs = [side.drop(columns=task.target) for side in (source, target)]
    ys = [side[task.target].to_numpy() for side in (source, target)]
    rest = {"x_test": xs[1][half:].reset_index(drop=True), "y_test": ys[1][half:]}
    return from_memory(xs[0], ys[0]), from_memory(xs[1][:half], ys[1][:half], **rest)


def solve_table(fields: Mapping[str, Any], cell: Cell, place: Place) -> Mapping[str, Value]:
    """The skill in the test part: accuracy, or the share of variance of a number."""
    source, target = sides_of(TASKS[cell.data], place, cell.seed)
    unlabeled = from_memory(target.x)
    config = AdaptConfig(**{**fields, **CONTENDERS[cell.method], "seed": cell.seed})
    model = finish(adapting(source, unlabeled, config))
    predicted, truth = model.predict(target.x_test), np.asarray(target.y_test)
    if model.classes is None:
        error = float(np.square(predicted - truth).mean() / truth.var())
        return {"target_skill": round(1 - error, 5)}
    domains = make_domains(source, unlabeled)
    scores = label_free_scores(model.network, domains, config, model.runtime)
    rounded = {name: round(value, 4) for name, value in scores.items()}
    return {"target_skill": round(float((predicted == truth).mean()), 5), **rounded}


def adaptation_tables(short: bool) -> Suite:
    """All methods that a task takes, three draws; short: 50 steps, one draw."""
    fields = {"steps": 50} if short else {"steps": 600}
    cells = grid(seed=range(1 if short else 3), data=tuple(TASKS), method=tuple(CONTENDERS))
    numbers = {name for name, task in TASKS.items() if task.table == "california-housing"}
    return Suite(
        cells=tuple(
            cell
            for cell in cells
            if cell.data not in numbers or METHODS[str(CONTENDERS[cell.method]["method"])].numbers
        ),
        solve=partial(solve_table, fields),
        measure="target_skill",
        by=("data", "method"),
    )


BENCHMARKS = (
    Benchmark(
        "adaptation-tables",
        "labels in one group of a table, none in another: four tasks, 3 draws",
        adaptation_tables,
    ),
)
