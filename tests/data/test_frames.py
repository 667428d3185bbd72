"""Tables from files, and what pandas would pass over in silence."""

import gzip

import pandas as pd
import pytest

from ssgan.data import fit_codec, read


def table(tmp_path, content, name="a.csv"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("a,b\n1,x\n2,y\n", "a.csv"),
        ("\ufeffa,b\n1,x\n2,y\n", "a.csv"),
        ("a;b\n1;x\n2;y\n", "a.csv"),
        ("a\tb\n1\tx\n2\ty\n", "a.tsv"),
        ("a, b\r\n1, x\r\n2, y\r\n", "a.csv"),
        ("a,b\n1,x\n\n2,y\n", "a.csv"),
        ('"a","b"\n1,"x"\n2,y', "A.CSV"),
        (gzip.compress(b"a,b\n1,x\n2,y\n", mtime=0), "a.csv.gz"),
    ],
)
def test_a_text_table_is_read_in_its_common_forms(tmp_path, content, name):
    data = read(table(tmp_path, content, name))
    assert data.kind == "table"
    pd.testing.assert_frame_equal(data.x, pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}))
    assert data.y is None
    assert data.quarantine == []


def test_a_target_column_becomes_the_labels(tmp_path):
    data = read(table(tmp_path, "a,b\n1,x\n2,\n"), target="b")
    assert list(data.x) == ["a"]
    assert data.y[0] == "x"
    assert pd.isna(data.y[1])
    assert data.options == {"target": "b"}


def test_a_parquet_table_keeps_its_dtypes(tmp_path):
    frame = pd.DataFrame({"a": pd.array([1, None], "Int8"), "b": pd.Categorical(["x", "y"])})
    frame.to_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(read(tmp_path / "a.parquet").x, frame)
    frame.set_index(pd.Index([7, 8], name="key")).to_parquet(tmp_path / "a.parquet")
    assert list(read(tmp_path / "a.parquet").x) == ["key", "a", "b"]


def test_columns_of_dates_become_datetimes(tmp_path):
    text = "day,time,zone,word\n2020-01-31,2020-01-31 10:00,2020-01-31T10:00:00+01:00,2020\n,,,x\n"
    frame = read(
        table(tmp_path, text + "2020-02-01,2020-01-31 10:30,2020-01-31T10:00:00+01:00,\n")
    ).x
    assert [dtype.kind for dtype in frame.dtypes[:3]] == ["M"] * 3
    assert frame["day"].isna().tolist() == [False, True, False]
    assert frame["word"].dtype.kind not in "M"
    assert fit_codec(frame).columns[0].step > 1


def test_days_that_are_none_stay_text(tmp_path):
    with pytest.warns(UserWarning, match="1 of 2 are none of the form 2020-12-31, as '2020-02-31'"):
        frame = read(table(tmp_path, "day\n2020-01-31\n2020-02-31\n")).x
    assert frame["day"].tolist() == ["2020-01-31", "2020-02-31"]


def test_short_rows_end_in_missing_values_with_a_warning(tmp_path):
    path = table(tmp_path, "a,b,c\n1,2,3\n4,5\n6\n7,8,9\n")
    with pytest.warns(UserWarning, match=r"line 3 has 2 of 3 fields: .*, as have 1 other rows"):
        data = read(path)
    assert [line for line, _ in data.quarantine] == ["line 3", "line 4"]
    assert data.x["c"].isna().tolist() == [False, True, True, False]


REFUSALS = [
    ("", "is empty: expected a header line"),
    ("\n", "is empty: expected a header line"),
    ("a,b\n", "holds a header but no rows"),
    ("a,b,a\n1,2,3\n", "has several columns named 'a'"),
    ("a,b\n1,2\n3,4,5\n", "line 3 has 3 fields, the header 2: repair the line"),
    ("a,b\n1,2,\n3,4,\n", "line 2 has 3 fields, the header 2"),
    ('a,b\n1,"x\ny",3\n', "line 3 has 3 fields"),
    ("a,b\n1,\u00e4\n".encode("latin-1"), "is not UTF-8 text"),
    (b"\xff\xd8\xff\xe0 a picture", "is not UTF-8 text"),
    ("a,b\n1," + "x" * 200_000 + "\n", "cannot be read as a table"),
]


