"""The kinds of columns of a table: how each becomes numbers and codes, and itself again.

number      one number in [-1, 1]: its place among the values seen in fitting, NaN if missing; and
            which state it is in: a common value, or a range between such
category    one code below 1000 for each digit, in base 1000, of the level's rank by frequency

A column packs to (N, width) float32 and comes back from there; a constant one has width 0. A kind
is one file of this folder, which names its class `COLUMN`. It says how many numbers and one-hot
blocks it needs; the table lays those of all columns side by side, expands, activates and weighs
them together.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from ssgan.codecs.codec import Array, Json
from ssgan.codecs.dtypes import Series, content_of
from ssgan.codecs.places import Range
from ssgan.config import constants_in

__all__ = ["COLUMNS", "Column", "column_from_json", "fit_column"]


class Column(Protocol):
    """A fitted, frozen kind of column."""

    kind: ClassVar[str]

    @property
    def name(self) -> Any: ...

    @property
    def numbers(self) -> int:
        """How many numbers in [-1, 1] it packs to, before its codes; NaN is missing."""
        ...

    @property
    def flagged(self) -> bool:
        """Whether its numbers may be missing."""
        ...

    @property
    def blocks(self) -> tuple[int, ...]:
        """How many values each of its codes can take, from 0 on."""
        ...

    @property
    def states(self) -> tuple[Range, ...]:
        """Between which places its last number lies in each of its states.

        () for none; the code of the state is packed last.
        """
        ...

    @property
    def width(self) -> int:
        """How many numbers, codes and states there are."""
        ...

    @classmethod
    def claims(cls, column: Series, content: str) -> int:
        """How well the kind fits: 0 not at all, 1 as a number or category, 2 better than these.

        `content` is "number", "time" or "category".
        """
        ...

    @classmethod
    def fit(cls, column: Series, content: str) -> "Column":
        """The column of these entries; InputError for those that it cannot take."""
        ...

    @classmethod
    def from_json(cls, fields: Mapping[str, Json]) -> "Column":
        """The column that `to_json` described."""
        ...

    def pack(self, column: Series) -> Array:
        """The column (N,) as numbers and codes, float32 (N, width)."""
        ...

    def unpack(self, packed: Array) -> Series:
        """The column (N,) of any numbers and codes (N, width)."""
        ...

    def to_json(self) -> Json: ...


COLUMNS: dict[str, type[Column]] = {
    column.kind: column for column in constants_in(__name__, __path__, "COLUMN").values()
}


def column_from_json(fields: Mapping[str, Json]) -> Column:
    """The column that `to_json` described."""
    return COLUMNS[fields["kind"]].from_json(fields)


def fit_column(column: Series) -> Column:
    """What the column is; InputError that names it if it is nothing of that."""
    try:
        content = content_of(column)
        kind = max(COLUMNS.values(), key=lambda kind: kind.claims(column, content))
        return kind.fit(column, content)
    except (TypeError, ValueError) as error:
        raise type(error)(f"column {column.name!r}: {error}") from error
