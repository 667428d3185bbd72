"""Folders of images: decoding that no file can break; `layouts` says whose class a file is."""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.files import RawParts
from ssgan.data.images.layouts import REFUSED, SUFFIXES, list_images
from ssgan.data.images.pictures import (
    PictureForm,
    PictureHead,
    common_form,
    inspect_picture,
    pixels_of,
)
from ssgan.data.options import BITS, ReadOptions
from ssgan.data.tables.delimited import Fault

# Decoders that may run; few, as each can have bugs.
DECODERS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
PIXELS = 40_000_000  # of one image; 40 megapixels of colour are 120 MB
TOLERATED = 0.01  # share of files that may be unreadable
THREADS = 8  # decoding is the processor's work; more only cost memory
SMALL = 100 * 100  # pixels of a picture, below which threads only wait for each other

Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)
class PicturePart:
    """Readable images of one part: pixels (N, H, W) or (N, H, W, C), names and class names."""

    x: Array
    names: list[str]
    labels: list[str | None]


def read_folder(root: Path, options: ReadOptions) -> RawParts:
    """The images of a folder, in the size and the mode of the options where they are given.

    Files that cannot be decoded are left out and listed in `quarantine`. Raises InputError if
    there are none, if more than 1 % are bad, and, without a size, for images of several sizes.
    """
    parts = {part: files for part, files in list_images(root).items() if files}
    if not parts.get("train"):
        raise InputError(
            f"{root} holds no images: expected {', '.join(SUFFIXES)} files in it, or in a folder "
            "for each class"
        )
    files = [file for part in parts.values() for file, _ in part]
    with faults_for_warnings():
        heads_or_faults = dict(zip(files, map(partial(head_in, root), files), strict=True))
    faults = [(file, head) for file, head in heads_or_faults.items() if isinstance(head, str)]
    check_share(faults, len(files), root)
    heads = {file: head for file, head in heads_or_faults.items() if not isinstance(head, str)}
    form = common_form(heads.values(), options)
    threads = threads_for(heads.values())
    with faults_for_warnings():
        decoded = {
            name: decode_pictures(root, [e for e in part if e[0] in heads], form, faults, threads)
            for name, part in parts.items()
        }
    check_share(faults, len(files), root)
    return parts_of(decoded, form) | {"quarantine": sorted(faults)}


def head_in(root: Path, file: str) -> PictureHead | str:
    """The head of the picture in a file, or what is wrong with it."""
    return try_image(inspect_picture, root / file)


def threads_for(heads: Iterable[PictureHead], cores: int | None = None) -> int:
    """How many threads are fastest for pictures of these heads, on `cores` or on all there are."""
    usual = np.median([head.height * head.width for head in heads])
    return 1 if usual < SMALL else min(THREADS, cores or os.cpu_count() or 1)


def parts_of(decoded: dict[str, "PicturePart"], form: PictureForm) -> RawParts:
    """The parts of a data set, and the bits of its deep pictures where they are not all 16."""
    train, test = decoded["train"], decoded.get("test")
    parts: RawParts = {"x": train.x, "y": folder_classes(train), "names": train.names}
    if test and len(test.x):
        parts |= {"x_test": test.x, "y_test": folder_classes(test)}
    return parts | ({"bits": form.bits} if form.bits < BITS[1] else {})


@contextmanager
def faults_for_warnings() -> Iterator[None]:
    """A decoder that warns (cut files, bombs, broken EXIF) fails instead."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("error", RuntimeWarning)
        yield


def map_in_threads(
    work: Callable[[str], Found], items: Sequence[str], threads: int
) -> Iterable[Found]:
    """`work` on every item, in order."""
    if threads == 1:
        return map(work, items)
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))


@contextmanager
def open_image(path: Path) -> Iterator[Image.Image]:
    """The image, its header read; InputError where it may not be decoded."""
    if path.suffix.lower() in REFUSED:
        raise InputError(f"{path.suffix} files are not read: convert it to PNG")
    with path.open("rb") as stream:
        if not os.fstat(stream.fileno()).st_size:
            raise InputError("the file is empty")
        with Image.open(stream, formats=DECODERS) as image:
            if image.width * image.height > PIXELS:
                raise InputError(
                    f"it claims {image.width} x {image.height} pixels, "
                    f"more than {PIXELS // 10**6} million"
                )
            yield image


def try_image(work: Callable[[Image.Image], Found], path: Path) -> Found | str:
    """What `work` makes of the image, or what is wrong with the file."""
    try:
        with open_image(path) as image:
            return work(image)
    except Exception as error:  # whatever a decoder stumbles over, the file is at fault
        text = " ".join(str(error).split()) or type(error).__name__
        return "it is no image of a known kind" if "cannot identify image" in text else text


def decode_pictures(
    root: Path,
    entries: list[tuple[str, str | None]],
    form: PictureForm,
    faults: list[Fault],
    threads: int,
) -> PicturePart:
    """These files in full, of one shape; what fails is added to `faults`."""
    pixels = np.empty((len(entries), *form.shape), np.uint8)
    rows = {file: row for row, (file, _) in enumerate(entries)}

    def decode(file: str) -> str | None:
        pixels_or_fault = try_image(lambda image: pixels_of(image, form), root / file)
        if isinstance(pixels_or_fault, str):
            return pixels_or_fault
        pixels[rows[file]] = pixels_or_fault
        return None

    wrong = list(map_in_threads(decode, list(rows), threads))
    good = [row for row, fault in enumerate(wrong) if fault is None]
    faults += [(file, fault) for file, fault in zip(rows, wrong, strict=True) if fault]
    complete = pixels if len(good) == len(pixels) else pixels[good]
    return PicturePart(
        x=complete[..., 0] if form.channels == 1 else complete,
        names=[entries[row][0] for row in good],
        labels=[entries[row][1] for row in good],
    )


def check_share(faults: list[Fault], count: int, root: Path) -> None:
    """Refuse a folder of which more than 1 % cannot be read, naming the first ten."""
    if len(faults) <= TOLERATED * count:
        return
    examples = "; ".join(f"{file}: {fault}" for file, fault in sorted(faults)[:10])
    more = f"; and {len(faults) - 10} more" if len(faults) > 10 else ""
    raise InputError(
        f"{len(faults)} of {count} images in {root} cannot be read, more than 1 %: "
        f"{examples}{more}. Repair or remove them"
    )


def folder_classes(part: PicturePart) -> Array | None:
    """Class names (N,) as objects with None where unlabeled; None without any class."""
    return np.array(part.labels, dtype=object) if any(part.labels) else None
