"""Tables from files: CSV, TSV and Parquet, with what pandas would pass over in silence.

An empty entry is missing, and no word is, unless the user names it: `None` may be a class and `NA`
a country. In a column of numbers such a word is no number, and is taken as missing with a warning.
"""

import csv
import gzip
import io
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ssgan.codecs.dtypes import Series
from ssgan.codecs.plain import absent_words, is_text, numbers_in, plain_column
from ssgan.config import InputError
from ssgan.data.delimited import (
    Fault,
    first_lines,
    open_text,
    scan,
    separator_of,
    warn_of_values,
)

TABLE_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet")
NEARLY = 0.9  # share of entries that must be numbers for the others to look like slips
CROWDED = 100  # rows from which a text column may look like an identifier
DAY = r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}( .*)?"  # dates as people write them
INT64, UINT64, EXACT = 2**63, 2**64, 2**53  # below EXACT a float holds every whole number


def is_table(path: Path) -> bool:
    return path.name.lower().endswith(TABLE_SUFFIXES)


def read_table(
    path: Path,
    text: bool = False,
    na: tuple[str, ...] = (),
    header: bool = True,
    drop: tuple[str, ...] = (),
) -> tuple[pd.DataFrame, list[Fault]]:
    """The table of a file, and what was repaired in it: (line, what).

    `na` are the words that mean a missing entry, besides ""; of columns in `drop` nothing is said,
    as they will be left out. Text columns of ISO dates become
    datetimes, those of numbers as people write them numbers, with a warning; whole numbers keep
    zeros in front, as text, and all their digits. With `text` every entry stays the text that it
    is. Rows shorter than the header end in missing values, with a warning. Without `header` the
    columns are named "0", "1", ... Raises InputError for files that are empty, binary or damaged,
    for columns of the same name and for rows longer than the header, naming the line.
    """
    if path.suffix == ".parquet":
        return read_parquet(path, na), []
    try:
        frame, faults, comma = read_delimited(path, text, na, header)
    except UnicodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error}): save it as UTF-8") from error
    except (csv.Error, gzip.BadGzipFile, zlib.error, EOFError, pd.errors.ParserError) as error:
        raise InputError(f"{path} cannot be read as a table: {error}") from error
    for line, fault in faults[:1]:
        more = f", as have {len(faults) - 1} other rows" if len(faults) > 1 else ""
        warnings.warn(f"{path}, {line} has {fault}{more}", UserWarning, stacklevel=2)
    if not len(frame):
        raise InputError(f"{path} holds a header but no rows")
    return (frame if text else convert_text(frame, path, comma, drop)), faults


def read_delimited(
    path: Path, text: bool, na: tuple[str, ...], header: bool
) -> tuple[pd.DataFrame, list[Fault], bool]:
    """The table, its faults, and whether its separator leaves commas for decimals."""
    with open_text(path) as stream:
        lines = first_lines(stream)
        separator = separator_of(lines, str(path))
        faults = scan(stream, separator, path, header)
        if header and not text:
            warn_of_values(lines, separator, str(path))
        stream.seek(0)
        how: dict[str, Any] = {
            "sep": separator,
            "index_col": False,
            "low_memory": False,
            "skipinitialspace": True,
            # else a blank line is a missing entry
            "skip_blank_lines": bool(lines) and separator in lines[0],
            "keep_default_na": False,
            "na_values": ["", *na],
            "header": 0 if header else None,
        }
        frame = pd.read_csv(stream, dtype=str if text else None, **how)
        numbers = [i for i, dtype in enumerate(frame.dtypes) if dtype.kind in "iufO"]
        if numbers and not text:
            stream.seek(0)
            exact = pd.read_csv(stream, dtype=str, usecols=numbers, **how)
            for place, name in zip(numbers, exact.columns, strict=True):
                frame = with_digits(frame, frame.columns[place], exact[name], path)
    if not header:
        frame.columns = pd.Index([str(name) for name in frame.columns])
    return frame, faults, separator != ","


def with_digits(frame: pd.DataFrame, name: Any, exact: Series, path: Path) -> pd.DataFrame:
    """The table, its column `name` of numbers as `exact` text where numbers would lose something.

    That is zeros in front, as of 007, and digits of whole numbers above 2**53.
    """
    present = exact.dropna()
    if not len(present) or not present.str.fullmatch(r"[+-]?\d+").all():
        return frame
    if present.str.match(r"[+-]?0\d").any():
        return frame.assign(**{name: exact})
    if frame[name].dtype.kind in "iu" or present.str.len().max() < 16:
        return frame
    values = [int(entry) for entry in present]
    low, high = min(values), max(values)
    if low >= -INT64 and high < (INT64 if low < 0 else UINT64):
        whole = [None if pd.isna(entry) else int(entry) for entry in exact]
        kind: Any = "Int64" if high < INT64 else "UInt64"
        return frame.assign(**{name: pd.array(whole, dtype=kind)})
    digits = max(len(str(abs(value))) for value in values)
    warnings.warn(
        f"{path}: column {name!r} has whole numbers of {digits} digits, too large for numbers: "
        "they are kept as text",
        UserWarning,
        stacklevel=4,
    )
    return frame.assign(**{name: exact})


