"""Labels from a file of their own: by the name of the image, or one a row."""

import warnings
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from ssgan.codecs.codec import Array
from ssgan.codecs.dtypes import as_python
from ssgan.codecs.plain import absent_words
from ssgan.config import InputError
from ssgan.data.files import read_npy
from ssgan.data.labels.values import first_few, raw_labels, unlabeled
from ssgan.data.source import Data
from ssgan.data.tables.doubts import counts_of
from ssgan.data.tables.frames import is_table, read_table

FILE, LABEL = "file", "label"


def read_labels(
    path: str | Path, data: Data, na: tuple[str, ...] = (), no_label: Any = None
) -> Array:
    """Read labels from a file of their own, aligned with the samples of a data set.

    Parameters
    ----------
    path : str or Path
        A CSV with columns `file,label` for an image folder, names relative to it or, where that is
        clear, without folders; or an .npy or a CSV of one column with a label a row.
    data : Data
        The data set; its labels are not used.
    na : sequence of str
        Words that mean no label, besides an empty entry.
    no_label : label, optional
        The label that means no label, in place of -1.

    Returns
    -------
    array (N,)
        Integers, floats with NaN, or objects with None where there is none.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    InputError
        For names that are not in the folder, for a name with two labels, for another number of
        rows, and for what looks half written: lines that end early, text among numbers.

    Examples
    --------
    >>> import tempfile
    >>> from ssgan.data import from_memory
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels.csv"
    ...     _ = path.write_text("label\\ncat\\ndog\\n")
    ...     read_labels(path, from_memory([[1.0], [2.0]])).tolist()
    ['cat', 'dog']
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}: expected labels, as .csv or .npy")
    if path.suffix.lower() == ".npy":
        return check_one_a_row(raw_labels(read_npy(path)["x"]), data, path)
    if not is_table(path):
        raise InputError(f"expected labels in a .csv, .parquet or .npy file, got {path}")
    frame = whole_table(path, tuple(na))
    if LABEL in frame and FILE in frame:
        return labels_by_file(frame, data, path, no_label)
    if frame.shape[1] == 1:
        column = frame.iloc[:, 0]
        if len(column) == len(data) - 1:  # its first label was taken for a header
            column = pd.concat([pd.Series([frame.columns[0]]), column.astype(object)])
        return check_one_a_row(parse_labels(column, no_label), data, path)
    if LABEL in frame:
        return check_one_a_row(parse_labels(frame[LABEL], no_label), data, path)
    raise InputError(
        f"{path} has the columns {first_few(list(frame.columns))}: expected file,label, or one "
        "label a row"
    )


def whole_table(path: Path, na: tuple[str, ...] = ()) -> pd.DataFrame:
    """A table of text in which no line ends early; InputError names the first that does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the same lines
        frame, faults = read_table(path, text=True, na=na)
    if faults:
        line, fault = faults[0]
        raise InputError(
            f"{path}, {line} has {fault.split(':')[0]}: end it with a comma where there is no label"
        )
    return frame


def check_one_a_row(labels: Array, data: Data, path: Path) -> Array:
    """The labels, if there is one for each sample; else InputError."""
    if len(labels) != len(data):
        left_out = f" ({len(data.quarantine)} files could not be read)" if data.quarantine else ""
        raise InputError(
            f"{path} holds {len(labels)} labels for {len(data)} samples{left_out}: "
            "give one a row, empty where there is none"
        )
    return labels


