"""`read`: a data set from a name, a folder, a file or samples in memory."""

import difflib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from ssgan.config import InputError
from ssgan.data.files import RawParts, is_idx, read_idx, read_npy, read_npz
from ssgan.data.images.folders import read_folder
from ssgan.data.images.layouts import SUFFIXES
from ssgan.data.named import (
    BUNDLED,
    DATA_SETS,
    data_directory,
    fetch,
    load_bundled,
    stored_file,
    target_of,
)
from ssgan.data.options import ReadOptions
from ssgan.data.signals.recordings import SOUND_SUFFIXES, read_recordings, read_ts
from ssgan.data.source import Data, assemble_data, from_memory
from ssgan.data.tables.frames import is_table, read_table
from ssgan.data.texts import TEXT_SUFFIXES, read_texts
from ssgan.data.volumes import VOLUME_SUFFIXES, is_volume, read_volumes, volumes_of

FILE_KINDS = ".npz, .npy, idx, .csv, .tsv, .parquet, .ts, .binvox or .nii"


def read(source: Any, **options: Any) -> Data:
    """Read a data set: by its name, from an image folder or a file, or from samples in memory.

    A name comes before a folder of the same name, which is "./name".

    Parameters
    ----------
    source : str, Path, or samples
        A name; a folder of pictures, of sounds (.wav, .flac, .ogg), of volumes (.binvox, .nii) or
        of texts (.txt); a
        .npz, .npy, idx, .csv, .tsv, .parquet, .ts, .binvox or .nii file; or an array, a tensor, a
        data frame of pandas or polars, an Arrow table, a torch Dataset or DataLoader, a Hugging
        Face Dataset, or a list of arrays or of PIL images. A `Data` is returned as it is.
    **options
        data_dir : str or Path
            Where named data sets lie; by default $SSGAN_DATA, else ~/.cache/ssgan.
        size : int or (height, width)
            Pixels to which images are scaled and cropped.
        target : str
            The column of a table that holds the labels; named tables know theirs.
        text : str
            The column of a table whose texts are the samples.
        image_shape : (H, W) or (H, W, C)
            That of flat images (N, H * W * C).
        modality : "image", "signal", "table", "text", "vector" or "volume"
            What the samples are, where it is not to be told from their axes. Signals never are:
            their values are the columns of a table in their order, or rows (N, L) or (N, C, L).
        length : int
            Values to which signals are cut at their end, or with the last one padded.
        mode : "grey", "rgb" or "rgba"
            Channels of the pictures of a folder; by default what most of them have.
        bits : int, 8 to 16
            Bits that grey pixels of 16 bits use; by default told by the brightest one.
        na : word or words
            Entries of a table that mean a missing one, beside empty ones.
        unlabeled : label
            The label that means "no label", in place of -1, beside empty ones.
        drop : column or columns
            Columns of a table to leave out.
        spare : column or columns
            Those to leave out of a table that has them.
        header : bool
            Whether the first line of a text table holds the names of the columns.

    Returns
    -------
    Data
        Samples, labels if any came with them, and `source` and `options` to read it again.

    Raises
    ------
    FileNotFoundError
        With what to do, where there is nothing of that name.
    InputError
        For content that cannot be used.

    Examples
    --------
    >>> data = read("digits")
    >>> data.x.shape, data.x.dtype.name, data.x_test.shape
    ((1000, 8, 8), 'uint8', (797, 8, 8))
    """
    read_options = ReadOptions.of(options)
    if isinstance(source, Data):
        return source
    if not isinstance(source, str | Path):
        return from_memory(source, **options)
    if not str(source).strip():
        raise InputError("the name of the data set is empty: give a name, a folder or a file")
    name, directory = str(source), data_directory(read_options.data_dir)
    named = name in DATA_SETS or (
        not Path(name).exists() and stored_file(name, directory) is not None
    )
    if not named:
        parts = read_path(Path(name), read_options, directory)
        return assemble_data(
            parts, str(Path(name).resolve()), recorded_options(read_options, parts)
        )
    parts = read_named(name, read_options, directory)
    read_options = replace(read_options, target=read_options.target or target_of(name))
    data = assemble_data(parts, name, recorded_options(read_options, parts))
    placed = {"data_dir": str(directory.resolve())} if read_options.data_dir else {}
    return replace(data, options=data.options | placed)


