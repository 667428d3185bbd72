"""Results: one CSV a suite, one row a cell; a row is there whole or not at all."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ssgan.runs.storage import append_line, write_whole

Value = str | int | float
Row = dict[str, str]  # as it stands in the file; "" and no such column are the same


def read_rows(path: Path) -> list[Row]:
    """The whole rows of a CSV; a line that was torn by a kill is no row.

    Parameters
    ----------
    path : Path
        The file; one that is not there has no rows.

    Returns
    -------
    list of dict
        Text by the name of the column.

    Examples
    --------
    >>> read_rows(Path("not there.csv"))
    []
    """
    return parse(path)[1]


def append_row(path: Path, values: Mapping[str, Value]) -> Row:
    """Add a row at once, and columns where it has new ones; a torn line before it is dropped.

    A kill at any moment leaves what was there, with or without the row. One process may write.
    """
    columns, rows, torn = parse(path)
    row = {name: as_text(value) for name, value in values.items()}
    added = [name for name in row if name not in columns]
    columns = [*columns, *added]
    if torn or added:
        write_whole(
            path,
            csv_bytes([columns, *(row_values(columns, each_row) for each_row in (*rows, row))]),
        )
    else:
        append_line(path, csv_bytes([row_values(columns, row)]).rstrip(b"\n"))
    return row


def parse(path: Path) -> tuple[list[str], list[Row], bool]:
    """The columns of a CSV, its whole rows, and whether it holds something else beside them."""
    data = path.read_bytes() if path.exists() else b""
    whole = data[: data.rfind(b"\n") + 1]  # a line without an end was torn by a kill
    lines = [line for line in csv.reader(whole.decode(errors="replace").splitlines()) if line]
    columns = lines[0] if lines else []
    rows = [
        dict(zip(columns, line, strict=True)) for line in lines[1:] if len(line) == len(columns)
    ]
    return columns, rows, len(whole) < len(data) or len(rows) < len(lines) - 1


def row_values(columns: Sequence[str], row: Row) -> list[str]:
    """The values of a row in the order of the columns, "" where it has none."""
    return [row.get(name, "") for name in columns]


def as_text(value: Value) -> str:
    """A value on one line; numbers with all their digits."""
    return " ".join(value.split()) if isinstance(value, str) else repr(value)


def csv_bytes(lines: Iterable[Sequence[str]]) -> bytes:
    """Lines of values as a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode()
