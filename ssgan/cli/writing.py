"""Samples and tables into files, whole or not at all, in the form that a suffix names."""

import io
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pandas as pd

TABLES = (".csv", ".parquet")
ARRAYS = (".npy", ".npz", ".csv", ".parquet")
FORMS = {"images": ("", ".npz", ".npy"), "table": TABLES, "vectors": ARRAYS}


def check_suffix(path: Path, suffixes: tuple[str, ...], what: str) -> None:
    """Refuse an --out whose suffix is none of these, or a folder that holds something."""
    if path.suffix not in suffixes:
        names = ", ".join(suffix or "a folder (no suffix)" for suffix in suffixes)
        raise click.BadParameter(
            f"{what} can be written as {names}; got {path}", param_hint="--out"
        )
    if path.suffix and path.is_dir():
        raise FileExistsError(f"{path} is a folder: give a file for --out")
    if not path.suffix and path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise FileExistsError(f"{path} is there already: give a folder that is new or empty")


def write_table(frame: "pd.DataFrame", path: Path) -> None:
    """A data frame as CSV or Parquet."""
    save = frame.to_csv if path.suffix == ".csv" else frame.to_parquet
    write_bytes(path, lambda stream: save(stream, index=False))


def write_arrays(path: Path, **arrays: Any) -> None:
    """The first array as .npy, all as .npz, or all as columns of a table: x (N, 2) is x0 and x1."""
    import numpy as np
    import pandas as pd

    if path.suffix == ".npy":
        write_bytes(path, lambda stream: np.save(stream, next(iter(arrays.values()))))
    elif path.suffix == ".npz":
        plain = {name: plain_array(array) for name, array in arrays.items()}
        write_bytes(path, lambda stream: np.savez(stream, **plain))
    else:
        columns: dict[str, Any] = {}
        for name, array in arrays.items():
            if array.ndim == 1:
                columns[name] = array
            else:
                columns |= {f"{name}{i}": array[:, i] for i in range(array.shape[1])}
        write_table(pd.DataFrame(columns), path)


def plain_array(array: Any) -> Any:
    """Text held as objects as fixed-width text, which needs no pickle."""
    return array.astype(str) if array.dtype.kind == "O" else array


def write_bytes(path: Path, save: Callable[[Any], Any]) -> None:
    from ssgan.storage import write_whole

    stream = io.BytesIO()
    save(stream)
    write_whole(path, stream.getvalue())


def write_samples(samples: Any, path: Path) -> None:
    """Raw samples in a form of FORMS: a folder of PNGs, an array, or a table."""
    if hasattr(samples, "to_csv"):
        write_table(samples, path)
    elif path.suffix:
        write_arrays(path, x=samples)
    else:
        with whole_folder(path) as folder:
            write_images(samples, folder)


def write_images(images: Any, folder: Path) -> None:
    """uint8 images (N, H, W) or (N, H, W, C) as 00000.png, 00001.png, ... in a folder."""
    from PIL import Image

    if images.dtype.name != "uint8":
        raise ValueError(f"images of {images.dtype} cannot be PNG files: give an .npz or .npy file")
    folder.mkdir(exist_ok=True)
    digits = max(5, len(str(len(images))))
    for number, image in enumerate(images):
        pixels = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
        Image.fromarray(pixels).save(folder / f"{number:0{digits}d}.png")


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which takes the name `path` when all went well and else is gone."""
    from ssgan.storage import UNFINISHED

    unfinished = path.with_name(UNFINISHED + secrets.token_hex(8))
    try:
        unfinished.mkdir(parents=True)
        yield unfinished
        with suppress(FileNotFoundError):
            path.rmdir()  # an empty one; another is an error, as nothing of it may be lost
        os.rename(unfinished, path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
