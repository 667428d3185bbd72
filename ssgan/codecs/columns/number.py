"""Columns of numbers, datetimes and time differences, by their place among the values seen."""

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
    dtype_from_json,
    dtype_to_json,
    fields_from_json,
    fields_to_json,
    missing_in,
    missing_value,
    series_of,
)
from ssgan.codecs.places import Range, Seen, knots_of, ranges_of
from ssgan.codecs.plain import absent_words, numbers_in, plain_column
from ssgan.codecs.ranges import warn_missing, warn_outside
from ssgan.config import InputError

DECIMALS = 6  # most that are recognised and kept
UINT64 = 2**64
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}  # of times, in a second


@dataclass(frozen=True, kw_only=True)
class Number:
    """A column of numbers or times.

    Values between knots are interpolated, on both ways. Common values, as zero or those of an age,
    and what lies between them are states, of which a generator draws one. Whole numbers and times
    are counted in steps of their greatest common divisor from the smallest one, so that midnights
    stay midnights.
    """

    name: Any
    dtype: Json
    whole: bool  # integers or times: `knots` count steps from `base`
    base: int
    step: int
    top: int  # steps from the base to the greatest value
    decimals: int | None  # to which floats are rounded
    knots: tuple[float, ...]  # ascending values, or steps; a single one: constant
    even: bool  # knots are all there is, evenly spaced in [-1, 1] where there are no `spots`
    flagged: bool  # some are missing
    absent: str | None = None  # what a missing entry of an object column is: "None" or "nan"
    spots: tuple[float, ...] = ()  # places of the knots; evenly spaced where there are none
    ranges: tuple[Range, ...] = ()  # of values, or steps, that are a state, ascending

    kind: ClassVar[str] = "number"
    blocks: ClassVar[tuple[int, ...]] = ()

    @classmethod
    def claims(cls, column: Series, content: str) -> int:
        return int(content != "category" and not missing_in(column).all())

    @classmethod
    def fit(cls, column: Series, content: str) -> "Number":
        return fit_number(column, missing_in(column))

    @classmethod
    def from_json(cls, fields: Mapping[str, Json]) -> "Number":
        own = fields_from_json(fields)
        return cls(**own | {"ranges": tuple(map(tuple, own.get("ranges", ())))})

    def to_json(self) -> Json:
        return fields_to_json(self)

    @property
    def numbers(self) -> int:
        """1 where there is a number to generate, 0 where all values are one."""
        return int(len(self.knots) > 1 or self.flagged)

    @cached_property
    def states(self) -> tuple[Range, ...]:
        """Between which places the values of every state lie."""
        ends = self._places_of(np.array(self.ranges).reshape(-1, 2))
        return tuple((float(low), float(high)) for low, high in ends)

    @property
    def width(self) -> int:
        return self.numbers + bool(self.ranges)

    @cached_property
    def places(self) -> Array:
        """Where the knots lie in [-1, 1]."""
        if self.spots:
            return np.array(self.spots)
        return np.linspace(-1, 1, len(self.knots)) if len(self.knots) > 1 else np.zeros(1)

    def pack(self, column: Series) -> Array:
        if not self.numbers:
            return np.empty((len(column), 0), np.float32)
        column = from_text(column)
        missing = missing_in(column)
        packed = np.full((len(column), self.width), np.nan, np.float32)
        if missing.any() and not self.flagged:
            warn_missing(self.name, missing, stacklevel=5)
        self._warn_outside(column[~missing])
        values = self._steps(column[~missing])
        packed[~missing, 0] = self._places_of(values)
        if self.ranges:
            packed[~missing, 1] = self._codes_of(values)
        return packed

    def _places_of(self, values: Array) -> Array:
        """Where values lie in [-1, 1]; in the middle of equal knots."""
        knots = np.array(self.knots)
        right = np.interp(values, knots, self.places)
        left = np.interp(-values, -knots[::-1], -self.places[::-1])
        return np.asarray((right - left) / 2)

    def _codes_of(self, values: Array) -> Array:
        """Which state values (N,) are in, the nearest one where they are in none."""
        lows, highs = np.array(self.ranges).T
        return np.searchsorted(lows[1:] / 2 + highs[:-1] / 2, values)

    def _warn_outside(self, column: Series) -> None:
        """Tell of numbers far outside the range seen, which count as its ends; not of times."""
        dtype = dtype_from_json(self.dtype)
        if not isinstance(dtype, np.dtype | pd.DatetimeTZDtype) or dtype.kind not in "Mm":
            rows = numeric(column, dtype).astype(np.float64)[:, None]
            ends = np.array(self.knots)[[0, -1]]
            low, high = ends * self.step + self.base if self.whole else ends
            warn_outside(rows, np.array([low]), np.array([high]), [self.name], stacklevel=6)

    def _steps(self, column: Series) -> Array:
        """Entries that are not missing as float64: floats themselves, steps from the base else."""
        values = numeric(column, dtype_from_json(self.dtype))
        if not self.whole:
            return values.astype(np.float64)
        if values.dtype.kind == "f":
            return (values - self.base) / self.step
        distance = values.astype(np.uint64) - np.uint64(self.base % UINT64)
        steps = distance.astype(np.float64) / self.step
        below = values < self.base
        return np.where(below, -1.0, steps)

    def unpack(self, packed: Array) -> Series:
        """The column (N,) of any packed numbers (N, width)."""
        rows = packed[:, 0] if self.numbers else np.zeros(len(packed))
        missing = np.isnan(rows)
        rows = np.where(missing, 0.0, rows).clip(-1, 1)
        knots = np.array(self.knots)
        if self.even and self.spots:
            values = knots[np.searchsorted((self.places[1:] + self.places[:-1]) / 2, rows)]
        elif self.even and len(knots) > 1:
            values = knots[np.rint((rows + 1) / 2 * (len(knots) - 1)).astype(np.int64)]
        else:
            values = np.interp(rows, self.places, knots)
        if self.ranges:
            codes = np.nan_to_num(packed[:, 1]).astype(np.int64)
            values = values.clip(*np.array(self.ranges)[codes].T)
        dtype = dtype_from_json(self.dtype)
        if self.whole:
            return whole_series(self._whole(values), missing, dtype, self)
        if self.decimals is not None:
            values = values.round(self.decimals)
        values = values.clip(knots[0], knots[-1])
        return series_of(values, missing, dtype, self.name, missing_value(self.absent))

    def _whole(self, steps: Array) -> Array:
        """Steps from the base (N,) as the integers they are, int64 or, for uint64 columns, that."""
        below = np.nextafter(float(UINT64), 0)
        count = np.minimum(np.rint(steps).clip(0, below).astype(np.uint64), np.uint64(self.top))
        values = count * np.uint64(self.step) + np.uint64(self.base % UINT64)
        return values if self.base + self.top * self.step >= 2**63 else values.view(np.int64)