@pytest.mark.parametrize(("content", "message"), REFUSALS)
def test_damaged_text_tables_are_refused_in_one_sentence(tmp_path, content, message):
    with pytest.raises(ValueError, match=message) as refused:
        read(table(tmp_path, content))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "name"), [(b"a,b\n", "a.csv.gz"), (b"PAR1", "a.parquet"), (b"", "a.parquet")]
)
def test_damaged_archives_are_refused(tmp_path, content, name):
    with pytest.raises(ValueError, match="cannot be read as"):
        read(table(tmp_path, content, name))


def test_tables_without_rows_or_features_are_refused(tmp_path):
    pd.DataFrame({"a": []}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="holds no rows"):
        read(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="'a' is the only column"):
        read(table(tmp_path, "a\n1\n2\n"), target="a")


def test_a_target_that_is_no_column_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(ValueError, match="no column 'c' to predict; there are 'a', 'b'"):
        read(table(tmp_path, "a,b\n1,2\n"), target="c")


def test_a_very_large_number_becomes_infinite_and_is_named(tmp_path):
    frame = read(table(tmp_path, "a,b\n1e400,1\n2,2\n")).x
    with pytest.raises(ValueError, match="column 'a': row 0 is infinite"):
        fit_codec(frame)


# What a text means: words, digits, numbers as people write them


def column(tmp_path, entries, name="c", **options):
    """A column of a CSV beside one of numbers, as it is read."""
    lines = [f'{row / 7},"{entry}"' for row, entry in enumerate(entries)]
    return read(table(tmp_path, f"x,{name}\n" + "\n".join(lines) + "\n"), **options).x[name]


@pytest.mark.parametrize("word", ["NA", "None", "null", "NaN", "nan", "n/a", "N/A", "#N/A", "<NA>"])
def test_only_an_empty_entry_is_missing_in_text(tmp_path, word):
    with pytest.warns(UserWarning, match=f"has 2 '{word}', kept as text: name it with --na"):
        found = column(tmp_path, [word, "DE", "", word])
    assert found.tolist()[:2] == [word, "DE"]
    assert found.isna().tolist() == [False, False, True, False]


@pytest.mark.parametrize("word", ["NA", "null", "NaN", "N/A"])
def test_a_word_for_nothing_among_numbers_is_missing_and_said(tmp_path, word):
    with pytest.warns(UserWarning, match=f"has 1 '{word}' among numbers, taken as missing"):
        found = column(tmp_path, ["1.5", word, "2.5", ""])
    assert found.isna().tolist() == [False, True, False, True]
    assert found[0] == 1.5


def test_words_that_the_user_names_are_missing_without_a_warning(tmp_path):
    found = column(tmp_path, ["1", "?", "2", "-9"], na=("?", "-9"))
    assert found.isna().tolist() == [False, True, False, True]
    assert column(tmp_path, ["a", "NA", "b"], na=("NA",)).isna().tolist() == [False, True, False]


def test_a_stray_word_among_numbers_is_said_with_counts(tmp_path):
    with pytest.warns(UserWarning, match="1 of 20 entries are no numbers, as 'x': correct them"):
        found = column(tmp_path, [*map(str, range(19)), "x"])
    assert found[3] == "3"


def test_an_identifier_is_said(tmp_path):
    with pytest.warns(UserWarning, match="120 values in 120 rows, like an identifier: .*--drop c"):
        column(tmp_path, [f"n{row}" for row in range(120)])


@pytest.mark.parametrize("codes", [["01", "001", "1"], ["007", "12", "3"], ["00", "1", ""]])
def test_zeros_in_front_are_kept(tmp_path, codes):
    assert column(tmp_path, codes).fillna("").tolist() == codes


