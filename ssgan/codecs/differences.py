"""Dates that come after others, as a drop-off after its pick-up: kept as the time between."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ssgan.codecs.columns.number import from_text
from ssgan.codecs.dtypes import Series
from ssgan.config import InputError

Name = str | int | float
Pairs = tuple[tuple[Name, Name], ...]  # (a date, the one before it)


def pairs_in(columns: Mapping[Name, Series]) -> Pairs:
    """Dates that come after another one in every row, with the nearest of these.

    Both have one dtype, and where the second is known the first is. Each pair comes after those
    that its first date is the second of.
    """
    dates = [name for name, column in columns.items() if is_date(column) and column.notna().any()]
    ranked = sorted(dates, key=lambda name: columns[name].dropna().dt.tz_localize(None).median())
    pairs: list[tuple[Name, Name]] = []
    for place, name in enumerate(ranked):
        before = [other for other in ranked[:place] if always_after(columns[name], columns[other])]
        if before:
            pairs.append((name, before[-1]))
    return tuple(pairs)


def is_date(column: Series) -> bool:
    """Whether a column holds dates, with a zone or without."""
    return isinstance(column.dtype, np.dtype | pd.DatetimeTZDtype) and column.dtype.kind == "M"


def always_after(column: Series, other: Series) -> bool:
    """Whether dates are known only where others are, and are never before these."""
    present = column.notna()
    if column.dtype != other.dtype or (present & other.isna()).any():
        return False
    return bool((column[present] >= other[present]).all())


def with_differences(frame: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """The frame with the time between in place of each later date."""
    changed = frame.copy(deep=False) if pairs else frame
    for name, other in pairs:
        later, earlier = from_text(frame[name]), from_text(frame[other])
        for column in (later, earlier):
            if not is_date(column) and column.notna().any():
                raise InputError(
                    f"column {column.name!r}: expected dates, got {column.dtype}: write them as "
                    "2020-01-31, or use pandas.to_datetime"
                )
        try:
            changed[name] = pd.to_datetime(later) - pd.to_datetime(earlier)
        except TypeError as error:
            raise InputError(f"column {name!r}: {error}: make the zones alike") from error
    return changed


def without_differences(frame: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """The frame with dates again, in place."""
    for name, other in pairs:
        frame[name] = frame[other] + frame[name]
    return frame
