"""What looks wrong in a column of a table, in one sentence: slips, dates, units, identifiers."""

import re

import numpy as np
import pandas as pd

from ssgan.codecs.dtypes import Series
from ssgan.codecs.plain import DATE, absent_words, is_text, numbers_in

MOSTLY = 0.9  # share of entries that must be of a form for it to be the one that is meant
CROWDED = 100  # rows from which a text column may look like an identifier
MANY = 20  # more values than levels usually are
LOOKED_AT = 1000  # rows that tell whether there are more
VERSION, CODED = re.compile(r"\d+\.\d+"), re.compile(r"\d+[eE]\d+")
MONTH = "(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zé]*"
DAY = re.compile(  # dates as people write them
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{4}-\d{2}"
    rf"|\d{{1,2}}[-. ]+{MONTH}[-., ]+\d{{2,4}}|{MONTH}\.? \d{{1,2}},? \d{{4}})( .*)?",
    re.IGNORECASE,
)
MEASURE = re.compile(r"[^\w\s]?[A-Z]{0,3}[^\w\s]? ?[+-]?\d[\d.,:/'’_ -]*\S{0,8}")
COUNTER = re.compile(r"Unnamed: \d+|(?:.*[_ ])?(?:id|index|row|rownames|obs|nr|no)|.*Id|#|", re.I)
FIRST_DAY, LAST_DAY = 18000101, 21001231  # as whole numbers
CODES = (9, 99, 999, 9999, 99999, 999999)  # that surveys write for "not known", also negative


def suspicion_of(column: Series, comma: bool = False, crowded: int = CROWDED) -> str:
    """What looks wrong in a column of text; "" for nothing."""
    present = column.dropna().astype(str)
    absent = absent_words(present)
    wrong = pd.to_numeric(present, errors="coerce").isna() & ~absent
    if 0 < wrong.mean() < 0.5 and numbers_in(present[~wrong & ~absent], comma):
        return (
            f"is text because {int(wrong.sum())} of {len(present)} entries are no numbers, as "
            f"{present[wrong].iloc[0]!r}: correct them, or name them with --na"
        )
    dates = present.str.fullmatch(DAY)
    if len(present) and dates.mean() > MOSTLY:
        is_date = pd.to_datetime(present, format="ISO8601", errors="coerce").notna()
        if len(odd := present[~(is_date & present.str.fullmatch(DATE))]):
            return (
                f"looks like dates, but {len(odd)} of {len(present)} are none of the form "
                f"2020-12-31, as {odd.iloc[0]!r}, so it is kept as text: write them in that form"
            )
    if absent.any():
        return f"has {counts_of(present[absent])}, kept as text: name it with --na if it is missing"
    return doubt_of_text(present) or doubt_of_identifiers(column, crowded)


def doubt_of_text(present: Series) -> str:
    """Whether text may be numbers with a unit, or times; not codes of digits alone."""
    values = present.unique()
    if len(values) <= MANY or not present.str.contains(r"\D").any():
        return ""
    alike = [value for value in values if MEASURE.fullmatch(value)]
    if len(alike) <= MOSTLY * len(values):
        return ""
    return (
        f"looks like numbers in a form that is not read, as {alike[0]!r}, and is kept as text: "
        f"write them as 12.5, without a unit, or leave it out with --drop {present.name}"
    )


def doubt_of_identifiers(column: Series, crowded: int) -> str:
    """Whether text has nearly as many values as rows, as identifiers do; "" if not."""
    if not is_crowded(column, crowded):
        return ""
    return (
        f"is text with {column.nunique()} values in {column.count()} rows, like an identifier: "
        f"leave it out with --drop {column.name}"
    )


def is_crowded(column: Series, rows: int = CROWDED) -> bool:
    """Whether a column of `rows` or more is text that hardly repeats."""
    present = column.dropna()
    if len(present) < rows or not is_text(present):
        return False
    return bool(present.nunique() > MOSTLY * len(present))


def counts_of(words: Series) -> str:
    """Which words there are and how often: "3 'NA'"."""
    return ", ".join(f"{count} {word!r}" for word, count in words.value_counts().items())


def doubt_of_numbers(column: Series) -> str:
    """What looks wrong in a column of numbers: codes for "not known", row numbers, dates."""
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "iuf":
        return ""
    values = column.dropna().to_numpy()
    if len(values) < 2 or not np.isfinite(values).all():
        return ""
    return code_among(values) or (
        doubt_of_whole_numbers(column) if column.dtype.kind in "iu" else ""
    )


def doubt_of_spelling(entries: Series) -> str:
    """Whether the texts (N,) of a column of numbers may be names, which numbers do not tell apart.

    They may where few values are versions, as 1.1 beside 1.10, or codes with an E, as 1E5.
    """
    first = entries.iloc[:LOOKED_AT].dropna()
    coded = bool(len(first)) and first.str.fullmatch(CODED).all()
    if not coded and not 1 < first.nunique() <= MANY:
        return ""
    texts = entries.dropna().unique()
    numbers = pd.Series(pd.to_numeric(texts, errors="coerce"), index=texts)
    alike = [
        text for text in texts[numbers.duplicated(keep=False).to_numpy()] if VERSION.fullmatch(text)
    ]
    twins = [text for text in alike if numbers[text] == numbers[alike[0]]]
    if len(twins) > 1:
        read_as = f"{twins[0]!r} and {twins[1]!r} are one"
    elif all(map(CODED.fullmatch, texts)):
        read_as = f"{texts[0]!r} is {numbers.iloc[0]:g}"
    else:
        return ""
    return f"is read as numbers, so {read_as}: put a letter before them if they are names"


def code_among(values: np.ndarray) -> str:
    """A greatest or least value such as 9999, further from the others than these are apart."""
    for end in (values.max(), values.min()):
        if abs(float(end)) not in CODES or np.count_nonzero(values == end) < 2:
            continue
        others = values[values != end]
        if len(others) and np.abs(others - float(end)).min() > max(np.ptp(others), 1):
            count = np.count_nonzero(values == end)
            return (
                f"has {count} entries of {end:g}, and all others lie from {others.min():g} to "
                f"{others.max():g}: name it with --na {end:g} if it means a missing one"
            )
    return ""


def doubt_of_whole_numbers(column: Series) -> str:
    """Whether whole numbers count the rows, or write days."""
    values = column.to_numpy()
    if len(values) <= MANY:
        return ""
    if COUNTER.fullmatch(str(column.name)) and (np.diff(values) == 1).all():
        return f"counts the rows, and says nothing else: leave it out with --drop {column.name!r}"
    if values.min() < FIRST_DAY or values.max() > LAST_DAY or len(np.unique(values)) <= MANY:
        return ""
    days = pd.to_datetime(pd.Series(values).astype(str), format="%Y%m%d", errors="coerce")
    if days.isna().any():
        return ""
    return f"looks like dates, as {values[0]}, and is read as numbers: write 2020-12-31"


def doubt_in_memory(column: Series) -> str:
    """What looks wrong in a column of a data frame, whose types the user chose."""
    if not is_text(column):
        return doubt_of_numbers(column)
    if len(column) >= CROWDED and column.nunique() > MANY:
        present = column.dropna().astype(str)
        absent = absent_words(present)
        coded = present.str.match(r"[+-]?0\d") | present.str.fullmatch(r"[+-]?\d{16,}")
        if not absent.all() and not coded.any() and numbers_in(present[~absent]):
            return (
                f"is text that writes numbers, as {present[~absent].iloc[0]!r}: make them numbers,"
                " or every one is a category"
            )
    return doubt_of_identifiers(column, CROWDED)