@pytest.mark.parametrize("start", [2**53 + 1, 2**63 - 20, 2**63 + 1, -(2**60) - 1])
def test_digits_of_large_whole_numbers_are_kept_beside_gaps(tmp_path, start):
    values = [start + 2 * row for row in range(5)]
    found = column(tmp_path, [*values[:2], "", *values[2:]])
    assert [int(value) for value in found.dropna()] == values


def test_whole_numbers_that_no_number_type_holds_are_text_and_said(tmp_path):
    with pytest.warns(UserWarning, match="of 31 digits, too large for numbers: .* kept as text"):
        found = column(tmp_path, [10**30, 10**30 + 1])
    assert found.tolist() == [str(10**30), str(10**30 + 1)]


NUMBERS = [
    (["1,5", "10,25", "-3,0"], [1.5, 10.25, -3], "with decimal commas"),
    (["1.200,5", "3,4"], [1200.5, 3.4], "with decimal commas"),
    (["1,200", "12,000,000", "7"], [1200, 12_000_000, 7], "with commas between thousands"),
    (["1,200.5", "7.25"], [1200.5, 7.25], "with commas between thousands"),
    (["1 200", "12\u00a0500"], [1200, 12500], "with gaps between thousands"),
    (["75.8%", "3 %"], [75.8, 3], "with %"),
    (["12,5%", "3,0%"], [12.5, 3], "with decimal commas and with %"),
    (["$ 75.8", "-$3"], [75.8, -3], r"with \$"),
    (["3 \u20ac", "1.200,50 \u20ac"], [3, 1200.5], "with decimal commas and with \u20ac"),
    (["(1,200)", "1,300"], [-1200, 1300], "with commas between thousands"),
    (["1,200-", "\uff0d1,300"], [-1200, -1300], "with commas between thousands"),
    (["1\u2009200,5", "2\u2007000,0"], [1200.5, 2000], "with decimal commas"),
    (["0", "75.8%", "0.0"], [0, 75.8, 0], "with %"),
]


@pytest.mark.parametrize(("entries", "values", "how"), NUMBERS)
def test_numbers_as_people_write_them_are_numbers_and_said(tmp_path, entries, values, how):
    with pytest.warns(UserWarning, match=f"is {len(entries)} numbers {how}, and is read as num"):
        found = column(tmp_path, entries)
    assert found.tolist() == values


@pytest.mark.parametrize(
    "entries", [["1.2.3", "4"], ["$3", "\u20ac4"], ["5%", "3"], ["1-2", "3-4"]]
)
def test_what_is_no_number_stays_text(tmp_path, entries):
    assert column(tmp_path, entries).tolist() == entries


def test_commas_of_a_table_with_semicolons_are_decimals(tmp_path):
    with pytest.warns(UserWarning, match="with decimal commas"):
        data = read(table(tmp_path, "a;b\n1,200;x\n3,400;y\n"))
    assert data.x["a"].tolist() == [1.2, 3.4]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_a_byte_order_mark_says_how_a_file_is_written(tmp_path, encoding):
    text = "a\tb\n1\t\u00e4\n2\t\u00fc\n"
    text = f"\ufeff{text}" if encoding.endswith(("le", "be")) else text
    data = read(table(tmp_path, text.encode(encoding), "a.csv"))
    assert data.x["b"].tolist() == ["\u00e4", "\u00fc"]


def test_the_separator_is_the_one_that_fits_most_lines(tmp_path):
    with pytest.warns(UserWarning) as said:
        data = read(table(tmp_path, "id;kind, type;price\n1;a;0,5\n2;b;1,5\n"))
    assert data.x.to_numpy().tolist() == [[1, "a", 0.5], [2, "b", 1.5]]
    assert "read with ';' between 3 fields a line; ',' would give 2" in str(said[0].message)
    assert list(read(table(tmp_path, "a|b\n1|x\n2|y\n")).x) == ["a", "b"]
    assert list(read(table(tmp_path, 'a,"b;c"\n1,x\n2,y\n')).x) == ["a", "b;c"]


