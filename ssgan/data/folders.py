"""Folders of images: who belongs to which class, and decoding that no file can break.

layout                                  labels
ROOT/CLASS/**/file.png                  the name of the class folder
ROOT/unlabeled/**, ROOT/file.png        none, beside classes
ROOT/file.png                           none at all
ROOT/train/..., ROOT/test/...           each part laid out as above; ROOT/unlabeled joins train
"""

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image, ImageOps

from ssgan.codecs.codec import Array
from ssgan.config import InputError
from ssgan.data.files import Parts
from ssgan.data.resizing import cover

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")  # decoders that may run; few, as each can have bugs
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
REFUSED = (".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2", ".psd", ".svg", ".eps", ".ppm")
PIXELS = 40_000_000  # of one image; 40 megapixels of colour are 120 MB
TOLERATED = 0.01  # share of files that may be unreadable
ORIENTATION = 0x0112  # the EXIF entry that says how the camera was held
UNLABELED = "unlabeled"
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
THREADS = 8  # decoding is the processor's work; more only cost memory

Fault = tuple[str, str]  # file, what is wrong with it
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Part:
    """Readable images of one part: pixels (N, H, W) or (N, H, W, C), names and class names."""

    x: Array
    names: list[str]
    labels: list[str | None]


def read_folder(root: Path, size: tuple[int, int] | None) -> Parts:
    """The images of a folder, by (height, width) `size` if given.

    Files that cannot be decoded are left out and listed in `quarantine`. Raises ValueError if
    there are none, if more than 1 % are bad, and, without a size, for images of several sizes.
    """
    parts = {part: files for part, files in listed(root).items() if files}
    if not parts.get("train"):
        raise InputError(
            f"{root} holds no images: expected {', '.join(SUFFIXES)} files in it, or in a folder "
            "for each class"
        )
    files = [file for part in parts.values() for file, _ in part]

    def inspect(file: str) -> tuple[int, int, int] | str:
        return attempted(inspected, root / file)

    with faults_for_warnings():
        heads = dict(zip(files, in_threads(inspect, files), strict=True))
        faults = [(file, head) for file, head in heads.items() if isinstance(head, str)]
        check_share(faults, len(files), root)
        good = {file: head for file, head in heads.items() if not isinstance(head, str)}
        shape = common_shape(good, size)
        read = {
            name: decoded(root, [entry for entry in part if entry[0] in good], shape, faults)
            for name, part in parts.items()
        }
    check_share(faults, len(files), root)
    train, test = read["train"], read.get("test")
    found: Parts = {"x": train.x, "y": labels_of(train), "names": train.names}
    if test and len(test.x):
        found |= {"x_test": test.x, "y_test": labels_of(test)}
    return found | {"quarantine": sorted(faults)}


def listed(root: Path) -> dict[str, list[tuple[str, str | None]]]:
    """(file relative to the root, class or None) in order, of the parts "train" and "test"."""
    files = sorted(walk(root))
    if not any(file.startswith("train/") for file in files) or not all(
        file.split("/")[0] in ("train", "test", UNLABELED) for file in files
    ):
        return {"train": [(file, class_of(file)) for file in files]}
    parts: dict[str, list[tuple[str, str | None]]] = {"train": [], "test": []}
    for file in files:
        part, inner = file.split("/", 1)
        if part == UNLABELED:
            parts["train"].append((file, None))
        else:
            parts[part].append((file, class_of(inner)))
    return parts


def class_of(file: str) -> str | None:
    folder = file.split("/")[0] if "/" in file else UNLABELED
    return None if folder == UNLABELED else folder


def walk(root: Path) -> Iterator[str]:
    """Image files below the root, relative with forward slashes; a linked folder is read once."""
    seen = set()
    for folder, inner, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in files:
            if not name.startswith(".") and name.lower().endswith(SUFFIXES + REFUSED):
                yield (Path(folder) / name).relative_to(root).as_posix()


