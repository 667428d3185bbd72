"""Data sets: raw samples, what labels came with them, and where to read them again."""

import csv
import difflib
import hashlib
import io
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ssgan.codecs import CODECS, Json, kind_of
from ssgan.codecs.arrays import as_array, contain, container_of
from ssgan.codecs.text import as_texts
from ssgan.config import InputError, InputTypeError
from ssgan.data.containers import gather
from ssgan.data.files import RawParts
from ssgan.data.images.resizing import height_and_width, resize
from ssgan.data.labels.values import digest, first_few, raw_labels
from ssgan.data.options import ReadOptions, kind_named
from ssgan.data.shapes import flat_rows, other_than, warn_ambiguous
from ssgan.data.signals.lengths import of_length
from ssgan.data.tables.doubts import doubt_in_memory
from ssgan.data.tables.frames import columns_of


@dataclass(frozen=True, kw_only=True, eq=False)
class Data:
    """A data set in the form in which it came; `read` and `from_memory` make it.

    Parameters
    ----------
    kind : str
        The modality, a key of `ssgan.codecs.CODECS`: "images", "signals", "table", "texts",
        "vectors" or "volumes".
    x : array, tensor or data frame
        N samples to learn from, without their labels.
    y : array (N,), optional
        Labels as they came; see `unlabeled` for those that mean "no label".
    x_test, y_test : optional
        Samples held out, like `x`, and their labels.
    source : str
        A name or an absolute path: `read(source, **options)` reads it again.
    options : dict
        The options that it was read with, ready for JSON.
    names : list of str, optional
        The file of each sample of `x`, relative to the image folder.
    quarantine : list of (str, str)
        Files that were left out and lines that were repaired, with the reason.
    encoder : Encoder, optional
        A frozen network that makes rows of the samples; `encoded` gives a data set one.

    Examples
    --------
    >>> data = from_memory([[1.0, 2.0], [3.0, 4.0]], y=["a", "b"])
    >>> len(data), data.kind, data.source
    (2, 'vectors', 'memory')
    """

    kind: str  # of `ssgan.codecs.CODECS`: "images", "table", ...
    x: Any  # images (N, H, W) or (N, H, W, C), a data frame without the target, rows (N, F), ...
    y: Any = None  # labels (N,) as they came, or None; -1, NaN, None and "" are unlabeled
    x_test: Any = None  # samples held out, like x, or None
    y_test: Any = None
    source: str = "memory"  # a name or an absolute path: `read(source, **options)` reads it again
    options: dict[str, Json] = field(default_factory=dict)  # those that it was read with
    names: list[str] | None = None  # file of each row of x, relative to the image folder
    quarantine: list[tuple[str, str]] = field(default_factory=list)  # (file or line, what is wrong)
    encoder: Any = None

    def __post_init__(self) -> None:
        for samples, labels, part in ((self.x, self.y, ""), (self.x_test, self.y_test, "test ")):
            if labels is not None and (samples is None or len(samples) != len(labels)):
                count = 0 if samples is None else len(samples)
                raise InputError(f"{count} {part}samples but {len(labels)} labels: one label a row")
        if self.names is not None and len(self.names) != len(self.x):
            raise InputError(f"{len(self.x)} samples but {len(self.names)} names: one name a row")

    def __len__(self) -> int:
        return len(self.x)

    @property
    def no_label(self) -> Any:
        """The label that means "no label" in place of -1, where one was given; else None."""
        return self.options.get("unlabeled")

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the samples `x` with their dtypes and names; labels and test part have none."""
        return fingerprint(self.x, self.names)


def fingerprint(x: Any, names: list[str] | None = None) -> str:
    """The sha256 of raw samples and of their names, in hexadecimal."""
    if isinstance(x, pd.DataFrame):
        header = [(str(name), str(dtype)) for name, dtype in x.dtypes.items()]
        try:
            of_x = repr(header) + digest(pd.util.hash_pandas_object(x, index=False).to_numpy())
        except (TypeError, UnicodeEncodeError, OverflowError) as error:
            raise InputTypeError(
                f"the table holds entries that are no values of a table ({error}): make them text"
            ) from error
    else:
        of_x = digest(x)
    return hashlib.sha256(repr((of_x, names)).encode()).hexdigest()


def in_modality(x: Any, options: ReadOptions) -> tuple[str, Any]:
    """The kind of raw samples, and the samples in the form of that kind.

    The options decide; without them container, axes and dtype do, and a warning says so where an
    array may as well be of another kind.
    """
    if options.image_shape is not None:
        x = flat_rows(x, options.image_shape)
    if options.modality is None:
        kind = kind_of(x, options.image_shape)
        if options.image_shape is None:
            warn_ambiguous(x, kind)
        return kind, x
    kind = kind_named(options.modality)
    samples = CODECS[kind].coerce(x, options.image_shape)
    if samples is None:
        raise other_than(kind, x)
    if CODECS[kind].lengthened and options.length is not None:
        samples = contain(of_length(as_array(samples), options.length), container_of(samples))
    return kind, samples


def from_memory(
    x: Any, y: Any = None, *, x_test: Any = None, y_test: Any = None, **how: Any
) -> Data:
    """Samples in memory as a data set.

    Parameters
    ----------
    x : array, tensor, data frame, list or data set
        All that `read` takes but names and paths: N samples.
    y : array-like (N,), optional
        Labels as they came; those that a torch Dataset or a Hugging Face Dataset of pictures
        brings are taken where none are given.
    x_test, y_test
        Samples held out, like `x`, and their labels.
    **how
        Options of `read`, as `image_shape=(28, 28)` for flat images.

    Returns
    -------
    Data

    Raises
    ------
    InputTypeError, InputError
        With what came, for anything else.

    Examples
    --------
    >>> data = from_memory([[1.0, 2.0], [3.0, 4.0]], ["a", "b"])
    >>> data.kind, len(data), data.y.tolist()
    ('vectors', 2, ['a', 'b'])
    """
    options = ReadOptions.of(how)
    x, labels = gather(x, options)
    y = labels if y is None else y
    if not np.ndim(x):
        raise InputTypeError(f"expected samples in rows, got a single {x.dtype}: give a list of it")
    warn_of_columns(x, options)
    if not len(x):
        raise InputError("expected at least one sample, got none")
    x_test, tested = (None, None) if x_test is None else gather(x_test, options)
    y_test = tested if y_test is None else y_test
    parts = {"x": x, "y": flat_labels(y), "x_test": x_test, "y_test": flat_labels(y_test)}
    return assemble_data(parts, "memory", options)


def warn_of_columns(x: Any, options: ReadOptions) -> None:
    """Say of columns in memory what `read` says of those of a file."""
    if not isinstance(x, pd.DataFrame):
        return
    for name, column in columns_of(x):
        if name not in (*options.raw, options.target) and (doubt := doubt_in_memory(column)):
            warnings.warn(f"column {name!r} {doubt}", UserWarning, stacklevel=3)


def flat_labels(y: Any) -> Any:
    """Labels of a list as an array; others as they are."""
    return raw_labels(y) if isinstance(y, list | tuple) else y


def assemble_data(parts: RawParts, source: str, options: ReadOptions) -> Data:
    """The data set of these parts, as the options want it: columns, kind and size."""
    parts = without_columns(parts, options.drop, options.spare, source)
    size, target, length = options.size, options.target, options.length
    if target is not None and not isinstance(parts["x"], pd.DataFrame):
        raise InputError(f"a target column is for tables, {source} has none: leave it out")
    if target is not None:
        parts = without_target(parts, target)
    if options.text is not None:
        parts = texts_of(parts, options.text, source)
    kind, x = in_modality(parts["x"], options)
    if size is not None and options.image_shape is not None:
        raise InputError("flat images keep the size that image_shape says: leave size out")
    if size is not None and not CODECS[kind].resizable:
        raise InputError(f"a size is for images, {source} holds {CODECS[kind].form}: leave it out")
    if length is not None and not CODECS[kind].lengthened:
        raise InputError(
            f"a length is for signals, {source} holds {CODECS[kind].form}: leave it out"
        )
    if not len(x):
        raise InputError(f"{source} holds no samples")
    parts = parts | {"x": x}
    if parts.get("x_test") is not None:
        parts["x_test"] = in_modality(parts["x_test"], options)[1]
    for part in ("x", "x_test"):
        if size is not None and isinstance(parts.get(part), np.ndarray):
            parts[part] = resize(parts[part], height_and_width(size))
    return Data(kind=kind, source=source, options=options.to_json(), **parts)


def without_columns(
    parts: RawParts, names: tuple[str, ...], spare: tuple[str, ...], source: str
) -> RawParts:
    """The parts of a table without these columns, and without those to spare that it has."""
    if not names and not (spare and isinstance(parts["x"], pd.DataFrame)):
        return parts
    if not isinstance(parts["x"], pd.DataFrame):
        raise InputError(f"columns are dropped from tables, {source} has none: leave drop out")
    columns = [str(name) for name in parts["x"].columns]
    for name in names:
        if name not in columns:
            raise InputError(f"there is no column {name!r} to drop{nearest_names(name, columns)}")
    narrower = dict(parts)
    for part in ("x", "x_test"):
        if narrower.get(part) is not None:
            narrower[part] = narrower[part].drop(columns=[*names, *spare], errors="ignore")
    return narrower


def without_target(parts: RawParts, target: str) -> RawParts:
    """A table's parts with the column `target` taken out as labels."""
    divided = dict(parts)
    for x, y in (("x", "y"), ("x_test", "y_test")):
        if (frame := parts.get(x)) is None:
            continue
        if target not in frame.columns:
            columns = list(frame.columns)
            raise InputError(
                f"there is no column {target!r} to predict{nearest_names(target, columns)}"
            )
        divided[y] = raw_labels(frame[target])
        divided[x] = frame.drop(columns=[target])
        if not divided[x].shape[1]:
            raise InputError(f"{target!r} is the only column: there is nothing to predict it from")
    return divided


