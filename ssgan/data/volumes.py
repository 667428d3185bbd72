"""Volumes from files: .binvox (Min 2004), and NIfTI scans with the package nibabel."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.files import RawParts
from ssgan.data.many_files import one_shape, read_samples

BINVOX, NIFTI = (".binvox",), (".nii", ".nii.gz")
VOLUME_SUFFIXES = (*BINVOX, *NIFTI)
MOST_VOXELS = 2**30  # that a header may claim


def is_volume(path: Path) -> bool:
    """Whether the name is that of a file with a volume."""
    return path.name.lower().endswith(VOLUME_SUFFIXES)


def read_volume(path: Path) -> Array:
    """The volume (D, H, W) of a file, or (D, H, W, T) of a series of scans."""
    return read_binvox(path) if path.name.lower().endswith(BINVOX) else read_nifti(path)


def read_binvox(path: Path) -> Array:
    """The voxels of a .binvox file as bool (X, Y, Z); InputError if it is cut or none at all."""
    content = path.read_bytes()
    head, separator, data = content.partition(b"\ndata\n")
    lines = head.decode("ascii", "replace").splitlines()
    if not separator or not lines or not lines[0].startswith("#binvox"):
        raise InputError(f"{path} is no .binvox file: its header is not one")
    sides = next((line.split()[1:] for line in lines if line.startswith("dim")), [])
    if len(sides) != 3 or not all(side.isdecimal() and int(side) for side in sides):
        raise InputError(f"{path} is no .binvox file: its header names no three sides")
    x, z, y = map(int, sides)
    count = x * y * z
    if count > MOST_VOXELS:
        raise InputError(f"{path} claims {count:,} voxels, more than {MOST_VOXELS:,}")
    runs = np.frombuffer(data[: len(data) // 2 * 2], np.uint8).reshape(-1, 2)
    if int(runs[:, 1].sum(dtype=np.int64)) != count:
        raise InputError(f"{path} does not hold the {count:,} voxels of its header: is it cut?")
    voxels: Array = np.repeat(runs[:, 0] > 0, runs[:, 1]).reshape(x, z, y).transpose(0, 2, 1)
    return np.ascontiguousarray(voxels)


def load_nibabel() -> Any:
    """The package nibabel, imported where it is needed."""
    import nibabel

    return nibabel


def read_nifti(path: Path, package: Callable[[], Any] = load_nibabel) -> Array:
    """The values of a NIfTI file as float32."""
    try:
        nibabel = package()
    except ImportError as error:
        raise InputError(
            f"{path.name} is read with the package nibabel, which is not there: install "
            "ssgan[volumes]"
        ) from error
    try:
        return np.asarray(nibabel.load(path).get_fdata(dtype=np.float32))
    except (nibabel.filebasedimages.ImageFileError, OSError, ValueError, EOFError) as error:
        raise InputError(
            f"{path} cannot be read as NIfTI: {' '.join(str(error).split())}"
        ) from error


def volumes_of(path: Path) -> RawParts:
    """The volumes of one file: a single one, or as many as a scan has moments."""
    volume = read_volume(path)
    x = np.moveaxis(volume, 3, 0) if volume.ndim == 4 else volume[None]
    return {"x": np.ascontiguousarray(x), "modality": "volume"}


def read_volumes(root: Path) -> RawParts:
    """A folder of volumes of one size."""

    def alike(volumes: dict[str, Array]) -> dict[str, Array]:
        one_shape(volumes, "volumes", "bring them to one size first")
        return volumes

    return read_samples(root, VOLUME_SUFFIXES, read_volume, alike) | {"modality": "volume"}
