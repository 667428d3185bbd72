"""Samples and tables into files, whole or not at all, in the form that a suffix names.

What may be too large for memory comes in blocks of rows, and gives the same bytes as in one.
"""

import io
import os
import secrets
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ssgan.config import InputError

if TYPE_CHECKING:
    from zipfile import ZipFile

    import pandas as pd

TABLES = (".csv", ".parquet")
GROUP_ROWS = 2**20  # of a row group, which pandas takes for a whole table
GROUP_CELLS = 2**24  # of a row group: fewer rows where there are many columns


def check_suffix(path: Path, suffixes: tuple[str, ...], content: str) -> None:
    """Refuse an --out whose suffix is none of these, or a folder that holds something."""
    if path.suffix not in suffixes:
        names = ", ".join(suffix or "a folder (no suffix)" for suffix in suffixes)
        raise click.BadParameter(
            f"{content} can be written as {names}; got {path}", param_hint="--out"
        )
    if path.suffix and path.is_dir():
        raise FileExistsError(f"{path} is a folder: give a file for --out")
    if not path.suffix and path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise FileExistsError(f"{path} is there already: give a folder that is new or empty")


def own_part(path: Path, rows: int) -> tuple[Path, int, int]:
    """Where this process writes, and from which of the rows up to which.

    Alone it writes all into the file. Of several each writes a part into a folder of that name,
    as readers of Parquet take it.
    """
    if os.environ.get("WORLD_SIZE", "1") == "1":
        return path, 0, rows
    from ssgan.training.ranks import bounds, rank, ranks, refuse_differing

    if path.suffix != ".parquet":
        raise click.BadParameter(
            f"several processes write a folder of Parquet parts: give a name that ends in .parquet,"
            f" got {path}",
            param_hint="--out",
        )
    if rows < ranks():
        raise InputError(f"{rows} rows for {ranks()} processes: give each one at least")
    refuse_differing({"rows": rows})  # so that all have looked at the place before one writes
    return path / f"part-{rank():05d}-of-{ranks():05d}.parquet", *bounds(rows)[rank()]


def write_table(frame: "pd.DataFrame", path: Path) -> None:
    """A data frame as CSV or Parquet."""
    save = frame.to_csv if path.suffix == ".csv" else frame.to_parquet
    write_bytes(path, lambda stream: save(stream, index=False))


def write_arrays(path: Path, **arrays: Any) -> None:
    """The first array as .npy, all as .npz, or all as columns of a table: x (N, 2) is x0 and x1."""
    import numpy as np

    if path.suffix == ".npy":
        write_bytes(path, lambda stream: np.save(stream, next(iter(arrays.values()))))
    elif path.suffix == ".npz":
        plain = {name: plain_array(array) for name, array in arrays.items()}
        write_bytes(path, lambda stream: np.savez(stream, **plain))
    else:
        write_table(table_of_arrays(**arrays), path)


def holds_arrays(path: Path, **arrays: Any) -> bool:
    """Whether an .npz file holds these very arrays: it may lie where nobody can write."""
    import numpy as np

    try:
        with np.load(path) as held:
            return set(held.files) == set(arrays) and all(
                np.array_equal(held[name], plain_array(array)) for name, array in arrays.items()
            )
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def table_of_arrays(**arrays: Any) -> "pd.DataFrame":
    """Arrays (N,) and (N, K) as columns of a table."""
    import pandas as pd

    columns: dict[str, Any] = {}
    for name, array in arrays.items():
        if array.ndim == 1:
            columns[name] = array
        elif array.ndim > 2:
            raise InputError(
                f"samples of shape {array.shape[1:]} are no rows of a table: give an .npz file"
            )
        else:
            columns |= {f"{name}{i}": array[:, i] for i in range(array.shape[1])}
    return pd.DataFrame(columns)


def plain_array(array: Any) -> Any:
    """Text held as objects as fixed-width text, which needs no pickle."""
    return array.astype(str) if array.dtype.kind == "O" else array


def write_bytes(path: Path, save: Callable[[Any], Any]) -> None:
    """Write what `save` writes into a stream, whole or not at all."""
    from ssgan.runs.storage import write_whole

    stream = io.BytesIO()
    save(stream)
    write_whole(path, stream.getvalue())


def stream_table(
    frames: "Iterable[pd.DataFrame]", path: Path, rows: int = GROUP_ROWS, cells: int = GROUP_CELLS
) -> None:
    """What `write_table` makes of data frames below each other, of which it holds a few.

    A row group of Parquet has at most so many rows and cells.
    """
    from ssgan.runs.storage import whole_file

    with whole_file(path) as stream:
        if path.suffix == ".csv":
            for number, frame in enumerate(frames):
                frame.to_csv(stream, index=False, header=number == 0)
        else:
            stream_parquet(join_frames(frames, rows, cells), stream)


