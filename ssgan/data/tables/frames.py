"""Tables from files: CSV, TSV and Parquet, with what pandas would pass over in silence.

An empty entry is missing, and no word is, unless the user names it: `None` may be a class and `NA`
a country. In a column of numbers such a word is no number, and is taken as missing with a warning.
"""

import csv
import gzip
import re
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ssgan.codecs.codec import Array
from ssgan.codecs.dtypes import Series
from ssgan.codecs.plain import absent_words, is_text, numbers_in, plain_column
from ssgan.config import InputError
from ssgan.data.tables.delimited import (
    Fault,
    find_short_rows,
    first_lines,
    open_text,
    preamble,
    refuse_one_column,
    separator_of,
    skip_lines,
    warn_of_values,
)
from ssgan.data.tables.doubts import (
    counts_of,
    doubt_of_numbers,
    doubt_of_spelling,
    suspicion_of,
)

TABLE_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet")
POINTED = r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+|0"  # by thousands, as where commas are decimal
NAMELESS = re.compile(r"Unnamed: \d+|")
INT64, UINT64, EXACT = 2**63, 2**64, 2**53  # below EXACT a float holds every whole number


def is_table(path: Path) -> bool:
    """Whether a path is that of a table."""
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
    if path.suffix.lower() == ".parquet":
        return read_parquet(path, na), []
    try:
        table = read_delimited(path, text, na, header)
    except UnicodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error}): save it as UTF-8") from error
    except (csv.Error, gzip.BadGzipFile, zlib.error, EOFError, pd.errors.ParserError) as error:
        raise InputError(f"{path} cannot be read as a table: {error}") from error
    faults = table.faults
    for line, fault in faults[:1]:
        more = f", as have {len(faults) - 1} other rows" if len(faults) > 1 else ""
        warnings.warn(f"{path}, {line} has {fault}{more}", UserWarning, stacklevel=2)
    if not len(table.frame):
        raise InputError(f"{path} holds a header but no rows")
    return (table.frame if text else convert_text(table, path, drop)), faults


@dataclass(frozen=True, kw_only=True)
class TextTable:
    """The table of a text file, and what was found in reading it."""

    frame: pd.DataFrame
    faults: list[Fault]  # rows that are too short
    separator: str
    pointed: tuple[str, ...]  # columns of numbers with a point before every three digits


def read_delimited(path: Path, text: bool, na: tuple[str, ...], header: bool) -> TextTable:
    """The table of a text file, its columns in the types that pandas finds."""
    with open_text(path) as stream:
        above, separator = preamble(stream, str(path))
        lines = first_lines(stream, above)
        separator = separator or separator_of(lines, str(path))
        if header and not text:
            refuse_one_column(lines, separator, str(path))
        faults = find_short_rows(skip_lines(stream, above), separator, path, header, above)
        if header and not text:
            warn_of_values(lines, separator, str(path))
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
        frame = pd.read_csv(skip_lines(stream, above), dtype=str if text else None, **how)
        frame.columns = pd.Index([str(name).strip() for name in frame.columns])
        numbers = [i for i, dtype in enumerate(frame.dtypes) if dtype.kind in "iufO"]
        exact = pd.DataFrame()
        if numbers and not text:
            exact = pd.read_csv(skip_lines(stream, above), dtype=str, usecols=numbers, **how)
            exact.columns = frame.columns[numbers]
    pointed = []
    for name, entries in exact.items():
        frame = with_digits(frame, name, entries, path)
        if frame[name].dtype.kind != "f":
            continue
        if entries.dropna().str.fullmatch(POINTED).all():
            pointed.append(str(name))
        if doubt := doubt_of_spelling(entries):
            warnings.warn(f"{path}: column {name!r} {doubt}", UserWarning, stacklevel=3)
    frame = without_nameless(frame, path) if header else frame
    return TextTable(frame=frame, faults=faults, separator=separator, pointed=tuple(pointed))


