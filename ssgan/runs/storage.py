"""Files that are written whole or not at all, and errors that say what the disk refused.

What is written lies beside its place under a name with UNFINISHED, is synced, and is renamed into
its place: a kill or a full disk at any moment leaves what was there before.
"""

import errno
import io
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from ssgan.config import InputError, InputTypeError

UNFINISHED = ".unfinished-"  # prefix of what is not in its place yet, or on its way out
REPLACED = ".replaced"  # suffix of a directory whose successor is about to take its name
MAX_DEPTH = 50  # of JSON; all that is written is flatter
MALFORMED = (
    *(KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError),
    *(RecursionError, RuntimeError, SafetensorError),
)


def write_whole(path: Path, data: bytes) -> None:
    """Write the file `path`, with the folders above it; an OSError leaves what was there."""
    unfinished = _beside(path)
    with _explained(path, len(data)):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(unfinished, data)
            os.replace(unfinished, path)
            _sync_directory(path.parent)
        finally:
            with suppress(OSError):  # it is gone where all went well
                unfinished.unlink()


def make_directory(path: Path) -> None:
    """Make a directory, with those above it, where it is not there yet."""
    with _explained(path):
        path.mkdir(parents=True, exist_ok=True)


@contextmanager
def whole_file(path: Path) -> Iterator[io.RawIOBase]:
    """A stream for the file `path`, which is there when all went well; else what was there stays.

    For what is too large for memory; what is written counts from the end of the block on.
    """
    unfinished = _beside(path)
    with _explained(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with _Stream(unfinished) as stream:
                yield stream
                os.fsync(stream.fileno())
            os.replace(unfinished, path)
            _sync_directory(path.parent)
        finally:
            with suppress(OSError):
                unfinished.unlink()


class _Stream(io.RawIOBase):
    """A file to write to that has no buffer, so that nothing is left to write when it fails."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)

    def fileno(self) -> int:
        return self._descriptor

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return os.lseek(self._descriptor, offset, whence)

    def write(self, data: Any) -> int:
        remaining = memoryview(data).cast("B")
        size = len(remaining)
        while remaining:
            remaining = remaining[os.write(self._descriptor, remaining) :]
        return size

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def write_directory(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a directory of files; one that is there already keeps counting until it is replaced.

    As no call exchanges two directories, the old one first gets the suffix REPLACED: a reader
    who finds only that was left by a kill in between. An OSError leaves what was there.
    """
    unfinished = _beside(path)
    with _explained(path, sum(map(len, files.values()))):
        try:
            unfinished.mkdir(parents=True)
            for name, data in files.items():
                _write(unfinished / name, data)
            _sync_directory(unfinished)
            _replace_directory(unfinished, path)
            _sync_directory(path.parent)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def append_line(path: Path, line: bytes) -> None:
    """Append `line` and a newline to the file `path`; a torn line before it stays by itself."""
    with _explained(path, len(line) + 1):
        start = b"\n" if _ends_torn(path) else b""
        _write(path, start + line + b"\n", os.O_APPEND, sync=False)


def remove_directory(path: Path) -> None:
    """Remove a directory as well as the system lets us; no half of it keeps the name."""
    with suppress(OSError):
        leaving = _beside(path)
        os.rename(path, leaving)
        shutil.rmtree(leaving, ignore_errors=True)


def sweep(path: Path) -> None:
    """Remove what killed processes left unfinished in a directory and below it."""
    for entry in list(path.rglob(f"{UNFINISHED}*")):
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            with suppress(OSError):
                entry.unlink()


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; a ValueError names a file that holds none."""
    if not path.is_file():
        raise InputError(f"{path} is missing")
    return parse_object(path.read_bytes(), path)


def parse_object(data: bytes, path: Path) -> dict[str, Any]:
    """The JSON object in `data`, the contents of `path`."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: it is not JSON") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is damaged: it is not a JSON object")
    if nested_deeper(value, MAX_DEPTH):
        raise InputError(f"{path} is damaged: its entries are nested more than {MAX_DEPTH} deep")
    return value


@contextmanager
def understood(path: Path) -> Iterator[None]:
    """Turn what fails on the content of a file into a sentence that names it; refusals pass."""
    try:
        yield
    except InputError:
        raise
    except MALFORMED as error:
        text = " ".join(str(error).split())[:120]
        raise InputError(
            f"{path} is damaged: it does not say what it should ({type(error).__name__}: {text}); "
            "restore it from a backup, or train again in another directory"
        ) from error


def nested_deeper(value: Any, depth: int) -> bool:
    """Whether lists and dictionaries lie in each other more than so deep."""
    level = [value]
    for _ in range(depth):
        inner = [c for v in level for c in (v.values() if isinstance(v, dict) else v)]
        level = [child for child in inner if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def plain(value: Any, where: str) -> Any:
    """`value` as JSON will give it back; a TypeError says where it could not."""
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise InputTypeError(
                    f"{where} has the key {key!r}; JSON has text keys only: use str()"
                )
        return {key: plain(child, f"{where}.{key}") for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [plain(child, f"{where}[{index}]") for index, child in enumerate(value)]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise InputTypeError(
        f"{where} is a {type(value).__name__}; JSON holds text, numbers, booleans, lists and "
        "dictionaries: turn it into one of them"
    )


def _replace_directory(new: Path, path: Path) -> None:
    """Put a directory in the place of another, which is aside until then."""
    aside = path.with_name(path.name + REPLACED)
    if not path.exists():
        os.rename(new, path)
        return
    if aside.exists():
        remove_directory(aside)
    os.rename(path, aside)
    try:
        os.rename(new, path)
    except OSError:
        os.rename(aside, path)
        raise


def _beside(path: Path) -> Path:
    """The path of an unfinished file in the same directory."""
    return path.with_name(UNFINISHED + secrets.token_hex(8))


def _write(path: Path, data: bytes, flags: int = 0, sync: bool = True) -> None:
    """Write a file, and with `sync` wait until the disk has it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o666)
    try:
        remaining = memoryview(data)
        while remaining:
            remaining = remaining[os.write(descriptor, remaining) :]
        if sync:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_directory(path: Path) -> None:
    """Wait until the disk has the entries of a directory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot
            raise
    finally:
        os.close(descriptor)


def _ends_torn(path: Path) -> bool:
    """Whether the last line of a file has no end, because its writer was killed."""
    if not path.exists() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


@contextmanager
def _explained(path: Path, size: int | None = None) -> Iterator[None]:
    """Turn what the system refuses into a sentence with the path and the bytes that it needs."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not path.parent.exists():
            gone = FileNotFoundError(
                f"{path} could not be written: {path.parent} was removed meanwhile, with what was "
                "saved in it; run the same again to begin anew"
            )
            gone.errno = error.errno
            raise gone from error
        needed = "" if size is None else f"it needs {size:,} bytes, "
        explained = type(error)(
            f"{path} could not be written: {error.strerror or error} ({needed}"
            f"{_free_bytes(path):,} bytes are free); what was saved before is intact: make "
            "room or choose a directory that can be written to, then run the same again"
        )
        explained.errno = error.errno
        raise explained from error


def _free_bytes(path: Path) -> int:
    """Bytes that are free where `path` is, or will be."""
    for parent in path.absolute().parents:
        with suppress(OSError):  # it is not there yet, or not ours to ask
            return shutil.disk_usage(parent).free
    return 0