@pytest.mark.parametrize(
    "content", ["0,a,0.5\n1,b,0.7\n2,a,0.1\n", "0.1,0.5\n0.4,0.9\n", "a\nb\na\n"]
)
def test_a_first_line_of_values_is_said(tmp_path, content):
    with pytest.warns(UserWarning, match=r"the first line .* looks like a row of values"):
        read(table(tmp_path, content))
    data = read(table(tmp_path, content), header=False)
    assert len(data) == content.count("\n")
    assert list(data.x)[0] == "0"


@pytest.mark.parametrize(
    "content", ["0,1,2\n5,6,7\n8,9,1\n", "2019,2020\n1,2\n3,4\n", "a,b\n1,2\n"]
)
def test_names_are_names(tmp_path, content):
    assert list(read(table(tmp_path, content)).x) == content.split("\n")[0].split(",")


def test_types_of_other_programs_are_numbers_dates_and_text(tmp_path):
    import datetime
    import decimal

    import pyarrow as pa
    import pyarrow.parquet as pq

    days = [datetime.date(2020, 1, 1 + row) for row in range(5)]
    prices = [decimal.Decimal(row) / 4 for row in range(4)]
    columns = {
        "day": pa.array(days),
        "price": pa.array([*prices, None], pa.decimal128(9, 2)),
        "when": pa.array(pd.to_datetime(days), pa.timestamp("us", "UTC")),
        "kind": pa.array(list("abaab")).dictionary_encode(),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    frame = read(tmp_path / "a.parquet").x
    assert [dtype.kind for dtype in frame.dtypes[:3]] == ["M", "f", "M"]
    assert frame["price"].tolist()[:4] == [0, 0.25, 0.5, 0.75]
    codec = fit_codec(frame)
    back = codec.decode(codec.expand(codec.pack(frame)))
    assert back["day"].dt.date.tolist() == days


@pytest.mark.parametrize("day", ["31/12/2020", "12.31.2020", "1-2-20", "31/12/2020 08:30"])
def test_dates_in_another_form_are_text_and_told_of(tmp_path, day):
    path = table(tmp_path, f"d,x\n{day},1\n{day},2\n{day},3\n")
    with pytest.warns(UserWarning, match=f"3 of 3 are none of the form 2020-12-31, as '{day}'"):
        frame = read(path).x
    assert frame["d"].tolist() == [day] * 3


def test_infinity_among_written_numbers_stays_a_number(tmp_path):
    with pytest.warns(UserWarning, match="thousands"):
        frame = read(table(tmp_path, 'a,b\n"1,200",1\n"9,000",2\n')).x
    assert frame["a"].dtype == "int64"
    with pytest.warns(UserWarning, match="with \\$"):
        frame = read(table(tmp_path, "a,b\n$1e30,1\n$2,2\n")).x
    assert frame["a"].tolist() == [1e30, 2.0]


# What is said of a column that is read as it stands


DOUBTS = [
    ([f"{row} kg" for row in range(30)], "looks like numbers .* as '0 kg'"),
    ([f"R$ {row}.5" for row in range(30)], r"looks like numbers .* as 'R\$ 0.5'"),
    ([f"{row % 24}:{row:02}" for row in range(60)], "looks like numbers .* as '0:00'"),
    ([f"{row}/8" for row in range(30)], "looks like numbers .* as '0/8'"),
    (["<0.5", "0.7", "0.9"], "is text because 1 of 3 entries are no numbers, as '<0.5'"),
    ([f"{row}-Jan-2020" for row in range(1, 29)], "looks like dates, but 28 of 28"),
    ([f"2020-{row:02}" for row in range(1, 13)], "looks like dates, but 12 of 12"),
    (
        [f"202001{row:02}" for row in range(1, 31)],
        "looks like dates, as 20200101, and is read",
    ),
    ([1, 5, 9999, 9999, 7], "has 2 entries of 9999, and all others lie from 1 to 7: .*--na 9999"),
    ([1.5, -999.0, -999.0, 7.25], "has 2 entries of -999"),
]


@pytest.mark.parametrize(("entries", "message"), DOUBTS)
def test_what_looks_wrong_in_a_column_is_said(tmp_path, entries, message):
    with pytest.warns(UserWarning, match=f"column 'c' {message}"):
        found = column(tmp_path, entries)
    assert found.astype(str).tolist() == list(map(str, entries))


@pytest.mark.parametrize(
    "entries",
    [
        [1, 2, 99, 98, 99],
        [f"{row:05}" for row in range(30)],
        ["5 kg", "10 kg"] * 20,
        [20200100 + row for row in range(40)],
        ["+", "-"] * 5,
        ["a", "b"] * 5,
    ],
)
def test_nothing_is_said_of_usual_columns(tmp_path, entries):
    column(tmp_path, entries)


@pytest.mark.parametrize("name", ["", "id", "user_id", "Index", "PassengerId"])
def test_a_column_that_counts_the_rows_is_said(tmp_path, name):
    lines = "".join(f"{row},{row % 7}\n" for row in range(1, 40))
    with pytest.warns(UserWarning, match="counts the rows, .*leave it out with --drop"):
        read(table(tmp_path, f"{name},x\n{lines}"))


@pytest.mark.parametrize("word", ["?", "-", ".", "#DIV/0!", "\\N", "missing", "n.a."])
def test_signs_and_errors_among_numbers_are_missing_and_said(tmp_path, word):
    with pytest.warns(UserWarning, match="has 1 .* among numbers, taken as missing"):
        assert column(tmp_path, [1.5, word, 2.5]).isna().tolist() == [False, True, False]
    with pytest.warns(UserWarning, match="has 1 .*, kept as text: name it with --na"):
        assert column(tmp_path, ["a", word, "b"]).tolist() == ["a", word, "b"]


def test_words_for_nothing_among_dates_are_missing_and_said(tmp_path):
    with pytest.warns(UserWarning, match="has 1 'NA' among dates, taken as missing"):
        found = column(tmp_path, ["2020/01/31", "NA", "2020/02/29"])
    assert found.dt.day.tolist()[::2] == [31, 29]
    assert found.isna().tolist() == [False, True, False]


def test_infinity_beside_missing_numbers_stays_infinity(tmp_path):
    with pytest.warns(UserWarning, match="1 'NaN' among numbers"):
        assert column(tmp_path, ["1.5", "Inf", "NaN"]).tolist()[:2] == [1.5, float("inf")]


def test_spaces_around_text_and_names_say_nothing(tmp_path):
    data = read(table(tmp_path, 'a ,"b "\n1,"x "\n2," "\n3,x\n'))
    assert list(data.x) == ["a", "b"]
    assert data.x["b"].fillna("none").tolist() == ["x", "none", "x"]


def test_points_part_thousands_where_commas_are_decimal(tmp_path):
    with pytest.warns(UserWarning) as said:
        data = read(table(tmp_path, "a;b\n1.200;0,5\n12.300;1,5\n"))
    assert data.x["a"].tolist() == [1200, 12300]
    assert any("points between thousands" in str(warning.message) for warning in said)
    with pytest.warns(UserWarning, match="read with decimal points; leave them out if they part"):
        data = read(table(tmp_path, "a;b\n1.200;x\n12.300;y\n"))
    assert data.x["a"].tolist() == [1.2, 12.3]


def test_a_number_that_means_missing_does_so_in_parquet_too(tmp_path):
    pd.DataFrame({"a": [1, -999, 3], "b": ["x", "-999", "y"]}).to_parquet(tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet", na="-999").x
    assert found.isna().to_numpy().tolist() == [[False, False], [True, True], [False, False]]


ABOVE = [
    "sep=;\na;b\n1;x\n2;y\n",
    "\n\na,b\n1,x\n2,y\n",
    "a,b,\n1,x,\n2,y,\n",
    "a,b,,,\n1,x,,,\n2,y,,,\n",
]


@pytest.mark.parametrize("content", ABOVE)
def test_what_programs_write_around_a_table_is_passed_over(tmp_path, content):
    found = read(table(tmp_path, content)).x
    pd.testing.assert_frame_equal(found, pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}))


