"""Tables as tensors: numbers, digits, missing entries, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ssgan.codecs.columns import fit_column
from ssgan.codecs.columns.category import BASE
from ssgan.data import fit_codec
from ssgan.randomness import Rng

RNG = np.random.default_rng(0)
QUICK = settings(deadline=None, derandomize=True, max_examples=25)


def test_column_order_and_further_columns_do_not_matter():
    table = pd.DataFrame({"job": ["a", "b", "a"], "age": [1.0, None, 2.0], "no": [0, 1, 2]})
    codec = fit_codec(table)
    shuffled = table[table.columns[::-1]].assign(more=1)
    assert torch.equal(codec.pack(shuffled).nan_to_num(9), codec.pack(table).nan_to_num(9))


TABLE_REFUSALS = [
    ({"job": ["a", "c"], "age": [1, 2]}, "column 'job': level 'c' was not seen in fit"),
    ({"job": ["a", "b"], "age": ["x", "y"]}, "column 'age': expected numbers"),
    ({"job": ["a", "b"], "age": [1, np.inf]}, "column 'age': row 1 is infinite"),
    ({"job": ["a", "b"]}, "there is no column 'age'; expected"),
]


@pytest.mark.parametrize(("columns", "message"), TABLE_REFUSALS)
def test_tables_unlike_the_fitted_one_are_refused(columns, message):
    codec = fit_codec(pd.DataFrame({"job": ["a", "b", "a"], "age": [1, 5, 2]}))
    with pytest.raises(ValueError, match=message):
        codec.pack(pd.DataFrame(columns))


def test_text_is_refused_where_times_were_fitted():
    codec = fit_codec(pd.DataFrame({"day": pd.to_datetime(["2020-01-01", "2020-01-05"])}))
    with pytest.raises(ValueError, match="column 'day': expected datetime64.*pandas.to_datetime"):
        codec.pack(pd.DataFrame({"day": ["2020-01-01"]}))


def test_an_unseen_level_counts_as_missing_where_entries_were_missing():
    codec = fit_codec(pd.DataFrame({"job": ["a", "b", None], "age": [1, 2, 3]}))
    found = codec.decode(codec.expand(codec.pack(pd.DataFrame({"job": ["z"], "age": [2]}))))
    assert found["job"].isna().all()


def test_missing_entries_are_tolerated_where_none_were_seen():
    codec = fit_codec(pd.DataFrame({"job": ["a", "b", "a"], "age": [1, 5, 2]}))
    x = codec.expand(codec.pack(pd.DataFrame({"job": [None], "age": [np.nan]})))
    assert x.tolist() == [[0, 0, 0]]
    found = codec.decode(x)
    assert list(found["job"]) == ["a"]
    assert 1 <= found["age"][0] <= 5


def test_a_missing_number_has_a_flag_of_its_own():
    codec = fit_codec(pd.DataFrame({"age": [1.0, 3.0, np.nan]}))
    x = codec.expand(codec.pack(pd.DataFrame({"age": [3.0, np.nan]})))
    assert x.tolist() == [[1, 1, 0], [0, 0, 1]]


def test_many_levels_are_digits_by_frequency_and_no_block_is_wide():
    words = [f"w{k}" for k in range(2500)]
    column = pd.Series([*words, "w2499", "w2499"], name="word")
    found = fit_column(column)
    assert found.blocks == (BASE, 3)
    assert found.pack(pd.Series(["w2499", "w0", "w2498"])).tolist() == [[0, 0], [1, 0], [499, 2]]
    codec = fit_codec(column.to_frame())
    assert codec.shape == (1003,)
    pd.testing.assert_frame_equal(
        codec.decode(codec.expand(codec.pack(column.to_frame()))), column.to_frame()
    )
    rng = Rng(("output",))
    generated = codec.decode(codec.activate(rng.normal(40, *codec.shape), rng("noise")))
    assert set(generated["word"]) <= set(column)


def test_a_hundred_thousand_levels_take_two_blocks():
    column = fit_column(pd.Series(np.arange(10**5).astype(str), name="id"))
    assert column.blocks == (1000, 100)


def test_equal_numbers_have_a_stretch_of_places():
    column = fit_column(pd.Series([0.0] * 75 + [float(k) for k in np.linspace(0.1, 9, 25)]))
    assert column.pack(pd.Series([0.0]))[0, 0] == pytest.approx(-0.25, abs=0.03)
    assert column.unpack(np.array([[-1.0], [-0.9], [0.3], [1.0]])).tolist() == [0, 0, 0, 9]


def test_a_few_levels_of_numbers_are_evenly_spaced_however_rare():
    column = fit_column(pd.Series([0] * 199 + [1], name="soil"))
    assert column.pack(pd.Series([0, 1])).ravel().tolist() == [-1, 1]
    assert column.unpack(np.array([[-0.2], [0.2]])).tolist() == [0, 1]


def test_numbers_out_of_the_fitted_range_become_its_ends():
    codec = fit_codec(pd.DataFrame({"a": np.arange(100), "b": np.linspace(0, 1, 100)}))
    far = pd.DataFrame({"a": [-(10**6), 10**6], "b": [-5.0, 5.0]})
    found = codec.decode(codec.expand(codec.pack(far)))
    assert found.to_numpy().tolist() == [[0, 0], [99, 1]]


def test_fitting_a_table_calls_nothing_row_by_row():
    rows = 10**5
    big = pd.DataFrame({"a": RNG.normal(size=rows), "b": RNG.integers(0, 9, rows).astype(str)})
    codec = fit_codec(big)
    assert len(codec.columns[0].knots) == 256
    assert codec.pack(big).shape == (rows, 2)


@QUICK
@given(
    st.lists(st.one_of(st.none(), st.text(max_size=3)), min_size=2, max_size=30).filter(
        lambda values: len({*values}) > 1
    )
)
def test_any_text_survives(values):
    table = pd.DataFrame({"a": pd.Series(values, dtype=object)})
    codec = fit_codec(table)
    pd.testing.assert_frame_equal(codec.decode(codec.expand(codec.pack(table))), table)


@QUICK
@given(
    st.lists(
        st.floats(-1e300, 1e300, allow_nan=False, allow_subnormal=False), min_size=2, max_size=300
    )
)
def test_any_floats_come_back_in_range(values):
    table = pd.DataFrame({"a": values, "b": np.arange(len(values)) % 2})
    codec = fit_codec(table)
    found = codec.decode(codec.expand(codec.pack(table)))["a"]
    reach = max(values) / 2 - min(values) / 2
    assert found.between(min(values), max(values)).all()
    assert ((found / 2 - table["a"] / 2).abs() <= 1e-4 * reach).all()


@QUICK
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=40))
def test_any_integers_come_back_in_range(values):
    table = pd.DataFrame({"a": np.array(values), "b": np.arange(len(values)) % 2})
    codec = fit_codec(table)
    found = codec.decode(codec.expand(codec.pack(table)))["a"]
    assert found.dtype == np.int64
    assert found.between(min(values), max(values)).all()
    reach = max(values) - min(values)
    assert all(abs(a - b) <= 1e-4 * reach for a, b in zip(found.tolist(), values, strict=True))