def fit_number(column: Series, missing: Array) -> Number:
    """A number with the steps, decimals and quantiles of the column's values."""
    values = numeric(column[~missing], column.dtype)
    base, step, decimals = 0, 1, None
    whole = values.dtype.kind in "iu"
    if whole:
        base = int(values.min())
        distance = values.astype(np.uint64) - np.uint64(base % UINT64)
        step = max(int(np.gcd.reduce(distance)), 1)
        steps = distance // np.uint64(step)
        top, values = int(steps.max()), steps.astype(np.float64)
    else:
        top, decimals = 0, decimals_of(values)
        values = values.astype(np.float64)
    seen = Seen.of(values)
    knots, spots, even = knots_of(seen)
    return Number(
        name=column.name,
        dtype=dtype_to_json(column.dtype),
        whole=whole,
        base=base,
        step=step,
        top=top,
        decimals=decimals,
        knots=knots,
        even=even,
        flagged=bool(missing.any()),
        absent=absent_in(column, missing),
        spots=spots,
        ranges=ranges_of(seen),
    )


def decimals_of(values: Array) -> int | None:
    """The fewest decimals, up to 6, that write all values; None if they need more."""
    exact = values.astype(np.float64)
    for decimals in range(DECIMALS + 1):
        if np.array_equal(exact.round(decimals).astype(values.dtype), values):
            return decimals
    return None


