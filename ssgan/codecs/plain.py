"""Columns in others' types and in text, as plain numbers, datetimes or text.

What a file, a data frame and a frame of another library say in different types means the same
here: dates in text or as Python's `date` are datetimes, decimals are numbers.
"""

import re
from typing import Any

import numpy as np
import pandas as pd

from ssgan.codecs.codec import Array
from ssgan.codecs.dtypes import Series, is_object

DATE = r"\d{4}([-/])\d{2}\1\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
CURRENCY = r"(?:[$€£¥₹]|USD|EUR|GBP|CHF|JPY)"
SIGNED = re.compile(
    rf"([+-]?)({CURRENCY}?) ?([+-]?)([\d.,'’ ]*\d[\d.,'’ ]*?(?:[eE][+-]?\d+)?) ?(%|{CURRENCY})?"
)
ZONE = r"[T ].*(Z|[+-]\d{2}:?\d{2})$"  # at the end of a DATE
PROBE = 100  # texts that are tried before all are
EXPONENT = r"(?:[eE][+-]?\d+)?"
PLAIN = rf"(?:\d+\.?\d*|\.\d+){EXPONENT}"
THOUSANDS = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"
SPACED = r"[1-9]\d{0,2}(?:[ '’]\d{3})+(?:\.\d+)?"
COMMA = rf"[1-9]\d{{0,2}}(?:[. '’]\d{{3}})+(?:,\d+)?|\d+(?:,\d+)?{EXPONENT}|,\d+"


# Often no value, in small letters: words, signs, and the errors of spreadsheets.
ABSENT_WORDS = (
    *("na", "n/a", "n.a.", "n.d.", "#n/a", "<na>", "nan", "null", "none", "missing", r"\n"),
    *("?", "-", "--", "---", "\u2013", "\u2014", ".", "..", "..."),
    *("#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!"),
)


def absent_words(texts: Series) -> Series:
    """Which texts (N,) are words that often stand for no value; "-" beside "+" is none of them."""
    words = texts.str.strip().str.casefold()
    meant = ["-"] if words.eq("+").any() else []
    return words.isin([word for word in ABSENT_WORDS if word not in meant])


def is_text(column: Series) -> bool:
    """Whether all entries that are not missing are text."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return False
    return bool(pd.api.types.infer_dtype(column, skipna=True) == "string")


def plain_column(column: Series) -> Series:
    """The column in a type that a codec takes, where it has one that means the same.

    Text that is all ISO 8601 dates and Python's dates become datetimes, decimals numbers, periods
    their first moment, intervals text, categories of these as well. Any other column is returned as
    it is.
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return of_categories(column)
    if isinstance(dtype, pd.PeriodDtype):
        return pd.Series(column.dt.to_timestamp())
    if isinstance(dtype, pd.IntervalDtype):
        return column.astype(str).mask(column.isna())
    if isinstance(dtype, pd.ArrowDtype):
        return of_arrow(column)
    if not pd.api.types.is_string_dtype(dtype) and not is_object(dtype):
        return column
    inferred = pd.api.types.infer_dtype(column, skipna=True)
    if inferred == "date":
        return datetimes_of(column)
    if inferred == "decimal":
        return of_decimals(column)
    if inferred == "time":
        return column.map(str, na_action="ignore")
    if inferred == "bytes":
        return of_bytes(column)
    return dates_in(column) if inferred == "string" else column


def of_categories(column: Series) -> Series:
    """Categories that are intervals as text, those that are times as times; others as they are."""
    levels = column.cat.categories
    if isinstance(levels.dtype, pd.IntervalDtype):
        return column.cat.rename_categories(levels.astype(str).tolist())
    if isinstance(levels.dtype, pd.PeriodDtype) or levels.dtype.kind in "mM":
        return plain_column(column.astype(levels.dtype))
    return column


def of_arrow(column: Series) -> Series:
    """A column of Arrow's dates, times, decimals or dictionaries as pandas' own."""
    import pyarrow as pa

    stored: Any = column.array
    values = stored.__arrow_array__()
    if pa.types.is_decimal(values.type):
        return of_decimals(column.astype(object))
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        dated = dates_in(column.astype(object).where(column.notna(), None))
        return dated if dated.dtype.kind == "M" else column
    kinds = (pa.types.is_date, pa.types.is_timestamp, pa.types.is_duration, pa.types.is_dictionary)
    if pa.types.is_time(values.type):
        return plain_column(column.astype(object).where(column.notna(), None))
    if not any(is_kind(values.type) for is_kind in kinds):
        return column
    found = values.to_pandas(date_as_object=False)
    return pd.Series(found.array, index=column.index, name=column.name)


