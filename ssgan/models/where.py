"""Rows of a table that are as one asks: conditions on columns, and rows drawn until they hold."""

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ssgan.codecs.codec import Array
from ssgan.codecs.columns import Column
from ssgan.codecs.columns.category import BASE, Category, text_of
from ssgan.codecs.table import TableCodec, as_frame
from ssgan.config import InputError
from ssgan.data.labels.values import first_few

if TYPE_CHECKING:
    from ssgan.models.gan import GAN

RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
FORM = re.compile(r"(.+?)(!=|<=|>=|<|>|=)(.*)", re.DOTALL)
BLOCK = 10_000  # rows that are drawn at once
FRUITLESS = 200_000  # rows that are drawn before it is said that none is so


@dataclass(frozen=True)
class RowCondition:
    """A condition on a column, as `age>=65`; a value of "" is a gap."""

    column: Column
    relation: str  # of RELATIONS
    text: str

    def __str__(self) -> str:
        return f"{self.column.name}{self.relation}{self.text}"

    def holds(self, rows: pd.DataFrame) -> Array:
        """In which rows (N,) it holds; no order holds where there is a gap."""
        column = rows[self.column.name]
        present = column.notna().to_numpy()
        if not self.text.strip():
            return np.asarray(present if self.relation == "!=" else ~present)
        related = RELATIONS[self.relation]
        held = np.full(len(rows), self.relation == "!=")
        if isinstance(self.column, Category):
            held[present] = [related(text_of(level), self.text) for level in column[present]]
        else:
            held[present] = related(column[present], value_of(self.text, column))
        return held


def value_of(text: str, column: "pd.Series[Any]") -> Any:
    """What a column of numbers or times is compared with."""
    if column.dtype.kind == "M":
        zone = getattr(column.dtype, "tz", None)
        return pd.Timestamp(text) if zone is None else pd.Timestamp(text, tz=zone)
    return pd.Timedelta(text) if column.dtype.kind == "m" else float(text)


def row_conditions(codec: Any, texts: str | Sequence[str]) -> list[RowCondition]:
    """The conditions that texts say; InputError for what cannot be or cannot be understood."""
    if not isinstance(codec, TableCodec):
        raise InputError(f"conditions are on columns of a table, the GAN makes {codec.form}")
    wheres = [condition_of(codec, text) for text in ([texts] if isinstance(texts, str) else texts)]
    later = {name for name, _ in codec.later}
    for where in wheres:
        if where.column.name not in later:
            refuse_impossible(where)
    return wheres


def condition_of(codec: TableCodec, text: str) -> RowCondition:
    """The condition that a text says."""
    known = {str(column.name): column for column in codec.columns}
    match = FORM.fullmatch(text)
    if match is None or match[1].strip() not in known:
        raise InputError(
            f"condition {text!r} is not understood: write COLUMN=VALUE, !=, <, <=, > or >= "
            f"with one of the columns {first_few([*known])}"
        )
    where = RowCondition(known[match[1].strip()], match[2], match[3].strip())
    if isinstance(where.column, Category) and where.relation not in ("=", "!="):
        raise InputError(f"condition {text!r}: levels have no order, take = or !=")
    try:
        where.holds(extremes_of(where.column))
    except ValueError as error:
        kind = "a time, as 2020-01-31" if "Time" in type(error).__name__ else "a number or a time"
        raise InputError(f"condition {text!r}: {where.text!r} is not {kind}") from error
    return where


def extremes_of(column: Column) -> pd.DataFrame:
    """Rows of a column alone: its levels, or its ends and those of its states, and a gap if any."""
    if isinstance(column, Category):
        codes = np.arange(max(column.codes, 1))
        places = codes[:, None] // BASE ** np.arange(column.width) % BASE
        return pd.DataFrame({column.name: column.unpack(places.astype(float))})
    states = column.states or ((-1.0, 1.0),)
    places = np.array([(end, code) for code, ends in enumerate(states) for end in ends])
    places = np.concatenate([places, [[np.nan, np.nan]]] if column.flagged else [places])
    return pd.DataFrame({column.name: column.unpack(places[:, : column.width])})


def refuse_impossible(where: RowCondition) -> None:
    """InputError where no value that was seen in training is as the condition says."""
    ends = extremes_of(where.column)
    held = where.holds(ends)
    name = where.column.name
    if where.relation == "=" and not held.any() and not isinstance(where.column, Category):
        between = [
            RowCondition(where.column, rule, where.text).holds(ends).any() for rule in ("<", ">")
        ]
        held = np.array([all(between) and bool(where.text)])
    if not held.any():
        seen = ends[name].dropna()
        known = (
            f"the levels {first_few(seen.tolist())}"
            if isinstance(where.column, Category)
            else f"values from {seen.min()} to {seen.max()}"
        )
        gaps = "" if where.text.strip() else " and no gap"
        raise InputError(f"no row has {where}: in training column {name!r} had {known}{gaps}")


def rows_where(
    gan: "GAN", n: int, wheres: Sequence[RowCondition], seed: int = 0
) -> Iterator[pd.DataFrame]:
    """The first n rows of the list that `seed` names in which all conditions hold, block by block.

    Raises InputError where none of many rows is so.
    """
    kept, drawn = 0, 0
    while kept < n:
        rows = as_frame(gan.codec.decode(gan.generate(BLOCK, seed, drawn).cpu()))
        held = np.all([where.holds(rows) for where in wheres], axis=0)
        drawn += BLOCK
        chosen = rows[held][: n - kept].reset_index(drop=True)
        kept += len(chosen)
        if len(chosen):
            yield chosen
        elif not kept and drawn >= FRUITLESS:
            asked = " and ".join(map(str, wheres))
            raise InputError(
                f"of {drawn} generated rows none has {asked}: it cannot be, or is too rare to "
                "draw; ask for less"
            )


def sample_where(gan: "GAN", n: int, texts: str | Sequence[str], seed: int = 0) -> Any:
    """The same as one table in the container of the training data."""
    blocks = [*rows_where(gan, n, row_conditions(gan.codec, texts), seed)]
    if not blocks:
        return gan.sample(0)
    rows = pd.concat(blocks, ignore_index=True)
    return rows.to_numpy(dtype=object) if isinstance(gan.sample(0), np.ndarray) else rows
