"""What adaptation is worth: the suite `adaptation`."""

import numpy as np
import pandas as pd
import pytest

from ssgan.adaptation.translation.config import TranslateConfig
from ssgan.benchmark import suite
from ssgan.benchmark.cells import Cell, Place
from ssgan.benchmark.suites import adaptation, adaptation_tables
from ssgan.benchmark.suites.adaptation import CONTENDERS, HALF, PAIRS, TRAINED, AdaptationAmounts
from ssgan.data import Data, from_memory

Y = np.arange(60) % 2
FEW = {"steps": 60, "width": 4, "batch": 16, "candidates": ("statistics",)}
FIRST = {  # what a method trains before
    "pretrained": {"pretraining": 5},
    "translate": {"translation": TranslateConfig(steps=20, batch=4, width=4, blocks=1)},
}


def bright(side, seed, colours=False):
    x = np.random.default_rng(seed).integers(0, 60, (60, side, side))
    x[Y == 0, : side // 2] += 190
    x[Y == 1, side // 2 :] += 190
    return (x[..., None].repeat(3, -1) if colours else x).astype(np.uint8)


def reader(name, data_dir=None):
    """Sets of two classes that can be told, in the forms of the three."""
    side, colours = {"mnist": (12, False), "usps": (8, False), "mnist-m": (16, True)}[name]
    x, test = bright(side, 0, colours), bright(side, 1, colours)
    return Data(kind="images", x=x, y=Y, x_test=test, y_test=Y, source=name)


@pytest.mark.parametrize("method", CONTENDERS)
def test_every_row_is_measured_on_the_test_part_of_the_target(method, tmp_path):
    cell = Cell(data="MNIST to USPS", method=method, seed=0)
    amounts = AdaptationAmounts(fields=FEW | FIRST.get(method, {}))
    found = adaptation.solve(amounts, cell, Place(tmp_path, reader=reader))
    slow = {"dann", "cdan"}  # so few steps of so small a rate teach nothing
    assert found["target_accuracy"] > (0 if method in slow else 0.8)
    assert ("information" in found) == (method != TRAINED)
    assert found["steps"] == 60


def test_the_pair_of_mnist_and_mnist_m_shares_no_digit(tmp_path):
    rows = np.arange(2 * HALF)
    place = Place(
        tmp_path, reader=lambda name, _: Data(kind="vectors", x=rows, y=rows, source=name)
    )
    source, target = PAIRS["MNIST to MNIST-M"](place)
    assert len(source) == len(target) == HALF
    assert not set(source.y) & set(target.y)


def test_the_rows_that_say_what_a_method_is_worth_are_there_for_every_pair():
    for short, draws in ((False, 3), (True, 1)):
        cells = suite("adaptation", short).cells
        assert len(cells) == draws * len(PAIRS) * len(CONTENDERS)
    assert {"source only", "source and transforms", "statistics", TRAINED} <= {*CONTENDERS}


def people(name, data_dir=None):
    """Tables with the columns that the tasks ask for."""
    draw, n = np.random.default_rng(0), 400
    if name == "adult":
        x = pd.DataFrame(
            {
                "age": draw.integers(18, 80, n),
                "native-country": draw.choice(["United-States", "Cuba"], n),
                "hours": draw.normal(size=n),
            }
        )
        return from_memory(x, np.where(x["hours"] > 0.6, ">50K", "<=50K"))
    x = pd.DataFrame({"Latitude": draw.uniform(32, 42, n), "Longitude": 0.0, "income": 0.0})
    x["income"] = draw.normal(size=n)
    return from_memory(x, x["income"].to_numpy() * 2 + 0.25)


@pytest.mark.parametrize("name", adaptation_tables.TASKS)
def test_a_table_falls_into_two_groups_whose_columns_agree(name, tmp_path):
    place = Place(tmp_path, reader=people)
    source, target = adaptation_tables.sides_of(adaptation_tables.TASKS[name], place, 0)
    assert list(source.x.columns) == list(target.x.columns) == list(target.x_test.columns)
    assert adaptation_tables.TASKS[name].target not in source.x.columns
    assert abs(len(target.x) - len(target.x_test)) <= 1
    again = adaptation_tables.sides_of(adaptation_tables.TASKS[name], place, 0)[0]
    assert source.x.equals(again.x)


@pytest.mark.parametrize("name", ["Adult, under 35 to over 50", "California, south to north"])
def test_the_skill_is_measured_on_rows_that_were_not_seen(name, tmp_path):
    cell = Cell(data=name, method="source only", seed=0)
    fields = {"steps": 150, "batch": 32}
    found = adaptation_tables.solve_table(fields, cell, Place(tmp_path, reader=people))
    assert found["target_skill"] > 0.6


def test_the_target_of_other_shares_has_one_of_six_of_the_richer(tmp_path):
    task = adaptation_tables.TASKS["Adult, even classes to 1 : 5"]
    source, target = adaptation_tables.sides_of(task, Place(tmp_path, reader=people), 0)
    assert (source.y == ">50K").mean() == 0.5
    rich = [*target.y, *target.y_test].count(">50K")
    assert 6 * rich == len(target.y) + len(target.y_test)
