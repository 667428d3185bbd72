"""Folders of images: which files there are, in which part, and of which class.

layout                                  labels
ROOT/CLASS/**/file.png                  the name of the class folder
ROOT/unlabeled/**, ROOT/file.png        none, beside classes
ROOT/file.png                           none at all
ROOT/train/..., ROOT/test/...           each part laid out as above; ROOT/unlabeled joins train
ROOT/train/..., ROOT/val/...            the same; where there is a test/ too, val/ is left out
ROOT/NAME/train/..., ROOT/NAME/test/... the same, where NAME is all there is
"""

import os
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ssgan.config import InputError

SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".pjpeg", ".pjp"),
    *(".webp", ".bmp", ".dib", ".gif"),
)
REFUSED = (".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2", ".psd", ".svg", ".eps", ".ppm")
STARTS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8")  # of images whatever their name is
UNLABELED = "unlabeled"
TRAIN = ("train", "training")
TEST = ("test", "testing")
VALID = ("val", "valid", "validation", "dev", "eval")
Entry = tuple[str, str | None]  # a file relative to the root, its class or None


def list_images(root: Path) -> dict[str, list[Entry]]:
    """The images of `in_parts`."""
    return in_parts(root, sorted(walk(root)))


def list_files(root: Path, suffixes: tuple[str, ...]) -> dict[str, list[Entry]]:
    """The files of those suffixes of `in_parts`, hidden ones left out."""
    found = (path.relative_to(root) for path in root.rglob("*"))
    shown = (path for path in found if not any(name.startswith(".") for name in path.parts))
    return in_parts(root, sorted(p.as_posix() for p in shown if p.name.lower().endswith(suffixes)))


def in_parts(root: Path, files: list[str]) -> dict[str, list[Entry]]:
    """(file relative to the root, class or None) in order, of the parts "train" and "test"."""
    base = base_of(files)
    tops = Counter(top_of(file, base) for file in files)
    named = {part: top for top in tops if (part := part_of(top))}
    held_out = named.get("test") or named.get("val")
    if "train" not in named and len({"test", "val"} & set(named)) == len(tops) == 2:
        raise InputError(f"{root} holds {' and '.join(map(repr, tops))} but no 'train': rename one")
    others = [top for top in tops if part_of(top) is None and top not in ("", UNLABELED)]
    if "train" not in named or (others and held_out is None):
        return {"train": [(file, class_of(file)) for file in files]}
    if others:
        raise InputError(
            f"{root} holds the parts {named['train']!r} and {held_out!r}, and beside them "
            f"{others[0]!r}: put its images into the parts, or rename parts that are classes"
        )
    if held_out is None and "" in tops:
        return {"train": [(file, class_of(file)) for file in files]}
    warn_of_left_out(root, tops, named)
    parts: dict[str, list[Entry]] = {"train": [], "test": []}
    for file in files:
        top, inner = top_of(file, base), file[len(base) :]
        inner = inner.split("/", 1)[-1]
        if top == UNLABELED:
            parts["train"].append((file, None))
        elif top == named["train"]:
            parts["train"].append((file, class_of(inner)))
        elif top == held_out:
            parts["test"].append((file, class_of(inner)))
    return parts


def warn_of_left_out(root: Path, tops: Counter[str], named: dict[str, str]) -> None:
    """Say that images beside the parts, and those for validation beside a test part, are unused."""
    left_out = [f"{tops['']} images beside its parts"] if tops[""] else []
    if "test" in named and "val" in named:
        left_out.append(f"{tops[named['val']]} images in {named['val']!r}, as 'test' is held out")
    if left_out:
        warnings.warn(f"{root}: left out are {'; '.join(left_out)}", UserWarning, stacklevel=4)


def base_of(files: list[str]) -> str:
    """ "NAME/" where that one folder holds everything, a train part among it; else ""."""
    tops = {file.split("/")[0] if "/" in file else "" for file in files}
    top = next(iter(tops), "")
    if len(tops) != 1 or not top or part_of(top):
        return ""
    inner = {file.split("/")[1] for file in files if file.count("/") > 1}
    parts = {part_of(name) for name in inner}
    return f"{top}/" if "train" in parts and len(parts - {None}) > 1 else ""


def top_of(file: str, base: str) -> str:
    """The first folder below the base, "" for a file that lies there itself."""
    inner = file[len(base) :]
    return inner.split("/")[0] if "/" in inner else ""


def part_of(folder: str) -> str | None:
    """ "train", "test" or "val" for a folder of such a name."""
    name = folder.lower()
    parts = {"train": TRAIN, "test": TEST, "val": VALID}
    return next((part for part, names in parts.items() if name in names), None)


def class_of(file: str) -> str | None:
    folder = file.split("/")[0] if "/" in file else UNLABELED
    return None if folder == UNLABELED else folder


def walk(root: Path) -> Iterator[str]:
    """Image files below the root, relative with forward slashes; a linked folder is read once.

    A file is one by its suffix or by its first bytes. Folders in which there are only other files
    are named in a warning: they may be classes.
    """
    seen, without = set(), []
    for folder, inner, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        shown = [name for name in files if not name.startswith(".")]
        images = [name for name in shown if is_image(Path(folder) / name)]
        if shown and not images and not inner and Path(folder) != root:
            kinds = ", ".join(sorted({Path(name).suffix or "no suffix" for name in shown})[:3])
            without.append(f"{Path(folder).relative_to(root).as_posix()!r} ({kinds})")
        for name in images:
            yield (Path(folder) / name).relative_to(root).as_posix()
    if without:
        more = f" and {len(without) - 1} more" if len(without) > 1 else ""
        warnings.warn(f"{root}: no images are in {without[0]}{more}", UserWarning, stacklevel=5)


def is_image(path: Path) -> bool:
    """Whether a file is an image by its suffix or, with an unknown one, by its first bytes."""
    if path.name.lower().endswith(SUFFIXES + REFUSED):
        return True
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            start = stream.read(12)
    except OSError:
        return False
    return start.startswith(STARTS) or (start[:4] == b"RIFF" and start[8:] == b"WEBP")