def texts_of(parts: RawParts, name: str, source: str) -> RawParts:
    """A table's parts with the texts of its column `name` as samples; a missing one is empty."""
    if not isinstance(parts["x"], pd.DataFrame):
        raise InputError(f"a column of texts is for tables, {source} has none: leave text out")
    changed = dict(parts)
    for part in ("x", "x_test"):
        if (frame := parts.get(part)) is None:
            continue
        if name not in frame.columns:
            columns = list(frame.columns)
            raise InputError(f"there is no column {name!r} of texts{nearest_names(name, columns)}")
        texts = as_texts(frame[name].to_numpy(object))
        if texts is None:
            raise InputError(f"column {name!r} of {source} holds other entries than texts")
        changed[part] = texts
    return changed


def nearest_names(name: Any, names: Sequence[Any]) -> str:
    """The end of a sentence that says which names there are, the nearest one first."""
    near = difflib.get_close_matches(str(name), [str(known) for known in names], 1)
    if near:
        return f": did you mean {near[0]!r}? There are {first_few(names)}"
    return f"; there are {first_few(names)}"


def quarantine_file(faults: Iterable[tuple[str, str]]) -> dict[str, str]:
    """`quarantine.csv` of a run directory: files that could not be read, and why; none of none."""
    rows = [("file", "reason"), *faults]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return {"quarantine.csv": text.getvalue()} if len(rows) > 1 else {}
