"""Folders of images: which files there are, in which part, and of which class.

layout                                  labels
ROOT/CLASS/**/file.png                  the name of the class folder
ROOT/unlabeled/**, ROOT/file.png        none, beside classes
ROOT/file.png                           none at all
ROOT/train/..., ROOT/test/...           each part laid out as above; ROOT/unlabeled joins train
ROOT/train/..., ROOT/val/...            the same; where there is a test/ too, val/ is left out
ROOT/NAME/train/..., ROOT/NAME/test/... the same, where NAME is all there is, or NAME/NAME
"""

import os
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from ssgan.config import InputError

SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".pjpeg", ".pjp"),
    *(".webp", ".bmp", ".dib", ".gif"),
)
REFUSED = (".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2", ".psd", ".svg", ".eps", ".ppm")
STARTS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8")  # of images whatever their name is
UNLABELED = ("unlabeled", "unlabelled")
PARTS = {
    "train": ("train", "training"),
    "test": ("test", "testing", "holdout", "heldout"),
    "val": ("val", "valid", "validation", "dev", "eval"),
}
WITH_PART = re.compile(r"[ _.-]?(?:set|data|images?|imgs?|\d+)?")  # after its name: "test1"
Entry = tuple[str, str | None]  # a file relative to the root, its class or None


def list_images(root: Path) -> dict[str, list[Entry]]:
    """The images of `files_by_part`."""
    return files_by_part(root, sorted(walk_images(root)))


def list_files(root: Path, suffixes: tuple[str, ...]) -> dict[str, list[Entry]]:
    """The files of those suffixes of `files_by_part`, hidden ones left out."""
    paths = (path.relative_to(root) for path in root.rglob("*"))
    visible = (path for path in paths if not any(name.startswith(".") for name in path.parts))
    return files_by_part(
        root, sorted(p.as_posix() for p in visible if p.name.lower().endswith(suffixes))
    )


def files_by_part(root: Path, files: list[str]) -> dict[str, list[Entry]]:
    """(file relative to the root, class or None) in order, of the parts "train" and "test"."""
    base = common_folder(files)
    tops = Counter(first_folder(file, base) for file in files)
    part_folders = named_parts(root, tops)
    held_out = part_folders.get("test") or part_folders.get("val")
    if "train" not in part_folders and len({"test", "val"} & set(part_folders)) == len(tops) == 2:
        raise InputError(f"{root} holds {' and '.join(map(repr, tops))} but no 'train': rename one")
    other_folders = [top for top in tops if part_of(top) is None and top and not is_unlabeled(top)]
    if "train" not in part_folders or (other_folders and held_out is None):
        warn_of_levels(root, files)
        return {"train": [(file, class_of(file)) for file in files]}
    if other_folders:
        raise InputError(
            f"{root} holds the parts {part_folders['train']!r} and {held_out!r}, and beside them "
            f"{other_folders[0]!r}: put its images into the parts, or rename parts that are classes"
        )
    if held_out is None and "" in tops:
        return {"train": [(file, class_of(file)) for file in files]}
    warn_of_left_out(root, tops, part_folders)
    parts: dict[str, list[Entry]] = {"train": [], "test": []}
    for file in files:
        top, inner = first_folder(file, base), file[len(base) :]
        inner = inner.split("/", 1)[-1]
        if is_unlabeled(top):
            parts["train"].append((file, None))
        elif top == part_folders["train"]:
            parts["train"].append((file, class_of(inner)))
        elif top == held_out:
            parts["test"].append((file, class_of(inner)))
    return parts


def warn_of_left_out(root: Path, tops: Counter[str], folders: dict[str, str]) -> None:
    """Say that images beside the parts, and those for validation beside a test part, are unused."""
    left_out = [f"{tops['']} images beside its parts"] if tops[""] else []
    if "test" in folders and "val" in folders:
        left_out.append(
            f"{tops[folders['val']]} images in {folders['val']!r}, as 'test' is held out"
        )
    if left_out:
        warnings.warn(f"{root}: left out are {'; '.join(left_out)}", UserWarning, stacklevel=4)