@contextmanager
def faults_for_warnings() -> Iterator[None]:
    """A decoder that warns (cut files, bombs, broken EXIF) fails instead."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("error", RuntimeWarning)
        yield


def in_threads(work: Callable[[str], Result], items: Sequence[str]) -> list[Result]:
    """`work` on every item, in order."""
    with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
        return list(pool.map(work, items))


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """The image, its header read; ValueError where it may not be decoded."""
    if path.suffix.lower() in REFUSED:
        raise InputError(f"{path.suffix} files are not read: convert it to PNG")
    if not path.stat().st_size:
        raise InputError("the file is empty")
    with path.open("rb") as stream, Image.open(stream, formats=FORMATS) as image:
        if image.width * image.height > PIXELS:
            raise InputError(
                f"it claims {image.width} x {image.height} pixels, "
                f"more than {PIXELS // 10**6} million"
            )
        yield image


def attempted(work: Callable[[Image.Image], Result], path: Path) -> Result | str:
    """What `work` makes of the image, or what is wrong with the file."""
    try:
        with opened(path) as image:
            return work(image)
    except Exception as error:  # whatever a decoder stumbles over, the file is at fault
        text = " ".join(str(error).split()) or type(error).__name__
        return "it is no image of a known kind" if "cannot identify image" in text else text


def inspected(image: Image.Image) -> tuple[int, int, int]:
    """(height, width, channels) by the header alone, upright."""
    width, height = image.size
    if image.getexif().get(ORIENTATION) in (5, 6, 7, 8):
        width, height = height, width
    return height, width, channels_of(image)


def channels_of(image: Image.Image) -> int:
    """1 for grey, 4 with transparency, else 3."""
    if image.has_transparency_data:
        return 4
    return 1 if image.mode in ("1", "L", "I", "F") or image.mode.startswith("I;16") else 3


def common_shape(heads: dict[str, Any], size: tuple[int, int] | None) -> tuple[int, int, int]:
    """(height, width, channels) for all: the given size or the only one, the most channels."""
    found = sorted({head[:2] for head in heads.values()})
    if size is None and len(found) > 1:
        shown = ", ".join(f"{width} x {height}" for height, width in found[:5])
        more = f", ... ({len(found)} in all)" if len(found) > 5 else ""
        raise InputError(
            f"the images have several sizes (width x height): {shown}{more}; "
            "give one to bring them to, as --size 64"
        )
    height, width = size or found[0]
    return height, width, max(head[2] for head in heads.values())


def decoded(
    root: Path,
    entries: list[tuple[str, str | None]],
    shape: tuple[int, int, int],
    faults: list[Fault],
) -> Part:
    """These files in full, of one shape; what fails is added to `faults`."""
    height, width, channels = shape
    pixels = np.empty((len(entries), height, width, channels), np.uint8)
    rows = {file: row for row, (file, _) in enumerate(entries)}

    def decode(file: str) -> str | None:
        found = attempted(lambda image: upright(image, shape), root / file)
        if isinstance(found, str):
            return found
        pixels[rows[file]] = found
        return None

    wrong = in_threads(decode, list(rows))
    good = [row for row, fault in enumerate(wrong) if fault is None]
    faults += [(file, fault) for file, fault in zip(rows, wrong, strict=True) if fault]
    kept = pixels if len(good) == len(pixels) else pixels[good]
    return Part(
        x=kept[..., 0] if channels == 1 else kept,
        names=[entries[row][0] for row in good],
        labels=[entries[row][1] for row in good],
    )


def upright(image: Image.Image, shape: tuple[int, int, int]) -> Array:
    """The first frame's pixels (H, W, C) as seen by a viewer, decoded to the end."""
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits of grey: `convert` would cut, not scale
        image = Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype("u1"))
    if image.mode == "P":
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image = image.convert(MODES[shape[2]])
    if image.size != (shape[1], shape[0]):
        image = cover(image, shape[:2])
    return np.asarray(image).reshape(shape)


def check_share(faults: list[Fault], count: int, root: Path) -> None:
    """Refuse a folder of which more than 1 % cannot be read, naming the first ten."""
    if len(faults) <= TOLERATED * count:
        return
    shown = "; ".join(f"{file}: {fault}" for file, fault in sorted(faults)[:10])
    more = f"; and {len(faults) - 10} more" if len(faults) > 10 else ""
    raise InputError(
        f"{len(faults)} of {count} images in {root} cannot be read, more than 1 %: {shown}{more}. "
        "Repair or remove them"
    )


def labels_of(part: Part) -> Array | None:
    """Class names (N,) as objects with None where unlabeled; None without any class."""
    return np.array(part.labels, dtype=object) if any(part.labels) else None
