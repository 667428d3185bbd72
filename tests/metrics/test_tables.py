"""Measures of rows of a table: what trees tell apart, tails, zeros, what one column says."""

import numpy as np
import pandas as pd
import pytest

from ssgan.config import InputError
from ssgan.metrics import rows_told_apart, table_measures
from ssgan.metrics.tables import TreeRows, boosted_on, determined, nearness, tail_factor, zero_error

SCHOOL = {"none": 0, "school": 10, "college": 14}


def people(n=1200, seed=0):
    rng = np.random.default_rng(seed)
    school = rng.choice(list(SCHOOL), n)
    gain = np.where(rng.random(n) < 0.8, 0.0, rng.lognormal(5, 1, n))
    years = [SCHOOL[one] for one in school]
    born = pd.Timestamp("1980-01-01") + pd.to_timedelta(rng.integers(0, 9000, n), "D")
    weight = np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n))
    return pd.DataFrame(
        {"school": school, "years": years, "gain": gain, "born": born, "weight": weight}
    )


def test_rows_of_one_distribution_are_not_told_apart():
    measures = table_measures(people(seed=0), people(seed=1), people(seed=2))
    assert measures["told_apart"] == pytest.approx(0.5, abs=0.05)
    assert measures["ks"] < 0.06 and measures["tv"] < 0.06
    assert measures["determined"] == 1 and measures["zeros"] < 0.2
    assert measures["near"] == pytest.approx(0.05, abs=0.03)
    assert measures["near_held_out"] == pytest.approx(0.05, abs=0.03)


def test_columns_drawn_apart_are_told_although_each_is_right():
    real = people()
    rng = np.random.default_rng(5)
    apart = pd.DataFrame({name: real[name].to_numpy()[rng.permutation(len(real))] for name in real})
    measures = table_measures(real, apart)
    assert measures["ks"] == 0 and measures["tv"] == 0 and measures["tail"] == 1
    assert measures["told_apart"] > 0.75
    assert measures["determined"] == pytest.approx(1 / 3, abs=0.06)


def test_copies_are_near_and_rows_of_elsewhere_are_not():
    real = people()
    far = real.assign(school="elsewhere", years=99)
    assert nearness(real, {"copies": real, "far": far}) == {"copies": 1.0, "far": 0.0}


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_a_tail_is_off_by_a_factor_either_way(factor):
    real = people()["gain"]
    assert tail_factor(real, real * factor) == pytest.approx(max(factor, 1 / factor))
    assert np.isnan(tail_factor(people()["weight"], people()["weight"]))


def test_the_share_of_others_than_zero_is_wrong_by_a_part_of_itself():
    real = pd.Series([0.0] * 90 + [1.0] * 10)
    assert zero_error(real, pd.Series([0.0] * 95 + [1.0] * 5)) == pytest.approx(0.5)
    assert np.isnan(zero_error(real + 1, real))


def test_what_a_column_says_of_another_is_found_in_real_rows():
    real = people()
    wrong = real.assign(years=np.where(np.arange(len(real)) % 4 == 0, 99, real["years"]))
    pairs = determined(real, wrong)
    assert set(pairs) == {("school", "years"), ("years", "school")}
    assert pairs["school", "years"] == 0.75


def test_trees_learn_classes_and_numbers_with_gaps():
    real = people()
    assert (boosted_on(real, "school")(people(seed=1)) == people(seed=1)["school"]).all()
    target = real.assign(y=real["gain"] * 2)
    predicted = boosted_on(target.drop(columns="gain").assign(x=real["gain"]), "y")
    again = people(seed=1)
    inside = (again["gain"] < 1000).to_numpy()
    error = predicted(again.assign(x=again["gain"])) - 2 * again["gain"]
    assert np.abs(error[inside]).mean() < 20
    assert (boosted_on(real.assign(y="one"), "y")(real) == "one").all()


def test_unknown_levels_and_gaps_are_gaps_for_trees():
    seen = TreeRows.of(pd.DataFrame({"a": ["x", "y", "x"], "b": [True, False, None]}))
    rows = seen.rows(pd.DataFrame({"a": ["y", "z", None], "b": [True, None, False]}))
    np.testing.assert_array_equal(rows, [[1, 0], [np.nan, np.nan], [np.nan, 1]])
    assert seen.categorical == [True, True]


def test_few_rows_are_refused():
    with pytest.raises(InputError, match="expected at least 40 rows of a side, got 20"):
        rows_told_apart(people(21), people(50))
