"""Samples with labels beside them, block by block, into files and folders.

A block is raw samples (N, ...) with columns (N,) by name: "y" for labels, others as they are.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssgan.cli import writing
from ssgan.config import InputError

if TYPE_CHECKING:
    import pandas as pd

    from ssgan.codecs.codec import Codec

Block = tuple[Any, Mapping[str, Any]]


def check_form(path: Path, codec: "Codec", classes: Iterable[Any] | None) -> None:
    """Refuse an --out that cannot hold these samples with their labels; .npy holds one array."""
    formats = tuple(suffix for suffix in codec.formats if suffix != ".npy")
    writing.check_suffix(path, formats, f"{codec.kind} with labels")
    if path.suffix:
        return
    if classes is None:
        raise InputError(f"labels that are numbers have no folders: give an .npz file, not {path}")
    for name in map(str, classes):
        if not name.strip() or name.startswith(".") or "/" in name or name == "unlabeled":
            raise InputError(f"class {name!r} cannot name a folder: give an .npz file, not {path}")


def write_file(blocks: Iterable[Block], path: Path, rows: int, label: str) -> None:
    """Blocks of `rows` rows as a table, with labels in a column of that name, .npz or .npy."""
    if path.suffix in writing.TABLES:
        writing.stream_table((frame_of(x, columns, label) for x, columns in blocks), path)
        return
    writing.stream_arrays(path, rows, blocks)


def frame_of(samples: Any, columns: Mapping[str, Any], label: str) -> "pd.DataFrame":
    """Rows of a table, or vectors as columns x0, x1, ..., with the columns beside them."""
    by_name = {label if name == "y" else name: column for name, column in columns.items()}
    if not hasattr(samples, "columns"):
        return writing.table_of_arrays(x=samples, **by_name)
    if clashing := {*by_name} & {*samples.columns}:
        raise InputError(f"the table has a column {clashing.pop()!r} of its own: rename it")
    frame: pd.DataFrame = (
        samples.assign(**writing.table_of_arrays(**by_name)) if by_name else samples
    )
    return frame


def write_class_folders(
    blocks: Iterable[tuple[Any, Any]], folder: Path, totals: Mapping[Any, int] | None = None
) -> None:
    """Images and their labels as PNG files, a folder for each class, numbered on over the blocks.

    `totals` are the images of a class in all blocks, where they are known.
    """
    folder.mkdir(exist_ok=True)
    begun: dict[Any, int] = {}
    for images, labels in blocks:
        for name in dict.fromkeys(labels.tolist()):
            mine, first = images[labels == name], begun.get(name, 0)
            writing.write_images(mine, folder / str(name), first, (totals or {}).get(name))
            begun[name] = first + len(mine)
