"""Arrays from files: .npz, .npy, and MNIST's idx format, gzipped or not."""

import gzip
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.labels.values import first_few

RawParts = dict[str, Any]  # of a data set: x and, where there are any, y, x_test, y_test, ...
BAD_ZIP = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError)
IDX_KINDS = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_npz(path: Path) -> RawParts:
    """x_train, y_train, x_test and y_test of an .npz file; or x and y; or its only array."""
    try:
        with path.open("rb") as stream, np.load(stream) as arrays:
            members = wanted_in(list(arrays.files))
            parts = {part: arrays[name] for part, name in members.items()}
            names = first_few(list(arrays.files))
    except (ValueError, EOFError, AttributeError, TypeError, *BAD_ZIP) as error:
        raise unreadable(path, error) from error
    if "x" not in parts:
        raise InputError(
            f"{path} holds the arrays {names}: expected x_train, or x, or a single one"
        )
    return parts


def wanted_in(names: list[str]) -> dict[str, str]:
    """Which array of that name is which part of a data set."""
    if "x_train" not in names and "x" not in names and len(names) == 1:
        return {"x": names[0]}
    suffix = "_train" if "x_train" in names else ""
    parts = {"x": f"x{suffix}", "y": f"y{suffix}", "x_test": "x_test", "y_test": "y_test"}
    return {part: name for part, name in parts.items() if name in names}


def read_npy(path: Path) -> RawParts:
    """The array of an .npy file, which is all samples."""
    try:
        with path.open("rb") as stream:
            loaded = np.load(stream)
    except (ValueError, EOFError, *BAD_ZIP) as error:
        raise unreadable(path, error) from error
    if not isinstance(loaded, np.ndarray):
        raise InputError(f"{path} holds several arrays: name it .npz")
    return {"x": loaded}


def unreadable(path: Path, error: Exception) -> InputError:
    """The refusal of a file that numpy cannot read."""
    if "allow_pickle" in str(error):
        return InputError(f"{path} holds Python objects, which can run code: save plain arrays")
    return InputError(f"{path} is not a whole {path.suffix} file ({error}): write it again")


def is_idx(path: Path) -> bool:
    """Whether the name is that of an idx file, as `train-images-idx3-ubyte.gz` or `digits.idx`."""
    name = path.name.removesuffix(".gz")
    return "-idx" in name or ".idx" in name


def read_idx(path: Path) -> RawParts:
    """Images of an idx file, with the labels and the test part that lie beside it as MNIST's do."""
    parts: RawParts = {"x": idx_array(path)}
    partners = {"y": ("images-idx3", "labels-idx1")}
    if path.name.startswith("train-"):
        partners |= {
            "x_test": ("train-", "t10k-"),
            "y_test": ("train-images-idx3", "t10k-labels-idx1"),
        }
    for part, (old, new) in partners.items():
        name = path.name.removesuffix(".gz").replace(old, new)
        for candidate in (path.with_name(name), path.with_name(f"{name}.gz")):
            if candidate.name not in (path.name, f"{path.name}.gz") and candidate.is_file():
                parts[part] = idx_array(candidate)
                break
    if "x_test" not in parts:
        parts.pop("y_test", None)
    return parts


def idx_array(path: Path) -> Array:
    """The array of one idx file (LeCun et al. 1998); InputError if it is cut or none at all."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            head = stream.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in IDX_KINDS:
                raise InputError("its first four bytes are not those of an idx file")
            sides = stream.read(4 * head[3])
            if len(sides) < 4 * head[3]:
                raise InputError("it ends within its header")
            kind = np.dtype(IDX_KINDS[head[2]])
            shape = tuple(np.frombuffer(sides, ">u4").tolist())
            size = math.prod(shape) * kind.itemsize
            # Hardly more than was declared: a small .gz file can hold any amount.
            content = stream.read(size + 1)
    except (ValueError, OverflowError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path} cannot be read as idx: {error}") from error
    if len(content) != size:
        than = "less" if len(content) < size else "more"
        raise InputError(
            f"{path} holds {than} than the {size} bytes of its shape {shape}: is it cut?"
        )
    return np.frombuffer(content, kind).reshape(shape).astype(kind.newbyteorder("="))