def recorded_options(options: ReadOptions, parts: RawParts) -> ReadOptions:
    """The options to read the same again, with what files told of themselves."""
    bits, modality = parts.pop("bits", None), parts.pop("modality", None)
    if modality and not options.modality:
        options = replace(options, modality=modality)
    return replace(options, bits=bits) if bits else options


def read_named(name: str, options: ReadOptions, directory: Path) -> RawParts:
    """A data set by name; the test part of a table lies beside it."""
    if name in BUNDLED:
        loaded = load_bundled(name)
        return {"x": loaded} if isinstance(loaded, pd.DataFrame) else loaded
    path = fetch(name, directory)
    parts = read_path(path, options, directory)
    test = path.with_name(f"{path.stem}-test{path.suffix}")
    if is_table(path) and test.is_file():
        frame, faults = read_table(test, na=options.na, header=options.header, drop=options.raw)
        parts |= {"x_test": frame, "quarantine": parts["quarantine"] + faults}
    return parts


def read_path(path: Path, options: ReadOptions, directory: Path) -> RawParts:
    """What lies at the path, told by its name."""
    if path.is_dir():
        return read_directory(path, options)
    if not path.exists():
        near = difflib.get_close_matches(str(path), DATA_SETS, 1)
        hint = f"did you mean {near[0]!r}? Data" if near else "data"
        raise FileNotFoundError(
            f"there is no file, folder or data set {str(path)!r}; {hint} sets are "
            f"{', '.join(DATA_SETS)} and those in {directory}"
        )
    if not path.is_file():
        raise InputError(f"{path} is neither a file nor a folder: give one of them")
    if is_table(path):
        frame, faults = read_table(path, na=options.na, header=options.header, drop=options.raw)
        return {"x": frame, "quarantine": faults}
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return read_npz(path)
    if suffix == ".npy":
        return read_npy(path)
    if is_idx(path):
        return read_idx(path)
    if suffix == ".ts":
        return read_ts(path, options.length)
    if is_volume(path):
        return volumes_of(path)
    raise InputError(
        f"{path} is of no kind that can be read: expected a folder, {FILE_KINDS}; a text table has "
        "the suffix .csv whatever parts its columns, and one of a spreadsheet is saved as CSV"
    )


def read_directory(path: Path, options: ReadOptions) -> RawParts:
    """A folder of pictures; of sounds or volumes, where it holds such files and no pictures; of
    texts, where it holds no files of another kind."""
    named = (options.modality or "").rstrip("s")
    known = {"signal": SOUND_SUFFIXES, "volume": VOLUME_SUFFIXES, "text": TEXT_SUFFIXES}
    kinds = {named} if named else kinds_in(path, known | {"image": SUFFIXES})
    if "signal" in kinds and "image" not in kinds:
        return read_recordings(path, options.length)
    if "volume" in kinds and "image" not in kinds:
        return read_volumes(path)
    if kinds == {"text"}:
        return read_texts(path)
    return read_folder(path, options)


def kinds_in(path: Path, known: dict[str, tuple[str, ...]]) -> set[str]:
    """Which kinds have files, by their suffixes, in a folder or below it; enough with images."""
    kinds_found: set[str] = set()
    for _, _, files in os.walk(path):
        for name in files:
            kinds_found |= {
                kind for kind, suffixes in known.items() if name.lower().endswith(suffixes)
            }
        if "image" in kinds_found:
            break
    return kinds_found
