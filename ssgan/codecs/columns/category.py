"""Columns of levels: text, categories, booleans, and those of which all is missing."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ssgan.codecs.codec import Array, Json
from ssgan.codecs.dtypes import (
    Series,
    absent_in,
    as_python,
    dtype_from_json,
    dtype_to_json,
    fields_from_json,
    fields_to_json,
    missing_in,
    missing_value,
    series_of,
)
from ssgan.codecs.places import Range
from ssgan.codecs.ranges import warn_missing
from ssgan.config import InputTypeError, UnseenWarning

BASE = 1000  # codes a digit can take, and so the widest block of states


@dataclass(frozen=True, kw_only=True)
class Category:
    """A column of levels, the most frequent first; code 0 is a missing entry where there are any.

    A level is the same in another type: 12 is "12". One that was not seen in fitting is in no state
    at all ("other": its one-hot block is 0), with a warning that counts them.
    """

    name: Any
    dtype: Json
    levels: tuple[str | int | float | bool, ...]  # by frequency
    missing: bool  # some entries are missing
    absent: str | None = None  # as for numbers

    kind: ClassVar[str] = "category"
    numbers: ClassVar[int] = 0
    flagged: ClassVar[bool] = False
    states: ClassVar[tuple[Range, ...]] = ()

    @classmethod
    def claims(cls, column: Series, content: str) -> int:
        return int(content == "category" or missing_in(column).all())

    @classmethod
    def fit(cls, column: Series, content: str) -> "Category":
        return fit_category(column, missing_in(column))

    @classmethod
    def from_json(cls, fields: Mapping[str, Json]) -> "Category":
        return cls(**fields_from_json(fields))

    def to_json(self) -> Json:
        return fields_to_json(self)

    @property
    def codes(self) -> int:
        """How many there are: one a level, and one for a missing entry."""
        return len(self.levels) + self.missing

    @cached_property
    def blocks(self) -> tuple[int, ...]:
        """The number of codes of every digit, the lowest first."""
        blocks, remaining = [], self.codes
        while remaining > 1:
            blocks.append(min(BASE, remaining))
            remaining = -(-remaining // BASE)
        return tuple(blocks)

    @property
    def width(self) -> int:
        return len(self.blocks)

    @cached_property
    def _index(self) -> Any:
        """The levels, to look codes up by."""
        return pd.Index(np.array(self.levels, dtype=object))

    def pack(self, column: Series) -> Array:
        missing = missing_in(column)
        self._warn_missing(missing)
        levels = column.astype(object).to_numpy()
        ranks = self._index.get_indexer(pd.Index(levels, dtype=object))
        unseen = (ranks < 0) & ~missing
        if unseen.any():
            ranks[unseen] = self._ranks_by_text(levels[unseen])
            unseen &= ranks < 0
        if unseen.any() and self.width:
            warnings.warn(
                f"column {self.name!r}: {unseen.sum()} of {len(column)} entries are levels that "
                f"were not seen in training, as {levels[unseen][0]!r}: they are taken as other",
                UnseenWarning,
                stacklevel=5,
            )
        codes = np.maximum(ranks + self.missing, 0)
        digits = codes[:, None] // BASE ** np.arange(self.width) % BASE
        packed: Array = digits.astype(np.float32)
        packed[unseen | (missing & (not self.missing))] = np.nan
        return packed

    def _ranks_by_text(self, levels: Array) -> Array:
        """The ranks of levels (n,) that may have another type here; -1 for none."""
        known = [text_of(level) for level in self.levels]
        if len(set(known)) < len(known):
            return np.full(len(levels), -1)
        return np.asarray(pd.Index(known).get_indexer(pd.Index(list(map(text_of, levels)))))

    def _warn_missing(self, missing: Array) -> None:
        """Tell of missing entries where none was in training."""
        if missing.any() and not self.missing and self.width:
            warn_missing(self.name, missing, stacklevel=6)

    def unpack(self, packed: Array) -> Series:
        """The column (N,) of any codes (N, width); codes above the last level are the last."""
        digits = np.nan_to_num(packed, nan=0.0).astype(np.int64)
        codes = (digits * BASE ** np.arange(self.width)).sum(1).clip(0, max(self.codes - 1, 0))
        ranks = codes - self.missing
        levels = np.array([*self.levels, None], dtype=object)
        dtype = dtype_from_json(self.dtype)
        return series_of(levels[ranks], ranks < 0, dtype, self.name, missing_value(self.absent))


def text_of(level: Any) -> str:
    """A level as a text file writes it: 12.0 as 12, midnight as its day, TRUE as True."""
    if isinstance(level, str) and level.lower() in ("true", "false"):
        return level.capitalize()
    if isinstance(level, float) and level.is_integer():
        return str(int(level))
    if isinstance(level, pd.Timestamp) and level == level.normalize():
        return level.date().isoformat()
    return str(level)


def fit_category(column: Series, missing: Array) -> Category:
    """A category whose levels are those of the column, the most frequent first."""
    try:
        codes, levels = pd.factorize(column.astype(object))
    except TypeError as error:  # lists, say
        raise InputTypeError(f"holds entries that are no text or numbers ({error})") from error
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    ranked = np.argsort(-counts, kind="stable")
    return Category(
        name=column.name,
        dtype=dtype_to_json(column.dtype),
        levels=tuple(as_python(levels[rank]) for rank in ranked),
        missing=bool(missing.any()),
        absent=absent_in(column, missing),
    )


COLUMN = Category
