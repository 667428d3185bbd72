"""Folders in which each file is a sample: volumes, or recordings of sound."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.files import RawParts
from ssgan.data.images.folders import check_share
from ssgan.data.images.layouts import Entry, list_files

Samples = Callable[[dict[str, Array]], dict[str, Array]]  # of files by name, all of one form


def read_samples(
    root: Path, suffixes: tuple[str, ...], read: Callable[[Path], Array], alike: Samples
) -> RawParts:
    """The samples of a folder, with the labels of its layout (see `layouts`).

    `read` gives what is in a file, `alike` all of them in one form or an InputError. Files that
    cannot be read are left out and listed; more than 1 % of them are refused.
    """
    parts = {part: files for part, files in list_files(root, suffixes).items() if files}
    if not parts.get("train"):
        raise InputError(
            f"{root} holds no {', '.join(suffixes)} files: expected them in it, or in a folder for "
            "each class"
        )
    samples: dict[str, Array] = {}
    faults = []
    for file in (file for part in parts.values() for file, _ in part):
        try:
            samples[file] = read(root / file)
        except Exception as error:  # whatever a reader stumbles over, the file is at fault
            faults.append((file, " ".join(str(error).split()) or type(error).__name__))
    check_share(faults, len(samples) + len(faults), root)
    samples = alike(samples)
    train = [entry for entry in parts["train"] if entry[0] in samples]
    raw_parts: RawParts = {"x": entry_arrays(train, samples), "y": entry_classes(train)}
    raw_parts |= {"names": [file for file, _ in train], "quarantine": sorted(faults)}
    if test := [entry for entry in parts.get("test", []) if entry[0] in samples]:
        raw_parts |= {"x_test": entry_arrays(test, samples), "y_test": entry_classes(test)}
    return raw_parts


def entry_arrays(entries: list[Entry], samples: dict[str, Array]) -> Array:
    """The arrays of these files as one, in their order."""
    return np.stack([samples[file] for file, _ in entries])


def entry_classes(entries: list[Entry]) -> Array | None:
    """Class names (N,) as objects with None where unlabeled; None without any class."""
    labels = [label for _, label in entries]
    return np.array(labels, dtype=object) if any(labels) else None


def one_shape(samples: dict[str, Array], plural: str, advice: str) -> None:
    """Refuse samples of several shapes, naming a file of each of the first two."""
    first = next(iter(samples))
    for file, sample in samples.items():
        if sample.shape != samples[first].shape:
            shapes = [" x ".join(map(str, samples[name].shape)) for name in (first, file)]
            raise InputError(
                f"expected {plural} of one size, {first} has {shapes[0]} and {file} {shapes[1]}: "
                f"{advice}"
            )
