"""Data sets by name: bundled with scikit-learn, in the data directory, or downloaded into it."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ssgan.data.files import RawParts
from ssgan.data.images import vision

BUNDLED = ("digits", "breast-cancer", "diabetes", "wine")
DOWNLOADED = (*vision.DOWNLOADS, "california-housing")
TARGETS = {
    "adult": "income",
    "california-housing": "target",
    "covertype-15k": "Cover_Type",
    "credit-default": "default.payment.next.month",
    "breast-cancer": "target",
    "diabetes": "target",
    "wine": "target",
}
NAMED_TABLES = tuple(name for name in TARGETS if name not in BUNDLED)
DATA_SETS = tuple(dict.fromkeys((*BUNDLED, *vision.DOWNLOADS, *NAMED_TABLES)))
NAMED_SUFFIXES = (".npz", ".csv", ".parquet")
DIGITS_TRAIN = 1000  # of 1,797; the rest is the test part


def data_directory(directory: str | Path | None = None) -> Path:
    """Where named data sets lie: `directory`, else $SSGAN_DATA, else ~/.cache/ssgan."""
    return Path(directory or os.environ.get("SSGAN_DATA") or Path.home() / ".cache" / "ssgan")


def stored_file(name: str, directory: Path) -> Path | None:
    """The file of that data set in the directory, if there is one."""
    paths = (directory / f"{name}{suffix}" for suffix in NAMED_SUFFIXES)
    return next((path for path in paths if path.is_file()), None)


def load_bundled(name: str) -> RawParts | pd.DataFrame:
    """A data set that comes with scikit-learn: images with labels, or a frame with its target.

    The digits are 1,000 train and 797 test images (N, 8, 8) of a fixed shuffle; their 17 grey
    levels are spread over 0 to 255, so that they look like every other uint8 image.
    """
    from sklearn import datasets

    if name == "digits":
        images, labels = datasets.load_digits(return_X_y=True)
        order = np.random.default_rng(0).permutation(len(labels))
        x = np.rint(images * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8)[order]
        y = labels[order].astype(np.int64)
        cut = DIGITS_TRAIN
        return {"x": x[:cut], "y": y[:cut], "x_test": x[cut:], "y_test": y[cut:]}
    loaded = getattr(datasets, f"load_{name.replace('-', '_')}")(as_frame=True)
    frame: pd.DataFrame = loaded.frame
    if "target_names" in loaded:
        names = np.asarray(loaded.target_names, dtype=object)
        frame = frame.assign(target=names[frame["target"].to_numpy()])
    return frame


def fetch(name: str, directory: Path) -> Path:
    """The file of a named data set, downloaded if it is not in the directory yet.

    Raises FileNotFoundError, with the place for the file, where it cannot be had.
    """
    if path := stored_file(name, directory):
        return path
    path = directory / f"{name}{'.csv' if name in NAMED_TABLES else '.npz'}"
    if name not in DOWNLOADED:
        raise FileNotFoundError(f"data set {name!r} is not there: put it at {path}")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        part = directory / f".{name}.part{path.suffix}"
        if name == "california-housing":
            california(directory).to_csv(part, index=False)
        else:
            arrays: dict[str, Any] = dict(vision.download(name, directory / "downloads"))
            np.savez(part, **arrays)
        part.rename(path)
    except (OSError, RuntimeError, ImportError) as error:
        raise FileNotFoundError(
            f"data set {name!r} is not there and cannot be downloaded ({first_line(error)}): "
            f"put it at {path}"
        ) from error
    return path


def california(directory: Path) -> pd.DataFrame:
    """The prices of California's houses, downloaded by scikit-learn."""
    from sklearn.datasets import fetch_california_housing

    frame: pd.DataFrame = fetch_california_housing(
        data_home=str(directory / "downloads"), as_frame=True
    ).frame
    return frame.rename(columns={"MedHouseVal": "target"})


def first_line(error: Exception) -> str:
    """An error's message up to its first line break."""
    return str(error).strip().split("\n")[0] or type(error).__name__


def available(data_dir: str | Path | None = None) -> list[tuple[str, str, str]]:
    """List every named data set and what else the data directory holds.

    Parameters
    ----------
    data_dir : str or Path, optional
        By default $SSGAN_DATA, else ~/.cache/ssgan.

    Returns
    -------
    list of (name, state, where)
        State is "bundled", "ready", "to download" (on first use) or "missing"; where says in which
        file or package it lies, will lie, or has to be put.

    Examples
    --------
    >>> available()[0]
    ('digits', 'bundled', 'scikit-learn')
    """
    directory = data_directory(data_dir)
    others = {path.stem for suffix in NAMED_SUFFIXES for path in directory.glob(f"[!.]*{suffix}")}
    others -= {f"{name}-test" for name in {*DATA_SETS, *others}}
    names = (*DATA_SETS, *sorted(others - {*DATA_SETS}))
    return [describe_named(name, directory) for name in names]


def describe_named(name: str, directory: Path) -> tuple[str, str, str]:
    """A data set's name, whether it is at hand, and where."""
    if name in BUNDLED:
        return name, "bundled", "scikit-learn"
    if path := stored_file(name, directory):
        return name, "ready", str(path)
    path = directory / f"{name}{'.csv' if name in NAMED_TABLES else '.npz'}"
    return name, "to download" if name in DOWNLOADED else "missing", str(path)


def target_of(name: Any) -> str | None:
    """The column that a named table is to predict."""
    return TARGETS.get(str(name))
