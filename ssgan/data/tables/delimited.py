"""Text tables before pandas reads them: encoding, separator, header, and lines that are too short.

What is told from the content is told from all of it or said, with counts, in a warning.
"""

import codecs
import csv
import gzip
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

from ssgan.config import InputError

SEPARATORS = (",", ";", "\t", "|")
SNIFFED = 200  # lines from which separator and header are told
MARKS = {  # at the start of a file: how it is written
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
VALUE = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?|\d{4}-\d\d-\d\d.*")
SEPARATOR = re.compile(r"sep=(.)", re.IGNORECASE)  # above the header, for Excel
OTHERS = (" ", ":", "^", "~")  # that separate fields nowhere here
CHUNK = 2**20  # bytes that are looked through at once
STARTS = {  # of files that are no text table
    b"PK": "a spreadsheet or another archive: save its table as CSV",
    b"PAR1": "Parquet: give it the suffix .parquet",
    b"\x1f\x8b": "packed by gzip: give it the suffix .csv.gz",
    b"version https://git-lfs": "a pointer of Git LFS and not the file: fetch it by git lfs pull",
    b"<!": "HTML: fetch the table itself",
    b"<html": "HTML: fetch the table itself",
    b'{"': "JSON: save its table as CSV",
    b'[{"': "JSON: save its table as CSV",
}
Fault = tuple[str, str]  # line, what is wrong with it


def open_text(path: Path) -> IO[str]:
    """The text of a file, unzipped, without a byte order mark: UTF-8 where no mark says else.

    InputError for a file of another kind.
    """
    binary = gzip.open if path.suffix == ".gz" else open
    with binary(path, "rb") as stream:
        start = stream.read(CHUNK)
        encoding = next((name for mark, name in MARKS.items() if start.startswith(mark)), "utf-8")
        for first, code in STARTS.items():
            if start.startswith(first):
                raise InputError(f"{path} is {code}")
        while encoding.startswith("utf-8") and start:
            if b"\0" in start:
                raise InputError(f"{path} holds zero bytes, as UTF-16 does: save it as UTF-8")
            start = stream.read(CHUNK)
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def skip_lines(stream: IO[str], above: int) -> IO[str]:
    """The stream at the line after the first `above` ones."""
    stream.seek(0)
    for _ in range(above):
        stream.readline()
    return stream


def preamble(stream: IO[str], name: str) -> tuple[int, str]:
    """How many lines stand above the header, and the separator that one of them names, or "".

    They are blank, Excel's "sep=;", and comments that start with "#": two or more of them, or one
    that is not of as many fields as the line below.
    """
    lines = [line.strip("\r\n") for line in islice(stream, SNIFFED)]
    above, comments = next((i for i, line in enumerate(lines) if line), 0), 0
    if match := SEPARATOR.fullmatch(lines[above]) if lines else None:
        return above + 1, match[1]
    while above + 1 < len(lines) and lines[above].startswith("#") and is_comment(lines[above:]):
        above, comments = above + 1, comments + 1
    if comments:
        warnings.warn(
            f"{name}: {comments} comments above the header are left out", UserWarning, stacklevel=4
        )
    return above, ""


def is_comment(lines: list[str]) -> bool:
    """Whether the first line, which starts with "#", is no header of those below."""
    if lines[1].startswith("#"):
        return True
    separator = max(SEPARATORS, key=lines[1].count)
    counts = [len(row) for row in split_fields(lines[:2], separator)]
    return len(counts) > 1 and counts[0] != counts[1]


def first_lines(stream: IO[str], above: int = 0) -> list[str]:
    """The first lines from the header on, blank ones left out."""
    return [line for line in islice(skip_lines(stream, above), SNIFFED) if line.strip("\r\n")]


def separator_of(lines: list[str], name: str) -> str:
    """What separates fields: comma, semicolon, tab or pipe; the one in the header that fits.

    It fits best that splits most lines into as many fields as the header; of equals, the one with
    more fields. A warning says so where another would fit as well.
    """
    header = lines[0] if lines else ""
    fits = {}
    for separator in SEPARATORS:
        if separator in header:
            counts = [len(row) for row in split_fields(lines, separator)]
            share = sum(count == counts[0] for count in counts) / len(counts)
            fits[separator] = (counts[0] > 1, round(share, 2), counts[0])
    if not fits:
        return ","
    best = max(fits, key=fits.__getitem__)
    rivals = [other for other in fits if other != best and fits[other][1] == 1]
    if len(lines) > 1 and rivals and fits[rivals[0]][2] > 1:
        warnings.warn(
            f"{name} is read with {best!r} between {fits[best][2]} fields a line; "
            f"{rivals[0]!r} would give {fits[rivals[0]][2]}",
            UserWarning,
            stacklevel=4,
        )
    return best


def refuse_one_column(lines: list[str], separator: str, name: str) -> None:
    """InputError where one column is several ones with spaces or other marks between them."""
    if len(lines) < 3 or separator in lines[0]:
        return
    for other in OTHERS:
        header, *counts = (
            len(row) for row in split_fields([line.strip() for line in lines], other)
        )
        if header > 1 and set(counts) in ({header}, {header + 1}):
            raise InputError(
                f"{name} is one column by commas, semicolons, tabs or pipes, and {header} with "
                f"{other!r} between: write it with commas, or quote a name that holds {other!r}"
            )


def split_fields(lines: list[str], separator: str) -> list[list[str]]:
    """The fields of each line, by a separator that may not be the right one."""
    try:
        return list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
    except csv.Error:
        return [line.split(separator) for line in lines]


def warn_of_values(lines: list[str], separator: str, name: str) -> None:
    """Say that the first line looks like a row of values, where a file may have no header.

    It does where every name is a number in a column of numbers, or text that comes again below,
    and not 0, 1, 2, ... or a row of years.
    """
    rows = split_fields(lines, separator)
    names = [field.strip() for field in rows[0]] if rows else []
    columns = [[row[i].strip() for row in rows[1:] if i < len(row)] for i in range(len(names))]
    valued = [name for name in names if VALUE.fullmatch(name)]
    known = any(name in column for name, column in zip(names, columns, strict=True) if name)
    if not names or not all(map(like_value, names, columns)) or rise_by_one(valued):
        return
    if not valued and not known:
        return
    first = ", ".join(map(repr, names[:5]))
    warnings.warn(
        f"{name}: the first line ({first}) looks like a row of values, and is taken for the names"
        " of the columns: put names above it, or read it with header=False (--no-header)",
        UserWarning,
        stacklevel=4,
    )


def like_value(name: str, column: list[str]) -> bool:
    """Whether a name could stand in its own column, or could where none comes twice."""
    present = [entry for entry in column if entry]
    if VALUE.fullmatch(name):
        return bool(present) and all(VALUE.fullmatch(entry) for entry in present)
    unlike = 10 < len(present) < 1.1 * len(set(present)) and not any(map(VALUE.fullmatch, present))
    return name == "" or name in present or unlike


def rise_by_one(names: list[str]) -> bool:
    """Whether names are whole numbers that rise by one, as of pixels or years."""
    if not all(name.isdecimal() for name in names):
        return False
    numbers = [int(name) for name in names]
    return len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def find_short_rows(
    stream: IO[str], separator: str, path: Path, header: bool = True, above: int = 0
) -> list[Fault]:
    """The rows that are too short; InputError for a bad header and for the first longer row.

    A quote inside a field that has quotes around it ends the field early: that is said.
    """
    how: dict[str, Any] = {"delimiter": separator, "skipinitialspace": True}
    rows = csv.reader(stream, strict=True, **how)
    try:
        return list(short_rows(rows, path, header, above))
    except csv.Error as error:
        if "expected after" in str(error):
            warnings.warn(
                f"{path}, line {above + rows.line_num} has a quote within quotes, and fields may "
                'run together there: write it twice, as in "5"" wide"',
                UserWarning,
                stacklevel=4,
            )
    rows = csv.reader(skip_lines(stream, above), **how)
    return list(short_rows(rows, path, header, above))


def short_rows(rows: Any, path: Path, header: bool, above: int) -> Iterator[Fault]:
    """The rows that are too short, with what is wrong; InputError for a bad header and for the
    first longer row."""
    names = [name.strip() for name in next(rows, [])]
    if not any(names):
        raise InputError(f"{path} is empty: expected a header line with the names of the columns")
    repeated = [name for name, count in Counter(names).items() if count > 1 and name]
    if header and repeated:
        advice = "rename them"
        if all(VALUE.fullmatch(name) for name in repeated):
            advice += ", or read it with header=False (--no-header) if it has no names"
        raise InputError(f"{path} has several columns named {repeated[0]!r}: {advice}")
    width = len(names)
    for number, row in enumerate(filter(None, rows)):
        line = above + rows.line_num
        if len(row) > width:
            raise InputError(
                f"{path}, line {line} has {len(row)} fields, the header {width}: "
                f"{remedy(row, width, number == 0)}"
            )
        if len(row) < width:
            yield f"line {line}", f"{len(row)} of {width} fields: the others are taken as missing"


def remedy(row: list[str], width: int, first: bool) -> str:
    """What to do about a row that is longer than the header; the first row tells of the header."""
    usual = "repair the line, or quote the field that holds the separator"
    if len(row) == width + 1 and not row[-1].strip():
        return f"take away the separator at the ends of lines, or {usual}"
    if first and width == 1:
        return f"take away what stands above the names of the columns, or {usual}"
    if first and len(row) == width + 1:
        return f"name the first column too where it holds names of rows, as R writes it, or {usual}"
    return usual
