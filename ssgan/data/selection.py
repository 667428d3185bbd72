"""Which samples of a data set are taken, and in the form in which a model learnt from them."""

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ssgan.config import InputError
from ssgan.data.options import ReadOptions
from ssgan.data.reading import read
from ssgan.data.source import Data, in_modality, texts_of, without_target
from ssgan.data.tables.frames import is_table
from ssgan.randomness import Rng

# Options that say what form samples have, and what their entries mean.
FORMING = (
    *("size", "image_shape", "target", "text", "modality", "length", "mode", "bits", "na"),
    *("unlabeled", "drop"),
)
LATER = ("modality", "text", "image_shape")  # those of them that need the target taken out
# Of what a run says that it was made of: more is not read.
SPARE_FILES, FILES_A_ROW = 10_000, 20
SPARE_BYTES, BYTES_A_ROW, BYTES_A_SAMPLE = 2**30, 2**20, 2**26  # of tables, and of others


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Samples of a data set, and what they are called in tables."""

    part: str  # "train", "test", "all" or "held out"
    x: Any
    y: Any  # labels (N,) or None
    names: dict[str, list[Any]]  # columns that say which sample it is

    def rows(self, first: int, last: int) -> "Selection":
        """Those from `first` up to `last`."""
        x = getattr(self.x, "iloc", self.x)[first:last]
        y = None if self.y is None else self.y[first:last]
        names = {name: column[first:last] for name, column in self.names.items()}
        return replace(self, x=x, y=y, names=names)


def read_as(options: Mapping[str, Any], source: Any, reading: Mapping[str, Any]) -> Data:
    """A data set read with the options of another, save those that are asked for.

    So images get the size, and a table loses the target, with which a model was trained.
    """
    overrides = {name: value for name, value in reading.items() if value not in (None, ())}
    usual = {name: options[name] for name in FORMING if name in options}
    overrides.setdefault("data_dir", options.get("data_dir"))
    column = usual.pop("target", None)
    if "drop" not in overrides:
        usual["spare"] = usual.pop("drop", ())
    options_wanted = reading_options(usual | overrides)
    # The column of labels is no number of a signal or vector, and may be there or not.
    later = LATER if column and "target" not in options_wanted else ()
    later_options = {name: options_wanted.pop(name) for name in later if name in options_wanted}
    with warnings.catch_warnings():
        if later_options:  # what they are is said already
            warnings.filterwarnings("ignore", "samples of shape")
        data = read(source, **options_wanted)
    if column in getattr(data.x, "columns", ()) and data.y is None:
        data = replace(data, **without_target({"x": data.x, "x_test": data.x_test}, column))
        data = replace(data, options=data.options | {"target": column})
    return taken_for(data, options_wanted | later_options) if later_options else data


def taken_for(data: Data, options_wanted: Mapping[str, Any]) -> Data:
    """A data set in another modality, or its texts, as the options of reading ask for them."""
    options = ReadOptions.of(options_wanted)
    parts = {"x": data.x, "x_test": data.x_test}
    if options.text is not None and isinstance(data.x, pd.DataFrame):
        parts = texts_of(parts, options.text, data.source)
    kind, x = in_modality(parts["x"], options)
    x_test = None if data.x_test is None else in_modality(parts["x_test"], options)[1]
    options_stated = options.to_json()
    named = {name: options_stated[name] for name in LATER if name in options_stated}
    return replace(data, kind=kind, x=x, x_test=x_test, options=data.options | named)


def reading_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as `read` takes them, where JSON made lists of tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in options.items()
    }


def read_again(record: Mapping[str, Any], path: str | Path) -> Data:
    """The data set that the run in `path` recorded, checked to be what it was.

    `record` holds its source, options and fingerprint, and the number of its rows. Raises
    InputError where the samples were in memory, have changed, or are far larger than those were,
    as where somebody else wrote the record; FileNotFoundError where they have gone.
    """
    if record["source"] == "memory":
        raise InputError(f"{path} was made of samples in memory, which are gone: use Python for it")
    refuse_larger(Path(record["source"]), record.get("rows"), path)
    try:
        data = read(record["source"], **reading_options(record["options"]))
    except FileNotFoundError as error:
        raise FileNotFoundError(f"the data of {path} has gone: {error}") from error
    if data.fingerprint != record["fingerprint"]:
        raise InputError(
            f"{record['source']} is not what it was when {path} was made of it: restore it, give "
            "the samples by themselves, or pretrain a new run on what it is now"
        )
    return data


def refuse_larger(source: Path, rows: Any, path: str | Path) -> None:
    """InputError for a folder or file that cannot be what a run of so many rows was made of."""
    if not isinstance(rows, int):
        return
    most_files = SPARE_FILES + FILES_A_ROW * rows
    most_bytes = SPARE_BYTES + (BYTES_A_ROW if is_table(source) else BYTES_A_SAMPLE) * rows
    if source.is_dir():
        entries = (name for _, _, files in os.walk(source) for name in files)
        larger = next(islice(entries, most_files, None), None) is not None
        excess = f"more than {most_files:,} files"
    else:
        larger = source.is_file() and source.stat().st_size > most_bytes
        excess = f"more than {most_bytes:,} bytes"
    if larger:
        raise InputError(
            f"{source} holds {excess}, {path} was made of {rows:,} samples: its config.json names "
            "another place than it did; give the data by themselves"
        )


def select_part(data: Data, part: str | None = None) -> Selection:
    """The samples of a part: without one the test part where there is one, else all."""
    if part == "test" and data.x_test is None:
        raise InputError(f"{data.source} has no test part: leave --part out to take all rows")
    tested = data.x_test is not None
    part = part or ("test" if tested else "all")
    train = Selection(part="train", x=data.x, y=data.y, names=sample_names(data.names, len(data.x)))
    if not tested or part == "train":
        return replace(train, part=part)
    test = Selection(
        part="test", x=data.x_test, y=data.y_test, names=sample_names(None, len(data.x_test))
    )
    return test if part == "test" else both_parts(train, test)


def both_parts(train: Selection, test: Selection) -> Selection:
    """Both parts below each other, with a column that says which."""
    y = None if train.y is None or test.y is None else np.concatenate([train.y, test.y])
    numbers = [*range(len(train.x)), *range(len(test.x))]
    parts = ["train"] * len(train.x) + ["test"] * len(test.x)
    names: dict[str, list[Any]] = {"part": parts, "row": numbers}
    return Selection(part="all", x=stack(train.x, test.x), y=y, names=names)


def sample_names(names: list[str] | None, count: int) -> dict[str, list[Any]]:
    """How a table of predictions names its rows: by file, or by number."""
    return {"row": list(range(count))} if names is None else {"file": names}


def stack(first: Any, second: Any) -> Any:
    """Raw samples below each other."""
    if isinstance(first, pd.DataFrame):
        return pd.concat([first, second], ignore_index=True)
    return np.concatenate([first, second])


def take_samples(x: Any, index: Any) -> Any:
    """Raw samples by number."""
    return x.iloc[index].reset_index(drop=True) if hasattr(x, "iloc") else x[index]


def draw_some(count: int, most: int, *key: int | str) -> NDArray[np.int64]:
    """At most `most` of `count` numbers of samples in order, drawn by that key."""
    drawn: NDArray[np.int64] = Rng(key).permutation(count)[:most].sort().values.numpy()
    return drawn


def faults_of(data: Data, most: int = 10) -> list[str]:
    """A line for each file that was left out and each row that was repaired, `most` of them."""
    faults = [f"{file}: {reason}" for file, reason in data.quarantine]
    more = [f"and {len(faults) - most} more"] if len(faults) > most else []
    return faults[:most] + more
