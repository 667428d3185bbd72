"""`read`: a data set from a name, a folder or a file."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ssgan.codecs import CODECS, Json, kind_of
from ssgan.config import InputError
from ssgan.data.files import Parts, is_idx, read_idx, read_npy, read_npz
from ssgan.data.folders import read_folder
from ssgan.data.frames import is_table, read_table
from ssgan.data.labels import raw_labels, shown
from ssgan.data.named import BUNDLED, NAMES, bundled, data_directory, fetch, stored, target_of
from ssgan.data.resizing import resize, sides
from ssgan.data.source import Data, from_memory

FORMATS = ".npz, .npy, idx, .csv, .tsv or .parquet"


def read(
    source: Any,
    *,
    data_dir: str | Path | None = None,
    size: int | tuple[int, int] | None = None,
    target: str | None = None,
    image_shape: tuple[int, ...] | None = None,
) -> Data:
    """The data set that `source` names: the name of one, an image folder, a file, or samples.

    A name comes before a folder of the same name, which is "./name". `data_dir` is where named
    ones lie, `size` a side or (height, width) to which images are scaled and cropped, `target` the
    column of a table that holds the labels (named tables know theirs), `image_shape` the (H, W) or
    (H, W, C) of flat images. Raises FileNotFoundError with what to do, and ValueError for content
    that cannot be used.
    """
    if isinstance(source, Data):
        return source
    if not isinstance(source, str | Path):
        return from_memory(source, image_shape=image_shape)
    name, directory = str(source), data_directory(data_dir)
    options: dict[str, Json] = {"size": size, "target": target, "image_shape": image_shape}
    if name in NAMES or (not Path(name).exists() and stored(name, directory)):
        parts = read_named(name, directory, size)
        options |= {"target": target or target_of(name)}
        options |= {"data_dir": str(directory.resolve())} if data_dir else {}
    else:
        parts = read_path(Path(name), size, directory)
        name = str(Path(name).resolve())
    return assembled(parts, name, {key: v for key, v in options.items() if v is not None})


def read_named(name: str, directory: Path, size: int | tuple[int, int] | None) -> Parts:
    """A data set by name; the test part of a table lies beside it."""
    if name in BUNDLED:
        loaded = bundled(name)
        return {"x": loaded} if isinstance(loaded, pd.DataFrame) else loaded
    path = fetch(name, directory)
    parts = read_path(path, size, directory)
    test = path.with_name(f"{path.stem}-test{path.suffix}")
    if is_table(path) and test.is_file():
        frame, faults = read_table(test)
        parts |= {"x_test": frame, "quarantine": parts["quarantine"] + faults}
    return parts


def read_path(path: Path, size: int | tuple[int, int] | None, directory: Path) -> Parts:
    """What lies at the path, told by its name."""
    if path.is_dir():
        return read_folder(path, None if size is None else sides(size))
    if not path.exists():
        raise FileNotFoundError(
            f"there is no file, folder or data set {str(path)!r}; data sets are {', '.join(NAMES)} "
            f"and those in {directory}"
        )
    if is_table(path):
        frame, faults = read_table(path)
        return {"x": frame, "quarantine": faults}
    if path.suffix == ".npz":
        return read_npz(path)
    if path.suffix == ".npy":
        return read_npy(path)
    if is_idx(path):
        return read_idx(path)
    raise InputError(f"{path} is of no kind that can be read: expected a folder, {FORMATS}")


def divided(parts: Parts, target: str) -> Parts:
    """A table's parts with the column `target` taken out as labels."""
    divided = dict(parts)
    for x, y in (("x", "y"), ("x_test", "y_test")):
        if (frame := parts.get(x)) is None:
            continue
        if target not in frame.columns:
            raise InputError(
                f"there is no column {target!r} to predict; there are {shown(list(frame.columns))}"
            )
        divided[y] = raw_labels(frame[target])
        divided[x] = frame.drop(columns=[target])
        if not divided[x].shape[1]:
            raise InputError(f"{target!r} is the only column: there is nothing to predict it from")
    return divided


def assembled(parts: Parts, source: str, options: dict[str, Json]) -> Data:
    """The data set of these parts, images resized where that was asked for."""
    size, target = options.get("size"), options.get("target")
    kind = kind_of(parts["x"], options.get("image_shape"))
    if size is not None and not CODECS[kind].resizable:
        raise InputError(f"a size is for images, {source} holds {CODECS[kind].form}: leave it out")
    if target is not None and not isinstance(parts["x"], pd.DataFrame):
        raise InputError(f"a target column is for tables, {source} has none: leave it out")
    if target is not None:
        parts = divided(parts, target)
    if not len(parts["x"]):
        raise InputError(f"{source} holds no samples")
    for part in ("x", "x_test"):
        if size is not None and isinstance(parts.get(part), np.ndarray):
            parts[part] = resize(parts[part], sides(size))
    if isinstance(size, tuple):
        options = options | {"size": list(size)}
    return Data(kind=kind, source=source, options=options, **parts)
