"""Rows of tables that a model makes: what boosting learns from them, and how they differ.

As many rows as there are to learn from are made. Boosted trees learn from them alone and are judged
on real test rows, by macro-F1 or R². "real rows" learn from the real ones, and it is the test rows
that are compared with these. "ssgan" is a GAN with the settings for tables, whose target is one
more column; "score_relabelled" is that of its rows where a model of the real ones fills the target.
SMOTE lies between real rows of a class, so it nearly copies them: "near" is the share of rows
nearer to a real one than nineteen in twenty real ones are, "near_held_out" that of the test rows.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score, r2_score

from ssgan.benchmark.cells import Benchmark, Cell, Place, Suite, grid
from ssgan.benchmark.results import Value
from ssgan.metrics.tables import boosted_on, of_numbers, table_measures
from ssgan.models.pretraining import pretrain
from ssgan.models.recipes import table_recipe
from ssgan.prediction.relabel import relabeler

DATA = ("adult", "california-housing", "credit-default", "covertype-15k")
NUMBERS = ("california-housing",)  # whose target is a number
TARGET = "target of the rows"
METHODS = ("real rows", "SMOTE-NC", "ssgan")


def tables_of(cell: Cell, place: Place) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and test rows, the target in a column of its own."""
    data = place.read(cell.data)
    if data.x_test is None or data.y is None or data.y_test is None:
        raise ValueError(f"{cell.data} has no labelled test part")
    train = data.x.assign(**{TARGET: data.y})
    return train, data.x_test.assign(**{TARGET: data.y_test})


def learnt_score(train: pd.DataFrame, test: pd.DataFrame, numbers: bool) -> float:
    """What boosted trees that learn from `train` reach on test rows: R², or macro-F1."""
    predicted = boosted_on(train, TARGET)(test)
    if numbers:
        return round(float(r2_score(test[TARGET], predicted)), 4)
    return round(float(f1_score(test[TARGET], predicted, average="macro")), 4)


def rows_between(train: pd.DataFrame, seed: int) -> pd.DataFrame:
    """As many rows of every class between rows of it, gaps filled."""
    from imblearn.over_sampling import SMOTE, SMOTENC

    x, y = train.drop(columns=[TARGET]), train[TARGET]
    levels = [not of_numbers(x[name]) for name in x.columns]
    for name, is_level in zip(x.columns, levels, strict=True):
        filling = "missing" if is_level else x[name].median()
        x = x.assign(**{name: x[name].fillna(filling)})
    wanted = (2 * y.value_counts()).to_dict()
    common = {"sampling_strategy": wanted, "random_state": seed}
    maker = SMOTENC(categorical_features=levels, **common) if any(levels) else SMOTE(**common)
    more, classes = maker.fit_resample(x, y)
    rows = more[len(x) :].reset_index(drop=True)
    made: pd.DataFrame = rows.assign(**{TARGET: np.asarray(classes)[len(x) :]})
    return made


def solve_rows(steps: int | None, cell: Cell, place: Place) -> Mapping[str, Value]:
    """The scores of rows and how they differ from real ones; seconds are those of making rows."""
    train, test = tables_of(cell, place)
    numbers, relabelled = cell.data in NUMBERS, ""
    began = time.perf_counter()
    if cell.method == "ssgan":
        config = replace(table_recipe(), seed=cell.seed)
        config = config if steps is None else replace(config, steps=steps)
        gan = pretrain(train, config, device="cpu")
        rows = gan.sample(len(train), seed=cell.seed)
        seconds = time.perf_counter() - began
        filled = relabeler(gan, TARGET, cell.seed)(rows)
        relabelled = str(learnt_score(filled, test, numbers))
    else:
        rows = rows_between(train, cell.seed) if cell.method == "SMOTE-NC" else train
        seconds = time.perf_counter() - began
    measures = table_measures(train, test if rows is train else rows, test, cell.seed)
    return {
        "score": learnt_score(rows, test, numbers),
        "score_relabelled": relabelled,
        **{name: round(value, 4) for name, value in measures.items()},
        "seconds": round(seconds, 2),
    }


def tables(short: bool) -> Suite:
    """The suite."""
    cells = grid(data=DATA[:1] if short else DATA, method=METHODS, seed=range(1 if short else 3))
    return Suite(
        cells=tuple(
            cell
            for cell in cells
            if not (cell.method == "SMOTE-NC" and cell.data in NUMBERS)
            and not (cell.method == "real rows" and cell.seed)
        ),
        solve=partial(solve_rows, 1000 if short else None),
        measure="score",
        by=("data", "method"),
        timed=lambda cell: cell.method == "ssgan",
    )


BENCHMARKS = (
    Benchmark(
        "tables",
        "rows of four tables: what boosting learns from them, and whether it tells them apart",
        tables,
    ),
)