def stream_parquet(groups: "Iterator[pd.DataFrame]", stream: Any) -> None:
    """Data frames as the row groups of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    first = pa.Table.from_pandas(next(groups), preserve_index=False)
    following = next(groups, None)
    if following is not None:  # in a column of missing values alone, text may come as yet
        empty = [column for column in first.schema if pa.types.is_null(column.type)]
        for column in empty:
            place = first.schema.get_field_index(column.name)
            first = first.cast(first.schema.set(place, column.with_type(pa.string())))
    with pq.ParquetWriter(stream, first.schema) as writer:
        writer.write_table(first)
        while following is not None:
            writer.write_table(pa.Table.from_pandas(following, first.schema, preserve_index=False))
            following = next(groups, None)


def join_frames(
    frames: "Iterable[pd.DataFrame]", rows: int, cells: int
) -> "Iterator[pd.DataFrame]":
    """Frames below each other in as few as may be: of `rows` rows, or fewer where they are wide."""
    import pandas as pd

    buffered: list[pd.DataFrame] = []
    for frame in frames:
        buffered.append(frame)
        size = min(rows, max(1, cells // max(1, frame.shape[1])))
        while sum(map(len, buffered)) > size:
            whole = pd.concat(buffered)
            yield whole[:size]
            buffered = [whole[size:]]
    yield pd.concat(buffered)


def stream_arrays(path: Path, rows: int, blocks: Iterable[tuple[Any, Mapping[str, Any]]]) -> None:
    """What `write_arrays` makes of x and the columns beside it, which come in blocks of rows.

    x alone as .npy, all as .npz; x goes to disk block by block, only the columns are held.
    """
    import zipfile

    import numpy as np

    from ssgan.runs.storage import whole_file

    buffered: dict[str, list[Any]] = {}

    def samples() -> Iterator[Any]:
        for x, columns in blocks:
            for name, column in columns.items():
                buffered.setdefault(name, []).append(column)
            yield x

    with whole_file(path) as stream:
        if path.suffix == ".npy":
            add_array(stream, rows, samples())
            return
        with zipfile.ZipFile(stream, "w") as archive:
            add_member(archive, "x", rows, samples())
            for name, parts in buffered.items():
                add_member(archive, name, rows, [plain_array(np.concatenate(parts))])


def add_member(archive: "ZipFile", name: str, rows: int, blocks: Iterable[Any]) -> None:
    """An array in an archive as `np.savez` writes it."""
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        add_array(member, rows, blocks)


def add_array(stream: Any, rows: int, blocks: Iterable[Any]) -> None:
    """An array in numpy's own format, as `np.save` writes it; its dtype is that of the first."""
    import numpy as np

    dtype = None
    for block in map(np.asarray, blocks):
        if dtype is None:
            dtype = block.dtype
            header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False}
            shape = {"shape": (rows, *block.shape[1:])}
            np.lib.format.write_array_header_1_0(stream, header | shape)
        stream.write(block.astype(dtype).tobytes())


def write_images(images: Any, folder: Path, first: int = 0, total: int | None = None) -> None:
    """uint8 images (N, H, W) or (N, H, W, C) as 00000.png, 00001.png, ... in a folder.

    They may be a part of `total` images, from the one of number `first` on.
    """
    from PIL import Image

    if images.dtype.name != "uint8":
        raise InputError(f"images of {images.dtype} cannot be PNG files: give an .npz or .npy file")
    folder.mkdir(exist_ok=True)
    digits = max(5, len(str(total or len(images))))
    for number, image in enumerate(images, first):
        pixels = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
        Image.fromarray(pixels).save(folder / f"{number:0{digits}d}.png")


def write_named(images: Any, folder: Path, names: Iterable[str]) -> None:
    """uint8 images (N, H, W) or (N, H, W, C) as PNG files by the names of others, in any depth."""
    from PIL import Image

    for name, image in zip(names, images, strict=True):
        path = (folder / name).with_suffix(".png")
        path = folder / f"{name}.png" if path.exists() else path  # a.jpg beside a.png
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)


@contextmanager
def fill_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which takes the name `path` when all went well and else is gone."""
    from ssgan.runs.storage import UNFINISHED

    unfinished = path.with_name(UNFINISHED + secrets.token_hex(8))
    try:
        unfinished.mkdir(parents=True)
        yield unfinished
        with suppress(FileNotFoundError):
            path.rmdir()  # an empty one; another is an error, as nothing of it may be lost
        os.rename(unfinished, path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