@pytest.mark.parametrize("comments", ["# made by, us, today\n", "# made by us\n# in 2020\n"])
def test_comments_above_the_header_are_left_out_and_said(tmp_path, comments):
    with pytest.warns(UserWarning, match="comments above the header are left out"):
        assert read(table(tmp_path, f"{comments}a,b\n1,x\n")).x.iloc[0].tolist() == [1, "x"]
    assert list(read(table(tmp_path, "#,b\n1,x\n2,y\n")).x) == ["#", "b"]


WRONG_HEADERS = [
    ("a b\n1 2\n3 4\n", "one column by .*, and 2 with ' ' between"),
    ('"a" "b"\n"1" 2 3\n"2" 4 5\n', "one column by .*, and 2 with ' ' between"),
    ("a^b\n1^2\n3^4\n", r"2 with '\^' between"),
    ("My report\na,b\n1,2\n", "take away what stands above the names of the columns"),
    ("a,b\nr1,1,2\nr2,3,4\n", "name the first column too where it holds names of rows, as R"),
    ("a,b\n1,2,\n3,4,\n", "take away the separator at the ends of lines"),
    (",,a\n1,2,3\n", "has 2 columns without a name"),
]


@pytest.mark.parametrize(("content", "message"), WRONG_HEADERS)
def test_headers_that_do_not_fit_are_refused_with_what_to_do(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        read(table(tmp_path, content))


def test_a_first_line_of_values_is_said_beside_names_that_come_once(tmp_path):
    lines = "".join(f"n{row},{row / 7}\n" for row in range(20))
    with pytest.warns(UserWarning, match=r"the first line \('n99', '0.5'\) looks like a row"):
        read(table(tmp_path, f"n99,0.5\n{lines}"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n".encode("utf-16-le"), "holds zero bytes, as UTF-16 does"),
        ("a,b\n1,\0\n", "holds zero bytes"),
        (b"PK\x03\x04xl", "is a spreadsheet or another archive"),
        (b"PAR1", "is Parquet: give it the suffix .parquet"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "is packed by gzip"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        ("<!DOCTYPE html>\n<p>not found</p>\n", "is HTML"),
        ('{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n', "is JSON"),
    ],
)
def test_files_that_are_no_text_table_are_refused_by_what_they_are(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        read(table(tmp_path, content))


@pytest.mark.parametrize("field", ['"say \\"x\\""', '"not closed'])
def test_a_quote_within_quotes_is_said(tmp_path, field):
    with pytest.warns(UserWarning, match="line [23] has a quote within quotes"):
        read(table(tmp_path, f'a,b\n{field},1\n"x",2\n"y",3\n'))


@pytest.mark.parametrize(
    ("entries", "read_as"),
    [
        (["1.1", "1.10", "1.2"], "'1.1' and '1.10' are one"),
        (["1E5", "2E3", "10E2"], "'1E5' is 100000"),
    ],
)
def test_names_that_numbers_do_not_tell_apart_are_said(tmp_path, entries, read_as):
    with pytest.warns(UserWarning, match=f"is read as numbers, so {read_as}: put a letter"):
        column(tmp_path, entries * 4)


def test_times_of_several_zones_are_those_of_utc(tmp_path):
    winter, summer = "2020-01-31T10:00:00+01:00", "2020-07-31T10:00:00+02:00"
    found = column(tmp_path, [winter, summer, "2020-01-01T00:00:00Z"])
    assert [str(time) for time in found[:2]] == [
        "2020-01-31 09:00:00+00:00",
        "2020-07-31 08:00:00+00:00",
    ]
    assert column(tmp_path, [winter, "2020-07-31T10:00:00", "x"])[0] == winter


def test_years_that_nanoseconds_do_not_reach_are_dates(tmp_path):
    found = column(tmp_path, ["2020-01-01", "9999-12-31", "1066-10-14"])
    assert [str(day)[:10] for day in found] == ["2020-01-01", "9999-12-31", "1066-10-14"]
    codec = fit_codec(pd.DataFrame({"c": pd.date_range("2020-01-01", periods=5), "x": range(5)}))
    later = codec.pack(pd.DataFrame({"c": found, "x": range(3)}))
    assert later[1:, 0].tolist() == [1, -1]  # as the last and the first day seen
