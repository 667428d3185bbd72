"""pandas' dtypes as JSON and back, and what they hold: numbers, times or categories."""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from ssgan.codecs.codec import Array, Json
from ssgan.config import InputTypeError

Series: TypeAlias = "pd.Series[Any]"

CATEGORIES = ("string", "boolean", "mixed-integer", "mixed", "categorical")
NUMBERS = ("integer", "floating", "mixed-integer-float")
SCALARS = (str, int, float, bool)


def dtype_to_json(dtype: Any) -> Json:
    """A name; text and category dtypes, whose name does not say all, as an object."""
    if isinstance(dtype, pd.CategoricalDtype):
        categories = dtype.categories
        return {
            "name": "category",
            "categories": [as_python(level) for level in categories],
            "of": dtype_to_json(categories.dtype),
            "ordered": bool(dtype.ordered),
        }
    if isinstance(dtype, pd.StringDtype):
        storage = dtype.storage.removesuffix("_numpy")  # as pandas before 2.3 says NaN
        return {"name": "string", "storage": storage, "nan": dtype.na_value is not pd.NA}
    if isinstance(dtype, pd.ArrowDtype):
        return {"name": "arrow", "of": str(dtype.pyarrow_dtype)}
    return str(dtype)


def dtype_from_json(fields: Json) -> Any:
    """The dtype that `dtype_to_json` described."""
    if isinstance(fields, str):
        return pd.api.types.pandas_dtype(fields)
    if fields["name"] == "category":
        levels = pd.Index(fields["categories"], dtype=dtype_from_json(fields["of"]))
        return pd.CategoricalDtype(levels, ordered=fields["ordered"])
    if fields["name"] == "string":
        if not fields["nan"]:
            return pd.StringDtype(fields["storage"])
        try:
            return pd.StringDtype(fields["storage"], na_value=np.nan)
        except TypeError:  # pandas before 2.3
            return pd.StringDtype("pyarrow_numpy")
    import pyarrow

    return pd.ArrowDtype(pyarrow.type_for_alias(fields["of"]))


def as_python(level: Any) -> str | int | float | bool:
    """A level as a Python value that JSON keeps; TypeError for others, as dates or tuples."""
    value = level.item() if isinstance(level, np.generic) else level
    if not isinstance(value, SCALARS):
        raise InputTypeError(
            f"expected text or numbers, got {type(value).__name__}: convert it to text"
        )
    return value


def content_of(series: Series) -> str:
    """ "number", "time" or "category"; TypeError naming what else the column holds."""
    dtype = series.dtype
    types = pd.api.types
    if isinstance(dtype, pd.CategoricalDtype) or types.is_bool_dtype(dtype):
        return "category"
    if isinstance(dtype, np.dtype | pd.DatetimeTZDtype) and dtype.kind in "Mm":
        return "time"
    if types.is_numeric_dtype(dtype) and dtype.kind in "iuf" and not is_sparse(dtype):
        return "number"
    if types.is_string_dtype(dtype) and not is_object(dtype):
        return "category"
    inferred = types.infer_dtype(series, skipna=True) if is_object(dtype) else str(dtype)
    if inferred in NUMBERS:
        return "number"
    if inferred in CATEGORIES or inferred == "empty":
        return "category"
    raise InputTypeError(f"holds {inferred}: convert it to numbers, text or datetime64")


def missing_in(column: Series) -> Array:
    """Which entries (N,) are missing; pandas' nullable floats can hold NaN beside them."""
    missing = np.asarray(column.isna())
    dtype = column.dtype
    if isinstance(dtype, pd.api.extensions.ExtensionDtype) and dtype.kind == "f":
        missing = missing | np.isnan(column.to_numpy(np.float64, na_value=np.nan))
    return missing


def is_object(dtype: Any) -> bool:
    """Whether a dtype is that of Python objects."""
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def is_sparse(dtype: Any) -> bool:
    """Whether a dtype of pandas is a sparse one."""
    return isinstance(dtype, pd.SparseDtype)


def series_of(values: Any, missing: Any, dtype: Any, name: Any, absent: Any) -> Series:
    """A column (N,) of `dtype` with those entries missing; `absent` stands for them in objects.

    `values` are of a numpy dtype from which `dtype` can be made.
    """
    if isinstance(dtype, np.dtype) and dtype.kind in "iufb":
        return pd.Series(values, name=name).astype(dtype).mask(missing)
    objects = np.asarray(values).astype(object)
    objects[missing] = absent if is_object(dtype) else None
    column: Series = pd.Series(objects, dtype=dtype, name=name)
    return column


def absent_in(column: Series, missing: Array) -> str | None:
    """What stands for missing entries in an object column."""
    if column.dtype != object or not missing.any():
        return None
    return "None" if any(entry is None for entry in column[missing]) else "nan"


def missing_value(absent: str | None) -> float | None:
    """What stands for a missing entry where NaN or None did."""
    return np.nan if absent == "nan" else None


def fields_to_json(column: Any) -> Json:
    """The fields of a dataclass with its kind."""
    return {"kind": column.kind, **dataclasses.asdict(column)}


def fields_from_json(fields: Mapping[str, Json]) -> dict[str, Any]:
    """Those fields again; JSON's lists are tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in fields.items()
        if name != "kind"
    }