def named_parts(root: Path, tops: Iterable[str]) -> dict[str, str]:
    """The folder of each part; InputError where two may be the same one."""
    parts: dict[str, str] = {}
    twice = []
    for top in tops:
        if part := part_of(top):
            twice += [top] if part in parts else []
            parts.setdefault(part, top)
    if twice and "train" in parts:
        part = part_of(twice[0]) or ""
        raise InputError(
            f"{root} holds {parts[part]!r} and {twice[0]!r}, which may both be its part {part!r}: "
            "put them into one folder, or rename one"
        )
    return parts


def warn_of_levels(root: Path, files: list[str]) -> None:
    """Say that all classes hold folders of the same names, which may be the classes or parts."""
    inner: dict[str, set[str]] = {}
    for file in files:
        if "/" in file:
            first, *folders = file.split("/")[:-1]
            inner.setdefault(first, set()).update(folders[:1])
    names = next(iter(inner.values()), set())
    if len(names) > 1 and all(names == names_there for names_there in inner.values()):
        reading = "folder {} is taken for the only class; it"
        if len(inner) > 1:
            reading = "folders {} are taken for the classes; each"
        warnings.warn(
            f"{root}: the {reading.format(', '.join(sorted(inner)[:10]))} holds "
            f"{', '.join(sorted(names)[:10])}: if these are the classes or parts, give another "
            "folder, or move them up",
            UserWarning,
            stacklevel=5,
        )


def common_folder(files: list[str]) -> str:
    """ "NAME/" where that one folder holds everything, a train part among it; else ""."""
    tops = {file.split("/")[0] if "/" in file else "" for file in files}
    top = next(iter(tops), "")
    if len(tops) != 1 or not top or part_of(top):
        return ""
    below = [file.split("/", 1)[1] for file in files]
    inner = {file.split("/")[0] for file in below if "/" in file}
    parts = {part_of(name) for name in inner}
    if "train" in parts and len(parts - {None}) > 1:
        return f"{top}/"
    deeper = common_folder(below)
    return f"{top}/{deeper}" if deeper else ""


def first_folder(file: str, base: str) -> str:
    """The first folder below the base, "" for a file that lies there itself."""
    inner = file[len(base) :]
    return inner.split("/")[0] if "/" in inner else ""


def part_of(folder: str) -> str | None:
    """ "train", "test" or "val" for a folder of such a name, "test1" and "Train_images" too."""
    for part, names in PARTS.items():
        for name in names:
            rest = folder.lower().removeprefix(name)
            if rest != folder.lower() and WITH_PART.fullmatch(rest):
                return part
    return None


def is_unlabeled(folder: str) -> bool:
    """Whether a folder's name says that its images have no label."""
    return folder.lower() in UNLABELED


def class_of(file: str) -> str | None:
    """The class of a file by its first folder; None where that means none."""
    folder = file.split("/")[0] if "/" in file else ""
    return None if not folder or is_unlabeled(folder) else folder


def walk_images(root: Path) -> Iterator[str]:
    """Image files below the root, relative with forward slashes; a linked folder is read once.

    A file is one by its suffix or by its first bytes. Folders in which there are only other files
    are named in a warning: they may be classes.
    """
    seen, without = set(), []
    for folder, inner, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            inner.clear()
            below = Path(folder).relative_to(root).as_posix()
            without.append(f"{below!r} (a link to what is read elsewhere)")
            continue
        seen.add(real)
        inner[:] = sorted(name for name in inner if not name.startswith((".", "__MACOSX")))
        visible = [name for name in files if not name.startswith(".")]
        images = [name for name in visible if is_image(os.path.join(folder, name))]
        if not images and not inner and Path(folder) != root:
            kinds = ", ".join(sorted({Path(name).suffix or "no suffix" for name in visible})[:3])
            kinds = kinds or "it is empty"
            without.append(f"{Path(folder).relative_to(root).as_posix()!r} ({kinds})")
        below = Path(folder).relative_to(root).as_posix()
        yield from images if below == "." else (f"{below}/{name}" for name in images)
    if without:
        more = f" and {len(without) - 1} more" if len(without) > 1 else ""
        warnings.warn(f"{root}: no images are in {without[0]}{more}", UserWarning, stacklevel=5)


def is_image(path: str) -> bool:
    """Whether a file is an image by its suffix or, with an unknown one, by its first bytes."""
    if path.lower().endswith(SUFFIXES + REFUSED):
        return True
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as stream:
            start = stream.read(12)
    except OSError:
        return False
    return start.startswith(STARTS) or (start[:4] == b"RIFF" and start[8:] == b"WEBP")
