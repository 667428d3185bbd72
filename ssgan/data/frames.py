"""Tables from files: CSV, TSV and Parquet, with what pandas would pass over in silence."""

import csv
import gzip
import io
import warnings
import zlib
from collections import Counter
from pathlib import Path
from typing import IO

import pandas as pd

from ssgan.config import InputError

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet")
DATE = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
Fault = tuple[str, str]


def is_table(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES)


def read_table(path: Path, text: bool = False) -> tuple[pd.DataFrame, list[Fault]]:
    """The table of a file, and what was repaired in it: (line, what).

    Columns of ISO dates become datetimes; with `text` every entry stays the text that it is. Rows
    shorter than the header end in missing values, with a warning. Raises ValueError for files that
    are empty, binary or damaged, for columns of the same name and for rows longer than the header,
    naming the line.
    """
    if path.suffix == ".parquet":
        return read_parquet(path), []
    try:
        with opened(path) as stream:
            header = stream.readline()
            separator = separator_of(header)
            stream.seek(0)
            faults = scanned(stream, separator, path)
            stream.seek(0)
            frame = pd.read_csv(
                stream,
                sep=separator,
                index_col=False,
                low_memory=False,
                dtype=str if text else None,
                skipinitialspace=True,
                skip_blank_lines=separator in header,  # else a blank line is a missing entry
            )
    except UnicodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error}): save it as UTF-8") from error
    except (csv.Error, gzip.BadGzipFile, zlib.error, EOFError, pd.errors.ParserError) as error:
        raise InputError(f"{path} cannot be read as a table: {error}") from error
    for line, fault in faults[:1]:
        more = f", as have {len(faults) - 1} other rows" if len(faults) > 1 else ""
        warnings.warn(f"{path}, {line} has {fault}{more}", UserWarning, stacklevel=2)
    if not len(frame):
        raise InputError(f"{path} holds a header but no rows")
    return (frame if text else with_dates(frame)), faults


def opened(path: Path) -> IO[str]:
    """The text of a file, unzipped, without a byte order mark."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def separator_of(header: str) -> str:
    """A comma; a semicolon or tab where the header has one of them and no comma."""
    others = (other for other in (";", "\t") if other in header and "," not in header)
    return next(others, ",")


def scanned(stream: IO[str], separator: str, path: Path) -> list[Fault]:
    """The rows that are too short; ValueError for a bad header and for the first longer row."""
    rows = csv.reader(stream, delimiter=separator, skipinitialspace=True)
    header = [name.strip() for name in next(rows, [])]
    if not any(header):
        raise InputError(f"{path} is empty: expected a header line with the names of the columns")
    if repeated := [name for name, count in Counter(header).items() if count > 1]:
        raise InputError(f"{path} has several columns named {repeated[0]!r}: rename them")
    short = []
    for row in rows:
        if len(row) > len(header):
            raise InputError(
                f"{path}, line {rows.line_num} has {len(row)} fields, the header {len(header)}: "
                "repair the line, or quote the field that holds the separator"
            )
        if row and len(row) < len(header):
            fault = f"{len(row)} of {len(header)} fields: the others are taken as missing"
            short.append((f"line {rows.line_num}", fault))
    return short


def with_dates(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with columns of ISO 8601 dates as datetimes; mixed time zones stay text."""
    for name in frame.columns:
        column = frame[name]
        if not pd.api.types.is_string_dtype(column.dtype) or column.isna().all():
            continue
        present = column.dropna().astype(str)
        if present.str.fullmatch(DATE).all():
            try:
                frame = frame.assign(**{name: pd.to_datetime(column, format="ISO8601")})
            except ValueError:  # no such day, or several time zones: it stays what it was
                continue
    return frame


def read_parquet(path: Path) -> pd.DataFrame:
    """The table of a Parquet file, its index as columns if it has a name."""
    import pyarrow

    try:
        frame = pd.read_parquet(io.BytesIO(path.read_bytes()))
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as Parquet: {error}") from error
    if not len(frame):
        raise InputError(f"{path} holds no rows")
    return frame.reset_index() if frame.index.name else frame.reset_index(drop=True)