def of_bytes(column: Series) -> Series:
    """Bytes (N,) as the text that they are in UTF-8; as they came where they are none."""
    try:
        return column.map(bytes.decode, na_action="ignore")
    except UnicodeDecodeError:
        return column


def of_decimals(column: Series) -> Series:
    """Python's decimals as integers where all are whole and none is missing, else as floats."""
    present = column.dropna()
    finite = len(present) == len(column) and all(value.is_finite() for value in present)
    whole = finite and all(value == int(value) for value in present)
    if whole and all(abs(value) < 2**63 for value in present):
        return column.astype("int64")
    return column.astype(object).where(column.notna(), np.nan).astype("float64")


def dates_in(column: Series) -> Series:
    """Text (N,) of nothing but ISO 8601 dates as datetimes; any other column as it is.

    Of several time zones all become UTC. Days that do not exist, and times of which some have a
    zone, stay text.
    """
    present = column.dropna().tolist()
    if not present or not all(re.fullmatch(DATE, text) for text in present):
        return column
    zones = {zone and zone[1] for zone in (re.search(ZONE, text) for text in present)}
    if None in zones and len(zones) > 1:
        return column
    try:
        return datetimes_of(column, utc=len(zones) > 1)
    except ValueError:
        return column


def datetimes_of(column: Series, utc: bool = False) -> Series:
    """Dates as text or Python's own as datetimes; in microseconds where years are beyond what
    nanoseconds reach, as 9999."""
    try:
        return pd.to_datetime(column, format="ISO8601", utc=utc)
    except pd.errors.OutOfBoundsDatetime:
        return column.astype("datetime64[us]")


def numbers_in(texts: Any, comma: bool = False) -> tuple[Array, str] | None:
    """Numbers (N,) float64 that texts (N,) write, and how they do; None if one is no number.

    "" is how plain numbers are written. Known are decimal commas, commas, points, spaces and
    apostrophes between thousands, one currency, and per cent, which stay per cent: "75.8%" is 75.8.
    Where "1,200" may be both, `comma` says that it is a decimal comma.
    """
    texts = list(texts)
    if len(texts) > 2 * PROBE and numbers_in(texts[:PROBE], comma) is None:
        return None
    cleaned = [without_odd_signs(str(text)) for text in texts]
    matches = [SIGNED.fullmatch(text) for text in cleaned]
    parts = [match.groups() for match in matches if match]
    if not parts or len(parts) < len(cleaned):
        return None
    marks = {b or a or "" for _, b, _, body, a in parts if b or a or body.strip("0.,")}
    if len(marks) > 1 or any(first and second for first, _, second, _, _ in parts):
        return None
    digits = digits_in([body for _, _, _, body, _ in parts], comma)
    if digits is None:
        return None
    signs = np.array([-1 if "-" in (first, second) else 1 for first, _, second, _, _ in parts])
    ways = [digits[1], *(f"with {mark}" for mark in marks if mark)]
    return digits[0] * signs, " and ".join(way for way in ways if way)


def without_odd_signs(text: str) -> str:
    """Text with plain spaces and minus signs; (3) as accountants write, and 3-, are -3."""
    text = re.sub("[\xa0\u2007-\u200a\u202f]", " ", text).strip()
    text = re.sub("[\u2010-\u2013\u2212\uff0d]", "-", text)
    if text[-1:] == "-" and text[-2:-1].isdecimal() and text[0].isdecimal():
        return f"-{text[:-1]}"
    inner = text[1:-1].strip()
    return f"-{inner}" if text[:1] == "(" and text[-1:] == ")" and inner[:1] != "-" else text


def digits_in(bodies: list[str], comma: bool) -> tuple[Array, str] | None:
    """Unsigned numbers (N,) of texts, and how they are written."""

    def all_are(pattern: str) -> bool:
        whole = re.compile(pattern)
        return all(whole.fullmatch(body) for body in bodies)

    if all_are(PLAIN):
        return np.array(bodies, dtype=np.float64), ""
    thousands, decimal = all_are(f"{THOUSANDS}|{PLAIN}"), all_are(COMMA)
    if thousands and not (decimal and comma):
        return as_floats(bodies, ","), "with commas between thousands"
    if all_are(f"{SPACED}|{PLAIN}"):
        return as_floats(bodies, " '’"), "with gaps between thousands"
    if decimal:
        changed = [re.sub("[. '’]", "", body).replace(",", ".") for body in bodies]
        return np.array(changed, dtype=np.float64), "with decimal commas"
    return None


def as_floats(bodies: list[str], dropped: str) -> Array:
    """Text as float64, once some characters are dropped."""
    return np.array([re.sub(f"[{dropped}]", "", body) for body in bodies], dtype=np.float64)
