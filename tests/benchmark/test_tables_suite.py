"""The suite of tables: what is made of rows, and how it is judged."""

import numpy as np
import pandas as pd
import pytest

from ssgan.benchmark.cells import Cell, Place
from ssgan.benchmark.suites.tables import (
    NUMBERS,
    TARGET,
    learnt_score,
    rows_between,
    solve_rows,
    tables,
)
from ssgan.data import from_memory


def rows(n=400, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.3
    x = rng.normal(size=n) + 4 * y
    x[::9] = np.nan
    kind = np.where(y, "b", rng.choice(["a", "c"], n))
    return pd.DataFrame({"x": x, "kind": kind, TARGET: np.where(y, "yes", "no")})


def held(name, data_dir):
    """The only data set there is."""
    train, test = rows(), rows(seed=1)
    parts = {"x_test": test.drop(columns=[TARGET]), "y_test": test[TARGET].to_numpy()}
    return from_memory(train.drop(columns=[TARGET]), train[TARGET].to_numpy(), **parts)


def test_a_row_has_scores_differences_and_seconds(tmp_path):
    place = Place(tmp_path, None, held)
    real = solve_rows(None, Cell(data="held", method="real rows", seed=0), place)
    assert real["score"] > 0.9 and real["told_apart"] == pytest.approx(0.5, abs=0.1)
    assert real["near"] == real["near_held_out"] < 0.2 and real["score_relabelled"] == ""
    few = solve_rows(2, Cell(data="held", method="ssgan", seed=0), place)
    assert few["told_apart"] > 0.6 and float(few["score_relabelled"]) > 0.5


def test_rows_between_rows_of_a_class_are_as_many_of_each():
    made = rows_between(rows(), 0)
    assert made[TARGET].value_counts().equals(rows()[TARGET].value_counts())
    assert not made.isna().any(axis=None)
    assert learnt_score(made, rows(seed=1), numbers=False) > 0.9


def test_rows_that_say_nothing_score_as_a_guess():
    shuffled = rows().assign(**{TARGET: np.random.default_rng(1).permutation(rows()[TARGET])})
    assert learnt_score(rows(), rows(seed=1), numbers=False) > 0.9
    assert learnt_score(shuffled, rows(seed=1), numbers=False) < 0.6


@pytest.mark.parametrize("short", [False, True])
def test_every_table_has_its_methods(short):
    cells = tables(short).cells
    methods = {(cell.data, cell.method) for cell in cells}
    assert ("adult", "SMOTE-NC") in methods
    assert not any((data, "SMOTE-NC") in methods for data in NUMBERS)
    assert sum(cell.method == "real rows" for cell in cells) == (1 if short else 4)
