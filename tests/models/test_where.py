"""Rows of a table drawn until conditions hold."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from ssgan import pretrain
from ssgan.config import InputError
from ssgan.models.where import row_conditions
from tests.examples import SMALL, images

DAYS = pd.Series(pd.date_range("2020-01-01", periods=200))


def table():
    rng = np.random.default_rng(0)
    weight = np.where(np.arange(200) % 4 == 0, np.nan, rng.normal(size=200))
    open_ = np.arange(200) % 3 == 0
    age = rng.integers(20, 60, 200)
    return pd.DataFrame({"age": age, "open": open_, "day": DAYS, "weight": weight})


@cache
def gan():
    return pretrain(table(), SMALL)


CASES = [
    ("age>=40", lambda rows: rows["age"] >= 40),
    ("age != 40", lambda rows: rows["age"] != 40),
    ("open=True", lambda rows: rows["open"]),
    ("open!=True", lambda rows: ~rows["open"]),
    ("day<2020-06-01", lambda rows: rows["day"] < pd.Timestamp("2020-06-01")),
    ("weight=", lambda rows: rows["weight"].isna()),
    ("weight!=", lambda rows: rows["weight"].notna()),
    ("weight>0", lambda rows: rows["weight"] > 0),
]


@pytest.mark.parametrize(("condition", "holds"), CASES)
def test_every_row_is_as_asked(condition, holds):
    rows = gan().sample(50, where=condition)
    assert len(rows) == 50 and holds(rows).all()
    assert rows.dtypes.equals(table().dtypes)


def test_rows_are_those_of_the_list_of_the_seed_in_which_conditions_hold():
    every = gan().sample(2000, seed=3)
    chosen = every[(every["age"] >= 40) & every["open"]][:40].reset_index(drop=True)
    found = gan().sample(40, seed=3, where=["age>=40", "open=True"])
    pd.testing.assert_frame_equal(found, chosen)


def test_no_rows_are_no_rows():
    assert len(gan().sample(0, where="age>=40")) == 0


def test_what_gans_cannot_be_asked_is_refused():
    with pytest.raises(InputError, match="columns of a table, the GAN makes images"):
        pretrain(images(), SMALL).sample(3, where="age=3")
    with pytest.raises(InputError, match="where draws rows without labels"):
        gan().sample(3, where="age>=40", labels=1)
    with pytest.raises(InputError, match="no gap"):
        gan().sample(3, where="age=")
    with pytest.raises(InputError, match="'soon' is not a"):
        gan().sample(3, where="day>soon")


def test_a_number_between_those_seen_may_be_asked_for_and_one_beyond_may_not():
    assert [str(one) for one in row_conditions(gan().codec, "weight=0.1")] == ["weight=0.1"]
    with pytest.raises(InputError, match=r"no row has weight=99: .* had values from -"):
        row_conditions(gan().codec, "weight=99")