def convert_text(
    frame: pd.DataFrame, path: Path, comma: bool = False, drop: tuple[str, ...] = ()
) -> pd.DataFrame:
    """The table with text columns as the dates or numbers that they write; says what it did."""
    changed = {}
    for name in frame.columns.difference(list(drop), sort=False):
        if not pd.api.types.is_string_dtype(frame[name].dtype) or frame[name].isna().all():
            continue
        column, remark = read_column(frame[name], comma)
        if column is not frame[name]:
            changed[name] = column
        if remark:
            warnings.warn(f"{path}: column {name!r} {remark}", UserWarning, stacklevel=3)
    return frame.assign(**changed) if changed else frame


def read_column(column: Series, comma: bool) -> tuple[Series, str]:
    """A column of text as what it writes, and what a user should know of it ("" for nothing)."""
    dated = plain_column(column)
    if dated.dtype != column.dtype:
        return dated, ""
    present = column.dropna().astype(str)
    absent = absent_words(present)
    parsed = numbers_in(present[~absent], comma) if not absent.all() else None
    words = counts_of(present[absent])
    coded = present.str.match(r"[+-]?0\d") | present.str.fullmatch(r"[+-]?\d{16,}")
    if parsed is None or coded.any():
        return column, suspicion_of(column, comma)
    values, how = parsed
    numbers = pd.Series(np.nan, index=column.index, name=column.name)
    numbers[present.index[~absent]] = values
    exact = np.abs(values).max(initial=0.0) < EXACT
    whole = exact and len(values) == len(column) and np.array_equal(values, np.rint(values))
    remarks = [f"is {len(values)} numbers {how}, and is read as numbers"] if how else []
    remarks += [f"has {words} among numbers, taken as missing: say so with --na"] if words else []
    return (numbers.astype("int64") if whole else numbers), "; it ".join(remarks)


def suspicion_of(column: Series, comma: bool = False, crowded: int = CROWDED) -> str:
    """What looks wrong in a column of text: slips among numbers, words for nothing, identifiers."""
    present = column.dropna().astype(str)
    absent = absent_words(present)
    wrong = pd.to_numeric(present, errors="coerce").isna() & ~absent
    if 0 < wrong.mean() <= 1 - NEARLY and numbers_in(present[~wrong & ~absent], comma):
        return (
            f"is text because {int(wrong.sum())} of {len(present)} entries are no numbers, as "
            f"{present[wrong].iloc[0]!r}: correct them, or name them with --na"
        )
    if len(present) and present.str.fullmatch(DAY).mean() > NEARLY:
        odd = present[pd.to_datetime(present, format="ISO8601", errors="coerce").isna()]
        if len(odd):
            return (
                f"looks like dates, but {len(odd)} of {len(present)} are none of the form "
                f"2020-12-31, as {odd.iloc[0]!r}, so it is kept as text: write them in that form"
            )
    if absent.any():
        return f"has {counts_of(present[absent])}, kept as text: name it with --na if it is missing"
    if is_crowded(present, crowded):
        return (
            f"is text with {present.nunique()} values in {len(present)} rows, like an identifier: "
            f"leave it out with --drop {column.name}"
        )
    return ""


def is_crowded(column: Series, rows: int = CROWDED) -> bool:
    """Whether a column of `rows` or more is text that hardly repeats."""
    present = column.dropna()
    if len(present) < rows or not is_text(present):
        return False
    return bool(present.nunique() > NEARLY * len(present))


def counts_of(words: Series) -> str:
    """Which words there are and how often: "3 'NA'"."""
    return ", ".join(f"{count} {word!r}" for word, count in words.value_counts().items())


def read_parquet(path: Path, na: tuple[str, ...] = ()) -> pd.DataFrame:
    """The table of a Parquet file, its index as columns if it has a name."""
    import pyarrow

    try:
        frame = pd.read_parquet(io.BytesIO(path.read_bytes()))
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path} cannot be read as Parquet: {error}") from error
    if not len(frame):
        raise InputError(f"{path} holds no rows")
    frame = frame.reset_index() if frame.index.name else frame.reset_index(drop=True)
    return plain_frame(frame, na)


def plain_frame(frame: pd.DataFrame, na: tuple[str, ...] = ()) -> pd.DataFrame:
    """The table in types that a codec takes, the words `na` in text missing."""
    for name, column in list(columns_of(frame)):
        texts = bool(na) and pd.api.types.is_string_dtype(column.dtype)
        found = plain_column(column.mask(column.isin(na)) if texts else column)
        if found is not column:
            frame = frame.assign(**{name: found})
    return frame


def columns_of(frame: pd.DataFrame) -> Iterator[tuple[str, Series]]:
    """The columns that have a name of text, one of each name."""
    for name in frame.columns:
        if isinstance(name, str) and isinstance(frame[name], pd.Series):
            yield name, frame[name]
