"""Tables as tensors: numbers, digits, missing entries, and what is refused."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ssgan.codecs.columns import column_from_json, fit_column
from ssgan.codecs.columns.category import BASE
from ssgan.config import InputError, UnseenWarning
from ssgan.data import fit_codec, from_memory
from ssgan.randomness import Rng

RNG = np.random.default_rng(0)
QUICK = settings(deadline=None, derandomize=True, max_examples=25)


def test_column_order_and_further_columns_do_not_matter():
    table = pd.DataFrame({"job": ["a", "b", "a"], "age": [1.0, None, 2.0], "no": [0, 1, 2]})
    codec = fit_codec(table)
    shuffled = table[table.columns[::-1]].assign(more=1)
    assert torch.equal(codec.pack(shuffled).nan_to_num(9), codec.pack(table).nan_to_num(9))


TABLE_REFUSALS = [
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
        codec.pack(pd.DataFrame({"day": ["1 May"]}))


@pytest.mark.parametrize("third", [None, "a"])
def test_an_unseen_level_is_in_no_state_and_counted(third):
    codec = fit_codec(pd.DataFrame({"job": ["a", "b", third], "age": [1, 2, 3]}))
    unseen = pd.DataFrame({"job": ["z", "a", "y"], "age": [2, 2, 2]})
    with pytest.warns(UnseenWarning, match="'job': 2 of 3 entries are levels .* as 'z': .* other"):
        x = codec.expand(codec.pack(unseen))
    assert x[:, 1:].sum(1).tolist() == [0, 1, 0]


LEVELS = [
    (["12", "13", "A7", None], [12, 13]),
    (["12", "13", "A7", None], [12.0, 13.0]),
    (["1", "2", None], [1.0, np.nan, 2.0]),
    (["2020-01-01", "2020-01-02", "unknown"], pd.to_datetime(["2020-01-01", "2020-01-02"])),
    (["True", "False", "?"], [True, False]),
    (["1", "2", "x"], pd.array([1, 2], "Int64")),
]


@pytest.mark.parametrize(("fitted", "given"), LEVELS)
def test_a_level_is_the_same_in_another_type(fitted, given):
    codec = fit_codec(pd.DataFrame({"code": fitted * 3, "age": range(3 * len(fitted))}))
    raw = pd.DataFrame({"code": given})
    expected = [None if pd.isna(value) else value for value in raw["code"]]
    found = codec.decode(codec.expand(codec.pack(raw.assign(age=1))))["code"]
    for value, level in zip(expected, found, strict=True):
        if value is None:
            assert pd.isna(level)
        else:
            assert str(value).removesuffix(".0").removesuffix(" 00:00:00") == level


def test_a_nan_inside_nullable_floats_is_missing_alone():
    values = np.array([np.nan, 1.5, 2.5, 3.5])
    frame = pd.DataFrame({"r": pd.arrays.FloatingArray(values, np.zeros(4, bool)), "x": range(4)})
    codec = fit_codec(frame)
    back = codec.decode(codec.expand(codec.pack(frame)))["r"]
    assert back.isna().tolist() == [True, False, False, False]


@pytest.mark.parametrize("empty", [[None, None], [np.nan, np.nan], ["", ""], [pd.NaT, pd.NaT]])
def test_a_column_that_is_empty_in_every_row_is_missing(empty):
    days = [*pd.to_datetime(["2020-01-01", "2020-01-05", "2020-02-01"]), pd.NaT]
    codec = fit_codec(pd.DataFrame({"day": days, "age": [1.5, 2.5, None, 3]}))
    raw = pd.DataFrame({"day": empty, "age": [None, None]}).replace("", None)
    assert codec.decode(codec.expand(codec.pack(raw))).isna().all(axis=None)


def test_dates_and_numbers_that_come_as_text_are_what_they_were_in_fitting():
    day = ["2020-01-01", "2020-01-05", "2020-02-01"]
    codec = fit_codec(pd.DataFrame({"day": [*day, None], "price": [1200.0, 3.5, 7.25, None]}))
    assert fit_codec(pd.DataFrame({"day": pd.to_datetime(day)})).shape == (1,)
    raw = pd.DataFrame({"day": day, "price": ["1,200", "3.5", "NA"]})
    x = codec.pack(raw)
    same = codec.pack(pd.DataFrame({"day": pd.to_datetime(day), "price": [1200.0, 3.5, np.nan]}))
    assert torch.equal(x.nan_to_num(9), same.nan_to_num(9))


def test_entries_that_are_no_values_are_refused_by_column():
    with pytest.raises(ValueError, match="column 'c': holds entries that are no text or numbers"):
        fit_codec(pd.DataFrame({"c": [[1], [2]], "x": [1, 2]}))


def test_text_among_numbers_is_named_with_its_row():
    codec = fit_codec(pd.DataFrame({"x": [1, 2, 3]}))
    with pytest.raises(ValueError, match="column 'x': expected numbers, got 'abc' in row 1: corr"):
        codec.pack(pd.DataFrame({"x": ["1", "abc"]}))


def test_times_of_the_day_are_text():
    frame = pd.DataFrame({"t": [datetime.time(8, 30), datetime.time(9), None], "x": [1, 2, 3]})
    codec = fit_codec(frame)
    back = codec.decode(codec.expand(codec.pack(frame)))["t"]
    assert back.tolist()[:2] == ["08:30:00", "09:00:00"]


def test_numbers_too_large_are_refused_with_a_remedy():
    frame = pd.DataFrame({"id": pd.Series([10**30, 10**30 + 1], dtype=object)})
    with pytest.raises(ValueError, match="'id': has numbers of 31 digits, too large .*make them t"):
        fit_codec(frame)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(pd.period_range("2020-01", periods=6, freq="M")),
        pd.Series(pd.interval_range(0, 6)),
        pd.Series([datetime.date(2020, 1, day) for day in range(1, 7)]),
        pd.Series([decimal.Decimal(cents) / 100 for cents in range(6)]),
    ],
    ids=lambda column: str(column.iloc[0]),
)
def test_columns_of_other_types_are_numbers_dates_or_text(column):
    frame = pd.DataFrame({"c": column, "x": range(6)})
    codec = fit_codec(frame)
    back = codec.decode(codec.expand(codec.pack(frame)))["c"]
    expected = column.dt.to_timestamp() if hasattr(column.dtype, "freq") else column
    assert [str(value)[:10] for value in back] == [
        str(float(v) if isinstance(v, decimal.Decimal) else v)[:10] for v in expected
    ]


def test_categories_that_are_intervals_are_text_and_those_that_are_times_are_times():
    cut = pd.cut(pd.Series([0.5, 1.5, 2.5]), [0, 1, 2, 3])
    months = pd.Series(pd.period_range("2020-01", periods=3, freq="M")).astype("category")
    frame = from_memory(pd.DataFrame({"cut": cut, "month": months})).x
    codec = fit_codec(frame)
    back = codec.decode(codec.expand(codec.pack(frame)))
    assert back["cut"].tolist() == ["(0, 1]", "(1, 2]", "(2, 3]"]
    assert back["month"].tolist() == list(pd.date_range("2020-01-01", periods=3, freq="MS"))


def test_infinite_decimals_are_refused_as_other_numbers_are():
    frame = pd.DataFrame({"c": [decimal.Decimal("Infinity"), decimal.Decimal(1)], "x": [1, 2]})
    with pytest.raises(InputError, match="row 0 is infinite"):
        fit_codec(from_memory(frame))


def test_missing_entries_are_tolerated_where_none_were_seen():
    codec = fit_codec(pd.DataFrame({"job": ["a", "b", "a"], "age": [1, 5, 2]}))
    with pytest.warns(UnseenWarning, match="1 of 1 entries are missing"):
        x = codec.expand(codec.pack(pd.DataFrame({"job": [None], "age": [np.nan]})))
    assert x.tolist() == [[0, 0, 0]]
    found = codec.decode(x)
    assert list(found["job"]) == ["a"]
    assert 1 <= found["age"][0] <= 5


def test_a_missing_number_has_a_flag_of_its_own():
    codec = fit_codec(pd.DataFrame({"age": [1.0, 2.0, 3.0, np.nan]}))
    x = codec.expand(codec.pack(pd.DataFrame({"age": [3.0, np.nan]})))
    assert x.tolist() == [[1, 1, 0], [0, 0, 1]]


def test_a_missing_number_with_states_is_in_none():
    codec = fit_codec(pd.DataFrame({"age": [1.0, 3.0, np.nan]}))
    x = codec.expand(codec.pack(pd.DataFrame({"age": [3.0, np.nan]})))
    assert x.tolist() == [[1, 1, 0, 0, 1, 0], [0, 0, 1, 0, 0, 0]]


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


def test_a_common_value_is_a_state_and_so_are_the_others():
    """Zeros keep a stretch of places, on which a generator may lie without becoming another."""
    column = fit_column(pd.Series([0.0] * 750 + [float(k) for k in np.linspace(0.1, 9, 250)]))
    assert column.ranges == ((0.0, 0.0), (0.1, 9.0))
    (low, high), rest = column.states
    assert low == high == pytest.approx(-0.25, abs=0.03)
    assert rest == (pytest.approx(0.5, abs=0.03), 1.0)
    assert column.unpack(np.array([[-0.9, 0], [0.9, 0], [-0.9, 1], [1, 1]])).tolist() == [
        0,
        0,
        0.1,
        9,
    ]


def test_zeros_and_others_come_as_often_as_they_are():
    rng = np.random.default_rng(0)
    values = np.where(rng.random(5000) < 0.9, 0.0, rng.lognormal(3, 1, 5000))
    codec = fit_codec(pd.DataFrame({"gain": values, "other": rng.normal(size=5000)}))
    back = codec.decode(codec.expand(codec.pack(pd.DataFrame({"gain": values, "other": 0.0}))))
    np.testing.assert_array_equal(back["gain"] == 0, values == 0)


def test_a_few_levels_of_numbers_are_evenly_spaced_states_however_rare():
    column = fit_column(pd.Series([0] * 199 + [1], name="soil"))
    assert column.states == ((-1, -1), (1, 1))
    assert column.pack(pd.Series([0, 1])).tolist() == [[-1, 0], [1, 1]]
    assert column.unpack(np.array([[0.2, 0], [-0.2, 1]])).tolist() == [0, 1]


def test_an_unseen_value_of_a_column_of_states_keeps_its_place_and_is_in_the_nearest():
    column = fit_column(pd.Series([20, 30, 60] * 50, name="age"))
    assert column.pack(pd.Series([26, 24])).tolist() == [
        [pytest.approx(-0.4), 1],
        [pytest.approx(-0.6), 0],
    ]


def test_rare_values_among_few_share_a_state_and_none_comes_that_was_not_there():
    values = [*range(50)] * 100 + [77, 78, 79, 90, 95] * 2
    column = fit_column(pd.Series(values, name="age"))
    assert column.ranges[:50] == tuple((k, k) for k in range(50))
    assert column.ranges[50:] == ((77, 95),)
    low, high = column.states[50]
    places = np.linspace(low, high, 9)
    rare = column.unpack(np.stack([places, np.full(9, 50)], 1))
    assert rare.is_monotonic_increasing and rare.unique().tolist() == [77, 78, 79, 90, 95]


def test_values_that_do_not_repeat_are_no_states():
    assert fit_column(pd.Series(np.arange(500) * 1.5)).ranges == ()
    assert fit_column(pd.Series([*range(129)] * 50)).ranges == ()
    assert len(fit_column(pd.Series([*range(128)] * 50)).ranges) == 128


def test_values_of_a_small_table_are_no_states():
    """Fifty rows must teach each, or a hundred one among many: few labels are lost in them."""
    assert fit_column(pd.Series([*range(100)] * 49)).ranges == ()
    assert fit_column(pd.Series([0.0] * 99 + [k / 7 for k in range(1, 150)])).ranges == ()
    assert len(fit_column(pd.Series([0.0] * 100 + [k / 7 for k in range(1, 150)])).ranges) == 2


def test_a_column_of_an_older_run_has_no_states():
    column = fit_column(pd.Series(np.arange(500) * 1.5, name="x"))
    older = {k: v for k, v in column.to_json().items() if k not in ("spots", "ranges")}
    again = column_from_json(older)
    assert again.width == 1 and again.states == ()
    assert again.unpack(np.array([[-1.0], [0.0], [1.0]])).tolist()[::2] == [0, 748.5]


HEAVY = np.sort(np.random.default_rng(1).lognormal(0, 2, 20_000))


def test_a_heavy_tail_lies_by_its_logarithm_and_the_other_side_by_rank():
    column = fit_column(pd.Series(HEAVY))
    places = column.pack(pd.Series(HEAVY))[:, 0]
    body = 0.99 / (0.99 + 0.1)  # of the range of 2, for 99 % of the rows
    assert len(column.ranges) == 2 and column.ranges[1][1] == HEAVY[-1]
    assert (column.pack(pd.Series(HEAVY))[:, 1] == 1).sum() == 200
    assert places[19_799] == pytest.approx(2 * body - 1, abs=0.005)
    assert places[9_900] == pytest.approx(2 * body / 2 - 1, abs=0.005)
    halves = places[19_999 - 16] - places[19_999 - 32], places[19_999 - 8] - places[19_999 - 16]
    assert halves[0] == pytest.approx(halves[1], rel=0.15)


def test_what_is_slightly_wrong_in_a_heavy_tail_is_not_far_off_in_value():
    column = fit_column(pd.Series(HEAVY))
    packed = column.pack(pd.Series(HEAVY))
    packed[:, 0] = (packed[:, 0] + 0.01).clip(-1, 1)
    real, shifted = np.quantile(HEAVY, 0.999), np.quantile(column.unpack(packed), 0.999)
    assert 1 < shifted / real < 1.5


def test_a_tail_that_is_not_heavy_lies_by_rank():
    values = np.sort(np.random.default_rng(1).normal(size=20_000))
    places = fit_column(pd.Series(values)).pack(pd.Series(values))[:, 0]
    np.testing.assert_allclose(places, np.linspace(-1, 1, 20_000), atol=2e-3)


def test_quantiles_far_out_survive():
    codec = fit_codec(pd.DataFrame({"a": HEAVY, "b": HEAVY[::-1]}))
    back = codec.decode(codec.expand(codec.pack(pd.DataFrame({"a": HEAVY, "b": HEAVY[::-1]}))))
    np.testing.assert_allclose(np.quantile(back["a"], 0.999), np.quantile(HEAVY, 0.999), rtol=0.02)


def mixed_rows(n=3000):
    rng = np.random.default_rng(2)
    gain = np.where(rng.random(n) < 0.7, 0.0, rng.lognormal(3, 1, n))
    age = rng.integers(17, 60, n).astype(float)
    age[::5] = np.nan
    gain[::7] = np.nan
    job = rng.choice(["cook", "smith", "clerk"], n)
    return pd.DataFrame({"gain": gain, "age": age, "job": job, "weight": rng.normal(size=n)})


def test_generated_rows_look_as_real_ones_do_to_a_critic():
    """Places lie in their states, and what is missing has neither: nothing tells them apart."""
    codec, rng = fit_codec(mixed_rows()), Rng(("output",))
    generated = codec.activate(3 * rng.normal(300, *codec.shape), rng("noise"))
    again = codec.expand(codec.pack(codec.decode(generated)))
    numbers = codec.numbers
    torch.testing.assert_close(generated[:, :numbers], again[:, :numbers], atol=1e-4, rtol=0)
    assert ((generated[:, :numbers] == 0).any(1)).sum() > 50
    within = [x[:, -codec.repeated + codec.states :] for x in (generated, again)]
    torch.testing.assert_close(*within, atol=1e-3, rtol=0)
    assert within[0].abs().max() > 0.9


def test_a_place_follows_from_state_and_place_within():
    codec = fit_codec(mixed_rows(1000))
    column = next(one for one in codec.columns if one.name == "gain")
    x = codec.expand(codec.pack(mixed_rows(1000)))
    real = mixed_rows(1000)["gain"].to_numpy(copy=True)
    within = x[:, -1].numpy()  # no other column has states
    assert (within[real == 0] == 0).all() and (within[np.isnan(real)] == 0).all()
    low, high = column.states[-1]
    place = (low + high) / 2 + within * (high - low) / 2
    np.testing.assert_allclose(place[real > 0], x[:, 0].numpy()[real > 0], atol=1e-6)


def test_states_and_places_of_generated_rows_have_gradients():
    codec, rng = fit_codec(mixed_rows()), Rng(("output",))
    output = rng.normal(50, *codec.shape).requires_grad_(True)
    codec.activate(output, rng("noise"))[:, : codec.numbers].sum().backward()
    states = slice(-codec.repeated, -codec.repeated + codec.states)
    assert (output.grad[:, states].abs().sum(0) > 0).all()
    assert (output.grad[:, 0] != 0).any()


def test_what_the_rest_says_is_last():
    table = mixed_rows()
    codec = fit_codec(table)
    x = codec.expand(codec.pack(table))
    states = sum(len(column.states) for column in codec.columns)
    assert codec.repeated == states + 2 > 43  # where a gain, and an age, is in its state
    assert x.shape[1] - codec.repeated == 3 + 2 * 2 + 3  # numbers, flags, jobs


def trips(n=300):
    rng = np.random.default_rng(3)
    start = pd.Series(pd.date_range("2020-01-01", periods=n, freq="37min"))
    end = start + pd.to_timedelta(rng.integers(1, 90, n), "min")
    paid = end.dt.normalize() + pd.to_timedelta(rng.integers(1, 4, n), "D")
    frame = pd.DataFrame({"paid": paid, "end": end, "start": start, "far": rng.normal(size=n)})
    frame.loc[3, ["end", "paid"]] = pd.NaT
    return frame


def test_dates_never_come_before_those_that_they_follow():
    codec, rng = fit_codec(trips()), Rng(("output",))
    assert codec.later == (("end", "start"), ("paid", "end"))
    made = codec.decode(codec.activate(3 * rng.normal(300, *codec.shape), rng("noise")))
    present = made.dropna()
    assert len(present) > 30
    assert (present["start"] < present["end"]).all() and (present["end"] < present["paid"]).all()
    assert made.dtypes.equals(trips().dtypes)


def test_dates_that_follow_others_survive_and_may_be_text():
    codec = fit_codec(trips())
    back = codec.decode(codec.expand(codec.pack(trips())))
    pd.testing.assert_frame_equal(back[["end", "start"]], trips()[["end", "start"]])
    text = trips().assign(end=trips()["end"].astype(str).where(trips()["end"].notna(), None))
    assert torch.equal(codec.pack(text).nan_to_num(9), codec.pack(trips()).nan_to_num(9))
    with pytest.raises(InputError, match="column 'end': expected dates, got .*pandas.to_datetime"):
        codec.pack(trips().assign(end=1.5))


def test_dates_in_any_order_are_dates_of_their_own():
    table = trips()
    table.loc[5, "end"] = table.loc[5, "start"] - pd.Timedelta("1h")
    table.loc[9, "paid"] = table.loc[9, "start"] - pd.Timedelta("1D")
    assert fit_codec(table).later == ()


def test_numbers_out_of_the_fitted_range_become_its_ends():
    codec = fit_codec(pd.DataFrame({"a": np.arange(100), "b": np.linspace(0, 1, 100)}))
    far = pd.DataFrame({"a": [-(10**6), 10**6], "b": [-5.0, 5.0]})
    with pytest.warns(UserWarning, match=r"2 of 2 rows \(100%\) lie far outside the range"):
        found = codec.decode(codec.expand(codec.pack(far)))
    assert found.to_numpy().tolist() == [[0, 0], [99, 1]]


def test_fitting_a_table_calls_nothing_row_by_row():
    rows = 10**5
    big = pd.DataFrame({"a": RNG.normal(size=rows), "b": RNG.integers(0, 9, rows).astype(str)})
    codec = fit_codec(big)
    assert len(codec.columns[0].knots) == 294  # 256 by rank, others where tails thin out
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


GIVEN = pd.DataFrame({"n": [0.0, 1.0, 2.5], "c": ["x", "y", "x"]})


def test_gaps_that_training_did_not_see_are_counted():
    codec = fit_codec(GIVEN)
    with pytest.warns(UnseenWarning, match="column 'n': 2 of 3 entries are missing, and none was"):
        codec.pack(GIVEN.assign(n=[1.0, np.nan, np.nan]))
    with pytest.warns(UnseenWarning, match="column 'c': 1 of 3 entries are missing"):
        codec.pack(GIVEN.assign(c=["x", None, "y"]))


def test_rows_in_other_containers_are_the_same_rows():
    pa = pytest.importorskip("pyarrow")
    codec = fit_codec(GIVEN)
    packed = codec.pack(GIVEN)
    assert torch.equal(codec.pack(pa.Table.from_pandas(GIVEN)), packed)
    assert torch.equal(codec.pack(GIVEN.to_dict("records")), packed)


def test_a_column_that_comes_twice_is_refused():
    with pytest.raises(ValueError, match="several columns are named 'c'"):
        fit_codec(GIVEN).pack(pd.concat([GIVEN, GIVEN[["c"]]], axis=1))


def test_numbers_of_hundreds_of_digits_are_refused():
    column = pd.Series([10**400, 1, 2], dtype=object)
    with pytest.raises(ValueError, match="column 'n': has numbers too large"):
        fit_codec(GIVEN).pack(GIVEN.assign(n=column))


def test_true_and_false_are_the_same_in_capitals():
    codec = fit_codec(pd.DataFrame({"b": ["TRUE", "FALSE", "NA"]}))
    again = codec.pack(pd.DataFrame({"b": [True, False, True]}))
    assert torch.equal(again, codec.pack(pd.DataFrame({"b": ["TRUE", "FALSE", "TRUE"]})))
