"""Files of tables are damaged and mangled: is each of them read, or refused in one sentence?

    python -m benchmarks.faults.tables --files 2000      # a minute or two; writes tables.csv

Files come from a seed: tables as CSV, TSV and Parquet with one to three changes each. Of each it
is asked what `read`, `check`, `fit_codec` and `pack` make of it:

    read        without a word
    warned      with a warning
    refused     a sentence that names what is wrong
    uncaught    any other error
"""

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from ssgan.config import InputError
from ssgan.data import fit_codec, read
from ssgan.data.checks import check

RESULT = Path(__file__).with_name("tables.csv")
KINDS = (".csv", ".tsv", ".parquet")
REFUSALS = (InputError, OSError)
ROWS = 40
# What finds its way into files: quotes, separators, line ends, marks, words, numbers and formulas.
TOKENS = (
    *(b'"', b'""', b"'", b",", b";", b"\t", b"|", b"\n", b"\r\n", b"\r", b"\x00", b"\xff\xfe"),
    *(b"\xef\xbb\xbf", b"\xc3\x28", b"\xed\xa0\x80", b"\x1a", b"NA", b"None", b"-", b"inf", b"NaN"),
    *(b"1e400", b"-1e-400", b"9" * 400, b"1,200", b"1.200,5", b"12%", b"$ 3", b"0x1F", b"1_000"),
    *(b"2020-02-30", b"0000-00-00", b"31/12/2020", b"9999-12-31T23:59:60", b"true", b"=1+1"),
    *(b"\\", b"#", b" ", b"\xe2\x80\x8b", "é".encode(), "猫".encode(), b"x" * 5000),
)


def table(rng: np.random.Generator) -> pd.DataFrame:
    """A table of every kind of column, with gaps."""
    frame = pd.DataFrame(
        {
            "id": np.arange(ROWS) + 1000,
            "height": rng.normal(170, 9, ROWS).round(2),
            "job": rng.choice(["cook", "smith", "a, b", 'say "x"'], ROWS),
            "day": pd.date_range("2020-01-01", periods=ROWS, freq="D"),
            "yes": rng.choice([True, False], ROWS),
            "code": rng.choice(["01", "007", "12"], ROWS),
            "y": rng.choice(["a", "b", "c"], ROWS),
        }
    )
    return frame.mask(rng.random(frame.shape) < 0.05)


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    """Some bytes are others."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 9))):
        changed[int(rng.integers(len(changed)))] = int(rng.integers(256))
    return bytes(changed)


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    """The end is missing."""
    return data[: int(rng.integers(len(data)))]


def lose(data: bytes, rng: np.random.Generator) -> bytes:
    """A piece is missing."""
    start, end = sorted(int(at) for at in rng.integers(len(data) + 1, size=2))
    return data[:start] + data[end:]


def double(data: bytes, rng: np.random.Generator) -> bytes:
    """A piece stands there twice."""
    start, end = sorted(int(at) for at in rng.integers(len(data) + 1, size=2))
    return data[:end] + data[start:]


def insert(data: bytes, rng: np.random.Generator) -> bytes:
    """Tokens stand somewhere among the rest."""
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(len(data) + 1))
        data = data[:at] + TOKENS[int(rng.integers(len(TOKENS)))] + data[at:]
    return data


def replace_field(data: bytes, rng: np.random.Generator) -> bytes:
    """An entry, or the whole of a column, is a token."""
    mark = b"\t" if b"\t" in data[:99] else b","
    rows = [line.split(mark) for line in data.split(b"\n")]
    token = TOKENS[int(rng.integers(len(TOKENS)))]
    column, whole = int(rng.integers(7)), rng.random() < 0.3
    first = int(rng.integers(len(rows)))
    for row in rows if whole else rows[first : first + 1]:
        if column < len(row):
            row[column] = token
    return b"\n".join(mark.join(row) for row in rows)


def encode_otherwise(data: bytes, rng: np.random.Generator) -> bytes:
    """The text in another encoding."""
    names = ("utf-16", "utf-16-le", "utf-32", "cp500", "latin-1", "utf-7", "utf-8-sig")
    text = data.decode("utf-8", errors="replace")
    return text.encode(names[int(rng.integers(len(names)))], errors="replace")


CHANGES: dict[str, Callable[[bytes, np.random.Generator], bytes]] = {
    change.__name__: change
    for change in (flip, cut, lose, double, insert, replace_field, encode_otherwise)
}
OF_BYTES = ("flip", "cut", "lose", "double", "insert")  # that make sense in Parquet


def written(frame: pd.DataFrame, kind: str, path: Path) -> bytes:
    """The bytes of a table in a file of that kind."""
    if kind == ".parquet":
        frame.to_parquet(path)
        return path.read_bytes()
    return frame.to_csv(index=False, sep="\t" if kind == ".tsv" else ",").encode()


def outcome(path: Path) -> tuple[str, str]:
    """What comes of a file, and what is said."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            data = read(path)
            check(data)
            fit_codec(data).pack(data.x)
        except REFUSALS as error:
            return "refused", str(error)
        except Exception as error:  # the question is whether there is any
            return "uncaught", f"{type(error).__name__}: {error}"
    said = "; ".join(str(warning.message) for warning in caught)
    return ("warned" if said else "read"), said


def files(home: Path, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Rows of that many files, one after the other."""
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        kind = KINDS[number % len(KINDS)]
        path = home / f"t{kind}"
        data = written(table(rng), kind, path)
        names = [name for name in CHANGES if kind != ".parquet" or name in OF_BYTES]
        made = rng.choice(names, size=int(rng.integers(1, 4))).tolist()
        for name in made:
            data = CHANGES[name](data, rng) if data else data
        path.write_bytes(data)
        what, said = outcome(path)
        said = " ".join(said.replace(f"{home}/", "").split()).encode("ascii", "backslashreplace")
        row = {"number": number, "kind": kind, "changes": "+".join(made), "outcome": what}
        yield row | {"said": said.decode()[:160]}


@click.command()
@click.option("--files", "count", default=2000, show_default=True, help="How many.")
@click.option("--seed", default=0, show_default=True, help="Which ones.")
@click.option("--out", default=RESULT, type=click.Path(path_type=Path), help="The table.")
def main(count: int, seed: int, out: Path) -> None:
    home = Path(tempfile.mkdtemp())
    try:
        rows = pd.DataFrame(files(home, count, seed))
    finally:
        shutil.rmtree(home)
    rows.to_csv(out, index=False)
    click.echo(rows.outcome.value_counts().to_string())
    click.echo(rows[rows.outcome == "uncaught"].to_string())


if __name__ == "__main__":
    main()