def labels_by_file(frame: pd.DataFrame, data: Data, path: Path, no_label: Any = None) -> Array:
    """The labels of a table `file,label`, put to the rows of these files."""
    if data.names is None:
        raise InputError(f"{path} names files, but {data.source} is no image folder")
    rows = row_of_names(data.names)
    named_files = [
        str(PurePosixPath(str(name).replace("\\", "/"))) for name in frame[FILE].fillna("")
    ]
    unreadable = {*names_of(file for file, _ in data.quarantine)}
    absent = [name for name in named_files if name not in rows and name not in unreadable]
    if absent:
        raise InputError(f"{path} labels files that are not in {data.source}: {first_few(absent)}")
    parsed_labels = parse_labels(frame[LABEL], no_label)
    labels = np.full(len(data), None, dtype=object)
    seen: dict[int, Any] = {}
    absent_labels = unlabeled(parsed_labels, "regression")
    for name, label, missing in zip(named_files, parsed_labels, absent_labels, strict=True):
        if missing or name not in rows:
            continue
        row = rows[name]
        if seen.setdefault(row, label) != label:
            earlier, later = as_python(seen[row]), as_python(label)
            raise InputError(f"{path} labels {name} twice, {earlier!r} and {later!r}: keep one")
        labels[row] = label
    return parse_labels(pd.Series(labels, dtype=object), no_label)


def row_of_names(names: list[str]) -> dict[str, int]:
    """The row of every name, and of every base name that only one file has."""
    bases: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        bases.setdefault(PurePosixPath(name).name, []).append(row)
    rows = {base: same_base[0] for base, same_base in bases.items() if len(same_base) == 1}
    return rows | {name: row for row, name in enumerate(names)}


def names_of(files: Iterable[str]) -> Iterable[str]:
    """Each file by its path and by its name alone."""
    for file in files:
        yield file
        yield PurePosixPath(file).name


def parse_labels(column: Any, no_label: Any = None) -> Array:
    """Labels (N,) as integers, floats with NaN, or objects with None where there is none.

    Text is turned into numbers only where nothing is lost: "007" stays text. A missing entry
    makes pandas read integers as floats; here they are integers again. Spaces around text say
    nothing, and "-1" among text is no label. Raises InputError for text among measured numbers.
    """
    values = strip_spaces(raw_labels(pd.Series(column).astype(object)))
    missing = unlabeled(values, "regression")
    values[missing] = None
    present = values[~missing].tolist()
    texts = [str(value) for value in present]
    words = absent_words(pd.Series(texts, dtype=str)).tolist()
    if any(words):
        plain_texts = [text for text, word in zip(texts, words, strict=True) if not word]
        if plain_texts and pd.to_numeric(pd.Series(plain_texts), errors="coerce").notna().all():
            values[np.flatnonzero(~missing)[words]] = None
            return parse_labels(values, no_label)
        warn_of_words(texts, words)
    numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(np.float64)
    plain = all(text.lstrip("-")[:1] != "0" or text.lstrip("-")[1:2] in ("", ".") for text in texts)
    if not present or np.isnan(numbers).any() or not plain:
        refuse_mixed(texts, numbers)
        if no_label is None:
            values[values == "-1"] = None
        return values
    if not np.array_equal(numbers, np.rint(numbers)) or np.abs(numbers).max() >= 2**53:
        labels = np.full(len(values), np.nan)
        labels[~missing] = numbers
        return labels
    values[~missing] = numbers.astype(np.int64).tolist()
    return values if missing.any() else values.astype(np.int64)


def warn_of_words(texts: list[str], words: list[bool]) -> None:
    """Say which classes are words that often mean nothing."""
    seen = pd.Series([text for text, word in zip(texts, words, strict=True) if word])
    warnings.warn(
        f"the labels have {counts_of(seen)}, kept as a class: name it with --na if it means none",
        UserWarning,
        stacklevel=5,
    )


def strip_spaces(values: Array) -> Array:
    """Labels (N,) as objects, text without the spaces around it."""
    stripped = np.empty(len(values), dtype=object)
    stripped[:] = [value.strip() if isinstance(value, str) else value for value in values.tolist()]
    return stripped


def refuse_mixed(texts: list[str], numbers: Array) -> None:
    """Text among numbers with fractions is a slip; taken for classes it would train nonsense."""
    measured = ~np.isnan(numbers) & (numbers != np.rint(numbers))
    if 2 * measured.sum() > len(texts):
        slip = texts[int(np.isnan(numbers).argmax())]
        raise InputError(
            f"the labels are numbers, but one is {slip!r}: correct it, or leave it empty"
        )
