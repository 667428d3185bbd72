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
    ("a,b\n1,2\n".encode("utf-16"), "is not UTF-8 text"),
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