def without_nameless(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The table without the empty columns that separators at the ends of lines make."""
    nameless = [name for name in frame.columns if NAMELESS.fullmatch(name)]
    filled = [name for name in nameless if frame[name].notna().any()]
    if len(filled) > 1:
        raise InputError(f"{path} has {len(filled)} columns without a name: name them")
    return frame.drop(columns=[name for name in nameless if name not in filled])


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


def convert_text(table: TextTable, path: Path, drop: tuple[str, ...] = ()) -> pd.DataFrame:
    """The table with text columns as the dates or numbers that they write; says what it did."""
    frame, changed, remarks = table.frame, {}, {}
    for name in frame.columns.difference(list(drop), sort=False):
        column = frame[name]
        if pd.api.types.is_string_dtype(column.dtype) and column.notna().any():
            column, remarks[name] = read_column(without_spaces(column), table.separator != ",")
        else:
            remarks[name] = doubt_of_numbers(column)
        if column is not frame[name]:
            changed[name] = column
    comma = any("decimal commas" in remark for remark in remarks.values())
    for name in table.pointed:
        if comma:
            changed[name] = (frame[name] * 1000).round()
            remarks[name] = (
                "is numbers with points between thousands, as others have decimal commas"
            )
        elif table.separator == ";":
            remarks[name] = "is read with decimal points; leave them out if they part thousands"
    for name, remark in remarks.items():
        if remark:
            warnings.warn(f"{path}: column {name!r} {remark}", UserWarning, stacklevel=3)
    return frame.assign(**changed) if changed else frame


def without_spaces(column: Series) -> Series:
    """Text without the spaces around it; nothing but spaces is missing."""
    if not is_text(column):
        return column
    stripped = column.str.strip()
    return column if stripped.equals(column) else stripped.mask(stripped == "")


def read_column(column: Series, comma: bool) -> tuple[Series, str]:
    """A column of text as what it writes, and what a user should know of it ("" for nothing)."""
    dated = plain_column(column)
    if dated.dtype != column.dtype:
        return dated, ""
    present = column.dropna().astype(str)
    absent = absent_words(present)
    words = counts_of(present[absent])
    if words and not absent.all():
        dated = plain_column(column.mask(column.isin(present[absent].unique())))
        if dated.dtype.kind == "M":
            return dated, f"has {words} among dates, taken as missing: say so with --na"
    parsed = None if absent.all() else numbers_of(present[~absent], comma)
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


def numbers_of(texts: Series, comma: bool) -> tuple[Array, str] | None:
    """The numbers that texts (N,) write, infinity among them, and how; None where one is none."""
    if (parsed := numbers_in(texts, comma)) is not None:
        return parsed
    numbers = pd.to_numeric(texts, errors="coerce")
    return None if numbers.isna().any() else (numbers.to_numpy(np.float64), "")


def read_parquet(path: Path, na: tuple[str, ...] = ()) -> pd.DataFrame:
    """The table of a Parquet file, its index as columns if it has a name."""
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(pyarrow.BufferReader(path.read_bytes()))
        frame = whole_numbers_of(table, table.to_pandas())
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path} cannot be read as Parquet: {error}") from error
    if not len(frame):
        raise InputError(f"{path} holds no rows")
    frame = frame.reset_index() if frame.index.name else frame.reset_index(drop=True)
    return plain_frame(frame, na)


def whole_numbers_of(table: Any, frame: pd.DataFrame) -> pd.DataFrame:
    """The data frame of an Arrow table, with all digits of whole numbers beside gaps."""
    for name, column in columns_of(frame):
        if name not in table.schema.names or column.dtype != np.float64:
            continue
        stored = table.column(name)
        if str(stored.type) in ("int64", "uint64") and column.abs().max() >= EXACT:
            kind: Any = str(stored.type).replace("int", "Int").replace("uI", "UI")
            frame = frame.assign(**{name: pd.array(stored.to_pylist(), dtype=kind)})
    return frame


def plain_frame(frame: pd.DataFrame, na: tuple[str, ...] = ()) -> pd.DataFrame:
    """The table in types that a codec takes, the words `na` missing, numbers among them too."""
    numbers = pd.to_numeric(pd.Series(na, dtype=object), errors="coerce").dropna().tolist()
    for name, column in list(columns_of(frame)):
        absent = numbers if pd.api.types.is_numeric_dtype(column.dtype) else list(na)
        plain = plain_column(column.mask(column.isin(absent)) if absent else column)
        if plain is not column:
            frame = frame.assign(**{name: plain})
    return frame


def columns_of(frame: pd.DataFrame) -> Iterator[tuple[str, Series]]:
    """The columns that have a name of text, one of each name."""
    for name in frame.columns:
        if isinstance(name, str) and isinstance(frame[name], pd.Series):
            yield name, frame[name]