def numeric(column: Series, dtype: Any) -> Array:
    """Entries that are not missing, as integers (times by their unit of `dtype`) or floats."""
    if isinstance(dtype, np.dtype | pd.DatetimeTZDtype) and dtype.kind in "Mm":
        return times_of(column, dtype)
    try:
        numbers = pd.to_numeric(column)
    except OverflowError as error:
        raise InputError("has numbers too large for numbers: make them text") from error
    except (TypeError, ValueError) as error:
        wrong = int(pd.to_numeric(column, errors="coerce").isna().to_numpy().argmax())
        raise InputError(
            f"expected numbers, got {column.iloc[wrong]!r} in row {column.index[wrong]}: correct "
            "it, or leave it empty"
        ) from error
    kind = numbers.dtype.kind
    # Python's own whole numbers: pandas 2 rounds large ones to floats, pandas 3 leaves them.
    if kind not in "iub" and pd.api.types.infer_dtype(column) == "integer":
        digits = max(len(str(abs(value))) for value in column)
        raise InputError(f"has numbers of {digits} digits, too large for numbers: make them text")
    if kind not in "iufb":
        raise InputError(f"expected numbers, got {column.dtype}")
    values = numbers.to_numpy(dtype=numbers.dtype if isinstance(numbers.dtype, np.dtype) else None)
    values = values if values.dtype.kind in "iuf" else values.astype(f"{kind.replace('b', 'i')}8")
    if values.dtype.kind == "f" and np.isinf(values).any():
        row = column.index[int(np.flatnonzero(np.isinf(values))[0])]
        raise InputError(f"row {row} is infinite: replace it, or leave it empty")
    return np.asarray(values)


def times_of(column: Series, dtype: Any) -> Array:
    """Datetimes or differences, none missing, as integers in the unit of `dtype`."""
    if not len(column):
        return np.empty(0, np.int64)
    if column.dtype.kind != dtype.kind:
        raise InputError(
            f"expected {dtype}, got {column.dtype} as {column.iloc[0]!r}: write dates as "
            "2020-01-31, or use pandas.to_datetime"
        )
    try:
        times: Any = column.astype(dtype).array
    except TypeError as error:
        raise InputError(f"expected {dtype}, got {column.dtype}: make the zones alike") from error
    except (pd.errors.OutOfBoundsDatetime, pd.errors.OutOfBoundsTimedelta):  # the ends of `dtype`
        ends: Any = pd.array([], dtype=dtype)
        times = column.array
        finer = UNITS[ends.unit] // UNITS[times.unit]
        most = (2**63 - 1) // finer
        return np.asarray(times.asi8).clip(-most, most) * np.int64(finer)
    return np.asarray(times.asi8)


def from_text(column: Series) -> Series:
    """A column of numbers or times that came as text, in a type of its own."""
    column = plain_column(column)
    if not pd.api.types.is_string_dtype(column.dtype):
        return column
    present = column.dropna().astype(str)
    column = column.mask(column.isin(present[absent_words(present)].unique()))
    parsed = numbers_in(column.dropna().astype(str))
    if parsed is None or not parsed[1]:
        return column
    values = pd.Series(np.nan, index=column.index, name=column.name)
    values[column.notna().to_numpy()] = parsed[0]
    return values


def whole_series(values: Array, missing: Array, dtype: Any, of: Number) -> Series:
    """Integers (N,) as a column of its dtype, times by their unit."""
    if isinstance(dtype, pd.DatetimeTZDtype):
        times = pd.DatetimeIndex(values.view(f"M8[{dtype.unit}]"), tz="UTC").tz_convert(dtype.tz)
        return pd.Series(times, name=of.name).mask(missing)
    if isinstance(dtype, np.dtype) and dtype.kind in "Mm":
        return pd.Series(values.view(dtype), name=of.name).mask(missing)
    return series_of(values, missing, dtype, of.name, missing_value(of.absent))


COLUMN = Number
